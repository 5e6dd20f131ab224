package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/pipeline"
)

// An aimRow is what a posting is meant for.
type aimRow struct {
	bun.BaseModel `bun:"table:posting"`

	ID      int64 `bun:",pk"`
	Targets string
	Aimed   string
}

// Aimed returns all postings with what they are meant for, as far as that was
// looked for, by id.
func (db *DB) Aimed(ctx context.Context) ([]pipeline.Aimed, error) {
	var rows []struct {
		ID                               int64
		NaturalKey, Base, Targets, Aimed string
	}
	err := db.read(ctx).NewSelect().Table("posting").Column("id", "natural_key", "base", "targets", "aimed").OrderExpr("id").Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("targets: %w", err)
	}
	found := make([]pipeline.Aimed, len(rows))
	for i, r := range rows {
		found[i] = pipeline.Aimed{ID: r.ID, Key: r.NaturalKey, Base: r.Base, Inputs: r.Aimed}
		if found[i].Targets, err = fromJSON[[]pipeline.Target]("targets of "+r.NaturalKey, r.Targets); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// PutAimed stores what postings are meant for.
func (db *DB) PutAimed(ctx context.Context, aimed []pipeline.Aimed) error {
	if len(aimed) == 0 {
		return nil
	}
	rows := make([]aimRow, len(aimed))
	for i, a := range aimed {
		rows[i] = aimRow{ID: a.ID, Targets: asJSON(a.Targets), Aimed: a.Inputs}
	}
	return db.write(ctx, "messages", func(ctx context.Context, tx bun.IDB) error { // not while assembly writes the other columns
		if err := updateRows(ctx, tx, rows, "targets", "aimed"); err != nil {
			return fmt.Errorf("targets: %w", err)
		}
		return nil
	})
}

// RecipeFiles returns where the recipes and appends of all layers are.
func (db *DB) RecipeFiles(ctx context.Context) ([]pipeline.RecipeFile, error) {
	var found []pipeline.RecipeFile
	err := db.read(ctx).NewSelect().TableExpr("recipe AS r").Join("JOIN source AS s ON s.id = r.source_id AND NOT s.gone").
		ColumnExpr("s.name AS layer, r.layer AS sub_layer, r.file").OrderExpr("s.name, r.file").Scan(ctx, &found)
	if err != nil {
		return nil, fmt.Errorf("files of recipes: %w", err)
	}
	return found, nil
}
