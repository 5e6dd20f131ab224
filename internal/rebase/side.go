package rebase

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// A side is one revision with the patches applied that fit.
type side struct {
	rev     string // hash
	scratch *git.Scratch
	batch   *git.Batch      // of the queue
	changed map[string]bool // paths that a patch has changed: they are read from scratch
}

func newSide(ctx context.Context, repo *git.Repo, batch *git.Batch, rev string) (*side, error) {
	scratch, err := repo.Scratch(ctx, rev)
	if err != nil {
		return nil, err
	}
	return &side{rev, scratch, batch, map[string]bool{}}, nil
}

func (s *side) close() {
	s.scratch.Close() // a temporary directory that stays is no failure of the test
}

// read is the content of the file path as it is now.
func (s *side) read(ctx context.Context, path string) ([]byte, error) {
	if s.changed[path] {
		return s.scratch.Blob(ctx, path)
	}
	return s.batch.Blob(s.rev + ":" + path)
}

// try tries a patch, and applies it if it fits.
func (s *side) try(ctx context.Context, q *queued) (*attempt, error) {
	a := &attempt{}
	for _, f := range q.p.Files {
		t, err := s.look(ctx, f, q.in)
		if err != nil {
			return nil, err
		}
		t.before = a.after(t)
		t.spots = place(t.before.lines, f.Hunks, maxFuzz)
		a.files = append(a.files, t)
	}
	if a.contained() && a.farther() {
		a.sum(false)
		a.setMerged()
		return a, nil
	}
	err := s.scratch.Apply(ctx, q.p.Diff, q.in.apply())
	var refused *git.ApplyError
	switch {
	case err == nil:
		a.sum(true)
		s.dirty(a)
		return a, nil
	case !errors.As(err, &refused):
		return nil, err
	}
	return a, s.force(ctx, q, a)
}

// force applies with fuzz what git refuses, unless it is there already.
func (s *side) force(ctx context.Context, q *queued, a *attempt) error {
	a.sum(false)
	if slices.ContainsFunc(a.files, func(t tried) bool { return t.nameless }) {
		a.note = fmt.Sprintf("a name has nothing left with -p%d", q.in.Strip)
	}
	binary, err := s.containsBinary(ctx, q, a)
	if a.contained() || binary {
		a.setMerged()
		return nil
	}
	if err != nil || !a.fits() {
		return err
	}
	before, err := s.scratch.Tree(ctx)
	if err != nil {
		return err
	}
	err = s.write(ctx, a)
	var refused *git.CommandError
	if errors.As(err, &refused) {
		a.outcome, a.note = Conflict, "git allows no such path"
		for i := range a.hunks {
			a.hunks[i].Outcome = Conflict
		}
		return s.scratch.Reset(ctx, before) // of several files some may be written
	}
	if a.outcome != Fuzz { // every hunk has its place, and yet git refuses
		a.outcome, a.note = Fuzz, "git apply refuses it, GNU patch does not"
	}
	s.dirty(a)
	return err
}

// look finds what one file of a patch is about.
func (s *side) look(ctx context.Context, f *patch.File, in Input) (tried, error) {
	t := tried{File: f, old: in.inTree(f.Old), new: in.inTree(f.New)}
	if t.nameless = nameless(f.Old, in.Strip) || nameless(f.New, in.Strip); t.nameless {
		return t, nil
	}
	var err error
	if t.old != "" {
		var there bool
		if t.found, there, err = s.content(ctx, t.old, &t.unread); err != nil {
			return t, err
		}
		t.missing = !there
	}
	if t.new != "" && t.new != t.old {
		if t.there, t.occupied, err = s.content(ctx, t.new, &t.unread); err != nil {
			return t, err
		}
	}
	return t, nil
}

// content reads a file that may be absent, or too big: that is noted in big.
func (s *side) content(ctx context.Context, path string, big *bool) (c content, there bool, err error) {
	b, err := s.read(ctx, path)
	switch {
	case errors.Is(err, git.ErrNotFound):
		return c, false, nil
	case errors.Is(err, git.ErrTooBig):
		*big = true
		return c, true, nil
	}
	return newContent(b), err == nil, err
}

// write applies an attempt whose hunks were all placed.
func (s *side) write(ctx context.Context, a *attempt) error {
	for _, t := range a.files {
		mode := "100644"
		if t.old != "" {
			var err error
			if mode, err = s.scratch.Mode(ctx, t.old); err != nil {
				return err
			}
		}
		if t.NewMode != "" {
			mode = t.NewMode
		}
		if t.old != "" && t.old != t.new {
			if err := s.scratch.Remove(ctx, t.old); err != nil {
				return err
			}
		}
		if t.new == "" {
			continue
		}
		after := rewrite(t.before, t.Hunks, t.spots)
		if err := s.scratch.Write(ctx, t.new, mode, []byte(after.String())); err != nil {
			return err
		}
	}
	return nil
}

// dirty notes which files the attempt has changed.
func (s *side) dirty(a *attempt) {
	for _, t := range a.files {
		s.changed[t.old], s.changed[t.new] = true, true
	}
}
