package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/term"
)

// keptPrefix is where tips stay that the source has rewritten or deleted, so
// that what was said about them can still be checked.
const keptPrefix = "refs/upstreamd/kept/"

// fetchConfig reaches the git process that serves a local repository; settings
// given as arguments do not.
const fetchConfig = "upstreamd.gitconfig"

// A Mirror is a bare repository of our own that follows another one. Branches
// and tags have their own names. It is a cache: it can be made again.
type Mirror struct {
	*Repo
	find lookup
}

// A RefMove is what a fetch did to one branch or tag.
type RefMove struct {
	Ref      string // refs/heads/x or refs/tags/y
	Old, New string // hashes of commits; "" where the ref did or does not exist
	Kind     string // "new", "moved" (forward), "forced" (rewritten), "deleted"
}

// InitMirror opens the mirror in the directory dir, and makes an empty one when
// there is none. What is left of a broken attempt is completed; a mirror that
// cannot be opened any more is moved to dir.broken and begun anew.
func InitMirror(ctx context.Context, dir string) (*Mirror, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	repo, err := openMirror(ctx, abs)
	var failed *CommandError
	damaged := errors.As(err, &failed) || errors.Is(err, ErrNotFound)
	if _, serr := os.Stat(filepath.Join(abs, fetchConfig)); damaged && serr == nil {
		err = errors.Join(os.RemoveAll(abs+".broken"), os.Rename(abs, abs+".broken"))
		if err == nil {
			repo, err = openMirror(ctx, abs)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("mirror %s: %w", dir, err)
	}
	return &Mirror{repo, lookupHost}, nil
}

// openMirror opens the mirror dir, and makes or completes it first where it
// lacks the mark of one that is whole.
func openMirror(ctx context.Context, dir string) (*Repo, error) {
	mark := filepath.Join(dir, fetchConfig)
	if _, err := os.Stat(mark); err == nil {
		return Open(ctx, dir)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := lockDir(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	c := command{
		args: []string{"init", "--bare", "--quiet", "--template=", "--initial-branch=main", "--end-of-options", dir},
		dir:  dir,
	}
	if err := c.run(ctx); err != nil {
		return nil, err
	}
	if err := os.WriteFile(mark, []byte("[safe]\n\tdirectory = *\n"), 0o600); err != nil {
		return nil, err
	}
	return Open(ctx, dir)
}

// Fetch brings the mirror up to date with src and returns what moved, in order
// of the refs' names. Only one Fetch of a mirror runs at a time, also among
// processes; others wait. A mirror found to be corrupt is made anew, in its
// place. The error matches [ErrUnreachable], [ErrUnsafe], or [ErrNoBranch] for
// a branch that src.Refs names and the source does not have: then the others
// were fetched, and the moves are valid.
func (m *Mirror) Fetch(ctx context.Context, src Source) ([]RefMove, error) {
	lock, err := lockDir(ctx, m.dir)
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	if err := removeStale(m.dir); err != nil {
		return nil, err
	}
	f := &fetch{m, src, lock}
	before, err := m.Tips(ctx)
	if err == nil {
		err = f.run(ctx)
	}
	if errors.Is(err, ErrCorrupt) {
		err = f.renew(ctx)
	}
	if err != nil {
		err = fmt.Errorf("fetch %s: %w", term.SafeLine(Redact(src.URL)), err)
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	after, terr := m.Tips(ctx)
	if terr != nil {
		return nil, terr
	}
	moves, merr := m.Moves(ctx, before, after)
	if merr != nil {
		return nil, merr
	}
	return moves, errors.Join(m.keep(ctx, moves), err)
}

// Renew fetches src into a fresh mirror and puts it in the place of m, for when
// [Mirror.Check] finds damage. Until that is done m stays as it is.
func (m *Mirror) Renew(ctx context.Context, src Source) error {
	lock, err := lockDir(ctx, m.dir)
	if err != nil {
		return err
	}
	defer lock.Close()
	return (&fetch{m, src, lock}).renew(ctx)
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

// Moves compares the tips before and after, in order of the refs' names.
func (m *Mirror) Moves(ctx context.Context, before, after []Tip) ([]RefMove, error) {
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
