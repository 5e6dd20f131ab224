package diffmatch

import "github.com/upstreamd/upstreamd/internal/patch"

// Limits of one comparison side by side. What is beyond them is counted, not
// put in rows, so that a diff of 50 MB costs no more than a second.
const (
	maxSideLines = 1200       // of one file on one side
	maxSideRows  = 4000       // of all files
	maxSideWork  = 30_000_000 // steps of finding what is equal and what is alike
)

// lineWeight is what a telling changed line is worth in an alignment; what any
// two changes may share is worth less, and context least.
const lineWeight = 8

// Sides are two diffs side by side: the changed lines of both, each once.
type Sides struct {
	Files       []SideFile // those of left in their order, then those that only right has
	Left, Right Coverage   // of all files, also those without rows
	Unread      int        // lines beyond the first 60,000 of a side: not looked at
}

// Coverage says how much of one side the other has too. Empty lines count
// nothing.
type Coverage struct {
	Lines int // changed lines
	Found int // of these: also on the other side, but for blanks
	Moved int // of Found: in another order, or in another file
	Near  int // of Lines: beside a line with mostly the same words
}

// Only is how many lines only this side has.
func (c Coverage) Only() int { return c.Lines - c.Found - c.Near }

// Share is how much of this side the other one has too, 0 to 1.
func (c Coverage) Share() float64 { return ratio(float64(c.Found), float64(c.Lines)) }

func (c *Coverage) add(o Coverage) {
	c.Lines, c.Found, c.Moved, c.Near = c.Lines+o.Lines, c.Found+o.Found, c.Moved+o.Moved, c.Near+o.Near
}

// A SideFile is one file of both sides, or of one.
type SideFile struct {
	Left, Right         *patch.File // nil where a side does not change it
	LeftSide, RightSide Coverage
	Rows                []SideRow
	Hidden              int // lines of both sides that are in no row
}

// A RowKind says what a row shows.
type RowKind byte

// The kinds of rows.
const (
	RowHunk  RowKind = '@' // headings of hunks
	RowSame  RowKind = '=' // a line that both sides have, but for blanks
	RowNear  RowKind = '~' // a line of each side, with mostly the same words
	RowLeft  RowKind = '<' // a line of left
	RowRight RowKind = '>' // a line of right
	RowFold  RowKind = '.' // context that is left out
)

// A SideRow is one row: a line of each side, or of one.
type SideRow struct {
	Kind        RowKind
	Left, Right *SideLine // nil where a side has none
	Folded      int       // of a RowFold: how many rows it stands for
}

// A SideLine is one line of a diff; its numbers are 0 on the side of the file
// where it is not.
type SideLine struct {
	Op       byte // ' ', '+', '-', or '@' for the heading of a hunk
	Old, New int
	Text     string
	Parts    []Part // of a line in a RowNear: its text in pieces, those that differ marked
	Link     int    // the same number as of its counterpart in another row; -1 if that is in no row; 0 if it has none elsewhere
}

// A Part is a piece of a line.
type Part struct {
	Text   string
	Differ bool // the other side has other words here
}

// SideBySide puts two diffs side by side: files are paired by their lines and
// the ends of their paths, lines by the heaviest sequence that both sides
// share; what is left over is paired with what is alike, or told to be on one
// side alone. Lines and Found are the same, sides exchanged, for right and left
// exchanged.
func SideBySide(left, right []*patch.File) *Sides {
	a := sider{work: maxSideWork}
	s := &Sides{}
	l, lostL := readSide(left)
	r, lostR := readSide(right)
	s.Unread = lostL + lostR
	for _, p := range pairSides(left, right, l, r) {
		var f sidePair
		if p[0] >= 0 {
			f.Left, f.left = left[p[0]], l[p[0]]
		}
		if p[1] >= 0 {
			f.Right, f.right = right[p[1]], r[p[1]]
		}
		a.pairs = append(a.pairs, &f)
	}
	for _, f := range a.pairs {
		a.match(f)
	}
	a.linkFiles(l, r)
	rows := maxSideRows
	for _, f := range a.pairs {
		a.fill(f, &rows)
		s.Files = append(s.Files, f.SideFile)
		s.Left.add(f.LeftSide)
		s.Right.add(f.RightSide)
	}
	a.dropLinks(s)
	return s
}

// A sider is one comparison under way.
type sider struct {
	pairs []*sidePair
	links int // numbers of links that are taken
	work  int // steps that may still be spent on finding what is alike
}

// A sidePair is one file of both sides, or of one.
type sidePair struct {
	SideFile
	left, right []*sideItem
	same        [][2]int // places of lines that share a row, ascending
}

// A sideItem is a line of a hunk, or the heading of one.
type sideItem struct {
	SideLine
	key    uint64 // of op and text; 0 for a heading
	weight int32  // what it is worth in an alignment
	counts bool   // a changed line that is not empty
	found  bool   // the other side has it
	moved  bool   // found, but in another order or file
	plain  bool   // a line that any two changes may share
}

// readSide takes files apart. Lines beyond the limit are only counted.
func readSide(files []*patch.File) (all [][]*sideItem, unread int) {
	var h hasher
	all = make([][]*sideItem, len(files))
	total := 0
	for i, f := range files {
		for _, hunk := range f.Hunks {
			if total += len(hunk.Lines); total > maxLines {
				unread += len(hunk.Lines)
				continue
			}
			all[i] = append(all[i], &sideItem{SideLine: SideLine{Op: '@', Old: hunk.OldStart, New: hunk.NewStart, Text: hunk.Section}})
			o, n := hunk.OldStart, hunk.NewStart
			for _, l := range hunk.Lines {
				all[i] = append(all[i], h.item(l, &o, &n))
			}
		}
	}
	return all, unread
}

// item reads one line and counts on.
func (h *hasher) item(l patch.Line, o, n *int) *sideItem {
	it := &sideItem{SideLine: SideLine{Op: l.Op, Text: l.Text}}
	if l.Op != '+' {
		it.Old, *o = *o, *o+1
	}
	if l.Op != '-' {
		it.New, *n = *n, *n+1
	}
	key := h.line(l.Text)
	it.counts = key != 0 && l.Op != ' '
	it.plain = key == 0 || trivial[key]
	it.weight = 1
	switch {
	case l.Op != ' ' && !it.plain:
		it.weight = lineWeight
	case l.Op != ' ' && key != 0:
		it.weight = 3
	case l.Op == ' ' && !it.plain:
		it.weight = 2
	}
	// What is done to a line is part of its key.
	if it.key = key*31 + uint64(l.Op); it.key == 0 {
		it.key = 1
	}
	return it
}
