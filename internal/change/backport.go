package change

import (
	"cmp"
	"slices"
)

// A Pin is what the team has fixed of a project: a branch of it that the team
// follows, or the tag that stands for the version of a recipe.
type Pin struct {
	Project string
	Place   string // who pins: "layer@branch"
	Ref     string // name of the branch or tag; "" where it is not known which tag a version is
	Tag     bool   // Ref is a tag
	Version string // of the recipe, where Tag
}

// A Presence says whether what is pinned has a change.
type Presence struct {
	Pin
	Has     bool // the pinned branch or version contains the commit
	Carried bool // the layer that pins it carries the change as a patch
}

// Lacks says whether the change is missing there: it is upstream, what is
// pinned does not contain it, and no patch makes up for that. Where it is not
// known what is pinned nothing is missing.
func (p Presence) Lacks() bool { return p.Ref != "" && !p.Has && !p.Carried }

// A Landing is where a change is upstream, and what that is worth to the team.
type Landing struct {
	Match Match // the one that the rules believe, of its project
	Pins  []Presence
}

// Gaps are the pins that lack the change: the backport gap.
func (l Landing) Gaps() []Presence {
	var gaps []Presence
	for _, p := range l.Pins {
		if p.Lacks() {
			gaps = append(gaps, p)
		}
	}
	return gaps
}

// Landings says for each project in which a change landed which pins have it.
// A match counts by the same rules as in [Judge]: what a person rejected does
// not, what one confirmed does; one that was reverted, or is on staging
// branches only, did not land.
func Landings(matches []Match, decisions []Decision, seen []Sighting, pins []Pin) []Landing {
	f := Facts{Matches: matches, Decisions: decisions}.ordered()
	carried := map[string]bool{}
	for _, s := range seen {
		if s.Kind == Carried {
			carried[s.Source+"@"+s.Branch] = true
		}
	}
	var list []Landing
	for _, m := range f.believed() {
		if m.Verdict != Merged || m.RevertedBy != "" || m.Queued {
			continue
		}
		if slices.ContainsFunc(list, func(l Landing) bool { return l.Match.Project == m.Project }) {
			continue // the best of each project
		}
		list = append(list, Landing{Match: m, Pins: presences(m, carried, pins)})
	}
	return list
}

// presences are the pins of the match's project, branches first, by place.
func presences(m Match, carried map[string]bool, pins []Pin) []Presence {
	var list []Presence
	for _, p := range pins {
		if p.Project != m.Project {
			continue
		}
		in := m.Branches
		if p.Tag {
			in = m.Tags
		}
		list = append(list, Presence{Pin: p, Has: p.Ref != "" && slices.Contains(in, p.Ref), Carried: carried[p.Place]})
	}
	slices.SortFunc(list, func(a, b Presence) int {
		if a.Tag != b.Tag {
			if b.Tag {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.Place, b.Place), cmp.Compare(a.Ref, b.Ref))
	})
	return list
}
