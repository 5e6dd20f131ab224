package git_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/git/gittest"
)

func TestFileChanges(t *testing.T) {
	src := gittest.New(t)
	one := src.Commit(map[string]string{"a": "1\n", "dir/b c": "2\n"}, "upstreamd-x\n\n:100644 no\tline")
	two := src.Commit(map[string]string{"a": "3\n", "dir/b c": gittest.Gone}, "two")
	src.Commit(nil, "nothing")
	three := src.Commit(map[string]string{"tab\there": "1\n"}, "three")
	repo := open(t, src)
	blob := func(spec string) string { return strings.TrimSpace(src.Git("rev-parse", spec)) }
	names := strings.NewReplacer(one, "one", two, "two", three, "three", blob(one+":a"), "A", blob("main:a"), "B", blob(one+":dir/b c"), "C")
	list := func(q git.LogQuery) (all []string) {
		t.Helper()
		err := repo.FileChanges(t.Context(), q, func(c git.FileChange) error {
			if c.Time.IsZero() || c.Time.Location() != time.UTC || !c.AuthorTime.Equal(c.Time) || c.Author.Email != "ann@example.org" {
				t.Errorf("%s: time %v, author %v %v", c.Path, c.Time, c.AuthorTime, c.Author)
			}
			all = append(all, names.Replace(strings.Join([]string{c.Commit, c.Path, c.Old + ">" + c.New}, " ")))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	want := []string{"one a >A", "one dir/b c >C", "two a A>B", "two dir/b c C>", `three "tab\there" >A`}
	if diff := cmp.Diff(want, list(git.LogQuery{Revs: []string{"main"}, Reverse: true})); diff != "" {
		t.Errorf("all, oldest first (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want[4:], list(git.LogQuery{Revs: []string{"main"}, Not: []string{two}})); diff != "" {
		t.Errorf("after two (-want +got):\n%s", diff)
	}
	if n, err := repo.CountCommits(t.Context(), git.LogQuery{Revs: []string{"main"}, Not: []string{one}}); n != 3 || err != nil {
		t.Errorf("CountCommits = %d, %v, want 3", n, err)
	}
	stop := errors.New("stop")
	if err := repo.FileChanges(t.Context(), git.LogQuery{}, func(git.FileChange) error { return stop }); err != stop {
		t.Errorf("callback's error: %v", err)
	}
	if err := repo.FileChanges(t.Context(), git.LogQuery{Revs: []string{"--all"}}, nil); !errors.Is(err, git.ErrNotFound) {
		t.Errorf("option as revision: %v", err)
	}
}

// TestMainChanges: what a branch did, the main line has by the merge.
func TestMainChanges(t *testing.T) {
	src := gittest.New(t)
	first := src.Commit(map[string]string{"a": "1\n"}, "first")
	src.Branch("side")
	src.Commit(map[string]string{"b": "1\n"}, "side")
	src.Commit(map[string]string{"b": gittest.Gone, "c": "1\n"}, "side 2")
	src.Checkout("main")
	second := src.Commit(map[string]string{"a": "2\n"}, "second")
	merge := src.Merge("side", "merge")
	names := strings.NewReplacer(first, "first", second, "second", merge, "merge")
	var got []string
	err := open(t, src).MainChanges(t.Context(), git.LogQuery{Revs: []string{"main"}, Reverse: true}, func(c git.FileChange) error {
		got = append(got, names.Replace(c.Commit+" "+c.Path))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"first a", "second a", "merge c"}, got); diff != "" {
		t.Errorf("main line (-want +got):\n%s", diff)
	}
}

func TestBatchBegin(t *testing.T) {
	src := gittest.New(t)
	src.Commit(map[string]string{"a": "0123456789", "b": "next"}, "one")
	b, err := open(t, src).Batch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for _, tt := range []struct {
		spec string
		most int64
		want string
	}{{"main:a", 4, "0123"}, {"main:a", 10, "0123456789"}, {"main:a", 99, "0123456789"}, {"main:b", 0, ""}, {"main:b", 4, "next"}} {
		if got, err := b.Begin(tt.spec, tt.most); string(got) != tt.want || err != nil {
			t.Errorf("Begin(%s, %d) = %q, %v, want %q", tt.spec, tt.most, got, err, tt.want)
		}
	}
	if _, err := b.Begin("main:none", 4); !errors.Is(err, git.ErrNotFound) {
		t.Errorf("no such file: %v", err)
	}
}

func TestRoots(t *testing.T) {
	src := gittest.New(t)
	one := src.Commit(map[string]string{"a": "1\n"}, "one")
	src.Commit(map[string]string{"a": "2\n"}, "two")
	src.Git("checkout", "--quiet", "--orphan", "other")
	other := src.Commit(map[string]string{"b": "1\n"}, "other")
	repo := open(t, src)
	for revs, want := range map[string]string{"": "", "main": one, "other": other} {
		got, err := repo.Roots(t.Context(), strings.Fields(revs))
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("Roots(%q) = %q, %v, want %q", revs, got, err, want)
		}
	}
	if got, err := repo.Roots(t.Context(), []string{"main", "other"}); err != nil || len(got) != 2 {
		t.Errorf("Roots of both = %q, %v", got, err)
	}
	if _, err := repo.Roots(t.Context(), []string{"--all"}); err == nil {
		t.Error("an option is no error")
	}
}
