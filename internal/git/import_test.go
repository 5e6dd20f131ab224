package git_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/git/gittest"
)

const (
	firstStream = `commit refs/heads/main
mark :1
author Ann <ann@example.org> 1700000000 +0100
committer Ann <ann@example.org> 1700000000 +0100
data 6
first
M 100644 inline a
data 2
1

done
`
	secondStream = `commit refs/heads/main
mark :1
author Bob <bob@example.org> 1700000100 +0000
committer Ann <ann@example.org> 1700000200 +0100
data 26
a: two

Because it is so.
from FIRST
M 100644 inline a
data 2
2

done
`
)

func TestFastImport(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "r.git")
	first, err := git.FastImport(t.Context(), dir, strings.NewReader(firstStream))
	if err != nil {
		t.Fatal(err)
	}
	second, err := git.FastImport(t.Context(), dir, strings.NewReader(strings.Replace(secondStream, "FIRST", first[":1"], 1)))
	if err != nil {
		t.Fatal(err)
	}
	r, err := git.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	err = r.Log(t.Context(), git.LogQuery{}, func(c *git.Commit) error {
		got = append(got, c.Hash+" "+c.Author.Name+" "+c.Subject)
		return nil
	})
	want := []string{second[":1"] + " Bob a: two", first[":1"] + " Ann first"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("Log: %v (-want +got):\n%s", err, diff)
	}
	for name, stream := range map[string]string{
		"unknown commit": strings.Replace(secondStream, "FIRST", strings.Repeat("1", 40), 1),
		"cut short":      strings.TrimSuffix(firstStream, "done\n"),
		"nonsense":       "hello\n",
	} {
		if _, err := git.FastImport(t.Context(), dir, strings.NewReader(stream)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestFormatPatch(t *testing.T) {
	src := gittest.New(t)
	src.Commit(map[string]string{"dir/a": "1\n2\n3\n"}, "one")
	src.Git("config", "diff.noprefix", "true")
	src.Git("config", "format.signature", "mine")
	hash := src.Commit(map[string]string{"dir/a": "1\ntwo\n3\n"}, "a: say two\n\nIn words.\n")
	got, err := open(t, src).FormatPatch(t.Context(), hash)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"From " + hash + " ", "\nSubject: [PATCH] a: say two\n", "\n\nIn words.\n---\n dir/a | 2 +-\n 1 file changed,",
		"\n--- a/dir/a\n+++ b/dir/a\n@@ -1,3 +1,3 @@\n 1\n-2\n+two\n 3\n",
	} {
		if !strings.Contains(string(got), want) {
			t.Errorf("FormatPatch has no %q:\n%s", want, got)
		}
	}
	if strings.Contains(string(got), "mine") {
		t.Errorf("FormatPatch reads the repository's settings:\n%s", got)
	}
	if _, err := open(t, src).FormatPatch(t.Context(), strings.Repeat("1", 40)); !errors.Is(err, git.ErrNotFound) {
		t.Errorf("FormatPatch of nothing: %v, want %v", err, git.ErrNotFound)
	}
}
