package web

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/web/view"
)

// A changesStore finds changes.
type changesStore interface {
	FindChanges(ctx context.Context, q store.ChangeQuery) ([]store.ChangeRow, int, error)
	AnyChange(ctx context.Context) (bool, error)
	Owners(ctx context.Context) ([]string, error)
	Places(ctx context.Context) ([]string, error)
}

// pageSize is how many rows of a list one page has.
const pageSize = 50

// changes serves GET /changes, and the table alone to htmx.
func (s *Server) changes(w http.ResponseWriter, r *http.Request) error {
	f := view.ChangeFilter{
		Text: r.FormValue("q"), Status: change.Status(r.FormValue("status")), Action: change.Action(r.FormValue("action")),
		Owner: r.FormValue("owner"), Place: r.FormValue("place"), Whose: r.FormValue("whose"), Page: pageOf(r),
	}
	rows, total, err := s.store.FindChanges(r.Context(), changeQuery(f))
	if err != nil {
		return err
	}
	v := view.Changes{Filter: f, Rows: s.changeRows(rows), Any: total > 0 || f.Narrow()}
	v.Pager = view.NewPager(f.Page, pageSize, total, func(n int) string { f.Page = n; return f.URL() })
	if isFragment(r) {
		w.Header().Set("HX-Push-Url", v.Filter.URL())
		return s.render(w, r, view.ChangesTable(v))
	}
	if v.Owners, err = s.owners(r.Context()); err != nil {
		return err
	}
	if v.Places, err = s.store.Places(r.Context()); err != nil {
		return err
	}
	if !v.Any { // ours may be none while there are others
		if v.Any, err = s.store.AnyChange(r.Context()); err != nil {
			return err
		}
	}
	return s.render(w, r, view.ChangesPage(s.shell(r, "Changes", view.InChanges), v))
}

// changeQuery is what the store is asked for a filter.
func changeQuery(f view.ChangeFilter) store.ChangeQuery {
	q := store.ChangeQuery{
		Text: f.Text, Status: f.Status, Action: f.Action, Owner: f.Owner, Place: f.Place,
		All: f.Whose == view.Everybody, Limit: pageSize, Offset: f.Page * pageSize,
	}
	if f.Action == view.AnyAction {
		q.Action, q.Asks = "", true
	}
	if f.Owner == view.Nobody {
		q.Owner, q.NoOwner = "", true
	}
	return q
}

// owners are all who can be chosen as an owner: the team, and who owns
// something already.
func (s *Server) owners(ctx context.Context) ([]string, error) {
	have, err := s.store.Owners(ctx)
	if err != nil {
		return nil, err
	}
	all := slices.Concat(s.config.People, have)
	slices.Sort(all)
	return slices.Compact(all), nil
}

// changeRows are rows of the store as the pages show them.
func (s *Server) changeRows(rows []store.ChangeRow) []view.ChangeRow {
	out := make([]view.ChangeRow, len(rows))
	for i, r := range rows {
		out[i] = view.ChangeRow{
			ID: r.ID, Title: titleOf(r.Title), Ours: r.Ours, Place: r.Place, Local: r.Local, Recipe: r.Recipe,
			Status: r.Status, Reason: view.Safe(r.Reason), Action: r.Action, Why: view.Safe(r.Why), Owner: r.Owner, Since: s.when(r.Since),
		}
	}
	return out
}

// titleOf is a stranger's title; never empty, so that it can be clicked.
func titleOf(title string) string {
	if title = view.Safe(title); title == "" {
		return "(no title)"
	}
	return title
}

// maxPage bounds how far one can leaf.
const maxPage = 100_000

// pageOf is the number of the page that is asked for, from 0.
func pageOf(r *http.Request) int {
	n, err := strconv.Atoi(r.FormValue("page"))
	if err != nil || n < 0 {
		return 0
	}
	return min(n, maxPage)
}
