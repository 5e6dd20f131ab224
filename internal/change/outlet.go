package change

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// A Need is something that a posting depends on and that is not upstream yet.
type Need struct {
	Title  string // of the series or patch
	State  string // of the series, as series.State
	Circle bool   // it depends on the posting in turn
}

// words say why a posting waits for it, and for how many others besides.
func (n Need) words(others int) string {
	w := fmt.Sprintf("it depends on %q, which is %s", n.Title, n.State)
	if others > 0 {
		w += fmt.Sprintf(", and on %d more", others)
	}
	return w
}

// An Outlet is a list where a posting that got no answer could be sent instead.
type Outlet struct {
	List   string // its name
	Layer  string // that takes patches there and has Recipe; "" where the list is set as the fallback
	Recipe string // PN; ""
	Usual  Usual
}

// Usual is how a list usually answers.
type Usual struct {
	Series   int           // that were sent there
	Answered int           // of those: that somebody else answered, no robot
	Median   time.Duration // from being sent to the first answer, of those answered
}

// fewSeries is how many series a share in per cent says something of.
const fewSeries = 10

// words are in whole days and per cent, so that they do not change with every
// mail: "answers in 3 days, 82 % of series".
func (u Usual) words() string {
	within := max(1, int(math.Round(u.Median.Hours()/24)))
	switch {
	case u.Series == 0:
		return "how it answers is not known"
	case u.Answered == 0:
		return fmt.Sprintf("answered none of %d series", u.Series)
	case u.Series < fewSeries:
		return fmt.Sprintf("answers in %s, %d of %d series", days(time.Duration(within)*24*time.Hour), u.Answered, u.Series)
	}
	return fmt.Sprintf("answers in %s, %.0f %% of series", days(time.Duration(within)*24*time.Hour), 100*float64(u.Answered)/float64(u.Series))
}

func (o Outlet) words() string {
	if o.Layer == "" {
		return fmt.Sprintf("%s, set as the list to turn to then (%s)", o.List, o.Usual.words())
	}
	return fmt.Sprintf("%s, for %s, which has %s too (%s)", o.List, o.Layer, o.Recipe, o.Usual.words())
}

// outletWords name where it could be sent; those that carry the recipe first.
func outletWords(outlets []Outlet) string {
	var all []string
	for _, o := range outlets {
		all = append(all, o.words())
	}
	return "send it to " + strings.Join(all, "; or to ")
}

// sortOutlets puts layers before the fallback, each by name.
func sortOutlets(outlets []Outlet) []Outlet {
	outlets = slices.Clone(outlets)
	slices.SortFunc(outlets, func(a, b Outlet) int {
		if (a.Layer == "") != (b.Layer == "") {
			return strings.Compare(b.Layer, a.Layer)
		}
		return strings.Compare(a.List+"\x00"+a.Layer+"\x00"+a.Recipe, b.List+"\x00"+b.Layer+"\x00"+b.Recipe)
	})
	return outlets
}
