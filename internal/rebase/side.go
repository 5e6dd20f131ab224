package rebase

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// A side is one revision with the patches applied that fit.
type side struct {
	rev     string // hash
	scratch *git.Scratch
	batch   *git.Batch
	changed map[string]bool // paths that a patch has changed: they are read from scratch
}

func newSide(ctx context.Context, repo *git.Repo, rev string) (*side, error) {
	scratch, err := repo.Scratch(ctx, rev)
	if err != nil {
		return nil, err
	}
	batch, err := repo.Batch(ctx)
	if err != nil {
		return nil, errors.Join(err, scratch.Close())
	}
	return &side{rev, scratch, batch, map[string]bool{}}, nil
}

func (s *side) close() {
	s.batch.Close()
	s.scratch.Close() // a temporary directory that stays is no failure of the test
}

// read is the content of the file path as it is now.
func (s *side) read(ctx context.Context, path string) ([]byte, error) {
	if s.changed[path] {
		return s.scratch.Blob(ctx, path)
	}
	return s.batch.Blob(s.rev + ":" + path)
}

// An attempt is a patch tried on a side.
type attempt struct {
	files   []tried
	hunks   []HunkResult
	outcome string
	note    string // more, in words
}

// fits reports whether the patch applied, and so is part of its side now.
func (a *attempt) fits() bool {
	return a.outcome == Applies || a.outcome == Offset || a.outcome == Fuzz
}

// A tried is one file of an attempt.
type tried struct {
	*patch.File
	old, new string  // paths in the tree; "" = absent
	found    content // of old, as the side has it
	before   content // the same after the sections above, where they are about the same file
	there    content // of new, as the side has it, where that is another path than old
	missing  bool    // there is no file old
	unread   bool    // a content is not known: too big
	occupied bool    // there is a file new that the patch wants to make
	spots    []spot  // of the hunks
	back     []spot  // of the hunks when taken back: where their change is already
}

// try tries a patch, and applies it if it fits.
func (s *side) try(ctx context.Context, q *queued) (*attempt, error) {
	a := &attempt{}
	for _, f := range q.p.Files {
		t, err := s.look(ctx, f, q.in.Strip)
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
	err := s.scratch.Apply(ctx, q.p.Diff, git.ApplyOptions{Strip: q.in.Strip})
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
	binary, err := s.containsBinary(ctx, q, a)
	if a.contained() || binary {
		a.setMerged()
		return nil
	}
	if err != nil || !a.fits() {
		return err
	}
	err = s.write(ctx, a)
	var refused *git.CommandError
	if errors.As(err, &refused) {
		a.outcome, a.note = Conflict, "git allows no such path"
		for i := range a.hunks {
			a.hunks[i].Outcome = Conflict
		}
		return nil
	}
	s.dirty(a)
	return err
}

// look finds what one file of a patch is about.
func (s *side) look(ctx context.Context, f *patch.File, strip int) (tried, error) {
	t := tried{File: f, old: stripped(f.Old, strip), new: stripped(f.New, strip)}
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

// after is what the file of t is like when the sections before t are applied.
// Some patches have several sections about one file.
func (a *attempt) after(t tried) content {
	for i := len(a.files) - 1; i >= 0; i-- {
		if u := a.files[i]; u.new != "" && u.new == t.old {
			if slices.ContainsFunc(u.spots, func(s spot) bool { return s.at < 0 }) {
				return u.before
			}
			return rewrite(u.before, u.Hunks, u.spots)
		}
	}
	return t.found
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

// stripped is a path of the patch without the further leading parts that -p
// with more than 1 takes off.
func stripped(path string, strip int) string {
	for ; strip > 1 && path != ""; strip-- {
		if _, rest, ok := strings.Cut(path, "/"); ok {
			path = rest
		}
	}
	return path
}

// blocked reports whether the file cannot be changed whatever its hunks say.
func (t *tried) blocked() bool {
	return t.missing || t.unread || t.occupied || t.Binary || t.Damage != "" || t.Copy || t.old == "" && t.new == ""
}

// sum makes the outcome of the patch of those of its hunks. strict means that
// git applied it.
func (a *attempt) sum(strict bool) {
	modified, gone := 0, 0
	worst := 0
	order := []string{Applies, Offset, Fuzz, Conflict}
	for i := range a.files {
		t := &a.files[i]
		if t.old != "" {
			modified++
			if t.missing {
				gone++
			}
		}
		for _, h := range t.results(strict) {
			a.hunks = append(a.hunks, h)
			k := slices.Index(order, h.Outcome)
			if k < 0 {
				k = len(order) - 1 // gone or merged
			}
			worst = max(worst, k)
		}
	}
	a.outcome = order[worst]
	if a.outcome == Conflict && modified > 0 && gone == modified {
		a.outcome = Gone
	}
}

// results are those of the file's hunks, or one for a file without hunks.
func (t *tried) results(strict bool) []HunkResult {
	path := t.old
	if path == "" {
		path = t.new
	}
	if len(t.Hunks) == 0 {
		r := HunkResult{File: path, Outcome: Applies}
		if !strict && t.blocked() {
			r.Outcome = t.failure()
		}
		return []HunkResult{r}
	}
	all := make([]HunkResult, len(t.spots))
	var marks map[string][]int
	for i, s := range t.spots {
		r := HunkResult{File: path, Hunk: i + 1, Outcome: Applies, Line: s.at + 1}
		switch {
		case strict && s.at < 0: // git knows better
			r.Line = s.guess + 1
		case !strict && s.at < 0 && t.back[i].at >= 0:
			r.Outcome, r.Line = Merged, t.back[i].at+1 // in a patch that does not fit
		case !strict && (s.at < 0 || t.blocked()):
			r.Outcome, r.Line = t.failure(), 0
			if marks == nil {
				marks = rare(t.before.lines)
			}
			if len(t.before.lines) > 0 {
				r.Line = min(newShape(t.Hunks[i]).likely(marks, s.guess)+1, len(t.before.lines))
			}
		case s.fuzz > 0 && !strict:
			r.Outcome = Fuzz
		case s.offset != 0:
			r.Outcome = Offset
		}
		all[i] = r
	}
	return all
}

func (t *tried) failure() string {
	if t.missing {
		return Gone
	}
	return Conflict
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
