package git_test

import (
	"path/filepath"
	"testing"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/git/gittest"
)

// TestShallow wants the end of a shallow history to be known, and to have no
// diff: what git shows there is the whole tree.
func TestShallow(t *testing.T) {
	src := gittest.New(t)
	src.Commit(map[string]string{"a": "1\n", "b": "1\n"}, "one")
	end := src.Commit(map[string]string{"a": "2\n"}, "two")
	last := src.Commit(map[string]string{"b": "2\n"}, "three")
	dir := filepath.Join(t.TempDir(), "clone")
	src.Git("clone", "--quiet", "--depth=2", "file://"+src.Path, dir)
	r, err := git.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if ends := r.Shallow(); len(ends) != 1 || !ends[end] {
		t.Errorf("Shallow = %v, want %s", ends, end)
	}
	if ends := open(t, src).Shallow(); len(ends) != 0 {
		t.Errorf("Shallow of a whole repository = %v", ends)
	}
	reader := r.CommitReader(1 << 20)
	defer reader.Close()
	for what, read := range map[string]func(func(*git.Commit) error) error{
		"Log":          func(f func(*git.Commit) error) error { return r.Log(t.Context(), git.LogQuery{Diff: true}, f) },
		"CommitReader": func(f func(*git.Commit) error) error { return reader.Read(t.Context(), []string{end, last}, f) },
	} {
		seen := map[string]int{}
		err := read(func(c *git.Commit) error {
			seen[c.Hash] = len(c.Diff)
			return nil
		})
		if err != nil || len(seen) != 2 || seen[end] != 0 || seen[last] == 0 {
			t.Errorf("%s: lengths of diffs = %v, %v", what, seen, err)
		}
	}
}
