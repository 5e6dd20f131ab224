package diffmatch

// sideContext is how many lines of context are shown around changed ones.
const sideContext = 3

// fill makes the rows and figures of a file. It takes from rows, which is how
// many there may still be.
func (a *sider) fill(f *sidePair, rows *int) {
	f.LeftSide, f.RightSide = covered(f.left), covered(f.right)
	l, r := f.left[:min(len(f.left), maxSideLines)], f.right[:min(len(f.right), maxSideLines)]
	if *rows <= 0 {
		l, r, f.same = nil, nil, nil
	}
	var list []SideRow
	i, j := 0, 0
	for _, p := range f.same {
		list = a.gap(list, l[i:p[0]], r[j:p[1]])
		list = append(list, SideRow{Kind: RowSame, Left: &l[p[0]].SideLine, Right: &r[p[1]].SideLine})
		i, j = p[0]+1, p[1]+1
	}
	list = fold(a.gap(list, l[i:], r[j:]))
	f.Hidden = lines(f.left[len(l):]) + lines(f.right[len(r):])
	if len(list) > *rows {
		for _, row := range list[max(*rows, 0):] {
			f.Hidden += row.lines()
		}
		list = list[:max(*rows, 0)]
	}
	*rows -= len(list)
	f.Rows = list
	for _, row := range list {
		if row.Kind == RowNear && !isContext(row.Left) {
			f.LeftSide.Near++
			f.RightSide.Near++
		}
	}
}

// covered counts the lines of one side of a file.
func covered(items []*sideItem) (c Coverage) {
	for _, it := range items {
		if !it.counts {
			continue
		}
		c.Lines++
		if it.found {
			c.Found++
		}
		if it.moved {
			c.Moved++
		}
	}
	return c
}

// lines counts items that are no headings.
func lines(items []*sideItem) (n int) {
	for _, it := range items {
		if it.Op != '@' {
			n++
		}
	}
	return n
}

// lines counts the lines of a row, headings aside.
func (r SideRow) lines() (n int) {
	for _, l := range []*SideLine{r.Left, r.Right} {
		if l != nil && l.Op != '@' {
			n++
		}
	}
	return n
}

// gap adds rows for lines that the other side does not have at this place:
// what is alike shares a row, the rest stands alone.
func (a *sider) gap(rows []SideRow, l, r []*sideItem) []SideRow {
	i, j := 0, 0
	for _, p := range append(a.alike(l, r), [2]int{len(l), len(r)}) {
		for ; i < p[0]; i++ {
			rows = append(rows, alone(&l[i].SideLine, nil))
		}
		for ; j < p[1]; j++ {
			rows = append(rows, alone(nil, &r[j].SideLine))
		}
		if i == len(l) || j == len(r) {
			continue
		}
		row := SideRow{Kind: RowHunk, Left: &l[i].SideLine, Right: &r[j].SideLine}
		if l[i].Op != '@' {
			row.Kind = RowNear
			row.Left.Parts, row.Right.Parts = a.parts(row.Left.Text, row.Right.Text)
		}
		rows = append(rows, row)
		i, j = i+1, j+1
	}
	return rows
}

func alone(l, r *SideLine) SideRow {
	row := SideRow{Kind: RowLeft, Left: l, Right: r}
	switch {
	case l != nil && l.Op == '@' || r != nil && r.Op == '@':
		row.Kind = RowHunk
	case l == nil:
		row.Kind = RowRight
	}
	return row
}

// fold takes out context that is far from every changed line of its hunk.
func fold(rows []SideRow) []SideRow {
	near := make([]bool, len(rows))
	for i, row := range rows {
		if row.Kind == RowHunk {
			near[i] = true
			continue
		}
		if !row.changes() {
			continue
		}
		near[i] = true
		for _, step := range []int{-1, 1} {
			for n, k := 0, i+step; n < sideContext && k >= 0 && k < len(rows) && rows[k].Kind != RowHunk; n, k = n+1, k+step {
				near[k] = true
			}
		}
	}
	out := rows[:0]
	for i := 0; i < len(rows); {
		n := 0
		for i+n < len(rows) && !near[i+n] {
			n++
		}
		if n > 1 {
			out = append(out, SideRow{Kind: RowFold, Folded: n})
			i += n
			continue
		}
		out = append(out, rows[i])
		i++
	}
	return out
}

// changes says whether a row has a changed line.
func (r SideRow) changes() bool { return !isContext(r.Left) || !isContext(r.Right) }

func isContext(l *SideLine) bool { return l == nil || l.Op == ' ' }

// dropLinks marks the lines whose counterpart is in no row.
func (a *sider) dropLinks(s *Sides) {
	shown := make([]int, a.links+1)
	each := func(f func(*SideLine)) {
		for _, file := range s.Files {
			for _, row := range file.Rows {
				for _, l := range []*SideLine{row.Left, row.Right} {
					if l != nil && l.Link > 0 {
						f(l)
					}
				}
			}
		}
	}
	each(func(l *SideLine) { shown[l.Link]++ })
	each(func(l *SideLine) {
		if shown[l.Link] < 2 {
			l.Link = -1
		}
	})
}
