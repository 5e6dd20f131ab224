package view

import "slices"

// Gaps are the changes that are upstream and missing in what the team pins.
type Gaps struct {
	Rows   []GapRow
	Places []string // with gaps, to choose from
	Place  string   // only the gaps there; "" is everywhere
	Any    bool     // whether there is any gap
	Pinned bool     // whether it is known what is pinned
	Pager  Pager
}

// A GapRow is one change that landed in a project and is missing somewhere.
type GapRow struct {
	ID       int64
	Title    string
	Recipe   string // ""
	Project  string
	Commit   string
	At       When   // when it landed
	FirstTag string // ""
	Lanes    []Lane
}

// GapsURL is the page of the backport gaps.
func GapsURL(place string, page int) string {
	return withQuery("/gaps", []string{"place", place, "page", pageNumber(page)})
}

// LacksAt says whether the change is missing in what a place pins.
func (r GapRow) LacksAt(place string) bool {
	return slices.ContainsFunc(r.Lanes, func(l Lane) bool { return l.State == LaneLacks && slices.Contains(l.Places, place) })
}

// lanes are those that lack the change, or that the team pins and have it.
func (r GapRow) lanes(state string) []Lane {
	var list []Lane
	for _, l := range r.Lanes {
		if l.State == state {
			list = append(list, l)
		}
	}
	return list
}

// where is the name of a lane with who pins it.
func (l Lane) where() string {
	if len(l.Places) == 0 {
		return l.Ref.Text
	}
	return l.Ref.Text + " of " + listed(l.Places)
}

func gapsLead(v Gaps) string {
	if len(v.Rows) == 0 {
		return "What is upstream and missing in what we pin."
	}
	return plural(v.Pager.Total, "change") + nounsOf(v.Pager.Total, " is", " are") + " upstream and missing in what we pin."
}

// current is the value of aria-current for one of several choices.
func current(yes bool) string {
	if yes {
		return "true"
	}
	return "false"
}
