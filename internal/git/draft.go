package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A Draft is a row of commits in the making, on top of a commit of a
// repository. Files are changed as in a [Scratch], without a work tree, and all
// that is written stays in a directory of its own until [Draft.Publish]. It
// must be closed.
type Draft struct {
	*Scratch
	base, head string
}

// Draft returns a Draft on top of the commit rev.
func (r *Repo) Draft(ctx context.Context, rev string) (*Draft, error) {
	base, err := r.Resolve(ctx, rev)
	if err != nil {
		return nil, err
	}
	s, err := r.Scratch(ctx, base)
	if err != nil {
		return nil, err
	}
	return &Draft{Scratch: s, base: base, head: base}, nil
}

// Repo reads the repository together with what the draft has written, until
// the draft is closed.
func (d *Draft) Repo() *Repo {
	objects := filepath.Join(d.dir, "objects")
	return &Repo{dir: d.repo.dir, objects: objects, env: []string{
		"GIT_OBJECT_DIRECTORY=" + objects,
		"GIT_ALTERNATE_OBJECT_DIRECTORIES=" + d.repo.objects,
	}}
}

// Head is the newest commit of the draft.
func (d *Draft) Head() string { return d.head }

// Reset forgets what was changed since the newest commit, or since the tree
// that [Scratch.Tree] named.
func (d *Draft) Reset(ctx context.Context, tree string) error {
	if tree == "" {
		tree = d.head
	}
	return d.command("read-tree", tree).run(ctx)
}

// A Signer is who makes commits. Dates are as git reads them in its
// environment; "" is now.
type Signer struct {
	Author, Committer         Person
	AuthorDate, CommitterDate string
}

// Commit makes a commit of the files as they are now and returns its hash.
func (d *Draft) Commit(ctx context.Context, message string, by Signer) (string, error) {
	tree, err := d.Tree(ctx)
	if err != nil {
		return "", err
	}
	c := d.command("commit-tree", tree, "-p", d.head)
	c.set = []string{"i18n.commitEncoding=UTF-8"}
	c.stdin = strings.NewReader(message)
	c.env = append(c.env,
		"GIT_AUTHOR_NAME="+by.Author.Name, "GIT_AUTHOR_EMAIL="+by.Author.Email,
		"GIT_COMMITTER_NAME="+by.Committer.Name, "GIT_COMMITTER_EMAIL="+by.Committer.Email)
	if by.AuthorDate != "" {
		c.env = append(c.env, "GIT_AUTHOR_DATE="+by.AuthorDate)
	}
	if by.CommitterDate != "" {
		c.env = append(c.env, "GIT_COMMITTER_DATE="+by.CommitterDate)
	}
	out, err := c.output(ctx)
	if err != nil {
		return "", err
	}
	d.head = strings.TrimSpace(string(out))
	return d.head, nil
}

// A PatchFile is a commit as a file that git am takes.
type PatchFile struct {
	Name string // 0001-subject.patch
	Data []byte
}

// plainPatches are the settings under which the patches of a draft apply and
// are complete, whatever the configuration of the repository says. Prefixes of
// subjects and addressees of it stay: they are for those who post.
var plainPatches = []string{
	"diff.noprefix=false", "format.noprefix=false", "diff.mnemonicPrefix=false", "diff.relative=false",
	"diff.context=3", "diff.interHunkContext=0", "color.ui=false", "color.diff=false",
	"format.signOff=false", "format.from=false", "format.thread=false", // each asks for an identity or adds one
}

// Patches are the commits of the draft in order.
func (d *Draft) Patches(ctx context.Context) ([]PatchFile, error) {
	if d.head == d.base {
		return nil, nil
	}
	dir := filepath.Join(d.dir, "patches")
	c := d.command("format-patch", "--quiet", "--full-index", "--binary", "--no-renames", "--no-signature", "--no-ext-diff",
		"--no-textconv", "--no-attach", "--no-cover-letter", "--no-base", "--no-notes", "--suffix=.patch", "--output-directory="+dir, d.base+".."+d.head)
	c.set = plainPatches
	if err := c.run(ctx); err != nil {
		return nil, err
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var out []PatchFile
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			return nil, err
		}
		out = append(out, PatchFile{f.Name(), data})
	}
	return out, os.RemoveAll(dir)
}

// ErrExists means that there is a branch of that name already.
var ErrExists = errors.New("exists already")

// Publish puts the commits into the repository as a new branch. No work tree
// and no index is touched. The error matches [ErrExists] or [ErrUnsafe].
func (d *Draft) Publish(ctx context.Context, branch string) error {
	ref := "refs/heads/" + branch
	if branch == "HEAD" || strings.HasPrefix(branch, "-") || checkRev(ref) != nil {
		return fmt.Errorf("branch %q: %w", branch, ErrUnsafe)
	}
	if err := d.repo.command("check-ref-format", ref).run(ctx); err != nil {
		return fmt.Errorf("branch %q: %w", branch, ErrUnsafe)
	}
	switch _, err := d.repo.Resolve(ctx, ref); {
	case err == nil:
		return fmt.Errorf("branch %s: %w", branch, ErrExists)
	case !errors.Is(err, ErrNotFound):
		return err
	}
	pack := d.command("pack-objects", "--revs", "--stdout", "-q")
	pack.stdin = strings.NewReader(d.head + "\n^" + d.base + "\n")
	objects, err := pack.output(ctx)
	if err != nil {
		return err
	}
	unpack := d.repo.command("unpack-objects", "-q")
	unpack.stdin = bytes.NewReader(objects)
	if err := unpack.run(ctx); err != nil {
		return err
	}
	return d.repo.command("update-ref", "-m", "upstreamd fix", ref, d.head, strings.Repeat("0", len(d.head))).run(ctx)
}

// Changed are the files that differ between the commit that the draft began
// with and its newest one, with their new content; nil for one that is gone.
func (d *Draft) Changed(ctx context.Context) (map[string][]byte, error) {
	out, err := d.command("diff-tree", "-r", "-z", "--no-renames", "--name-only", d.base, d.head).output(ctx)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		if name == "" {
			continue
		}
		files[name], err = d.Blob(ctx, name)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, err
		}
	}
	return files, nil
}

// ErrNoIdentity means that git does not know who the user is.
var ErrNoIdentity = errors.New("git does not know your name and address")

// UserSigner is who git commits as in r: by the environment, the configuration
// of the repository, then that of the user and the machine. The error matches
// [ErrNoIdentity].
func (r *Repo) UserSigner(ctx context.Context) (Signer, error) {
	name, err := r.setting(ctx, "user.name")
	if err != nil {
		return Signer{}, err
	}
	email, err := r.setting(ctx, "user.email")
	if err != nil {
		return Signer{}, err
	}
	by := Signer{Author: Person{name, email}, Committer: Person{name, email}}
	for _, e := range []struct {
		name string
		to   *string
	}{
		{"GIT_AUTHOR_NAME", &by.Author.Name}, {"GIT_AUTHOR_EMAIL", &by.Author.Email}, {"GIT_AUTHOR_DATE", &by.AuthorDate},
		{"GIT_COMMITTER_NAME", &by.Committer.Name}, {"GIT_COMMITTER_EMAIL", &by.Committer.Email}, {"GIT_COMMITTER_DATE", &by.CommitterDate},
	} {
		if v := os.Getenv(e.name); v != "" {
			*e.to = v
		}
	}
	known := []string{by.Author.Name, by.Author.Email, by.Committer.Name, by.Committer.Email}
	if slices.Contains(known, "") || slices.ContainsFunc(known, func(s string) bool { return strings.ContainsAny(s, "\n\r\x00<>") }) {
		return Signer{}, ErrNoIdentity
	}
	return by, nil
}

// setting is a value of the configuration of the repository, else the user's,
// else the machine's. Only identity is asked for: commands run without the
// last two.
func (r *Repo) setting(ctx context.Context, key string) (string, error) {
	if v, err := r.answer(ctx, "config", "--get", key); err != nil || v != "" {
		return v, err
	}
	for _, file := range userConfigs() {
		if _, err := os.Stat(file); err != nil {
			continue
		}
		c := r.command("config", "--file", file, "--includes", "--get", key)
		out, err := c.output(ctx)
		if failed := new(CommandError); errors.As(err, &failed) && failed.Code == 1 {
			continue
		} else if err != nil {
			return "", err
		}
		return strings.TrimSuffix(string(out), "\n"), nil
	}
	return "", nil
}

// userConfigs are where git looks for settings outside of a repository, those
// that win first.
func userConfigs() []string {
	if file, ok := os.LookupEnv("GIT_CONFIG_GLOBAL"); ok {
		return []string{file, "/etc/gitconfig"}
	}
	home := os.Getenv("HOME")
	config := os.Getenv("XDG_CONFIG_HOME")
	if config == "" {
		config = filepath.Join(home, ".config")
	}
	return []string{filepath.Join(home, ".gitconfig"), filepath.Join(config, "git", "config"), "/etc/gitconfig"}
}
