package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/series"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/web/view"
)

// A seriesStore knows what was sent to the lists.
type seriesStore interface {
	FindSeries(ctx context.Context, q store.SeriesQuery) ([]store.SeriesRow, int, error)
	AnySeries(ctx context.Context) (bool, error)
	Series(ctx context.Context, id int64) (store.Series, error)
	SeriesTies(ctx context.Context, s store.Series) (store.Ties, error)
	BrokenPatches(ctx context.Context, series []int64) (map[int64]int, error)
}

// seriesList serves GET /series, and the table alone to htmx.
func (s *Server) seriesList(w http.ResponseWriter, r *http.Request) error {
	f := view.SeriesFilter{
		Text: r.FormValue("q"), State: r.FormValue("state"), Whose: r.FormValue("whose"), Waiting: r.FormValue("waiting"),
		List: r.FormValue("list"), Page: min(pageOf(r), store.MaxCounted/pageSize-1),
	}
	q := store.SeriesQuery{Text: f.Text, State: f.State, List: f.List, Ours: f.Whose == "ours", Limit: pageSize, Offset: f.Page * pageSize}
	if f.State == view.NeedsRebase {
		q.State, q.Broken = "", true
	}
	switch f.Waiting {
	case "us": // of a series by others "us" is its author
		q.Waiting, q.Ours = series.WaitingOnUs, true
	case "author":
		q.Waiting = series.WaitingOnUs
	case "them":
		q.Waiting = series.WaitingOnThem
	}
	rows, total, err := s.store.FindSeries(r.Context(), q)
	if err != nil {
		return err
	}
	v := view.SeriesList{Filter: f, Any: total > 0}
	if !v.Any {
		if v.Any, err = s.store.AnySeries(r.Context()); err != nil {
			return err
		}
	}
	if v.Rows, err = s.seriesRows(r.Context(), rows); err != nil {
		return err
	}
	v.Pager = view.NewPager(f.Page, pageSize, total, func(n int) string { f.Page = n; return f.URL() }).Capped(store.MaxCounted)
	if isFragment(r) {
		w.Header().Set("HX-Push-Url", v.Filter.URL())
		return s.render(w, r, view.SeriesTable(v))
	}
	v.States = seriesStates()
	if v.Lists, err = s.lists(r.Context()); err != nil {
		return err
	}
	return s.render(w, r, view.SeriesListPage(s.shell(r, "Series", view.InSeries), v))
}

// seriesRows are series as the list has them, with how many patches of each
// need a rebase.
func (s *Server) seriesRows(ctx context.Context, rows []store.SeriesRow) ([]view.SeriesRow, error) {
	ids := make([]int64, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	broken, err := s.store.BrokenPatches(ctx, ids)
	out := make([]view.SeriesRow, len(rows))
	for i, row := range rows {
		out[i] = s.seriesRow(row)
		out[i].Broken = broken[row.ID]
	}
	return out, err
}

// seriesStates are all states of a series, to choose from.
func seriesStates() []string {
	return []string{
		view.NeedsRebase,
		string(series.New), string(series.UnderReview), string(series.ChangesRequested), string(series.Reviewed), string(series.Applied),
		string(series.Merged), string(series.PartlyMerged), string(series.Rejected), string(series.Superseded), string(series.Stale), string(series.Abandoned),
	}
}

// lists are the names of the lists that are watched.
func (s *Server) lists(ctx context.Context) ([]string, error) {
	all, err := s.store.Sources(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, src := range all {
		if src.Kind == pipeline.ListSource && !src.Gone {
			names = append(names, src.Name)
		}
	}
	return names, nil
}

// series serves GET /series/{id}.
func (s *Server) series(w http.ResponseWriter, r *http.Request) error {
	found, err := s.seriesOf(r)
	if err != nil {
		return err
	}
	return s.showSeries(w, r, found, http.StatusOK, "")
}

// showSeries shows the page of a series, with what was wrong with a form.
func (s *Server) showSeries(w http.ResponseWriter, r *http.Request, found store.Series, code int, problem string) error {
	ctx := r.Context()
	ties, err := s.store.SeriesTies(ctx, found)
	if err != nil {
		return err
	}
	v := view.Series{SeriesRow: s.seriesRow(found.SeriesRow)}
	v.Chart = s.reviewChart(found)
	s.addTies(&v, found, ties)
	if v.Base, err = s.base(ctx, found); err != nil {
		return err
	}
	v.Revisions = s.revisions(ctx, found)
	if err := s.addBranchFlags(ctx, found, &v); err != nil {
		return err
	}
	for _, d := range slices.Backward(found.Decisions) {
		v.Decisions = append(v.Decisions, s.seriesDecision(found, d))
	}
	if v.Forms, err = s.seriesForms(ctx, found, r.FormValue("join")); err != nil {
		return err
	}
	v.Forms.Problem = problem
	crumbs := view.Link{Text: "Series", Href: view.SeriesFilter{}.URL()}
	return s.show(w, r, code, view.SeriesPage(s.shell(r, titleOf(found.Title), view.InSeries, crumbs), v))
}

// revisions are the postings, newest first, each with what changed in it.
func (s *Server) revisions(ctx context.Context, found store.Series) []view.Revision {
	var list []view.Revision
	parts := summaryParts
	for i, p := range slices.Backward(found.Postings) {
		rev := s.revision(p)
		rev.Lone = len(found.Postings) == 1
		if i > 0 {
			before := found.Postings[i-1]
			rev.Changed = view.Link{
				Text: "What changed since " + s.toldApart(before, p),
				Href: view.RangeURL(found.ID, fmt.Sprint(before.ID), fmt.Sprint(p.ID)),
			}
			rev.Figures = s.summary(ctx, before, p, &parts)
			if s.compares() {
				compareParts(&rev, before)
			}
		}
		list = append(list, rev)
	}
	return list
}

// toldApart is a revision as one says it beside another.
func (s *Server) toldApart(p, other store.Posting) string {
	if p.Version == other.Version {
		return s.postingWords(p)
	}
	return view.Version(p.Version)
}

func (s *Server) seriesRow(r store.SeriesRow) view.SeriesRow {
	return view.SeriesRow{
		ID: r.ID, Title: titleOf(r.Title), Version: r.Version, List: view.Safe(r.List), Branch: view.Safe(r.Branch),
		Author: nameOf(r.AuthorName, r.Author), Ours: r.Ours, State: string(r.State), Reason: view.Safe(r.Reason), Parts: r.Parts, Merged: r.Merged,
		LastSign: s.when(r.LastSign), Posted: s.when(r.Posted),
		Waiting: view.Waiting{On: r.Waiting.On, Words: view.Safe(r.Waiting.For), Since: s.when(r.Waiting.Since)},
	}
}

// revision is one posting; parts that never came have a row of their own.
func (s *Server) revision(p store.Posting) view.Revision {
	said := signsOf(p.Review)
	people, robots := s.replies(p.Replies, said, 0)
	v := view.Revision{
		Key: change.PostedKey(p.Key), Version: p.Version, Title: titleOf(p.Title), Author: nameOf(p.AuthorName, p.Author), Posted: s.when(p.Posted),
		Cover: p.Cover, Total: p.Total, Flaw: view.Safe(p.Flaw), RFC: p.RFC, Resend: p.Resend, State: string(p.State), Reason: view.Safe(p.Reason),
		Replies: people, Trailers: trailersOf(p.Replies), Robots: robots,
	}
	next := 1
	for _, part := range p.Parts {
		for ; next < part.Index && next <= p.Total; next++ {
			v.Parts = append(v.Parts, view.Part{Index: next})
		}
		next = max(next, part.Index+1)
		people, robots := s.replies(part.Replies, said, part.Index)
		v.Parts = append(v.Parts, view.Part{
			Index: part.Index, Title: titleOf(part.Title), MessageID: part.MessageID, ChangeID: part.ChangeID, Status: part.Status,
			Replies: people, Trailers: trailersOf(part.Replies),
		})
		v.Robots = append(v.Robots, robots...)
	}
	for ; next <= min(p.Total, maxParts); next++ {
		v.Parts = append(v.Parts, view.Part{Index: next})
	}
	v.Robots = append(v.Robots, s.otherRobots(p, v.Robots)...)
	return v
}

// otherRobots are what robots say in mails that answer none of the posting's.
func (s *Server) otherRobots(p store.Posting, known []view.Reply) []view.Reply {
	var list []view.Reply
	for _, g := range p.Review.Signs {
		if g.Kind != series.Checked || slices.ContainsFunc(known, func(r view.Reply) bool { return r.MessageID == g.MessageID }) {
			continue
		}
		list = append(list, view.Reply{
			MessageID: g.MessageID, From: nameOf(g.Name, g.Address), At: s.when(g.At),
			Signs: []view.Sign{{Kind: string(g.Kind), Text: view.Safe(g.Text), Bad: g.Bad}},
		})
	}
	return list
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

// replies are the answers of people to a part, or to the whole where part is 0,
// and apart from them those of robots.
func (s *Server) replies(list []store.Reply, said map[string][]series.Sign, part int) (people, robots []view.Reply) {
	for _, r := range list {
		v := view.Reply{
			MessageID: r.MessageID, Subject: view.Safe(r.Subject), From: nameOf(r.FromName, r.From), Action: string(r.Action),
			At: s.when(r.Sent), Depth: min(r.Depth, 6),
		}
		robot := false
		for _, g := range said[r.MessageID] {
			robot = robot || g.Kind == series.Checked
			v.Signs = append(v.Signs, view.Sign{Kind: string(g.Kind), Text: view.Safe(g.Text), Bad: g.Bad})
		}
		if !robot {
			people = append(people, v)
			continue
		}
		v.Depth = 0
		if part > 0 {
			v.Subject = fmt.Sprintf("about patch %d", part)
		}
		robots = append(robots, v)
	}
	return people, robots
}

// signsOf are the signs of a review by the mail that gives them.
func signsOf(r series.Review) map[string][]series.Sign {
	by := map[string][]series.Sign{}
	for _, g := range r.Signs {
		by[g.MessageID] = append(by[g.MessageID], g)
	}
	return by
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
