package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/upstreamd/upstreamd/internal/rebase"
	"github.com/upstreamd/upstreamd/internal/term"
)

// rebaseLine is one patch in the output of --json. Its fields are stable.
type rebaseLine struct {
	Patch     string       `json:"patch"`
	Outcome   string       `json:"outcome,omitempty"`
	Hunks     []rebaseHunk `json:"hunks,omitempty"`
	Commit    string       `json:"commit,omitempty"`
	ThreeWay  string       `json:"three_way,omitempty"`
	Detail    string       `json:"detail,omitempty"`
	Written   string       `json:"written,omitempty"`   // the file of --write
	Refreshed bool         `json:"refreshed,omitempty"` // it has a new diff
	Note      string       `json:"note,omitempty"`      // what --write has to say
	Work      []rebaseWork `json:"work,omitempty"`      // files for a person
	Error     string       `json:"error,omitempty"`
}

type rebaseHunk struct {
	File    string   `json:"file"`
	Hunk    int      `json:"hunk"`
	Outcome string   `json:"outcome"`
	Line    int      `json:"line,omitempty"`
	Blame   []string `json:"blame,omitempty"`
}

type rebaseWork struct {
	File      string `json:"file"`    // in the source
	Written   string `json:"written"` // where it is to be worked on
	Conflicts int    `json:"conflicts"`
}

func newRebaseLine(r rebase.Refreshed) rebaseLine {
	line := rebaseLine{Patch: r.Name, Outcome: r.Outcome, Commit: r.Commit, ThreeWay: r.ThreeWay, Detail: r.Detail, Refreshed: r.New, Note: r.Note}
	if r.Err != nil {
		line.Error, line.Detail = r.Err.Error(), ""
	}
	for _, h := range r.Hunks {
		line.Hunks = append(line.Hunks, rebaseHunk(h))
	}
	return line
}

func printRebaseJSON(w io.Writer, lines []rebaseLine) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	for _, line := range lines {
		if err := out.Encode(line); err != nil {
			return err
		}
	}
	return nil
}

// print prints a table: a line for each patch, and below it one for each hunk
// that needs work. wrote says that --write went well, if it was wanted.
func (o rebaseOptions) print(w io.Writer, lines []rebaseLine, wrote bool) error {
	t := table{limits: []int{16, 40}}
	if isTerminal(w) && os.Getenv("NO_COLOR") == "" {
		t.paint = rebaseColour
	}
	for _, l := range lines {
		outcome := l.Outcome
		if l.Error != "" {
			outcome = "error"
		}
		t.row(outcome, l.Patch, strings.Join(l.notes(), "; "))
		for _, h := range l.Hunks {
			if h.Outcome == rebase.Conflict || h.Outcome == rebase.Gone || h.Outcome == rebase.Fuzz {
				t.row("", "  "+h.File, hunkNote(h))
			}
		}
	}
	if err := t.flush(w); err != nil || o.write == "" || !wrote {
		return err
	}
	return o.printWritten(w, lines)
}

// notes say in words what is to be known of a patch beside its outcome.
func (l rebaseLine) notes() []string {
	var notes []string
	if l.Error != "" {
		notes = append(notes, l.Error)
	}
	if l.Detail != "" {
		notes = append(notes, l.Detail)
	}
	if l.Commit != "" {
		notes = append(notes, "by "+short(l.Commit))
	}
	if l.ThreeWay != "" {
		notes = append(notes, "three-way merge: "+l.ThreeWay)
	}
	if l.Refreshed {
		notes = append(notes, "refreshed")
	}
	if l.Note != "" {
		notes = append(notes, l.Note)
	}
	return notes
}

// printWritten says what --write wrote, and how to go on.
func (o rebaseOptions) printWritten(w io.Writer, lines []rebaseLine) error {
	same, fresh, merged := 0, 0, 0
	var work, stuck []string
	for _, l := range lines {
		switch {
		case l.Refreshed:
			fresh++
		case l.Written != "":
			same++
		case l.Outcome == rebase.Merged:
			merged++
		case len(l.Work) > 0:
			for _, f := range l.Work {
				work = append(work, fmt.Sprintf("  %s: %s", f.Written, places(f.Conflicts)))
			}
		case l.Error == "":
			stuck = append(stuck, "  "+l.Patch)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\nwrote %d patches to %s: %d unchanged, %d refreshed", same+fresh, o.write, same, fresh)
	switch {
	case merged == 1:
		b.WriteString("; 1 merged is left out: drop it")
	case merged > 1:
		fmt.Fprintf(&b, "; %d merged are left out: drop them", merged)
	}
	b.WriteString("\n")
	if len(work) > 0 {
		fmt.Fprintf(&b, "to be merged by hand:\n%s\nresolve the marks, copy the files over a work tree of %s that has the patches\nbefore, and make the new patch with git diff or git commit\n", strings.Join(work, "\n"), o.to)
	}
	if len(stuck) > 0 {
		fmt.Fprintf(&b, "to be looked at by hand:\n%s\n", strings.Join(stuck, "\n"))
	}
	_, err := io.WriteString(w, term.Safe(b.String()))
	return err
}

func places(n int) string {
	switch n {
	case 0:
		return "no conflict, but look whether it is meant for that place"
	case 1:
		return "1 conflict"
	}
	return fmt.Sprintf("%d conflicts", n)
}

// rebaseColour puts an outcome into its colour.
func rebaseColour(outcome string) string {
	code := map[string]string{
		rebase.Applies: "32", rebase.Offset: "32", rebase.Merged: "36", rebase.Fuzz: "33",
		rebase.Conflict: "31", rebase.Gone: "31", rebase.UnappliedBefore: "35", "error": "31",
	}[outcome]
	if code == "" {
		return outcome
	}
	return "\x1b[" + code + "m" + outcome + "\x1b[0m"
}

// hunkNote says in words what is the matter with a hunk.
func hunkNote(h rebaseHunk) string {
	note := h.Outcome
	if h.Hunk > 0 {
		note = fmt.Sprintf("hunk %d: %s", h.Hunk, note)
	}
	if h.Line > 0 {
		note += fmt.Sprintf(" at line %d", h.Line)
	}
	for i, commit := range h.Blame {
		if i == 0 {
			note += ", touched by"
		}
		note += " " + short(commit)
	}
	return note
}

// short is a commit's hash as people write it.
func short(hash string) string { return hash[:min(12, len(hash))] }
