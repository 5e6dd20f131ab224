package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/web/view"
)

// A recipeStore knows what layers have of a recipe.
type recipeStore interface {
	RecipeNamed(ctx context.Context, pn string) (store.NamedRecipe, error)
	FlagsOf(ctx context.Context, keys []string) ([]store.SeenFlag, error)
}

// movesOfRecipe is how many moves the page of a recipe lists.
const movesOfRecipe = 12

// recipe serves GET /recipes/{pn}.
func (s *Server) recipe(w http.ResponseWriter, r *http.Request) error {
	pn, err := lastOf(r, "/recipes/")
	if err != nil {
		return err
	}
	v := view.Recipe{PN: view.Safe(pn)}
	if err := s.recipeMoves(r.Context(), pn, &v); err != nil {
		return err
	}
	found, err := s.store.RecipeNamed(r.Context(), pn)
	if errors.Is(err, store.ErrNotFound) && len(v.Moves) > 0 {
		err = nil // it moved, and then it went
	}
	if err != nil {
		return err
	}
	v.Duplicates = s.duplicateRows(found.Duplicates)
	for _, f := range found.Files {
		var set struct{ Role string }
		if err := json.Unmarshal([]byte(f.Settings), &set); err != nil {
			s.log.Warn("settings of layer", "layer", f.Source, "error", err)
		}
		v.Files = append(v.Files, view.RecipeFile{RecipeRow: recipeRows([]store.Recipe{f.Recipe})[0], Source: f.Source, Local: set.Role == "local"})
	}
	if v.Queues, err = s.recipeQueues(r.Context(), pn, found.Patches); err != nil {
		return err
	}
	crumbs := view.Link{Text: "Layers", Href: "/layers"}
	return s.render(w, r, view.RecipePage(s.shell(r, v.PN, view.InLayers, crumbs), v))
}

// recipeMoves fills how the versions of a recipe stand and how they moved: a
// lane for each layer that has it and one for its project.
func (s *Server) recipeMoves(ctx context.Context, pn string, v *view.Recipe) error {
	rows, err := s.behindRows(ctx)
	if err != nil {
		return err
	}
	projects := []string{s.project(ctx, pn)}
	for _, r := range rows {
		if r.PN == view.Safe(pn) {
			v.Behind = append(v.Behind, r)
			projects = append(projects, r.Project)
		}
	}
	projects = slices.DeleteFunc(projects, func(name string) bool { return name == "" })
	moves, err := s.store.VersionMoves(ctx, pipeline.MoveQuery{Names: append([]string{pn}, projects...), Limit: movesDrawn})
	if err != nil {
		return err
	}
	moves = slices.DeleteFunc(moves, func(m pipeline.Move) bool { // a project can have the name of another recipe
		if m.OfProject() {
			return !slices.Contains(projects, m.PN)
		}
		return m.PN != pn
	})
	if v.Chart, err = s.moveChart(ctx, moves, time.Time{}); err != nil || len(moves) == 0 {
		return err
	}
	v.Chart.BySource(v.Behind)
	v.Moves, v.MoreMoves = firstN(v.Chart.Rows, movesOfRecipe), max(0, len(moves)-movesOfRecipe)
	return nil
}

// recipeQueues are the patches that layers carry for a recipe, each with what
// tests of it found.
func (s *Server) recipeQueues(ctx context.Context, pn string, patches []store.CarriedPatch) ([]view.LayerQueues, error) {
	byLayer := map[string][]store.CarriedPatch{}
	var names, keys []string
	for _, p := range patches {
		if p.Kind == pipeline.CarriedDelta {
			continue
		}
		if byLayer[p.Layer] == nil {
			names = append(names, p.Layer)
		}
		byLayer[p.Layer] = append(byLayer[p.Layer], p)
		keys = append(keys, p.Key)
	}
	flags, err := s.flagsBySighting(ctx, keys)
	if err != nil {
		return nil, err
	}
	of := tested{project: s.project(ctx, pn)}
	places, err := s.locations(ctx)
	if err != nil {
		return nil, err
	}
	of.location = places[of.project]
	var out []view.LayerQueues
	for _, name := range names {
		l := view.LayerQueues{Layer: name, Queues: s.queues(byLayer[name])}
		n := 0
		for i := range l.Queues {
			for j := range l.Queues[i].Patches {
				p := byLayer[name][n]
				of.path = p.Path
				l.Queues[i].Patches[j].Flags = s.flags(flags[p.Key], of)
				n++
			}
		}
		out = append(out, l)
	}
	return out, nil
}

// flagsBySighting reads what tests of these patches found.
func (s *Server) flagsBySighting(ctx context.Context, keys []string) (map[string][]store.SeenFlag, error) {
	list, err := s.store.FlagsOf(ctx, keys)
	by := map[string][]store.SeenFlag{}
	for _, f := range list {
		by[f.Sighting] = append(by[f.Sighting], f)
	}
	return by, err
}
