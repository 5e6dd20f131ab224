package diffmatch

import (
	"cmp"
	"math"
	"slices"
)

// Bounds of the search: a patch is looked for by its rarest lines, and the few
// commits that have most of them are compared in full.
const (
	maxProbes     = 60  // lines looked up
	maxCandidates = 24  // commits compared
	maxCommon     = 500 // a line in more commits than this finds none, unless there is nothing rarer
)

// A candidate is a commit with what it has in common with a patch.
type candidate struct {
	row uint32
	alignment
	patchID bool // the patch-ids are equal
	subject bool
	author  bool
	date    bool // the author times are equal to the second
	cited   bool // the patch names this commit as its origin
	twins   int  // commits in the view with the same subject
	early   bool // it was committed before the patch was written

	knowsSubject, knowsAuthor bool // the patch has one
}

// weigher weighs lines by how few commits of the view have them: 1 for a line
// that at most one has, 0 for one in all (inverse document frequency).
func (v *View) weigher() weigher {
	known := map[uint64]float64{}
	return func(key uint64) float64 {
		w, ok := known[key]
		if !ok {
			w = frequencyWeight(v.frequency(key), v.size)
			known[key] = w
		}
		return w
	}
}

// A query is one line that is looked up.
type query struct {
	key uint64
	df  int
}

// rarest are the lines of a shape by which it is looked for.
func (v *View) rarest(s *shape) []query {
	var list []query
	seen := map[uint64]bool{}
	for i := range s.files {
		s.files[i].changed(func(_ byte, key uint64) {
			if seen[key] {
				return
			}
			seen[key] = true
			if df := v.frequency(key); df > 0 {
				list = append(list, query{key, df})
			}
		})
	}
	slices.SortFunc(list, func(a, b query) int { return cmp.Or(a.df-b.df, cmp.Compare(a.key, b.key)) })
	list = list[:min(len(list), maxProbes)]
	for i := 3; i < len(list); i++ {
		if list[i].df > maxCommon {
			return list[:i]
		}
	}
	return list
}

// lookup gathers the rows that share rare lines with a shape, best first. A
// row much greater than the patch is passed over unless it has nearly all.
func (v *View) lookup(s *shape) []uint32 {
	score := map[uint32]float64{}
	all := 0.0
	for _, q := range v.rarest(s) {
		worth := math.Log(float64(v.size+2) / float64(q.df))
		all += worth
		for r := range v.changing(q.key) {
			score[r] += worth
		}
	}
	best := 0.0
	rows := make([]uint32, 0, len(score))
	for r, sc := range score {
		if v.row(r).lines <= 2000+20*s.lines || sc >= 0.85*all {
			rows = append(rows, r)
			best = max(best, sc)
		}
	}
	slices.SortFunc(rows, func(a, b uint32) int { return cmp.Or(cmp.Compare(score[b], score[a]), cmp.Compare(a, b)) })
	rows = rows[:min(len(rows), maxCandidates)]
	for i, r := range rows {
		if i >= 6 && score[r] < 0.1*best {
			return rows[:i]
		}
	}
	return rows
}
