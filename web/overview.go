package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/web/view"
)

// An overviewStore knows how much is to do and how things stand.
type overviewStore interface {
	Overview(ctx context.Context) (store.Overview, error)
	WrongClaims(ctx context.Context) ([]store.WrongClaims, error)
	FlagCounts(ctx context.Context, role string) (map[string]int, error)
}

// todoShown is how much of what is to do the overview shows of each action.
const todoShown = 5

// What the overview shows of the news of layers, and from when on.
const (
	newsShown = 6
	newsSince = 90 * 24 * time.Hour
)

// behindShown is how many recipes that are behind the overview shows.
const behindShown = 4

// overview serves GET /.
func (s *Server) overview(w http.ResponseWriter, r *http.Request) error {
	o, err := s.store.Overview(r.Context())
	if err != nil {
		return err
	}
	v := view.Overview{
		Actions: countActions(o.Actions), Owners: countOwners(o.Actions),
		Sources: o.Sources, Judged: o.Ours, Others: o.Others, Figures: figures(o),
	}
	for _, a := range v.Actions {
		if a.Count == 0 {
			continue
		}
		rows, total, err := s.store.FindChanges(r.Context(), store.ChangeQuery{Action: a.Action, Limit: todoShown})
		if err != nil {
			return err
		}
		v.Todo = append(v.Todo, view.TodoGroup{Action: a.Action, Total: total, Rows: s.changeRows(rows)})
	}
	gaps, err := s.gapRows(r.Context())
	if err != nil {
		return err
	}
	v.Gaps, v.GapsTotal = firstN(gaps, gapsShown), len(gaps)
	if err := s.layerNews(r.Context(), &v); err != nil {
		return err
	}
	if err := s.moved(r.Context(), &v); err != nil {
		return err
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

// layerNews fills what upstream layers did lately, and what patches claim that
// is not so.
func (s *Server) layerNews(ctx context.Context, v *view.Overview) error {
	news, err := s.store.LayerNews(ctx, "", s.now().Add(-newsSince))
	if err != nil {
		return err
	}
	v.News, v.NewsTotal = s.newsRows(firstN(news, newsShown), nil), len(news)
	wrong, err := s.store.WrongClaims(ctx)
	for _, w := range wrong {
		v.Wrong = append(v.Wrong, view.WrongRow(w))
	}
	return err
}

// moved fills what moved versions mean: the recipes that are behind for
// longest, and what our patches become on the newest versions.
func (s *Server) moved(ctx context.Context, v *view.Overview) error {
	rows, err := s.behindRows(ctx)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if r.Behind {
			v.BehindTotal++
			if len(v.Behind) < behindShown {
				v.Behind = append(v.Behind, r)
			}
		}
	}
	counts, err := s.store.FlagCounts(ctx, change.NewestFlag)
	if err != nil {
		return err
	}
	for outcome, n := range counts {
		v.Newest.Count(outcome, false, n)
	}
	plans, err := s.store.Plans(ctx)
	v.Plans = s.planLinks(plans)
	return err
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
		{Word: "posted patches", Count: o.Patches, Note: view.Count(o.MergedPatches) + " upstream", Href: "/series"},
		{Word: "series", Count: o.Series, Note: "sent " + view.Count(o.Postings) + " times", Href: "/series"},
		{Word: "carried patches", Count: o.Carried, Href: "/layers"},
		{Word: "recipes", Count: o.Recipes, Note: view.Count(o.Duplicates) + " duplicates", Href: "/layers"},
		{Word: "mails", Count: o.Mails, Note: mailNote(o), Href: "/sources"},
	}
}

func mailNote(o store.Overview) string {
	switch {
	case o.Unread > 0:
		return view.Count(o.Unread) + " still to read"
	case o.Quarantined > 0:
		return view.Count(o.Quarantined) + " could not be read"
	}
	return "all read"
}
