package view_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/upstreamd/upstreamd/internal/patch"
	"github.com/upstreamd/upstreamd/web/view"
)

// TestCompare reads testdata/compare/*.txtar: a left and a right diff, and
// what stands side by side.
func TestCompare(t *testing.T) {
	cases, err := filepath.Glob("testdata/compare/*.txtar")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, name := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			part := map[string]string{}
			for _, f := range ar.Files {
				part[f.Name] = string(f.Data)
			}
			left, _ := patch.ParseDiff([]byte(part["left"]))
			right, _ := patch.ParseDiff([]byte(part["right"]))
			if diff := cmp.Diff(part["want"], written(view.Compare(left, right))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// written is a comparison as text: left, mark and right of every row.
func written(c view.Comparison) string {
	var b strings.Builder
	fmt.Fprintf(&b, "same %d, only left %d, only right %d\n", c.Same, c.OnlyLeft, c.OnlyRight)
	cell := func(l *view.DiffLine) string {
		if l == nil {
			return ""
		}
		return strings.TrimSpace(string(l.Op) + strings.ReplaceAll(l.Text, "\t", "  "))
	}
	for _, f := range c.Files {
		fmt.Fprintf(&b, "%s : %s\n", f.Left, f.Right)
		for _, r := range f.Rows {
			b.WriteString(strings.TrimRight(fmt.Sprintf("%-24s|%-1s|%s", cell(r.Left), r.Mark, cell(r.Right)), " ") + "\n")
		}
	}
	return b.String()
}

// TestCompareLarge has two long unlike files on each side: nothing hangs, and
// what is left out is said.
func TestCompareLarge(t *testing.T) {
	diff := func(word string) []*patch.File {
		var b strings.Builder
		for f := range 70 {
			fmt.Fprintf(&b, "--- a/f%d\n+++ b/f%d\n@@ -1,0 +1,2000 @@\n", f, f)
			for i := range 2000 {
				fmt.Fprintf(&b, "+%s %d\n", word, i%(f+1))
			}
		}
		files, err := patch.ParseDiff([]byte(b.String()))
		if err != nil {
			t.Fatal(err)
		}
		return files
	}
	c := view.Compare(diff("one"), diff("two"))
	if len(c.Files) != 60 || c.Hidden != 10 || c.Files[0].Hidden != 1200 || c.Same != 0 {
		t.Errorf("Compare shows %d files, hides %d, and %d rows of the first; %d the same", len(c.Files), c.Hidden, c.Files[0].Hidden, c.Same)
	}
}

func TestDiff(t *testing.T) {
	files, err := patch.ParseDiff([]byte("diff --git a/x.c b/y.c\nsimilarity index 90%\nrename from x.c\nrename to y.c\n--- a/x.c\n+++ b/y.c\n@@ -3,3 +3,4 @@ main()\n a\n-b\n+c\n+d\u202e\n e\n"))
	if err != nil {
		t.Fatal(err)
	}
	got := view.FileDiff(files[0], 4)
	want := view.DiffFile{
		Path: "y.c", Was: "x.c", Note: "renamed", Added: 2, Removed: 1, Hidden: 1,
		Hunks: []view.DiffHunk{{Head: "@@ -3,3 +3,4 @@ main()", Lines: []view.DiffLine{
			{Old: 3, New: 3, Op: ' ', Text: "a"}, {Old: 4, Op: '-', Text: "b"}, {New: 4, Op: '+', Text: "c"}, {New: 5, Op: '+', Text: "d<U+202E>"},
		}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
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
