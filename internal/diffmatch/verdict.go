package diffmatch

import "math"

// likeness is how far patch and commit change the same lines: the harmonic
// mean of both shares, of which order and paths take their part.
func (a *alignment) likeness() float64 {
	return harmonic(a.left, a.covered) * (0.6 + 0.4*a.order) * (0.6 + 0.4*a.path)
}

func harmonic(a, b float64) float64 {
	if a+b == 0 {
		return 0
	}
	return 2 * a * b / (a + b)
}

// place is how far the lines stand where the patch has them.
func (a *alignment) place() float64 { return a.path * max(a.context, a.heading*0.8) }

// A rule says what is enough for a verdict. The first that holds decides.
type rule struct {
	verdict string
	holds   func(c *candidate) bool
}

// rules, strongest first. The scores of a candidate are fitted (weights.go),
// and so are the limits that they have to reach. What the rules ask for
// besides is agreement of lines: what a person writes about a patch, and even
// a cited hash, are claims. docs/matching.md tells how each came to be.
var rules = []rule{
	{Merged, func(c *candidate) bool { return c.patchID && c.left > 0.99 }},
	{Merged, func(c *candidate) bool { return c.vouched() && max(c.left, c.covered) >= 0.2 && c.path > 0 }},
	{Merged, func(c *candidate) bool { return !c.headed() && c.placed() && c.lines >= limits.linesOnly }},
	{Merged, func(c *candidate) bool { return c.headed() && c.shown() && c.all >= limits.merged+c.doubt() }},
	{Merged, func(c *candidate) bool {
		return c.headed() && c.placed() && !c.reworked() && c.lines >= limits.linesMerged
	}},
	{Probable, func(c *candidate) bool { return c.linked || c.cited && c.leftWords() > 0.1 }},
	{Probable, func(c *candidate) bool { return c.headed() && c.subject && c.author && c.words.told >= 0.8 }},
	{Probable, func(c *candidate) bool {
		return c.headed() && c.touched() && c.all >= limits.probable+c.doubt()/4
	}},
	{Probable, func(c *candidate) bool { return c.headed() && c.lines >= limits.linesProbable }},
	{Probable, func(c *candidate) bool { return !c.headed() && c.lines >= limits.linesOnlyProbable }},
}

// A limitSet holds the scores from which on verdicts are given.
type limitSet struct {
	merged, probable           float64 // by all that is known
	linesMerged, linesProbable float64 // by lines alone, where title or author say nothing
	linesOnly                  float64 // by lines alone, where nothing else is known
	linesOnlyProbable          float64
	slope, level               float64 // of the log-odds of an answer's confidence, above the limit for merged
}

// shown says whether the lines show what title, author and message claim. A
// title that few commits have needs some of them, one of many commits most of
// them and the author. Another title needs half of them, where the patch has
// them, unless author and date say that it is the same, or the bug that it fixes.
func (c *candidate) shown() bool {
	switch {
	case c.subject && c.twins <= 2:
		return max(c.left, c.covered) >= 0.12
	case c.subject:
		return c.author && c.reworded() >= 0.6
	}
	signed := c.author && c.date && c.path >= 0.85 && c.leftWords() >= 0.5
	return c.reworded() >= 0.5 && (c.placed() || signed || c.fixesSame())
}

// placed says whether most of the patch's lines stand where it has them, so
// that they can speak for themselves: free(path); is added in many places,
// twins of a function or of a file get the same lines one after the other, and
// what was made on top of the commit has much of it.
func (c *candidate) placed() bool {
	switch {
	case c.path < 0.85, c.leftWords() < 0.7, c.left < 0.4, c.order < 0.8:
		return false
	case c.opposed >= 0.3, c.copied >= 0.1, c.elsewhere && c.context < 0.75 && !(c.same && c.mass >= 6 && c.context >= 0.6):
		return false
	}
	around := max(c.context, 0.8*c.heading)
	return around >= 0.9 || around >= 0.25 && c.mass > 3 || c.left >= 0.95 && c.mass >= 10
}

// fixesSame says whether author, lines and the bug that the messages name are the same.
func (c *candidate) fixesSame() bool { return c.same && c.author && c.words.refs > 0 }

// touched says whether patch and commit have any lines in common.
func (c *candidate) touched() bool {
	return max(c.left, c.covered) >= 0.05 || c.words.left > 0.3
}

// reworked says whether this looks like another patch of the same author: the
// next one of a series, a follow-up, another attempt. These are more like a
// patch than anything else that is not the patch.
func (c *candidate) reworked() bool {
	return c.author && !c.subject && !c.date && !c.fixesSame() && !(c.same && c.place() >= 0.5)
}

// vouched says whether patch or commit names the other.
func (c *candidate) vouched() bool { return c.cited || c.linked }

// doubt is how much more has to speak for what looks like another patch of the
// same author.
func (c *candidate) doubt() float64 {
	if c.reworked() {
		return 2
	}
	return 0
}

// method names what decided, for people.
func (c *candidate) method() string {
	switch {
	case c.patchID:
		return "patch-id"
	case c.same && c.path >= 0.6:
		return "hunks"
	case c.vouched():
		return "cited"
	case c.subject && c.author:
		return "subject+author"
	case c.subject:
		return "subject"
	case c.author && c.date:
		return "author+date"
	case c.named || c.words.told >= 0.5:
		return "message"
	}
	return "lines"
}

// judge gives the verdict on a candidate, and the confidence that it is the
// answer.
func (c *candidate) judge() (verdict string, confidence float64) {
	for i := range rules {
		if r := &rules[i]; r.holds(c) {
			verdict = r.verdict
			break
		}
	}
	sure := min(0.999, 1/(1+math.Exp(-limits.level-limits.slope*c.above())))
	switch {
	case c.patchID && verdict == Merged:
		return verdict, max(sure, 0.995)
	case verdict == Merged:
		return verdict, max(sure, 0.9)
	case verdict == Probable:
		return verdict, min(max(sure, 0.5), 0.9)
	}
	return None, min(sure, 0.45)
}

// above is how far the scores are above the limits for merged.
func (c *candidate) above() float64 {
	if !c.headed() {
		return c.lines - limits.linesOnly
	}
	by := c.all - limits.merged - c.doubt()
	if !c.reworked() {
		by = max(by, c.lines-limits.linesMerged)
	}
	return by
}

// headers is how far what is not lines agrees, 0..1.
func (c *candidate) headers() float64 {
	h := 0.0
	if c.subject {
		h += 0.5 / float64(max(c.twins, 1))
	}
	if c.date {
		h += 0.3
	}
	if c.author {
		h += 0.2
	}
	return h
}

// rank orders candidates that have the same verdict.
func (c *candidate) rank() float64 {
	r := c.above()
	if c.patchID {
		r += 2
	}
	if c.vouched() {
		r += 2
	}
	return r
}
