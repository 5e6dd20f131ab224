package view

import (
	"fmt"
	"strings"

	"github.com/upstreamd/upstreamd/internal/diffmatch"
)

// A Picture shows how far two sides of a file cover each other: a bar for each
// side, as long as the side has changed lines, and bands between them where
// lines are the same.
type Picture struct {
	Blocks []Block
	Bands  []Band
}

// A Block is a run of lines of one side that fare alike.
type Block struct {
	Tone     tone
	X, Width float64
	Lower    bool // of the right side, drawn below
}

// A Band joins a run of left with one of right.
type Band struct {
	Tone                  tone
	LeftX, RightX         float64
	LeftWidth, RightWidth float64
}

// Heights of a picture in its own units; it is [barWidth] wide.
const (
	blockHeight   = 11
	pictureHeight = 40
)

// The colours of what becomes of a line.
const (
	toneSame  = toneGood
	toneNear  = toneLook
	toneMoved = toneGo
	toneAlone = toneWarn
)

// A run is a run of lines of one side, and where its counterpart begins.
type run struct {
	tone        tone
	from, n     int
	with, withN int // place on the other side; withN 0 is nowhere
}

// picture draws a file. Where not all of its lines are in rows it draws the
// figures alone.
func picture(f *diffmatch.SideFile) Picture {
	var left, right []run
	if f.Hidden > 0 || len(f.Rows) == 0 {
		left, right = figureRuns(f.LeftSide), figureRuns(f.RightSide)
	} else {
		left, right = lineRuns(f.Rows)
	}
	most := 0
	for _, side := range [][]run{left, right} {
		if n := len(side); n > 0 {
			most = max(most, side[n-1].from+side[n-1].n)
		}
	}
	unit := float64(barWidth) / float64(max(most, 1))
	var p Picture
	for i, side := range [][]run{left, right} {
		for _, r := range side {
			p.Blocks = append(p.Blocks, Block{r.tone, float64(r.from) * unit, float64(r.n) * unit, i == 1})
			if i == 0 && r.withN > 0 {
				p.Bands = append(p.Bands, Band{r.tone, float64(r.from) * unit, float64(r.with) * unit, float64(r.n) * unit, float64(r.withN) * unit})
			}
		}
	}
	return p
}

// figureRuns are the lines of a side in the order of how they fare.
func figureRuns(c diffmatch.Coverage) (list []run) {
	at := 0
	for _, part := range []struct {
		tone tone
		n    int
	}{{toneSame, c.Found - c.Moved}, {toneMoved, c.Moved}, {toneNear, c.Near}, {toneAlone, c.Only()}} {
		if part.n > 0 {
			list = append(list, run{tone: part.tone, from: at, n: part.n})
			at += part.n
		}
	}
	return list
}

// lineRuns are the changed lines of both sides in their order, neighbours that
// fare alike in one run.
func lineRuns(rows []diffmatch.SideRow) (left, right []run) {
	placed := map[int]int{} // where right has a linked line
	n := 0
	each(rows, func(_ diffmatch.RowKind, _, r *diffmatch.SideLine) {
		if r != nil {
			placed[r.Link] = n
			n++
		}
	})
	l, r := 0, 0
	each(rows, func(kind diffmatch.RowKind, a, b *diffmatch.SideLine) {
		color := toneAlone
		switch kind {
		case diffmatch.RowSame:
			color = toneSame
		case diffmatch.RowNear:
			color = toneNear
		}
		if a != nil {
			next := run{tone: color, from: l, n: 1, with: r}
			if b != nil {
				next.withN = 1
			} else if a.Link != 0 {
				next.tone = toneMoved
				if at, ok := placed[a.Link]; ok && a.Link > 0 {
					next.with, next.withN = at, 1
				}
			}
			left, l = grow(left, next), l+1
		}
		if b != nil {
			if b.Link != 0 {
				color = toneMoved
			}
			right, r = grow(right, run{tone: color, from: r, n: 1}), r+1
		}
	})
	return left, right
}

// each calls f for the changed lines of rows that are not empty.
func each(rows []diffmatch.SideRow, f func(kind diffmatch.RowKind, l, r *diffmatch.SideLine)) {
	counts := func(l *diffmatch.SideLine) *diffmatch.SideLine {
		if l == nil || l.Op != '+' && l.Op != '-' || strings.TrimSpace(l.Text) == "" {
			return nil
		}
		return l
	}
	for _, row := range rows {
		if l, r := counts(row.Left), counts(row.Right); l != nil || r != nil {
			f(row.Kind, l, r)
		}
	}
}

// grow adds a line to the last run, or begins a new one.
func grow(list []run, next run) []run {
	if n := len(list); n > 0 {
		last := &list[n-1]
		joined := last.withN == 0 && next.withN == 0 || last.withN > 0 && next.withN > 0 && last.with+last.withN == next.with
		if last.tone == next.tone && joined {
			last.n++
			last.withN += next.withN
			return list
		}
	}
	return append(list, next)
}

// y is where a block begins.
func (b Block) y() string {
	if b.Lower {
		return units(pictureHeight - blockHeight)
	}
	return "0"
}

// path is the outline of a band: two curves from one bar to the other.
func (b Band) path() string {
	const top, low = blockHeight + 1.0, pictureHeight - blockHeight - 1.0
	const mid = (top + low) / 2
	return fmt.Sprintf("M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1fH%.1fC%.1f %.1f %.1f %.1f %.1f %.1fZ",
		b.LeftX, top, b.LeftX, mid, b.RightX, mid, b.RightX, low,
		b.RightX+b.RightWidth, b.RightX+b.RightWidth, mid, b.LeftX+b.LeftWidth, mid, b.LeftX+b.LeftWidth, top)
}

// A Key explains a colour of the picture.
type Key struct {
	Tone tone
	Word string
}

// keys are the colours that the pictures of a comparison have.
func (c Comparison) keys() []Key {
	list := []Key{{toneSame, "the same"}}
	if c.LeftSide.Near > 0 {
		list = append(list, Key{toneNear, "other words"})
	}
	if c.LeftSide.Moved > 0 {
		list = append(list, Key{toneMoved, "elsewhere"})
	}
	if c.LeftSide.Only() > 0 || c.RightSide.Only() > 0 {
		list = append(list, Key{toneAlone, "on one side only"})
	}
	return list
}

const (
	maxCovered = 40 // files in the table of coverage
	maxJumps   = 30 // differences that are listed
)
