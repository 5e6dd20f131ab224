package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/pipeline"
)

// A recipeRow is a row of table recipe.
type recipeRow struct {
	bun.BaseModel `bun:"table:recipe"`

	ID         int64 `bun:",pk,autoincrement"`
	SourceID   int64
	Layer      string
	File       string `store:"key"`
	Kind       string // recipe or append
	PN         string `bun:"pn" store:"key"`
	PV         string `bun:"pv"`
	PE         string `bun:"pe"`
	PR         string `bun:"pr"`
	SRCREV     string `bun:"srcrev"`
	Patches    int
	Remote     string
	TagPattern string
	Floating   bool
	Inactive   string
	Problems   string
}

// PutScan makes what is known of a layer source equal to a scan of it: its
// recipes and appends, the patch files it carries, and what those claim.
func (db *DB) PutScan(ctx context.Context, scan pipeline.LayerScan) error {
	return db.write(ctx, "scan", func(ctx context.Context, tx bun.IDB) error {
		if err := putRecipes(ctx, tx, scan); err != nil {
			return fmt.Errorf("recipes: %w", err)
		}
		if err := putCarried(ctx, tx, scan); err != nil {
			return fmt.Errorf("carried patches: %w", err)
		}
		if err := putTrend(ctx, tx, scan); err != nil {
			return fmt.Errorf("trend: %w", err)
		}
		return nil
	})
}

func putRecipes(ctx context.Context, tx bun.IDB, scan pipeline.LayerScan) error {
	have, err := all[recipeRow](ctx, tx, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("source_id = ?", scan.Source)
	})
	if err != nil {
		return err
	}
	var want []recipeRow
	for _, r := range scan.Recipes {
		want = append(want, recipeRow{
			SourceID: scan.Source, Layer: r.Layer, File: r.File, Kind: "recipe", PN: r.PN, PV: r.PV, PE: r.PE, PR: r.PR, SRCREV: r.SRCREV,
			Patches: len(r.PatchesEffective), Remote: asJSON(r.Remote), TagPattern: r.TagPattern, Floating: r.Floating,
			Inactive: r.Inactive, Problems: asJSON(r.Problems),
		})
	}
	for _, a := range scan.Appends {
		want = append(want, recipeRow{
			SourceID: scan.Source, Layer: a.Layer, File: a.File, Kind: "append", PN: a.PN,
			Remote: "[]", Inactive: a.Inactive, Problems: "[]",
		})
	}
	sh := shape[recipeRow, string]{key: func(r recipeRow) string { return r.File }, keep: func(old recipeRow, r *recipeRow) { r.ID = old.ID }}
	_, err = equalize(ctx, tx, sh, have, want)
	return err
}

// RecipeRemotes returns where the recipes of all layers fetch their sources
// from, by layer and PN.
func (db *DB) RecipeRemotes(ctx context.Context) ([]pipeline.RecipeRemote, error) {
	var rows []struct{ Layer, PN, Remote, TagPattern string }
	err := db.read(ctx).NewSelect().Distinct().TableExpr("recipe AS r").Join("JOIN source AS s ON s.id = r.source_id AND NOT s.gone").
		ColumnExpr("s.name AS layer, r.pn AS pn, r.remote, r.tag_pattern").Where("r.kind = 'recipe' AND r.inactive = ''").
		OrderExpr("1, 2, 3, 4").Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("sources of recipes: %w", err)
	}
	found := make([]pipeline.RecipeRemote, len(rows))
	for i, r := range rows {
		remote, err := fromJSON[[]string]("sources of recipe "+r.PN, r.Remote)
		if err != nil {
			return nil, err
		}
		found[i] = pipeline.RecipeRemote{Layer: r.Layer, PN: r.PN, Remote: remote, TagPattern: r.TagPattern}
	}
	return found, nil
}

// ScannedRecipes returns the recipes and appends of all layers, by layer and
// file.
func (db *DB) ScannedRecipes(ctx context.Context) ([]pipeline.ScannedRecipe, error) {
	var rows []struct {
		recipeRow `bun:",extend"`
		Source    string
	}
	err := db.read(ctx).NewSelect().TableExpr("recipe AS r").ColumnExpr("r.*, s.name AS source").
		Join("JOIN source AS s ON s.id = r.source_id AND NOT s.gone").OrderExpr("s.name, r.file").Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("recipes of layers: %w", err)
	}
	found := make([]pipeline.ScannedRecipe, len(rows))
	for i, r := range rows {
		remote, err := fromJSON[[]string]("sources of recipe "+r.PN, r.Remote)
		if err != nil {
			return nil, err
		}
		found[i] = pipeline.ScannedRecipe{
			RecipeRemote: pipeline.RecipeRemote{Layer: r.Source, PN: r.PN, Remote: remote, TagPattern: r.TagPattern},
			File:         r.File, Append: r.Kind == "append", PV: r.PV, PE: r.PE, PR: r.PR, Floating: r.Floating, Inactive: r.Inactive,
		}
	}
	return found, nil
}
