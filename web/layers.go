package web

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/web/view"
)

// A layerStore knows what layers hold.
type layerStore interface {
	Layers(ctx context.Context) ([]store.LayerRow, error)
	Layer(ctx context.Context, name string, want store.LayerParts) (store.Layer, error)
	LayerHistories(ctx context.Context) (map[int64][]store.Held, error)
	LayerNews(ctx context.Context, name string, since time.Time) ([]store.DuplicateNews, error)
}

// heldPage is how many rows of what a layer holds one page has.
const heldPage = 200

// layers serves GET /layers.
func (s *Server) layers(w http.ResponseWriter, r *http.Request) error {
	found, err := s.store.Layers(r.Context())
	if err != nil {
		return err
	}
	histories, err := s.store.LayerHistories(r.Context())
	if err != nil {
		return err
	}
	var v view.Layers
	for _, l := range found {
		if !l.Gone {
			row := s.layerRow(l)
			for _, h := range thinned(histories[l.ID], sparkPoints) {
				row.Carried = append(row.Carried, h.Patches)
			}
			v.Rows = append(v.Rows, row)
		}
	}
	slices.SortStableFunc(v.Rows, func(a, b view.LayerRow) int {
		switch {
		case a.Local == b.Local:
			return strings.Compare(a.Name, b.Name)
		case a.Local:
			return -1
		}
		return 1
	})
	return s.render(w, r, view.LayersPage(s.shell(r, "Layers", view.InLayers), v))
}

// layer serves GET /layers/{name}, and the list below the tabs to htmx.
func (s *Server) layer(w http.ResponseWriter, r *http.Request) error {
	name, err := lastOf(r, "/layers/")
	if err != nil {
		return err
	}
	f := view.LayerFilter{
		Layer: name, Show: r.FormValue("show"), Text: r.FormValue("q"), Kind: r.FormValue("kind"), Owner: r.FormValue("owner"),
		Open: r.FormValue("open") != "", Page: pageOf(r),
	}
	l, err := s.store.Layer(r.Context(), name, partsOf(f.Show, isFragment(r)))
	if err != nil {
		return err
	}
	v := view.Layer{LayerRow: s.layerRow(l.LayerRow), Claims: claimCounts(l.Claims), Dropped: l.Dropped, Filter: f}
	if !v.Local {
		v.Filter.Show = "recipes"
		if f.Show != "recipes" {
			if l, err = s.store.Layer(r.Context(), name, partsOf("recipes", true)); err != nil {
				return err
			}
		}
	}
	total, err := s.fillTab(r.Context(), &v, l)
	if err != nil {
		return err
	}
	f = v.Filter
	v.Pager = view.NewPager(f.Page, heldPage, total, func(n int) string { f.Page = n; return f.URL() })
	if isFragment(r) {
		w.Header().Set("HX-Push-Url", v.Filter.URL())
		return s.render(w, r, view.LayerHolds(v))
	}
	v.Figures, v.Trend = layerFigures(v.LayerRow, l.LayerRow), s.trend(l)
	return s.render(w, r, view.LayerPage(s.shell(r, name, view.InLayers, view.Link{Text: "Layers", Href: "/layers"}), v))
}

// layerFigures are a layer in a row of numbers.
func layerFigures(v view.LayerRow, l store.LayerRow) []view.Figure {
	at := func(show, kind string) string { return view.LayerFilter{Layer: v.Name, Show: show, Kind: kind}.URL() }
	list := []view.Figure{{Word: "recipes", Count: v.Recipes, Href: at("recipes", ""), Note: view.Plural(v.Appends, "append")}}
	if !v.Local {
		return list
	}
	return append(list,
		view.Figure{Word: "carried patches", Count: v.Patches, Href: at("patches", ""), Note: view.Count(l.Dropped) + " dropped"},
		view.Figure{Word: "forked recipes", Count: v.Forks, Href: at("duplicates", "fork"), Note: view.Plural(v.Duplicates, "duplicate")},
		view.Figure{Word: "wrong claims", Count: v.Untrue, Href: at("claims", string(change.ClaimFalse))},
		view.Figure{Word: "can go", Count: v.Droppable, Href: at("claims", string(change.ClaimDrop))},
	)
}

// matching are the rows whose text has every word that is looked for.
func matching[T any](rows []T, text string, of func(T) string) []T {
	words := strings.Fields(strings.ToLower(text))
	if len(words) == 0 {
		return rows
	}
	var out []T
	for _, r := range rows {
		t := strings.ToLower(of(r))
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(t, w) }) {
			out = append(out, r)
		}
	}
	return out
}

func pageSlice[T any](rows []T, page int) []T {
	from := min(page*heldPage, len(rows))
	return rows[from:min(from+heldPage, len(rows))]
}

// isLocal says whether a source is a layer of ours.
func (s *Server) isLocal(src pipeline.Source) bool {
	var set struct{ Role string }
	if err := json.Unmarshal([]byte(src.Settings), &set); err != nil {
		s.log.Warn("settings of layer", "layer", src.Name, "error", err)
	}
	return set.Role == "local"
}

// layerRow reads what the configuration says of a layer beside the numbers.
func (s *Server) layerRow(l store.LayerRow) view.LayerRow {
	var set struct{ Role, Branch, Subdir, Revision string }
	if err := json.Unmarshal([]byte(l.Settings), &set); err != nil {
		s.log.Warn("settings of layer", "layer", l.Name, "error", err)
	}
	return view.LayerRow{
		Name: l.Name, Branch: view.Safe(set.Branch), Local: set.Role == "local", Location: view.Safe(l.Location), Subdir: view.Safe(set.Subdir),
		Revision: view.Safe(set.Revision), Tip: l.Tip.Hash, TipAt: s.when(l.Tip.Time), Recipes: l.Recipes, Appends: l.Appends,
		Patches: l.Carried, Duplicates: l.Duplicates, Forks: l.Forks, Problem: view.SafeText(l.LastError),
		Untrue: l.Truths[change.ClaimFalse], Droppable: l.Truths[change.ClaimDrop],
		ToMend: l.Truths[change.ClaimFalse] + l.Truths[change.ClaimDrop] + l.Truths[change.ClaimBad] + l.Truths[change.ClaimStale],
	}
}

// claimCounts are the words of Upstream-Status, the most common first.
func claimCounts(words map[string]int) []view.ClaimCount {
	var out []view.ClaimCount
	for w, n := range words {
		out = append(out, view.ClaimCount{Word: view.Safe(w), Count: n})
	}
	slices.SortFunc(out, func(a, b view.ClaimCount) int {
		if a.Count != b.Count {
			return b.Count - a.Count
		}
		return strings.Compare(a.Word, b.Word)
	})
	return out
}

// queues groups patches, which come in their order, by recipe.
func (s *Server) queues(patches []store.CarriedPatch) []view.Queue {
	var out []view.Queue
	for _, p := range patches {
		if n := len(out); n == 0 || out[n-1].Recipe != p.Recipe || out[n-1].File != p.RecipeFile {
			out = append(out, view.Queue{Recipe: p.Recipe, Version: versionOf(p.PV), File: p.RecipeFile})
		}
		q := &out[len(out)-1]
		q.Patches = append(q.Patches, view.CarriedRow{
			Position: p.Position, Path: view.Safe(p.Path), Subject: titleOfPatch(p), Claim: claimWords(p), ClaimBad: p.Carried.Status.Kind == "" || !p.Carried.Status.WellFormed,
			Status: p.Judgement.Status, Action: p.Judgement.Action, ChangeID: p.ChangeID, Added: s.when(p.Added), Dropped: s.when(p.Dropped),
			PatchFacts: s.patchFacts(p),
		})
	}
	return out
}

// claimWords is Upstream-Status as a page says it.
func claimWords(p store.CarriedPatch) string {
	switch st := p.Carried.Status; {
	case st.Kind == "" && st.Raw == "":
		return "missing"
	case !st.WellFormed:
		return view.Safe("malformed: " + st.Raw)
	default:
		return view.Safe(st.Kind + " " + st.Detail)
	}
}

func recipeRows(list []store.Recipe) []view.RecipeRow {
	out := make([]view.RecipeRow, len(list))
	for i, r := range list {
		out[i] = view.RecipeRow{
			PN: r.PN, PV: versionOf(r.PV), File: view.Safe(r.File), Layer: view.Safe(r.Layer), Append: r.Append, Floating: r.Floating, Patches: r.Patches,
			Inactive: view.Safe(r.Inactive),
		}
		for _, p := range r.Problems {
			out[i].Problems = append(out[i].Problems, view.Safe(p))
		}
	}
	return out
}

// versionOf is a version as a page says it.
func versionOf(pv string) string {
	if pv == layer.Unknown {
		return "unknown"
	}
	return view.Safe(pv)
}
