package layer

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/git/gittest"
)

// commitAs commits in the name of somebody.
func commitAs(r *gittest.Repo, who string, files map[string]string) string {
	r.Commit(files, "work of "+who)
	r.Git("commit", "--quiet", "--amend", "--no-edit", "--allow-empty", "--author="+who+" <"+who+"@example.org>")
	return r.Hash("HEAD")
}

// chronicleOf is the history of a generated repository.
func chronicleOf(t *testing.T, r *gittest.Repo, rev string) *chronicle {
	t.Helper()
	repo, err := git.Open(t.Context(), r.Path)
	if err != nil {
		t.Fatal(err)
	}
	c, err := openChronicle(t.Context(), Source{Name: "ours", Repo: repo, Rev: rev}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// lifeOf tells the life of a patch file: what, who, and under which path.
func lifeOf(c *chronicle, path string) string {
	p := []Patch{{Source: "ours", Path: path}}
	c.lives(p)
	var b strings.Builder
	for _, t := range p[0].Life.Touches {
		fmt.Fprintf(&b, "%s %s %s\n", t.Kind, t.Author.Name, t.Path)
	}
	fmt.Fprintf(&b, "keeper %s, refreshes %d\n", p[0].Life.Keeper.Name, p[0].Life.Refreshes())
	return b.String()
}

// TestLife follows a patch file through an upgrade that refreshes it, a move
// of its recipe, edits of its header, and its return.
func TestLife(t *testing.T) {
	r := gittest.New(t)
	commitAs(r, "ann", map[string]string{"r/foo-1/0001-fix.patch": fix("", "1", "go"), "r/foo-1/other.patch": fix("", "1", "z") + "@@ -70 +80,2 @@\n x\n+y\n"})
	commitAs(r, "bob", map[string]string{"r/foo-1/0001-fix.patch": fix("", "7", "go")})
	commitAs(r, "cat", map[string]string{"r/foo-1/0001-fix.patch": fix("Upstream-Status: Pending", "7", "go")})
	// Moved and renumbered, beside another one of which the name stays.
	commitAs(r, "dan", map[string]string{
		"r/foo-1/0001-fix.patch": gittest.Gone, "r/foo-2/0002-fix.patch": fix("Upstream-Status: Pending", "7", "go"),
		"r/foo-1/other.patch": gittest.Gone, "r/foo-2/other.patch": fix("Upstream-Status: Denied", "1", "z") + "@@ -70 +80,2 @@\n x\n+y\n",
	})
	commitAs(r, "eve", map[string]string{"r/foo-2/0002-fix.patch": gittest.Gone})
	commitAs(r, "fay", map[string]string{"r/foo-2/0002-fix.patch": fix("Upstream-Status: Pending", "7", "go = 2")})
	files := map[string]string{"r/foo-2/0002-fix.patch": fix("Upstream-Status: Backport", "7", "go = 2")}
	for i := range massFiles {
		files[fmt.Sprintf("r/m%d/x.patch", i)] = fix("Upstream-Status: Pending", "1", fmt.Sprint("x", i))
	}
	commitAs(r, "mass", files)
	want := `came ann r/foo-1/0001-fix.patch
refreshed bob r/foo-1/0001-fix.patch
retagged cat r/foo-1/0001-fix.patch
moved dan r/foo-2/0002-fix.patch
came fay r/foo-2/0002-fix.patch
retagged mass r/foo-2/0002-fix.patch
keeper fay, refreshes 1
`
	c := chronicleOf(t, r, "main")
	if diff := cmp.Diff(want, lifeOf(c, "r/foo-2/0002-fix.patch")); diff != "" {
		t.Errorf("life (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff("came ann r/foo-1/other.patch\nretagged dan r/foo-2/other.patch\nkeeper dan, refreshes 0\n", lifeOf(c, "r/foo-2/other.patch")); diff != "" {
		t.Errorf("life of the other (-want +got):\n%s", diff)
	}
	if got := lifeOf(c, "r/m3/x.patch"); got != "came mass r/m3/x.patch\nkeeper mass, refreshes 0\n" {
		t.Errorf("life of one that a mass edit brought:\n%s", got)
	}
	if got := lifeOf(c, "r/none.patch"); got != "keeper , refreshes 0\n" {
		t.Errorf("life of no file:\n%s", got)
	}
}

// TestLifeBranches: what two branches did to a file is its life once they are
// merged; what a branch that is not ours did is not.
func TestLifeBranches(t *testing.T) {
	r := gittest.New(t)
	commitAs(r, "ann", map[string]string{"a.patch": fix("", "1", "go")})
	r.Branch("side")
	commitAs(r, "bob", map[string]string{"a.patch": fix("", "2", "go")})
	r.Branch("elsewhere")
	commitAs(r, "cat", map[string]string{"a.patch": fix("", "3", "go")})
	r.Checkout("main")
	commitAs(r, "dan", map[string]string{"b.patch": fix("", "1", "no")})
	r.Merge("side", "merge")
	want := "came ann a.patch\nrefreshed bob a.patch\nkeeper bob, refreshes 1\n"
	if diff := cmp.Diff(want, lifeOf(chronicleOf(t, r, "main"), "a.patch")); diff != "" {
		t.Errorf("life (-want +got):\n%s", diff)
	}
}
