package git_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/git/gittest"
)

func mirror(t *testing.T, dir string) *git.Mirror {
	t.Helper()
	m, err := git.InitMirror(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// fetch fetches src and returns the moves as lines "kind ref old new", with
// hashes replaced by the subjects of their commits.
func fetch(t *testing.T, m *git.Mirror, src git.Source) []string {
	t.Helper()
	moves, err := m.Fetch(t.Context(), src)
	if err != nil {
		t.Fatal(err)
	}
	return describe(t, m, moves)
}

func describe(t *testing.T, m *git.Mirror, moves []git.RefMove) []string {
	t.Helper()
	subject := func(hash string) (s string) {
		if hash == "" {
			return "-"
		}
		err := m.Log(t.Context(), git.LogQuery{Revs: []string{hash}, Merges: true, Max: 1}, func(c *git.Commit) error {
			s = c.Subject
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	lines := []string{}
	for _, mv := range moves {
		lines = append(lines, fmt.Sprintf("%s %s %s %s", mv.Kind, mv.Ref, subject(mv.Old), subject(mv.New)))
	}
	return lines
}

func TestFetchMoves(t *testing.T) {
	src := gittest.New(t)
	src.Commit(map[string]string{"a": "1\n"}, "one")
	src.Tag("v1")
	src.Branch("next")
	src.Commit(map[string]string{"a": "2\n"}, "two")
	src.Branch("old")
	src.Commit(nil, "three")
	m := mirror(t, filepath.Join(t.TempDir(), "m.git"))
	from := git.Source{URL: src.Path, Local: true, Prune: true}

	steps := []struct {
		change func()
		want   []string
	}{
		{func() {}, []string{
			"new refs/heads/main - one", "new refs/heads/next - two", "new refs/heads/old - three", "new refs/tags/v1 - one"}},
		{func() {}, []string{}},
		{func() {
			src.Checkout("main")
			src.Commit(nil, "four")
			src.Git("branch", "-f", "next", "main")
			src.Git("branch", "-D", "old")
			src.Git("tag", "-d", "v1")
			src.Tag("v1")
			src.Git("branch", "old/er", "main") // where a branch was, there is a directory now
		}, []string{
			"moved refs/heads/main one four", "forced refs/heads/next two four", "deleted refs/heads/old three -",
			"new refs/heads/old/er - four", "moved refs/tags/v1 one four"}},
	}
	for i, step := range steps {
		step.change()
		if diff := cmp.Diff(step.want, fetch(t, m, from)); diff != "" {
			t.Errorf("step %d (-want +got):\n%s", i, diff)
		}
	}
	// The lost tips are still there, but under no public name.
	tips, err := m.Tips(t.Context())
	if err != nil || len(tips) != 4 {
		t.Errorf("Tips = %v, %v", tips, err)
	}
	src.Git("reflog", "expire", "--expire=now", "--all")
	kept, err := filepath.Glob(filepath.Join(m.Dir(), "refs/upstreamd/kept/*"))
	if err != nil || len(kept) != 2 {
		t.Errorf("kept = %v, %v", kept, err)
	}
}

func TestFetchOfChosenBranches(t *testing.T) {
	src := gittest.New(t)
	src.Commit(map[string]string{"a": "1\n"}, "one")
	for _, name := range []string{"stable/1", "stable/2", "wip"} {
		src.Git("branch", name)
	}
	m := mirror(t, t.TempDir())
	from := git.Source{URL: "file://" + src.Path, Local: true, Prune: true, Refs: []string{"main", "stable/*", "main"}}
	want := []string{"new refs/heads/main - one", "new refs/heads/stable/1 - one", "new refs/heads/stable/2 - one"}
	if diff := cmp.Diff(want, fetch(t, m, from)); diff != "" {
		t.Errorf("moves (-want +got):\n%s", diff)
	}
	// A branch that is gone is said, and hinders no other.
	src.Commit(nil, "two")
	src.Git("branch", "-M", "main", "trunk")
	src.Git("branch", "-f", "stable/1", "trunk")
	moves, err := m.Fetch(t.Context(), from)
	want = []string{"deleted refs/heads/main one -", "moved refs/heads/stable/1 one two"}
	if diff := cmp.Diff(want, describe(t, m, moves)); diff != "" || !errors.Is(err, git.ErrNoBranch) || !strings.Contains(err.Error(), "main") {
		t.Errorf("error %v, moves (-want +got):\n%s", err, diff)
	}
	for _, bad := range []string{"a:b", "-x", "a b", "..", "x*y*", "a~1", "+main", "^main", ""} {
		from.Refs = []string{bad}
		if _, err := m.Fetch(t.Context(), from); err == nil {
			t.Errorf("Fetch of branch %q: no error", bad)
		}
	}
}

func TestFetchUnreachable(t *testing.T) {
	m := mirror(t, t.TempDir())
	_, err := m.Fetch(t.Context(), git.Source{URL: "/none/of/this", Local: true})
	if !errors.Is(err, git.ErrUnreachable) {
		t.Errorf("Fetch = %v, want ErrUnreachable", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Fetch(ctx, git.Source{URL: "/none/of/this", Local: true}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled Fetch = %v", err)
	}
}

// Names that look like options or shell, hooks and settings in the source do
// nothing.
func TestFetchHostileSource(t *testing.T) {
	src := gittest.New(t)
	hash := src.Commit(map[string]string{"a": "1\n", ".gitmodules": "[submodule \"x\"]\n\tpath = x\n\turl = ext::sh -c touch% /tmp/x\n"}, "one")
	for _, name := range []string{"--output=x", "$(id)", "`id`", "a;b", "-h", "x|y", "\"q\"", "'q'"} {
		src.Git("update-ref", "refs/heads/"+name, hash)
	}
	ran := filepath.Join(t.TempDir(), "ran")
	hooks := filepath.Join(src.Path, ".git", "hooks")
	if err := os.MkdirAll(hooks, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, hook := range []string{"post-update", "reference-transaction", "pre-receive", "post-checkout", "post-merge"} {
		if err := os.WriteFile(filepath.Join(hooks, hook), []byte("#!/bin/sh\ntouch "+ran+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	src.Git("config", "uploadpack.packObjectsHook", "touch "+ran+";")
	src.Git("config", "core.fsmonitor", "touch "+ran+";")
	m := mirror(t, filepath.Join(t.TempDir(), "m.git"))
	if got := fetch(t, m, git.Source{URL: src.Path, Local: true}); len(got) != 9 {
		t.Errorf("moves: %q", got)
	}
	if _, err := os.Stat(ran); err == nil {
		t.Error("something of the source was run")
	}
	if refs, err := m.Containing(t.Context(), hash); len(refs) != 9 || err != nil {
		t.Errorf("Containing = %q, %v", refs, err)
	}
	if err := m.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestFetchAfterAKill(t *testing.T) {
	src := gittest.New(t)
	src.Commit(map[string]string{"a": "1\n"}, "one")
	m := mirror(t, t.TempDir())
	from := git.Source{URL: src.Path, Local: true}
	fetch(t, m, from)
	src.Commit(nil, "two")
	for _, left := range []string{"packed-refs.lock", "HEAD.lock", "config.lock", "refs/heads/main.lock", "shallow.lock", "objects/pack/tmp_pack_abc", "objects/tmp_obj_x"} {
		path := filepath.Join(m.Dir(), left)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"moved refs/heads/main one two"}, fetch(t, m, from)); diff != "" {
		t.Errorf("moves (-want +got):\n%s", diff)
	}
}

// Whatever file of a mirror is lost, one of the next two fetches makes it
// whole: a check finds what a fetch alone does not notice.
func TestFetchRenewsACorruptMirror(t *testing.T) {
	src := gittest.New(t)
	src.Commit(map[string]string{"a": "1\n", "b/c": "2\n"}, "one")
	src.Commit(map[string]string{"a": "2\n"}, "two")
	from := git.Source{URL: src.Path, Local: true, Prune: true}
	for _, damage := range []string{"remove", "empty"} {
		dir := filepath.Join(t.TempDir(), "m.git")
		m := mirror(t, dir)
		fetch(t, m, from)
		for _, path := range files(t, dir) {
			if strings.HasPrefix(filepath.Base(path), "upstreamd") {
				continue
			}
			do := os.Remove
			if damage == "empty" {
				do = func(path string) error {
					return errors.Join(os.Remove(path), os.WriteFile(path, nil, 0o600))
				}
			}
			if err := do(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
			m := mirror(t, dir)
			if err := m.Check(t.Context()); errors.Is(err, git.ErrCorrupt) {
				if err := m.Renew(t.Context(), from); err != nil {
					t.Errorf("%s %s: renew: %v", damage, path, err)
				}
			}
			if _, err := m.Fetch(t.Context(), from); err != nil {
				t.Errorf("%s %s: %v", damage, path, err)
			}
			if err := m.Check(t.Context()); err != nil {
				t.Errorf("%s %s: %v", damage, path, err)
			}
			if got, err := m.Resolve(t.Context(), "main"); got != src.Hash("main") || err != nil {
				t.Errorf("%s %s: main = %s, %v", damage, path, got, err)
			}
		}
	}
}

// Fetches of one mirror wait for each other.
func TestFetchesAtTheSameTime(t *testing.T) {
	src := gittest.New(t)
	src.Commit(map[string]string{"a": "1\n"}, "one")
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			m, err := git.InitMirror(ctx, dir)
			if err == nil {
				_, err = m.Fetch(ctx, git.Source{URL: src.Path, Local: true})
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			all = append(all, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A daemon often reads what others own.
func TestRepositoriesOfOthers(t *testing.T) {
	src := gittest.New(t)
	want := src.Commit(map[string]string{"a": "1\n"}, "one")
	if os.Geteuid() == 0 { // only root can give files away
		err := filepath.WalkDir(src.Path, func(path string, _ fs.DirEntry, err error) error {
			return errors.Join(err, os.Lchown(path, 12345, 12345))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if got, err := open(t, src).Resolve(t.Context(), "main"); got != want || err != nil {
		t.Errorf("Resolve = %q, %v", got, err)
	}
	if got := fetch(t, mirror(t, t.TempDir()), git.Source{URL: src.Path, Local: true}); len(got) != 1 {
		t.Errorf("moves: %q", got)
	}
}
