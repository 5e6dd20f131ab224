package git_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/git/gittest"
)

func logOf(t *testing.T, src *gittest.Repo, q git.LogQuery) []*git.Commit {
	t.Helper()
	var all []*git.Commit
	err := open(t, src).Log(t.Context(), q, func(c *git.Commit) error {
		all = append(all, c)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestLogFields(t *testing.T) {
	src := gittest.New(t)
	one := src.Commit(map[string]string{"a": "1\n"}, "zlib: a subject\nin two lines\n\nA body.\n\nSigned-off-by: A <a@b>\n")
	src.Branch("side")
	src.Commit(map[string]string{"b": "1\n"}, "side")
	src.Checkout("main")
	two := src.Commit(map[string]string{"a": "2"}, "two")
	merge := src.Merge("side", "a merge")

	all := logOf(t, src, git.LogQuery{Revs: []string{"main"}, Merges: true, Reverse: true, Diff: true})
	var got []string
	for _, c := range all {
		got = append(got, c.Subject)
	}
	if diff := cmp.Diff([]string{"zlib: a subject in two lines", "side", "two", "a merge"}, got); diff != "" {
		t.Fatalf("subjects (-want +got):\n%s", diff)
	}
	ann, when := git.Person{Name: "Ann Example", Email: "ann@example.org"}, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	want := &git.Commit{
		Hash: one, Author: ann, Committer: ann, AuthorTime: when, CommitTime: when,
		Subject: "zlib: a subject in two lines", Body: "A body.\n\nSigned-off-by: A <a@b>\n",
		Diff: []byte("diff --git a/a b/a\nnew file mode 100644\n" +
			"index 0000000000000000000000000000000000000000..d00491fd7e5bb6fa28c517a0bb32b8b506539d4d\n" +
			"--- /dev/null\n+++ b/a\n@@ -0,0 +1 @@\n+1\n"),
	}
	want.Parents = all[0].Parents[:0]
	if diff := cmp.Diff(want, all[0]); diff != "" {
		t.Errorf("first commit (-want +got):\n%s", diff)
	}
	if d := string(all[2].Diff); !strings.HasSuffix(d, "+2\n\\ No newline at end of file\n") || all[2].Hash != two {
		t.Errorf("diff = %q", d)
	}
	if m := all[3]; m.Hash != merge || len(m.Parents) != 2 || len(m.Diff) > 0 {
		t.Errorf("merge = %+v", m)
	}
}

func TestLogQuery(t *testing.T) {
	src := gittest.New(t)
	src.Commit(map[string]string{"a": "1\n"}, "one")
	src.Commit(map[string]string{"-b": "1\n"}, "two")
	src.Tag("v1")
	src.Commit(map[string]string{"a": "2\n", "*": "x\n"}, "three")
	src.Branch("other")
	src.Commit(map[string]string{"dir/c": "1\n"}, "four")
	for _, tt := range []struct {
		q    git.LogQuery
		want string
	}{
		{git.LogQuery{}, "four three two one"},
		{git.LogQuery{Max: 2}, "four three"},
		{git.LogQuery{Revs: []string{"main"}}, "three two one"},
		{git.LogQuery{Revs: []string{"main", "other"}, Not: []string{"v1"}}, "four three"},
		{git.LogQuery{Paths: []string{"a"}}, "three one"},
		{git.LogQuery{Paths: []string{"-b"}}, "two"},
		{git.LogQuery{Paths: []string{"*"}}, "three"},
		{git.LogQuery{Paths: []string{"dir", "-b"}}, "four two"},
	} {
		var got []string
		for _, c := range logOf(t, src, tt.q) {
			got = append(got, c.Subject)
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("Log(%+v) = %v, want %s", tt.q, got, tt.want)
		}
	}
	r := open(t, src)
	for _, rev := range []string{"--all", "none", "^main", "--output=x", ""} {
		err := r.Log(t.Context(), git.LogQuery{Revs: []string{rev}}, func(*git.Commit) error { return nil })
		if !errors.Is(err, git.ErrNotFound) {
			t.Errorf("Log(%q) = %v, want ErrNotFound", rev, err)
		}
	}
	for _, path := range []string{"", "../a", "a/../../b", "a\nb", "/etc/passwd"} {
		err := r.Log(t.Context(), git.LogQuery{Paths: []string{path}}, func(*git.Commit) error { return nil })
		if !errors.Is(err, git.ErrNotFound) {
			t.Errorf("Log of %q = %v, want ErrNotFound", path, err)
		}
	}
	stop := errors.New("enough")
	if err := r.Log(t.Context(), git.LogQuery{}, func(*git.Commit) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("Log stopped by its caller = %v", err)
	}
	if got := logOf(t, gittest.New(t), git.LogQuery{}); len(got) != 0 {
		t.Errorf("Log of an empty repository = %v", got)
	}
}

// Whatever a message or file holds, every commit comes back as one commit.
func TestLogOfHostileContent(t *testing.T) {
	fake := "\x00commit 1111111111111111111111111111111111111111\ntree x\n\n    fake\n\x00\x00diff --git a/x b/x\n"
	messages := []string{
		"", "\n\n\n", "no newline", "upstreamd-AAAA\nupstreamd-AAAA-\n",
		"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b",
		"latin \xfc\xe4", "\x1b[2Jescape \r\n\rcarriage", "subject\n\n" + strings.Repeat("long line ", 20000),
		"%H%n%x00 formats", "trailing blank lines\n\n\n\n",
	}
	src := gittest.New(t)
	for i, msg := range messages {
		src.Commit(map[string]string{
			"text":   fmt.Sprintf("%s%d%s", strings.Repeat("line\n", 3000), i, fake), // NUL too late for git to see a binary file
			"binary": fmt.Sprintf("\x00%d", i),
			"crlf":   fmt.Sprintf("%d\r\nno end", i),
		}, msg)
	}
	all := logOf(t, src, git.LogQuery{Diff: true, Reverse: true})
	if len(all) != len(messages) {
		t.Fatalf("%d commits, want %d", len(all), len(messages))
	}
	for i, c := range all {
		want := src.Git("diff-tree", "--root", "--no-commit-id", "-p", "--full-index", "--no-renames", c.Hash)
		if diff := cmp.Diff(want, string(c.Diff)); diff != "" {
			t.Errorf("diff of commit %d (-want +got):\n%s", i, diff)
		}
		if i == 5 && c.Subject != "latin üä" {
			t.Errorf("subject %q, want Latin-1 read", c.Subject)
		}
		if i == 7 && len(c.Body) < 200000 {
			t.Errorf("body of %d bytes", len(c.Body))
		}
	}
}

func TestLogCutsHugeDiffs(t *testing.T) {
	src := gittest.New(t)
	src.Commit(map[string]string{"big": strings.Repeat("0123456789\n", 33<<20/10)}, "big")
	src.Commit(map[string]string{"a": "1\n"}, "small")
	all := logOf(t, src, git.LogQuery{Diff: true})
	if len(all) != 2 || all[0].DiffTruncated || !all[1].DiffTruncated || len(all[1].Diff) > 32<<20 {
		t.Errorf("%d commits, cut %v %v", len(all), all[0].DiffTruncated, all[1].DiffTruncated)
	}
}

// TestLogOnly reads commits by name, in the order asked for.
func TestLogOnly(t *testing.T) {
	src := gittest.New(t)
	one := src.Commit(map[string]string{"a": "1\n"}, "one")
	src.Commit(map[string]string{"a": "2\n"}, "two")
	three := src.Commit(map[string]string{"a": "3\n"}, "three")
	var got []string
	for _, c := range logOf(t, src, git.LogQuery{Revs: []string{three, one}, Only: true, Diff: true}) {
		got = append(got, fmt.Sprintf("%s %t", c.Subject, len(c.Diff) > 0))
	}
	if diff := cmp.Diff([]string{"three true", "one true"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
