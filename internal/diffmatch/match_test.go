package diffmatch

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/git/gittest"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// TestMatch tells stories: N.patch are applied one after the other, as commits;
// in.patch is looked for, in what is reachable from commit rev if there is one.
func TestMatch(t *testing.T) {
	cases, _ := filepath.Glob("testdata/match/*.txtar")
	for _, file := range cases {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
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
			res := v.Match(parsed(t, []byte(parts["in.patch"])), Options{})
			if diff := cmp.Diff(parts["want"], describe(res, numbers)); diff != "" {
				t.Errorf("(-want +got):\n%s\n%+v", diff, res)
			}
		})
	}
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
		if err := os.WriteFile(mail, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
		repo.Git("am", "--quiet", mail)
		numbers[repo.Hash("HEAD")] = name
	}
	return repo, numbers
}

// describe writes a result as the want parts have it.
func describe(r Result, numbers map[string]string) string {
	if r.Commit == "" {
		return r.Verdict + "\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s\n", r.Verdict, numbers[r.Commit], r.Method)
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
	res := view(t, openIndex(t, repo, "")).Match(parsed(t, ar.Files[2].Data), Options{})
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
