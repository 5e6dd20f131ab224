package diffmatch

import (
	"slices"
	"strconv"
	"strings"

	"github.com/upstreamd/upstreamd/internal/patch"
)

// The relations of a [RangeRow].
const (
	Unchanged = "unchanged" // the same change with the same message
	Reworded  = "reworded"  // the same change, another message
	Changed   = "changed"
	Added     = "new"
	Gone      = "dropped"
)

// A RangeRow says what became of a patch from one revision of a series to
// another.
type RangeRow struct {
	Old, New   int // indices; -1 where there is none
	Relation   string
	Similarity // zero where there is only one of them
}

// Range says which patch of one revision is which of another: the assignment
// that makes the sum of likenesses greatest, as git range-diff does it (Kuhn:
// "The Hungarian method for the assignment problem", 1955). Rows are in the
// order of the new revision, and a dropped patch stands behind the one that it
// followed. A nil patch is one that cannot be read; it is nothing's other side.
func Range(old, new []*patch.Patch) []RangeRow {
	weight, like := likenesses(old, new)
	other := assign(weight)
	rows := make([]RangeRow, 0, len(old)+len(new))
	after := map[int][]int{} // dropped ones by the new patch that they stand behind
	taken := make([]int, len(new))
	for j := range taken {
		taken[j] = -1
	}
	last := -1
	for i, j := range other {
		if j < 0 {
			after[last] = append(after[last], i)
			continue
		}
		taken[j], last = i, j
	}
	drop := func(j int) {
		for _, i := range after[j] {
			rows = append(rows, RangeRow{Old: i, New: -1, Relation: Gone})
		}
	}
	drop(-1)
	for j, i := range taken {
		if i < 0 {
			rows = append(rows, RangeRow{Old: -1, New: j, Relation: Added})
		} else {
			s := like(i, j)
			rows = append(rows, RangeRow{Old: i, New: j, Relation: relation(s, old[i], new[j]), Similarity: s})
		}
		drop(j)
	}
	return rows
}

// relation puts two patches that are one into a word.
func relation(s Similarity, a, b *patch.Patch) string {
	switch {
	case s.Same == "" || s.Same == "near":
		return Changed
	case foldText(a.Subject) != foldText(b.Subject) || foldText(a.Body) != foldText(b.Body):
		return Reworded
	}
	return Unchanged
}

// foldText makes texts comparable whatever their case and line ends.
func foldText(s string) string { return strings.Join(strings.Fields(strings.ToLower(s)), " ") }

// titleWeight is what an equal title adds to a likeness. It outweighs a patch
// that is only near, and no two that make the same change.
const titleWeight = 0.5

// likenesses weighs every pair of patches, 0 for those that can not be one,
// and says how alike a pair is.
func likenesses(old, new []*patch.Patch) (weight [][]float64, like func(i, j int) Similarity) {
	set := NewSet()
	keys := map[string]int{}
	titles := map[string][]int{}
	for j, p := range new {
		if p == nil {
			continue
		}
		key := strconv.Itoa(j)
		keys[key] = j
		set.Add(key, p)
		titles[foldText(p.Subject)] = append(titles[foldText(p.Subject)], j)
	}
	found := map[[2]int]Similarity{}
	weight = make([][]float64, len(old))
	for i, p := range old {
		weight[i] = make([]float64, len(new))
		if p == nil {
			continue
		}
		for _, m := range set.Find(p) {
			j := keys[m.Key]
			found[[2]int{i, j}] = m.Similarity
			weight[i][j] = m.Score
			if m.Same != "near" {
				weight[i][j] += 2 * titleWeight // the same change is the same patch
			}
		}
		title := foldText(p.Subject)
		if title == "" {
			continue
		}
		for _, j := range titles[title] {
			weight[i][j] += titleWeight
		}
	}
	return weight, func(i, j int) Similarity {
		if s, ok := found[[2]int{i, j}]; ok {
			return s
		}
		return Compare(old[i], new[j])
	}
}

// maxAssign bounds the rows and columns for which the best assignment is
// sought: its cost grows with their third power. Of more the greatest weight
// is taken first.
const maxAssign = 400

// assign gives each row a column, or -1, so that the sum of weights is
// greatest. Of equal sums the order of both sides is kept where it can be.
func assign(weight [][]float64) []int {
	columns := 0
	if len(weight) > 0 {
		columns = len(weight[0])
	}
	// A little less for what moved: equal patches stay in their order.
	n := max(len(weight), columns)
	at := func(i, j int) float64 {
		if i >= len(weight) || j >= columns || weight[i][j] == 0 {
			return 0
		}
		return weight[i][j] - 1e-6*float64(max(i-j, j-i))/float64(n)
	}
	var other []int
	if n <= maxAssign {
		other = hungarian(n, func(i, j int) float64 { return -at(i, j) })[:len(weight)]
	} else {
		other = greedy(len(weight), columns, at)
	}
	for i, j := range other {
		if j >= columns || j >= 0 && weight[i][j] == 0 {
			other[i] = -1
		}
	}
	return other
}

// hungarian is the cheapest assignment of n rows to n columns, by shortest
// augmenting paths in O(n³).
func hungarian(n int, cost func(i, j int) float64) []int {
	rowPrice, columnPrice := make([]float64, n+1), make([]float64, n+1)
	row, way := make([]int, n+1), make([]int, n+1) // of a column; 0 is none
	const far = 1e18
	for i := 1; i <= n; i++ {
		row[0] = i
		least, done := slices.Repeat([]float64{far}, n+1), make([]bool, n+1)
		j := 0
		for row[j] != 0 {
			done[j] = true
			r, step, next := row[j], far, 0
			for k := 1; k <= n; k++ {
				if done[k] {
					continue
				}
				if c := cost(r-1, k-1) - rowPrice[r] - columnPrice[k]; c < least[k] {
					least[k], way[k] = c, j
				}
				if least[k] < step {
					step, next = least[k], k
				}
			}
			for k := range done {
				if done[k] {
					rowPrice[row[k]] += step
					columnPrice[k] -= step
				} else {
					least[k] -= step
				}
			}
			j = next
		}
		for j != 0 {
			row[j] = row[way[j]]
			j = way[j]
		}
	}
	column := make([]int, n)
	for j := 1; j <= n; j++ {
		column[row[j]-1] = j - 1
	}
	return column
}

// greedy takes the greatest weight first.
func greedy(rows, columns int, at func(i, j int) float64) []int {
	type pair struct {
		i, j int
		w    float64
	}
	var all []pair
	for i := range rows {
		for j := range columns {
			if w := at(i, j); w > 0 {
				all = append(all, pair{i, j, w})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b pair) int {
		switch {
		case a.w > b.w:
			return -1
		case a.w < b.w:
			return 1
		}
		return 0
	})
	other, used := slices.Repeat([]int{-1}, rows), make([]bool, columns)
	for _, p := range all {
		if other[p.i] < 0 && !used[p.j] {
			other[p.i], used[p.j] = p.j, true
		}
	}
	return other
}
