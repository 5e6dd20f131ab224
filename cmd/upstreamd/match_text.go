package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/upstreamd/upstreamd/internal/diffmatch"
)

// A matchText prints answers for people: a row each, or, for a single patch
// and on request, all that speaks for and against it.
type matchText struct {
	out     *bufio.Writer
	width   int  // of the terminal, 0: no limit
	colours bool // it is a terminal that shows them
	verbose bool
	first   *matchLine // held back until it is known to be the only one
	lines   int
}

// newMatchText prints to out, which goes to w.
func newMatchText(out *bufio.Writer, w io.Writer, verbose bool) *matchText {
	t := &matchText{out: out, verbose: verbose}
	if isTerminal(w) {
		t.width = terminalWidth(w.(*os.File))
		t.colours = os.Getenv("NO_COLOR") == ""
	}
	return t
}

// line prints an answer. The first waits for the second.
func (t *matchText) line(l matchLine) {
	t.lines++
	switch {
	case t.verbose:
		t.whole(l)
	case t.lines == 1:
		t.first = &l
	default:
		if t.first != nil {
			t.heading()
			t.row(*t.first)
			t.first = nil
		}
		t.row(l)
	}
}

// close prints what was held back.
func (t *matchText) close() {
	if t.first != nil {
		t.whole(*t.first)
	}
}

// colour puts text into the colour of a verdict.
func (t *matchText) colour(verdict, s string) string {
	code := map[string]string{diffmatch.Merged: "32", diffmatch.Probable: "33", diffmatch.None: "2", "error": "31"}[verdict]
	if !t.colours || code == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// print prints a line, cut to the width; the first n columns are the verdict's.
func (t *matchText) print(verdict string, n int, s string) {
	s = strings.TrimRight(s, " ")
	if t.width > 1 && utf8.RuneCountInString(s) > t.width {
		s = string([]rune(s)[:t.width-1]) + "…"
	}
	n = min(n, len(s))
	fmt.Fprintln(t.out, t.colour(verdict, s[:n])+s[n:])
}

const matchRow = "%-8s  %-12.12s  %-14s  %s"

func (t *matchText) heading() {
	t.print("", 0, fmt.Sprintf(matchRow, "VERDICT", "COMMIT", "FIRST TAG", "PATCH"))
}

// row prints an answer in one line, and below it what must not be missed.
func (t *matchText) row(l matchLine) {
	verdict := l.Verdict
	if verdict == "" {
		verdict = "error"
	}
	name := cell(l.Patch)
	if l.title != "" {
		name += ": " + cell(l.title)
	}
	t.print(verdict, len(verdict), fmt.Sprintf(matchRow, verdict, l.Commit, cell(l.FirstTag), name))
	const indent = "          "
	for _, c := range l.Commits[min(1, len(l.Commits)):] {
		t.print("", 0, fmt.Sprintf("%s%.12s  also holds a part of it", indent, c))
	}
	if l.RevertedBy != "" {
		t.print("error", len(indent)+12, fmt.Sprintf("%s%.12s  reverted it", indent, l.RevertedBy))
	}
	if l.Error != "" {
		t.print("", 0, indent+cell(l.Error))
	}
}

// whole prints an answer with all that it rests on.
func (t *matchText) whole(l matchLine) {
	if t.lines > 1 && t.verbose {
		fmt.Fprintln(t.out)
	}
	say := func(key, format string, args ...any) {
		t.print("", 0, fmt.Sprintf("  %-9s ", key)+fmt.Sprintf(format, args...))
	}
	verdict := l.Verdict
	if verdict == "" {
		verdict = "error"
	}
	t.print(verdict, len(verdict), verdict+"  "+cell(l.Patch))
	if l.title != "" {
		say("patch", "%s", cell(l.title))
	}
	if l.Commit != "" {
		t.commitOf(l, say)
	}
	if l.Error != "" {
		t.wrap("error", l.Error)
	}
	for i, e := range l.Evidence {
		key := ""
		if i == 0 {
			key = "because"
		}
		say(key, "%s %s", sign(e.Weight), cell(e.Detail))
	}
	if l.Verdict != diffmatch.Merged {
		for i, c := range l.Candidates[:min(len(l.Candidates), 3)] {
			key := ""
			if i == 0 {
				key = "also seen"
			}
			say(key, "%.12s %s", c.Commit, cell(l.commit(c.Commit).subject))
			say("", "%12s %s", "", cell(c.Why))
		}
	}
}

// commitOf prints the commit, where it is, and what became of it.
func (t *matchText) commitOf(l matchLine, say func(key, format string, args ...any)) {
	c := l.commit(l.Commit)
	say("commit", "%.12s %s", l.Commit, cell(c.subject))
	say("", "%s, %s", cell(c.author), c.day)
	for _, more := range l.Commits[min(1, len(l.Commits)):] {
		say("and", "%.12s %s", more, cell(l.commit(more).subject))
	}
	if l.RevertedBy != "" {
		say("reverted", "by %.12s %s", l.RevertedBy, cell(l.commit(l.RevertedBy).subject))
	}
	const most = 5 // branches
	where := l.Branches
	if len(where) > most {
		where = append(where[:most:most], fmt.Sprintf("%d more branches", len(l.Branches)-most))
	}
	if l.FirstTag != "" {
		where = append([]string{l.FirstTag + " and later"}, where...)
	}
	if len(where) > 0 {
		say("in", "%s", cell(strings.Join(where, ", ")))
	}
	say("sure", "%.1f %%, by %s", 100*l.Confidence, l.Method)
}

// wrap prints a long text in several lines.
func (t *matchText) wrap(key, text string) {
	indent := strings.Repeat(" ", 12)
	fmt.Fprintf(t.out, "  %-9s %s", key, strings.TrimPrefix(wrapped([]string{text}, indent), indent))
}

// sign says whether evidence speaks for or against a match.
func sign(weight float64) string {
	switch {
	case weight > 0:
		return "+"
	case weight < 0:
		return "-"
	}
	return " "
}
