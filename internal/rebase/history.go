package rebase

import (
	"context"
	"io/fs"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/patch"
)

const (
	historyMax = 5000 // commits read for one queue
	tellingMin = 3    // telling lines by which a change is known again in a bigger one
)

// A past is what the commits between the revisions say about one patch.
type past struct {
	commit string // the oldest that has all of the change, or ""
	same   bool   // commit makes that very change, and it was not taken back

	id     string // patch-id
	lines  lineSet
	back   lineSet // the lines that take it back
	hurt   []hurt  // hunks whose blame is sought
	kept   bool    // the new revision has most of its lines
	like   string  // the oldest commit that has most of it, or ""
	share  float64 // of its lines, that like has
	undone bool    // a commit newer than those still to come does nothing but take it back
}

// readHistory reads the commits between the revisions that touch files of the
// patches that do not apply. It finds the commits that have their changes, and
// who touched the lines of their hunks.
func (q *queue) readHistory(ctx context.Context) error {
	query := git.LogQuery{Revs: []string{q.to}, Diff: true, Max: historyMax}
	if q.from != "" {
		query.Not = []string{q.from}
	}
	concerned := map[string][]*queued{} // by path
	for _, c := range q.patches {
		if c.err != nil || c.now.fits() {
			continue
		}
		for _, path := range c.now.paths() {
			if concerned[path] == nil && fs.ValidPath(path) && !strings.Contains(path, "\n") {
				query.Paths = append(query.Paths, path)
			}
			concerned[path] = append(concerned[path], c)
		}
	}
	if len(query.Paths) == 0 {
		return nil
	}
	return q.repo.LogPaths(ctx, query, func(k *git.Commit) error {
		files, err := patch.ParseDiff(k.Diff)
		if err != nil || k.DiffTruncated {
			return nil // a commit that cannot be read is no evidence
		}
		touched := map[*queued][]*patch.File{}
		have := newLineSet()
		for _, f := range files {
			have.add(f)
			for _, c := range concerned[f.Path()] {
				touched[c] = append(touched[c], f)
			}
		}
		for c, files := range touched {
			c.past.look(k.Hash, have, files)
			c.past.compare(k, have, c.p.Subject)
			if q.from != "" {
				c.past.blame(c.now, k.Hash, files)
			}
		}
		return nil
	})
}

func newPast(a *attempt) past {
	p := past{lines: newLineSet(), back: newLineSet()}
	files := make([]*patch.File, len(a.files))
	kept, all, next := 0, 0, 0
	for i, t := range a.files {
		f := *t.File
		f.Old, f.New = t.old, t.new
		files[i] = &f
		p.lines.add(&f)
		for _, h := range f.Hunks {
			p.back.add(&patch.File{Old: f.New, New: f.Old, Hunks: []patch.Hunk{reversed(h)}})
		}
		p.watch(t, next, a.hunks[next:next+max(len(t.Hunks), 1)])
		next += max(len(t.Hunks), 1)
		k, n := t.kept()
		kept, all = kept+k, all+n
	}
	p.id = (&patch.Patch{Files: files}).ID()
	p.kept = 2*kept > all
	return p
}

// look compares the change with that of a commit: with all the lines that it
// changes, and with its part in the files of the patch. It is called with the
// newest commit first.
func (p *past) look(commit string, all lineSet, part []*patch.File) {
	if !all.covers(p.lines) {
		if all.covers(p.back) {
			only := newLineSet()
			for _, f := range part {
				only.add(f)
			}
			p.undone = p.undone || only.total == p.back.total
		}
		return
	}
	if p.undone && !p.kept {
		return
	}
	if (&patch.Patch{Files: part}).ID() == p.id {
		p.commit, p.same = commit, true
	} else if !p.same {
		p.commit = commit
		p.same = p.kept && p.lines.telling >= tellingMin
	}
}

// What share of a patch's lines a commit has to change as the patch does: with
// the patch's subject, and with any other. A backport may lack the tests of its
// commit and may be made for older code.
const (
	likeNamed = 0.5
	likeAny   = 0.9
)

// compare notes a commit that is mostly the change, though not all of it: what
// is left of the patch was not needed, or is changed otherwise.
func (p *past) compare(k *git.Commit, all lineSet, subject string) {
	share := all.share(p.lines)
	if p.undone || p.lines.telling < tellingMin || share < likeNamed {
		return
	}
	if share >= likeAny || subject != "" && strings.EqualFold(strings.TrimSpace(subject), strings.TrimSpace(k.Subject)) {
		p.like, p.share = k.Hash, share
	}
}

// share is how much of part's lines s has, from 0 to 1.
func (s lineSet) share(part lineSet) float64 {
	n := 0
	for line, count := range part.count {
		n += min(count, s.count[line])
	}
	return float64(n) / float64(max(1, part.total))
}

// paths are the paths of all files of the attempt, each once.
func (a *attempt) paths() []string {
	var paths []string
	for _, t := range a.files {
		for _, path := range []string{t.old, t.new} {
			if path != "" && !slices.Contains(paths, path) {
				paths = append(paths, path)
			}
		}
	}
	return paths
}

// kept counts the telling lines that the hunks change, and those of them that
// the file has as the change would leave them.
func (t *tried) kept() (kept, all int) {
	text := t.found
	if t.new != t.old {
		text = t.there
	}
	have := make(map[string]bool, len(text.lines))
	for _, l := range text.lines {
		have[squeezed(l)] = true
	}
	for _, h := range t.Hunks {
		for _, l := range h.Lines {
			if l.Op != ' ' && telling(l.Text) {
				all++
				if have[squeezed(l.Text)] == (l.Op == '+') {
					kept++
				}
			}
		}
	}
	return kept, all
}

// A lineSet counts changed lines by path, sign and text.
type lineSet struct {
	count   map[string]int
	total   int
	telling int
}

func newLineSet() lineSet { return lineSet{count: map[string]int{}} }

func (s *lineSet) add(f *patch.File) {
	for _, h := range f.Hunks {
		for _, l := range h.Lines {
			text := squeezed(l.Text)
			if l.Op == ' ' || text == "" {
				continue
			}
			s.count[f.Path()+"\x00"+string(l.Op)+text]++
			s.total++
			if telling(text) {
				s.telling++
			}
		}
	}
}

// covers reports whether s has all lines of part, and these tell anything.
func (s lineSet) covers(part lineSet) bool {
	if part.total > s.total || part.telling == 0 {
		return false
	}
	for line, n := range part.count {
		if s.count[line] < n {
			return false
		}
	}
	return true
}

// squeezed is a line without blanks, as patch-id compares them.
func squeezed(line string) string {
	return strings.Map(func(c rune) rune {
		if c == ' ' || c == '\t' || c == '\r' {
			return -1
		}
		return c
	}, line)
}
