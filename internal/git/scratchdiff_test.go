package git_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/git/gittest"
)

// What is configured for people who look at diffs is no matter to those that
// are made for files.
func TestScratchDiff(t *testing.T) {
	src := gittest.New(t)
	src.Commit(map[string]string{"a": "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "x y": "x\n"}, "one")
	for _, set := range []string{"diff.noprefix", "diff.mnemonicPrefix", "color.ui"} {
		src.Git("config", set, "true")
	}
	src.Git("config", "color.ui", "always")
	src.Git("config", "diff.context", "0")
	s, err := open(t, src).Scratch(t.Context(), "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	tree := func() string {
		t.Helper()
		hash, err := s.Tree(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return hash
	}
	before := tree()
	for _, err := range []error{
		s.Write(t.Context(), "a", "100644", []byte("1\n2\n3\n4\nfive\n6\n7\n8\n9\n")),
		s.Remove(t.Context(), "x y"),
		s.Write(t.Context(), "z", "100755", []byte("x\n")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	after := tree()
	for _, tt := range []struct {
		o    git.DiffOptions
		want []string
	}{
		{git.DiffOptions{Old: "a/", New: "b/"}, []string{"--- a/a\n+++ b/a\n@@ -2,7 +2,7 @@\n 2\n", "deleted file mode", "new file mode 100755"}},
		{git.DiffOptions{Renames: true}, []string{"--- a\n+++ a\n", "rename from x y\nrename to z\n"}},
		{git.DiffOptions{Old: "a/src/", New: "b/src/", FullIndex: true}, []string{"--- a/src/a\n+++ b/src/a\n", "index 07193989308c972f8a2d0f1b3a15c29ea4ac565b.."}},
		{git.DiffOptions{Stat: true}, []string{" a   | 2 +-\n", " 3 files changed, 2 insertions(+), 2 deletions(-)\n", " create mode 100755 z\n"}},
	} {
		got, err := s.Diff(t.Context(), before, after, tt.o)
		for _, want := range tt.want {
			if err != nil || !strings.Contains(string(got), want) {
				t.Errorf("Diff(%+v) = %v, without %q:\n%s", tt.o, err, want, got)
			}
		}
	}
	if err := s.Reset(t.Context(), before); err != nil || tree() != before {
		t.Errorf("Reset: %v, tree %s, want %s", err, tree(), before)
	}
	if _, err := s.Diff(t.Context(), before, "--output=x", git.DiffOptions{}); !errors.Is(err, git.ErrNotFound) {
		t.Errorf("Diff with an option for a tree = %v", err)
	}
}

func TestMerge3Marked(t *testing.T) {
	base, ours, theirs := []byte("a\nb\n"), []byte("a\nc\n"), []byte("a\nd\n")
	got, clean, err := git.Merge3Marked(t.Context(), base, ours, theirs, git.Labels{Ours: "v2", Base: "v1\x1b[31m", Theirs: "-p.patch"})
	want := "a\n<<<<<<< v2\nc\n||||||| v1<U+001B>[31m\nb\n=======\nd\n>>>>>>> -p.patch\n"
	if string(got) != want || clean || err != nil || git.Conflicts(got) != 1 {
		t.Errorf("Merge3Marked = %q, %v, %v, want %q", got, clean, err, want)
	}
	got, clean, err = git.Merge3Marked(t.Context(), base, []byte("\x00"), theirs, git.Labels{})
	if got != nil || clean || err != nil {
		t.Errorf("Merge3Marked of binary = %q, %v, %v", got, clean, err)
	}
}
