package rebase

import (
	"bytes"
	"context"
	"errors"

	"github.com/upstreamd/upstreamd/internal/git"
)

// A part is one file of a three-way merge.
type part struct {
	path               string // on the new revision
	mode               string // that the patch gives it, or ""
	base, ours, theirs []byte // before the patch on the old revision; on the new one; the patched old one
	merged             []byte
	clean              bool
	made, removed      bool // the patch makes the file, or removes it
}

// same reports whether the new revision has the merged file already.
func (p *part) same() bool {
	return p.clean && !p.made && !p.removed && bytes.Equal(p.merged, p.ours)
}

// part merges one file of a patch that was the last to be applied on the old
// revision. ok is false where there is nothing to merge: the file is binary,
// renamed, absent, too big, made where there is one, or removed where it is
// another one.
func (q *queue) part(ctx context.Context, t tried) (p part, ok bool, err error) {
	if t.Binary || t.old == "" && t.new == "" || t.old != "" && t.new != "" && t.new != t.old {
		return p, false, nil
	}
	p = part{path: t.new, mode: t.NewMode, base: []byte(t.found.String()), made: t.old == "", removed: t.new == ""}
	if p.removed {
		p.path = t.old
	}
	p.ours, err = q.now.read(ctx, p.path)
	switch {
	case errors.Is(err, git.ErrNotFound) && p.made:
	case errors.Is(err, git.ErrNotFound), errors.Is(err, git.ErrTooBig):
		return p, false, nil
	case err != nil:
		return p, false, err
	case p.made:
		return p, false, nil
	case p.removed:
		p.clean = bytes.Equal(p.ours, p.base)
		return p, p.clean, nil
	}
	if p.theirs, err = q.before.read(ctx, p.path); err != nil {
		return p, false, err
	}
	if p.made {
		p.merged, p.clean = p.theirs, true
		return p, true, nil
	}
	p.merged, p.clean, err = git.Merge3(ctx, p.base, p.ours, p.theirs)
	return p, err == nil, err
}

// carry puts what a three-way merge made on the side.
func (s *side) carry(ctx context.Context, parts []part) error {
	for _, p := range parts {
		s.changed[p.path] = true
		if p.removed {
			if err := s.scratch.Remove(ctx, p.path); err != nil {
				return err
			}
			continue
		}
		mode := p.mode
		if mode == "" {
			mode = "100644"
			if !p.made {
				var err error
				if mode, err = s.scratch.Mode(ctx, p.path); err != nil {
					return err
				}
			}
		}
		if err := s.scratch.Write(ctx, p.path, mode, p.merged); err != nil {
			return err
		}
	}
	return nil
}
