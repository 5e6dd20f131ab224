package diffmatch

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/git/gittest"
)

// TestDamage wants whatever is wrong with the files of an index to be noticed
// and built anew.
func TestDamage(t *testing.T) {
	repo := gittest.New(t)
	first := repo.Commit(map[string]string{"a.c": code(300)}, "start")
	dir := filepath.Join(t.TempDir(), "x.index")
	openIndex(t, repo, dir)
	c := repo.Commit(map[string]string{"a.c": code(300, 3)}, "adjust 3")
	openIndex(t, repo, dir)
	whole := filesOf(t, dir)
	delete(whole, "lock")
	if len(whole) != 3 { // the manifest and two segments
		t.Fatalf("files: %v", slices.Sorted(maps.Keys(whole)))
	}
	for name, harm := range map[string]func([]byte) []byte{
		"half":          func(b []byte) []byte { return b[:len(b)/2] },
		"empty":         func([]byte) []byte { return nil },
		"flipped":       func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
		"end flipped":   func(b []byte) []byte { b[len(b)-1] ^= 1; return b },
		"other version": func(b []byte) []byte { return bytes.Replace(b, []byte(magic), []byte(magic[:len(magic)-2]+"9\n"), 1) },
		"gone":          nil,
	} {
		for file, b := range whole {
			path := filepath.Join(dir, file)
			if harm == nil {
				os.Remove(path)
			} else if err := os.WriteFile(path, harm(bytes.Clone(b)), 0o600); err != nil {
				t.Fatal(err)
			}
			sameAnswers(t, repo, openIndex(t, repo, dir), first, c)
			if _, complete := (&Index{dir: &indexDir{path: dir}}).load(); !complete {
				t.Errorf("%s %s: it was not built anew", name, file)
			}
			for file, b := range whole {
				os.WriteFile(filepath.Join(dir, file), b, 0o600)
			}
		}
	}
}

// filesOf are the files of a directory, by name.
func filesOf(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = b
	}
	return files
}

// TestDamageFoundLate wants a block that turns out to be damaged while it is
// read to give an error instead of an answer, and to be built anew next time.
func TestDamageFoundLate(t *testing.T) {
	repo := gittest.New(t)
	c := repo.Commit(map[string]string{"a.c": code(300)}, "start")
	dir := filepath.Join(t.TempDir(), "x.index")
	openIndex(t, repo, dir)
	x := openIndex(t, repo, dir)
	v := view(t, x)
	s := x.now.segments[0]
	path := filepath.Join(dir, s.file.name())
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteAt(make([]byte, 64), s.lines.at[0]) // after it was opened
	f.Close()
	if res, err := v.Match(context.Background(), parsed(t, repo.Patch(c)), Options{}); !errors.Is(err, errFile) {
		t.Errorf("a damaged block gave %v and the answer %s", err, res.Verdict)
	}
	if _, err := x.Within(context.Background(), c); !errors.Is(err, errFile) {
		t.Errorf("another view of it: %v", err)
	}
	sameAnswers(t, repo, openIndex(t, repo, dir), c)
}

// TestOldFile wants the file of an old version to make room for a directory.
func TestOldFile(t *testing.T) {
	repo := gittest.New(t)
	c := repo.Commit(map[string]string{"a.c": code(9)}, "start")
	path := filepath.Join(t.TempDir(), "sub", "x.index")
	os.Mkdir(filepath.Dir(path), 0o700)
	if err := os.WriteFile(path, []byte("upstreamd commit index 4\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	sameAnswers(t, repo, openIndex(t, repo, path), c)
}

// TestTwoProcesses lets several indexes of one directory be built and updated
// side by side, as processes do that know nothing of each other.
func TestTwoProcesses(t *testing.T) {
	p := history(t, 5, 12)
	repo, commits, patches := p.repo, p.commits, p.patches
	dir := filepath.Join(t.TempDir(), "x.index")
	for _, c := range commits {
		repo.Git("update-ref", "refs/heads/main", c)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				r, err := git.Open(context.Background(), repo.Path)
				if err != nil {
					t.Error(err)
					return
				}
				x, err := Open(context.Background(), r, dir, nil)
				if err != nil {
					t.Error(err)
					return
				}
				v, err := x.Within(context.Background())
				if err != nil {
					t.Error(err)
					return
				}
				if _, ok := v.Commit(c); !ok {
					t.Errorf("an index lacks %s", c)
				}
			})
		}
		wg.Wait()
	}
	v := view(t, openIndex(t, repo, dir))
	for i, p := range patches {
		if res := matchIn(t, v, parsed(t, p), Options{}); res.Commit != commits[i] {
			t.Errorf("own patch of %s: %s %s", commits[i], res.Verdict, res.Commit)
		}
	}
}

// TestMoving indexes a repository while its branch is rewritten again and
// again and what is gone is pruned at once.
func TestMoving(t *testing.T) {
	p := history(t, 9, 30)
	repo, commits := p.repo, p.commits
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				repo.Git("update-ref", "refs/heads/main", commits[len(commits)-1-i%3])
				repo.Git("reflog", "expire", "--expire=now", "--all")
			}
		}
	})
	dir := filepath.Join(t.TempDir(), "x.index")
	for range 6 {
		x := openIndex(t, repo, dir)
		if n := view(t, x).Size(); n < len(commits)-1 || n > len(commits)+1 {
			t.Errorf("a view of %d commits", n)
		}
	}
	close(stop)
	wg.Wait()
}
