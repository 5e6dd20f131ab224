package diffmatch

import (
	"cmp"
	"iter"
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

// usualSize is the number of commits by which lines are weighed, whatever the
// view has: another commit must not change how a patch is judged.
const usualSize = 2000

// A candidate is a commit with what it has in common with a patch.
type candidate struct {
	row uint32
	alignment
	patchID bool // the patch-ids are equal
	subject bool
	author  bool
	date    bool    // the author times are equal to the second
	cited   bool    // the patch names this commit as its origin
	linked  bool    // it names the mail that the patch is
	twins   int     // commits in the view with the same subject
	early   bool    // it was committed before the patch was written
	title   float64 // how far the titles have the same words
	titled  uint64  // key of the commit's title
	named   bool    // the patch's message names the commit's title
	rival   float64 // likeness of the best other candidate that does not make the very same change
	words   wording
	found   []bool // which changed lines of the patch it has, if it was read again

	lines, all float64 // log-odds that this is the commit: by lines alone, and by all that is known

	knowsSubject, knowsAuthor bool // the patch has one
}

// weigher weighs lines by how few commits of the view have them: 1 for a line
// that at most one has, 0 for one in all (inverse document frequency).
func (v *View) weigher() weigher {
	known := map[uint64]float64{}
	return func(key uint64) float64 {
		w, ok := known[key]
		if !ok {
			w = frequencyWeight(v.frequency(key), usualSize)
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

// placeWorth is what it is worth in a lookup that a commit touches a file of
// the patch: as much as a line that one in twenty commits has.
const placeWorth = 3

// touching are the rows of the view that change a file of a shape.
func (v *View) touching(s *shape) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for i := range s.files[:min(len(s.files), maxProbes)] {
			for n := range v.touched(s.files[i].path) {
				if !yield(n) {
					return
				}
			}
		}
	}
}

// lookup gathers the rows that share rare lines with a shape, best first. A
// row much greater than the patch is passed over unless it has nearly all.
func (v *View) lookup(s *shape) []uint32 {
	score := map[uint32]float64{}
	all := 0.0
	for _, q := range v.rarest(s) {
		worth := math.Log(1 + 20*usualSize/float64(q.df))
		all += worth
		for r := range v.changing(q.key) {
			score[r] += worth
		}
	}
	for r := range v.touching(s) {
		if sc, ok := score[r]; ok { // the same lines are found in many places
			score[r] = sc + placeWorth
		}
	}
	best := 0.0
	rows := make([]uint32, 0, len(score))
	for r, sc := range score {
		if v.lines(r) <= 2000+20*s.lines || sc >= 0.85*all {
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

// setRivals tells each candidate how like the patch the best other one is
// that does not make the very same change.
func setRivals(list []candidate) {
	for i := range list {
		c := &list[i]
		c.rival = 0
		for j := range list {
			if o := &list[j]; o.left != c.left || o.right != c.right {
				c.rival = max(c.rival, o.likeness())
			}
		}
	}
}
