package git_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/git/gittest"
)

// TestRevList wants parents before children, and only what is asked for.
func TestRevList(t *testing.T) {
	src := gittest.New(t)
	one := src.Commit(map[string]string{"a": "1\n"}, "one")
	src.Branch("side")
	side := src.Commit(map[string]string{"b": "1\n"}, "side")
	src.Checkout("main")
	two := src.Commit(map[string]string{"a": "2\n"}, "two")
	merge := src.Merge("side", "merge")
	gone := strings.Repeat("12", 20)
	for _, tt := range []struct{ revs, not, want []string }{
		{[]string{"main"}, nil, []string{one, side, two, merge}},
		{[]string{"main"}, []string{"side"}, []string{two, merge}},
		{[]string{"main"}, []string{side, gone}, []string{two, merge}},
		{nil, nil, nil},
	} {
		got, err := open(t, src).RevList(t.Context(), tt.revs, tt.not)
		if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
			t.Errorf("RevList(%v, %v): %v (-want +got):\n%s", tt.revs, tt.not, err, diff)
		}
	}
}

// readAll reads commits, with copies of their diffs.
func readAll(t *testing.T, r *git.CommitReader, hashes ...string) (list []*git.Commit) {
	t.Helper()
	err := r.Read(t.Context(), hashes, func(c *git.Commit) error {
		c.Diff = []byte(string(c.Diff))
		list = append(list, c)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestCommitReader wants the same commits as of Log, call after call.
func TestCommitReader(t *testing.T) {
	src := gittest.New(t)
	src.Commit(map[string]string{"a": "1\n", "bin": "\x00\x01upstreamd-"}, "one\n\nbody\n")
	src.Commit(nil, "empty")
	src.Commit(map[string]string{"a": "1\n" + strings.Repeat("\x01upstreamd-x\n", 20_000), "bin": gittest.Gone}, "")
	src.Commit(map[string]string{"a": gittest.Gone}, "latin \xfc\n\n\n\nbody\n\n")
	want := logOf(t, src, git.LogQuery{Diff: true, Reverse: true})
	r := open(t, src).CommitReader(1 << 20)
	defer r.Close()
	for range 2 {
		for n := 0; n < len(want); n++ {
			var hashes []string
			for _, c := range want[n:] {
				hashes = append(hashes, c.Hash)
			}
			got := readAll(t, r, hashes...)
			for i := range got {
				if diff := cmp.Diff(string(want[n+i].Diff), string(got[i].Diff)); diff != "" {
					t.Errorf("diff of %d (-log +reader):\n%.1000s", n+i, diff)
				}
				got[i].Diff = want[n+i].Diff
			}
			if diff := cmp.Diff(want[n:], got); diff != "" {
				t.Errorf("(-log +reader):\n%s", diff)
			}
		}
	}
	stop := errors.New("enough")
	if err := r.Read(t.Context(), []string{want[0].Hash, want[1].Hash}, func(*git.Commit) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("stopped by its caller: %v", err)
	}
}

// TestCommitReaderCuts wants the limit to be kept, and the next commit to be whole.
func TestCommitReaderCuts(t *testing.T) {
	src := gittest.New(t)
	big := src.Commit(map[string]string{"big": strings.Repeat("0123456789\n", 500_000)}, "big")
	small := src.Commit(map[string]string{"a": "1\n"}, "small")
	r := open(t, src).CommitReader(10_000)
	defer r.Close()
	got := readAll(t, r, big, small)
	if !got[0].DiffTruncated || len(got[0].Diff) > 10_000 || len(got[0].Diff) < 9_000 || got[1].DiffTruncated || !strings.HasSuffix(string(got[1].Diff), "+1\n") {
		t.Errorf("cut %v at %d, %v at %d", got[0].DiffTruncated, len(got[0].Diff), got[1].DiffTruncated, len(got[1].Diff))
	}
}

// TestCommitReaderLost takes objects away: the commits that need them come
// with the reason, also where all are damaged or git does not know the name.
func TestCommitReaderLost(t *testing.T) {
	src := gittest.New(t)
	var hashes []string
	for i := range 60 {
		hashes = append(hashes, src.Commit(map[string]string{fmt.Sprintf("f%d", i): fmt.Sprintf("%d\n", i)}, fmt.Sprintf("commit %d", i)))
	}
	remove := func(object string) {
		h := strings.TrimSpace(src.Git("rev-parse", object))
		if err := os.Remove(filepath.Join(src.Path, ".git", "objects", h[:2], h[2:])); err != nil {
			t.Fatal(err)
		}
	}
	for i := 10; i < 50; i++ {
		remove(fmt.Sprintf("%s:f%d", hashes[i], i))
	}
	remove(hashes[55] + "^{tree}")
	unknown := strings.Repeat("ab", 20)
	r := open(t, src).CommitReader(1 << 20)
	defer r.Close()
	got := readAll(t, r, append([]string{unknown}, hashes...)...)
	if len(got) != 61 || got[0].Hash != unknown || got[0].Lost == "" {
		t.Fatalf("%d commits, the first %+v", len(got), got[0])
	}
	for i, c := range got[1:] {
		// Behind maxLost damaged ones in a row, the rest of the call is not tried.
		lost := i >= 10
		if c.Hash != hashes[i] || c.Subject != fmt.Sprintf("commit %d", i) || (c.Lost != "") != lost || (len(c.Diff) > 0) == lost {
			t.Errorf("commit %d: %+v", i, c)
		}
	}
	for i, c := range readAll(t, r, hashes[50:]...) {
		lost := i+50 == 55 || i+50 == 56 // the tree is missing on both sides
		if (c.Lost != "") != lost || (len(c.Diff) > 0) == lost {
			t.Errorf("commit %d: %+v", i+50, c)
		}
	}
}
