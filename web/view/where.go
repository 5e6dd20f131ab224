package view

import "fmt"

// A Where says which branches and versions of a project have a commit, and
// which of those that the team pins do not.
type Where struct {
	Project  string
	FirstTag string // oldest release that has it; ""
	MoreTags int    // later ones
	Queued   bool   // on staging branches only
	Lanes    []Lane // those that have it first
}

// A Lane is one branch or version of a project.
type Lane struct {
	Ref    Link   // the branch or tag
	State  string // see the constants
	Tag    bool
	Places []string // who pins it: "layer@branch"
}

// The states of a lane.
const (
	LaneHas     = "has"     // contains the commit
	LaneStaging = "staging" // a staging branch has it, no other
	LaneCarried = "carried" // does not contain it, but the layer carries it as a patch
	LaneLacks   = "lacks"   // does not contain it: the backport gap
	LaneUnknown = "unknown" // it is not known what is pinned
)

func (l Lane) tone() tone {
	switch l.State {
	case LaneHas:
		return toneGood
	case LaneStaging, LaneCarried:
		return toneGo
	case LaneLacks:
		return toneBad
	}
	return toneCalm
}

func (l Lane) icon() string {
	switch l.State {
	case LaneHas:
		return "check"
	case LaneStaging:
		return "git-pull-request"
	case LaneCarried:
		return "package"
	case LaneLacks:
		return "x"
	}
	return "circle-question-mark"
}

// words say how the lane stands.
func (l Lane) words() string {
	switch l.State {
	case LaneHas:
		return "has it"
	case LaneStaging:
		return "staging branch has it"
	case LaneCarried:
		return "carried as a patch"
	case LaneLacks:
		return "missing"
	}
	return "not known"
}

// pinned says who pins the lane.
func (l Lane) pinned() string {
	switch {
	case len(l.Places) == 0:
		return ""
	case l.Tag:
		return "built by " + listed(l.Places)
	}
	return "pinned by " + listed(l.Places)
}

func (w Where) count(state string) int {
	n := 0
	for _, l := range w.Lanes {
		if l.State == state {
			n++
		}
	}
	return n
}

// Gaps is how many that the team pins lack the commit.
func (w Where) Gaps() int { return w.count(LaneLacks) }

// words sum the lanes up.
func (w Where) words() string {
	if w.Queued {
		return "On a staging branch only: it does not count as merged yet."
	}
	said := "In no release yet"
	if w.FirstTag != "" {
		said = "First released in " + w.FirstTag
		if w.MoreTags > 0 {
			said += fmt.Sprintf(", and in %s", plural(w.MoreTags, "later release"))
		}
	}
	pinned := 0
	for _, l := range w.Lanes {
		if len(l.Places) > 0 {
			pinned++
		}
	}
	switch n := w.Gaps(); {
	case n > 0:
		said += fmt.Sprintf("; missing in %s of %s that we pin", Count(n), Count(pinned))
	case pinned > 0 && w.count(LaneUnknown) == 0:
		said += "; nothing that we pin lacks it"
	}
	return said + "."
}
