package git_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/git/gittest"
)

var ann = git.Signer{Author: git.Person{Name: "Ann", Email: "ann@example.org"}, Committer: git.Person{Name: "Bob", Email: "bob@example.org"}}

// TestDraft makes two commits: the repository has them only once they are
// published, its work tree and index never change, and git am makes the same
// tree of the patches.
func TestDraft(t *testing.T) {
	r := gittest.New(t)
	base := r.Commit(map[string]string{"a/b.txt": "one\n", "gone.txt": "x\n", "odd\nname": "y\n"}, "base")
	os.WriteFile(filepath.Join(r.Path, "a/b.txt"), []byte("work in progress\n"), 0o644)
	repo, err := git.Open(t.Context(), r.Path)
	if err != nil {
		t.Fatal(err)
	}
	d, err := repo.Draft(t.Context(), "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	check(t, d.Write(t.Context(), "a/b.txt", "100644", []byte("two\n")))
	first, err := d.Commit(t.Context(), "first: change\n\nwhy\n", ann)
	check(t, err)
	check(t, d.Write(t.Context(), "a/b.txt", "100644", []byte("forgotten\n")))
	check(t, d.Reset(t.Context(), ""))
	check(t, d.Remove(t.Context(), "gone.txt"))
	check(t, d.Write(t.Context(), "odd\nname", "100644", []byte("z\n")))
	second, err := d.Commit(t.Context(), "second: change\n", ann)
	check(t, err)

	if b, err := batchBlob(t, d.Repo(), second+":a/b.txt"); err != nil || b != "two\n" {
		t.Errorf("the draft's file = %q, %v", b, err)
	}
	if _, err := repo.Resolve(t.Context(), first); !errors.Is(err, git.ErrNotFound) {
		t.Errorf("the repository has a commit that was not published: %v", err)
	}
	for key, value := range map[string]string{ // what people set, and what would break the patches or ask who we are
		"diff.noprefix": "true", "diff.context": "0", "diff.mnemonicPrefix": "true", "color.ui": "always", "format.signOff": "true",
		"format.thread": "true", "format.from": "true", "format.attach": "true", "format.coverLetter": "true", "format.useAutoBase": "true",
		"commit.gpgSign": "true", "core.autocrlf": "true", "diff.external": "false",
	} {
		r.Git("config", key, value)
	}
	patches, err := d.Patches(t.Context())
	if err != nil || len(patches) != 2 || patches[0].Name != "0001-first-change.patch" {
		t.Fatalf("patches = %v, %v", patches, err)
	}
	status := r.Git("status", "--porcelain", "-z")
	check(t, d.Publish(t.Context(), "fix/one"))
	if err := d.Publish(t.Context(), "fix/one"); !errors.Is(err, git.ErrExists) {
		t.Errorf("a branch that is there: %v", err)
	}
	for _, bad := range []string{"-f", "a..b", "x y", "a.lock", "", "../../x", "HEAD"} {
		if err := d.Publish(t.Context(), bad); !errors.Is(err, git.ErrUnsafe) {
			t.Errorf("branch %q: %v", bad, err)
		}
	}
	if now := r.Git("status", "--porcelain", "-z"); now != status || r.Hash("HEAD") != base {
		t.Errorf("status was %q and is %q", status, now)
	}
	r.Git("fsck", "--strict")
	if log := r.Git("log", "--format=%an %ae %cn %s", "fix/one"); !strings.HasPrefix(log, "Ann ann@example.org Bob second: change\n") {
		t.Errorf("log = %s", log)
	}
	am(t, r, patches, "fix/one")
}

// am applies patches to a clone and compares the trees.
func am(t *testing.T, r *gittest.Repo, patches []git.PatchFile, want string) {
	t.Helper()
	clone := filepath.Join(t.TempDir(), "clone")
	r.Git("clone", "--quiet", "--branch", "main", r.Path, clone)
	args := []string{"-C", clone, "-c", "user.name=x", "-c", "user.email=x@example.org", "am", "--quiet"}
	for _, p := range patches {
		file := filepath.Join(t.TempDir(), p.Name)
		check(t, os.WriteFile(file, p.Data, 0o600))
		args = append(args, file)
	}
	if out, err := exec.Command("git", args...).CombinedOutput(); err != nil {
		t.Fatalf("git am: %v\n%s", err, out)
	}
	if out, err := exec.Command("git", "-C", clone, "diff", "--exit-code", "HEAD", "origin/"+want).CombinedOutput(); err != nil {
		t.Errorf("what git am made differs: %v\n%s", err, out)
	}
}

func batchBlob(t *testing.T, r *git.Repo, spec string) (string, error) {
	t.Helper()
	batch, err := r.Batch(t.Context())
	check(t, err)
	defer batch.Close()
	b, err := batch.Blob(spec)
	return string(b), err
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestWorkTree changes files all or none, and only those that are committed.
func TestWorkTree(t *testing.T) {
	outside := t.TempDir()
	check(t, os.WriteFile(filepath.Join(outside, "f"), []byte("safe\n"), 0o644))
	for _, tt := range []struct {
		name  string
		spoil func(r *gittest.Repo) // what the user did before
		files map[string][]byte
		err   error
	}{
		{"clean", func(*gittest.Repo) {}, map[string][]byte{"a/x": []byte("new\n"), "y": nil}, nil},
		{"edited", func(r *gittest.Repo) { write(t, r, "y", "mine\n") }, map[string][]byte{"a/x": []byte("new\n"), "y": nil}, git.ErrChanged},
		{"staged", func(r *gittest.Repo) {
			write(t, r, "y", "mine\n")
			r.Git("add", "y")
			write(t, r, "y", "old\n")
		}, map[string][]byte{"a/x": []byte("new\n"), "y": nil}, git.ErrChanged},
		{"gone", func(r *gittest.Repo) { os.Remove(filepath.Join(r.Path, "y")) }, map[string][]byte{"y": []byte("new\n")}, git.ErrChanged},
		{"file became a link", func(r *gittest.Repo) {
			os.Remove(filepath.Join(r.Path, "y"))
			check(t, os.Symlink(filepath.Join(outside, "f"), filepath.Join(r.Path, "y")))
		}, map[string][]byte{"y": []byte("new\n")}, git.ErrUnsafe},
		{"directory became a link", func(r *gittest.Repo) {
			os.RemoveAll(filepath.Join(r.Path, "a"))
			check(t, os.Symlink("b", filepath.Join(r.Path, "a")))
		}, map[string][]byte{"a/x": []byte("new\n")}, git.ErrUnsafe},
		{"other line ends", func(r *gittest.Repo) { write(t, r, "y", "old\r\n") }, map[string][]byte{"y": []byte("new\n")}, git.ErrChanged},
		{"out of the tree", func(*gittest.Repo) {}, map[string][]byte{"../f": []byte("new\n")}, git.ErrUnsafe},
		{"git's own", func(*gittest.Repo) {}, map[string][]byte{".GIT/config": []byte("new\n")}, git.ErrUnsafe},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := gittest.New(t)
			r.Commit(map[string]string{"a/x": "old\n", "b/x": "old\n", "y": "old\n"}, "one")
			c, err := git.CheckoutAt(t.Context(), r.Path)
			check(t, err)
			tt.spoil(r)
			before := r.Git("status", "--porcelain", "-z")
			w, err := c.WorkTree(t.Context())
			check(t, err)
			defer w.Close()
			err = w.Put(t.Context(), tt.files)
			if !errors.Is(err, tt.err) {
				t.Fatalf("Put = %v, want %v", err, tt.err)
			}
			if strings.Contains(tt.name, "line ends") && !strings.Contains(err.Error(), "lines end in CRLF") {
				t.Errorf("Put = %v, which does not tell of line ends", err)
			}
			after := r.Git("status", "--porcelain", "-z")
			if tt.err != nil && after != before {
				t.Errorf("something was changed: %q", after)
			}
			if tt.err == nil && after != " M a/x\x00 D y\x00" {
				t.Errorf("status = %q", after)
			}
			if b, _ := os.ReadFile(filepath.Join(outside, "f")); string(b) != "safe\n" {
				t.Error("a file outside was changed")
			}
		})
	}
}

func write(t *testing.T, r *gittest.Repo, name, text string) {
	t.Helper()
	check(t, os.WriteFile(filepath.Join(r.Path, name), []byte(text), 0o644))
}

// TestUserSigner looks where git does.
func TestUserSigner(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, "xdg"))
	t.Setenv("GIT_CONFIG_GLOBAL", "") // set back at the end
	os.Unsetenv("GIT_CONFIG_GLOBAL")
	for _, name := range []string{"GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"} {
		t.Setenv(name, "")
	}
	r := gittest.New(t)
	repo, err := git.Open(t.Context(), r.Path)
	check(t, err)
	if _, err := repo.UserSigner(t.Context()); !errors.Is(err, git.ErrNoIdentity) {
		t.Errorf("without any: %v", err)
	}
	check(t, os.MkdirAll(filepath.Join(home, "xdg/git"), 0o755))
	check(t, os.WriteFile(filepath.Join(home, "xdg/git/config"), []byte("[user]\nname = Ann\nemail = home@example.org\n"), 0o600))
	r.Git("config", "user.email", "repo@example.org")
	t.Setenv("GIT_COMMITTER_NAME", "Bob")
	by, err := repo.UserSigner(t.Context())
	if want := (git.Signer{Author: git.Person{Name: "Ann", Email: "repo@example.org"}, Committer: git.Person{Name: "Bob", Email: "repo@example.org"}}); err != nil || by != want {
		t.Errorf("signer = %+v, %v, want %+v", by, err, want)
	}
}
