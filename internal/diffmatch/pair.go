package diffmatch

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
