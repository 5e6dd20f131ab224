package view

import (
	"strings"

	"github.com/upstreamd/upstreamd/internal/patch"
)

// A Comparison shows two diffs side by side, line against line.
type Comparison struct {
	Left, Right         string // what stands on each side
	Files               []CompareFile
	Same                int // changed lines that are on both sides
	OnlyLeft, OnlyRight int // changed lines that are on one side
	Hidden              int // files that are not shown
}

// A CompareFile is one file on both sides, or on one.
type CompareFile struct {
	Left, Right string // paths; "" where the side does not change it
	Note        string
	Rows        []CompareRow
	Hidden      int // rows that are not shown
}

// A CompareRow is one row: a line of each side, or of one. In a row of hunk
// headings Op is '@'.
type CompareRow struct {
	Left, Right *DiffLine // nil where a side has none
	Mark        string    // "=" the same line, "≈" but for white space, "" not
}

// Limits of one comparison.
const (
	maxCompareFiles = 60
	maxCompareLines = 800 // of one file on one side: the alignment takes their square
)

// Compare puts two diffs side by side. Files are paired by the ends of their
// paths, lines by the longest sequence that both sides share.
func Compare(left, right []*patch.File) Comparison {
	var c Comparison
	for _, p := range pairFiles(left, right) {
		if len(c.Files) == maxCompareFiles {
			c.Hidden++
			continue
		}
		c.add(p)
	}
	return c
}

// add compares the two sides of one file.
func (c *Comparison) add(p [2]*patch.File) {
	var f CompareFile
	a, hiddenA := flatten(p[0])
	b, hiddenB := flatten(p[1])
	if p[0] != nil {
		f.Left, f.Note = Safe(p[0].Path()), fileNote(p[0])
	}
	if p[1] != nil {
		f.Right = Safe(p[1].Path())
		if f.Note == "" {
			f.Note = fileNote(p[1])
		}
	}
	f.Hidden = max(hiddenA, hiddenB)
	f.Rows = align(a, b)
	for _, r := range f.Rows {
		switch {
		case r.Mark != "":
			if r.Left.changed() {
				c.Same++
			}
		default:
			if r.Left.changed() {
				c.OnlyLeft++
			}
			if r.Right.changed() {
				c.OnlyRight++
			}
		}
	}
	c.Files = append(c.Files, f)
}

func (l *DiffLine) changed() bool { return l != nil && (l.Op == '+' || l.Op == '-') }

// key is what two lines must share to be paired.
func (l DiffLine) key() string { return string(l.Op) + strings.Join(strings.Fields(l.Text), " ") }

// flatten is all lines of a file with its hunk headings, up to the limit.
func flatten(f *patch.File) (lines []DiffLine, hidden int) {
	if f == nil {
		return nil, 0
	}
	d := diffFile(f, maxCompareLines)
	for _, h := range d.Hunks {
		lines = append(lines, DiffLine{Op: '@', Text: h.Head})
		lines = append(lines, h.Lines...)
	}
	return lines, d.Hidden
}

// pairFiles pairs the files of two diffs: first those with the same path, then
// those whose paths share their ends. Files without a partner stand alone.
func pairFiles(left, right []*patch.File) [][2]*patch.File {
	partner := make(map[int]int, len(left)) // index in left -> in right
	taken := make(map[int]bool, len(right))
	for _, least := range []int{1 << 20, 2, 1} {
		for i, a := range left {
			if _, ok := partner[i]; ok {
				continue
			}
			if j := bestPartner(a, right, taken, least); j >= 0 {
				partner[i], taken[j] = j, true
			}
		}
	}
	var pairs [][2]*patch.File
	for i, a := range left {
		p := [2]*patch.File{a, nil}
		if j, ok := partner[i]; ok {
			p[1] = right[j]
		}
		pairs = append(pairs, p)
	}
	for j, b := range right {
		if !taken[j] {
			pairs = append(pairs, [2]*patch.File{nil, b})
		}
	}
	return pairs
}

// bestPartner is the free file of right whose path shares most with a's, at
// least so many elements from the end; -1 if there is none.
func bestPartner(a *patch.File, right []*patch.File, taken map[int]bool, least int) int {
	best, found := -1, 0
	for j, b := range right {
		if taken[j] {
			continue
		}
		if n := sharedEnd(a.Path(), b.Path()); n >= least && n > found {
			best, found = j, n
		}
	}
	return best
}

// sharedEnd counts the path elements that two paths share from the end;
// the same path counts as very many.
func sharedEnd(a, b string) int {
	if a == b {
		return 1 << 20
	}
	as, bs := strings.Split(a, "/"), strings.Split(b, "/")
	n := 0
	for n < len(as) && n < len(bs) && as[len(as)-1-n] == bs[len(bs)-1-n] {
		n++
	}
	return n
}

// name is the file as the right side has it, else as the left.
func (f CompareFile) name() string {
	if f.Right != "" {
		return f.Right
	}
	return f.Left
}

func (r CompareRow) class() string {
	if r.Mark != "" && r.Left.changed() {
		return "same"
	}
	return ""
}

func (r CompareRow) markTitle() string {
	switch r.Mark {
	case "=":
		return "the same line"
	case "≈":
		return "the same but for white space"
	}
	return ""
}
