package pipeline

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/change"
)

// A Cluster is all sightings that are one change, with the standings that
// follow from them.
type Cluster struct {
	Title      string // the subject of its newest sighting
	Ours       bool
	Sightings  []change.Sighting
	Standings  []change.Standing // Place and Local are set
	Likenesses []change.Likeness // why, for those that were found alike
}

// clusters are the changes, in the order of their smallest key.
func (g *grouping) clusters() []Cluster {
	members := map[string][]string{}
	for _, key := range slices.Concat(sortedKeys(g.carried), sortedKeys(g.posted), sortedKeys(g.offered)) {
		members[g.root(key)] = append(members[g.root(key)], key)
	}
	var all []Cluster
	alike := map[string][]change.Likeness{}
	for _, l := range g.alike {
		alike[g.root(l.A)] = append(alike[g.root(l.A)], l)
	}
	for _, root := range sortedKeys(members) {
		c := g.cluster(members[root])
		if len(c.Standings) == 0 {
			continue // a patch file for software that is not watched
		}
		c.Likenesses = alike[root]
		slices.SortFunc(c.Likenesses, func(a, b change.Likeness) int { return cmp.Or(strings.Compare(a.A, b.A), strings.Compare(a.B, b.B)) })
		all = append(all, c)
	}
	return all
}

// cluster makes a change of the sightings with these keys.
func (g *grouping) cluster(keys []string) Cluster {
	var c Cluster
	matched := slices.Clone(keys)
	for _, key := range keys {
		s, ours := g.sighting(key)
		c.Sightings = append(c.Sightings, s)
		c.Ours = c.Ours || ours
		for _, t := range g.twins[key] {
			if !g.apart[pairOf(key, t.Key)] && !slices.Contains(matched, t.Key) {
				matched = append(matched, t.Key)
				c.Sightings = append(c.Sightings, t.sighting(s.Subject))
			}
		}
	}
	commits := map[string]bool{}
	for _, key := range matched {
		for _, m := range g.matches[key] {
			at := change.CommitKey(m.Project, m.Commit)
			rejected := func(k string) bool { return g.apart[pairOf(k, at)] }
			if m.Commit == "" || commits[at] || slices.ContainsFunc(matched, rejected) {
				continue
			}
			commits[at] = true
			c.Sightings = append(c.Sightings, committed(m, at))
		}
	}
	slices.SortFunc(c.Sightings, func(a, b change.Sighting) int {
		return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Key, b.Key))
	})
	c.Title = titleOf(c.Sightings)
	c.Standings = g.standings(c.Sightings)
	return c
}

// sighting is one of the patches as a sighting, and whether it is ours.
func (g *grouping) sighting(key string) (s change.Sighting, ours bool) {
	if carried, ok := g.carried[key]; ok {
		s := carried.sighting()
		if why := g.odd[key]; why != "" && carried.Dropped.IsZero() && carried.Kind != CarriedDelta {
			s.Note += "; not readable as a patch: " + why
		}
		return s, true
	}
	if n, ok := g.offered[key]; ok {
		outer := g.outer[n.MessageID]
		return n.sighting(outer), g.owned.has(outer)
	}
	posted := g.posted[key]
	return posted.sighting(), g.owned.has(posted)
}

// titleOf is the subject of the newest posting, else of what is carried, else
// of what is offered to a layer.
func titleOf(sightings []change.Sighting) string {
	title := ""
	for _, kind := range []change.Kind{change.Offered, change.Dropped, change.Carried, change.Posted} {
		for _, s := range sightings {
			if s.Kind == kind && s.Subject != "" {
				title = s.Subject
			}
		}
	}
	return title
}

// standings are one for every local layer branch that carries the change or
// once did, else one where it was posted, else one at each project that it was
// offered to a layer for.
func (g *grouping) standings(sightings []change.Sighting) []change.Standing {
	var local, posted, offered []change.Standing
	for _, s := range sightings {
		st := change.Standing{Place: s.Source}
		switch s.Kind {
		case change.Carried, change.Dropped:
			st.Place, st.Local = s.Source+"@"+s.Branch, true
			local = addStanding(local, st)
		case change.Posted:
			for _, l := range g.set.Lists {
				if l.Name == s.Source && len(l.Projects) == 1 {
					st.Place = l.Projects[0]
				}
			}
			posted = addStanding(posted, st)
		case change.Offered:
			for _, project := range g.set.projectsOf(g.offered[s.Key].Recipes...) {
				offered = addStanding(offered, change.Standing{Place: project})
			}
		}
	}
	switch {
	case len(local) > 0:
		return local
	case len(posted) > 0:
		return posted
	}
	return offered
}

func addStanding(all []change.Standing, st change.Standing) []change.Standing {
	if slices.ContainsFunc(all, func(s change.Standing) bool { return s.Place == st.Place }) {
		return all
	}
	return append(all, st)
}

// sighting is the carried patch as a sighting.
func (c Carried) sighting() change.Sighting {
	s := change.Sighting{
		Kind: change.Carried, Key: c.Key, Source: c.Layer, Branch: c.Branch, Path: c.Path, Recipe: c.Recipe,
		Subject: c.Subject, Author: c.Author, At: c.Added, Note: "not used by any recipe",
	}
	if c.Recipe != "" {
		s.Note = fmt.Sprintf("%s %s, patch %d", c.Recipe, c.PV, c.Position)
	}
	if c.Kind == CarriedDelta {
		s.Note = fmt.Sprintf("%s %s, fork of %s's %s", c.Recipe, c.PV, c.Other, c.OtherFile)
	}
	if !c.Dropped.IsZero() {
		s.Kind, s.Note = change.Dropped, "dropped "+c.Dropped.UTC().Format("2006-01-02")
	}
	return s
}

// sighting is the posted patch as a sighting.
func (p Posted) sighting() change.Sighting {
	s := change.Sighting{
		Kind: change.Posted, Key: p.Key, Source: p.List, Branch: p.Branch, Subject: p.Title, Author: p.Author, At: p.Sent,
		Note: "patch",
	}
	if p.Total > 1 {
		s.Note = fmt.Sprintf("patch %d of %d", p.Part, p.Total)
	}
	if p.Version > 1 {
		s.Note += fmt.Sprintf(", v%d", p.Version)
	}
	return s
}

// sighting is the patch file in a posted patch as a sighting.
func (n Nested) sighting(outer Posted) change.Sighting {
	s := change.Sighting{
		Kind: change.Offered, Key: n.Key, Source: outer.List, Branch: outer.Branch, Path: n.Path, Subject: n.Subject,
		Author: outer.Author, At: outer.Sent, Note: fmt.Sprintf("in a patch to a layer: %s", outer.Title),
	}
	if len(n.Recipes) > 0 {
		s.Recipe = n.Recipes[0]
	}
	if outer.Version > 1 {
		s.Note += fmt.Sprintf(", v%d", outer.Version)
	}
	return s
}

// committed is the commit of a match as a sighting.
func committed(m change.Match, key string) change.Sighting {
	s := change.Sighting{Kind: change.Committed, Key: key, Source: m.Project, Subject: m.Subject, At: m.CommitTime, Note: "in no tag yet"}
	if len(m.Branches) > 0 {
		s.Branch = m.Branches[0]
	}
	if first := m.FirstTag(); first != "" {
		s.Note = "first in " + first
	}
	if m.Queued {
		s.Kind, s.Note = change.Queued, "on a staging branch only"
	}
	return s
}
