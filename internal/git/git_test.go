package git_test

import (
	"testing"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/git/gittest"
)

func TestOpenWorkTree(t *testing.T) {
	src := gittest.New(t)
	want := src.Commit(map[string]string{"a": "1\n"}, "one")
	src.Tag("v1")
	r, err := git.Open(t.Context(), src.Path)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := r.Resolve(t.Context(), "refs/tags/v1"); got != want || err != nil {
		t.Errorf("Resolve = %q, %v, want %q", got, err, want)
	}
}
