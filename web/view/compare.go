package view

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"github.com/upstreamd/upstreamd/internal/diffmatch"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// A Comparison shows two diffs side by side, line against line.
type Comparison struct {
	ID          int    // part of the ids of its rows; unique on its page
	Left, Right Named  // what stands on each side
	Words       string // what it amounts to
	Note        string // what could not be shown, and why; ""
	Files       []CompareFile
	LeftSide    diffmatch.Coverage
	RightSide   diffmatch.Coverage
	Differences int // runs of rows that are not on both sides
}

// A Named is one side of a comparison.
type Named struct {
	What Link   // "0001-xattr.patch in meta-product@main"
	Word string // in sentences: "patch", "commit", "v1"
}

// A CompareFile is one file on both sides, or on one.
type CompareFile struct {
	Left, Right         string // paths; "" where the side does not change it
	Note                string
	LeftSide, RightSide diffmatch.Coverage
	Picture             Picture
	Rows                []CompareRow
	Hidden              int // lines that are not shown
}

// A CompareRow is one row: a line of each side, or of one.
type CompareRow struct {
	Kind        diffmatch.RowKind
	Left, Right *CompareLine // nil where a side has none
	Folded      int          // of a RowFold: how many rows it stands for
	All         string       // of a RowFold of changed lines: where they are shown; ""
	Number      int          // of the difference that begins here, from 1; else 0
}

// A CompareLine is one line of a side.
type CompareLine struct {
	Op    byte
	Line  int // its number in the file: the new one, or for a removed line the old one
	Parts []ComparePart
	Link  int // of the same line elsewhere; 0 if there is none
}

// A ComparePart is a piece of a line; Differ marks what the other side has not.
type ComparePart struct {
	Text   string
	Differ bool
}

// Compare puts two diffs side by side.
func Compare(left, right []*patch.File) Comparison {
	s := diffmatch.SideBySide(left, right)
	c := Comparison{LeftSide: s.Left, RightSide: s.Right}
	hidden := 0
	for _, f := range sorted(s.Files) {
		for n := range f.Rows {
			if f.Rows[n].differs() && (n == 0 || !f.Rows[n-1].differs()) {
				c.Differences++
				f.Rows[n].Number = c.Differences
			}
		}
		if f.Hidden > 0 {
			hidden++
		}
		c.Files = append(c.Files, f)
	}
	switch {
	case s.Unread > 0:
		c.Note = fmt.Sprintf("Too large to show: %s; %s of them are not even counted.", plural(len(c.Files), "file"), plural(s.Unread, "line"))
	case hidden > 0:
		c.Note = fmt.Sprintf("Too large to show whole: of %s the first lines are shown, or none. The figures count all lines.", plural(hidden, "file"))
	}
	c.sum(s)
	return c
}

// sum puts the comparison into words, with the names of the sides as they are.
func (c *Comparison) sum(s *diffmatch.Sides) {
	c.Left.Word, c.Right.Word = "patch", "commit"
	c.Words = Safe(s.Words(leftMark, rightMark))
}

// Stand for the names of the sides until [Comparison.Name] says them.
const (
	leftMark  = "the ‹left›"
	rightMark = "the ‹right›"
)

// Name says what stands on each side.
func (c *Comparison) Name(left, right Named) {
	c.Left, c.Right = left, right
	c.Words = strings.NewReplacer(leftMark, the(left.Word), rightMark, the(right.Word)).Replace(c.Words)
}

// the puts the article before what is no name.
func the(word string) string {
	if strings.HasPrefix(word, "v") && len(word) < 5 {
		return word
	}
	return "the " + word
}

// sorted are the files as they are shown: those that both sides change first,
// then those of left, then those of right.
func sorted(files []diffmatch.SideFile) []CompareFile {
	list := make([]CompareFile, len(files))
	for i := range files {
		list[i] = compareFile(&files[i])
	}
	slices.SortStableFunc(list, func(a, b CompareFile) int { return cmp.Compare(a.order(), b.order()) })
	return list
}

func (f CompareFile) order() int {
	switch {
	case f.Left != "" && f.Right != "":
		return 0
	case f.Left != "":
		return 1
	}
	return 2
}

// Alone says whether only one side changes the file.
func (f CompareFile) Alone() bool { return f.order() > 0 }

// lonely counts the files that only one side changes, and their lines.
func (c Comparison) lonely(order int) (files int, left, right diffmatch.Coverage) {
	for _, f := range c.Files {
		if f.order() == order {
			files++
			left.Lines, left.Found = left.Lines+f.LeftSide.Lines, left.Found+f.LeftSide.Found
			right.Lines, right.Found = right.Lines+f.RightSide.Lines, right.Found+f.RightSide.Found
		}
	}
	return files, left, right
}

func compareFile(f *diffmatch.SideFile) CompareFile {
	v := CompareFile{LeftSide: f.LeftSide, RightSide: f.RightSide, Hidden: f.Hidden}
	if f.Left != nil {
		v.Left, v.Note = Safe(f.Left.Path()), fileNote(f.Left)
	}
	if f.Right != nil {
		v.Right = Safe(f.Right.Path())
		if v.Note == "" {
			v.Note = fileNote(f.Right)
		}
	}
	for _, r := range f.Rows {
		v.Rows = append(v.Rows, CompareRow{Kind: r.Kind, Left: compareLine(r.Left), Right: compareLine(r.Right), Folded: r.Folded})
	}
	v.Picture = picture(f)
	return v
}

func compareLine(l *diffmatch.SideLine) *CompareLine {
	if l == nil {
		return nil
	}
	v := &CompareLine{Op: l.Op, Line: l.New, Link: max(l.Link, 0)}
	if l.Op == '-' || l.New == 0 {
		v.Line = l.Old
	}
	left := maxCodeLine
	for _, p := range l.Parts {
		text := safeCode(cut(p.Text, left))
		left = max(0, left-len(p.Text))
		v.Parts = append(v.Parts, ComparePart{text, p.Differ})
	}
	if len(l.Parts) == 0 {
		v.Parts = []ComparePart{{Text: safeCode(l.Text)}}
	}
	return v
}

// Shorten leaves out the middle of long runs of lines that one side alone has;
// all is where they are shown.
func (c *Comparison) Shorten(all string) {
	const longest, first, last = 40, 12, 6
	for i := range c.Files {
		f := &c.Files[i]
		var rows []CompareRow
		for at := 0; at < len(f.Rows); {
			n := 1
			for at+n < len(f.Rows) && f.Rows[at].sameRun(f.Rows[at+n]) {
				n++
			}
			if n <= longest {
				rows = append(rows, f.Rows[at:at+n]...)
			} else {
				rows = append(rows, f.Rows[at:at+first]...)
				rows = append(rows, CompareRow{Kind: diffmatch.RowFold, Folded: n - first - last, All: all})
				rows = append(rows, f.Rows[at+n-last:at+n]...)
			}
			at += n
		}
		f.Rows = rows
	}
}

// sameRun says whether both rows have a line of the same side alone.
func (r CompareRow) sameRun(o CompareRow) bool {
	alone := r.Kind == diffmatch.RowLeft || r.Kind == diffmatch.RowRight
	return alone && r.Kind == o.Kind && r.link() == 0 && o.link() == 0
}

// differs says whether the row is a change that is not on both sides.
func (r CompareRow) differs() bool {
	if r.Kind != diffmatch.RowNear && r.Kind != diffmatch.RowLeft && r.Kind != diffmatch.RowRight {
		return false
	}
	return r.Left.changed() || r.Right.changed()
}

func (l *CompareLine) changed() bool { return l != nil && (l.Op == '+' || l.Op == '-') }

// changed says whether the row has a changed line.
func (r CompareRow) changed() bool { return r.Left.changed() || r.Right.changed() }

// link is the number of the same line elsewhere, or 0.
func (r CompareRow) link() int {
	for _, l := range []*CompareLine{r.Left, r.Right} {
		if l != nil && l.Link > 0 {
			return l.Link
		}
	}
	return 0
}

// exact says whether both sides are the same to the letter.
func (r CompareRow) exact() bool { return r.Left.text() == r.Right.text() }

func (l *CompareLine) text() string {
	if l == nil {
		return ""
	}
	var b strings.Builder
	for _, p := range l.Parts {
		b.WriteString(p.Text)
	}
	return b.String()
}

// code is the line with what differs marked. Not one blank more than the line
// has may come between, so it is not written as a template.
func (l *CompareLine) code() templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		var b strings.Builder
		for _, p := range l.Parts {
			if p.Differ {
				b.WriteString("<mark>" + templ.EscapeString(p.Text) + "</mark>")
			} else {
				b.WriteString(templ.EscapeString(p.Text))
			}
		}
		_, err := io.WriteString(w, b.String())
		return err
	})
}

// name is the file as the right side has it, else as the left.
func (f CompareFile) name() string {
	if f.Right != "" {
		return f.Right
	}
	return f.Left
}

// class is the style of a row.
func (r CompareRow) class() string {
	switch {
	case r.Kind == diffmatch.RowFold:
		return "fold"
	case r.Kind == diffmatch.RowHunk:
		return "head"
	case r.link() > 0:
		return "moved"
	case r.Kind == diffmatch.RowNear && r.changed():
		return "near"
	case r.Kind == diffmatch.RowNear:
		return "nearby"
	case r.Kind == diffmatch.RowLeft && r.changed():
		return "left"
	case r.Kind == diffmatch.RowRight && r.changed():
		return "right"
	case r.Kind != diffmatch.RowSame:
		return "lone"
	case r.changed():
		return "same"
	}
	return "around"
}

// mark is the sign between the sides, and what it means.
func (c Comparison) mark(r CompareRow) (sign, words string) {
	switch {
	case r.link() > 0:
		return "↕", "the same line is elsewhere"
	case r.Kind == diffmatch.RowNear && r.changed():
		return "≠", "the line differs in some words"
	case r.Kind == diffmatch.RowNear:
		return "≈", "the line around differs in some words"
	case r.Kind == diffmatch.RowLeft && r.changed():
		return "‹", "only in " + the(c.Left.Word)
	case r.Kind == diffmatch.RowRight && r.changed():
		return "›", "only in " + the(c.Right.Word)
	case r.Kind == diffmatch.RowSame && !r.exact():
		return "≈", "the same but for white space"
	case r.Kind == diffmatch.RowSame && r.changed():
		return "=", "the same line"
	}
	return "", ""
}

// rowID is the id of the row of a difference.
func (c Comparison) rowID(n int) string { return fmt.Sprintf("c%d-d%d", c.ID, n) }

// lineID is the id of one of two lines that are linked.
func (c Comparison) lineID(side string, link int) string {
	return fmt.Sprintf("c%d-%s%d", c.ID, side, link)
}

// fileID is the id of a file's rows.
func (c Comparison) fileID(i int) string { return fmt.Sprintf("c%d-f%d", c.ID, i+1) }

// jump is where the sign of a row leads: to the same line elsewhere, else to
// the next difference; "" is nowhere.
func (c Comparison) jump(r CompareRow) string {
	switch {
	case r.link() > 0 && r.Left != nil:
		return "#" + c.lineID("r", r.link())
	case r.link() > 0:
		return "#" + c.lineID("l", r.link())
	case r.Number > 0 && c.Differences > 1:
		return "#" + c.rowID(r.Number%c.Differences+1)
	}
	return ""
}

// jumpWords say where the sign of a row leads.
func (c Comparison) jumpWords(r CompareRow) string {
	_, words := c.mark(r)
	if r.link() > 0 {
		return "The same line is elsewhere; go there"
	}
	return fmt.Sprintf("Difference %d of %d: %s; go to the next", r.Number, c.Differences, words)
}

// share is a figure in words: "18 of 19".
func share(c diffmatch.Coverage) string {
	return fmt.Sprintf("%s of %s", Count(c.Found), Count(c.Lines))
}

// Rows is how many rows the comparison has.
func (c Comparison) Rows() int {
	n := 0
	for _, f := range c.Files {
		n += len(f.Rows)
	}
	return n
}
