package rebase

import (
	"context"
	"errors"
	"slices"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// contained finds which hunks the side has already and says whether it has
// the whole change: every hunk applies backwards without fuzz, every file that
// the patch makes is there with the same content, and every one that it removes
// is absent.
func (a *attempt) contained() bool {
	all, any := true, false
	for i := range a.files {
		t := &a.files[i]
		t.back = t.within()
		for _, s := range t.back {
			any = true
			all = all && s.at >= 0
		}
		all = all && !t.Binary
	}
	return all && any
}

// setMerged makes merged the outcome of the patch and of all its hunks.
func (a *attempt) setMerged() {
	a.outcome = Merged
	next := 0
	for _, t := range a.files {
		for i := range max(len(t.Hunks), 1) {
			a.hunks[next].Outcome = Merged
			if i < len(t.back) && t.back[i].at >= 0 {
				a.hunks[next].Line = t.back[i].at + 1
			}
			next++
		}
	}
}

// containsBinary is contained for a patch with binary files, which git alone
// can compare.
func (s *side) containsBinary(ctx context.Context, q *queued, a *attempt) (bool, error) {
	if !slices.ContainsFunc(a.files, func(t tried) bool { return t.Binary }) {
		return false, nil
	}
	back := q.in.apply()
	back.Reverse, back.Check = true, true
	err := s.scratch.Apply(ctx, q.p.Diff, back)
	var refused *git.ApplyError
	if errors.As(err, &refused) {
		return false, nil
	}
	return err == nil, err
}

// farther reports whether the patch would apply at a greater distance than it
// lies backwards: then, in a file of many like lines, it is there already.
func (a *attempt) farther() bool {
	there, back := 0, 0
	for _, t := range a.files {
		for i, s := range t.spots {
			there += abs(s.offset)
			back += abs(t.back[i].offset)
		}
	}
	return there > back
}

// within says for each hunk where the file has its change already.
func (t *tried) within() []spot {
	spots := make([]spot, len(t.Hunks))
	for i := range spots {
		spots[i].at = -1
	}
	switch {
	case len(spots) == 0 || t.unread || t.nameless:
	case t.new == "":
		if t.missing {
			spots[0].at = 0
		}
	case t.old == "":
		made, ok := t.made()
		if ok && t.occupied && slices.Equal(made.lines, t.there.lines) {
			spots[0].at = 0
		}
	default:
		text := t.found
		if t.new != t.old {
			text = t.there
		}
		back := make([]patch.Hunk, len(t.Hunks))
		for i, h := range t.Hunks {
			back[i] = reversed(h)
		}
		spots = place(text.lines, back, 0)
		for i := range spots {
			if len(newShape(back[i]).old) == 0 || !changesLines(t.Hunks[i]) {
				spots[i].at = -1 // nothing is everywhere
			}
		}
	}
	return spots
}

// made is the file that t makes. It makes none where a hunk has an old side.
func (t *tried) made() (content, bool) {
	spots := place(nil, t.Hunks, 0)
	if slices.ContainsFunc(spots, func(s spot) bool { return s.at < 0 }) {
		return content{}, false
	}
	return rewrite(content{}, t.Hunks, spots), true
}

// changesLines reports whether a hunk is more than context.
func changesLines(h patch.Hunk) bool {
	return slices.ContainsFunc(h.Lines, func(l patch.Line) bool { return l.Op != ' ' })
}
