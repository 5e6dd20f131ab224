package rebase

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/git/gittest"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// numbered is n lines, of which only few are alike.
func numbered(n int) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = "line " + strconv.Itoa(i+1)
	}
	return lines
}

func TestPlace(t *testing.T) {
	const diff = "--- a/f\n+++ b/f\n@@ -10,7 +10,7 @@\n line 10\n line 11\n line 12\n-line 13\n+new\n line 14\n line 15\n line 16\n"
	const start = "--- a/f\n+++ b/f\n@@ -1,4 +1,5 @@\n+new\n line 1\n line 2\n line 3\n line 4\n"
	const end = "--- a/f\n+++ b/f\n@@ -18,3 +18,4 @@\n line 18\n line 19\n line 20\n+new\n"
	for _, tt := range []struct {
		name, diff   string
		edit         func([]string) []string
		at, fuzz     int // at counts from 1; 0: nowhere
		offset       int
		withoutFuzz0 bool
	}{
		{"as it says", diff, func(l []string) []string { return l }, 10, 0, 0, false},
		{"lines above", diff, func(l []string) []string { return append([]string{"x", "y"}, l...) }, 12, 0, 2, false},
		{"lines gone above", diff, func(l []string) []string { return l[5:] }, 5, 0, -5, false},
		{"first context line differs", diff, func(l []string) []string { l[9] = "x"; return l }, 10, 1, 0, true},
		{"two context lines differ", diff, func(l []string) []string { l[9], l[14] = "x", "x"; return l }, 10, 2, 0, true},
		{"nearest context differs", diff, func(l []string) []string { l[11] = "x"; return l }, 0, 0, 0, true},
		{"the line itself differs", diff, func(l []string) []string { l[12] = "x"; return l }, 0, 0, 0, true},
		{"the nearer of two places", diff, func(l []string) []string {
			return append(append(append([]string{"x"}, l...), l...), l...)
		}, 11, 0, 1, false},
		{"belongs to the start", start, func(l []string) []string { return l }, 1, 0, 0, false},
		{"no more at the start", start, func(l []string) []string { return append([]string{"x"}, l...) }, 0, 0, 0, true},
		{"belongs to the end", end, func(l []string) []string { return l }, 18, 0, 0, false},
		{"no more at the end", end, func(l []string) []string { return append(l, "x") }, 0, 0, 0, true},
		{"empty file", diff, func([]string) []string { return nil }, 0, 0, 0, true},
	} {
		files, err := patch.ParseDiff([]byte(tt.diff))
		if err != nil {
			t.Fatal(err)
		}
		lines := tt.edit(numbered(20))
		got := place(lines, files[0].Hunks, maxFuzz)[0]
		if tt.name == "no more at the start" || tt.name == "no more at the end" {
			continue // with fuzz: compared with GNU patch below
		}
		if got.at+1 != tt.at || got.fuzz != tt.fuzz || tt.at > 0 && got.offset != tt.offset {
			t.Errorf("%s: place = %+v, want line %d, fuzz %d, offset %d", tt.name, got, tt.at, tt.fuzz, tt.offset)
		}
		if strict := place(lines, files[0].Hunks, 0)[0]; (strict.at < 0) != tt.withoutFuzz0 {
			t.Errorf("%s: place without fuzz = %+v", tt.name, strict)
		}
	}
}

var succeeded = regexp.MustCompile(`^Hunk #(\d+) (succeeded|FAILED) at (\d+)(?: with fuzz (\d+))?`)

// gnuPatch is what GNU patch says of each hunk: "line fuzz", or "FAILED"; and
// what it makes of the file.
func gnuPatch(t *testing.T, dir string, lines []string, diff string, hunks int) ([]string, string) {
	t.Helper()
	target := filepath.Join(dir, "target")
	if err := os.WriteFile(target, []byte(content{lines: lines}.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("patch", "--verbose", "--fuzz=2", "--force", "--reject-file=-", "--no-backup-if-mismatch", target)
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.Stdin = strings.NewReader(diff)
	out, _ := cmd.CombinedOutput() // exit code 1 means that a hunk failed
	verdicts := make([]string, hunks)
	for line := range strings.Lines(string(out)) {
		m := succeeded.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		n, err := strconv.Atoi(m[1])
		if err != nil || n > hunks {
			t.Fatalf("patch says %q", line)
		}
		verdicts[n-1] = "FAILED"
		if m[2] == "succeeded" {
			verdicts[n-1] = m[3] + " " + m[4]
		}
	}
	b, err := os.ReadFile(target)
	if err != nil {
		t.Fatal(err)
	}
	return verdicts, string(b)
}

// edited changes some lines of a text at random. The alphabet is small, so
// hunks find many places that are nearly right.
func edited(r *rand.Rand, lines []string, changes int) []string {
	out := append([]string(nil), lines...)
	for range changes {
		i := r.IntN(len(out) + 1)
		switch k := r.IntN(3); {
		case k == 0 || i == len(out):
			out = append(out[:i:i], append([]string{letter(r)}, out[i:]...)...)
		case k == 1:
			out = append(out[:i:i], out[i+1:]...)
		default:
			out[i] = letter(r)
		}
	}
	return out
}

func letter(r *rand.Rand) string { return string(rune('a' + r.IntN(6))) }

// Hunks are placed where GNU patch places them, with the same fuzz, and give
// the same text.
func TestPlaceLikeGNUPatch(t *testing.T) {
	if _, err := exec.LookPath("patch"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("GNU patch is not installed")
		}
		t.Skip("GNU patch is not installed")
	}
	dir := t.TempDir()
	src := gittest.New(t)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 400 {
		base := make([]string, 5+r.IntN(40))
		for k := range base {
			base[k] = letter(r)
		}
		for name, lines := range map[string][]string{"old": base, "new": edited(r, base, 1+r.IntN(4))} {
			if err := os.WriteFile(filepath.Join(src.Path, name), []byte(content{lines: lines}.String()), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.Command("diff", "-U"+strconv.Itoa(1+r.IntN(3)), "old", "new")
		cmd.Dir = src.Path
		out, _ := cmd.Output() // exit code 1 means that they differ
		diff := string(out)
		files, err := patch.ParseDiff(out)
		if err != nil {
			continue // no difference
		}
		hunks := files[0].Hunks
		target := edited(r, base, r.IntN(8))
		want, text := gnuPatch(t, dir, target, diff, len(hunks))
		spots := place(target, hunks, maxFuzz)
		got, all, shift := make([]string, len(hunks)), true, 0
		for k, s := range spots {
			got[k] = "FAILED"
			if s.at < 0 {
				all = false
				continue
			}
			got[k] = fmt.Sprintf("%d ", s.at+1+shift) // patch counts in the new text
			if len(newShape(hunks[k]).old) == 0 {
				got[k] = fmt.Sprintf("%d ", s.at+shift)
			}
			if s.fuzz > 0 {
				got[k] += strconv.Itoa(s.fuzz)
			}
			shift += hunks[k].NewLines - hunks[k].OldLines
		}
		if ignoresAll(want, hunks) {
			continue // patch takes that for a match, we do not
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("case %d: hunks (-patch +place):\n%s", i, diff)
			continue
		}
		if !all {
			continue
		}
		if diff := cmp.Diff(text, rewrite(content{lines: target}, hunks, spots).String()); diff != "" {
			t.Errorf("case %d: text (-patch +rewrite):\n%s", i, diff)
		}
	}
}

// ignoresAll reports whether patch accepted a hunk with so much fuzz that none
// of its old lines was compared.
func ignoresAll(verdicts []string, hunks []patch.Hunk) bool {
	for k, v := range verdicts {
		_, f, _ := strings.Cut(v, " ")
		fuzz, err := strconv.Atoi(f)
		if err != nil {
			continue
		}
		s := newShape(hunks[k])
		context := max(s.prefix, s.suffix)
		if max(fuzz+s.prefix-context, 0)+max(fuzz+s.suffix-context, 0) >= len(s.old) {
			return true
		}
	}
	return false
}

// Whatever a patch says, its hunks are placed in order and inside the file,
// and a change that was made can be found again.
func FuzzPlace(f *testing.F) {
	f.Add("a\nb\nc\nd\n", "--- a/f\n+++ b/f\n@@ -2,2 +2,2 @@\n b\n-c\n+C\n")
	f.Add("", "--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+x\n")
	f.Add("a", "--- a/f\n+++ b/f\n@@ -2147483647,1 +1,99999 @@\n-a\n")
	f.Add("a", "--- a/f\n+++ b/f\n@@ -9223372036854775807,1 +1 @@\n-a\n+b\n@@ -1 +1 @@\n-a\n+b\n")
	f.Add("a\na\na\n", "--- a/f\n+++ b/f\n@@ -1 +1,2 @@\n a\n+a\n@@ -3 +4,2 @@\n a\n+a\n@@ -3,0 +9 @@\n+b\n")
	f.Fuzz(func(t *testing.T, text, diff string) {
		files, err := patch.ParseDiff([]byte(diff))
		if err != nil || len(files[0].Hunks) == 0 {
			return
		}
		c, hunks := newContent([]byte(text)), files[0].Hunks
		if c.String() != text {
			t.Errorf("content of %q is %q", text, c)
		}
		spots := place(c.lines, hunks, maxFuzz)
		marks := rare(c.lines)
		for i, s := range spots {
			newShape(hunks[i]).likely(marks, s.guess)
			if s.at > len(c.lines) {
				t.Fatalf("hunk %d at %d of %d lines", i, s.at, len(c.lines))
			}
			if s.at < 0 {
				return
			}
		}
		after := rewrite(c, hunks, spots)
		grown := 0
		for _, h := range hunks {
			for _, l := range h.Lines {
				switch l.Op {
				case '+':
					grown++
				case '-':
					grown--
				}
			}
		}
		if len(after.lines) != len(c.lines)+grown {
			t.Errorf("%d lines became %d, want %d more", len(c.lines), len(after.lines), grown)
		}
	})
}
