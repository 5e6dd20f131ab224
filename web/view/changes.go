package view

import "github.com/upstreamd/upstreamd/internal/change"

// A ChangeRow is one change in one place: a row of lists.
type ChangeRow struct {
	ID     int64
	Title  string
	Ours   bool
	Place  string // "layer@branch", or a list or project
	Local  bool   // whether the place is a local layer
	Recipe string // PN; ""
	Status change.Status
	Reason string // why this status
	Action change.Action
	Why    string // why this action
	Owner  string
	Since  When
}

// Changes is the list of changes.
type Changes struct {
	Filter ChangeFilter
	Rows   []ChangeRow
	Pager  Pager
	Owners []string // to choose from
	Places []string
	Any    bool // whether there is any change at all, filtered out or not
}

// placeHref leads to the layer of a place, where there is one.
func (r ChangeRow) placeHref() string {
	if !r.Local {
		return ""
	}
	return placeURL(r.Place)
}

// AnyAction, as the action of a filter, finds whatever asks for work.
const AnyAction = change.Action("any")

// everybody is the same search among the changes of all.
func everybody(f ChangeFilter) ChangeFilter {
	f.Whose, f.Page = Everybody, 0
	return f
}
