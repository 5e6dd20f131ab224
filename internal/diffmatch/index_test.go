package diffmatch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/git/gittest"
)

// code is the content of a file of n functions, of which those in changed
// have one more line.
func code(n int, changed ...int) string {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, "int function_%d(int x)\n{\n\tint y = x * %d;\n", i, i*7)
		for _, c := range changed {
			if c == i {
				fmt.Fprintf(&b, "\ty += adjust_%d(x);\n", i)
			}
		}
		fmt.Fprintf(&b, "\tif (y > %d)\n\t\treturn x;\n\treturn y;\n}\n\n", 100+i)
	}
	return b.String()
}

// TestUpdate wants an index that grew to say the same as one built at once,
// and the history that a force push takes away to be gone.
func TestUpdate(t *testing.T) {
	repo := gittest.New(t)
	file := filepath.Join(t.TempDir(), "x.index")
	repo.Commit(map[string]string{"a.c": code(9)}, "start")
	openIndex(t, repo, file)

	lost := repo.Commit(map[string]string{"a.c": code(9, 3)}, "adjust 3")
	lostPatch := repo.Patch(lost)
	kept := repo.Commit(map[string]string{"a.c": code(9, 3, 5), "old.c": "int old;\n"}, "adjust 5")
	x := openIndex(t, repo, file)
	sameAnswers(t, repo, x, lost, kept)
	same := openIndex(t, repo, file) // from the file alone
	sameAnswers(t, repo, same, lost, kept)
	want, got := x.Stats(), same.Stats()
	if want.Added != 2 || got.Added != 0 {
		t.Errorf("%d and %d commits were read, want 2 and none", want.Added, got.Added)
	}
	want.Added = 0
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("stats of the loaded index (-want +got):\n%s", diff)
	}

	repo.Git("reset", "--hard", "--quiet", "HEAD~2")
	moved := repo.Commit(map[string]string{"a.c": code(9, 5)}, "adjust 5 alone")
	repo.Git("reflog", "expire", "--expire=now", "--all")
	repo.Git("gc", "--prune=now", "--quiet")
	x = openIndex(t, repo, file)
	sameAnswers(t, repo, x, moved)
	if res := matchIn(t, view(t, x), parsed(t, lostPatch), Options{}); res.Verdict != None {
		t.Errorf("a commit that is gone was found: %+v", res)
	}
	if got, want := x.Stats().Commits, 2; got != want {
		t.Errorf("%d commits, want %d", got, want)
	}
}

// sameAnswers wants each commit's own patch to be found, as by a fresh index.
func sameAnswers(t *testing.T, repo *gittest.Repo, x *Index, commits ...string) {
	t.Helper()
	fresh := openIndex(t, repo, "")
	for _, c := range commits {
		p := parsed(t, repo.Patch(c))
		got, want := matchIn(t, view(t, x), p, Options{}), matchIn(t, view(t, fresh), p, Options{})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-fresh +updated):\n%s", c, diff)
		}
		if got.Verdict != Merged || got.Commit != c {
			t.Errorf("own patch of %s: %s %s, want merged", c, got.Verdict, got.Commit)
		}
	}
}

// TestSegments grows an index by many updates: they stay few, and say what an
// index says that was built at once.
func TestSegments(t *testing.T) {
	p := history(t, 3, 40)
	repo, commits, patches := p.repo, p.commits, p.patches
	dir := filepath.Join(t.TempDir(), "x.index")
	for _, c := range commits {
		repo.Git("update-ref", "refs/heads/main", c)
		openIndex(t, repo, dir)
	}
	x, fresh := openIndex(t, repo, dir), openIndex(t, repo, "")
	if n := x.Stats().Segments; n > 6 {
		t.Errorf("%d segments after 40 updates", n)
	}
	if got := len(filesOf(t, dir)); got != x.Stats().Segments+2 {
		t.Errorf("%d files for %d segments", got, x.Stats().Segments)
	}
	v, w := view(t, x), view(t, fresh)
	for i, p := range patches {
		got, want := matchIn(t, v, parsed(t, p), Options{}), matchIn(t, w, parsed(t, p), Options{})
		if diff := cmp.Diff(want, got); diff != "" || got.Commit != commits[i] {
			t.Errorf("%s (-fresh +updated):\n%s", commits[i], diff)
		}
	}
	sameLookups(t, v, w)
	s, fs := x.Stats(), fresh.Stats()
	if s.Commits != fs.Commits || s.Lines != fs.Lines {
		t.Errorf("%+v, fresh %+v", s, fs)
	}
}

// sameLookups wants two views of one history to find the same by everything
// that is in it.
func sameLookups(t *testing.T, v, w *View) {
	t.Helper()
	names := func(v *View, rows iter.Seq[uint32]) (list []string) {
		for n := range rows {
			list = append(list, v.name(n))
		}
		slices.Sort(list)
		return list
	}
	same := func(what string, got, want iter.Seq[uint32]) {
		if diff := cmp.Diff(names(w, want), names(v, got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	seen := 0
	for _, s := range w.now.segments {
		for n := range uint32(len(s.rows)) {
			r := s.row(n)
			seen++
			same("subject", v.withSubject(r.subject), w.withSubject(r.subject))
			same("patch-id", v.withPatchID(r.patchID), w.withPatchID(r.patchID))
			same("time", v.writtenAt(r.authorTime), w.writtenAt(r.authorTime))
			same("hash", v.withHash(r.hash), w.withHash(r.hash))
			sh, err := s.shape(n)
			if err != nil {
				t.Fatal(err)
			}
			for i := range sh.files {
				if f := sh.files[i]; v.lost(f.path, r.commitTime) != w.lost(f.path, r.commitTime) {
					t.Errorf("lost %s: %v", f.path, v.lost(f.path, r.commitTime))
				}
				sh.files[i].changed(func(_ byte, key uint64) {
					if got, want := v.frequency(key), w.frequency(key); got != want || want == 0 {
						t.Fatalf("frequency of %x: %d, want %d", key, got, want)
					}
				})
				for _, h := range sh.files[i].hunks {
					for _, key := range h.keys {
						same("changing", v.changing(key), w.changing(key))
					}
				}
			}
		}
	}
	if seen == 0 {
		t.Error("nothing to compare")
	}
}

// TestWithin wants views to be strict, also for revisions that no branch has.
func TestWithin(t *testing.T) {
	repo := gittest.New(t)
	first := repo.Commit(map[string]string{"a.c": code(9)}, "start")
	repo.Branch("side")
	side := repo.Commit(map[string]string{"a.c": code(9, 3)}, "adjust 3")
	repo.Checkout("main")
	main := repo.Commit(map[string]string{"a.c": code(9, 5)}, "adjust 5")
	merge := repo.Merge("side", "merge side")
	x := openIndex(t, repo, "")
	repo.Git("checkout", "--quiet", "--detach")
	loose := repo.Commit(map[string]string{"a.c": code(9, 3, 5, 7)}, "adjust 7")
	repo.Checkout("main")
	for _, tt := range []struct {
		rev  string
		has  []string
		lack []string
	}{
		{"", []string{first, side, main, merge}, []string{loose}},
		{"main", []string{first, side, main, merge}, []string{loose}},
		{main, []string{first, main}, []string{side, merge, loose}},
		{"side", []string{first, side}, []string{main, merge, loose}},
		{loose, []string{first, side, main, merge, loose}, nil},
	} {
		v := view(t, x, tt.rev)
		for _, c := range tt.has {
			if _, ok := v.Commit(c); !ok {
				t.Errorf("view of %q lacks %s", tt.rev, c)
			}
		}
		for _, c := range tt.lack {
			if res := matchIn(t, v, parsed(t, append(repo.Patch(c), '\n')), Options{}); c != merge && res.Verdict != None {
				t.Errorf("view of %q found %s: %+v", tt.rev, c, res)
			}
		}
		if v.Size() != len(tt.has) {
			t.Errorf("view of %q has %d commits, want %d", tt.rev, v.Size(), len(tt.has))
		}
	}
	if _, err := x.Within(context.Background(), "nowhere"); !errors.Is(err, git.ErrNotFound) {
		t.Errorf("unknown revision: %v, want ErrNotFound", err)
	}
}

// TestParallel lets matches, views and additions run side by side.
func TestParallel(t *testing.T) {
	repo := gittest.New(t)
	repo.Commit(map[string]string{"a.c": code(20)}, "start")
	x := openIndex(t, repo, "")
	var commits []string
	for i := range 8 {
		commits = append(commits, repo.Commit(map[string]string{"a.c": code(20, i*2)}, fmt.Sprintf("adjust %d", i)))
	}
	var wg sync.WaitGroup
	for _, c := range commits {
		p := parsed(t, repo.Patch(c))
		wg.Go(func() {
			v, err := x.Within(context.Background(), c)
			if err != nil {
				t.Error(err)
				return
			}
			if res := matchIn(t, v, p, Options{}); res.Commit != c {
				t.Errorf("own patch of %s: %s %s", c, res.Verdict, res.Commit)
			}
		})
	}
	wg.Wait()
}

func TestEmptyRepository(t *testing.T) {
	x := openIndex(t, gittest.New(t), filepath.Join(t.TempDir(), "x.index"))
	p := parsed(t, []byte("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"))
	if res := matchIn(t, view(t, x), p, Options{}); res.Verdict != None || res.Commit != "" {
		t.Errorf("match in nothing: %+v", res)
	}
}

func TestCancel(t *testing.T) {
	repo := gittest.New(t)
	repo.Commit(map[string]string{"a.c": code(9)}, "start")
	r, err := git.Open(context.Background(), repo.Path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Open(ctx, r, "", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("Open: %v, want context.Canceled", err)
	}
}
