package rebase

import (
	"context"
	"errors"
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
}

// fits reports whether the patch applied, and so is part of its side now.
func (a *attempt) fits() bool {
	return a.outcome == Applies || a.outcome == Offset || a.outcome == Fuzz
}

// A tried is one file of an attempt.
type tried struct {
	*patch.File
	old, new string  // paths in the tree; "" = absent
	before   content // of old
	missing  bool    // there is no file old
	unread   bool    // before is not known: too big
	occupied bool    // there is a file new that the patch wants to make
	spots    []spot  // of the hunks
}

// try tries a patch, and applies it if it fits.
func (s *side) try(ctx context.Context, q queued) (*attempt, error) {
	a := &attempt{}
	for _, f := range q.p.Files {
		t, err := s.look(ctx, f, q.in.Strip)
		if err != nil {
			return nil, err
		}
		a.files = append(a.files, t)
	}
	err := s.scratch.Apply(ctx, q.p.Diff, git.ApplyOptions{Strip: q.in.Strip})
	var refused *git.ApplyError
	if err != nil && !errors.As(err, &refused) {
		return nil, err
	}
	strict := err == nil
	a.sum(strict)
	if strict || !a.fits() {
		s.dirty(a, strict)
		return a, nil
	}
	if err := s.write(ctx, a); err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		a.outcome = Conflict // a path that git does not allow
	}
	s.dirty(a, true)
	return a, nil
}

// look finds what one file of a patch is about.
func (s *side) look(ctx context.Context, f *patch.File, strip int) (tried, error) {
	t := tried{File: f, old: stripped(f.Old, strip), new: stripped(f.New, strip)}
	if t.old == "" || t.new != t.old {
		_, err := s.read(ctx, t.new)
		t.occupied = t.new != "" && !errors.Is(err, git.ErrNotFound)
	}
	if t.old != "" {
		b, err := s.read(ctx, t.old)
		switch {
		case err == nil:
			t.before = newContent(b)
		case errors.Is(err, git.ErrNotFound):
			t.missing = true
		case errors.Is(err, git.ErrTooBig):
			t.unread = true
		default:
			return t, err
		}
	}
	t.spots = place(t.before.lines, f.Hunks, maxFuzz)
	return t, nil
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
			for k, o := range order {
				if h.Outcome == o || h.Outcome == Gone && o == Conflict {
					worst = max(worst, k)
				}
			}
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
		if !strict {
			r.Outcome = t.failure()
		}
		return []HunkResult{r}
	}
	all := make([]HunkResult, len(t.spots))
	for i, s := range t.spots {
		r := HunkResult{File: path, Hunk: i + 1, Outcome: Applies, Line: s.at + 1}
		switch {
		case strict && s.at < 0: // git knows better
			r.Line = s.guess + 1
		case !strict && (s.at < 0 || t.blocked()):
			r.Outcome, r.Line = t.failure(), 0
			if !t.missing && !t.unread && !t.occupied {
				r.Line = newShape(t.Hunks[i]).guessByLines(t.before.lines, s.guess) + 1
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
func (s *side) dirty(a *attempt, applied bool) {
	if !applied {
		return
	}
	for _, t := range a.files {
		s.changed[t.old], s.changed[t.new] = true, true
	}
}
