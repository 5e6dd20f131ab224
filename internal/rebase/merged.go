package rebase

import (
	"context"
	"errors"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// contains reports whether s has the change of the patch already: every hunk
// applies backwards without fuzz, every file that it makes is there with the
// same content, and every one that it removes is absent. Hunks for which that
// holds are marked in a.
func (s *side) contains(ctx context.Context, q queued, a *attempt) (bool, error) {
	all, lines, next := true, false, 0
	for i := range a.files {
		t := &a.files[i]
		results := a.hunks[next:]
		next += max(len(t.Hunks), 1)
		if t.Binary {
			err := s.scratch.Apply(ctx, q.p.Diff, git.ApplyOptions{Strip: q.in.Strip, Reverse: true, Check: true})
			var refused *git.ApplyError
			if err != nil && !errors.As(err, &refused) {
				return false, err
			}
			return err == nil, nil
		}
		within, err := s.has(ctx, t)
		if err != nil {
			return false, err
		}
		for k, in := range within {
			lines = true
			all = all && in
			if in && results[k].Outcome == Conflict {
				results[k].Outcome = Merged
			}
		}
	}
	return all && lines, nil
}

// has says of each hunk of t whether s has its change already.
func (s *side) has(ctx context.Context, t *tried) ([]bool, error) {
	within := make([]bool, len(t.Hunks))
	if len(within) == 0 {
		return nil, nil
	}
	if t.new == "" {
		for k := range within {
			within[k] = t.missing
		}
		return within, nil
	}
	b, err := s.read(ctx, t.new)
	if errors.Is(err, git.ErrNotFound) || errors.Is(err, git.ErrTooBig) {
		return within, nil
	} else if err != nil {
		return nil, err
	}
	text := newContent(b)
	if t.old == "" {
		made := rewrite(content{}, t.Hunks, place(nil, t.Hunks, 0))
		within[0] = equal(made.lines, text.lines)
		return within, nil
	}
	back := make([]patch.Hunk, len(t.Hunks))
	for k, h := range t.Hunks {
		back[k] = reversed(h)
	}
	for k, spot := range place(text.lines, back, 0) {
		within[k] = spot.at >= 0 && len(newShape(back[k]).old) > 0
	}
	return within, nil
}

func equal(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
