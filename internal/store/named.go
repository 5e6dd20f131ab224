package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/pipeline"
)

// A namedRow is a row of table named.
type namedRow struct {
	bun.BaseModel `bun:"table:named"`

	SightingKey string `bun:",pk" store:"key"`
	Project     string `bun:",pk"`
	Input       string
	CommitHash  string
	Subject     string
	Committed   int64
	Tags        string
	Ours        string
	Shipped     string
}

var namedShape = shape[namedRow, [2]string]{key: func(r namedRow) [2]string { return [2]string{r.SightingKey, r.Project} }}

// Named returns the commits that claims of carried patches name, by sighting
// and project.
func (db *DB) Named(ctx context.Context) ([]pipeline.Named, error) {
	rows, err := all[namedRow](ctx, db.read(ctx), func(q *bun.SelectQuery) *bun.SelectQuery { return q.OrderExpr("sighting_key, project") })
	if err != nil {
		return nil, fmt.Errorf("commits that claims name: %w", err)
	}
	found := make([]pipeline.Named, len(rows))
	for i, r := range rows {
		if found[i], err = r.named(); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (r namedRow) named() (pipeline.Named, error) {
	n := pipeline.Named{Sighting: r.SightingKey, Input: r.Input, At: moment(r.Committed), NamedCommit: change.NamedCommit{
		Project: r.Project, Commit: r.CommitHash, Subject: r.Subject, In: r.Ours,
	}}
	var err error
	if n.Tags, err = fromJSON[[]string]("tags that contain "+r.CommitHash, r.Tags); err != nil {
		return n, err
	}
	n.Shipped, err = fromJSON[[]string]("layers that ship "+r.CommitHash, r.Shipped)
	return n, err
}

// PutNamed makes the commits that claims name those given.
func (db *DB) PutNamed(ctx context.Context, named []pipeline.Named) error {
	return db.write(ctx, "commits that claims name", func(ctx context.Context, tx bun.IDB) error {
		have, err := all[namedRow](ctx, tx)
		if err != nil {
			return err
		}
		want := make([]namedRow, len(named))
		for i, n := range named {
			want[i] = namedRow{
				SightingKey: n.Sighting, Project: n.Project, Input: n.Input, CommitHash: n.Commit, Subject: n.Subject,
				Committed: unix(n.At), Tags: asJSON(n.Tags), Ours: n.In, Shipped: asJSON(n.Shipped),
			}
		}
		return namedShape.compare(have, want).apply(ctx, tx, "sighting_key, project")
	})
}

// RecipePins returns what the active recipes of the configured layers build.
func (db *DB) RecipePins(ctx context.Context) ([]pipeline.RecipePin, error) {
	var found []pipeline.RecipePin
	err := db.read(ctx).NewSelect().Distinct().TableExpr("recipe AS r").Join("JOIN source AS s ON s.id = r.source_id AND NOT s.gone").
		ColumnExpr("s.name AS layer, r.pn, r.pv, r.srcrev, r.floating").
		Where("r.kind = 'recipe' AND r.inactive = ''").OrderExpr("layer, r.pn, r.pv, r.srcrev, r.floating").Scan(ctx, &found)
	if err != nil {
		return nil, fmt.Errorf("versions of recipes: %w", err)
	}
	return found, nil
}
