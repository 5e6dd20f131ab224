package git_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/git/gittest"
)

// TestContainment compares the answers for every commit of a history with a
// branch and a merge with what git says of each.
func TestContainment(t *testing.T) {
	ctx := t.Context()
	r := gittest.New(t)
	for i := range 4 {
		r.Commit(map[string]string{"a": fmt.Sprint(i)}, "main")
	}
	r.Tag("v1")
	r.Branch("side")
	r.Commit(map[string]string{"b": "side"}, "side")
	r.Tag("v1-side")
	r.Checkout("main")
	r.Commit(map[string]string{"c": "main"}, "main again")
	r.Tag("v2")
	r.Merge("side", "bring side in")
	r.Tag("v3")
	repo, err := git.Open(ctx, r.Path)
	if err != nil {
		t.Fatal(err)
	}
	tips, err := repo.Tips(ctx)
	if err != nil {
		t.Fatal(err)
	}
	holds, err := repo.Containment(ctx, tips)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	err = repo.Log(ctx, git.LogQuery{Merges: true}, func(c *git.Commit) error {
		n++
		want, err := repo.Containing(ctx, c.Hash)
		if got := holds.Refs(c.Hash); !slices.Equal(got, want) {
			t.Errorf("%s: contained in %q, git says %q", c.Hash, got, want)
		}
		return err
	})
	if err != nil || n != 7 {
		t.Fatalf("looked at %d commits, want 7: %v", n, err)
	}
	if got := holds.Refs("0123456789012345678901234567890123456789"); got != nil {
		t.Errorf("an unknown commit is contained in %q", got)
	}
}
