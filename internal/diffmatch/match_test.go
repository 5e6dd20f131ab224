package diffmatch

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/tools/txtar"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/git/gittest"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// TestMatch tells stories. N.patch are applied one after the other, as commits;
// {N} in a text stands for the hash of commit N. Each other X.patch is looked
// for, in what is reachable from commit rev if there is one, and X.want ("want"
// for in.patch) says what comes of it:
//
//	merged 2 hunks   the verdict, the commit, the method (which may be left out)
//	found 2          merged or probable
//	not merged       probable or none
//	and 3            the change is in this commit too
//	reverted by 4
//
// X.as says how the patch is changed on its way: CRLF, latin-1, diff-only,
// groups.io (a footer).
func TestMatch(t *testing.T) {
	cases, _ := filepath.Glob("testdata/match/*.txtar")
	for _, file := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			tellStory(t, file)
		})
	}
}

// tellStory tries the patches of one file.
func tellStory(t *testing.T, file string) {
	ar, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	for _, f := range ar.Files {
		parts[f.Name] = string(f.Data)
	}
	repo, numbers := story(t, ar)
	rev := ""
	for hash, n := range numbers {
		if n == strings.TrimSpace(parts["rev"]) {
			rev = hash
		}
	}
	v := view(t, openIndex(t, repo, ""), rev)
	tried := 0
	for _, f := range ar.Files {
		name, ok := strings.CutSuffix(f.Name, ".patch")
		if _, err := strconv.Atoi(name); !ok || err == nil {
			continue
		}
		tried++
		want := parts[name+".want"]
		if name == "in" {
			want = parts["want"]
		}
		raw, o := sent(withHashes(f.Data, numbers), parts[name+".as"])
		res := matchIn(t, v, parsed(t, raw), o)
		if got := describe(res, numbers, want); got != want {
			t.Errorf("%s: got %s, want %s\n%+v", name, got, want, res)
		}
	}
	if tried == 0 {
		t.Error("nothing is looked for")
	}
}

// sent is a patch as it arrives.
func sent(b []byte, as string) (raw []byte, o Options) {
	for _, how := range strings.Fields(as) {
		switch how {
		case "CRLF":
			b = bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n"))
		case "latin-1":
			b, _ = charmap.ISO8859_1.NewEncoder().Bytes(b)
		case "groups.io":
			b = append(b, "\n-=-=-=-=-=-=-=-=-=-=-=-\nLinks: You receive all messages sent to this group.\nView/Reply Online (#1): https://lists.example.org/g/tool/message/1\n-=-=-=-=-=-=-=-=-=-=-=-\n\n"...)
		case "diff-only":
			o.DiffOnly = true
		}
	}
	return b, o
}

// withHashes puts hashes in the place of {N}.
func withHashes(b []byte, numbers map[string]string) []byte {
	for hash, n := range numbers {
		b = bytes.ReplaceAll(b, []byte("{"+n+"}"), []byte(hash))
	}
	return b
}

// story makes the commits of a case and gives their numbers by hash.
func story(t *testing.T, ar *txtar.Archive) (*gittest.Repo, map[string]string) {
	t.Helper()
	repo := gittest.New(t)
	numbers := map[string]string{}
	for _, f := range ar.Files {
		name, ok := strings.CutSuffix(f.Name, ".patch")
		if _, err := strconv.Atoi(name); !ok || err != nil {
			continue
		}
		mail := filepath.Join(t.TempDir(), f.Name)
		if err := os.WriteFile(mail, withHashes(f.Data, numbers), 0o600); err != nil {
			t.Fatal(err)
		}
		repo.Git("am", "--quiet", "--committer-date-is-author-date", mail)
		numbers[repo.Hash("HEAD")] = name
	}
	return repo, numbers
}

// describe writes a result in the words of what is wanted.
func describe(r Result, numbers map[string]string, want string) string {
	first, _, _ := strings.Cut(want, "\n")
	words := strings.Fields(first)
	switch {
	case first == "not merged" && r.Verdict != Merged:
		return want
	case r.Commit == "":
		return r.Verdict + "\n"
	}
	var b strings.Builder
	if len(words) > 0 && words[0] == "found" {
		fmt.Fprintf(&b, "found %s", numbers[r.Commit])
	} else {
		fmt.Fprintf(&b, "%s %s", r.Verdict, numbers[r.Commit])
	}
	if len(words) != 2 {
		b.WriteString(" " + r.Method)
	}
	b.WriteByte('\n')
	for _, c := range r.Commits[1:] {
		fmt.Fprintf(&b, "and %s\n", numbers[c])
	}
	if r.RevertedBy != "" {
		fmt.Fprintf(&b, "reverted by %s\n", numbers[r.RevertedBy])
	}
	return b.String()
}

func openIndex(t testing.TB, repo *gittest.Repo, file string) *Index {
	t.Helper()
	r, err := git.Open(context.Background(), repo.Path)
	if err != nil {
		t.Fatal(err)
	}
	x, err := Open(context.Background(), r, file, nil)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func view(t testing.TB, x *Index, revs ...string) *View {
	t.Helper()
	v, err := x.Within(context.Background(), revs...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func parsed(t testing.TB, b []byte) *patch.Patch {
	t.Helper()
	p, err := patch.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestEvidence wants reasons that a person can check.
func TestEvidence(t *testing.T) {
	ar, err := txtar.ParseFile("testdata/match/tweaked.txtar")
	if err != nil {
		t.Fatal(err)
	}
	repo, _ := story(t, ar)
	res := matchIn(t, view(t, openIndex(t, repo, "")), parsed(t, ar.Files[2].Data), Options{})
	var got []string
	for _, e := range res.Evidence {
		got = append(got, e.Kind+": "+e.Detail)
	}
	want := []string{
		"lines: 2 of 5 changed lines; 3 lines of the commit are not in the patch",
		"order: in the same order",
		"files: in 1 file with the same path",
		"context: 100 % of the lines around them are the same",
		"subject: subject equal",
		"author: author equal",
		"date: author date equal to the second",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// matchIn is the answer of a view; there is no error while the test runs.
func matchIn(t testing.TB, v *View, p *patch.Patch, o Options) Result {
	t.Helper()
	res, err := v.Match(context.Background(), p, o)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// TestPicks finds a change on another branch, however it got there.
func TestPicks(t *testing.T) {
	repo := gittest.New(t)
	repo.Commit(map[string]string{"a.c": "one\ntwo\nthree\n"}, "start")
	repo.Git("branch", "stable")
	fix := repo.Commit(map[string]string{"a.c": "one\nzwei\nthree\n"}, "a: fix two")
	said := repo.Commit(map[string]string{"b.c": "b\n"}, "b: come")
	kept := repo.Commit(map[string]string{"c.c": "c\nd\n"}, "c: come")
	repo.Checkout("stable")
	repo.Git("cherry-pick", fix)
	same := repo.Hash("HEAD")
	byHash := repo.Commit(map[string]string{"b.c": "other\n"}, "b: come, in another way\n\n(cherry picked from commit "+said+")")
	repo.Git("cherry-pick", kept)
	if err := os.WriteFile(filepath.Join(repo.Path, "c.c"), []byte("c\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	repo.Git("commit", "--quiet", "--all", "--amend", "--no-edit")
	byTime := repo.Hash("HEAD")
	v := view(t, openIndex(t, repo, ""), "main", "stable")
	for _, tt := range []struct{ of, want string }{{fix, same}, {said, byHash}, {byHash, said}, {kept, byTime}} {
		if diff := cmp.Diff([]string{tt.want}, v.Picks(tt.of)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.of, diff)
		}
	}
}
