package diffmatch

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/git/gittest"
)

// TestMissingObjects takes blobs and a tree out of a repository: the commits
// that need them lose their lines, no other does.
func TestMissingObjects(t *testing.T) {
	repo := gittest.New(t)
	repo.Commit(map[string]string{"a.c": code(9), "b.c": code(3)}, "start")
	blob := repo.Commit(map[string]string{"a.c": code(9, 3)}, "adjust 3")
	after := repo.Commit(map[string]string{"a.c": code(9, 3), "b.c": code(3, 1)}, "adjust b")
	tree := repo.Commit(map[string]string{"dir/c.c": code(5)}, "new directory")
	last := repo.Commit(map[string]string{"b.c": code(3, 1, 2)}, "adjust b again")
	patches := map[string][]byte{}
	for _, c := range []string{blob, after, tree, last} {
		patches[c] = repo.Patch(c)
	}
	for _, object := range []string{blob + ":a.c", tree + ":dir"} {
		h := strings.TrimSpace(repo.Git("rev-parse", object))
		if err := os.Remove(filepath.Join(repo.Path, ".git", "objects", h[:2], h[2:])); err != nil {
			t.Fatal(err)
		}
	}
	var said []string
	r, err := git.Open(context.Background(), repo.Path)
	if err != nil {
		t.Fatal(err)
	}
	x, err := Open(context.Background(), r, filepath.Join(t.TempDir(), "x.index"), func(what string, done, total int) {
		said = append(said, fmt.Sprint(what, done, total))
	})
	if err != nil {
		t.Fatal(err)
	}
	v := view(t, x)
	for _, c := range []string{after, last} {
		if res := matchIn(t, v, parsed(t, patches[c]), Options{}); res.Verdict != Merged || res.Commit != c {
			t.Errorf("own patch of %s: %s %s, want merged", c, res.Verdict, res.Commit)
		}
	}
	for _, c := range []string{blob, tree} {
		if known, ok := v.Commit(c); !ok || known.Subject == "" {
			t.Errorf("the damaged commit %s is not known: %+v", c, known)
		}
		n, _ := v.now.rowOf(rawHash(c))
		if s, err := v.shape(n); err != nil || len(s.files) > 0 {
			t.Errorf("the damaged commit %s has lines: %v, %v", c, s, err)
		}
	}
	if s := x.Stats(); s.Lost != 2 || s.Commits != 3 {
		t.Errorf("%+v, want 2 lost of 5", s)
	}
	if len(said) == 0 || said[len(said)-1] != "index commits5 5" {
		t.Errorf("progress said %v", said)
	}
}

// TestEvilMerge wants a merge to bring what was changed in it, and not what its
// parents bring.
func TestEvilMerge(t *testing.T) {
	repo := gittest.New(t)
	repo.Commit(map[string]string{"a.c": code(9)}, "start")
	repo.Branch("side")
	side := repo.Commit(map[string]string{"a.c": code(9, 3)}, "adjust 3")
	sidePatch := repo.Patch(side)
	repo.Checkout("main")
	repo.Commit(map[string]string{"a.c": code(9, 5)}, "adjust 5")
	repo.Git("merge", "--quiet", "--no-ff", "--no-commit", "side")
	evil := repo.Commit(map[string]string{"a.c": code(9, 3, 5, 7), "new.c": "int fresh(void)\n{\n\treturn 41;\n}\n"}, "merge side and more")
	repo.Branch("plain")
	repo.Git("checkout", "--quiet", "-B", "other", "HEAD~1")
	repo.Commit(map[string]string{"b.c": "int b;\n"}, "b")
	repo.Checkout("plain")
	clean := repo.Merge("other", "a clean merge")
	x := openIndex(t, repo, "")
	v := view(t, x)
	n, ok := v.now.rowOf(rawHash(evil))
	if !ok {
		t.Fatal("the merge is not there")
	}
	s, err := v.shape(n)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	var h hasher
	words := map[uint64]string{}
	for _, l := range strings.Split(code(9, 3, 5, 7)+"int fresh(void)\n{\n\treturn 41;\n}\n<<file new.c>>", "\n") {
		words[h.line(l)] = strings.TrimSpace(l)
	}
	for i := range s.files {
		s.files[i].changed(func(op byte, key uint64) { got = append(got, string(op)+words[key]) })
	}
	want := []string{"+y += adjust_7(x);", "+int fresh(void)", "+{", "+return 41;", "+}", "+<<file new.c>>"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the merge's own lines (-want +got):\n%s", diff)
	}
	if res := matchIn(t, v, parsed(t, sidePatch), Options{}); res.Commit != side {
		t.Errorf("the patch of the side branch: %s %s", res.Verdict, res.Commit)
	}
	if n, _ := v.now.rowOf(rawHash(clean)); v.lines(n) != 0 {
		t.Errorf("a clean merge has %d lines", v.lines(n))
	}
	if s := x.Stats(); s.Merges != 1 {
		t.Errorf("%+v, want 1 merge with changes", s)
	}
}

// TestTrailers looks commits up by what their messages name.
func TestTrailers(t *testing.T) {
	repo := gittest.New(t)
	origin := strings.Repeat("5a", 20)
	repo.Commit(map[string]string{"a.c": code(9)}, "start")
	c := repo.Commit(map[string]string{"a.c": code(9, 3)}, "adjust 3\n\nText.\n\n(From OE-Core rev: "+origin+")\n\n"+
		"Link: https://lore.kernel.org/r/20200102030405.6-1-a@example.org\nMessage-ID: <plus+sign@example.org>\n"+
		"Link: https://lists.example.org/x/odd%2Bid@example.org/\nReviewed-by: Ann <ann@example.org>\n")
	undo := repo.Commit(map[string]string{"a.c": code(9)}, "Revert \"adjust 3\"\n\nThis reverts commit "+c[:12]+".\n")
	titled := repo.Commit(map[string]string{"b.c": code(2)}, "Revert \"adjust 3\"\n\nNo hash.\n")
	v := view(t, openIndex(t, repo, ""))
	first := func(rows iter.Seq[uint32]) string {
		for n := range rows {
			return v.name(n)
		}
		return ""
	}
	for id, want := range map[string]string{
		"20200102030405.6-1-a@example.org": c, "<plus+sign@example.org>": c, "odd+id@example.org": c,
		"ann@example.org": "", "other@example.org": "",
	} {
		if got := first(v.withMessageID(id)); got != want {
			t.Errorf("withMessageID(%q) = %q, want %q", id, got, want)
		}
	}
	if got := first(v.pickedFrom(rawHash(origin))); got != c {
		t.Errorf("picked from: %q", got)
	}
	n, _ := v.now.rowOf(rawHash(c))
	var reverts []string
	for _, r := range v.reverting(c, v.row(n).subject) {
		reverts = append(reverts, v.name(r))
	}
	if diff := cmp.Diff([]string{undo, titled}, reverts); diff != "" {
		t.Errorf("reverts of it (-want +got):\n%s", diff)
	}
	if got := len(slices.Collect(v.reverts())); got != 2 {
		t.Errorf("%d reverts", got)
	}
}
