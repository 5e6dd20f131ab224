package diffmatch

import (
	"fmt"
	"strings"
)

// evidence says what a candidate has in common with the patch, and what not.
func (c *candidate) evidence() (list []Evidence) {
	add := func(kind string, score float64, format string, args ...any) {
		list = append(list, Evidence{Kind: kind, Score: score, Detail: fmt.Sprintf(format, args...)})
	}
	if c.patchID {
		add("patch-id", 1, "the patch-ids are equal: the same change with the same context")
	}
	list = append(list, c.lineEvidence()...)
	if c.cited {
		add("cited", 1, "the patch names this commit, or the one that it was picked from, as its origin")
	}
	switch {
	case c.subject && c.twins > 1:
		add("subject", 1/float64(c.twins), "subject equal, as in %d commits", c.twins)
	case c.subject:
		add("subject", 1, "subject equal")
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
	return list
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
