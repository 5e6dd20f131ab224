package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/pipeline"
)

// A LayerRow is one layer source in numbers.
type LayerRow struct {
	pipeline.Source
	Tip        git.Tip        // the recorded one; zero before the first fetch
	Recipes    int            // bbappends not counted
	Appends    int            // bbappends
	Carried    int            // patch files that it carries now
	Dropped    int            // that it once carried
	Claims     map[string]int // of those carried now: Upstream-Status word, missing, malformed
	Truths     map[change.Truth]int
	Duplicates int // what others have too
	Forks      int // of these: recipes of the same name
}

// A Layer is one layer source with what it holds, as far as it was asked for.
type Layer struct {
	LayerRow
	RecipeList    []Recipe // by layer and file
	Patches       []CarriedPatch
	DuplicateList []Duplicate
	History       []Held // oldest first
}

// LayerParts say what of a layer is wanted; its numbers always are.
type LayerParts struct{ Recipes, Patches, Duplicates, History bool }

// A Recipe is a recipe or bbappend.
type Recipe struct {
	Layer          string // source, or source/path of the layer in it
	File           string
	Append         bool
	PN, PV, PE, PR string // PV is layer.Unknown if only code could tell
	Patches        int    // that it applies, appends counted
	Remote         []string
	Floating       bool   // it builds whatever is newest
	Inactive       string // why bitbake would not take it; ""
	Problems       []string
}

// Layers returns all configured layer sources, by name.
func (db *DB) Layers(ctx context.Context) ([]LayerRow, error) {
	var found []LayerRow
	err := db.snapshot(ctx, func(ctx context.Context) error {
		sources, err := db.Sources(ctx)
		if err != nil {
			return err
		}
		for _, s := range sources {
			if s.Kind == pipeline.LayerSource {
				found = append(found, LayerRow{Source: s, Claims: map[string]int{}, Truths: map[change.Truth]int{}})
			}
		}
		return db.countLayers(ctx, found)
	})
	if err != nil {
		return nil, fmt.Errorf("layers: %w", err)
	}
	return found, nil
}

// countLayers fills in the numbers.
func (db *DB) countLayers(ctx context.Context, layers []LayerRow) error {
	byID, byName := map[int64]*LayerRow{}, map[string]*LayerRow{}
	for i := range layers {
		byID[layers[i].ID], byName[layers[i].Name] = &layers[i], &layers[i]
	}
	var counts []struct {
		What, Word, Name string
		SourceID         int64
		Count            int
	}
	err := db.read(ctx).NewRaw(`
		SELECT 'recipe' AS what, kind AS word, '' AS name, source_id, count(*) AS count FROM recipe GROUP BY kind, source_id
		UNION ALL SELECT 'carried', status, '', source_id, count(*) FROM carried WHERE dropped = 0 AND kind <> 'delta' GROUP BY status, source_id
		UNION ALL SELECT 'dropped', '', '', source_id, count(*) FROM carried WHERE dropped <> 0 AND kind <> 'delta' GROUP BY source_id
		UNION ALL SELECT 'truth', t.verdict, '', c.source_id, count(*) FROM carried AS c JOIN truth AS t ON t.sighting_key = c.natural_key
			WHERE c.dropped = 0 AND c.kind <> 'delta' GROUP BY t.verdict, c.source_id
		UNION ALL SELECT 'duplicate', kind, local_source, 0, count(*) FROM duplicate GROUP BY kind, local_source`).Scan(ctx, &counts)
	if err != nil {
		return err
	}
	for _, c := range counts {
		l := byID[c.SourceID]
		if c.What == "duplicate" {
			l = byName[c.Name]
		}
		if l != nil {
			l.count(c.What, c.Word, c.Count)
		}
	}
	tips, err := all[tipRow](ctx, db.read(ctx), func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("source_id IN (SELECT id FROM source WHERE kind = ?)", string(pipeline.LayerSource)).OrderExpr("ref DESC")
	})
	for _, t := range tips {
		if l := byID[t.SourceID]; l != nil {
			l.Tip = git.Tip{Ref: t.Ref, Hash: t.Hash, Time: moment(t.CommitTime)}
		}
	}
	return err
}

func (l *LayerRow) count(what, word string, n int) {
	switch {
	case what == "recipe" && word == "append":
		l.Appends = n
	case what == "recipe":
		l.Recipes = n
	case what == "carried":
		l.Carried += n
		l.Claims[word] = n
	case what == "dropped":
		l.Dropped = n
	case what == "truth":
		l.Truths[change.Truth(word)] = n
	case what == "duplicate":
		l.Duplicates += n
		if word == "fork" {
			l.Forks = n
		}
	}
}

// Layer returns the layer source of this name with the parts that are wanted.
// The error matches [ErrNotFound] where there is none.
func (db *DB) Layer(ctx context.Context, name string, want LayerParts) (Layer, error) {
	var l Layer
	err := db.snapshot(ctx, func(ctx context.Context) error {
		rows, err := db.Layers(ctx)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if r.Name == name {
				l.LayerRow = r
			}
		}
		if l.ID == 0 {
			return ErrNotFound
		}
		if want.Recipes {
			if l.RecipeList, err = db.recipes(ctx, l.ID); err != nil {
				return err
			}
		}
		if want.Patches {
			if l.Patches, err = db.patches(ctx, l.LayerRow); err != nil {
				return err
			}
		}
		if want.Duplicates {
			if l.DuplicateList, err = db.duplicates(ctx, "d.local_source = ?", l.Name); err != nil {
				return err
			}
		}
		if want.History {
			l.History, err = db.held(ctx, l.ID)
		}
		return err
	})
	if err != nil {
		return Layer{}, fmt.Errorf("layer %s: %w", name, err)
	}
	return l, nil
}

// recipes reads the recipes and bbappends of a source.
func (db *DB) recipes(ctx context.Context, source int64) ([]Recipe, error) {
	rows, err := all[recipeRow](ctx, db.read(ctx), func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("source_id = ?", source).OrderExpr("layer, file")
	})
	if err != nil {
		return nil, err
	}
	found := make([]Recipe, len(rows))
	for i, r := range rows {
		if found[i], err = r.recipe(); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (r recipeRow) recipe() (Recipe, error) {
	one := Recipe{
		Layer: r.Layer, File: r.File, Append: r.Kind == "append", PN: r.PN, PV: r.PV, PE: r.PE, PR: r.PR,
		Patches: r.Patches, Floating: r.Floating, Inactive: r.Inactive,
	}
	var err error
	if one.Remote, err = fromJSON[[]string]("remote of "+r.File, r.Remote); err != nil {
		return one, err
	}
	one.Problems, err = fromJSON[[]string]("problems of "+r.File, r.Problems)
	return one, err
}
