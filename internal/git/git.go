// Package git reads git repositories and keeps bare mirrors of them, by
// running the git program.
//
// [Open] reads a repository that is there already, [OpenAny] a bundle file
// too, and [InitMirror] makes a bare mirror that [Mirror.Fetch] keeps up to
// date. A [Repo] then gives its tips, commits, trees and blobs; a [Scratch]
// tries a patch on one of its trees without changing it, and a [Draft] makes
// commits that the repository gets only when they are published.
//
// Everything in a repository was written by strangers. So every call goes
// through one function (command.go) with a fixed environment and settings
// that switch off hooks, helpers and redirects; nothing is ever checked out;
// names that look like options are refused; and output, time and memory have
// limits. The package knows nothing of patches as text, mail or layers.
package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Errors that callers tell apart. All others are bugs, full disks and the
// like.
var (
	// ErrNotFound means that there is no such repository, revision, file or
	// remote branch.
	ErrNotFound = errors.New("not found")
	// ErrNoBranch means that a remote repository lacks a branch that was
	// asked for; what else was asked for has been fetched.
	ErrNoBranch = fmt.Errorf("no such branch: %w", ErrNotFound)
	// ErrUnreachable means that a remote repository did not answer or let us
	// in; trying again later may help.
	ErrUnreachable = errors.New("unreachable")
	// ErrCorrupt means that objects or refs of the repository are damaged.
	ErrCorrupt = errors.New("repository is corrupt")
	// ErrTooBig means that something exceeds a limit of this package.
	ErrTooBig = errors.New("too big")
	// ErrUnsafe means that a URL, name or patch was refused unread.
	ErrUnsafe = errors.New("refused as unsafe")
	// ErrNoGit means that the git program cannot be run.
	ErrNoGit = errors.New("git program not usable")
)

// A Repo is a repository that is only read. Its methods may be called from
// several goroutines.
type Repo struct {
	dir     string    // the git directory, absolute
	objects string    // the object directory, absolute
	env     []string  // further environment of every call, of a [Draft]
	past    pastCache // for LogPaths
}

// Open opens the work tree or bare repository at path, for reading. It looks
// at path alone, not at the directories above. The error matches
// [ErrNotFound] when there is no repository.
func Open(ctx context.Context, path string) (*Repo, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	r := &Repo{dir: abs}
	if _, err := os.Lstat(filepath.Join(abs, ".git")); err == nil {
		r.dir = filepath.Join(abs, ".git")
	} else if _, err := os.Stat(filepath.Join(abs, "HEAD")); err != nil {
		return nil, fmt.Errorf("git repository %s: %w", path, ErrNotFound)
	}
	// A linked work tree or submodule has a file .git; git follows it.
	out, err := r.command("rev-parse", "--absolute-git-dir", "--git-path", "objects").output(ctx)
	if err != nil {
		return nil, fmt.Errorf("git repository %s: %w", path, err)
	}
	dir, objects, ok := strings.Cut(strings.TrimSuffix(string(out), "\n"), "\n")
	if !ok {
		return nil, fmt.Errorf("git repository %s: %w", path, ErrNotFound)
	}
	if !filepath.IsAbs(objects) {
		objects = filepath.Join("/", objects)
	}
	return &Repo{dir: dir, objects: objects}, nil
}

// Dir is the git directory, absolute.
func (r *Repo) Dir() string { return r.dir }

// command is a git command on r. Its index does not exist and its work tree is
// a directory without anything of r's, so attributes and files of a checkout,
// and a core.worktree of r's configuration, have no influence. None of our
// commands writes to a work tree.
func (r *Repo) command(args ...string) command {
	return command{
		args: args,
		dir:  "/",
		env: append([]string{
			"GIT_DIR=" + r.dir,
			"GIT_WORK_TREE=/",
			"GIT_INDEX_FILE=" + filepath.Join(r.dir, "upstreamd-no-index"),
		}, r.env...),
	}
}
