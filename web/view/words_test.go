package view_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/web/view"
)

func TestWhen(t *testing.T) {
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		before time.Duration
		want   string
	}{
		{10 * time.Second, "just now"},
		{time.Minute, "1 minute ago"},
		{90 * time.Minute, "1 hour ago"},
		{26 * time.Hour, "1 day ago"},
		{13 * 24 * time.Hour, "13 days ago"},
		{20 * 24 * time.Hour, "2 weeks ago"},
		{70 * 24 * time.Hour, "2 months ago"},
		{800 * 24 * time.Hour, "2 years ago"},
		{-3 * 24 * time.Hour, "in 3 days"},
	} {
		if got := (view.When{At: now.Add(-tt.before), Now: now}).Ago(); got != tt.want {
			t.Errorf("Ago of %v = %q, want %q", tt.before, got, tt.want)
		}
	}
	if (view.When{Now: now}).Known() || (view.When{At: time.Unix(0, 0), Now: now}).Known() {
		t.Error("a moment that nobody knows is known")
	}
}

func TestURLs(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{view.MessageURL("a/b%c?d#e@example.org"), "/m/a%2Fb%25c%3Fd%23e@example.org"},
		{view.LayerURL("meta product/x"), "/layers/meta%20product%2Fx"},
		{view.ChangeFilter{}.URL(), "/changes"},
		{view.ChangeFilter{Text: "a&b", Owner: view.Nobody, Page: 2}.URL(), "/changes?owner=nobody&page=2&q=a%26b"},
		{view.LayerFilter{Layer: "x", Show: "recipes"}.URL(), "/layers/x?show=recipes"},
		{view.SeriesFilter{State: "in review"}.URL(), "/series?state=in+review"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %s, want %s", tt.got, tt.want)
		}
	}
}

func TestPager(t *testing.T) {
	link := func(n int) string { return string(rune('a' + n)) }
	for _, tt := range []struct {
		n, total int
		want     view.Pager
	}{
		{0, 0, view.Pager{}},
		{0, 50, view.Pager{From: 1, To: 50, Total: 50}},
		{0, 51, view.Pager{From: 1, To: 50, Total: 51, Next: "b"}},
		{1, 51, view.Pager{From: 51, To: 51, Total: 51, Prev: "a"}},
		{9, 51, view.Pager{From: 51, To: 51, Total: 51, Prev: "i"}}, // beyond the end
	} {
		if diff := cmp.Diff(tt.want, view.NewPager(tt.n, 50, tt.total, link)); diff != "" {
			t.Errorf("page %d of %d (-want +got):\n%s", tt.n, tt.total, diff)
		}
	}
}

func TestText(t *testing.T) {
	body := "See https://example.org/a?b=1, and javascript:alert(1).\n> said so\n---\n"
	diff := "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n same\n-old\n+new\n-- \n2.40\n"
	got := view.NewText(body+diff, len(body))
	var styles []string
	for _, l := range got.Lines {
		styles = append(styles, l.Style)
	}
	want := []string{"", "quote", "", "file", "file", "file", "hunk", "ctx", "del", "add", "", ""}
	if d := cmp.Diff(want, styles); d != "" {
		t.Errorf("styles (-want +got):\n%s", d)
	}
	links := []view.Link{{Text: "See "}, {Text: "https://example.org/a?b=1", Href: "https://example.org/a?b=1"}, {Text: ", and javascript:alert(1)."}}
	if d := cmp.Diff(links, got.Lines[0].Spans); d != "" {
		t.Errorf("links (-want +got):\n%s", d)
	}
	long := view.NewText(strings.Repeat("x\n", 5000), -1)
	if len(long.Lines) != 2000 || long.Hidden != 3000 {
		t.Errorf("%d lines shown, %d hidden", len(long.Lines), long.Hidden)
	}
	if wide := view.NewText(strings.Repeat("x", 5000), -1); len(wide.Lines[0].Spans[0].Text) > 500 {
		t.Error("a line of 5000 characters is shown whole")
	}
}

// TestMailText checks that a mail's lines come out as they went in: no blanks
// between or within them.
func TestMailText(t *testing.T) {
	page := render(t, view.MessagePage(view.Shell{}, view.Message{Text: view.NewText("a  b\n\tc https://example.org/ d\n", -1)}))
	for _, want := range []string{
		`<span class="l">a  b</span><span class="l">`,
		"\tc <a href=\"https://example.org/\" rel=\"noreferrer nofollow\">https://example.org/</a> d</span></div>",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("page lacks %s:\n%s", want, page[strings.Index(page, `class="mail"`):])
		}
	}
}
