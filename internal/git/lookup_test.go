package git_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/git/gittest"
)

// TestHashes looks up what is there and what is not, with names that could be
// taken for answers.
func TestHashes(t *testing.T) {
	r := gittest.New(t)
	head := r.Commit(map[string]string{"a b/c": "text\n", "x missing": "y\n"}, "first")
	r.Tag("v1")
	repo, err := git.Open(t.Context(), r.Path)
	if err != nil {
		t.Fatal(err)
	}
	specs := []string{
		head + ":a b/c", head + ":none", head + ":x missing", head + ":none blob", "v1:a b/c",
		head + ":./c", "no\nline:x", "", ":/first", head + ":a b", "0000000000000000000000000000000000000000 blob",
	}
	got, err := repo.Hashes(t.Context(), specs)
	if err != nil {
		t.Fatal(err)
	}
	object := func(path string) string { return strings.TrimSpace(r.Git("rev-parse", head+":"+path)) }
	blob := object("a b/c")
	want := []string{blob, "", object("x missing"), "", blob, "", "", "", "", object("a b"), ""}
	if !slices.Equal(got, want) {
		t.Errorf("Hashes = %q, want %q", got, want)
	}
	if none, err := repo.Hashes(t.Context(), nil); err != nil || len(none) != 0 {
		t.Errorf("Hashes of nothing = %q, %v", none, err)
	}
}
