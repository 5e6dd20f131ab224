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

// A fetch is one call of [Mirror.Fetch].
type fetch struct {
	*Mirror
	src  Source
	lock *os.File // held by every git child too, even when we end before it
}

// run fetches what the source has.
func (f *fetch) run(ctx context.Context) error {
	r, err := f.src.remote(ctx, f.find)
	if err != nil {
		return err
	}
	err = f.fetch(ctx, r, f.src)
	if errors.Is(err, ErrNotFound) {
		// git fetches nothing at all when one branch is missing.
		var src Source
		if src, err = f.existing(ctx, r); err == nil {
			err = f.fetch(ctx, r, src)
		}
		if err == nil {
			err = f.dropMissing(ctx, src)
		}
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	return errors.Join(err, f.pointHead(ctx, r))
}

// command is a git command that talks to r.
func (f *fetch) command(r remote, args ...string) command {
	c := f.Repo.command(args...)
	c.set = r.set
	c.env = append(c.env, "GIT_ALLOW_PROTOCOL="+r.protocol, "GIT_SSH_COMMAND="+r.ssh)
	if r.protocol == "file" {
		c.env = append(c.env, "GIT_CONFIG_GLOBAL="+filepath.Join(f.dir, fetchConfig))
	}
	c.files = []*os.File{f.lock}
	return c
}

func (f *fetch) fetch(ctx context.Context, r remote, src Source) error {
	specs, err := src.refspecs()
	if err != nil {
		return err
	}
	args := []string{"fetch", "--quiet", "--no-tags", "--no-auto-maintenance", "--no-recurse-submodules", "--no-write-fetch-head",
		"--update-head-ok"} // nothing is checked out, whatever the mirror's configuration says of that
	if src.Prune {
		args = append(args, "--prune")
	}
	return f.command(r, append(append(args, "--end-of-options", r.url), specs...)...).run(ctx)
}

// existing is the source without the branches that it does not have.
func (f *fetch) existing(ctx context.Context, r remote) (Source, error) {
	out, err := f.command(r, "ls-remote", "--quiet", "--heads", "--end-of-options", r.url).output(ctx)
	if err != nil {
		return Source{}, err
	}
	heads := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		_, ref, _ := strings.Cut(strings.TrimSpace(line), "\t")
		heads[strings.TrimPrefix(ref, "refs/heads/")] = true
	}
	src := f.src
	src.Refs = []string{} // not nil, which is all
	for _, name := range f.src.Refs {
		if heads[name] || strings.Contains(name, "*") {
			src.Refs = append(src.Refs, name)
		}
	}
	return src, nil
}

// dropMissing deletes the branches that have has no more, where asked for, and
// says which.
func (f *fetch) dropMissing(ctx context.Context, have Source) error {
	var missing []string
	for _, name := range f.src.Refs {
		if slices.Contains(have.Refs, name) || slices.Contains(missing, name) {
			continue
		}
		missing = append(missing, name)
		if f.src.Prune {
			if err := f.Repo.command("update-ref", "-d", "refs/heads/"+name).run(ctx); err != nil {
				return err
			}
		}
	}
	return fmt.Errorf("%s: %w", strings.Join(missing, ", "), ErrNoBranch)
}

// pointHead makes HEAD name the branch that the source's HEAD names. The
// source is asked only when that costs nothing or HEAD names no branch yet.
func (f *fetch) pointHead(ctx context.Context, r remote) error {
	if _, err := f.Resolve(ctx, "HEAD"); err == nil && r.protocol != "file" {
		return nil
	}
	tips, err := f.Tips(ctx)
	if err != nil {
		return err
	}
	branches := map[string]string{} // hash by ref
	for _, t := range tips {
		if strings.HasPrefix(t.Ref, "refs/heads/") {
			branches[t.Ref] = t.Hash
		}
	}
	if len(branches) == 0 {
		return nil
	}
	out, err := f.command(r, "ls-remote", "--quiet", "--symref", "--end-of-options", r.url, "HEAD").output(ctx)
	if err != nil {
		return err
	}
	return f.Repo.command("symbolic-ref", "HEAD", headBranch(string(out), branches)).run(ctx)
}

// headBranch picks one of branches by an answer of ls-remote --symref. A
// bundle gives HEAD's hash only. What the source says is compared, never used.
func headBranch(answer string, branches map[string]string) string {
	var named, hash string
	for line := range strings.Lines(answer) {
		value, _, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if ref, ok := strings.CutPrefix(value, "ref: "); ok {
			named = ref
		} else {
			hash = value
		}
	}
	first := ""
	for ref, tip := range branches {
		if tip == hash && (first == "" || ref < first) {
			first = ref
		}
	}
	for _, ref := range []string{named, "refs/heads/main", "refs/heads/master"} {
		tip, ok := branches[ref]
		if ok && (first == "" || tip == hash) {
			return ref
		}
	}
	if first == "" {
		for ref := range branches {
			if first == "" || ref < first {
				first = ref
			}
		}
	}
	return first
}

// renew fetches into a fresh directory and puts it in the place of the mirror.
func (f *fetch) renew(ctx context.Context) error {
	fresh, broken := f.dir+".new", f.dir+".broken"
	if err := errors.Join(os.RemoveAll(fresh), os.RemoveAll(broken)); err != nil {
		return err
	}
	defer os.RemoveAll(fresh)
	m, err := InitMirror(ctx, fresh)
	if err != nil {
		return err
	}
	m.find = f.find
	n := &fetch{m, f.src, f.lock}
	missing := n.run(ctx)
	if missing != nil && !errors.Is(missing, ErrNotFound) {
		return missing
	}
	if err := n.takeKept(ctx, f.dir); err != nil {
		return err
	}
	if err := os.Rename(f.dir, broken); err != nil {
		return err
	}
	if err := os.Rename(fresh, f.dir); err != nil {
		return err
	}
	return errors.Join(missing, os.RemoveAll(broken))
}

// takeKept brings the kept tips of the broken mirror dir over, where they are
// not damaged; the others are lost.
func (f *fetch) takeKept(ctx context.Context, dir string) error {
	r := remote{url: dir, protocol: "file"}
	specs := "+" + keptPrefix + "*:" + keptPrefix + "*"
	err := f.command(r, "fetch", "--quiet", "--no-tags", "--no-auto-maintenance", "--end-of-options", dir, specs).run(ctx)
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return nil
}
