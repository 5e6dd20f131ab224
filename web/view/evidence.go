package view

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/change"
)

// Evidence is what speaks for and against one commit being the change.
type Evidence struct {
	Project    string
	Commit     string // full hash
	Key        string // of the commit, for decisions
	Href       string // of the commit, where its project shows it; ""
	Subject    string
	Author     string
	At         When
	RevertedBy string // hash; ""
	RevertHref string
	Matches    []Match // best first
	Pieces     []Piece // where the change landed in several commits
	Where      *Where  // nil where no match says
	Said       string  // what a person decided about it, with name and date; ""
	Confirmed  bool    // that decision is yes
	Rejected   bool    // that decision is no
	Summary    string  // what the comparison amounts to where it is not shown; ""
	Compared   *Comparison
	Page       string // where the comparison has a page of its own; ""
	WhyNot     string // why there is no comparison; ""
}

// A Match is how like one sighting is to the commit.
type Match struct {
	Sighting   string // key, for decisions
	Where      Link   // the patch file or mail
	Verdict    change.Verdict
	Confidence float64
	Method     string
	Points     []Point // what weighs most first
}

// A Piece is one of several commits in which a change landed.
type Piece struct {
	Commit  Link
	Page    string // where it is compared with the patch
	Subject string
	Found   int // changed lines of the patch that are in it
	Lines   int // changed lines of the patch
}

// A Point is one thing that speaks for or against a match.
type Point struct {
	Kind     string
	Detail   string
	Weight   float64 // log-odds: above 0 for, below against, 0 is only told
	Weighted bool    // the engine said the weight; else it is told by agreement
}

// NewPoints are the points of a match, what weighs most first. Where no weight
// is known they are told by how far things agree.
func NewPoints(list []change.Evidence) []Point {
	weighted := slices.ContainsFunc(list, func(e change.Evidence) bool { return e.Weight != 0 })
	points := make([]Point, len(list))
	for i, e := range list {
		points[i] = Point{Kind: Safe(e.Kind), Detail: Safe(e.Detail), Weight: e.Weight, Weighted: weighted}
		if !weighted {
			points[i].Weight = 2*e.Score - 1
		}
	}
	slices.SortStableFunc(points, func(a, b Point) int { return cmp.Compare(b.Weight, a.Weight) })
	return points
}

// side says which way a point speaks.
func (p Point) side() string {
	switch {
	case p.Weight > 0.005:
		return "for"
	case p.Weight < -0.005:
		return "against"
	}
	return "told"
}

func (p Point) tone() tone {
	switch p.side() {
	case "for":
		return toneGood
	case "against":
		return toneBad
	}
	return toneCalm
}

// words say how much a point weighs.
func (p Point) words() string {
	switch {
	case p.side() == "told":
		return "only told"
	case !p.Weighted:
		return "speaks " + p.side() + " it"
	}
	return fmt.Sprintf("speaks %s it, weight %.1f", p.side(), math.Abs(p.Weight))
}

// figure is the weight as a number with its sign.
func (p Point) figure() string {
	if !p.Weighted || p.side() == "told" {
		return ""
	}
	return strings.Replace(fmt.Sprintf("%+.1f", p.Weight), "-", "−", 1)
}

// scale is the width in which points are drawn: half of it for each way.
const scale = 120.0

// bar is where the bar of a point begins and how long it is. A weight of 6,
// 400 to 1, fills its half; without weights full agreement does.
func (p Point) bar() (x, width float64) {
	full := 1.0
	if p.Weighted {
		full = 6
	}
	width = scale / 2 * min(1, math.Abs(p.Weight)/full)
	if p.Weight < 0 {
		return scale/2 - width, width
	}
	return scale / 2, width
}

// bestVerdict is the verdict of the best match.
func (e Evidence) bestVerdict() change.Verdict {
	if len(e.Matches) == 0 {
		return change.None
	}
	return e.Matches[0].Verdict
}

// headline says what the evidence amounts to.
func (e Evidence) headline() string {
	switch {
	case e.Confirmed:
		return "is the same change"
	case e.Rejected:
		return "is another change"
	case e.bestVerdict() == change.Merged:
		return "is the same change"
	case e.bestVerdict() == change.Probable:
		return "is probably the same change"
	}
	return "is not the same change"
}

// tone is the colour of the evidence.
func (e Evidence) tone() tone {
	switch {
	case e.Rejected:
		return toneDone
	case e.RevertedBy != "":
		return toneBad
	case e.Confirmed:
		return toneGood
	}
	return verdictTone(e.bestVerdict())
}

// About is the key of the sighting that a decision about the evidence is about.
func (e Evidence) About() string {
	if len(e.Matches) == 0 {
		return ""
	}
	return e.Matches[0].Sighting
}

// agreed is what the comparison amounts to, with what the header says.
func (e Evidence) agreed() string {
	var said []string
	if e.Compared != nil {
		said = append(said, e.Compared.Words)
	} else if e.Summary != "" {
		said = append(said, e.Summary)
	}
	if len(e.Matches) > 0 {
		for _, kind := range []string{"subject", "author", "date", "cited"} {
			for _, p := range e.Matches[0].Points {
				if p.Kind == kind {
					said = append(said, p.Detail)
				}
			}
		}
	}
	return sentence(strings.Join(said, "; "))
}

// sentence is words with a capital letter and a full stop.
func sentence(words string) string {
	if words == "" {
		return ""
	}
	return strings.ToUpper(words[:1]) + words[1:] + "."
}

func percent(share float64) string {
	switch {
	case share >= 0.995 && share < 1:
		return "99 %" // never quite sure
	case share > 0 && share < 0.005:
		return "1 %"
	}
	return fmt.Sprintf("%.0f %%", 100*share)
}

// ratio is n of total as a share.
func ratio(n, total int) float64 {
	if total == 0 {
		return 0
	}
	return float64(n) / float64(total)
}

// evidenceWords is a kind of evidence as people say it.
func evidenceWords(kind string) string {
	switch kind {
	case "lines":
		return "changed lines"
	case "order":
		return "their order"
	case "context":
		return "lines around"
	case "words":
		return "other words"
	case "pieces":
		return "with others"
	case "rival":
		return "other commits"
	case "cited":
		return "named origin"
	}
	return kind
}

// verdictIcon stands beside the word.
func verdictIcon(v change.Verdict) string {
	switch v {
	case change.Merged:
		return "circle-check"
	case change.Probable:
		return "circle-question-mark"
	}
	return "circle-x"
}
