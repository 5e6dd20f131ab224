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
	elsewhere   bool    // the hunks that hold the common lines all have other headings
	copied      float64 // share of left's context that both add once more: left was made on top of right
	opposed     float64 // share of the changed lines that right changes the other way round
	mass        float64 // how much the common lines say: the sum of their weights, in lines nobody else has
	same        bool    // the changed lines are the same, in the same order, in the same number of files

	hits, leftLines, rightLines int // changed lines: common, and of either side
	files, leftFiles            int // files of left that have common lines, and all of them
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
	a.opposed = opposed(left, right, pair, at)
	a.places(left, right, match)
	return a
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
	var context, contextOf, heading, headingOf, copied float64
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
		if share, again, ok := sharedContext(l, r); ok {
			context += share * weight
			copied += again * weight
			contextOf += weight
		}
		if l.heading != 0 && r.heading != 0 {
			headingOf += weight
			if l.heading == r.heading {
				heading += weight
			}
		}
	}
	a.context, a.heading, a.copied = ratio(context, contextOf), ratio(heading, headingOf), ratio(copied, contextOf)
	a.elsewhere = headingOf > 0 && heading == 0
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
// one that r changes counts half. again is the share of those that both add,
// so that l has them twice. !ok if l has no context.
func sharedContext(l, r hunkShape) (share, again float64, ok bool) {
	have := make(map[uint64]float64, len(r.keys))
	added := map[uint64]byte{} // 1: by l, 2: by r
	for i, k := range r.keys {
		if r.ops[i] == ' ' {
			have[k] = 1
		} else if have[k] == 0 {
			have[k] = 0.5
		}
		if r.ops[i] == '+' {
			added[k] |= 2
		}
	}
	for i, k := range l.keys {
		if l.ops[i] == '+' {
			added[k] |= 1
		}
	}
	n, hit, twice := 0, 0.0, 0.0
	for i, op := range l.ops {
		if op != ' ' {
			continue
		}
		n++
		hit += have[l.keys[i]]
		if have[l.keys[i]] == 0.5 && added[l.keys[i]] == 3 {
			twice++
		}
	}
	if n == 0 {
		return 0, 0, false
	}
	return hit / float64(n), twice / float64(n), true
}

// opposed is the share of left's weight in lines that right changes the other
// way round, where left does not: it adds what left removes.
func opposed(left, right *flat, pair []pairing, at map[uint64][]int32) float64 {
	type change struct {
		file int32
		key  uint64
	}
	own := make(map[change]bool, len(left.entries))
	for _, e := range left.entries {
		own[change{e.file, e.signed()}] = true
	}
	total, against := 0.0, 0.0
	for i, e := range left.entries {
		total += left.weights[i]
		if pair[e.file].file < 0 || own[change{e.file, ^e.signed()}] {
			continue
		}
		for _, p := range at[^e.signed()] {
			if right.entries[p].file == pair[e.file].file {
				against += left.weights[i]
				break
			}
		}
	}
	return ratio(against, total)
}
