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
	Title     string // the subject of its newest sighting
	Ours      bool
	Sightings []change.Sighting
	Standings []change.Standing // Place and Local are set
}

// clusters are the changes, in the order of their smallest key.
func (g *grouping) clusters() []Cluster {
	members := map[string][]string{}
	for _, key := range slices.Concat(sortedKeys(g.carried), sortedKeys(g.posted)) {
		members[g.root(key)] = append(members[g.root(key)], key)
	}
	var all []Cluster
	for _, root := range sortedKeys(members) {
		all = append(all, g.cluster(members[root]))
	}
	return all
}

// cluster makes a change of the sightings with these keys.
func (g *grouping) cluster(keys []string) Cluster {
	var c Cluster
	commits := map[string]bool{}
	for _, key := range keys {
		if carried, ok := g.carried[key]; ok {
			s := carried.sighting()
			if why := g.odd[key]; why != "" && carried.Dropped.IsZero() {
				s.Note += "; not readable as a patch: " + why
			}
			c.Sightings = append(c.Sightings, s)
			c.Ours = true
		} else {
			posted := g.posted[key]
			c.Sightings = append(c.Sightings, posted.sighting())
			c.Ours = c.Ours || g.set.Rules.PersonOf(posted.Author) != ""
		}
		for _, m := range g.matches[key] {
			at := change.CommitKey(m.Project, m.Commit)
			rejected := func(k string) bool { return g.apart[pairOf(k, at)] }
			if m.Commit == "" || commits[at] || slices.ContainsFunc(keys, rejected) {
				continue
			}
			commits[at] = true
			c.Sightings = append(c.Sightings, committed(m, at))
		}
	}
	for _, d := range g.decided {
		if d.Kind == change.IsOurs && slices.Contains(keys, d.Subject) {
			c.Ours = true
		}
	}
	slices.SortFunc(c.Sightings, func(a, b change.Sighting) int {
		return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Key, b.Key))
	})
	c.Title = titleOf(c.Sightings)
	c.Standings = g.standings(c.Sightings)
	return c
}

// titleOf is the subject of the newest posting, else of what is carried.
func titleOf(sightings []change.Sighting) string {
	title := ""
	for _, kind := range []change.Kind{change.Dropped, change.Carried, change.Posted} {
		for _, s := range sightings {
			if s.Kind == kind && s.Subject != "" {
				title = s.Subject
			}
		}
	}
	return title
}

// standings are one for every local layer branch that carries the change or
// once did, else one where it was posted.
func (g *grouping) standings(sightings []change.Sighting) []change.Standing {
	var local, posted []change.Standing
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
		}
	}
	if len(local) > 0 {
		return local
	}
	return posted
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
