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

// titled says whether the titles are equal and few commits have this one.
func (c *candidate) titled() bool { return c.subject && c.twins <= 2 }

// A rule says what evidence is enough for a verdict. The first that holds
// decides. A rule has a range of confidence; where in it depends on the lines.
type rule struct {
	method  string
	verdict string
	low     float64
	high    float64
	holds   func(c *candidate) bool
}

// rules, strongest first. Each asks for agreement of lines: what a person
// writes about a patch, and even a cited hash, are claims.
//
// The thresholds are set so that none of 1,444 merged patches is called merged
// when its own commit is taken out of the history: what is then most like it is
// a sibling, a follow-up or another attempt. See docs/measurements.md.
var rules = []rule{
	{"patch-id", Merged, 0.995, 0.999, func(c *candidate) bool {
		return c.patchID && c.left > 0.99
	}},
	{"hunks", Merged, 0.98, 0.998, func(c *candidate) bool {
		return c.same && c.path >= 0.8 && (c.place() >= 0.6 || c.place() >= 0.3 && c.mass >= 6 || (c.titled() || c.date) && c.author)
	}},
	{"cited", Merged, 0.96, 0.995, func(c *candidate) bool {
		return c.cited && c.left >= 0.2 && c.path > 0
	}},
	{"subject+author", Merged, 0.96, 0.995, func(c *candidate) bool {
		return c.titled() && c.date && c.left >= 0.12 && (c.left >= 0.2 || c.covered >= 0.2)
	}},
	{"subject+author", Merged, 0.96, 0.995, func(c *candidate) bool { // one author may use a title twice
		return c.titled() && c.author && c.likeness() >= 0.45
	}},
	{"subject+author", Merged, 0.95, 0.99, func(c *candidate) bool { // a title of many commits
		return c.subject && c.author && c.likeness() >= 0.6
	}},
	{"subject", Merged, 0.95, 0.99, func(c *candidate) bool {
		return c.titled() && c.likeness() >= 0.5
	}},
	{"author+date", Merged, 0.93, 0.985, func(c *candidate) bool {
		return c.author && c.date && c.likeness() >= 0.4 && c.mass >= 1.5
	}},
	{"lines", Merged, 0.92, 0.98, func(c *candidate) bool {
		return c.enough()
	}},
	{"lines", Merged, 0.91, 0.95, func(c *candidate) bool { // one of several changes in one commit
		return !c.early && c.left >= 0.97 && c.order >= 0.97 && c.path >= 0.9 && c.context >= 0.8 && c.mass >= 6 && c.right >= 0.02
	}},
	{"subject+author", Probable, 0.6, 0.85, func(c *candidate) bool {
		return c.subject && c.left >= 0.12 && c.path > 0
	}},
	{"author+date", Probable, 0.6, 0.8, func(c *candidate) bool {
		return c.author && c.date && c.likeness() >= 0.2
	}},
	{"hunks", Probable, 0.5, 0.8, func(c *candidate) bool {
		return c.same && c.path >= 0.6
	}},
	{"lines", Probable, 0.5, 0.88, func(c *candidate) bool {
		return c.likeness() >= 0.52 && c.mass >= 2.5 && c.path >= 0.6
	}},
	{"lines", Probable, 0.5, 0.7, func(c *candidate) bool {
		return !c.early && c.left >= 0.95 && c.order >= 0.9 && c.path >= 0.9 && c.context >= 0.6 && c.mass >= 2.5
	}},
}

// enough says whether lines alone show that a commit holds the change. Sibling
// patches, and a change that is made again in another way, share up to 80 % of
// a few lines and two thirds of many, in the same place; so more must agree
// than that. More still is asked for if the commit is older than the patch,
// less if the author is the same.
func (c *candidate) enough() bool {
	share := 0.86
	switch {
	case c.mass >= 15:
		share = 0.76
	case c.mass < 4:
		share = 0.91
	}
	switch {
	case c.early:
		share += 0.08
	case c.author:
		share -= 0.04
	}
	return c.mass >= 2 && c.likeness() >= share && c.path >= 0.8 && c.place() >= 0.5 && (c.right >= 0.3 || c.context >= 0.7)
}

// judge gives the rule that holds for a candidate, nil if none does, and the
// confidence that it is the answer.
func (c *candidate) judge() (*rule, float64) {
	for i := range rules {
		if r := &rules[i]; r.holds(c) {
			return r, r.low + (r.high-r.low)*c.likeness()
		}
	}
	return nil, math.Min(0.45, 0.4*c.likeness()+c.headers()/4)
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

// rank orders candidates: by what a rule says, then by all that agrees.
func (c *candidate) rank() float64 {
	r := c.likeness() + 0.8*c.headers() + 0.1*c.place()
	for _, more := range []struct {
		is bool
		by float64
	}{{c.patchID, 0.5}, {c.same, 0.3}, {c.cited, 0.5}, {c.early, -0.15}} {
		if more.is {
			r += more.by
		}
	}
	return r
}
