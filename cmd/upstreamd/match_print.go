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

// matchLine is the answer for one patch. Its fields are stable.
type matchLine struct {
	Patch      string           `json:"patch"`
	Verdict    string           `json:"verdict,omitempty"`
	Commit     string           `json:"commit"`
	Confidence float64          `json:"confidence"`
	Method     string           `json:"method,omitempty"`
	Commits    []string         `json:"commits"`
	RevertedBy string           `json:"reverted_by,omitempty"`
	FirstTag   string           `json:"first_tag,omitempty"` // the oldest that contains Commit
	Branches   []string         `json:"branches,omitempty"`  // that contain Commit
	Evidence   []matchEvidence  `json:"evidence"`
	Candidates []matchCandidate `json:"candidates"`
	Error      string           `json:"error,omitempty"`

	title  string                      // of the patch
	commit func(string) (c commitName) // by its hash
	skip   bool                        // nothing to print
}

// A commitName is what people know a commit by.
type commitName struct{ subject, author, day string }

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
	l.commit = func(hash string) commitName {
		c, _ := view.Commit(hash)
		return commitName{c.Subject, c.Author, c.AuthorTime.Format("2006-01-02")}
	}
	return l
}

// doubt takes back what was said of a patch of which a part could not be read:
// that part may be what upstream does not have.
func (l *matchLine) doubt(p *patch.Patch) {
	missing := p.Missing()
	if missing == "" {
		return
	}
	l.Error = missing + ": only what could be read was compared; get the patch again, whole"
}

// A matchPrinter prints answers as JSON lines, or for people.
type matchPrinter struct {
	out    *bufio.Writer
	json   *json.Encoder // nil: for people
	text   *matchText
	failed int // answers with an error
	counts map[string]int
	err    error
}

// newMatchPrinter prints to w, for people unless asJSON.
func newMatchPrinter(w io.Writer, asJSON, verbose bool) *matchPrinter {
	p := &matchPrinter{out: bufio.NewWriter(w), counts: map[string]int{}}
	if asJSON {
		p.json = json.NewEncoder(p.out)
		p.json.SetEscapeHTML(false)
	} else {
		p.text = newMatchText(p.out, w, verbose)
	}
	return p
}

// line prints one answer at once: somebody may be waiting for it.
func (p *matchPrinter) line(l matchLine) {
	if l.skip {
		return
	}
	if l.Verdict != "" {
		p.counts[l.Verdict]++
	}
	if l.Error != "" {
		p.failed++
	}
	err := error(nil)
	if p.json != nil {
		err = p.json.Encode(l)
	} else {
		p.text.line(l)
	}
	if flushed := p.out.Flush(); err == nil {
		err = flushed
	}
	if p.err == nil {
		p.err = err
	}
}

// close prints the sum for people, if there is one, and flushes.
func (p *matchPrinter) close() error {
	if p.text != nil {
		p.text.close()
		if p.text.lines > 1 {
			fmt.Fprintf(p.out, "%d merged, %d probable, %d none", p.counts[diffmatch.Merged], p.counts[diffmatch.Probable], p.counts[diffmatch.None])
			if p.failed > 0 {
				fmt.Fprintf(p.out, "; %d not readable, or in part", p.failed)
			}
			fmt.Fprintln(p.out)
		}
	}
	if err := p.out.Flush(); p.err == nil {
		p.err = err
	}
	return p.err
}
