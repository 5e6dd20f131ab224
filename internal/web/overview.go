package web

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/internal/web/view"
)

// An overviewStore knows what is to do and how things stand.
type overviewStore interface {
	Overview(ctx context.Context) (store.Overview, error)
	Todo(ctx context.Context, owner string, limit int) ([]store.ChangeRow, int, error)
}

// todoShown is how much of what is to do the overview shows.
const todoShown = 25

// overview serves GET /.
func (s *Server) overview(w http.ResponseWriter, r *http.Request) error {
	o, err := s.store.Overview(r.Context())
	if err != nil {
		return err
	}
	todo, total, err := s.store.Todo(r.Context(), "", todoShown)
	if err != nil {
		return err
	}
	v := view.Overview{
		Actions: countActions(o.Actions), Owners: countOwners(o.Actions), Todo: s.changeRows(todo), TodoTotal: total,
		Sources: o.Sources, Judged: o.Ours, Others: o.Others, Figures: figures(o),
	}
	for _, st := range change.Statuses() {
		v.Statuses = append(v.Statuses, view.StatusCount{Status: st, Count: o.Statuses[st]})
	}
	for _, src := range o.Failing {
		if !src.Gone {
			v.Trouble = append(v.Trouble, s.sourceRow(src))
		}
	}
	return s.render(w, r, view.OverviewPage(s.shell(r, "Overview", view.InOverview), v))
}

// countActions sums over owners; every action that asks for work is there.
func countActions(counts []store.ActionCount) []view.ActionCount {
	var out []view.ActionCount
	for _, a := range change.Actions() {
		n := 0
		for _, c := range counts {
			if c.Action == a {
				n += c.Count
			}
		}
		out = append(out, view.ActionCount{Action: a, Count: n})
	}
	return out
}

// countOwners sums over actions, the busiest first; what nobody owns is last.
func countOwners(counts []store.ActionCount) []view.OwnerCount {
	byName := map[string]*view.OwnerCount{}
	for _, c := range counts {
		o := byName[c.Owner]
		if o == nil {
			o = &view.OwnerCount{Owner: c.Owner, Actions: map[change.Action]int{}}
			byName[c.Owner] = o
		}
		o.Total += c.Count
		o.Actions[c.Action] += c.Count
	}
	var out []view.OwnerCount
	for _, o := range byName {
		out = append(out, *o)
	}
	slices.SortFunc(out, func(a, b view.OwnerCount) int {
		if (a.Owner == "") != (b.Owner == "") {
			return cmp.Compare(b.Owner, a.Owner) // nobody last
		}
		return cmp.Or(b.Total-a.Total, cmp.Compare(a.Owner, b.Owner))
	})
	return out
}

// figures is how much is watched.
func figures(o store.Overview) []view.Figure {
	return []view.Figure{
		{Word: "posted patches", Count: o.Patches, Note: fmt.Sprintf("%d are upstream", o.MergedPatches), Href: "/series"},
		{Word: "series", Count: o.Series, Note: fmt.Sprintf("sent %d times", o.Postings), Href: "/series"},
		{Word: "carried patches", Count: o.Carried, Href: "/layers"},
		{Word: "recipes", Count: o.Recipes, Note: fmt.Sprintf("%d duplicates", o.Duplicates), Href: "/layers"},
		{Word: "mails", Count: o.Mails, Note: mailNote(o), Href: "/sources"},
	}
}

func mailNote(o store.Overview) string {
	switch {
	case o.Unread > 0:
		return fmt.Sprintf("%d still to read", o.Unread)
	case o.Quarantined > 0:
		return fmt.Sprintf("%d could not be read", o.Quarantined)
	}
	return "all read"
}
