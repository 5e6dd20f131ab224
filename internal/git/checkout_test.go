package git_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/git/gittest"
)

func TestCheckoutAt(t *testing.T) {
	src := gittest.New(t)
	one := src.Commit(map[string]string{"meta-a/conf/layer.conf": "\n", "a": "1"}, "one")
	src.Branch("stable")
	two := src.Commit(map[string]string{"a": "2"}, "two")
	work := filepath.Join(t.TempDir(), "work")
	src.Git("clone", "--quiet", src.Path, work)
	in := func(args ...string) { t.Helper(); src.Git(append([]string{"-C", work}, args...)...) }
	top, err := filepath.EvalSymlinks(work)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		git  []string
		dir  string
		want git.Checkout
	}{
		{"a branch", nil, "meta-a", git.Checkout{Subdir: "meta-a", Commit: two, Branch: "stable", URL: src.Path}},
		{"a branch under another name", []string{"checkout", "--quiet", "-b", "mine", "--track", "origin/main"}, "",
			git.Checkout{Commit: one, Branch: "main", URL: src.Path}},
		{"a commit that one branch has", []string{"checkout", "--quiet", two}, "meta-a/conf",
			git.Checkout{Subdir: "meta-a/conf", Commit: two, Branch: "stable", URL: src.Path}},
		{"a commit that two branches have", []string{"checkout", "--quiet", one}, "",
			git.Checkout{Commit: one, Among: []string{"main", "stable"}, URL: src.Path}},
		{"another remote", []string{"remote", "rename", "origin", "up"}, "",
			git.Checkout{Commit: one, Among: []string{"main", "stable"}, URL: src.Path}},
		{"no remote", []string{"remote", "remove", "up"}, "", git.Checkout{Commit: one}},
		{"a branch of its own", []string{"checkout", "--quiet", "-b", "own"}, "", git.Checkout{Commit: one, Branch: "own"}},
	} {
		if tt.git != nil {
			in(tt.git...)
		}
		got, err := git.CheckoutAt(t.Context(), filepath.Join(work, tt.dir))
		tt.want.Top = top
		if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", tt.name, err, diff)
		}
	}
	for _, dir := range []string{t.TempDir(), filepath.Join(work, "absent")} {
		if c, err := git.CheckoutAt(t.Context(), dir); !errors.Is(err, git.ErrNotFound) {
			t.Errorf("CheckoutAt(%s) = %+v, %v, want %v", dir, c, err, git.ErrNotFound)
		}
	}
}
