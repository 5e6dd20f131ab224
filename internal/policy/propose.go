package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A fix is the edit that a finding asks for.
type fix struct {
	status string   // the Upstream-Status that is true, without the tag
	why    []string // for the commit message

	drop    bool   // instead: delete the file, for this recipe
	recipe  string // source:path
	commit  string // that has it
	subject string // of that commit
	tag     string // the first with it
	version string // what the recipe builds: a tag or hash
}

// A Proposal is one edit of one patch file.
type Proposal struct {
	Source, Path string // of the patch file
	Recipe       string // PN
	Status       string // the new Upstream-Status, without the tag; "" to delete the file
	Why          []string
	For          []string // of a deletion: the recipes whose version has it, source:path
	Withdrawn    string   // why it is not made, or ""
	Kept         string   // of a deletion: why the file stays though its entry goes
	Commit       string   // hash of the commit that makes it; "" if none does
}

// Drop says whether the file is to be deleted.
func (p Proposal) Drop() bool { return p.Status == "" }

// Proposals are the edits that follow from the findings, one for each patch
// file, in the order of recipes and paths. A file that can go is not retagged.
func (r *Report) Proposals() []Proposal {
	at := map[string]int{}
	var list []Proposal
	for _, f := range r.Findings {
		if f.fix == nil {
			continue
		}
		p := Proposal{Source: f.Source, Path: f.File, Recipe: f.Recipe, Status: f.fix.status, Why: f.fix.why}
		if f.fix.drop {
			p.Status, p.For = "", []string{f.fix.recipe}
			p.Why = []string{f.fix.reason()}
		}
		key := f.Source + ":" + f.File
		i, ok := at[key]
		switch {
		case !ok:
			at[key] = len(list)
			list = append(list, p)
		case p.Drop() && list[i].Drop():
			list[i].For = append(list[i].For, p.For...)
		case p.Drop(), strings.HasPrefix(p.Status, "Backport") && !list[i].Drop():
			list[i] = p
		}
	}
	sortProposals(list)
	return list
}

// reason says why a patch can go, for people who read the history.
func (f *fix) reason() string {
	s := fmt.Sprintf("%s has it: commit %s", f.version, f.commit)
	if f.subject != "" {
		s += fmt.Sprintf(" (%q)", short(f.subject))
	}
	return s + since(f.tag) + "."
}

// Add joins proposals of another origin: one that deletes a file wins over one
// that changes its tag, and what is there already over what comes.
func Add(list, more []Proposal) []Proposal {
	for _, p := range more {
		i := slices.IndexFunc(list, func(q Proposal) bool { return q.Source == p.Source && q.Path == p.Path })
		switch {
		case i < 0:
			list = append(list, p)
		case p.Drop() && !list[i].Drop():
			list[i] = p
		}
	}
	sortProposals(list)
	return list
}

func sortProposals(list []Proposal) {
	slices.SortStableFunc(list, func(a, b Proposal) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Recipe, b.Recipe), cmp.Compare(rankOf(a), rankOf(b)), cmp.Compare(a.Path, b.Path))
	})
}

// rankOf puts proposals of one commit together: deletions, then tags.
func rankOf(p Proposal) int {
	if p.Drop() {
		return 0
	}
	return 1
}
