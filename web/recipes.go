package web

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/web/view"
)

// A recipeStore knows what layers have of a recipe.
type recipeStore interface {
	RecipeNamed(ctx context.Context, pn string) (store.NamedRecipe, error)
}

// recipe serves GET /recipes/{pn}.
func (s *Server) recipe(w http.ResponseWriter, r *http.Request) error {
	pn, err := lastOf(r, "/recipes/")
	if err != nil {
		return err
	}
	found, err := s.store.RecipeNamed(r.Context(), pn)
	if err != nil {
		return err
	}
	v := view.Recipe{PN: view.Safe(pn), Duplicates: s.duplicateRows(found.Duplicates)}
	for _, f := range found.Files {
		var set struct{ Role string }
		if err := json.Unmarshal([]byte(f.Settings), &set); err != nil {
			s.log.Warn("settings of layer", "layer", f.Source, "error", err)
		}
		v.Files = append(v.Files, view.RecipeFile{RecipeRow: recipeRows([]store.Recipe{f.Recipe})[0], Source: f.Source, Local: set.Role == "local"})
	}
	byLayer := map[string][]store.CarriedPatch{}
	var names []string
	for _, p := range found.Patches {
		if p.Kind == pipeline.CarriedDelta {
			continue
		}
		if byLayer[p.Layer] == nil {
			names = append(names, p.Layer)
		}
		byLayer[p.Layer] = append(byLayer[p.Layer], p)
	}
	for _, name := range names {
		v.Queues = append(v.Queues, view.LayerQueues{Layer: name, Queues: s.queues(byLayer[name])})
	}
	crumbs := view.Link{Text: "Layers", Href: "/layers"}
	return s.render(w, r, view.RecipePage(s.shell(r, v.PN, view.InLayers, crumbs), v))
}
