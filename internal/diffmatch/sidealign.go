package diffmatch

// match finds the lines that both sides of a file have: those that can share a
// row, and those that are in another order.
func (a *sider) match(f *sidePair) {
	l, r := f.left[:min(len(f.left), maxSideLines)], f.right[:min(len(f.right), maxSideLines)]
	f.same = a.common(l, r)
	for _, p := range f.same {
		l[p[0]].found, r[p[1]].found = true, true
	}
	l, r = f.left[len(l):], f.right[len(r):] // for the figures only
	for _, p := range inTurn(l, r) {
		l[p[0]].found, r[p[1]].found = true, true
	}
	a.linkLines(f.left, f.right, func(it *sideItem) bool { return true })
}

// linkFiles links lines that are left over in one file with those left over in
// another: they were moved.
func (a *sider) linkFiles(l, r [][]*sideItem) {
	var left, right []*sideItem
	for _, f := range l {
		left = append(left, f...)
	}
	for _, f := range r {
		right = append(right, f...)
	}
	a.linkLines(left, right, func(it *sideItem) bool { return !it.plain })
}

// linkLines links the lines that are left over with each other, the first of a
// key with the first, and so on.
func (a *sider) linkLines(left, right []*sideItem, telling func(*sideItem) bool) {
	free := map[uint64][]*sideItem{}
	for _, it := range right {
		if it.counts && !it.found && telling(it) {
			free[it.key] = append(free[it.key], it)
		}
	}
	for _, it := range left {
		if !it.counts || it.found || len(free[it.key]) == 0 {
			continue
		}
		other := free[it.key][0]
		free[it.key] = free[it.key][1:]
		a.links++
		for _, x := range []*sideItem{it, other} {
			x.Link, x.found, x.moved = a.links, true, true
		}
	}
}

// common finds the heaviest common subsequence of two lists of lines, as pairs
// of places: changed lines weigh more than context, headings are never in it.
// It is the textbook dynamic programme; a key that both begin with is always
// taken, as equal keys weigh the same. Where that would take too long, lines
// are taken as they come.
func (a *sider) common(l, r []*sideItem) [][2]int {
	begin := 0
	var pairs [][2]int
	for begin < len(l) && begin < len(r) && l[begin].key == r[begin].key {
		if l[begin].key != 0 {
			pairs = append(pairs, [2]int{begin, begin})
		}
		begin++
	}
	l, r = l[begin:], r[begin:]
	end := 0
	for end < len(l) && end < len(r) && l[len(l)-1-end].key == r[len(r)-1-end].key {
		end++
	}
	middle := a.heaviest
	if cost := (len(l) - end) * (len(r) - end); cost > a.work {
		middle = inTurn
	} else {
		a.work -= cost
	}
	for _, p := range middle(l[:len(l)-end], r[:len(r)-end]) {
		pairs = append(pairs, [2]int{p[0] + begin, p[1] + begin})
	}
	for i := end; i > 0; i-- {
		if l[len(l)-i].key != 0 {
			pairs = append(pairs, [2]int{len(l) - i + begin, len(r) - i + begin})
		}
	}
	return pairs
}

func (a *sider) heaviest(l, r []*sideItem) (pairs [][2]int) {
	n, m := len(l), len(r)
	if n == 0 || m == 0 {
		return nil
	}
	best := make([]int32, (n+1)*(m+1)) // best[i*(m+1)+j]: the weight in l[i:] and r[j:]
	at := func(i, j int) int { return i*(m+1) + j }
	for i := n - 1; i >= 0; i-- {
		for j := m - 1; j >= 0; j-- {
			if l[i].key == r[j].key && l[i].key != 0 {
				best[at(i, j)] = best[at(i+1, j+1)] + l[i].weight
			} else {
				best[at(i, j)] = max(best[at(i+1, j)], best[at(i, j+1)])
			}
		}
	}
	for i, j := 0, 0; i < n && j < m; {
		switch {
		case l[i].key == r[j].key && l[i].key != 0:
			pairs = append(pairs, [2]int{i, j})
			i, j = i+1, j+1
		case best[at(i+1, j)] >= best[at(i, j+1)]:
			i++
		default:
			j++
		}
	}
	return pairs
}

// inTurn takes for each line the next one of r with its key.
func inTurn(l, r []*sideItem) (pairs [][2]int) {
	places := map[uint64][]int{}
	for j, it := range r {
		places[it.key] = append(places[it.key], j)
	}
	next := 0
	for i, it := range l {
		list := places[it.key]
		for len(list) > 0 && list[0] < next {
			list = list[1:]
		}
		if places[it.key] = list; len(list) > 0 && it.key != 0 {
			pairs = append(pairs, [2]int{i, list[0]})
			next = list[0] + 1
		}
	}
	return pairs
}
