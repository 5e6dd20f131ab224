package diffmatch

import (
	"github.com/upstreamd/upstreamd/internal/patch"
)

// maxPairs bounds the comparisons of lines, word by word, between two files.
const maxPairs = 40_000

// minLike is how many words two lines must share to be one line, edited.
// Below it, code of one style is alike by chance.
const minLike = 0.7

// texts are the changed lines of a diff in the order in which flatten has
// them; "" stands for a mark.
func texts(files []*patch.File, f *flat) []string {
	list := make([]string, 0, len(f.entries))
	var h hasher
	at := 0 // in entries
	for i, file := range files {
		if i >= len(f.files) {
			break
		}
		for _, hunk := range file.Hunks {
			for _, l := range hunk.Lines {
				if l.Op == ' ' || at == len(f.entries) || int(f.entries[at].file) != i || h.line(l.Text) != f.entries[at].key {
					continue
				}
				list = append(list, l.Text)
				at++
			}
		}
		for at < len(f.entries) && int(f.entries[at].file) == i {
			list = append(list, "")
			at++
		}
	}
	return list
}

// A rewording is a changed line of left that right has in other words.
type rewording struct {
	left, right int // places in entries
	like        float64
}

// reworded pairs lines that neither side has as they are with those most like
// them: in the files that belong together, added with added, removed with
// removed, in the same order.
func reworded(left, right *flat, lt, rt []string, match []int32) []rewording {
	used := make([]bool, len(right.entries))
	for _, p := range match {
		if p >= 0 {
			used[p] = true
		}
	}
	at := right.places()
	pair := pairFiles(left, right, at)
	free := map[[2]int32][]int{} // unmatched lines of right by file and op
	for i, e := range right.entries {
		if !used[i] && rt[i] != "" {
			k := [2]int32{e.file, int32(e.op)}
			free[k] = append(free[k], i)
		}
	}
	bags := make([]bag, len(rt))
	var list []rewording
	budget := maxPairs
	from := map[[2]int32]int{}
	for i, e := range left.entries {
		if match[i] >= 0 || lt[i] == "" || pair[e.file].file < 0 {
			continue
		}
		k := [2]int32{pair[e.file].file, int32(e.op)}
		b := bagOf(lt[i])
		best, like := -1, minLike
		cand := free[k]
		for n := from[k]; n < len(cand) && budget > 0; n++ {
			budget--
			j := cand[n]
			if bags[j].words == nil {
				bags[j] = bagOf(rt[j])
			}
			if s := b.similar(bags[j]); s > like {
				best, like = n, s
			}
		}
		if best >= 0 {
			list = append(list, rewording{i, cand[best], like})
			from[k] = best + 1
		}
	}
	return list
}
