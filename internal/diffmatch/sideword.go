package diffmatch

import (
	"strings"
)

const (
	maxAlike  = 60     // lines of a gap on one side that are all compared with those of the other
	aheadMost = 16     // in longer gaps: how far one looks ahead
	alikeFrom = 0.5    // from this likeness on two lines share a row
	maxWords  = 20_000 // steps of comparing two lines word by word
	maxPieces = 400    // of one line
)

// alike pairs lines that have mostly the same words, in order, and headings of
// hunks.
func (a *sider) alike(l, r []*sideItem) [][2]int {
	if len(l) == 0 || len(r) == 0 {
		return nil
	}
	counted := func(items []*sideItem) []bag {
		list := make([]bag, len(items))
		for i, it := range items {
			list[i] = bagOf(it.Text)
			a.work -= len(list[i].words)
		}
		return list
	}
	ls, rs := counted(l), counted(r)
	like := func(i, j int) float64 {
		x, y := l[i], r[j]
		switch {
		case x.Op != y.Op || x.moved || y.moved || a.work <= 0 && x.Op != '@':
			return 0
		case x.Op == '@':
			return 0.3 + ls[i].similar(rs[j])
		}
		a.work -= len(ls[i].words)
		if s := ls[i].similar(rs[j]); s >= alikeFrom {
			return s
		}
		return 0
	}
	if len(l) > maxAlike || len(r) > maxAlike {
		return ahead(len(l), len(r), like)
	}
	return mostAlike(len(l), len(r), like)
}

// ahead takes for each line the first one alike not far ahead.
func ahead(n, m int, like func(i, j int) float64) (pairs [][2]int) {
	next := 0
	for i := range n {
		for j := next; j < min(m, next+aheadMost); j++ {
			if like(i, j) > 0 {
				pairs = append(pairs, [2]int{i, j})
				next = j + 1
				break
			}
		}
	}
	return pairs
}

// mostAlike finds the pairs whose likeness adds up to most.
func mostAlike(n, m int, like func(i, j int) float64) (pairs [][2]int) {
	at := func(i, j int) int { return i*(m+1) + j }
	likes, best := make([]float64, (n+1)*(m+1)), make([]float64, (n+1)*(m+1))
	for i := n - 1; i >= 0; i-- {
		for j := m - 1; j >= 0; j-- {
			likes[at(i, j)] = like(i, j)
			best[at(i, j)] = max(best[at(i+1, j)], best[at(i, j+1)])
			if s := likes[at(i, j)]; s > 0 {
				best[at(i, j)] = max(best[at(i, j)], s+best[at(i+1, j+1)])
			}
		}
	}
	for i, j := 0, 0; i < n && j < m; {
		switch here := best[at(i, j)]; {
		case here == best[at(i+1, j)]:
			i++
		case here == best[at(i, j+1)]:
			j++
		default:
			pairs = append(pairs, [2]int{i, j})
			i, j = i+1, j+1
		}
	}
	return pairs
}

// parts are two lines in pieces, with those marked in which they differ.
func (a *sider) parts(x, y string) (left, right []Part) {
	xs, ys := pieces(x), pieces(y)
	begin, end := 0, 0
	for begin < min(len(xs), len(ys)) && samePiece(xs[begin], ys[begin]) {
		begin++
	}
	for end < min(len(xs), len(ys))-begin && samePiece(xs[len(xs)-1-end], ys[len(ys)-1-end]) {
		end++
	}
	keepX, keepY := make([]bool, len(xs)), make([]bool, len(ys))
	for i := range xs {
		keepX[i] = i < begin || i >= len(xs)-end
	}
	for i := range ys {
		keepY[i] = i < begin || i >= len(ys)-end
	}
	mx, my := xs[begin:len(xs)-end], ys[begin:len(ys)-end]
	if cost := len(mx) * len(my); cost <= maxWords && cost <= a.work {
		a.work -= cost
		pairs := mostAlike(len(mx), len(my), func(i, j int) float64 {
			if !samePiece(mx[i], my[j]) {
				return 0
			}
			return pieceWeight(mx[i])
		})
		for _, p := range pairs {
			keepX[begin+p[0]], keepY[begin+p[1]] = true, true
		}
	}
	return joined(xs, keepX), joined(ys, keepY)
}

// pieces splits a line into words, signs and blanks; together they are the
// line. What is beyond the first few hundred is one piece.
func pieces(line string) (list []string) {
	kind := func(c byte) int {
		switch {
		case wordByte(c):
			return 1
		case c == ' ' || c == '\t':
			return 2
		}
		return 0
	}
	for i := 0; i < len(line); {
		if len(list) == maxPieces {
			return append(list, line[i:])
		}
		j := i + 1
		for k := kind(line[i]); k > 0 && j < len(line) && kind(line[j]) == k; {
			j++
		}
		list = append(list, line[i:j])
		i = j
	}
	return list
}

func blank(s string) bool { return strings.Trim(s, " \t") == "" }

// samePiece says whether two pieces are the same; blanks are all the same.
func samePiece(x, y string) bool { return x == y || blank(x) && blank(y) }

// pieceWeight is what a piece tells: a word more than a sign, blanks next to
// nothing.
func pieceWeight(s string) float64 {
	switch {
	case blank(s):
		return 0.05
	case wordByte(s[0]):
		return 1
	}
	return 0.25
}

// joined puts neighbours that are both marked, or both not, together. Blanks
// between two marked pieces are marked, too.
func joined(list []string, keep []bool) (parts []Part) {
	for i, s := range list {
		differ := !keep[i]
		if blank(s) && i > 0 && i+1 < len(list) && !keep[i-1] && !keep[i+1] {
			differ = true
		}
		if n := len(parts); n > 0 && parts[n-1].Differ == differ {
			parts[n-1].Text += s
			continue
		}
		parts = append(parts, Part{s, differ})
	}
	return parts
}
