package publicinbox_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/git/gittest"
	"github.com/upstreamd/upstreamd/internal/mailing"
	"github.com/upstreamd/upstreamd/internal/mailing/publicinbox"
)

func mail(id, text string) string {
	return "From: Ann <ann@example.com>\nMessage-ID: <" + id + "@example.com>\nSubject: s\n\n" + text + "\n"
}

// read is what an archive hands out after since: "+1" for a mail, "-1" for one
// that was taken back. since is moved on.
func read(t *testing.T, path string, since map[string]string) string {
	t.Helper()
	in, err := publicinbox.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	err = in.Read(t.Context(), since, func(m publicinbox.Mail) error {
		id, _, _ := strings.Cut(mailing.Parse(m.Raw).MessageID, "@")
		if m.Removed {
			got = append(got, "-"+id)
		} else {
			got = append(got, "+"+id)
		}
		since[m.Epoch] = m.Commit
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(got, " ")
}

// TestLayouts reads both layouts as they grow.
func TestLayouts(t *testing.T) {
	const at1, at2 = "a1/0000000000000000000000000000000000000a", "b2/0000000000000000000000000000000000000b"
	for _, tt := range []struct {
		name  string
		steps []map[string]string // the files of each commit
		want  []string            // what each reading gives
	}{
		{"v1", []map[string]string{
			{at1: mail("1", "a")}, {at2: mail("2", "a")}, {at1: gittest.Gone}, {at2: mail("2", "edited")}, {"README": "no mail"},
		}, []string{"+1", "+2", "-1", "-2 +2", ""}},
		{"v2", []map[string]string{
			{"m": mail("1", "a")}, {"m": mail("2", "a")}, {"m": gittest.Gone, "d": mail("1", "a")},
			{"m": mail("3", "a"), "d": gittest.Gone}, {"m": mail("3", "other bytes")}, {"other": "x"},
		}, []string{"+1", "+2", "-1", "+3", "+3", ""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			repo := gittest.New(t)
			since := map[string]string{}
			for i, files := range tt.steps {
				repo.Commit(files, "step")
				if got := read(t, repo.Path, since); got != tt.want[i] {
					t.Errorf("reading %d = %q, want %q", i+1, got, tt.want[i])
				}
			}
			all := strings.Join(strings.Fields(strings.Join(tt.want, " ")), " ")
			if got := read(t, repo.Path, map[string]string{}); got != all {
				t.Errorf("all at once = %q, want %q", got, all)
			}
		})
	}
}

// TestStop: one who stops at any mail and goes on from there misses none, also
// where a commit has two.
func TestStop(t *testing.T) {
	const at = "a1/0000000000000000000000000000000000000a"
	repo := gittest.New(t)
	for _, text := range []string{"a", "b", "c"} {
		repo.Commit(map[string]string{at: mail(text, text)}, text)
	}
	in, err := publicinbox.Open(t.Context(), repo.Path)
	if err != nil {
		t.Fatal(err)
	}
	stop := errors.New("stop")
	want := []string{"+a", "-a", "+b", "-b", "+c"}
	for after := 1; after < len(want); after++ {
		var got []string
		since, limit := map[string]string{}, after
		keep := func(m publicinbox.Mail) error {
			if len(got) == limit {
				return stop
			}
			sign := map[bool]string{false: "+", true: "-"}[m.Removed]
			got, since[m.Epoch] = append(got, sign+strings.TrimSpace(string(m.Raw[len(m.Raw)-2:]))), m.Commit
			return nil
		}
		if err := in.Read(t.Context(), since, keep); err != stop {
			t.Errorf("after %d: %v", after, err)
		}
		again := (after - 1) % 2 // the second mail of a commit comes with the first
		if diff := cmp.Diff(want[:after], got); diff != "" {
			t.Errorf("the first %d (-want +got):\n%s", after, diff)
		}
		got, limit = nil, len(want)+1
		if err := in.Read(t.Context(), since, keep); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(want[after-again:], got); diff != "" {
			t.Errorf("after %d (-want +got):\n%s", after, diff)
		}
	}
}

// TestEpochs: a v2 inbox has several repositories, read in the order of their
// numbers; new ones are found, and a rewritten one is read anew.
func TestEpochs(t *testing.T) {
	repo, dir := gittest.New(t), t.TempDir()
	clone := func(name string) {
		t.Helper()
		if err := os.RemoveAll(filepath.Join(dir, "git", name)); err != nil {
			t.Fatal(err)
		}
		repo.Git("clone", "-q", "--bare", repo.Path, filepath.Join(dir, "git", name))
	}
	one := repo.Commit(map[string]string{"m": mail("1", "a")}, "one")
	repo.Commit(map[string]string{"m": mail("2", "a")}, "two")
	clone("2.git")
	repo.Commit(map[string]string{"m": mail("3", "a")}, "three")
	clone("10.git")
	since := map[string]string{}
	if got := read(t, dir, since); got != "+1 +2 +1 +2 +3" {
		t.Errorf("two epochs = %q", got)
	}
	clone("11.git")
	if got := read(t, dir, since); got != "+1 +2 +3" {
		t.Errorf("a new epoch = %q", got)
	}
	repo.Git("reset", "-q", "--hard", one)
	repo.Commit(map[string]string{"m": mail("4", "a")}, "instead of two")
	clone("11.git")
	if got := read(t, dir, since); got != "+1 +4" {
		t.Errorf("a rewritten epoch = %q", got)
	}
	repo.Git("init", "-q", "--bare", filepath.Join(dir, "git", "12.git"))
	if got := read(t, dir, since); got != "" {
		t.Errorf("an empty epoch = %q", got)
	}
	if got := read(t, filepath.Join(dir, "git", "11.git"), map[string]string{}); got != "+1 +4" {
		t.Errorf("one epoch alone = %q", got)
	}
}

func TestNoInbox(t *testing.T) {
	repo := gittest.New(t)
	repo.Commit(map[string]string{"main.c": "int main;\n"}, "code")
	in, err := publicinbox.Open(t.Context(), repo.Path)
	if err != nil {
		t.Fatal(err)
	}
	if err := in.Read(t.Context(), nil, nil); !errors.Is(err, publicinbox.ErrNoInbox) {
		t.Errorf("a repository of code: %v", err)
	}
	if _, err := publicinbox.Open(t.Context(), t.TempDir()); !errors.Is(err, git.ErrNotFound) {
		t.Errorf("an empty directory: %v", err)
	}
}

// TestRealInbox reads what public-inbox itself writes, with a mail that it was
// told to take back.
func TestRealInbox(t *testing.T) {
	if _, err := exec.LookPath("public-inbox-mda"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("public-inbox is not installed: scripts/install-test-tools")
	}
	for _, version := range []string{"-V1", "-V2"} {
		t.Run(version, func(t *testing.T) {
			home := t.TempDir()
			inbox := filepath.Join(home, "inbox")
			run := func(stdin, name string, args ...string) {
				t.Helper()
				cmd := exec.Command(name, args...)
				cmd.Stdin = strings.NewReader(stdin)
				cmd.Env = append(os.Environ(), "HOME="+home, "PI_DIR="+home+"/.public-inbox", "ORIGINAL_RECIPIENT=l@example.com",
					"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=A", "GIT_COMMITTER_EMAIL=a@example.com")
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("%s: %v\n%s", name, err, out)
				}
			}
			run("", "public-inbox-init", version, "l", inbox, "http://localhost/l", "l@example.com")
			run("", "git", "config", "-f", home+"/.public-inbox/config", "publicinboxmda.spamcheck", "none")
			for _, id := range []string{"1", "2", "3"} {
				run("To: l@example.com\nDate: Fri, 2 Jan 2026 03:04:05 +0000\n"+mail(id, "text "+id), "public-inbox-mda", "--no-precheck")
			}
			run("To: l@example.com\nDate: Fri, 2 Jan 2026 03:04:05 +0000\n"+mail("2", "text 2"), "public-inbox-learn", "rm")
			since := map[string]string{}
			if diff := cmp.Diff("+1 +2 +3 -2", read(t, inbox, since)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if got := read(t, inbox, since); got != "" {
				t.Errorf("read again: %q", got)
			}
		})
	}
}
