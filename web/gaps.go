package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/web/view"
)

// A gapStore knows which of our changes were found upstream.
type gapStore interface {
	Found(ctx context.Context) ([]store.Found, error)
}

// gapsShown is how many gaps the overview shows.
const gapsShown = 4

// gaps serves GET /gaps: what is upstream and missing in what the team pins.
func (s *Server) gaps(w http.ResponseWriter, r *http.Request) error {
	rows, err := s.gapRows(r.Context())
	if err != nil {
		return err
	}
	v := view.Gaps{Place: r.FormValue("place"), Any: len(rows) > 0, Pinned: s.config.Pins != nil}
	for _, row := range rows {
		for _, l := range row.Lanes {
			for _, p := range l.Places {
				if l.State == view.LaneLacks && !slices.Contains(v.Places, p) {
					v.Places = append(v.Places, p)
				}
			}
		}
		if v.Place == "" || row.LacksAt(v.Place) {
			v.Rows = append(v.Rows, row)
		}
	}
	slices.Sort(v.Places)
	page := min(pageOf(r), max(0, len(v.Rows)-1)/pageSize)
	v.Pager = view.NewPager(page, pageSize, len(v.Rows), func(n int) string { return view.GapsURL(v.Place, n) })
	v.Rows = v.Rows[page*pageSize : min((page+1)*pageSize, len(v.Rows))]
	return s.render(w, r, view.GapsPage(s.shell(r, "Backport gaps", view.InChanges, view.Link{Text: "Changes", Href: view.ChangeFilter{}.URL()}), v))
}

// gapRows are the changes of ours that something pinned lacks, what landed
// last first.
func (s *Server) gapRows(ctx context.Context) ([]view.GapRow, error) {
	pins, err := s.pins(ctx)
	if err != nil || len(pins) == 0 {
		return nil, err
	}
	found, err := s.store.Found(ctx)
	if err != nil {
		return nil, err
	}
	var rows []view.GapRow
	for _, f := range found {
		b := changeBuilder{Server: s, c: store.Change{Change: f.Change}}
		b.landings = change.Landings(f.Matches, f.Decisions, f.Sightings, pins)
		for _, l := range b.landings {
			if len(l.Gaps()) == 0 {
				continue
			}
			w := b.whereIs(l.Match)
			rows = append(rows, view.GapRow{
				ID: f.ID, Title: titleOf(f.Title), Recipe: view.Safe(f.Recipe), Project: l.Match.Project, Commit: l.Match.Commit,
				At: s.when(l.Match.CommitTime), FirstTag: w.FirstTag, Lanes: w.Lanes,
			})
		}
	}
	slices.SortStableFunc(rows, func(a, b view.GapRow) int {
		return cmp.Or(b.At.At.Compare(a.At.At), cmp.Compare(a.Title, b.Title))
	})
	return rows, nil
}
