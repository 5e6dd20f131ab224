package view

import (
	"fmt"
	"strings"
	"time"

	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/pipeline"
)

// Who moved.
const (
	MovedOurs     = "ours"     // a recipe of one of our layers
	MovedUpstream = "upstream" // a recipe of a layer that ours are compared with
	MovedProject  = "project"  // a project released
)

// A MoveRow is one version that moved.
type MoveRow struct {
	Who     string // one of the constants
	Kind    layer.MoveKind
	Source  Link   // the layer or project
	Name    Link   // the recipe; of a project its name
	File    string // of the recipe; ""
	From    string
	To      string
	FromRev Link // no text where it did not move
	ToRev   Link
	Back    bool // to an older version
	Commit  Link
	At      When
	Patches []PatchMoveRow
}

// A PatchMoveRow is what became of a patch file when its recipe moved.
type PatchMoveRow struct {
	Name    string
	Outcome string // as layer.PatchMove has it
	Words   string // of a dropped one, what the commit says of it
	Compare string // page with the patch before and after; ""
}

// patchesShown is how many patch files of one move are shown.
const patchesShown = 60

// moveWords say by what a version moved.
func moveWords(kind layer.MoveKind) string {
	switch kind {
	case layer.Renamed, layer.Versioned:
		return "new version"
	case layer.Revision:
		return "new revision"
	case pipeline.TagMove:
		return "released"
	case pipeline.RetagMove:
		return "tag names another commit"
	}
	return string(kind)
}

func (r MoveRow) words() string {
	if r.Back {
		return "back to an older version"
	}
	return moveWords(r.Kind)
}

func (r MoveRow) tone() tone {
	if r.Back || r.Kind == pipeline.RetagMove {
		return toneWarn
	}
	return whoTone(r.Who)
}

func (r MoveRow) icon() string {
	switch {
	case r.Back || r.Kind == pipeline.RetagMove:
		return "undo-2"
	case r.Who == MovedProject:
		return "tag"
	}
	return "arrow-right"
}

func whoTone(who string) tone {
	switch who {
	case MovedOurs:
		return toneGood
	case MovedProject:
		return toneLook
	}
	return toneGo
}

func whoWords(who string) string {
	switch who {
	case MovedOurs:
		return "our recipe"
	case MovedProject:
		return "the project's release"
	}
	return "upstream layer's recipe"
}

// patchTone is the colour of what became of a patch file.
func patchTone(outcome string) tone {
	if outcome == layer.PatchAdded {
		return toneGo
	}
	return outcomeTone(outcome)
}

func patchIcon(outcome string) string {
	if outcome == layer.PatchAdded {
		return "sparkles"
	}
	return outcomeIcon(outcome)
}

func patchWords(outcome string) string {
	if outcome == layer.PatchOffsets {
		return "other line numbers"
	}
	return outcome
}

// patchSum says what became of the patches: "2 kept, 1 dropped".
func (r MoveRow) patchSum() string {
	var words []string
	for _, o := range []string{layer.PatchKept, layer.PatchOffsets, layer.PatchRefreshed, layer.PatchDropped, layer.PatchAdded} {
		n := 0
		for _, p := range r.Patches {
			if p.Outcome == o {
				n++
			}
		}
		if n > 0 {
			words = append(words, Count(n)+" "+patchWords(o))
		}
	}
	return plural(len(r.Patches), "patch") + ": " + strings.Join(words, ", ")
}

// A MoveChart shows moves over time: a lane for each recipe or side, a mark for
// each move. The table below it has the same.
type MoveChart struct {
	From, To When
	Lanes    []MoveLane
	Rows     []MoveRow // all of them, newest first
	Hidden   int       // lanes that are not drawn
}

// A MoveLane is one line of the chart.
type MoveLane struct {
	Name   Link
	Note   string // "1.7.1, theirs 1.9"
	Marks  []MoveMark
	Behind float64 // since when we are behind, 0 to 1 of the chart; 1 is not at all
}

// A MoveMark is one move on a lane.
type MoveMark struct {
	At    float64 // 0 to 1 of the chart
	Who   string
	Back  bool
	Href  string
	Title string
}

// tableShown is how many moves the table of a chart has.
const tableShown = 300

// chartPlace is where on the chart's width a share of its time is, in percent: the
// first and last marks are whole.
func chartPlace(share float64) string { return fmt.Sprintf("%.2f%%", 1+98*min(1, max(0, share))) }

// behindWidth is the length of the line that says how long we are behind.
func (l MoveLane) behindWidth() string {
	return fmt.Sprintf("%.2f%%", 98*(1-min(1, max(0, l.Behind))))
}

// path is the shape of a mark around its middle: a square for ours, a circle
// for upstream layers, a diamond for releases.
func (m MoveMark) path() string {
	switch m.Who {
	case MovedOurs:
		return "M-4.5 -4.5H4.5V4.5H-4.5Z"
	case MovedProject:
		return "M0 -6L6 0L0 6L-6 0Z"
	}
	return "M-5 0A5 5 0 1 0 5 0A5 5 0 1 0 -5 0Z"
}

func (m MoveMark) class() string {
	c := "move-mark " + whoTone(m.Who).class()
	if m.Back {
		c += " back"
	}
	return c
}

// keys are the marks that the chart has, each kind once.
func (c MoveChart) keys() []MoveMark {
	seen := map[string]bool{}
	back := false
	for _, l := range c.Lanes {
		for _, m := range l.Marks {
			seen[m.Who] = true
			back = back || m.Back
		}
	}
	var out []MoveMark
	for _, who := range []string{MovedOurs, MovedUpstream, MovedProject} {
		if seen[who] {
			out = append(out, MoveMark{Who: who, Title: whoWords(who)})
		}
	}
	if back {
		out = append(out, MoveMark{Who: MovedUpstream, Back: true, Title: "back to an older version"})
	}
	return out
}

// behind says whether any lane is behind.
func (c MoveChart) behind() bool {
	for _, l := range c.Lanes {
		if l.Behind < 1 {
			return true
		}
	}
	return false
}

// sum is the chart in a line.
func (c MoveChart) sum() string {
	back := 0
	for _, r := range c.Rows {
		if r.Back {
			back++
		}
	}
	words := plural(len(c.Rows), "move")
	if back > 0 {
		words += ", " + Count(back) + " of them back"
	}
	return words + ", " + c.From.Day() + " to " + c.To.Day()
}

// Share is where a moment lies on the chart, 0 to 1.
func (c MoveChart) Share(at time.Time) float64 {
	whole := c.To.At.Sub(c.From.At)
	return min(1, max(0, float64(at.Sub(c.From.At))/float64(max(whole, 1))))
}

// Mark is a move on the chart.
func (c MoveChart) Mark(r MoveRow) MoveMark {
	m := MoveMark{At: c.Share(r.At.At), Who: r.Who, Back: r.Back, Href: r.Commit.Href}
	if r.Who == MovedProject {
		m.Href = r.Name.Href
	}
	step := r.To
	if r.From != "" {
		step = r.From + " → " + r.To
	}
	m.Title = r.At.Day() + ": " + r.Source.Text + ", " + step + ", " + r.words()
	if len(r.Patches) > 0 {
		m.Title += "; " + r.patchSum()
	}
	return m
}

// BySource draws a lane for each layer or project that moved, ours first; since
// when ours are behind is on their lanes.
func (c *MoveChart) BySource(behind []BehindRow) {
	for _, who := range []string{MovedOurs, MovedUpstream, MovedProject} {
		at := map[string]int{}
		for i := range c.Rows {
			r := c.Rows[len(c.Rows)-1-i] // oldest first
			if r.Who != who {
				continue
			}
			n, ok := at[r.Source.Text]
			if !ok {
				n = len(c.Lanes)
				at[r.Source.Text] = n
				c.Lanes = append(c.Lanes, MoveLane{Name: r.Source, Behind: 1})
			}
			l := &c.Lanes[n]
			l.Marks, l.Note = append(l.Marks, c.Mark(r)), r.To
		}
	}
	for _, b := range behind {
		for i := range c.Lanes {
			if l := &c.Lanes[i]; l.Name.Text == b.Layer && b.Since.Known() {
				l.Behind = min(l.Behind, c.Share(b.Since.At))
			}
		}
	}
}
