package view_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/web/view"
)

func TestChangedText(t *testing.T) {
	many := strings.Repeat("line\n", 10)
	for _, tt := range []struct{ name, old, newer, want string }{
		{"nothing", "a\nb", "a\r\nb  \n", ""},
		{"one line", "a\nb\nc", "a\nx\nc", "  a|- b|+ x|  c"},
		{"from nothing", "", "a", "+ a"},
		{"to nothing", "a", "\n", "- a"},
		{"far apart", "x\n" + many + "y", "X\n" + many + "Y", "- x|+ X|  line|  line|  line|…|  line|  line|  line|- y|+ Y"},
		{"only the near lines", many + "y\n" + many, many + many, "  line|  line|  line|- y|  line|  line|  line"},
	} {
		var got []string
		for _, l := range view.ChangedText(tt.old, tt.newer).Lines {
			got = append(got, l.Spans[0].Text)
		}
		if diff := cmp.Diff(tt.want, strings.Join(got, "|")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	long := view.ChangedText(strings.Repeat("a\n", 700), strings.Repeat("b\n", 50000))
	if long.Hidden != 100+49400 || len(long.Lines) != 1200 {
		t.Errorf("of long texts %d lines are shown, %d not", len(long.Lines), long.Hidden)
	}
}

func TestPagerCapped(t *testing.T) {
	link := func(n int) string { return strings.Repeat("n", n) }
	for _, tt := range []struct {
		page, total int
		want        view.Pager
	}{
		{0, 30, view.Pager{From: 1, To: 30, Total: 30}},
		{3, 201, view.Pager{From: 151, To: 200, Total: 200, Over: true, Prev: "nn"}},
		{2, 201, view.Pager{From: 101, To: 150, Total: 200, Over: true, Prev: "n", Next: "nnn"}},
	} {
		if diff := cmp.Diff(tt.want, view.NewPager(tt.page, 50, tt.total, link).Capped(200)); diff != "" {
			t.Errorf("page %d of %d (-want +got):\n%s", tt.page, tt.total, diff)
		}
	}
}
