package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Limits for a patch that is tried.
const (
	patchLimit = 16 << 20 // bytes
	patchFiles = 5000
	patchTime  = 60 * time.Second
	patchSpace = 1 << 30 // bytes of address space
)

// A Scratch is a tree of a repository on which patches can be tried. All that
// is written goes to a directory of its own, the repository is only read, and
// no file of the tree is ever checked out. It must be closed.
type Scratch struct {
	repo *Repo
	dir  string
}

// ApplyOptions says how to apply a patch.
type ApplyOptions struct {
	Strip   int    // leading parts of file names to remove, as in patch -p
	Dir     string // of the tree that the names are below, a plain path; "" for its top
	Reverse bool   // apply it backwards
	Check   bool   // only say whether it applies
}

// An ApplyError is a patch that git does not apply.
type ApplyError struct {
	Output string // what git says, without control characters
}

func (e *ApplyError) Error() string { return "patch does not apply: " + e.Output }

// Scratch returns a Scratch with the tree of rev.
func (r *Repo) Scratch(ctx context.Context, rev string) (*Scratch, error) {
	if err := checkRev(rev); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "upstreamd-scratch-")
	if err != nil {
		return nil, err
	}
	s := &Scratch{repo: r, dir: dir}
	for _, sub := range []string{"tree", "objects"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	if err := s.command("read-tree", rev).run(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// command is a git command that reads r's objects and writes to s alone.
//
// The recipe matters: git apply inside a bare repository writes to the
// repository itself (hooks, for example), and -3, --index and --reject write
// to the current directory.
func (s *Scratch) command(args ...string) command {
	return command{
		args: args,
		dir:  filepath.Join(s.dir, "tree"),
		set:  []string{"core.packedGitWindowSize=32m", "core.packedGitLimit=256m"},
		env: []string{
			"GIT_DIR=" + s.repo.dir,
			"GIT_WORK_TREE=" + filepath.Join(s.dir, "tree"),
			"GIT_INDEX_FILE=" + filepath.Join(s.dir, "index"),
			"GIT_OBJECT_DIRECTORY=" + filepath.Join(s.dir, "objects"),
			"GIT_ALTERNATE_OBJECT_DIRECTORIES=" + s.repo.objects,
		},
	}
}

// Apply applies patch to the tree as a whole or not at all. The error is an
// [*ApplyError] when git does not apply it, and matches [ErrTooBig] for more
// than 16 MiB, 5,000 files or a minute.
func (s *Scratch) Apply(ctx context.Context, patch []byte, o ApplyOptions) error {
	if len(patch) > patchLimit || bytes.Count(patch, []byte("\n+++ "))+bytes.Count(patch, []byte("\ndiff --git ")) > 2*patchFiles {
		return fmt.Errorf("patch: %w", ErrTooBig)
	}
	limited, cancel := context.WithTimeout(ctx, patchTime)
	defer cancel()
	args := []string{"apply", "--cached", "--whitespace=nowarn", fmt.Sprintf("-p%d", o.Strip)}
	if o.Dir != "" {
		args = append(args, "--directory="+o.Dir)
	}
	if o.Reverse {
		args = append(args, "--reverse")
	}
	if o.Check {
		args = append(args, "--check")
	}
	c := s.command(append(args, "-")...)
	c.stdin = bytes.NewReader(patch)
	c.space = patchSpace
	err := c.runStrict(limited)
	var failed *CommandError
	switch {
	case errors.As(err, &failed):
		return &ApplyError{Output: failed.Stderr}
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
		return fmt.Errorf("patch takes more than %v: %w", patchTime, ErrTooBig)
	}
	return err
}

// runStrict is like run for a command that may print an error and succeed: git
// apply leaves out a binary file that it cannot read, and all that follows, if
// it could read one before.
func (c command) runStrict(ctx context.Context) error {
	p, err := c.start(ctx)
	if err != nil {
		return err
	}
	io.Copy(io.Discard, p.stdout)
	err = p.wait()
	if text := p.stderr.String(); err == nil && strings.Contains("\n"+text, "\nerror: ") {
		return &CommandError{Command: p.name, Stderr: safeText(text)}
	}
	return err
}

// Tree returns the hash of the tree as it is now. Trees that a patch made
// exist in s only.
func (s *Scratch) Tree(ctx context.Context) (string, error) {
	out, err := s.command("write-tree").output(ctx)
	return strings.TrimSpace(string(out)), err
}

// Blob returns the content of the file path as it is now, for a symbolic link
// its target. The error matches [ErrNotFound] or [ErrTooBig].
func (s *Scratch) Blob(ctx context.Context, path string) ([]byte, error) {
	_, hash, err := s.stat(ctx, path)
	if err != nil {
		return nil, err
	}
	c := s.command("cat-file", "blob", hash)
	c.limit = blobLimit
	return c.output(ctx)
}

// Mode is the mode of the file path as it is now, like that of an [Entry].
func (s *Scratch) Mode(ctx context.Context, path string) (string, error) {
	mode, _, err := s.stat(ctx, path)
	return mode, err
}

// stat finds path in the index; the error matches [ErrNotFound] where it is
// not a file.
func (s *Scratch) stat(ctx context.Context, path string) (mode, hash string, err error) {
	out, err := s.command("ls-files", "--stage", "-z", "--full-name", "--", path).output(ctx)
	if err != nil {
		return "", "", err
	}
	for line := range strings.SplitSeq(string(out), "\x00") {
		head, name, _ := strings.Cut(line, "\t")
		if f := strings.Fields(head); name == path && len(f) == 3 && f[0] != "160000" {
			return f[0], f[1], nil
		}
	}
	return "", "", fmt.Errorf("file %q: %w", path, ErrNotFound)
}

// Write puts a file with content data at path. The mode is like that of an
// [Entry]. Paths that git does not allow in a tree are refused.
func (s *Scratch) Write(ctx context.Context, path, mode string, data []byte) error {
	c := s.command("hash-object", "-w", "--no-filters", "--stdin")
	c.stdin = bytes.NewReader(data)
	out, err := c.output(ctx)
	if err != nil {
		return err
	}
	return s.command("update-index", "--add", "--cacheinfo", mode+","+strings.TrimSpace(string(out))+","+path).run(ctx)
}

// Remove removes the file path, if it is there.
func (s *Scratch) Remove(ctx context.Context, path string) error {
	return s.command("update-index", "--force-remove", "--", path).run(ctx)
}

// Close removes all that s wrote.
func (s *Scratch) Close() error { return os.RemoveAll(s.dir) }
