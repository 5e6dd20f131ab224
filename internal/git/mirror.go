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

// keptPrefix is where tips stay that the source has rewritten or deleted, so
// that what was said about them can still be checked.
const keptPrefix = "refs/upstreamd/kept/"

// fetchConfig reaches the git process that serves a local repository; settings
// given as arguments do not.
const fetchConfig = "upstreamd.gitconfig"

// A Mirror is a bare repository of our own that follows another one. Branches
// and tags have their own names. It is a cache: it can be made again.
type Mirror struct{ *Repo }

// A RefMove is what a fetch did to one branch or tag.
type RefMove struct {
	Ref      string // refs/heads/x or refs/tags/y
	Old, New string // hashes of commits; "" where the ref did or does not exist
	Kind     string // "new", "moved" (forward), "forced" (rewritten), "deleted"
}

// InitMirror opens the mirror in the directory dir, and makes an empty one when
// there is none. A directory that is left of a broken attempt is completed.
func InitMirror(ctx context.Context, dir string) (*Mirror, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(abs, 0o700); err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(abs, fetchConfig)); err != nil {
		c := command{
			args: []string{"init", "--bare", "--quiet", "--template=", "--initial-branch=main", "--end-of-options", abs},
			dir:  abs,
		}
		if err := c.run(ctx); err != nil {
			return nil, fmt.Errorf("mirror %s: %w", dir, err)
		}
		// Written last, it marks a mirror that is whole.
		if err := os.WriteFile(filepath.Join(abs, fetchConfig), []byte("[safe]\n\tdirectory = *\n"), 0o600); err != nil {
			return nil, err
		}
	}
	repo, err := Open(ctx, abs)
	if err != nil {
		return nil, fmt.Errorf("mirror %s: %w", dir, err)
	}
	return &Mirror{repo}, nil
}

// Fetch brings the mirror up to date with src and returns what moved, in order
// of the refs' names. Only one Fetch of a mirror runs at a time, also among
// processes; others wait. A mirror found to be corrupt is made anew, in its
// place. The error matches [ErrUnreachable], [ErrUnsafe], or [ErrNotFound] for
// a branch that the source does not have.
func (m *Mirror) Fetch(ctx context.Context, src Source) ([]RefMove, error) {
	lock, err := lockDir(ctx, m.dir)
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	if err := removeStaleLocks(m.dir); err != nil {
		return nil, err
	}
	before, err := m.Tips(ctx)
	if err == nil {
		err = m.fetch(ctx, src, lock)
	}
	if errors.Is(err, ErrCorrupt) {
		err = m.renew(ctx, src)
	}
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w", safeText([]byte(src.URL)), err)
	}
	after, err := m.Tips(ctx)
	if err != nil {
		return nil, err
	}
	moves, err := m.moves(ctx, before, after)
	if err != nil {
		return nil, err
	}
	return moves, m.keep(ctx, moves)
}

// fetch runs git fetch. The lock stays held while any child of it lives, even
// when we do not.
func (m *Mirror) fetch(ctx context.Context, src Source, lock *os.File) error {
	address, protocols, err := src.remote()
	if err != nil {
		return err
	}
	specs, err := src.refspecs()
	if err != nil {
		return err
	}
	args := []string{"fetch", "--quiet", "--no-tags", "--no-auto-maintenance", "--no-recurse-submodules", "--no-write-fetch-head"}
	if src.Prune {
		args = append(args, "--prune")
	}
	c := m.command(append(append(args, "--end-of-options", address), specs...)...)
	c.env = append(c.env, "GIT_ALLOW_PROTOCOL="+protocols, "GIT_SSH_COMMAND=ssh -o BatchMode=yes -o ConnectTimeout=30")
	if src.Local {
		c.env = append(c.env, "GIT_CONFIG_GLOBAL="+filepath.Join(m.dir, fetchConfig))
	}
	c.files = []*os.File{lock}
	if err := c.run(ctx); err != nil {
		return err
	}
	return m.pointHead(ctx)
}

// pointHead makes HEAD name a branch that exists, if there is any.
func (m *Mirror) pointHead(ctx context.Context) error {
	if _, err := m.Resolve(ctx, "HEAD"); err == nil {
		return nil
	}
	tips, err := m.Tips(ctx)
	if err != nil {
		return err
	}
	var branches []string
	for _, t := range tips {
		if strings.HasPrefix(t.Ref, "refs/heads/") {
			branches = append(branches, t.Ref)
		}
	}
	for _, ref := range append([]string{"refs/heads/main", "refs/heads/master"}, branches...) {
		if slices.Contains(branches, ref) {
			return m.command("symbolic-ref", "HEAD", ref).run(ctx)
		}
	}
	return nil
}

// renew fetches into a fresh directory and puts it in the place of m.
func (m *Mirror) renew(ctx context.Context, src Source) error {
	fresh, broken := m.dir+".new", m.dir+".broken"
	if err := errors.Join(os.RemoveAll(fresh), os.RemoveAll(broken)); err != nil {
		return err
	}
	defer os.RemoveAll(fresh)
	n, err := InitMirror(ctx, fresh)
	if err != nil {
		return err
	}
	lock, err := lockDir(ctx, fresh)
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := n.fetch(ctx, src, lock); err != nil {
		return err
	}
	// Old tips that are not damaged are worth having; the rest is lost.
	old := n.command("fetch", "--quiet", "--no-tags", "--no-auto-maintenance", "--end-of-options", m.dir,
		"+"+keptPrefix+"*:"+keptPrefix+"*")
	old.env = append(old.env, "GIT_ALLOW_PROTOCOL=file", "GIT_CONFIG_GLOBAL="+filepath.Join(fresh, fetchConfig))
	if err := old.run(ctx); err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	if err := os.Rename(m.dir, broken); err != nil {
		return err
	}
	if err := os.Rename(fresh, m.dir); err != nil {
		return err
	}
	return os.RemoveAll(broken)
}

// Check reads all of the mirror's history and reports missing or damaged
// objects by an error that matches [ErrCorrupt]. It can take minutes.
func (m *Mirror) Check(ctx context.Context) error {
	err := m.command("fsck", "--connectivity-only", "--no-dangling", "--no-progress", "--no-reflogs").run(ctx)
	var failed *CommandError
	if errors.As(err, &failed) {
		return fmt.Errorf("mirror %s: %w: %w", m.dir, ErrCorrupt, err)
	}
	return err
}

// moves compares the tips before and after.
func (m *Mirror) moves(ctx context.Context, before, after []Tip) ([]RefMove, error) {
	old := make(map[string]string, len(before))
	for _, t := range before {
		old[t.Ref] = t.Hash
	}
	var moves []RefMove
	for _, t := range after {
		was, known := old[t.Ref]
		delete(old, t.Ref)
		switch {
		case !known:
			moves = append(moves, RefMove{Ref: t.Ref, New: t.Hash, Kind: "new"})
		case was != t.Hash:
			kind := "moved"
			forward, err := m.IsAncestor(ctx, was, t.Hash)
			if err != nil && !errors.Is(err, ErrNotFound) { // lost with a corrupt mirror
				return nil, err
			}
			if !forward {
				kind = "forced"
			}
			moves = append(moves, RefMove{Ref: t.Ref, Old: was, New: t.Hash, Kind: kind})
		}
	}
	for ref, hash := range old {
		moves = append(moves, RefMove{Ref: ref, Old: hash, Kind: "deleted"})
	}
	slices.SortFunc(moves, func(a, b RefMove) int { return strings.Compare(a.Ref, b.Ref) })
	return moves, nil
}

// keep holds on to the old tips of refs that were rewritten or deleted.
func (m *Mirror) keep(ctx context.Context, moves []RefMove) error {
	for _, mv := range moves {
		if mv.Kind != "forced" && mv.Kind != "deleted" {
			continue
		}
		if _, err := m.Resolve(ctx, mv.Old); errors.Is(err, ErrNotFound) {
			continue // lost with a corrupt mirror
		}
		if err := m.command("update-ref", keptPrefix+mv.Old, mv.Old).run(ctx); err != nil {
			return err
		}
	}
	return nil
}
