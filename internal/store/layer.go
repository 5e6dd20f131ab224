package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/layer"
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
	Duplicates int            // what others have too
}

// A Layer is one layer source with what it holds.
type Layer struct {
	LayerRow
	RecipeList    []Recipe // by layer and file
	Patches       []CarriedPatch
	DuplicateList []Duplicate
}

// A Recipe is a recipe or bbappend.
type Recipe struct {
	Layer          string // source, or source/path of the layer in it
	File           string
	Append         bool
	PN, PV, PE, PR string // PV is layer.Unknown if only code could tell
	Patches        int    // that it applies, appends counted
	Remote         []string
	Inactive       string // why bitbake would not take it; ""
	Problems       []string
}

// A CarriedPatch is a carried patch with its change and how it stands here.
type CarriedPatch struct {
	pipeline.Carried
	ChangeID int64 // 0 where it is not known as a change yet
	change.Judgement
}

// A Duplicate is a duplicate with the PN of the local recipe.
type Duplicate struct {
	layer.Duplicate
	PN string // ""
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
				found = append(found, LayerRow{Source: s, Claims: map[string]int{}})
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
		UNION ALL SELECT 'carried', status, '', source_id, count(*) FROM carried WHERE dropped = 0 GROUP BY status, source_id
		UNION ALL SELECT 'dropped', '', '', source_id, count(*) FROM carried WHERE dropped <> 0 GROUP BY source_id
		UNION ALL SELECT 'duplicate', '', local_source, 0, count(*) FROM duplicate GROUP BY local_source`).Scan(ctx, &counts)
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
	case what == "duplicate":
		l.Duplicates = n
	}
}

// Layer returns the layer source of this name with all that it holds. The
// error matches [ErrNotFound] where there is none.
func (db *DB) Layer(ctx context.Context, name string) (Layer, error) {
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
		if l.RecipeList, err = db.recipes(ctx, l.ID); err != nil {
			return err
		}
		if l.Patches, err = db.patches(ctx, l.LayerRow); err != nil {
			return err
		}
		l.DuplicateList, err = db.duplicates(ctx, l.LayerRow)
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
		found[i] = Recipe{
			Layer: r.Layer, File: r.File, Append: r.Kind == "append", PN: r.PN, PV: r.PV, PE: r.PE, PR: r.PR,
			Patches: r.Patches, Inactive: r.Inactive,
		}
		if found[i].Remote, err = fromJSON[[]string]("remote of "+r.File, r.Remote); err != nil {
			return nil, err
		}
		if found[i].Problems, err = fromJSON[[]string]("problems of "+r.File, r.Problems); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// patches reads the patch files of a layer, in the order of the queues of its
// recipes; orphans last.
func (db *DB) patches(ctx context.Context, l LayerRow) ([]CarriedPatch, error) {
	judged, err := db.judgedAt(ctx, l.Name+"@")
	if err != nil {
		return nil, err
	}
	var rows []struct {
		carriedRow `bun:",extend"`
		ChangeID   int64
	}
	err = db.read(ctx).NewSelect().TableExpr("carried AS c").ColumnExpr("c.*, coalesce(s.change_id, 0) AS change_id").
		Join("LEFT JOIN sighting AS s ON s.natural_key = c.natural_key").
		Where("c.source_id = ?", l.ID).OrderExpr("c.recipe = '', c.recipe, c.recipe_file, c.position, c.path").Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	found := make([]CarriedPatch, len(rows))
	for i, r := range rows {
		found[i] = CarriedPatch{
			Carried: r.carried(l.Name), ChangeID: r.ChangeID,
			Judgement: judged[standingKey{r.ChangeID, short(l.Name + "@" + r.Branch)}],
		}
	}
	return found, nil
}

// judgedAt reads the judgements of all standings whose place begins with prefix.
func (db *DB) judgedAt(ctx context.Context, prefix string) (map[standingKey]change.Judgement, error) {
	rows, err := changeRows(ctx, db.standings(ctx).Where("substr(st.place, 1, ?) = ?", len([]rune(prefix)), prefix))
	if err != nil {
		return nil, err
	}
	judged := make(map[standingKey]change.Judgement, len(rows))
	for _, r := range rows {
		judged[standingKey{r.ID, r.Place}] = r.Judgement
	}
	return judged, nil
}

// duplicates reads what a layer has in common with others.
func (db *DB) duplicates(ctx context.Context, l LayerRow) ([]Duplicate, error) {
	var rows []struct {
		duplicateRow `bun:",extend"`
		PN           string `bun:"pn"`
	}
	err := db.read(ctx).NewSelect().TableExpr("duplicate AS d").ColumnExpr("d.*").
		ColumnExpr(`coalesce((SELECT r.pn FROM recipe AS r WHERE r.source_id = ? AND r.file = d.local_file),
			(SELECT c.recipe FROM carried AS c WHERE c.source_id = ? AND c.path = d.local_file AND c.dropped = 0 LIMIT 1), '') AS pn`, l.ID, l.ID).
		Where("d.local_source = ?", l.Name).OrderExpr("d.kind, d.local_file, d.other_source, d.other_file").Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	found := make([]Duplicate, len(rows))
	for i, r := range rows {
		found[i] = Duplicate{r.duplicate(), r.PN}
	}
	return found, nil
}
