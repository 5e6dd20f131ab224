package diffmatch

// An alignment says how far one change, the left, is found in another, the
// right. Shares are of weight: rare lines count more (see weigher).
type alignment struct {
	left, right float64 // share of the changed lines of either side that the other has too
	covered     float64 // as right, but only of the files that left touches
	order       float64 // share of the common lines that stand in the same order
	path        float64 // how far the files of the common lines have the same paths
	context     float64 // share of left's context found around the common lines
	heading     float64 // share of left's hunks whose heading is that of the lines they match; 0 if they have none
	mass        float64 // how much the common lines say: the sum of their weights, in lines nobody else has
	same        bool    // the changed lines are the same, in the same order, in the same number of files

	hits, leftLines, rightLines int // changed lines: common, and of either side
	files, leftFiles            int // files of left that have common lines, and all of them
}

// A weigher says how much a changed line tells, from 0 to 1.
type weigher func(key uint64) float64

// An entry is one changed line of a flattened shape.
type entry struct {
	op   byte
	key  uint64
	file int32
	hunk int32 // counted through all files
}

// flat is a shape as a list of changed lines.
type flat struct {
	entries []entry
	hunks   []hunkShape
	files   []fileShape
	weights []float64 // of entries
	lost    []bool    // files whose path is nowhere in the other's tree; nil if not known
}

func flatten(s *shape, w weigher) *flat {
	f := &flat{files: s.files, entries: make([]entry, 0, s.lines)}
	for i := range s.files {
		for _, h := range s.files[i].hunks {
			for j, op := range h.ops {
				if op != ' ' {
					f.entries = append(f.entries, entry{op, h.keys[j], int32(i), int32(len(f.hunks))})
				}
			}
			f.hunks = append(f.hunks, h)
		}
	}
	f.weights = make([]float64, len(f.entries))
	moved := f.moved()
	for i, e := range f.entries {
		f.weights[i] = w(e.key)
		if moved[e.key] {
			f.weights[i] *= movedWeight
		}
	}
	return f
}

// movedWeight is what a line counts that a change only carries from one file
// to another: a rename must not outweigh what is edited on the way.
const movedWeight = 0.1

// movedAgreement is how far a path agrees with one of the same name elsewhere
// if it was moved away itself.
const movedAgreement = 0.9

// moved finds the lines that are removed in one file and added in another.
func (f *flat) moved() map[uint64]bool {
	if len(f.files) < 2 {
		return nil
	}
	removed := map[uint64]int32{}
	for _, e := range f.entries {
		if e.op == '-' {
			removed[e.key] = e.file + 1
		}
	}
	moved := map[uint64]bool{}
	for _, e := range f.entries {
		if from := removed[e.key]; e.op == '+' && from != 0 && from != e.file+1 {
			moved[e.key] = true
		}
	}
	return moved
}

// signed makes one key of what is done to a line.
func (e entry) signed() uint64 {
	if e.op == '-' {
		return ^e.key
	}
	return e.key
}

// maxTwins bounds the places of one line that are looked at in a change.
const maxTwins = 64

// align looks for left in right.
func align(left, right *flat) alignment {
	at := right.places()
	pair := pairFiles(left, right, at)
	a := alignment{leftLines: len(left.entries), rightLines: len(right.entries), leftFiles: len(left.files)}
	match := matchLines(left, right, pair, at)
	a.shares(left, right, pair, match)
	a.places(left, right, match)
	return a
}

// matched says for each changed line of left whether right has it.
func matched(left, right *flat) []bool {
	at := right.places()
	hit := make([]bool, len(left.entries))
	for i, p := range matchLines(left, right, pairFiles(left, right, at), at) {
		hit[i] = p >= 0
	}
	return hit
}

// places are the positions of changed lines by signed key, in order.
func (f *flat) places() map[uint64][]int32 {
	at := make(map[uint64][]int32, len(f.entries))
	for i, e := range f.entries {
		at[e.signed()] = append(at[e.signed()], int32(i))
	}
	return at
}

// A pairing is the file of right that a file of left is compared with.
type pairing struct {
	file  int32   // -1 if there is none
	also  int32   // where left renames a file and right deletes and creates: the deleted one, else -1
	agree float64 // of their paths
}

// pairFiles finds for each file of left the file of right that shares most,
// by lines and by path.
func pairFiles(left, right *flat, at map[uint64][]int32) []pairing {
	shared := make([]map[int32]float64, len(left.files))
	for i, e := range left.entries {
		m := shared[e.file]
		if m == nil {
			m = map[int32]float64{}
			shared[e.file] = m
		}
		places := at[e.signed()]
		prev := int32(-1)
		for _, p := range places[:min(len(places), maxTwins)] {
			if f := right.entries[p].file; f != prev {
				m[f] += left.weights[i]
				prev = f
			}
		}
	}
	byPath := make(map[string]int32, len(right.files))
	for i, f := range right.files {
		byPath[f.path] = int32(i)
	}
	pair := make([]pairing, len(left.files))
	for i := range left.files {
		lost := left.lost != nil && left.lost[i]
		pair[i] = bestPair(&left.files[i], lost, right, byPath, shared[i])
	}
	return pair
}

// bestPair chooses for one file among those of right that share lines or have its path.
func bestPair(f *fileShape, lost bool, right *flat, byPath map[string]int32, shared map[int32]float64) pairing {
	best := pairing{file: -1, also: -1}
	score := 0.0
	if j, ok := byPath[f.path]; ok {
		best.file, best.agree = j, 1
		score = 0.01 + 2*shared[j]
	}
	for j, w := range shared {
		agree := f.agreement(&right.files[j])
		if lost && agree > 0 {
			agree = max(agree, movedAgreement)
		}
		if s := w * (1 + agree); s > score || s == score && j < best.file {
			best.file, best.agree, score = j, agree, s
		}
	}
	if f.old != "" {
		if j, ok := byPath[f.old]; ok && j != best.file {
			best.also = j
		}
	}
	return best
}

// matchLines gives each changed line of left its place in right, or -1. A
// line is matched once, if it can behind the line that was matched before.
func matchLines(left, right *flat, pair []pairing, at map[uint64][]int32) []int32 {
	used := make([]bool, len(right.entries))
	match := make([]int32, len(left.entries))
	last := make([]int32, len(right.files)) // 1 + place matched last
	for i, e := range left.entries {
		match[i] = -1
		pr := pair[e.file]
		if pr.file < 0 && pr.also < 0 {
			continue
		}
		tries := 0
		for _, p := range at[e.signed()] {
			file := right.entries[p].file
			if used[p] || file != pr.file && file != pr.also {
				continue
			}
			if match[i] < 0 {
				match[i] = p
			}
			if p >= last[file] {
				match[i] = p
				break
			}
			if tries++; tries > maxTwins {
				break
			}
		}
		if p := match[i]; p >= 0 {
			used[p] = true
			last[right.entries[p].file] = p + 1
		}
	}
	return match
}

// shares sums up what matched.
func (a *alignment) shares(left, right *flat, pair []pairing, match []int32) {
	var total, hit, inOrder, path float64
	touched := make([]bool, len(right.files)) // files that left touches, by path or by lines
	hasHit := make([]bool, len(left.files))
	found := make([]bool, len(right.entries))
	prev := make([]int32, len(right.files))
	for i, e := range left.entries {
		w := left.weights[i]
		total += w
		p := match[i]
		if p < 0 {
			continue
		}
		a.hits++
		hit += w
		path += w * pair[e.file].agree
		file := right.entries[p].file
		hasHit[e.file], touched[file], found[p] = true, true, true
		if p >= prev[file] {
			inOrder += w
		}
		prev[file] = p
	}
	for _, pr := range pair {
		if pr.file >= 0 && pr.agree > 0 {
			touched[pr.file] = true
		}
	}
	for _, h := range hasHit {
		if h {
			a.files++
		}
	}
	a.mass = hit
	a.left, a.order, a.path = ratio(hit, total), ratio(inOrder, hit), ratio(path, hit)
	a.same = a.hits > 0 && a.hits == a.leftLines && a.hits == a.rightLines && inOrder == hit
	a.rightShares(right, touched, found)
}

// rightShares sums up what right has besides.
func (a *alignment) rightShares(right *flat, touched, found []bool) {
	var total, covered, hit float64
	for i, e := range right.entries {
		w := right.weights[i]
		total += w
		if touched[e.file] {
			covered += w
		}
		if found[i] {
			hit += w
		}
	}
	a.right, a.covered = ratio(hit, total), ratio(hit, covered)
}

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return min(a/b, 1)
}

// places compares what stands around the matched lines: for each hunk of
// left, the hunk of right that holds most of its lines.
func (a *alignment) places(left, right *flat, match []int32) {
	var context, contextOf, heading, headingOf float64
	for i := 0; i < len(left.entries); {
		hunk := left.entries[i].hunk
		votes := map[int32]float64{}
		weight := 0.0
		for ; i < len(left.entries) && left.entries[i].hunk == hunk; i++ {
			if p := match[i]; p >= 0 {
				votes[right.entries[p].hunk] += left.weights[i]
				weight += left.weights[i]
			}
		}
		if weight == 0 {
			continue
		}
		l, r := left.hunks[hunk], right.hunks[most(votes)]
		if share, ok := sharedContext(l, r); ok {
			context += share * weight
			contextOf += weight
		}
		if l.heading != 0 && r.heading != 0 {
			headingOf += weight
			if l.heading == r.heading {
				heading += weight
			}
		}
	}
	a.context, a.heading = ratio(context, contextOf), ratio(heading, headingOf)
}

// most is the key with the greatest value, the smallest of equal ones.
func most(votes map[int32]float64) int32 {
	best := int32(-1)
	for k, v := range votes {
		if best < 0 || v > votes[best] || v == votes[best] && k < best {
			best = k
		}
	}
	return best
}

// sharedContext is the share of l's context lines that r has as context too;
// one that r changes counts half. !ok if l has none.
func sharedContext(l, r hunkShape) (share float64, ok bool) {
	have := make(map[uint64]float64, len(r.keys))
	for i, k := range r.keys {
		if r.ops[i] == ' ' {
			have[k] = 1
		} else if have[k] == 0 {
			have[k] = 0.5
		}
	}
	n, hit := 0, 0.0
	for i, op := range l.ops {
		if op == ' ' {
			n++
			hit += have[l.keys[i]]
		}
	}
	if n == 0 {
		return 0, false
	}
	return hit / float64(n), true
}
