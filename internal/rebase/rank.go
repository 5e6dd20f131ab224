package rebase

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/upstreamd/upstreamd/internal/patch"
)

// What becomes of a patch file when the version of its recipe moves.
const (
	FateKept      = "kept"      // its change stands as it is
	FateRefreshed = "refreshed" // it was made anew, if only for other line numbers
	FateDropped   = "dropped"
)

// fates are the classes of the model, in its order.
var fates = [...]string{FateKept, FateRefreshed, FateDropped}

// A Step is one patch of one recipe whose version moves, as far as it is known
// before anybody has tried the patch on the new source.
type Step struct {
	Kind     string               // how the recipe moves: rename, pvline, pvline-inc, srcrev
	From, To string               // PVs
	At       time.Time            // of the move
	Name     string               // of the patch file
	Status   patch.UpstreamStatus // of the patch file
	Data     []byte               // the patch file; nil where it cannot be read
	Patch    *patch.Patch         // parsed Data, or nil
	Position int                  // in the recipe's queue, from 1
	Queue    int                  // how many patches the recipe has
	Past     Past
}

// A Past is what earlier moves did to a patch and to its recipe. The zero value
// is a patch of which nothing earlier is known.
type Past struct {
	Moves      int       // of the recipe that this patch has survived
	Refreshed  int       // at how many of them it was made anew
	LastAnew   bool      // it was made anew at the last one
	Since      time.Time // when the patch was first seen; zero if that is not known
	LastMove   time.Time // the recipe's last move before; zero if none is known
	Recipe     int       // moves of the recipe that are known
	OfRecipe   [3]int    // patches of the recipe kept, refreshed and dropped at those
	LastRecipe [3]int    // the same at the last one
}

// An Outlook says what mostly became of such patches at such steps. It is a
// likelihood, never a finding: nobody has tried the patch.
type Outlook struct {
	Kept, Refreshed, Dropped float64  // add up to 1
	Fate                     string   // the one to expect: FateKept, FateRefreshed or FateDropped
	Reasons                  []string // in words; the first is about like patches in general
}

// Likely is the likelihood of a fate.
func (o Outlook) Likely(fate string) float64 {
	return map[string]float64{FateKept: o.Kept, FateRefreshed: o.Refreshed, FateDropped: o.Dropped}[fate]
}

// reasonsShown is how many reasons an outlook has besides the general one.
const reasonsShown = 3

// Rank says what to expect of a patch when its recipe moves, without any
// source. See docs/rebase.md for how far that can be trusted.
func Rank(s Step) Outlook {
	x := s.features()
	p, moved := rankModel.predict(x)
	fate := decide(p, rankBias)
	o := Outlook{Kept: p[0], Refreshed: p[1], Dropped: p[2], Fate: fates[fate]}
	o.Reasons = append(o.Reasons, s.general())
	type reason struct {
		feature int
		weight  float64
	}
	var list []reason
	for j := range moved {
		// What speaks for the fate, as against the average of the others.
		w := moved[j][fate] - (moved[j][0]+moved[j][1]+moved[j][2])/3
		if w > .08 && features[j].say != nil {
			list = append(list, reason{j, w})
		}
	}
	slices.SortFunc(list, func(a, b reason) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.feature, b.feature))
	})
	for _, r := range list {
		words := features[r.feature].say(x[r.feature])
		if words != "" && len(o.Reasons) <= reasonsShown && !slices.Contains(o.Reasons, words) {
			o.Reasons = append(o.Reasons, words)
		}
	}
	return o
}

// decide is the class to expect. The bias makes up for rare classes, which
// would hardly ever be the likeliest; it was chosen for right answers of all
// three.
func decide(p, bias [3]float64) int {
	best := 0
	for k := range p {
		if p[k]*bias[k] > p[best]*bias[best] {
			best = k
		}
	}
	return best
}

// general says what became of all the patches with this status at steps of this
// size.
func (s Step) general() string {
	kind := s.statusWord()
	step := stepOf(s.From, s.To)
	n, ok := rankCounts[kind+"/"+step.word]
	if total := n[0] + n[1] + n[2]; ok && total >= 20 {
		best := 0
		for k := range n {
			if n[k] > n[best] {
				best = k
			}
		}
		tenths := int(math.Round(10 * float64(n[best]) / float64(total)))
		return fmt.Sprintf("%s, and %s: %d of 10 such patches are %s", kind, stepWords[step.word], tenths, fates[best])
	}
	return kind + ", and " + stepWords[step.word]
}

// statusWord is the status as the header has it, in words.
func (s Step) statusWord() string {
	if s.Status.Kind == "" {
		return "no Upstream-Status"
	}
	return s.Status.Kind
}
