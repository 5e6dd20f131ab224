package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/upstreamd/upstreamd/internal/diffmatch"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// matchLine is the answer for one patch; its fields are those of cli.md.
type matchLine struct {
	Patch      string           `json:"patch"`
	Verdict    string           `json:"verdict,omitempty"`
	Commit     string           `json:"commit"`
	Confidence float64          `json:"confidence"`
	Method     string           `json:"method,omitempty"`
	Commits    []string         `json:"commits"`
	RevertedBy string           `json:"reverted_by,omitempty"`
	Evidence   []matchEvidence  `json:"evidence"`
	Candidates []matchCandidate `json:"candidates"`
	Error      string           `json:"error,omitempty"`

	title, found string // of the patch and of the commit
	skip         bool   // nothing to print
}

type matchEvidence struct {
	Kind   string  `json:"kind"`
	Score  float64 `json:"score"`
	Weight float64 `json:"weight"`
	Detail string  `json:"detail"`
}

type matchCandidate struct {
	Commit     string  `json:"commit"`
	Confidence float64 `json:"confidence"`
	Why        string  `json:"why"`
}

// failedLine is the answer where a patch could not be read.
func failedLine(name string, err error) matchLine {
	return matchLine{Patch: name, Error: strings.TrimPrefix(err.Error(), name+": "), Commits: []string{}, Evidence: []matchEvidence{}, Candidates: []matchCandidate{}}
}

func newMatchLine(name string, p *patch.Patch, r diffmatch.Result, view *diffmatch.View) matchLine {
	l := matchLine{
		Patch: name, Verdict: r.Verdict, Commit: r.Commit, Confidence: r.Confidence, Method: r.Method,
		Commits: present(r.Commits), RevertedBy: r.RevertedBy, title: p.Subject,
		Evidence: []matchEvidence{}, Candidates: []matchCandidate{},
	}
	for _, e := range r.Evidence {
		l.Evidence = append(l.Evidence, matchEvidence(e))
	}
	for _, c := range r.Candidates {
		l.Candidates = append(l.Candidates, matchCandidate(c))
	}
	if c, ok := view.Commit(r.Commit); ok {
		l.found = c.Subject
	}
	return l
}

// A matchPrinter prints answers as JSON lines, or for people.
type matchPrinter struct {
	out    *bufio.Writer
	json   *json.Encoder // nil: for people
	failed int           // answers that are errors
	counts map[string]int
	err    error
}

func newMatchPrinter(w io.Writer, asJSON bool) *matchPrinter {
	p := &matchPrinter{out: bufio.NewWriter(w), counts: map[string]int{}}
	if asJSON {
		p.json = json.NewEncoder(p.out)
		p.json.SetEscapeHTML(false)
	}
	return p
}

func (p *matchPrinter) line(l matchLine) {
	p.counts[l.Verdict]++
	if l.Error != "" {
		p.failed++
	}
	if p.json != nil {
		if err := p.json.Encode(l); err != nil && p.err == nil {
			p.err = err
		}
		return
	}
	p.text(l)
}

// text prints a line for a patch, and below it what speaks for the answer.
func (p *matchPrinter) text(l matchLine) {
	if l.Error != "" {
		fmt.Fprintf(p.out, "error     %s: %s\n", cell(l.Patch), cell(l.Error))
		return
	}
	fmt.Fprintf(p.out, "%-9s %s", l.Verdict, cell(l.Patch))
	if l.title != "" {
		fmt.Fprintf(p.out, ": %s", cell(l.title))
	}
	fmt.Fprintln(p.out)
	if l.Commit != "" {
		fmt.Fprintf(p.out, "          by %.12s %s (%s, %.1f %%)\n", l.Commit, cell(l.found), l.Method, 100*l.Confidence)
		for _, c := range l.Commits[min(1, len(l.Commits)):] {
			fmt.Fprintf(p.out, "          and %.12s\n", c)
		}
	}
	if l.RevertedBy != "" {
		fmt.Fprintf(p.out, "          reverted by %.12s\n", l.RevertedBy)
	}
	var why []string
	for _, e := range l.Evidence {
		why = append(why, e.Detail)
	}
	if len(why) > 0 {
		fmt.Fprint(p.out, wrapped(why, "          "))
	}
}

// close prints the sum for people, if there is one, and flushes.
func (p *matchPrinter) close() error {
	if p.json == nil && len(p.counts) > 0 {
		fmt.Fprintf(p.out, "%d merged, %d probable, %d none", p.counts[diffmatch.Merged], p.counts[diffmatch.Probable], p.counts[diffmatch.None])
		if p.failed > 0 {
			fmt.Fprintf(p.out, ", %d not readable", p.failed)
		}
		fmt.Fprintln(p.out)
	}
	if err := p.out.Flush(); p.err == nil {
		p.err = err
	}
	return p.err
}
