//go:build screenshots

package web_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestScreenshots makes the pictures of the README from a running demo; see
// scripts/screenshots, which starts one.
func TestScreenshots(t *testing.T) {
	address, dir := os.Getenv("UPSTREAMD_DEMO"), os.Getenv("UPSTREAMD_PICTURES")
	if address == "" || dir == "" {
		t.Fatal("want UPSTREAMD_DEMO and UPSTREAMD_PICTURES: run scripts/screenshots")
	}
	b := newTab(t, &site{url: address})
	b.logInAs("admin", os.Getenv("UPSTREAMD_DEMO_PASSWORD"))
	b.picture(dir, "overview", "light", 1000)

	// A change that was merged with edits: lines on one side only.
	b.open("/changes?status=merged")
	for _, path := range eval[[]string](b, `[...document.querySelectorAll("#changes td.main a.strong")].map((a) => a.getAttribute("href"))`) {
		b.open(path)
		if eval[bool](b, `document.querySelectorAll(".two .alone").length > 1 && document.querySelectorAll(".timeline > li").length > 3`) {
			break
		}
	}
	b.picture(dir, "change", "light", 1500)

	// The local layer with most patches: its history as a picture.
	b.open("/layers")
	b.open(eval[string](b, `document.querySelector("td.main a.strong").getAttribute("href")`) + "?show=claims")
	b.picture(dir, "layer", "light", 1100)

	b.open("/versions?kind=behind")
	b.picture(dir, "versions", "light", 700)

	// The series with most revisions and replies.
	b.open("/series?whose=ours")
	best, most := "/series", 0
	for _, path := range eval[[]string](b, `[...document.querySelectorAll("#series td.main a.strong")].map((a) => a.getAttribute("href"))`) {
		b.open(path)
		if n := eval[int](b, `10 * document.querySelectorAll(".revision").length + document.querySelectorAll(".replies li").length`); n > most {
			best, most = path, n
		}
	}
	b.open(best)
	b.picture(dir, "series", "dark", 900)

	// A revision that changed a patch, left one out and added one.
	b.open("/series")
	for _, path := range eval[[]string](b, `[...document.querySelectorAll("#series td.main a.strong")].map((a) => a.getAttribute("href"))`) {
		b.open(path + "/range")
		if eval[bool](b, `["changed", "dropped", "new"].every((word) => [...document.querySelectorAll(".pairs .badge")].some((b) => b.textContent.trim() === word))`) {
			b.picture(dir, "range", "light", 1000)
			return
		}
	}
	t.Error("no series has patches that are changed, dropped and new")
}

// picture keeps the upper part of the page that is shown, at most height
// pixels of it.
func (b *tab) picture(dir, name, scheme string, height int64) {
	b.t.Helper()
	path := eval[string](b, "location.pathname + location.search")
	b.wear(1440, scheme)
	b.do(chromedp.EmulateViewport(1440, height))
	b.open(path)
	if whole := eval[int64](b, "document.documentElement.scrollHeight"); whole < height {
		b.do(chromedp.EmulateViewport(1440, whole))
	}
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		b.t.Fatal(err)
	}
}
