package store

import (
	"context"
	"fmt"

	"github.com/upstreamd/upstreamd/internal/query"
)

// A NamedRecipe is all that layers have of one PN.
type NamedRecipe struct {
	PN         string
	Files      []SourceRecipe // recipes and appends, by layer source and file
	Patches    []CarriedPatch // that local layers carry for it
	Duplicates []Duplicate    // of files of it, on either side
}

// A SourceRecipe is a recipe or append with the source that has it.
type SourceRecipe struct {
	Recipe
	Source   string
	Settings string // of the source
}

// RecipeNamed returns what configured layers have of one PN. The error matches
// [ErrNotFound] where no layer has anything of it.
func (db *DB) RecipeNamed(ctx context.Context, pn string) (NamedRecipe, error) {
	n := NamedRecipe{PN: pn}
	err := db.snapshot(ctx, func(ctx context.Context) (err error) {
		if n.Files, err = db.recipeFiles(ctx, pn); err != nil {
			return err
		}
		if err = db.recipePatches(ctx, &n); err != nil {
			return err
		}
		if len(n.Files) == 0 && len(n.Patches) == 0 {
			return ErrNotFound
		}
		const has = "EXISTS (SELECT 1 FROM recipe AS r JOIN source AS s ON s.id = r.source_id WHERE r.pn = ? AND s.name = %s AND r.file = %s)"
		where := fmt.Sprintf("("+has+" OR "+has+")", "d.local_source", "d.local_file", "d.other_source", "d.other_file")
		n.Duplicates, err = db.duplicates(ctx, where, pn, pn)
		return err
	})
	if err != nil {
		return NamedRecipe{}, fmt.Errorf("recipe %s: %w", pn, err)
	}
	return n, nil
}

func (db *DB) recipeFiles(ctx context.Context, pn string) ([]SourceRecipe, error) {
	var rows []struct {
		recipeRow `bun:",extend"`
		Source    string
		Settings  string
	}
	err := db.read(ctx).NewSelect().TableExpr("recipe AS r").ColumnExpr("r.*, s.name AS source, s.settings AS settings").
		Join("JOIN source AS s ON s.id = r.source_id AND NOT s.gone").Where("r.pn = ?", pn).
		OrderExpr("s.name, r.kind DESC, r.layer, r.file").Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	found := make([]SourceRecipe, len(rows))
	for i, r := range rows {
		one, err := r.recipe()
		if err != nil {
			return nil, err
		}
		found[i] = SourceRecipe{one, r.Source, r.Settings}
	}
	return found, nil
}

// recipePatches reads what local layers carry for a PN.
func (db *DB) recipePatches(ctx context.Context, n *NamedRecipe) error {
	var names []string
	err := db.read(ctx).NewSelect().TableExpr("carried AS c").Join("JOIN source AS s ON s.id = c.source_id AND NOT s.gone").
		Where("c.recipe = ? AND c.dropped = 0", n.PN).ColumnExpr("DISTINCT s.name").OrderExpr("1").Scan(ctx, &names)
	if err != nil {
		return err
	}
	for _, name := range names {
		l, err := db.Layer(ctx, name, LayerParts{Patches: true})
		if err != nil {
			return err
		}
		for _, p := range l.Patches {
			if p.Recipe == n.PN && p.Dropped.IsZero() {
				n.Patches = append(n.Patches, p)
			}
		}
	}
	return nil
}

// A FoundRecipe is a recipe name that a search found.
type FoundRecipe struct {
	PN     string `bun:"pn"`
	Layers int    // layer sources that have it
}

// maxFoundRecipes is how many recipes a search shows.
const maxFoundRecipes = 12

// searchRecipes finds the recipes whose PN has every word that is looked for
// without saying where, the shortest first.
func (db *DB) searchRecipes(ctx context.Context, q query.Query) ([]FoundRecipe, error) {
	s := db.read(ctx).NewSelect().TableExpr("recipe AS r").Join("JOIN source AS s ON s.id = r.source_id AND NOT s.gone").Where("r.kind = 'recipe'")
	for _, t := range q.Terms {
		if t.Field != query.Any || t.Not {
			return nil, nil
		}
		s = s.Where(like("r.pn"), "%"+likeEscape.Replace(t.Text)+"%")
	}
	if !q.Since.IsZero() || !q.Before.IsZero() || len(q.Terms) == 0 {
		return nil, nil
	}
	var rows []FoundRecipe
	err := s.ColumnExpr("r.pn, count(DISTINCT s.id) AS layers").GroupExpr("r.pn").
		OrderExpr("length(r.pn), r.pn").Limit(maxFoundRecipes).Scan(ctx, &rows)
	return rows, err
}
