package diffmatch

import "math"

// A feature is something that may speak for a candidate: 0 for nothing of it,
// 1 for all.
type feature struct {
	name string // as in weights.go
	kind string // of the evidence under which it is told
	of   func(c *candidate) float64
}

// lineFeatures are what the diffs tell. Lines in other words count only where
// the candidate was read again.
var lineFeatures = []feature{
	{"patch-id", "patch-id", func(c *candidate) float64 { return flagged(c.patchID) }},
	{"same lines", "lines", func(c *candidate) float64 { return flagged(c.same) }},
	{"same lines, same place", "context", func(c *candidate) float64 { return flagged(c.same) * c.place() }},
	{"lines", "lines", func(c *candidate) float64 { return harmonic(c.left, c.covered) }},
	{"words", "lines", (*candidate).reworded},
	{"most words", "lines", func(c *candidate) float64 { return above(c.reworded(), 0.7) }},
	{"most words of many", "lines", func(c *candidate) float64 { return above(c.reworded(), 0.7) * min(1, c.mass/15) }},
	{"with others", "lines", func(c *candidate) float64 { return max(0, c.words.joint-c.left) * c.covered }},
	{"within", "lines", func(c *candidate) float64 { return above(c.leftWords(), 0.85) * min(1, c.mass/8) * c.order * c.place() }},
	{"much within", "lines", func(c *candidate) float64 { return above(c.left, 0.9) * min(1, c.mass/30) * c.order * c.place() }},
	{"holds", "lines", func(c *candidate) float64 { return above(c.rightWords(), 0.8) * min(1, c.mass/6) * c.order }},
	{"many", "lines", (*candidate).many},
	{"many alike", "lines", func(c *candidate) float64 { return c.many() * c.reworded() }},
	{"small commit", "lines", func(c *candidate) float64 { return c.right }},
	{"order", "order", func(c *candidate) float64 { return c.order * c.left }},
	{"path", "files", func(c *candidate) float64 { return c.path }},
	{"path and words", "files", func(c *candidate) float64 { return c.path * c.reworded() }},
	{"context", "context", func(c *candidate) float64 { return c.context }},
	{"all, in context", "context", func(c *candidate) float64 { return above(c.left, 0.9) * c.context * c.path }},
	{"place", "context", func(c *candidate) float64 { return c.place() }},
	{"place and words", "context", func(c *candidate) float64 { return c.place() * c.reworded() }},
	{"place, no rival", "rival", func(c *candidate) float64 { return above(c.reworded(), 0.5) * c.place() * (1 - c.rival) }},
	{"no rival", "rival", func(c *candidate) float64 { return max(0, c.likeness()-c.rival) }},
}

// headFeatures are what title, author, dates and message tell.
var headFeatures = []feature{
	{"title", "subject", func(c *candidate) float64 { return flagged(c.subject) / float64(max(c.twins, 1)) }},
	{"title and words", "subject", func(c *candidate) float64 { return flagged(c.subject) * math.Sqrt(c.reworded()) }},
	{"like title", "subject", func(c *candidate) float64 { return above(c.title, 0.5) }},
	{"like title and words", "subject", func(c *candidate) float64 { return above(c.title, 0.5) * c.reworded() }},
	{"title and author", "author", func(c *candidate) float64 { return flagged(c.author && c.subject) }},
	{"author", "author", func(c *candidate) float64 { return flagged(c.author) }},
	{"author and date", "date", func(c *candidate) float64 { return flagged(c.author && c.date) }},
	{"date and words", "date", func(c *candidate) float64 { return flagged(c.date) * math.Sqrt(c.reworded()) }},
	{"not before", "date", func(c *candidate) float64 { return flagged(!c.early) }},
	{"not before its author", "date", func(c *candidate) float64 { return flagged(!c.early || !c.author) }},
	{"message", "message", func(c *candidate) float64 { return c.words.told }},
	{"message and words", "message", func(c *candidate) float64 { return c.words.told * c.reworded() }},
	{"names title", "message", func(c *candidate) float64 { return flagged(c.named) }},
	{"same references", "message", func(c *candidate) float64 { return math.Min(1, float64(c.words.refs)/2) }},
	{"same references and words", "message", func(c *candidate) float64 { return flagged(c.words.refs > 0) * c.reworded() }},
}

func flagged(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// above is how far x is on the way from a limit to 1.
func above(x, limit float64) float64 {
	return min(1, max(0, (x-limit)/(1-limit)))
}

// leftWords and rightWords are the shares of both sides with lines that say
// the same in other words.
func (c *candidate) leftWords() float64  { return min(1, c.left+c.words.left) }
func (c *candidate) rightWords() float64 { return min(1, c.covered+c.words.right) }

// reworded is how far patch and commit change the same lines, in the same or
// in other words.
func (c *candidate) reworded() float64 { return harmonic(c.leftWords(), c.rightWords()) }

// many grows with what the common lines say, slower and slower.
func (c *candidate) many() float64 { return math.Min(1, math.Log1p(c.mass)/4) }

// A model gives the log-odds that a candidate is the commit looked for.
type model struct {
	intercept float64
	terms     map[string]term // by the name of the feature
}

// A term is how much a feature says.
type term struct {
	weight float64 // log-odds that all of it adds
	even   float64 // where it speaks neither for nor against
}

// score sums up some features of a candidate. kinds, if it is not nil, is told
// how far each kind of evidence speaks for the candidate.
func (m *model) score(c *candidate, features []feature, kinds map[string]float64) float64 {
	s := 0.0
	for i := range features {
		f := &features[i]
		t := m.terms[f.name]
		if t.weight == 0 {
			continue
		}
		x := f.of(c)
		s += t.weight * x
		if kinds != nil {
			kinds[f.kind] += t.weight * (x - t.even)
		}
	}
	return s
}

// scores fills in the scores of a candidate.
func (c *candidate) scores() {
	c.lines = lineModel.intercept + lineModel.score(c, lineFeatures, nil)
	c.all = c.lines
	if c.headed() {
		c.all = wholeModel.intercept + wholeModel.score(c, lineFeatures, nil) + wholeModel.score(c, headFeatures, nil)
	}
}

// kinds says how far each kind of evidence speaks for a candidate, in log-odds.
func (c *candidate) kinds() map[string]float64 {
	kinds := map[string]float64{}
	if !c.headed() {
		lineModel.score(c, lineFeatures, kinds)
		return kinds
	}
	wholeModel.score(c, lineFeatures, kinds)
	wholeModel.score(c, headFeatures, kinds)
	return kinds
}

// headed says whether the patch has anything but a diff that counts.
func (c *candidate) headed() bool { return c.knowsSubject || c.knowsAuthor }
