package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// axeFile is where scripts/install-test-tools puts the rules of accessibility.
const axeFile = "../node_modules/axe-core/axe.min.js"

// A tab is a tab of a real browser that is logged in to a site.
type tab struct {
	t    *testing.T
	ctx  context.Context
	site *site
	axe  string

	mu      sync.Mutex
	console []string // what the pages complained about
}

// newTab starts Chromium. Without it, or without axe-core, the test is skipped,
// or fails under CI=true.
func newTab(t *testing.T, s *site) *tab {
	t.Helper()
	axe, err := os.ReadFile(axeFile)
	path, lookErr := exec.LookPath("chromium")
	if err != nil || lookErr != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no Chromium or axe-core: run scripts/install-test-tools (%v, %v)", lookErr, err)
		}
		t.Skipf("no Chromium or axe-core: run scripts/install-test-tools (%v, %v)", lookErr, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(cancel)
	ctx, stop := chromedp.NewExecAllocator(ctx, chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Headless, chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("hide-scrollbars", true))
	t.Cleanup(stop)
	ctx, closeTab := chromedp.NewContext(ctx)
	t.Cleanup(closeTab)
	b := &tab{t: t, ctx: ctx, site: s, axe: string(axe)}
	b.do(chromedp.Navigate("about:blank"))
	messages := chromedp.Console(ctx)
	go b.listen(messages)
	return b
}

// listen keeps what the pages complain about.
func (b *tab) listen(messages func(func(chromedp.ConsoleMessage, error) bool)) {
	for m, err := range messages {
		if err != nil {
			return
		}
		if m.Type == chromedp.ConsoleError || m.Type == chromedp.ConsoleWarning || m.IsException() {
			b.mu.Lock()
			b.console = append(b.console, m.String()+" "+m.URL)
			b.mu.Unlock()
		}
	}
}

// complaints are what the console said since the last call.
func (b *tab) complaints() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := b.console
	b.console = nil
	return list
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// open goes to a path of the site.
func (b *tab) open(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.site.url + path))
}

// follow does something that leads to another page, and waits for that page.
func (b *tab) follow(step chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.WaitEvent(page.LoadEventFired, nil, step)); err != nil {
		b.t.Fatal(err)
	}
}

func eval[T any](b *tab, script string, opts ...chromedp.EvaluateOption) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](script, opts...))
	if err != nil {
		b.t.Fatalf("%.80s: %v", script, err)
	}
	return v
}

// until waits for a script to say true; it is asked every few milliseconds.
func (b *tab) until(what, script string) {
	b.t.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Poll[bool](script, chromedp.WithPollingTimeout(20*time.Second))); err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
}

// slash presses the key / as a keyboard does: what the page does with the
// press decides whether the character is typed.
func (b *tab) slash() {
	b.t.Helper()
	for _, p := range []input.DispatchKeyEventParams{
		{Type: input.DispatchKeyEventTypeKeyDown, Key: "/", Code: "Slash", Text: "/", WindowsVirtualKeyCode: 191},
		{Type: input.DispatchKeyEventTypeKeyUp, Key: "/", Code: "Slash", WindowsVirtualKeyCode: 191},
	} {
		if _, err := chromedp.Call(b.ctx, input.DispatchKeyEvent, p); err != nil {
			b.t.Fatal(err)
		}
	}
}

// logIn goes through the login page as a person does.
func (b *tab) logIn(name string) {
	b.t.Helper()
	b.logInAs(name, password)
}

func (b *tab) logInAs(name, password string) {
	b.t.Helper()
	b.open("/login")
	b.do(chromedp.SendKeys(chromedp.CSS("input[name=name]"), name))
	b.follow(chromedp.SendKeys(chromedp.CSS("input[name=password]"), password+"\r"))
	if path := eval[string](b, "location.pathname"); path != "/" {
		b.t.Fatalf("login leads to %s", path)
	}
}

// wear sets the window's width and the colours that the system prefers.
func (b *tab) wear(width int64, scheme string) {
	b.t.Helper()
	height := int64(900)
	if width < 600 {
		height = 812
	}
	b.do(chromedp.EmulateViewport(width, height))
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// sideways is what makes the page wider than the window.
func (b *tab) sideways() []string {
	b.t.Helper()
	return eval[[]string](b, `(() => {
		const wide = document.documentElement.clientWidth;
		if (document.documentElement.scrollWidth <= wide) return [];
		return [...document.querySelectorAll("body *")]
			.filter((e) => e.checkVisibility() && e.getBoundingClientRect().right > wide + 1 && !e.closest(".scroll, .tabs ul"))
			.slice(0, 5).map((e) => e.outerHTML.slice(0, 120));
	})()`)
}

// faults are the rules of accessibility (WCAG 2.2 AA and good practice) that
// the page breaks.
func (b *tab) faults() []string {
	b.t.Helper()
	if !eval[bool](b, `typeof axe === "object"`) {
		b.do(chromedp.Evaluate[chromedp.Void](b.axe))
	}
	answer := eval[string](b, `axe.run(document, {resultTypes: ["violations"]}).then((r) => JSON.stringify(r.violations.map(
		(v) => v.id + ": " + v.nodes.slice(0, 3).map((n) => n.target.join(" ") + " " + (n.any[0]?.message ?? n.all[0]?.message ?? "")).join(" | "))))`,
		chromedp.EvalAwaitPromise)
	var list []string
	if err := json.Unmarshal([]byte(answer), &list); err != nil {
		b.t.Fatal(err)
	}
	return list
}

// shoot keeps a picture of the whole page in UPSTREAMD_SCREENSHOTS, where
// that names a directory.
func (b *tab) shoot(name string) {
	b.t.Helper()
	dir := os.Getenv("UPSTREAMD_SCREENSHOTS")
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatal(err)
	}
	name = strings.Trim(strings.NewReplacer("/", "-", "?", "-", "&", "-", "=", "-", "%", "").Replace(name), "-")
	if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%.80s.png", name)), picture, 0o644); err != nil {
		b.t.Fatal(err)
	}
}
