package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A Checkout is the work tree that a directory is part of.
type Checkout struct {
	Top    string   // directory of the work tree, absolute, without symbolic links
	Subdir string   // the directory asked for, below Top with slashes; "" is Top itself
	Commit string   // hash of the commit that is checked out; "" before the first one
	Branch string   // what the remote repository calls the branch; "" where that is not known
	Among  []string // branches that have the commit, where Branch is not known
	URL    string   // of the remote repository as configured; "" where there is none
}

// CheckoutAt finds the work tree that has the directory path. Branch is the
// branch that the checked out one follows. Where none is checked out, as build
// tools do, it is the only remote branch that has the commit; where several
// have it, Branch is "" and Among names them. The error matches [ErrNotFound]
// when no work tree is there.
func CheckoutAt(ctx context.Context, path string) (Checkout, error) {
	dir, err := filepath.Abs(path)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if errors.Is(err, os.ErrNotExist) {
		return Checkout{}, fmt.Errorf("directory %s: %w", path, ErrNotFound)
	} else if err != nil {
		return Checkout{}, err
	}
	c := Checkout{Top: dir}
	for {
		if _, err := os.Lstat(filepath.Join(c.Top, ".git")); err == nil {
			break
		}
		up := filepath.Dir(c.Top)
		if up == c.Top {
			return Checkout{}, fmt.Errorf("git work tree with %s: %w", path, ErrNotFound)
		}
		c.Top = up
	}
	if rel, err := filepath.Rel(c.Top, dir); err == nil && rel != "." {
		c.Subdir = filepath.ToSlash(rel)
	}
	r, err := Open(ctx, c.Top)
	if err != nil {
		return Checkout{}, err
	}
	return c, r.describe(ctx, &c)
}

// describe fills in what r says of the checkout.
func (r *Repo) describe(ctx context.Context, c *Checkout) error {
	var err error
	if c.Commit, err = r.Resolve(ctx, "HEAD"); err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	branch, err := r.answer(ctx, "symbolic-ref", "--quiet", "--short", "HEAD")
	if err != nil {
		return err
	}
	remote, err := r.remoteOf(ctx, branch)
	if err != nil {
		return err
	}
	if remote != "" {
		if c.URL, err = r.answer(ctx, "config", "--get", "remote."+remote+".url"); err != nil {
			return err
		}
	}
	if branch == "" {
		return r.detached(ctx, c, remote)
	}
	merge, err := r.answer(ctx, "config", "--get", "branch."+branch+".merge")
	if c.Branch = branch; strings.HasPrefix(merge, "refs/heads/") {
		c.Branch = strings.TrimPrefix(merge, "refs/heads/")
	}
	return err
}

// remoteOf is the name of the remote that a branch follows, else origin, else
// the only one; "" where there is none.
func (r *Repo) remoteOf(ctx context.Context, branch string) (string, error) {
	if branch != "" {
		name, err := r.answer(ctx, "config", "--get", "branch."+branch+".remote")
		if err != nil || name != "" && name != "." {
			return name, err
		}
	}
	// Not git remote: it takes settings of our own calls for remotes.
	all, err := r.answer(ctx, "config", "--local", "--name-only", "--get-regexp", `^remote\..*\.url$`)
	var names []string
	for line := range strings.Lines(all) {
		names = append(names, strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(line), "remote."), ".url"))
	}
	switch {
	case slices.Contains(names, "origin"):
		return "origin", err
	case len(names) == 1:
		return names[0], err
	}
	return "", err
}

// detached finds the branches of the remote that have the commit.
func (r *Repo) detached(ctx context.Context, c *Checkout, remote string) error {
	if c.Commit == "" || remote == "" {
		return nil
	}
	prefix := "refs/remotes/" + remote + "/"
	out, err := r.answer(ctx, "for-each-ref", "--format=%(refname)", "--contains="+c.Commit, prefix)
	for _, ref := range strings.Fields(out) {
		if name := strings.TrimPrefix(ref, prefix); name != "HEAD" {
			c.Among = append(c.Among, name)
		}
	}
	if len(c.Among) == 1 {
		c.Branch, c.Among = c.Among[0], nil
	}
	return err
}

// answer is what a command prints, without the last newline; "" where it says
// no by its exit code alone.
func (r *Repo) answer(ctx context.Context, args ...string) (string, error) {
	out, err := r.command(args...).output(ctx)
	var failed *CommandError
	if errors.As(err, &failed) && failed.Code == 1 && failed.Stderr == "" {
		return "", nil
	}
	return strings.TrimSuffix(string(out), "\n"), err
}
