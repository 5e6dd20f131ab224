package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/go-chi/chi/v5"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/web/view"
)

// A seriesStore knows what was sent to the lists.
type seriesStore interface {
	FindSeries(ctx context.Context, q store.SeriesQuery) ([]store.SeriesRow, int, error)
	Series(ctx context.Context, id int64) (store.Series, error)
	SeriesStates(ctx context.Context) ([]string, error)
}

// seriesList serves GET /series, and the table alone to htmx.
func (s *Server) seriesList(w http.ResponseWriter, r *http.Request) error {
	f := view.SeriesFilter{Text: r.FormValue("q"), State: r.FormValue("state"), Whose: r.FormValue("whose"), Page: pageOf(r)}
	rows, total, err := s.store.FindSeries(r.Context(), store.SeriesQuery{
		Text: f.Text, State: f.State, Ours: f.Whose == "ours", Limit: pageSize, Offset: f.Page * pageSize,
	})
	if err != nil {
		return err
	}
	v := view.SeriesList{Filter: f, Any: total > 0 || f.Text != "" || f.State != "" || f.Whose != ""}
	for _, row := range rows {
		v.Rows = append(v.Rows, s.seriesRow(row))
	}
	v.Pager = view.NewPager(f.Page, pageSize, total, func(n int) string { f.Page = n; return f.URL() })
	if isFragment(r) {
		w.Header().Set("HX-Push-Url", v.Filter.URL())
		return s.render(w, r, view.SeriesTable(v))
	}
	if v.States, err = s.store.SeriesStates(r.Context()); err != nil {
		return err
	}
	return s.render(w, r, view.SeriesListPage(s.shell(r, "Series", view.InSeries), v))
}

// series serves GET /series/{id}.
func (s *Server) series(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	if err != nil {
		return errNoPage
	}
	found, err := s.store.Series(r.Context(), id)
	if err != nil {
		return err
	}
	v := view.Series{SeriesRow: s.seriesRow(found.SeriesRow), Branch: view.Safe(found.Branch), TakenOver: len(found.TakenOver)}
	for i, p := range slices.Backward(found.Postings) {
		rev := s.revision(p)
		if i > 0 && s.compares() {
			compareParts(&rev, found.Postings[i-1])
		}
		v.Revisions = append(v.Revisions, rev)
	}
	crumbs := view.Link{Text: "Series", Href: view.SeriesFilter{}.URL()}
	return s.render(w, r, view.SeriesPage(s.shell(r, titleOf(found.Title), view.InSeries, crumbs), v))
}

func (s *Server) seriesRow(r store.SeriesRow) view.SeriesRow {
	return view.SeriesRow{
		ID: r.ID, Title: titleOf(r.Title), Version: r.Version, List: view.Safe(r.List), Author: nameOf(r.AuthorName, r.Author), Ours: r.Ours,
		State: string(r.State), Reason: view.Safe(r.Reason), Parts: r.Parts, Merged: r.Merged,
		LastSign: s.when(r.LastSign), Posted: s.when(r.Posted),
	}
}

// revision is one posting; parts that never came have a row of their own.
func (s *Server) revision(p store.Posting) view.Revision {
	v := view.Revision{
		Version: p.Version, Title: titleOf(p.Title), Author: nameOf(p.AuthorName, p.Author), Posted: s.when(p.Posted), Cover: p.Cover,
		Total: p.Total, Flaw: view.Safe(p.Flaw), RFC: p.RFC, Resend: p.Resend, Replies: s.replies(p.Replies), Trailers: trailersOf(p.Replies),
	}
	next := 1
	for _, part := range p.Parts {
		for ; next < part.Index && next <= p.Total; next++ {
			v.Parts = append(v.Parts, view.Part{Index: next})
		}
		next = max(next, part.Index+1)
		v.Parts = append(v.Parts, view.Part{
			Index: part.Index, Title: titleOf(part.Title), MessageID: part.MessageID, ChangeID: part.ChangeID, Status: part.Status,
			Replies: s.replies(part.Replies), Trailers: trailersOf(part.Replies),
		})
	}
	for ; next <= min(p.Total, maxParts); next++ {
		v.Parts = append(v.Parts, view.Part{Index: next})
	}
	return v
}

// compareParts links the patches of a revision with the same ones of the
// revision before.
func compareParts(rev *view.Revision, before store.Posting) {
	for i, p := range rev.Parts {
		for _, was := range before.Parts {
			if p.ChangeID != 0 && p.ChangeID == was.ChangeID {
				rev.Parts[i].Compare = view.Link{
					Text: fmt.Sprintf("compare with v%d", max(1, before.Version)),
					Href: view.CompareURL(p.ChangeID, change.PostedKey(was.MessageID), change.PostedKey(p.MessageID)),
				}
			}
		}
	}
}

// maxParts bounds the rows for parts that never came: anybody can write 1/9999.
const maxParts = 200

func (s *Server) replies(list []store.Reply) []view.Reply {
	out := make([]view.Reply, 0, len(list))
	for _, r := range list {
		out = append(out, view.Reply{
			MessageID: r.MessageID, Subject: view.Safe(r.Subject), From: nameOf(r.FromName, r.From), Action: string(r.Action),
			At: s.when(r.Sent), Depth: min(r.Depth, 6),
		})
	}
	return out
}

// trailersOf are the trailers of all replies, each once.
func trailersOf(list []store.Reply) []view.Trailer {
	var out []view.Trailer
	for _, r := range list {
		for _, t := range r.Trailers {
			v := view.Trailer{Kind: t.Kind, Name: nameOf(t.Name, t.Address)}
			if !slices.Contains(out, v) {
				out = append(out, v)
			}
		}
	}
	return out
}

// nameOf is a person as a page names one.
func nameOf(name, address string) string {
	if name = view.Safe(name); name == "" {
		return view.Safe(address)
	}
	return name
}
