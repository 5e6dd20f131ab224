package diffmatch

import (
	"fmt"
	"strings"
)

// evidence says what a candidate has in common with the patch, and what not,
// and how much each of it speaks for or against the candidate.
func (c *candidate) evidence() (list []Evidence) {
	weights := c.kinds()
	add := func(kind string, score float64, format string, args ...any) {
		list = append(list, Evidence{Kind: kind, Score: score, Detail: fmt.Sprintf(format, args...)})
	}
	if c.patchID {
		add("patch-id", 1, "the patch-ids are equal: the same change with the same context")
	}
	list = append(list, c.lineEvidence()...)
	c.wordEvidence(add)
	if c.linked {
		add("cited", 1, "the commit names the mail that the patch was sent in")
	}
	if c.cited {
		add("cited", 1, "the patch names this commit, or the one that it was picked from, as its origin")
	}
	c.headEvidence(add)
	for i := range list {
		e := &list[i]
		e.Weight = weights[e.Kind]
		delete(weights, e.Kind) // the first of a kind bears all of it
	}
	return list
}

// wordEvidence is what reading the candidate again has shown, and what other
// candidates say about it.
func (c *candidate) wordEvidence(add func(kind string, score float64, format string, args ...any)) {
	if n := len(c.words.examples); n > 0 {
		ex := c.words.examples[0]
		add("words", c.words.left, "%s in other words, as %q for %q", count(c.words.reworded, "more line"), ex[1], ex[0])
	}
	if c.words.joint > c.left+0.05 {
		add("pieces", c.words.joint, "%.0f %% of the lines together with other commits of the same author", 100*c.words.joint)
	}
	if like := c.likeness(); c.rival > 0.5*like && like > 0.1 {
		add("rival", 1-c.rival, "another commit makes %.0f %% of a change like this, against %.0f %% here", 100*c.rival, 100*like)
	}
}

// headEvidence is what title, author, dates and message say.
func (c *candidate) headEvidence(add func(kind string, score float64, format string, args ...any)) {
	switch {
	case c.twins > 1:
		add("subject", 1/float64(c.twins), "subject equal, as in %d commits", c.twins)
	case c.subject:
		add("subject", 1, "subject equal")
	case c.knowsSubject && c.title >= 0.5:
		add("subject", c.title, "subject differs, but %.0f %% of the words are the same", 100*c.title)
	case c.knowsSubject:
		add("subject", 0, "subject differs")
	}
	switch {
	case c.author:
		add("author", 1, "author equal")
	case c.knowsAuthor:
		add("author", 0, "author differs")
	}
	switch {
	case c.date:
		add("date", 1, "author date equal to the second")
	case c.early:
		add("date", 0, "committed before the patch was written")
	}
	if c.named {
		add("message", 1, "the patch's message names the title of the commit")
	}
	if c.words.refs > 0 {
		add("message", 1, "both messages name %s", strings.Join(c.words.refNames, ", "))
	}
	if c.words.told > 0.3 {
		add("message", c.words.told, "%.0f %% of the message is the same", 100*c.words.told)
	}
}

// lineEvidence is the part of the evidence that the diffs give.
func (a *alignment) lineEvidence() (list []Evidence) {
	add := func(kind string, score float64, format string, args ...any) {
		list = append(list, Evidence{Kind: kind, Score: score, Detail: fmt.Sprintf(format, args...)})
	}
	more := ""
	if n := a.rightLines - a.hits; n > 0 {
		more = fmt.Sprintf("; %s of the commit %s not in the patch", count(n, "line"), isAre(n))
	}
	add("lines", a.left, "%d of %s%s", a.hits, count(a.leftLines, "changed line"), more)
	if a.hits == 0 {
		return list
	}
	switch {
	case a.order >= 0.999:
		add("order", 1, "in the same order")
	default:
		add("order", a.order, "%.0f %% of them in the same order", 100*a.order)
	}
	switch {
	case a.path >= 0.999:
		add("files", 1, "in %s with the same %s", count(a.files, "file"), plural(a.files, "path"))
	case a.path > 0:
		add("files", a.path, "in %s with %s that partly agree", count(a.files, "file"), plural(a.files, "path"))
	default:
		add("files", 0, "in %s with other names", count(a.files, "file"))
	}
	if a.context > 0 {
		add("context", a.context, "%.0f %% of the lines around them are the same", 100*a.context)
	}
	return list
}

// why sums a candidate up in one line.
func (c *candidate) why() string {
	parts := []string{fmt.Sprintf("%d of %s", c.hits, count(c.leftLines, "changed line"))}
	if n := c.rightLines - c.hits; n > 0 {
		parts = append(parts, count(n, "further line"))
	}
	for _, p := range []struct {
		is   bool
		what string
	}{
		{c.patchID, "patch-id equal"}, {c.cited, "cited"}, {c.subject, "subject equal"}, {c.author, "author equal"},
		{c.date, "date equal"}, {c.early, "committed before the patch was written"},
	} {
		if p.is {
			parts = append(parts, p.what)
		}
	}
	return strings.Join(parts, ", ")
}

// count writes "1 line" or "3 lines".
func count(n int, noun string) string { return fmt.Sprintf("%d %s", n, plural(n, noun)) }

func plural(n int, noun string) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}
