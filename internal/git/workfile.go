package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// ErrChanged means that a file of the work tree is not as it was committed.
var ErrChanged = errors.New("has changes that are not committed")

// A WorkTree changes files of a checkout. Nothing outside of it is reached, and
// no symbolic link is followed. It must be closed.
type WorkTree struct {
	root   *os.Root
	commit string
	repo   *Repo
}

// WorkTree opens the files of a checkout to change them.
func (c Checkout) WorkTree(ctx context.Context) (*WorkTree, error) {
	r, err := Open(ctx, c.Top)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(c.Top)
	if err != nil {
		return nil, err
	}
	return &WorkTree{root: root, commit: c.Commit, repo: r}, nil
}

// Close ends the use of the files.
func (w *WorkTree) Close() error { return w.root.Close() }

// Put gives files new contents; nil removes a file. None is written unless all
// are as they were committed, in the work tree and in the index; else the error
// matches [ErrChanged], or [ErrUnsafe] where a link is in the way.
func (w *WorkTree) Put(ctx context.Context, files map[string][]byte) error {
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	batch, err := w.repo.Batch(ctx)
	if err != nil {
		return err
	}
	defer batch.Close()
	for _, name := range names {
		if err := w.unchanged(batch, name); err != nil {
			return err
		}
	}
	if err := w.unstaged(ctx, names); err != nil {
		return err
	}
	for _, name := range names {
		if err := w.put(name, files[name]); err != nil {
			return err
		}
	}
	return nil
}

// plain refuses a path with a link in it, or with what git has for itself.
func (w *WorkTree) plain(name string) error {
	parts := strings.Split(name, "/")
	for i, part := range parts {
		if part == "" || part == "." || part == ".." || strings.EqualFold(part, ".git") {
			return fmt.Errorf("file %q: %w", name, ErrUnsafe)
		}
		info, err := w.root.Lstat(path.Join(parts[:i+1]...))
		if err != nil {
			return err
		}
		if last := i == len(parts)-1; last && !info.Mode().IsRegular() || !last && !info.IsDir() {
			return fmt.Errorf("file %q: not a plain file in plain directories: %w", name, ErrUnsafe)
		}
	}
	return nil
}

// unchanged is an error if the file is not as it was committed.
func (w *WorkTree) unchanged(batch *Batch, name string) error {
	if err := w.plain(name); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", name, ErrChanged)
	} else if err != nil {
		return err
	}
	was, err := batch.Blob(w.commit + ":" + name)
	if err != nil {
		return err
	}
	f, err := w.root.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	is, err := io.ReadAll(io.LimitReader(f, blobLimit+1))
	switch {
	case err != nil || bytes.Equal(was, is):
		return err
	case bytes.Equal(was, bytes.ReplaceAll(is, []byte("\r\n"), []byte("\n"))):
		return fmt.Errorf("%s: lines end in CRLF, and in LF as committed (core.autocrlf or .gitattributes): %w", name, ErrChanged)
	}
	return fmt.Errorf("%s: %w", name, ErrChanged)
}

// unstaged is an error if one of the files is in the index otherwise than
// committed.
func (w *WorkTree) unstaged(ctx context.Context, names []string) error {
	c := w.repo.command(append([]string{"diff-index", "--cached", "--name-only", "-z", w.commit, "--"}, names...)...)
	c.env = append(c.env, "GIT_INDEX_FILE="+path.Join(w.repo.dir, "index"))
	out, err := c.output(ctx)
	if err == nil && len(out) > 0 {
		first, _, _ := strings.Cut(string(out), "\x00")
		err = fmt.Errorf("%s: %w", first, ErrChanged)
	}
	return err
}

// put writes one file beside the old one and takes its place, or removes it.
func (w *WorkTree) put(name string, data []byte) error {
	if err := w.plain(name); err != nil {
		return err
	}
	if data == nil {
		return w.root.Remove(name)
	}
	info, err := w.root.Lstat(name)
	if err != nil {
		return err
	}
	tmp := path.Join(path.Dir(name), ".upstreamd-"+path.Base(name)[:min(100, len(path.Base(name)))])
	f, err := w.root.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, info.Mode().Perm())
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = w.root.Rename(tmp, name)
	}
	if err != nil {
		return errors.Join(err, w.root.Remove(tmp))
	}
	return nil
}
