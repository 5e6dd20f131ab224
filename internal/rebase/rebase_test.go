package rebase_test

import (
	"testing"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/git/gittest"
	"github.com/upstreamd/upstreamd/internal/rebase"
)

func TestAppliesBeforeAndMergedAfter(t *testing.T) {
	src := gittest.New(t)
	src.Commit(map[string]string{"a": "1\n2\n3\n4\n5\n"}, "one")
	commit := src.Commit(map[string]string{"a": "1\n2\nthree\n4\n5\n"}, "two")
	repo, err := git.Open(t.Context(), src.Path)
	if err != nil {
		t.Fatal(err)
	}
	in := []rebase.Input{{Name: "x", Data: src.Patch(commit), Strip: 1}}
	for rev, want := range map[string]string{commit + "^": rebase.Applies, commit: rebase.Merged} {
		got, err := rebase.Queue(t.Context(), repo, commit+"^", rev, in)
		if err != nil || got[0].Outcome != want {
			t.Errorf("%s: %+v, %v, want %s", rev, got, err, want)
		}
	}
}
