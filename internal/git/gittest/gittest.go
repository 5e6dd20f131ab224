// Package gittest makes small git repositories for tests. The same calls make
// the same hashes on every machine.
package gittest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A Repo is a repository with a work tree in a temporary directory.
type Repo struct {
	Path string // of the work tree
	t    testing.TB
	now  time.Time // date of the next commit, a minute after the last
}

// Gone as the content of a file removes it in [Repo.Commit].
const Gone = "\x00gone"

// New returns an empty repository with the branch main. It is removed when the
// test ends.
func New(t testing.TB) *Repo {
	t.Helper()
	r := &Repo{Path: t.TempDir(), t: t, now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	r.Git("init", "--quiet", "--initial-branch=main", "--template=")
	return r
}

// Commit writes files (content by path), commits them with the message msg and
// returns the commit's hash. Without files the commit is empty.
func (r *Repo) Commit(files map[string]string, msg string) string {
	r.t.Helper()
	for name, content := range files {
		path := filepath.Join(r.Path, name)
		if content == Gone {
			r.check(os.Remove(path))
			continue
		}
		r.check(os.MkdirAll(filepath.Dir(path), 0o755))
		r.check(os.WriteFile(path, []byte(content), 0o644))
	}
	r.Git("add", "--all", "--force")
	return r.CommitIndex(msg)
}

// CommitIndex commits what was staged with [Repo.Git].
func (r *Repo) CommitIndex(msg string) string {
	r.t.Helper()
	r.input(msg, "commit", "--quiet", "--allow-empty", "--allow-empty-message", "--cleanup=verbatim", "--file=-")
	r.now = r.now.Add(time.Minute)
	return r.Hash("HEAD")
}

// Wait lets time go by until the next commit.
func (r *Repo) Wait(d time.Duration) { r.now = r.now.Add(d) }

// Branch makes the branch name at HEAD, or moves it there, and switches to it.
func (r *Repo) Branch(name string) { r.t.Helper(); r.Git("checkout", "--quiet", "-B", name) }

// Checkout switches to a branch or revision.
func (r *Repo) Checkout(rev string) { r.t.Helper(); r.Git("checkout", "--quiet", "--force", rev) }

// Tag makes an annotated tag at HEAD.
func (r *Repo) Tag(name string) { r.t.Helper(); r.Git("tag", "--annotate", "--message="+name, name) }

// Merge merges a branch into the current one, with a merge commit, and returns
// that commit's hash.
func (r *Repo) Merge(branch, msg string) string {
	r.t.Helper()
	r.Git("merge", "--quiet", "--no-ff", "--message="+msg, branch)
	r.now = r.now.Add(time.Minute)
	return r.Hash("HEAD")
}

// Hash is the commit that rev names.
func (r *Repo) Hash(rev string) string {
	r.t.Helper()
	return strings.TrimSpace(r.Git("rev-parse", "--verify", rev+"^{commit}"))
}

// Patch is the commit rev as a mail, as git format-patch writes it.
func (r *Repo) Patch(rev string) []byte {
	r.t.Helper()
	return []byte(r.Git("format-patch", "--stdout", "-1", rev))
}

// PatchID is what git patch-id --stable says of a diff; "" without any.
func (r *Repo) PatchID(diff []byte) string {
	r.t.Helper()
	id, _, _ := strings.Cut(r.input(string(diff), "patch-id", "--stable"), " ")
	return id
}

// Bundle writes all branches, tags and HEAD to the file path.
func (r *Repo) Bundle(path string) {
	r.t.Helper()
	r.Git("bundle", "create", "--quiet", path, "HEAD", "--branches", "--tags")
}

// Git runs any git command in the work tree and returns what it prints.
func (r *Repo) Git(args ...string) string { r.t.Helper(); return r.input("", args...) }

func (r *Repo) input(stdin string, args ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = r.Path
	cmd.Stdin = strings.NewReader(stdin)
	date := r.now.Format(time.RFC3339)
	cmd.Env = append(os.Environ(),
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull, "LC_ALL=C",
		"GIT_AUTHOR_NAME=Ann Example", "GIT_AUTHOR_EMAIL=ann@example.org", "GIT_AUTHOR_DATE="+date,
		"GIT_COMMITTER_NAME=Ann Example", "GIT_COMMITTER_EMAIL=ann@example.org", "GIT_COMMITTER_DATE="+date,
	)
	out, err := cmd.Output()
	if err != nil {
		text := ""
		if e, ok := err.(*exec.ExitError); ok {
			text = string(e.Stderr)
		}
		r.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, text)
	}
	return string(out)
}

func (r *Repo) check(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(fmt.Errorf("gittest: %w", err))
	}
}
