package view

// align puts the lines of two sides in rows: lines of their heaviest common
// subsequence share a row, what is between them is put side by side as it
// comes.
func align(a, b []DiffLine) []CompareRow {
	rows := make([]CompareRow, 0, max(len(a), len(b)))
	i, j := 0, 0
	for _, p := range common(a, b) {
		rows = gap(rows, a[i:p[0]], b[j:p[1]])
		rows = append(rows, pairRow(&a[p[0]], &b[p[1]]))
		i, j = p[0]+1, p[1]+1
	}
	return gap(rows, a[i:], b[j:])
}

// pairRow is a row of two lines that are the same but perhaps for white space.
func pairRow(l, r *DiffLine) CompareRow {
	mark := "="
	if l.Text != r.Text {
		mark = "≈"
	}
	return CompareRow{Left: l, Right: r, Mark: mark}
}

// gap adds rows for lines without partner. A hunk heading shares a row only
// with another heading.
func gap(rows []CompareRow, a, b []DiffLine) []CompareRow {
	for len(a) > 0 || len(b) > 0 {
		headA := len(a) > 0 && a[0].Op == '@'
		headB := len(b) > 0 && b[0].Op == '@'
		var row CompareRow
		takeA := len(a) > 0 && (!headA || headB || len(b) == 0)
		takeB := len(b) > 0 && (!headB || headA || len(a) == 0)
		if takeA {
			row.Left, a = &a[0], a[1:]
		}
		if takeB {
			row.Right, b = &b[0], b[1:]
		}
		rows = append(rows, row)
	}
	return rows
}

// common finds the heaviest common subsequence of the two sides, as pairs of
// indexes: changed lines weigh more than context, headings are never in it.
// (The textbook dynamic programme; a shared key at both heads is always taken,
// as equal keys weigh the same.)
func common(a, b []DiffLine) [][2]int {
	ka, kb := keys(a, b)
	n, m := len(a), len(b)
	best := make([][]int32, n+1) // best[i][j]: its weight in a[i:] and b[j:]
	for i := range best {
		best[i] = make([]int32, m+1)
	}
	for i := n - 1; i >= 0; i-- {
		for j := m - 1; j >= 0; j-- {
			if ka[i] == kb[j] {
				best[i][j] = best[i+1][j+1] + a[i].weight()
			} else {
				best[i][j] = max(best[i+1][j], best[i][j+1])
			}
		}
	}
	var pairs [][2]int
	for i, j := 0, 0; i < n && j < m; {
		switch {
		case ka[i] == kb[j]:
			pairs = append(pairs, [2]int{i, j})
			i, j = i+1, j+1
		case best[i+1][j] >= best[i][j+1]:
			i++
		default:
			j++
		}
	}
	return pairs
}

func (l *DiffLine) weight() int32 {
	if l.changed() {
		return 4
	}
	return 1
}

// keys numbers the lines of both sides: the same number is the same line.
// Headings get numbers of their own.
func keys(a, b []DiffLine) (ka, kb []int) {
	known := map[string]int{}
	number := func(lines []DiffLine, heading int) []int {
		out := make([]int, len(lines))
		for i, l := range lines {
			if l.Op == '@' {
				out[i] = heading
				continue
			}
			k := l.key()
			if known[k] == 0 {
				known[k] = len(known) + 1
			}
			out[i] = known[k]
		}
		return out
	}
	return number(a, -1), number(b, -2)
}
