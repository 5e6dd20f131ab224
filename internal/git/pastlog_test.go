package git_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/git/gittest"
)

func TestLogPaths(t *testing.T) {
	src := gittest.New(t)
	src.Commit(map[string]string{"a": "1\n", "d/b": "1\n", "c": "1\n"}, "begin")
	src.Commit(map[string]string{"a": "2\n"}, "a")
	src.Commit(map[string]string{"c": "2\n"}, "c")
	src.Tag("v1")
	src.Commit(map[string]string{"a": "3\n", "d/b": "2\n", "c": "3\n"}, "all")
	src.Commit(map[string]string{"d/b": gittest.Gone}, "gone")
	src.Commit(map[string]string{"a": "4\n"}, "a again")
	repo := open(t, src)

	type seen struct{ Hash, Subject, Diff string }
	log := func(read func(git.LogQuery, func(*git.Commit) error) error, q git.LogQuery) []seen {
		t.Helper()
		var all []seen
		err := read(q, func(c *git.Commit) error {
			all = append(all, seen{c.Hash, c.Subject, string(c.Diff)})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	plain := func(q git.LogQuery, f func(*git.Commit) error) error { return repo.Log(t.Context(), q, f) }
	again := func(q git.LogQuery, f func(*git.Commit) error) error { return repo.LogPaths(t.Context(), q, f) }
	// Each query finds some of its diffs remembered, between others that are not.
	queries := []git.LogQuery{
		{Revs: []string{"v1"}, Paths: []string{"a"}, Diff: true},
		{Revs: []string{"main"}, Paths: []string{"a"}, Diff: true, Max: 1},
		{Revs: []string{"main"}, Paths: []string{"a"}, Diff: true},
		{Revs: []string{"main"}, Not: []string{"v1"}, Paths: []string{"a"}, Diff: true},
		{Revs: []string{"main"}, Paths: []string{"a", "d"}, Diff: true},
		{Revs: []string{"v1"}, Not: []string{"main"}, Paths: []string{"a"}, Diff: true},
		{Revs: []string{"main"}, Paths: []string{"nothing"}, Diff: true},
	}
	var want [][]seen
	for _, q := range queries {
		want = append(want, log(plain, q))
		if diff := cmp.Diff(want[len(want)-1], log(again, q)); diff != "" {
			t.Errorf("%v (-log +again):\n%s", q, diff)
		}
	}

	// Without the blob git could not make these diffs any more.
	blob := src.Git("rev-parse", "main:a")
	if err := os.Remove(filepath.Join(src.Path, ".git", "objects", blob[:2], blob[2:40])); err != nil {
		t.Fatal(err)
	}
	for i, q := range queries {
		if diff := cmp.Diff(want[i], log(again, q)); diff != "" {
			t.Errorf("%v remembered (-want +got):\n%s", q, diff)
		}
	}
}
