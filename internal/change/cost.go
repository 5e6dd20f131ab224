package change

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// A Burden is what is known of carrying one patch.
type Burden struct {
	Age       time.Duration // since it came; 0 where that is not known
	Lines     int           // added and removed
	Refreshes int           // how often it was made anew: the rebases that it survived
	Conflicts []string      // versions to which it does not apply
	CVE       []string      // that it mends
}

// A Cost is what carrying a patch costs, against all others: who upstreams the
// dearest first gains most.
type Cost struct {
	Score   int      // 0 to 100
	Reasons []Reason // what the score is made of, the heaviest first
}

// A Reason is one thing that makes a patch dear to carry.
type Reason struct {
	Words  string // "made anew 7 times"
	Points int    // of the score, from 1
}

// What each burden can add to the score. They are together 100. Work that was
// done, and work that is due, weighs most: it comes back with every version.
const (
	refreshPoints  = 30 // half of it at 3 refreshes
	conflictPoints = 25 // two thirds of it for one version, all for two
	agePoints      = 20 // half of it at 2 years
	linePoints     = 15 // by their logarithm: all at 1,000 lines
	cvePoints      = 10 // who mends a hole alone will be asked for it again
)

const year = 365 * 24 * time.Hour

// CostOf weighs a burden. More of anything never makes it less.
func CostOf(b Burden) Cost {
	var c Cost
	add := func(most int, share float64, words string) {
		if n := int(math.Round(float64(most) * min(share, 1))); share > 0 && n > 0 {
			c.Score += n
			c.Reasons = append(c.Reasons, Reason{words, n})
		}
	}
	add(refreshPoints, saturated(float64(b.Refreshes), 3), fmt.Sprintf("made anew %s", times(b.Refreshes)))
	add(conflictPoints, saturated(float64(len(b.Conflicts)), 1)*4/3, "does not apply to "+strings.Join(b.Conflicts, ", "))
	add(agePoints, saturated(float64(b.Age)/float64(year), 2), "carried for "+howLong(b.Age))
	add(linePoints, math.Log1p(float64(max(b.Lines, 0)))/math.Log1p(1000), fmt.Sprintf("%d changed %s", b.Lines, oneOrMore(b.Lines, "line")))
	add(cvePoints, float64(min(len(b.CVE), 1)), "mends "+strings.Join(b.CVE, ", "))
	slices.SortStableFunc(c.Reasons, func(x, y Reason) int { return cmp.Compare(y.Points, x.Points) })
	return c
}

// saturated grows from 0 to 1 with n, and is a half at half.
func saturated(n, half float64) float64 {
	if n <= 0 {
		return 0
	}
	return 1 - math.Exp2(-n/half)
}

func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}

// howLong is a time in whole years or months.
func howLong(d time.Duration) string {
	if d >= 2*year {
		return fmt.Sprintf("%d years", d/year)
	}
	n := int(d / (year / 12))
	if n == 0 {
		return "less than a month"
	}
	return fmt.Sprintf("%d %s", n, oneOrMore(n, "month"))
}

func oneOrMore(n int, noun string) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}

// ToUpstream says whether a carried patch is one that the team could post or
// get merged, or why it is none: "" is yes. It goes by how the patch stands
// and by the word of its Upstream-Status.
func ToUpstream(s Status, claim string) (whyNot string) {
	switch s {
	case Droppable, InUpstream, InQueue:
		return "it is upstream"
	case WasReplaced, WasRejected, StaysLocal:
		return "a person closed it"
	case NotCarried:
		return "it is dropped"
	}
	switch claim {
	case "Inappropriate", "Denied", "Inactive-Upstream":
		return "its Upstream-Status says " + claim
	case "Backport":
		return "its Upstream-Status says Backport"
	}
	return ""
}
