package diffmatch

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/upstreamd/upstreamd/internal/git/gittest"
)

// history makes a repository of random edits to a few files of made-up code.
// It gives the commits and their patches, oldest first.
func history(t *testing.T, seed uint64, n int) (*gittest.Repo, []string, [][]byte) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	repo := gittest.New(t)
	files := map[string][]string{"src/a.c": nil, "src/b.c": nil, "doc/README": nil, "Makefile": nil}
	names := []string{"src/a.c", "src/b.c", "doc/README", "Makefile"}
	line := func() string {
		if r.IntN(4) == 0 {
			return []string{"}", "{", "\treturn 0;", "\tbreak;", "\tfree(path);"}[r.IntN(5)]
		}
		return fmt.Sprintf("\tcall_%d(%d, name_%d);", r.IntN(300), r.IntN(50), r.IntN(300))
	}
	for _, name := range names {
		for range 60 {
			files[name] = append(files[name], line())
		}
	}
	write := func(changed ...string) map[string]string {
		out := map[string]string{}
		for _, name := range changed {
			out[name] = strings.Join(files[name], "\n") + "\n"
		}
		return out
	}
	repo.Commit(write(names...), "start")
	var commits []string
	var patches [][]byte
	for i := range n {
		name := names[r.IntN(len(names))]
		f := files[name]
		at := r.IntN(len(f) - 6)
		var added []string
		for range 1 + r.IntN(6) {
			added = append(added, line())
		}
		files[name] = append(append(append([]string{}, f[:at]...), added...), f[at+r.IntN(4):]...)
		commits = append(commits, repo.Commit(write(name), fmt.Sprintf("%s: edit %d", name, i)))
		patches = append(patches, repo.Patch("HEAD"))
	}
	return repo, commits, patches
}

// TestOwnPatch wants each commit's own patch to be found, however it was
// mangled on the way.
func TestOwnPatch(t *testing.T) {
	repo, commits, patches := history(t, 7, 60)
	v := view(t, openIndex(t, repo, ""))
	hunk := regexp.MustCompile(`(?m)^@@ -(\d+)(,\d+)? \+(\d+)(,\d+)? @@`)
	for _, tt := range []struct {
		name   string
		mangle func([]byte) []byte
		o      Options
	}{
		{"as it is", func(b []byte) []byte { return b }, Options{}},
		{"lines shifted", func(b []byte) []byte {
			return hunk.ReplaceAll(b, []byte("@@ -9$1$2 +9$3$4 @@"))
		}, Options{}},
		{"CRLF", func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")) }, Options{}},
		{"without header", func(b []byte) []byte { return b[bytes.Index(b, []byte("\ndiff --git"))+1:] }, Options{}},
		{"diff only", func(b []byte) []byte { return b }, Options{DiffOnly: true}},
		{"no prefixes", func(b []byte) []byte {
			for _, p := range []string{"--- a/", "+++ b/"} {
				b = bytes.ReplaceAll(b, []byte(p), []byte(p[:4]))
			}
			return b[bytes.Index(b, []byte("\n--- "))+1:]
		}, Options{}},
		{"quilt prefixes", func(b []byte) []byte {
			return bytes.ReplaceAll(bytes.ReplaceAll(b, []byte("--- a/"), []byte("--- x-1.orig/")), []byte("+++ b/"), []byte("+++ x-1/"))
		}, Options{}},
		{"no index line", func(b []byte) []byte { return regexp.MustCompile(`(?m)^index .*\n`).ReplaceAll(b, nil) }, Options{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for i, c := range commits {
				res := v.Match(parsed(t, tt.mangle(patches[i])), tt.o)
				if res.Verdict != Merged || res.Commit != c {
					t.Errorf("%s: %s %s (%s), want it merged\n%+v", c, res.Verdict, res.Commit, res.Method, res)
				}
			}
		})
	}
}

// TestNotMerged wants no patch to be called merged in the history before it.
func TestNotMerged(t *testing.T) {
	repo, commits, patches := history(t, 11, 60)
	x := openIndex(t, repo, "")
	for i, c := range commits {
		before := view(t, x, c+"~1")
		for _, o := range []Options{{}, {DiffOnly: true}} {
			if res := before.Match(parsed(t, patches[i]), o); res.Verdict == Merged {
				t.Errorf("%s before its merge, %+v: merged by %s (%s)\n%+v", c, o, res.Commit, res.Method, res.Evidence)
			}
		}
	}
}
