package rebase

import (
	"strings"
	"testing"

	"github.com/upstreamd/upstreamd/internal/patch"
)

// FuzzExpected wants what holds of any text and any hunks: places in order and
// within the text, and results with as many lines as the hunks add up to.
func FuzzExpected(f *testing.F) {
	text := strings.Join(numbered(12), "\n") + "\n"
	f.Add(text, "--- a/f\n+++ b/f\n@@ -3,3 +3,4 @@\n line 3\n-line 4\n+4\n+5\n line 5\n")
	f.Add(text, "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n line 1\n-line 2\n+2\n@@ -2,2 +2,2 @@\n line 7\n-line 8\n+II\n@@ -90 +90 @@\n-none\n+some\n")
	f.Add("", "--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+x\n")
	f.Add(text, "--- /dev/null\n+++ b/f\n@@ -0,0 +1,3 @@\n line 1\n+x\n line 2\n")
	f.Add("a", "--- a/f\n+++ b/f\n@@ -1 +0,0 @@\n-a\n\\ No newline at end of file\n")
	f.Fuzz(func(t *testing.T, text, diff string) {
		files, err := patch.ParseDiff([]byte(diff))
		if err != nil || len(text) > 10_000 || len(diff) > 10_000 {
			return
		}
		c := newContent([]byte(text))
		if c.String() != text {
			t.Fatalf("content = %q, want %q", c.String(), text)
		}
		for _, file := range files {
			tr := &tried{File: file, old: file.Old, new: file.New, found: c, before: c}
			tr.spots, tr.back = place(c.lines, file.Hunks, maxFuzz), tr.within()
			checkPlaced(t, tr)
		}
	})
}

func checkPlaced(t *testing.T, tr *tried) {
	t.Helper()
	n, next, whole := len(tr.before.lines), 0, true
	grows, expects := n, n
	for i, s := range tr.spots {
		if s.at < 0 {
			whole = false
			expects += len(tr.Hunks[i].Lines)
			continue
		}
		shape := newShape(tr.Hunks[i])
		if s.at < next-maxFuzz || s.at > n {
			t.Errorf("hunk %d at %d of %d, after %d", i+1, s.at, n, next)
		}
		next = s.at + len(shape.old) - shape.suffix
		for _, l := range tr.Hunks[i].Lines {
			switch l.Op {
			case '+':
				grows++
			case '-':
				grows--
			}
		}
		expects += len(tr.Hunks[i].Lines)
	}
	if whole {
		if got := len(rewrite(tr.before, tr.Hunks, tr.spots).lines); got != grows {
			t.Errorf("%d lines after all hunks, want %d", got, grows)
		}
	}
	base, theirs := tr.expected()
	if len(base.lines) > expects || len(theirs.lines) > expects {
		t.Errorf("expected %d and %d lines of %d", len(base.lines), len(theirs.lines), expects)
	}
}
