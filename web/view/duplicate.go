package view

import (
	"fmt"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/diffmatch"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// A Duplicate is what a local layer and another one have, both.
type Duplicate struct {
	ID change.DuplicateName
	DuplicateRow
	Pairs                    []Link    // of files that the verdict is about
	Pair                     int       // the one that is shown, from 0
	LocalCommit, OtherCommit Link      // that brought it to either side
	Came, WentBy             Link      // of what the other side once had
	News                     []NewsRow // newest first
	ChangeID                 int64     // of a fork: its delta as a change; 0
	Same                     bool      // both files are the same
	Patches                  bool      // two patches are compared, not two files
	Compared                 *Comparison
	WhyNot                   string   // why there is no comparison; ""
	Verdicts                 []string // that can be given
	History                  []Decision
	Problem                  string // why the form was refused; ""
}

// Title is what the page is about.
func (v Duplicate) Title() string { return orText(v.PN, orText(v.LocalFile, v.Other)) }

// sideBlank is how far from a difference lines that are the same are shown.
const sideBlank = 3

// CompareFiles puts two files side by side. Each is a diff that makes it; all
// is where the lines are shown that are far from every difference, and with ""
// they are shown here.
func CompareFiles(left, right []*patch.File, all string) Comparison {
	c := Compare(left, right)
	for i := range c.Files {
		f := &c.Files[i]
		var rows []CompareRow
		for _, r := range f.Rows {
			if r.Kind == diffmatch.RowHunk {
				continue
			}
			if r.Left != nil {
				r.Left.Op = '-'
			}
			if r.Right != nil {
				r.Right.Op = '+'
			}
			if r.Kind == diffmatch.RowSame {
				r.Left.Op, r.Right.Op = ' ', ' '
			}
			rows = append(rows, r)
		}
		if f.Rows = rows; all != "" {
			f.Rows = foldSame(rows, all)
		}
	}
	c.Words = fmt.Sprintf("%s lines of theirs are in ours, and %s lines of ours in theirs; empty ones do not count", share(c.LeftSide), share(c.RightSide))
	return c
}

// foldSame leaves out lines that are far from every difference.
func foldSame(rows []CompareRow, all string) []CompareRow {
	var out []CompareRow
	for at := 0; at < len(rows); {
		n := 0
		for at+n < len(rows) && rows[at+n].Kind == diffmatch.RowSame {
			n++
		}
		before, after := sideBlank, sideBlank
		if at == 0 {
			before = 0
		}
		if at+n == len(rows) {
			after = 0
		}
		if n > before+after+1 {
			out = append(out, rows[at:at+before]...)
			out = append(out, CompareRow{Kind: diffmatch.RowFold, Folded: n - before - after, All: all})
			out = append(out, rows[at+n-after:at+n]...)
			at += n
			continue
		}
		n = max(n, 1)
		out = append(out, rows[at:at+n]...)
		at += n
	}
	return out
}

// A Recipe is all that layers have of one PN.
type Recipe struct {
	PN         string
	Files      []RecipeFile
	Queues     []LayerQueues
	Duplicates []DuplicateRow
	Behind     []BehindRow // how the version of ours stands, for each layer of ours
	Chart      MoveChart
	Moves      []MoveRow // the newest
	MoreMoves  int       // that are not among them
}

// A RecipeFile is a recipe or bbappend of a layer.
type RecipeFile struct {
	RecipeRow
	Source string
	Local  bool
}

// LayerQueues are the patches of a recipe in one layer.
type LayerQueues struct {
	Layer  string
	Queues []Queue
}
