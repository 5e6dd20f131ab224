package diffmatch

import (
	"cmp"
	"slices"

	"github.com/upstreamd/upstreamd/internal/patch"
)

// A sideMatch says how well a file of left and one of right fit.
type sideMatch struct {
	left, right int
	score       float64
}

// pairSides pairs each file with at most one of the other side, the best
// fitting first: by the changed lines that they share, and by their paths.
// Those without partner stand alone, as -1.
func pairSides(left, right []*patch.File, l, r [][]*sideItem) [][2]int {
	partner, taken := make([]int, len(left)), make([]bool, len(right))
	for i := range partner {
		partner[i] = -1
	}
	for _, m := range sideMatches(left, right, sharedLines(l, r)) {
		if partner[m.left] < 0 && !taken[m.right] {
			partner[m.left], taken[m.right] = m.right, true
		}
	}
	pairs := make([][2]int, 0, max(len(left), len(right)))
	for i, j := range partner {
		pairs = append(pairs, [2]int{i, j})
	}
	for j, t := range taken {
		if !t {
			pairs = append(pairs, [2]int{-1, j})
		}
	}
	return pairs
}

// sharedLines is how much the changed lines weigh that two files share. Lines
// in very many files tell nothing and are left out.
func sharedLines(l, r [][]*sideItem) map[[2]int]int {
	inLeft, inRight := fileCounts(l), fileCounts(r)
	shared := map[[2]int]int{}
	for key, lefts := range inLeft {
		rights := inRight[key]
		if len(lefts) > maxTwins || len(rights) > maxTwins {
			continue
		}
		for _, x := range lefts {
			for _, y := range rights {
				shared[[2]int{x.file, y.file}] += min(x.times, y.times) * x.weight
			}
		}
	}
	return shared
}

// A fileCount is how often a line is changed in a file.
type fileCount struct{ file, times, weight int }

// fileCounts are the files that have a changed line, by its key.
func fileCounts(side [][]*sideItem) map[uint64][]fileCount {
	count := map[uint64][]fileCount{}
	for i, items := range side {
		for _, it := range items {
			if !it.counts {
				continue
			}
			list := count[it.key]
			if n := len(list); n > 0 && list[n-1].file == i {
				list[n-1].times++
				continue
			}
			count[it.key] = append(list, fileCount{i, 1, int(it.weight)})
		}
	}
	return count
}

// sideMatches are the files that may belong together, the best first. The
// order is the same, sides exchanged, for right and left exchanged.
func sideMatches(left, right []*patch.File, shared map[[2]int]int) []sideMatch {
	inLeft, inRight := byName(left, (*patch.File).Path), byName(right, (*patch.File).Path)
	for path, l := range inLeft {
		r := inRight[path]
		for n := range min(len(l), len(r)) {
			shared[[2]int{l[n], r[n]}] += 0 // to be looked at
		}
	}
	inLeft, inRight = byName(left, names...), byName(right, names...)
	for name, l := range inLeft {
		r := inRight[name]
		if len(l) > maxTwins || len(r) > maxTwins {
			continue
		}
		for _, i := range l {
			for _, j := range r {
				shared[[2]int{i, j}] += 0
			}
		}
	}
	var list []sideMatch
	for p, w := range shared {
		if score := fit(left[p[0]], right[p[1]], float64(w)/lineWeight); score > 0 {
			list = append(list, sideMatch{p[0], p[1], score})
		}
	}
	slices.SortFunc(list, func(a, b sideMatch) int {
		return cmp.Or(
			cmp.Compare(b.score, a.score),
			max(a.left, a.right)-max(b.left, b.right), min(a.left, a.right)-min(b.left, b.right), a.left-b.left,
		)
	})
	return list
}

// names are what files may be known by, directories aside.
var names = []func(*patch.File) string{
	func(f *patch.File) string { return base(f.Path()) },
	func(f *patch.File) string { return base(f.Old) },
}

// byName are the places of files by each of their names.
func byName(files []*patch.File, names ...func(*patch.File) string) map[string][]int {
	at := map[string][]int{}
	for i, f := range files {
		last := ""
		for _, of := range names {
			if name := of(f); name != "" && name != last {
				at[name] = append(at[name], i)
				last = name
			}
		}
	}
	return at
}

// fit is how well two files belong together that share w telling lines; 0 if
// they do not.
func fit(a, b *patch.File, w float64) float64 {
	sa, sb := fileShape{path: a.Path(), old: a.Old}, fileShape{path: b.Path(), old: b.Old}
	agree := sa.agreement(&sb)
	switch {
	case agree >= 0.9:
		return (w + 0.5) * (1 + agree)
	case agree > 0 && w >= 0.5:
		return w * (1 + agree)
	case w >= 2:
		return w
	}
	return 0
}
