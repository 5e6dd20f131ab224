package web_test

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/upstreamd/upstreamd/web/view"
)

// worldPaths are pages of the small world, by the name of their picture.
func worldPaths(t *testing.T, s *site, b *browser) map[string]string {
	t.Helper()
	series := func(q string) string {
		return regexp.MustCompile(`/series/\d+`).FindString(b.get("/series?q=" + q).body)
	}
	change := func(title string) string { return view.ChangeURL(s.changeID(t, title)) }
	return map[string]string{
		"overview": "/", "changes": "/changes", "changes-none": "/changes?q=xyzzy", "changes-all": "/changes?whose=all",
		"change-merged": change("xattr: write shared entries only once"), "change-unsure": change("mkfs: reject block sizes that the kernel cannot mount"),
		"compare-commit": change("xattr: write shared entries only once") + "/compare", "compare-none": change("dump: print xattr prefixes") + "/compare",
		"compare-revisions": view.CompareURL(s.changeID(t, "xattr: write shared entries only once"), carriedKey("0001-xattr-shared.patch"), "posted:p1@x"),
		"gaps":              "/gaps", "gaps-none": "/gaps?place=nowhere",
		"change-conflict": change("dump: print xattr prefixes"), "change-hostile": change(hostileTitle),
		"series": "/series", "series-one": series("extended"), "series-hostile": series("onerror"),
		"series-range": series("extended") + "/range", "series-range-none": series("loop") + "/range", "series-range-pair": series("extended") + "/range?pair=2",
		"series-join": series("loop") + "?join=extended", "series-join-none": series("loop") + "?join=xyzzy",
		"layers": "/layers", "layer-patches": "/layers/meta-product", "layer-duplicates": "/layers/meta-product?show=duplicates",
		"layer-recipes": "/layers/meta-product?show=recipes", "layer-empty": "/layers/meta-community",
		"layer-first": "/layers/meta-product?show=first", "layer-claims": "/layers/meta-product?show=claims", "layer-news": "/layers/meta-product?show=news",
		"layer-nothing": "/layers/meta-product?show=first&q=xyzzy", "duplicate-fork": duplicatePage("fork", "emberfs-utils"),
		"duplicate-patch": duplicatePage("patch", layerDir+"0003-mkfs-blocks.patch"), "duplicate-hostile": duplicatePage("fork", hostileTitle),
		"duplicate-dangling": "/duplicates?kind=append-dangling&layer=meta-product&name=jsonq",
		"recipe":             view.RecipeURL("emberfs-utils"), "recipe-hostile": view.RecipeURL(hostileTitle), "search-recipe": "/search?q=ember",
		"versions": "/versions", "versions-none": "/versions?q=xyzzy", "versions-timeline": "/versions?show=timeline", "versions-moves": "/versions?show=moves&every=yes",
		"moved-patch": movedPatchPage("mkfs.patch"), "moved-patch-none": movedPatchPage("old.patch"), "plan": "/plan", "plan-drop": planPage().URL() + "?verdict=drop", "series-rebase": "/series?state=needs+rebase", "change-likely": change("fsck: check xattr index blocks"),
		"sources": "/sources", "message-patch": "/m/q1@x", "message-reply": "/m/r1@x", "message-hostile": view.MessageURL(hostileID),
		"message-broken": "/m/broken@x", "not-found": "/changes/999999",
	}
}

// variants are how every page is looked at.
var variants = []struct {
	width  int64
	scheme string
}{{1440, "light"}, {1440, "dark"}, {375, "light"}, {375, "dark"}}

// TestEveryPageInABrowser goes to every page, light and dark, wide and narrow:
// no complaint on the console, nothing wider than the window, no rule of
// accessibility broken.
func TestEveryPageInABrowser(t *testing.T) {
	s, member := newWorld(t)
	paths := worldPaths(t, s, member)
	b := newTab(t, s)
	b.logIn("ada")
	b.complaints()
	for _, v := range variants {
		b.wear(v.width, v.scheme)
		for name, path := range paths {
			b.open(path)
			b.look(fmt.Sprintf("%s-%d-%s", name, v.width, v.scheme), paths["not-found"])
		}
	}
}

// look fails on what is wrong with the page that is shown. That there is
// nothing at absent is no fault; the console may tell so late.
func (b *tab) look(name, absent string) {
	b.t.Helper()
	b.shoot(name)
	for _, c := range b.complaints() {
		if absent == "" || !strings.Contains(c, "status of 404") || !strings.HasSuffix(c, absent) {
			b.t.Errorf("%s: the console says %s", name, c)
		}
	}
	if wide := b.sideways(); len(wide) > 0 {
		b.t.Errorf("%s: wider than the window:\n%s", name, strings.Join(wide, "\n"))
	}
	for _, f := range b.faults() {
		b.t.Errorf("%s: %s", name, f)
	}
}

// TestDoorsInABrowser looks at what a stranger sees, and at an empty site.
func TestDoorsInABrowser(t *testing.T) {
	s := newSite(t, nil)
	s.account(t, "ada")
	token := s.link(t, "ada")
	b := newTab(t, s)
	for _, v := range variants {
		b.wear(v.width, v.scheme)
		for name, path := range map[string]string{"login": "/login", "set-password": "/set-password?token=" + token, "bad-link": "/set-password?token=x"} {
			b.open(path)
			b.look(fmt.Sprintf("door-%s-%d-%s", name, v.width, v.scheme), "/set-password?token=x")
		}
	}
	b.logIn("ada")
	b.complaints()
	for _, v := range variants {
		b.wear(v.width, v.scheme)
		for _, path := range []string{"/", "/changes", "/series", "/layers", "/versions", "/plan", "/sources"} {
			b.open(path)
			b.look(fmt.Sprintf("empty-%s-%d-%s", path, v.width, v.scheme), "")
		}
	}
}

// TestKeysAndFilter filters by typing: / leads to the field, the table alone
// is swapped, the address follows, and going back brings the whole list.
func TestKeysAndFilter(t *testing.T) {
	s, _ := newWorld(t)
	b := newTab(t, s)
	b.logIn("ada")
	b.open("/changes")
	b.slash()
	b.until("the key / leads to the field", `document.activeElement.id === "q"`)
	b.do(chromedp.KeyEvent("mkfs"))
	b.until("the table is filtered", `document.querySelectorAll("#changes tbody tr").length === 1`)
	b.until("the address follows", `location.search === "?q=mkfs"`)
	b.until("what was found is said", `document.getElementById("said").textContent === "1 row found"`)
	b.follow(chromedp.Evaluate[chromedp.Void](`history.back()`))
	b.until("back brings the list", `location.search === "" && document.querySelectorAll("#changes tbody tr").length === 4`)
	if c := b.complaints(); len(c) > 0 {
		t.Errorf("the console says %v", c)
	}
	b.post(t, "/display", "keys=off&here=/changes")
	b.open("/changes")
	b.slash()
	if eval[bool](b, `document.activeElement.id === "q"`) {
		t.Error("the key / works although it is turned off")
	}
}

// post sends a form from within the page.
func (b *tab) post(t *testing.T, path, form string) {
	t.Helper()
	ok := eval[bool](b, fmt.Sprintf(`fetch(%q, {method: "POST", headers: {"Content-Type": "application/x-www-form-urlencoded"}, body: %q}).then((r) => r.ok)`, path, form), chromedp.EvalAwaitPromise)
	if !ok {
		t.Errorf("POST %s is refused", path)
	}
}

// TestThemeSwitch sets the colours by hand against what the system says.
func TestThemeSwitch(t *testing.T) {
	s, _ := newWorld(t)
	b := newTab(t, s)
	b.wear(1440, "light")
	b.logIn("ada")
	ground := func() string { return eval[string](b, `getComputedStyle(document.documentElement).backgroundColor`) }
	light := ground()
	b.do(chromedp.Click(chromedp.CSS(".account > summary")))
	b.follow(chromedp.Click(chromedp.CSS("button[name=theme][value=dark]")))
	if dark := ground(); dark == light {
		t.Errorf("the ground is %s in light and in dark", dark)
	}
	b.wear(1440, "dark")
	b.do(chromedp.Click(chromedp.CSS(".account > summary")))
	b.follow(chromedp.Click(chromedp.CSS("button[name=theme][value=light]")))
	if got := ground(); got != light {
		t.Errorf("the ground is %s in light by hand, %s in light by the system", got, light)
	}
}

// TestWithoutScript decides and filters with scripts turned off.
func TestWithoutScript(t *testing.T) {
	s, _ := newWorld(t)
	b := newTab(t, s)
	b.logIn("ada")
	if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	b.open("/changes")
	b.do(chromedp.SendKeys(chromedp.CSS("#q"), "mkfs"))
	b.follow(chromedp.Click(chromedp.CSS(".filter .apply")))
	b.do(
		chromedp.WaitVisible(chromedp.CSS(`#changes a[href="` + view.ChangeURL(s.changeID(t, "mkfs: reject block sizes that the kernel cannot mount")) + `"]`)),
	)
	at, err := chromedp.Run(b.ctx, chromedp.Location())
	if u, parseErr := url.Parse(at); err != nil || parseErr != nil || u.Query().Get("q") != "mkfs" {
		t.Errorf("the filter leads to %s (%v, %v)", at, err, parseErr)
	}
	b.follow(chromedp.Click(chromedp.CSS("#changes td.main a")))
	b.follow(chromedp.Click(chromedp.CSS(".judge button.yes")))
	b.do(chromedp.WaitVisible(chromedp.CSS(".notice")))
	all, err := s.db.Decisions(t.Context())
	if err != nil || all[len(all)-1].Kind != "confirm" {
		t.Errorf("no decision was written: %v", err)
	}
}
