package demo_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/demo"
	"github.com/upstreamd/upstreamd/internal/git"
)

var moment = time.Date(2026, 5, 20, 9, 30, 0, 0, time.UTC)

// shared is the world of all tests that only look at it.
var shared *demo.World

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "upstreamd-demo-test-")
	if err == nil {
		shared, err = demo.Build(context.Background(), dir, moment)
	}
	if err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

func open(t *testing.T, name string) *git.Repo {
	t.Helper()
	r, err := git.Open(t.Context(), shared.Repos[name])
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The same moment makes the same commits and mails.
func TestBuildAgain(t *testing.T) {
	again, err := demo.Build(t.Context(), t.TempDir(), moment)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(shared.Commits, again.Commits); diff != "" {
		t.Errorf("commits (-first +second):\n%s", diff)
	}
	if diff := cmp.Diff(shared.Mailboxes, again.Mailboxes); diff != "" {
		t.Errorf("mails (-first +second):\n%s", diff)
	}
}

// Nothing lies in the future, and what people have on their own disks is not
// published.
func TestRefs(t *testing.T) {
	want := map[string][]string{
		"extfs-tools":           {"refs/heads/main", "refs/heads/next"},
		"libbuoy":               {"refs/heads/main"},
		"meta-harbor":           {"refs/heads/harbor-4", "refs/heads/main"},
		"meta-openwater":        {"refs/heads/main", "refs/heads/springtide"},
		"meta-openwater-extras": {"refs/heads/main"},
	}
	got := map[string][]string{}
	tags, commits := 0, 0
	for name := range shared.Repos {
		r := open(t, name)
		tips, err := r.Tips(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, tip := range tips {
			if strings.HasPrefix(tip.Ref, "refs/tags/") {
				tags++
				continue
			}
			got[name] = append(got[name], tip.Ref)
		}
		err = r.Log(t.Context(), git.LogQuery{Merges: true}, func(c *git.Commit) error {
			commits++
			if c.CommitTime.After(moment) || c.AuthorTime.After(c.CommitTime) {
				t.Errorf("%s: %s: written %s, committed %s", name, c.Subject, c.AuthorTime, c.CommitTime)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("branches (-want +got):\n%s", diff)
	}
	if tags != 13 || commits < 190 {
		t.Errorf("%d tags and %d commits, want 13 and about 200", tags, commits)
	}
}

// What upstream has and what not, and since when.
func TestUpstream(t *testing.T) {
	for _, tt := range []struct {
		commit, ref string
		want        bool
	}{
		{"hash-names-merged", "v1.47.1", false},
		{"hash-names-merged", "v1.47.2", true},
		{"labels-1-merged", "v1.47.3", false},
		{"labels-1-merged", "v1.48.0", true},
		{"labels-2-merged", "v1.48.0", true},
		{"label-length", "v1.47.3", true},
		{"revert-label-length", "v1.47.3", true},
		{"dump-hex", "refs/heads/main", false},
		{"dump-hex", "refs/heads/next", true},
	} {
		got, err := open(t, "extfs-tools").IsAncestor(t.Context(), shared.Commits["extfs-tools/"+tt.commit], tt.ref)
		if err != nil || got != tt.want {
			t.Errorf("%s in %s: %v, %v, want %v", tt.commit, tt.ref, got, err, tt.want)
		}
	}
	// The third patch of the labels, and the hard links, are nowhere.
	for _, title := range []string{"mkextfs: add an option for file contexts", "populate: find hard links"} {
		err := open(t, "extfs-tools").Log(t.Context(), git.LogQuery{}, func(c *git.Commit) error {
			if strings.HasPrefix(c.Subject, title) {
				t.Errorf("%s is upstream", title)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// A directory that has something in it is not built into.
func TestBuildRefuses(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mine"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := demo.Build(t.Context(), dir, moment); err == nil {
		t.Error("a world was built beside somebody's file")
	}
}
