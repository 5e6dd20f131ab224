package diffmatch_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/upstreamd/upstreamd/internal/diffmatch"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// TestSideBySide reads testdata/side/*.txtar: a left and a right diff, and
// what stands side by side.
func TestSideBySide(t *testing.T) {
	cases, err := filepath.Glob("testdata/side/*.txtar")
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
			if diff := cmp.Diff(part["want"], writtenSides(diffmatch.SideBySide(left, right))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// writtenSides is a comparison as text, a row a line: its kind, left, right.
// What differs stands in brackets, links after a #.
func writtenSides(s *diffmatch.Sides) string {
	var b strings.Builder
	b.WriteString(s.Words("the patch", "the commit") + "\n")
	side := func(name string, c diffmatch.Coverage) {
		fmt.Fprintf(&b, "%s %d: %d found, %d moved, %d near, %d only\n", name, c.Lines, c.Found, c.Moved, c.Near, c.Only())
	}
	side("left", s.Left)
	side("right", s.Right)
	for _, f := range s.Files {
		fmt.Fprintf(&b, "%s : %s\n", pathOf(f.Left), pathOf(f.Right))
		for _, r := range f.Rows {
			if r.Kind == diffmatch.RowFold {
				fmt.Fprintf(&b, ". %d\n", r.Folded)
				continue
			}
			b.WriteString(strings.TrimRight(fmt.Sprintf("%c%-35s|%s", r.Kind, cell(r.Left), cell(r.Right)), " ") + "\n")
		}
	}
	return b.String()
}

func pathOf(f *patch.File) string {
	if f == nil {
		return ""
	}
	return f.Path()
}

func cell(l *diffmatch.SideLine) string {
	if l == nil {
		return ""
	}
	text := l.Text
	if len(l.Parts) > 0 {
		text = ""
		for _, p := range l.Parts {
			if p.Differ {
				text += "[" + p.Text + "]"
			} else {
				text += p.Text
			}
		}
	}
	text = strings.TrimLeft(text, "\t")
	if l.Link != 0 {
		text += fmt.Sprintf(" #%d", l.Link)
	}
	if l.Op == '@' {
		return " " + text
	}
	return string(l.Op) + text
}

// randomDiff is a diff of a few files, of few different lines, so that there
// is much to confuse.
func randomDiff(r *rand.Rand) []*patch.File {
	words := []string{"}", "", "int a;", "int b;", "return a + b;", "if (a > b)", "if (a >= b) {", "free(path);", "free(name);", "x = call(a, b, c);", "x = call(a, b);"}
	var files []*patch.File
	for range r.IntN(4) {
		path := []string{"a.c", "lib/a.c", "lib/b.c", "docs/a.c", "c.h"}[r.IntN(5)]
		f := &patch.File{Old: path, New: path}
		for h := range r.IntN(3) {
			hunk := patch.Hunk{OldStart: 1 + 100*h, NewStart: 1 + 100*h}
			for range r.IntN(30) {
				hunk.Lines = append(hunk.Lines, patch.Line{Op: " +-"[r.IntN(3)], Text: strings.Repeat(" ", r.IntN(2)) + words[r.IntN(len(words))]})
			}
			f.Hunks = append(f.Hunks, hunk)
		}
		files = append(files, f)
	}
	return files
}

// TestSideBySideLosesNothing compares random diffs: every changed line of both
// sides is in one row, in its order; the figures are those of the rows, and
// the same when the sides are exchanged.
func TestSideBySideLosesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		left, right := randomDiff(r), randomDiff(r)
		s := diffmatch.SideBySide(left, right)
		checkSides(t, s, left, right)
		back := diffmatch.SideBySide(right, left)
		if s.Left.Found != back.Right.Found || s.Right.Found != back.Left.Found || s.Left.Lines != back.Right.Lines || s.Right.Lines != back.Left.Lines {
			t.Errorf("figures %+v, %+v; exchanged %+v, %+v", s.Left, s.Right, back.Left, back.Right)
		}
		if same := diffmatch.SideBySide(left, left); same.Left.Found != same.Left.Lines || same.Left.Moved != 0 || same.Left != same.Right {
			t.Errorf("a diff with itself: %+v, %+v", same.Left, same.Right)
		}
		if t.Failed() {
			t.Fatalf("left and right:\n%s", writtenSides(s))
		}
	}
}

// A shownSide is what the rows show of one side of one file.
type shownSide struct {
	text                    strings.Builder
	changed, same, near, up int // up: lines with a counterpart elsewhere
}

func (s *shownSide) add(kind diffmatch.RowKind, l *diffmatch.SideLine) {
	if l == nil || l.Op == '@' || l.Op == ' ' {
		return
	}
	fmt.Fprintf(&s.text, "%c%s\n", l.Op, l.Text)
	if strings.TrimSpace(l.Text) == "" {
		return
	}
	s.changed++
	switch {
	case kind == diffmatch.RowSame:
		s.same++
	case kind == diffmatch.RowNear:
		s.near++
	case l.Link != 0:
		s.up++
	}
}

func checkSides(t *testing.T, s *diffmatch.Sides, left, right []*patch.File) {
	t.Helper()
	seen := map[*patch.File]bool{}
	links := map[int]int{}
	for _, f := range s.Files {
		var l, r shownSide
		for _, row := range f.Rows {
			l.add(row.Kind, row.Left)
			r.add(row.Kind, row.Right)
			for _, x := range []*diffmatch.SideLine{row.Left, row.Right} {
				if x != nil && x.Link != 0 {
					links[x.Link]++
				}
				if x != nil && len(x.Parts) > 0 && joinParts(x.Parts) != x.Text {
					t.Errorf("parts of %q are %v", x.Text, x.Parts)
				}
			}
			if row.Kind == diffmatch.RowSame && (row.Left.Op != row.Right.Op || unblank(row.Left.Text) != unblank(row.Right.Text)) {
				t.Errorf("%+v and %+v share a row", row.Left, row.Right)
			}
		}
		for _, side := range []struct {
			file  *patch.File
			shown *shownSide
			c     diffmatch.Coverage
		}{{f.Left, &l, f.LeftSide}, {f.Right, &r, f.RightSide}} {
			if side.file == nil {
				continue
			}
			seen[side.file] = true
			if want := changedText(side.file); f.Hidden == 0 && side.shown.text.String() != want {
				t.Errorf("%s shows\n%swant\n%s", side.file.Path(), side.shown.text.String(), want)
			}
			want := diffmatch.Coverage{Lines: side.shown.changed, Found: side.shown.same + side.shown.up, Moved: side.shown.up, Near: side.shown.near}
			if f.Hidden == 0 && side.c != want {
				t.Errorf("%s: figures %+v, rows %+v", side.file.Path(), side.c, want)
			}
		}
	}
	if len(seen) != len(left)+len(right) {
		t.Errorf("%d files of %d and %d", len(seen), len(left), len(right))
	}
	for n, times := range links {
		if n > 0 && times != 2 {
			t.Errorf("link %d stands %d times", n, times)
		}
	}
}

func joinParts(parts []diffmatch.Part) (s string) {
	for _, p := range parts {
		s += p.Text
	}
	return s
}

func unblank(s string) string { return strings.Join(strings.Fields(s), "") }

func changedText(f *patch.File) string {
	var b strings.Builder
	for _, h := range f.Hunks {
		for _, l := range h.Lines {
			if l.Op != ' ' {
				fmt.Fprintf(&b, "%c%s\n", l.Op, l.Text)
			}
		}
	}
	return b.String()
}

// TestSideBySideLarge has sides that mean harm: very many lines, all different
// or all the same, very long lines, very many files of one name. Figures stay
// right, rows stay few, and it takes no minute.
func TestSideBySideLarge(t *testing.T) {
	diff := func(files, lines int, text func(i int) string) []*patch.File {
		var list []*patch.File
		for f := range files {
			path := fmt.Sprintf("d%d/Makefile", f)
			h := patch.Hunk{NewStart: 1}
			for i := range lines {
				h.Lines = append(h.Lines, patch.Line{Op: '+', Text: text(i)})
			}
			list = append(list, &patch.File{Old: path, New: path, Hunks: []patch.Hunk{h}})
		}
		return list
	}
	long := strings.Repeat("word ", 200_000)
	for name, tt := range map[string]struct {
		left, right []*patch.File
		found       int
	}{
		"unlike":     {diff(20, 3000, func(i int) string { return fmt.Sprint("left ", i) }), diff(20, 3000, func(i int) string { return fmt.Sprint("right ", i) }), 0},
		"equal":      {diff(20, 3000, func(i int) string { return "the same" }), diff(20, 3000, func(i int) string { return "the same" }), 60_000},
		"in reverse": {diff(1, 3000, func(i int) string { return fmt.Sprint("line ", i) }), diff(1, 3000, func(i int) string { return fmt.Sprint("line ", 2999-i) }), 3000},
		"long lines": {diff(1, 5, func(i int) string { return long + fmt.Sprint(i) }), diff(1, 5, func(i int) string { return long + fmt.Sprint(9-i) }), 0},
		"many files": {diff(5000, 2, func(i int) string { return fmt.Sprint("x", i) }), diff(5000, 2, func(i int) string { return fmt.Sprint("x", i) }), 10_000},
	} {
		start := time.Now()
		s := diffmatch.SideBySide(tt.left, tt.right)
		rows := 0
		for _, f := range s.Files {
			rows += len(f.Rows)
		}
		if s.Left.Found != tt.found || rows > 4000 || s.Unread != 0 {
			t.Errorf("%s: %+v, %d rows, %d lines not read", name, s.Left, rows, s.Unread)
		}
		if d := time.Since(start); d > time.Minute {
			t.Errorf("%s: took %s", name, d)
		}
	}
	s := diffmatch.SideBySide(diff(2, 40_000, func(i int) string { return fmt.Sprint(i) }), nil)
	if s.Left.Lines != 40_000 || s.Unread != 40_000 || s.Files[0].Hidden == 0 || len(s.Files) != 2 {
		t.Errorf("80,000 lines: %+v, %d not read, %d hidden of the first file", s.Left, s.Unread, s.Files[0].Hidden)
	}
}

func FuzzSideBySide(f *testing.F) {
	f.Add("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n", "--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n-a\n+b c\n+c\n")
	f.Add("--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-\xff\n", "diff --git a/x b/y\nrename from x\nrename to y\n")
	f.Fuzz(func(t *testing.T, a, b string) {
		left, _ := patch.ParseDiff([]byte(a))
		right, _ := patch.ParseDiff([]byte(b))
		s := diffmatch.SideBySide(left, right)
		for _, file := range s.Files {
			for _, row := range file.Rows {
				if row.Left == nil && row.Right == nil && row.Kind != diffmatch.RowFold {
					t.Error("a row without lines")
				}
			}
		}
		back := diffmatch.SideBySide(right, left)
		if s.Left.Found != back.Right.Found || s.Right.Lines != back.Left.Lines {
			t.Errorf("figures %+v, %+v; exchanged %+v, %+v", s.Left, s.Right, back.Left, back.Right)
		}
		_ = s.Words("left", "right")
	})
}
