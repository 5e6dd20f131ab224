package web

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/web/view"
)

// A versionStore knows which versions moved, and what that does to patches.
type versionStore interface {
	VersionMoves(ctx context.Context, q pipeline.MoveQuery) ([]pipeline.Move, error)
	Behind(ctx context.Context) ([]pipeline.Behind, error)
	QueueOutcomes(ctx context.Context) ([]store.QueueOutcome, error)
}

// Limits of the page of moved versions.
const (
	lanesDrawn = 40   // recipes of the timeline
	movesDrawn = 5000 // moves of the timeline
	movesPage  = 50   // moves of one page of the list
)

// versions serves GET /versions, and what is below the filter to htmx.
func (s *Server) versions(w http.ResponseWriter, r *http.Request) error {
	f := view.VersionFilter{
		Show: r.FormValue("show"), Text: r.FormValue("q"), Layer: r.FormValue("layer"), Kind: r.FormValue("kind"), Span: r.FormValue("span"),
		Every: r.FormValue("every") != "", After: r.FormValue("after"), Page: pageOf(r),
	}
	v := view.Versions{Filter: f}
	rows, err := s.behindRows(r.Context())
	if err != nil {
		return err
	}
	shown := narrowVersions(&v, rows)
	switch f.Show {
	case "timeline":
		err = s.versionChart(r.Context(), &v, shown)
	case "moves":
		err = s.versionMoves(r.Context(), &v, shown)
	default:
		v.Filter.Show, f.Show = "", ""
		v.Pager = view.NewPager(f.Page, pageSize, len(shown), func(n int) string { f.Page = n; return f.URL() })
		from := min(f.Page*pageSize, len(shown))
		v.Rows = shown[from:min(from+pageSize, len(shown))]
	}
	if err != nil {
		return err
	}
	if isFragment(r) {
		w.Header().Set("HX-Push-Url", v.Filter.URL())
		return s.render(w, r, view.VersionsBody(v))
	}
	return s.render(w, r, view.VersionsPage(s.shell(r, "Moved versions", view.InVersions), v))
}

// behindRows are the recipes of ours, those that are behind for longest first.
func (s *Server) behindRows(ctx context.Context) ([]view.BehindRow, error) {
	list, err := s.store.Behind(ctx)
	if err != nil {
		return nil, err
	}
	outcomes, err := s.store.QueueOutcomes(ctx)
	if err != nil {
		return nil, err
	}
	places, err := s.locations(ctx)
	if err != nil {
		return nil, err
	}
	queues := map[string][]store.QueueOutcome{}
	for _, o := range outcomes {
		queues[o.Layer+"\x1f"+o.Recipe] = append(queues[o.Layer+"\x1f"+o.Recipe], o)
	}
	rows := make([]view.BehindRow, len(list))
	for i, b := range list {
		rows[i] = s.behindRow(b, places)
		for _, o := range queues[b.Layer+"\x1f"+b.PN] {
			rows[i].Count(o.Outcome, o.Likely, o.Count)
		}
	}
	slices.SortStableFunc(rows, mostBehind)
	return rows, nil
}

// mostBehind orders recipes: those first that are behind, for longest.
func mostBehind(a, b view.BehindRow) int {
	rank := func(r view.BehindRow) int {
		switch {
		case r.Behind && r.Since.Known():
			return 0
		case r.Behind:
			return 1
		}
		return 2
	}
	return cmp.Or(rank(a)-rank(b), a.Since.At.Compare(b.Since.At), cmp.Compare(a.PN, b.PN), cmp.Compare(a.Layer, b.Layer))
}

func (s *Server) behindRow(b pipeline.Behind, places map[string]string) view.BehindRow {
	row := view.BehindRow{
		Layer: b.Layer, PN: view.Safe(b.PN), File: view.Safe(b.File), Version: versionOf(b.Version), Floating: b.Floating, Project: view.Safe(b.Project),
		NewestAt: s.when(b.NewestAt), Newer: b.Newer, Remote: view.Safe(b.Remote), Behind: b.IsBehind(), Since: s.when(b.Since),
	}
	if b.Newest != "" {
		row.Newest = view.Link{Text: view.Safe(b.Newest), Href: view.ForgeURL(places[b.Project], "tag", b.Newest)}
	}
	for _, o := range b.Upstream {
		row.Upstream = append(row.Upstream, view.OtherVersion{Layer: o.Layer, Version: versionOf(o.Version), Order: o.Order, Since: s.when(o.Since)})
	}
	return row
}

// narrowVersions fills what there is to choose from, and returns the rows that
// the filter leaves.
func narrowVersions(v *view.Versions, rows []view.BehindRow) []view.BehindRow {
	v.Any = len(rows) > 0
	for _, r := range rows {
		if r.Behind {
			v.Behind++
		}
		if !slices.Contains(v.Layers, r.Layer) {
			v.Layers = append(v.Layers, r.Layer)
		}
	}
	slices.Sort(v.Layers)
	if v.Filter.Layer != "" {
		rows = slices.DeleteFunc(slices.Clone(rows), func(r view.BehindRow) bool { return r.Layer != v.Filter.Layer })
	}
	rows = matching(rows, v.Filter.Text, func(r view.BehindRow) string {
		words := []string{r.PN, r.File, r.Version, r.Project, r.Newest.Text}
		for _, o := range r.Upstream {
			words = append(words, o.Layer, o.Version)
		}
		return strings.Join(words, " ")
	})
	v.All = len(rows)
	for _, k := range view.BehindKinds() {
		n := 0
		for _, r := range rows {
			if r.Is(k) {
				n++
			}
		}
		if n > 0 {
			v.Kinds = append(v.Kinds, view.KindCount{Word: k, Count: n})
		}
	}
	if v.Filter.Kind == "" {
		return rows
	}
	return slices.DeleteFunc(slices.Clone(rows), func(r view.BehindRow) bool { return !r.Is(v.Filter.Kind) })
}

// versionChart fills the timeline: a lane for each recipe, in the order of the
// table.
func (s *Server) versionChart(ctx context.Context, v *view.Versions, rows []view.BehindRow) error {
	lanes := map[string]int{} // by PN or project
	var names []string
	name := func(n string, lane int) {
		if _, ok := lanes[n]; !ok && n != "" {
			lanes[n] = lane
			names = append(names, n)
		}
	}
	var drawn []view.BehindRow
	seen := map[string]bool{}
	for _, r := range rows {
		if seen[r.PN] {
			continue
		}
		seen[r.PN] = true
		if len(drawn) == lanesDrawn {
			v.Chart.Hidden++
			continue
		}
		name(r.PN, len(drawn))
		drawn = append(drawn, r)
	}
	for i, r := range drawn {
		name(r.Project, i)
	}
	if len(drawn) == 0 {
		return nil
	}
	moves, err := s.store.VersionMoves(ctx, pipeline.MoveQuery{Names: names, Since: spanStart(v.Filter.Span, s.now()), Limit: movesDrawn})
	if err != nil {
		return err
	}
	hidden := v.Chart.Hidden
	if v.Chart, err = s.moveChart(ctx, moves, spanStart(v.Filter.Span, s.now())); err != nil || len(moves) == 0 {
		return err
	}
	v.Chart.Hidden = hidden
	for _, r := range drawn {
		lane := view.MoveLane{Name: view.Link{Text: r.PN, Href: view.RecipeURL(r.PN)}, Note: r.Note(), Behind: 1}
		if r.Since.Known() {
			lane.Behind = v.Chart.Share(r.Since.At)
		} else if r.Behind {
			lane.Behind = 0
		}
		for i, m := range moves {
			at, ok := lanes[m.PN]
			if ok && drawn[at].PN == r.PN || m.OfProject() && m.PN == r.Project {
				lane.Marks = append(lane.Marks, v.Chart.Mark(v.Chart.Rows[i]))
			}
		}
		slices.Reverse(lane.Marks) // the newest is drawn last
		if len(lane.Marks) > 0 || r.Behind {
			v.Chart.Lanes = append(v.Chart.Lanes, lane)
		}
	}
	return nil
}

// spanStart is from when on the timeline shows moves.
func spanStart(span string, now time.Time) time.Time {
	switch span {
	case "all":
		return time.Time{}
	case "1":
		return now.AddDate(-1, 0, 0)
	case "5":
		return now.AddDate(-5, 0, 0)
	}
	return now.AddDate(-2, 0, 0)
}

// moveChart is a chart of these moves, newest first, without its lanes. It
// begins with the first of them.
func (s *Server) moveChart(ctx context.Context, moves []pipeline.Move, since time.Time) (view.MoveChart, error) {
	if len(moves) == 0 {
		return view.MoveChart{}, nil
	}
	rows, err := s.moveRows(ctx, moves)
	since = later(since, moves[len(moves)-1].At)
	return view.MoveChart{From: s.when(since), To: s.when(s.now()), Rows: rows}, err
}

// versionMoves fills a page of the list of moves.
func (s *Server) versionMoves(ctx context.Context, v *view.Versions, rows []view.BehindRow) error {
	q := pipeline.MoveQuery{Limit: movesPage + 1}
	if !v.Filter.Every {
		for _, r := range rows {
			q.Names = append(q.Names, r.PN)
			if r.Project != "" {
				q.Names = append(q.Names, r.Project)
			}
		}
		if len(q.Names) == 0 {
			return nil
		}
	} else if text := strings.TrimSpace(v.Filter.Text); text != "" {
		q.Names = []string{text}
	}
	f := v.Filter
	if at, id, ok := cutCursor(f.After); ok {
		q.After, q.AfterID = at, id
		f.After = ""
		v.Newest = f.URL()
	}
	moves, err := s.store.VersionMoves(ctx, q)
	if err != nil {
		return err
	}
	if len(moves) > movesPage {
		moves = moves[:movesPage]
		last := moves[movesPage-1]
		f.After = fmt.Sprintf("%d.%d", last.At.Unix(), last.ID)
		v.Older = f.URL()
	}
	v.Any = v.Any || len(moves) > 0
	v.Moves, err = s.moveRows(ctx, moves)
	return err
}

// cutCursor is the last move of the page before, as a URL names it.
func cutCursor(text string) (at time.Time, id int64, ok bool) {
	a, b, _ := strings.Cut(text, ".")
	sec, errAt := strconv.ParseInt(a, 10, 64)
	id, errID := strconv.ParseInt(b, 10, 64)
	if errAt != nil || errID != nil || sec <= 0 {
		return time.Time{}, 0, false
	}
	return time.Unix(sec, 0).UTC(), id, true
}

// moveRows are moves as a page shows them.
func (s *Server) moveRows(ctx context.Context, moves []pipeline.Move) ([]view.MoveRow, error) {
	sources, err := s.store.Sources(ctx)
	if err != nil {
		return nil, err
	}
	places, local := map[string]string{}, map[string]bool{}
	for _, src := range sources {
		switch src.Kind {
		case pipeline.ProjectSource, pipeline.LayerSource:
			places[src.Name] = src.Location
			local[src.Name] = src.Kind == pipeline.LayerSource && s.isLocal(src)
		}
	}
	rows := make([]view.MoveRow, len(moves))
	for i, m := range moves {
		rows[i] = s.moveRow(m, places[m.Source], local[m.Source])
	}
	return rows, nil
}

// moveRow is one move; location is where its source is.
func (s *Server) moveRow(m pipeline.Move, location string, local bool) view.MoveRow {
	row := view.MoveRow{
		Who: view.MovedUpstream, Kind: m.Kind, File: view.Safe(m.File), From: versionOf(m.From), To: versionOf(m.To), Back: m.Back, At: s.when(m.At),
		Source: view.Link{Text: view.Safe(m.Source), Href: view.LayerURL(m.Source)}, Name: view.Link{Text: view.Safe(m.PN), Href: view.RecipeURL(m.PN)},
	}
	if local {
		row.Who = view.MovedOurs
	}
	commit := func(hash string) view.Link {
		if !isHash(hash) {
			return view.Link{}
		}
		return view.Link{Text: shortHash(hash), Href: view.ForgeURL(location, "commit", hash)}
	}
	row.Commit = commit(m.Commit)
	if m.OfProject() {
		row.Who, row.Source.Href = view.MovedProject, sourcesPath
		row.Name.Href = view.ForgeURL(location, "tag", m.To)
		if m.Kind == pipeline.RetagMove {
			row.FromRev, row.ToRev = commit(m.FromRev), commit(m.ToRev)
		}
		return row
	}
	if m.FromRev != m.ToRev { // hashes of the recipe's source, not of the layer
		row.FromRev, row.ToRev = view.Link{Text: shortHash(view.Safe(m.FromRev))}, view.Link{Text: shortHash(view.Safe(m.ToRev))}
	}
	for _, p := range m.Patches {
		row.Patches = append(row.Patches, s.patchMove(m, p))
	}
	return row
}

// patchMove is what a move did to one patch.
func (s *Server) patchMove(m pipeline.Move, p layer.PatchMove) view.PatchMoveRow {
	row := view.PatchMoveRow{Name: view.Safe(p.Name), Outcome: view.Safe(p.Outcome), Words: view.Safe(p.Words)}
	if s.config.LayerFile != nil && p.BlobBefore != "" && p.Blob != "" && p.BlobBefore != p.Blob {
		row.Compare = view.MovedPatchURL(m.Source, m.PN, m.Commit, p.Name)
	}
	return row
}
