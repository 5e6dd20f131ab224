package view

import "github.com/upstreamd/upstreamd/internal/change"

// An Overview is what there is to do now, and how things stand.
type Overview struct {
	Actions   []ActionCount // every action that asks for work, most urgent first
	Owners    []OwnerCount  // who has what to do, by name; nobody last
	Todo      []TodoGroup   // what is to do, most urgent first
	Gaps      []GapRow      // the first of what is upstream and missing in what we pin
	GapsTotal int
	Statuses  []StatusCount // of our standings, in the order of change.Statuses
	Trouble   []SourceRow   // sources that fail now
	Sources   int           // how many sources there are; 0 says that nothing is set up yet
	Judged    int           // how many standings of ours there are
	Others    int           // changes that others posted
	Figures   []Figure      // how much is watched
	News      []NewsRow     // the first of what upstream did lately to what our layers have, too
	NewsTotal int
	Wrong     []WrongRow // layers whose patches claim what is not so

	Behind      []BehindRow // the first recipes of ours that are behind
	BehindTotal int
	Newest      BehindRow  // all our patches on the newest versions of their projects
	Plans       []PlanLink // what a move of the upstream layers means
}

// A WrongRow is how many claims of a layer ask for an edit.
type WrongRow struct {
	Layer             string
	Untrue, Droppable int
}

// A Figure is one number with its word.
type Figure struct {
	Word  string
	Count int
	Note  string // what it is made up of; ""
	Href  string
}

// An ActionCount is how often an action is next.
type ActionCount struct {
	Action change.Action
	Count  int
}

// A TodoGroup is the first of what is to do by one action.
type TodoGroup struct {
	Action change.Action
	Total  int
	Rows   []ChangeRow
}

// An OwnerCount is what one person has to do.
type OwnerCount struct {
	Owner   string // "" is nobody
	Total   int
	Actions map[change.Action]int
}

// A StatusCount is how many standings have a status.
type StatusCount struct {
	Status change.Status
	Count  int
}

// ownerFilter is the owner as the list of changes is asked for it.
func ownerFilter(name string) string {
	if name == "" {
		return Nobody
	}
	return name
}

// busy are the actions that somebody has to do, for the columns of the table.
func (o Overview) busy() []ActionCount {
	var out []ActionCount
	for _, a := range o.Actions {
		if a.Count > 0 {
			out = append(out, a)
		}
	}
	return out
}

// todo is how much there is to do.
func (o Overview) todo() int {
	n := 0
	for _, a := range o.Actions {
		n += a.Count
	}
	return n
}

// slices is the statuses as a picture.
func (o Overview) slices() []Slice {
	var out []Slice
	for _, s := range o.Statuses {
		out = append(out, Slice{statusTone(s.Status), string(s.Status), s.Count, ChangeFilter{Status: s.Status}.URL()})
	}
	return out
}

func todoTitle(v Overview) string {
	switch {
	case v.Sources == 0:
		return "Welcome"
	case v.todo() == 0:
		return "Nothing to do"
	}
	return plural(v.todo(), "thing") + " to do"
}

func todoLead(v Overview) string {
	if v.Sources == 0 {
		return "Nothing is watched yet."
	}
	lead := plural(v.Judged, "change") + " of ours in layers and on lists"
	if v.Others > 0 {
		lead += "; " + Count(v.Others) + " by others are watched"
	}
	return lead + "."
}
