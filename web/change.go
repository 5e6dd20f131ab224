package web

import (
	"context"
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/web/view"
)

// A changeStore knows all about one change, and takes decisions about it.
type changeStore interface {
	Change(ctx context.Context, id int64) (store.Change, error)
	AddDecision(ctx context.Context, d change.Decision) error
}

// change serves GET /changes/{id}.
func (s *Server) change(w http.ResponseWriter, r *http.Request) error {
	c, err := s.changeOf(r)
	if err != nil {
		return err
	}
	return s.showChange(w, r, c, http.StatusOK, "")
}

// changeOf is the change that the URL names.
func (s *Server) changeOf(r *http.Request) (store.Change, error) {
	id, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	if err != nil {
		return store.Change{}, errNoPage
	}
	return s.store.Change(r.Context(), id)
}

// showChange shows the page of a change, with what was wrong with a form.
func (s *Server) showChange(w http.ResponseWriter, r *http.Request, c store.Change, code int, problem string) error {
	projects, err := s.projects(r.Context())
	if err != nil {
		return err
	}
	b, err := s.builder(r.Context(), c)
	if err != nil {
		return err
	}
	v := b.view(r.Context())
	v.Forms = b.forms(projects, problem)
	s.compare(r.Context(), b, v.Evidence)
	crumbs := view.Link{Text: "Changes", Href: view.ChangeFilter{}.URL()}
	return s.show(w, r, code, view.ChangePage(s.shell(r, titleOf(c.Title), view.InChanges, crumbs), v))
}

// projects are the names of the projects that are watched.
func (s *Server) projects(ctx context.Context) ([]string, error) {
	all, err := s.store.Sources(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, src := range all {
		if src.Kind == pipeline.ProjectSource && !src.Gone {
			names = append(names, src.Name)
		}
	}
	return names, nil
}

// A changeBuilder makes the page of a change from what the store knows.
type changeBuilder struct {
	*Server
	c         store.Change
	byKey     map[string]change.Sighting
	landings  []change.Landing
	locations map[string]string // of projects and layers, by name
}

// builder gathers what the page of a change is made from.
func (s *Server) builder(ctx context.Context, c store.Change) (*changeBuilder, error) {
	b := changeBuilder{Server: s, c: c, byKey: map[string]change.Sighting{}}
	for _, g := range c.Sightings {
		b.byKey[g.Key] = g
	}
	var err error
	if b.locations, err = s.locations(ctx); err != nil {
		return nil, err
	}
	pins, err := s.pins(ctx)
	b.landings = change.Landings(c.Matches, c.Decisions, c.Sightings, pins)
	return &b, err
}

// pins are what the team has fixed of projects.
func (s *Server) pins(ctx context.Context) ([]change.Pin, error) {
	if s.config.Pins == nil {
		return nil, nil
	}
	return s.config.Pins(ctx)
}

// view is everything but the forms and comparisons.
func (b *changeBuilder) view(ctx context.Context) view.Change {
	v := view.Change{ID: b.c.ID, Title: titleOf(b.c.Title), Ours: b.c.Ours, Recipe: b.c.Recipe}
	for _, st := range b.c.Standings {
		v.Standings = append(v.Standings, view.Standing{
			Place: st.Place, Local: st.Local, Status: st.Status, Reason: view.Safe(st.Reason), Action: st.Action,
			Why: view.Safe(st.Why), Owner: st.Owner, Since: b.when(st.Since), Until: b.when(st.ValidUntil),
		})
	}
	before := ""
	for _, g := range b.c.Sightings { // oldest first
		seen := b.sighting(g)
		if before != "" && b.compares() {
			seen.Compare = view.Link{Text: "compare with the one before", Href: view.CompareURL(b.c.ID, before, g.Key)}
		}
		v.Seen = append(v.Seen, seen)
		before = g.Key
	}
	v.Evidence, v.Alike = b.evidence(), b.alike()
	v.Looked, v.Unread = b.looked(v.Evidence)
	v.Journey = b.journey(v.Evidence)
	for _, p := range b.c.Carried {
		v.Carried = append(v.Carried, b.carriedFact(p))
	}
	for _, cl := range b.c.Claims {
		v.Claims = append(v.Claims, b.claim(cl))
	}
	v.Flags = b.testedFlags(ctx)
	for i := range b.c.Decisions {
		v.Decisions = append(v.Decisions, b.decision(b.c.Decisions[len(b.c.Decisions)-1-i]))
	}
	return v
}

// forms are the choices of those who decide.
func (b *changeBuilder) forms(projects []string, problem string) view.Forms {
	f := view.Forms{Subject: b.subject(), People: b.config.People, Projects: projects, Problem: problem}
	for _, d := range b.c.Decisions { // oldest first
		switch d.Kind {
		case change.Own:
			f.Owner = d.Object
		case change.Replaced, change.Rejected, change.NeverUpstream:
			f.Closed = true
		case change.Reopen:
			f.Closed = false
		}
	}
	return f
}

// subject is the sighting that decisions about the change as a whole are
// about: a carried patch, else its newest posting, else whatever was seen.
func (b *changeBuilder) subject() string {
	best := ""
	for _, kind := range []change.Kind{change.Carried, change.Dropped, change.Posted, ""} {
		for _, g := range b.c.Sightings { // oldest first
			if g.Kind == kind || kind == "" {
				best = g.Key
				if kind != change.Posted {
					return best
				}
			}
		}
		if best != "" {
			return best
		}
	}
	return best
}
