package rebase

import "github.com/upstreamd/upstreamd/internal/patch"

const (
	blameMax = 5   // commits named for one hunk
	hurtMax  = 200 // hunks of one patch whose blame is sought
)

// A hurt is a hunk that does not apply.
type hurt struct {
	index int    // in the attempt's hunks
	path  string // of its file
	gone  bool
	pairs map[pair]bool
}

// watch notes the hunks of t that do not apply; the first of them is number
// first of the attempt.
func (p *past) watch(t tried, first int, hunks []HunkResult) {
	for i, r := range hunks {
		if len(p.hurt) >= hurtMax || r.Outcome != Conflict && r.Outcome != Gone {
			continue
		}
		h := hurt{index: first + i, path: t.old, gone: r.Outcome == Gone}
		if !h.gone && i < len(t.Hunks) {
			h.pairs = neighbours(t.Hunks[i])
		}
		p.hurt = append(p.hurt, h)
	}
}

// blame adds the commit to the hunks whose lines it touches: it removes one of
// them, or puts something between two neighbours of the hunk's old side. For a
// file that is gone, the commit that removed it is blamed.
func (p *past) blame(a *attempt, commit string, files []*patch.File) {
	for _, h := range p.hurt {
		r := &a.hunks[h.index]
		for _, f := range files {
			if len(r.Blame) < blameMax && (h.gone && f.Old == h.path && f.New == "" ||
				!h.gone && f.Path() == h.path && touches(f, h.pairs)) {
				r.Blame = append(r.Blame, commit)
				break
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
