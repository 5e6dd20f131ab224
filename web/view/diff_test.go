package view_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/upstreamd/upstreamd/internal/patch"
	"github.com/upstreamd/upstreamd/web/view"
)

// TestCompare has one file of each kind of row, and what its picture shows.
func TestCompare(t *testing.T) {
	left, _ := patch.ParseDiff([]byte("--- a/x.c\n+++ b/x.c\n@@ -3,2 +3,7 @@ main()\n a\n+first line\n+next one\n+second line here\n+third\u202e line\n+only left of all\n e\n"))
	right, _ := patch.ParseDiff([]byte("--- a/x.c\n+++ b/x.c\n@@ -9,2 +9,7 @@ main()\n a\n+third\u202e line\n+first line\n+next one\n+second line there\n+<b>else</b>\n e\n"))
	c := view.Compare(left, right)
	c.Name(view.Named{Word: "v1"}, view.Named{Word: "commit"})
	want := "3 of 5 changed lines, 1 of them at another place, in the same file; 1 line changed: “second line here” became “second line there”; 1 line only in v1; 1 line only in the commit"
	if c.Words != want {
		t.Errorf("Words = %s", c.Words)
	}
	var rows []string
	for _, r := range c.Files[0].Rows {
		line := func(l *view.CompareLine) (s string) {
			if l == nil {
				return ""
			}
			for _, p := range l.Parts {
				s += map[bool]string{true: "[" + p.Text + "]", false: p.Text}[p.Differ]
			}
			return fmt.Sprintf("%d%c%s", l.Line, l.Op, s)
		}
		rows = append(rows, fmt.Sprintf("%d%c %s | %s", r.Number, r.Kind, line(r.Left), line(r.Right)))
	}
	wantRows := []string{
		"0@ 3@main() | 9@main()", "0= 3 a | 9 a", "1>  | 10+third<U+202E> line", "0= 4+first line | 11+first line", "0= 5+next one | 12+next one",
		"2~ 6+second line [here] | 13+second line [there]", "0< 7+third<U+202E> line | ", "0< 8+only left of all | ",
		"0>  | 14+<b>else</b>", "0= 9 e | 15 e",
	}
	if diff := cmp.Diff(wantRows, rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	wantPicture := view.Picture{
		Blocks: []view.Block{
			{Tone: "good", Width: 400}, {Tone: "look", X: 400, Width: 200}, {Tone: "go", X: 600, Width: 200}, {Tone: "warn", X: 800, Width: 200},
			{Tone: "go", Width: 200, Lower: true}, {Tone: "good", X: 200, Width: 400, Lower: true}, {Tone: "look", X: 600, Width: 200, Lower: true}, {Tone: "warn", X: 800, Width: 200, Lower: true},
		},
		Bands: []view.Band{
			{Tone: "good", RightX: 200, LeftWidth: 400, RightWidth: 400}, {Tone: "look", LeftX: 400, RightX: 600, LeftWidth: 200, RightWidth: 200},
			{Tone: "go", LeftX: 600, LeftWidth: 200, RightWidth: 200},
		},
	}
	if diff := cmp.Diff(wantPicture, c.Files[0].Picture); diff != "" {
		t.Errorf("picture (-want +got):\n%s", diff)
	}
}

// TestShorten leaves out the middle of what one side alone has, and nothing
// else.
func TestShorten(t *testing.T) {
	var b strings.Builder
	for i := range 100 {
		fmt.Fprintf(&b, "+line %d\n", i)
	}
	left, _ := patch.ParseDiff([]byte("--- a/x\n+++ b/x\n@@ -1,0 +1,1 @@\n+shared\n"))
	right, _ := patch.ParseDiff([]byte("--- a/x\n+++ b/x\n@@ -1,0 +1,101 @@\n+shared\n" + b.String()))
	c := view.Compare(left, right)
	if c.Rows() != 102 || c.Differences != 1 {
		t.Errorf("%d rows, %d differences before", c.Rows(), c.Differences)
	}
	c.Shorten("/all")
	if fold := c.Files[0].Rows[14]; c.Rows() != 2+12+1+6 || fold.Folded != 82 || fold.All != "/all" {
		t.Errorf("%d rows, %+v stands for the rest", c.Rows(), fold)
	}
}

// TestCompareLarge has too much on both sides: it is said, and the figures and
// the picture are there all the same.
func TestCompareLarge(t *testing.T) {
	var b strings.Builder
	for f := range 40 {
		fmt.Fprintf(&b, "--- a/f%d\n+++ b/f%d\n@@ -1,0 +1,2000 @@\n", f, f)
		for i := range 2000 {
			fmt.Fprintf(&b, "+line %d of %d\n", i, f)
		}
	}
	files, err := patch.ParseDiff([]byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	c := view.Compare(files, files)
	if c.LeftSide.Lines != 60_000 || c.LeftSide.Found != 60_000 || c.Rows() > 4000 || len(c.Files[20].Picture.Blocks) != 2 {
		t.Errorf("%+v, %d rows, picture %+v", c.LeftSide, c.Rows(), c.Files[20].Picture)
	}
	if want := "Too large to show: 40 files; 40,000 lines of them are not even counted."; c.Note != want {
		t.Errorf("note %q, want %q", c.Note, want)
	}
	if c = view.Compare(files[:2], files[:2]); !strings.HasPrefix(c.Note, "Too large to show whole: of 2 files") || c.Files[0].Hidden == 0 {
		t.Errorf("note %q, %d hidden", c.Note, c.Files[0].Hidden)
	}
}

func TestForgeURL(t *testing.T) {
	for _, tt := range []struct{ location, what, name, want string }{
		{"https://github.com/madler/zlib.git", "commit", "c0ffee", "https://github.com/madler/zlib/commit/c0ffee"},
		{"git@github.com:madler/zlib.git", "tag", "v1.3", "https://github.com/madler/zlib/releases/tag/v1.3"},
		{"https://gitlab.example.org/a/b/c", "branch", "feature/x y", "https://gitlab.example.org/a/b/c/-/tree/feature/x%20y"},
		{"https://git.example.org/extfs.git", "commit", "c0ffee", "https://git.example.org/extfs.git/commit/?id=c0ffee"},
		{"git://git.example.org/extfs", "branch", "a&b", "https://git.example.org/extfs/log/?h=a%26b"},
		{"ssh://git@codeberg.org/a/b.git", "tag", "1#2", "https://codeberg.org/a/b/src/tag/1%232"},
		{"https://user:secret@github.com/a/b", "commit", "c0ffee", "https://github.com/a/b/commit/c0ffee"},
		{"https://example.org/x.git", "commit", "c0ffee", ""},
		{"/srv/git/zlib.git", "commit", "c0ffee", ""},
		{"javascript:alert(1)", "commit", "c0ffee", ""},
		{"https://github.com/a/b", "commit", "", ""},
		{"https://github.com", "commit", "c0ffee", ""},
	} {
		if got := view.ForgeURL(tt.location, tt.what, tt.name); got != tt.want {
			t.Errorf("ForgeURL(%s, %s, %s) = %s, want %s", tt.location, tt.what, tt.name, got, tt.want)
		}
	}
}

func FuzzCompare(f *testing.F) {
	f.Add("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n", "--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n-a\n+b\n+c\n")
	f.Fuzz(func(t *testing.T, a, b string) {
		left, _ := patch.ParseDiff([]byte(a))
		right, _ := patch.ParseDiff([]byte(b))
		c := view.Compare(left, right)
		for _, file := range c.Files {
			for _, r := range file.Rows {
				if r.Left == nil && r.Right == nil {
					t.Error("a row without lines")
				}
			}
		}
	})
}
