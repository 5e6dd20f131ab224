package rebase

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/patch"
)

const (
	historyMax = 3000 // commits read for one patch
	blameMax   = 5    // commits named for one hunk
)

// A history is what the commits between the revisions say about one patch.
type history struct {
	commit string // the oldest that has all of the change, or ""
	same   bool   // commit makes that very change and the new revision still has it
}

// history reads the commits between the revisions that touch the patch's
// files, looks for the change in them, and fills in who touched the hunks that
// do not apply.
func (q *queue) history(ctx context.Context, c queued, a *attempt) (history, error) {
	query := git.LogQuery{Revs: []string{q.to}, Diff: true, Max: historyMax}
	if q.from != "" {
		query.Not = []string{q.from}
	}
	for _, t := range a.files {
		for _, path := range []string{t.old, t.new} {
			if path != "" && !slices.Contains(query.Paths, path) {
				query.Paths = append(query.Paths, path)
			}
		}
	}
	if len(query.Paths) == 0 {
		return history{}, nil
	}
	var h history
	id, want := c.p.ID(), changedLines(a.files)
	err := q.repo.Log(ctx, query, func(k *git.Commit) error {
		files, err := patch.ParseDiff(k.Diff)
		if err != nil || k.DiffTruncated {
			return nil // a commit that cannot be read is no evidence
		}
		switch {
		case id != "" && patch.DiffID(k.Diff) == id:
			h.commit, h.same = k.Hash, true
		case !h.same && want.in(files):
			h.commit = k.Hash
		}
		if q.from != "" {
			blame(a, k.Hash, files)
		}
		return nil
	})
	if errors.Is(err, git.ErrNotFound) { // a path that git cannot be asked about
		return history{}, nil
	}
	if err == nil && h.commit != "" {
		h.same, err = q.stillThere(ctx, a, h.same || want.telling >= 3)
	}
	return h, err
}

// stillThere reports, for a change that was found, whether most of its telling
// lines are as it left them: it may have been reverted since.
func (q *queue) stillThere(ctx context.Context, a *attempt, found bool) (bool, error) {
	kept, all := 0, 0
	for _, t := range a.files {
		have := map[string]bool{}
		if t.new != "" {
			b, err := q.now.read(ctx, t.new)
			if err != nil && !errors.Is(err, git.ErrNotFound) && !errors.Is(err, git.ErrTooBig) {
				return false, err
			}
			for _, l := range newContent(b).lines {
				have[strings.TrimSpace(l)] = true
			}
		}
		for _, h := range t.Hunks {
			for _, l := range h.Lines {
				if l.Op != ' ' && telling(l.Text) {
					all++
					if have[strings.TrimSpace(l.Text)] == (l.Op == '+') {
						kept++
					}
				}
			}
		}
	}
	return found && all > 0 && 2*kept > all, nil
}

// A lineSet counts the changed lines of a patch: path, sign and text.
type lineSet struct {
	count   map[string]int
	telling int
}

func changedLines(files []tried) lineSet {
	s := lineSet{count: map[string]int{}}
	for _, t := range files {
		s.add(t.File, t.old, t.new)
	}
	return s
}

func (s *lineSet) add(f *patch.File, old, new string) {
	path := new
	if path == "" {
		path = old
	}
	for _, h := range f.Hunks {
		for _, l := range h.Lines {
			if text := strings.TrimSpace(l.Text); l.Op != ' ' && text != "" {
				s.count[path+"\x00"+string(l.Op)+text]++
				if telling(text) {
					s.telling++
				}
			}
		}
	}
}

// in reports whether a commit that changes files has all lines of s.
func (s lineSet) in(files []*patch.File) bool {
	have := lineSet{count: map[string]int{}}
	for _, f := range files {
		have.add(f, f.Old, f.New)
	}
	for line, n := range s.count {
		if have.count[line] < n {
			return false
		}
	}
	return s.telling > 0
}

// blame adds the commit to the hunks that fail and whose lines it touches: it
// removes or puts something between two neighbours of the hunk's old side. A
// commit is blamed for a file that is gone when it removed that file.
func blame(a *attempt, commit string, files []*patch.File) {
	k := 0
	for _, t := range a.files {
		for i := range max(len(t.Hunks), 1) {
			r := &a.hunks[k]
			k++
			if len(r.Blame) >= blameMax {
				continue
			}
			for _, f := range files {
				hit := r.Outcome == Gone && f.Old == t.old && f.New == ""
				if r.Outcome == Conflict && f.Path() == t.old && i < len(t.Hunks) {
					hit = touches(f, neighbours(t.Hunks[i]))
				}
				if hit {
					r.Blame = append(r.Blame, commit)
					break
				}
			}
		}
	}
}

// A pair is two lines that follow each other.
type pair [2]string

// neighbours are the pairs of a hunk's old side that tell where they are from.
func neighbours(h patch.Hunk) map[pair]bool {
	pairs := map[pair]bool{}
	old := newShape(h).old
	for i := 1; i < len(old); i++ {
		if telling(old[i-1]) || telling(old[i]) {
			pairs[pair{old[i-1], old[i]}] = true
		}
	}
	return pairs
}

// touches reports whether the change of f parts or removes one of pairs.
func touches(f *patch.File, pairs map[pair]bool) bool {
	for _, h := range f.Hunks {
		var last patch.Line // of the old side
		known, added := false, false
		for _, l := range h.Lines {
			if l.Op == '+' {
				added = true
				continue
			}
			if known && (added || last.Op == '-' || l.Op == '-') && pairs[pair{last.Text, l.Text}] {
				return true
			}
			last, known, added = l, true, false
		}
	}
	return false
}
