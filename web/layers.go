package web

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/web/view"
)

// A layerStore knows what layers hold.
type layerStore interface {
	Layers(ctx context.Context) ([]store.LayerRow, error)
	Layer(ctx context.Context, name string) (store.Layer, error)
}

// heldPage is how many rows of what a layer holds one page has.
const heldPage = 200

// layers serves GET /layers.
func (s *Server) layers(w http.ResponseWriter, r *http.Request) error {
	found, err := s.store.Layers(r.Context())
	if err != nil {
		return err
	}
	var v view.Layers
	for _, l := range found {
		if !l.Gone {
			v.Rows = append(v.Rows, s.layerRow(l))
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
	l, err := s.store.Layer(r.Context(), name)
	if err != nil {
		return err
	}
	f := view.LayerFilter{Layer: name, Show: r.FormValue("show"), Text: r.FormValue("q"), Kind: r.FormValue("kind"), Page: pageOf(r)}
	v := view.Layer{LayerRow: s.layerRow(l.LayerRow), Claims: claimCounts(l.Claims), Dropped: l.Dropped}
	total := 0
	switch f.Show {
	case "duplicates":
		rows := matching(l.DuplicateList, f.Text, func(d store.Duplicate) string { return d.PN + " " + d.LocalFile + " " + d.UpstreamFile })
		v.Kinds = countKinds(rows)
		rows = ofKind(rows, f.Kind)
		total, v.Duplicates = len(rows), duplicateRows(pageSlice(rows, f.Page))
	case "recipes":
		rows := matching(l.RecipeList, f.Text, func(r store.Recipe) string { return r.PN + " " + r.File })
		total, v.Recipes = len(rows), recipeRows(pageSlice(rows, f.Page))
	default:
		f.Show = "patches"
		rows := matching(l.Patches, f.Text, func(p store.CarriedPatch) string { return p.Recipe + " " + p.Path + " " + p.Subject })
		total, v.Queues = len(rows), s.queues(pageSlice(rows, f.Page))
	}
	v.Filter = f
	v.Pager = view.NewPager(f.Page, heldPage, total, func(n int) string { f.Page = n; return f.URL() })
	if isFragment(r) {
		w.Header().Set("HX-Push-Url", v.Filter.URL())
		return s.render(w, r, view.LayerHolds(v))
	}
	return s.render(w, r, view.LayerPage(s.shell(r, name, view.InLayers, view.Link{Text: "Layers", Href: "/layers"}), v))
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

// layerRow reads what the configuration says of a layer beside the numbers.
func (s *Server) layerRow(l store.LayerRow) view.LayerRow {
	var set struct{ Role, Branch, Subdir, Revision string }
	if err := json.Unmarshal([]byte(l.Settings), &set); err != nil {
		s.log.Warn("settings of layer", "layer", l.Name, "error", err)
	}
	return view.LayerRow{
		Name: l.Name, Branch: view.Safe(set.Branch), Local: set.Role == "local", Location: view.Safe(l.Location), Subdir: view.Safe(set.Subdir),
		Revision: view.Safe(set.Revision), Tip: l.Tip.Hash, TipAt: s.when(l.Tip.Time), Recipes: l.Recipes, Appends: l.Appends,
		Patches: l.Carried, Duplicates: l.Duplicates, Problem: view.SafeText(l.LastError),
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
			Position: p.Position, Path: view.Safe(p.Path), Subject: view.Safe(p.Subject), Claim: claimWords(p), ClaimBad: p.Carried.Status.Kind == "" || !p.Carried.Status.WellFormed,
			Status: p.Judgement.Status, Action: p.Judgement.Action, ChangeID: p.ChangeID, Added: s.when(p.Added), Dropped: s.when(p.Dropped),
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

// duplicateKinds are the kinds of duplicates, those with most to gain first.
func duplicateKinds() []string {
	return []string{"fork", "renamed", "patch", "derived", "append-dangling", "append"}
}

func countKinds(list []store.Duplicate) []view.KindCount {
	var out []view.KindCount
	for _, k := range duplicateKinds() {
		if n := len(ofKind(list, k)); n > 0 {
			out = append(out, view.KindCount{Word: k, Count: n})
		}
	}
	return out
}

// ofKind are the duplicates of one kind, "" is all, those with most to gain
// first.
func ofKind(list []store.Duplicate, kind string) []store.Duplicate {
	var out []store.Duplicate
	for _, d := range list {
		if kind == "" || d.Kind == kind {
			out = append(out, d)
		}
	}
	slices.SortStableFunc(out, func(a, b store.Duplicate) int {
		return slices.Index(duplicateKinds(), a.Kind) - slices.Index(duplicateKinds(), b.Kind)
	})
	return out
}

func duplicateRows(list []store.Duplicate) []view.DuplicateRow {
	out := make([]view.DuplicateRow, len(list))
	for i, d := range list {
		out[i] = view.DuplicateRow{
			Kind: d.Kind, PN: d.PN, LocalFile: view.Safe(d.LocalFile), LocalVersion: versionOf(d.LocalVersion), Other: d.UpstreamSource,
			OtherFile: view.Safe(d.UpstreamFile), OtherVersion: versionOf(d.UpstreamVersion), Relation: d.Relation, Match: d.Match,
		}
	}
	return out
}

func recipeRows(list []store.Recipe) []view.RecipeRow {
	out := make([]view.RecipeRow, len(list))
	for i, r := range list {
		out[i] = view.RecipeRow{
			PN: r.PN, PV: versionOf(r.PV), File: view.Safe(r.File), Layer: view.Safe(r.Layer), Append: r.Append, Patches: r.Patches,
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
