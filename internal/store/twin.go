package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/pipeline"
)

// A twinRow is a row of table twin.
type twinRow struct {
	bun.BaseModel `bun:"table:twin"`

	ID          int64  `bun:",pk,autoincrement"`
	SightingKey string `store:"key"`
	NaturalKey  string `store:"key"`
	Layer       string
	Branch      string
	Path        string
	Blob        string
	One         bool
	CameCommit  string
	Came        int64
	WentCommit  string
	Went        int64
	Same        string
	Score       float64
	Evidence    string
}

// A twinKey identifies a twin.
type twinKey struct{ sighting, layer, branch string }

var twinShape = shape[twinRow, twinKey]{
	key: func(r twinRow) twinKey { return twinKey{r.SightingKey, r.Layer, r.Branch} }, keep: func(old twinRow, r *twinRow) { r.ID = old.ID },
}

func newTwinRow(t pipeline.Twin) twinRow {
	return twinRow{
		SightingKey: t.Of, NaturalKey: t.Key, Layer: t.Layer, Branch: t.Branch, Path: t.Path, Blob: t.Blob, One: t.One,
		CameCommit: t.Came.Commit, Came: unix(t.Came.Time), WentCommit: t.Went.Commit, Went: unix(t.Went.Time),
		Same: t.Same, Score: t.Score, Evidence: asJSON(t.Evidence),
	}
}

func (r twinRow) twin() (pipeline.Twin, error) {
	t := pipeline.Twin{
		Of: r.SightingKey, Key: r.NaturalKey, Layer: r.Layer, Branch: r.Branch, Path: r.Path, Blob: r.Blob, One: r.One,
		Came: pipeline.Passage{Commit: r.CameCommit, Time: moment(r.Came)}, Went: pipeline.Passage{Commit: r.WentCommit, Time: moment(r.Went)},
		Same: r.Same, Score: r.Score,
	}
	var err error
	t.Evidence, err = fromJSON[[]change.Evidence]("evidence of twin "+r.NaturalKey, r.Evidence)
	return t, err
}

// twins reads the twins that where selects, by key of ours, layer and branch.
func (db *DB) twins(ctx context.Context, where string, args ...any) ([]pipeline.Twin, error) {
	rows, err := all[twinRow](ctx, db.read(ctx), func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where(where, args...).OrderExpr("sighting_key, layer, branch")
	})
	if err != nil {
		return nil, fmt.Errorf("twins: %w", err)
	}
	found := make([]pipeline.Twin, len(rows))
	for i, r := range rows {
		if found[i], err = r.twin(); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// Twins returns the patch files of upstream layers that are or were like ours.
func (db *DB) Twins(ctx context.Context) ([]pipeline.Twin, error) { return db.twins(ctx, "TRUE") }

// PutTwins makes the twins those given.
func (db *DB) PutTwins(ctx context.Context, twins []pipeline.Twin) error {
	return db.write(ctx, "twins", func(ctx context.Context, tx bun.IDB) error {
		have, err := all[twinRow](ctx, tx)
		if err != nil {
			return fmt.Errorf("twins: %w", err)
		}
		want := make([]twinRow, len(twins))
		for i, t := range twins {
			want[i] = newTwinRow(t)
		}
		if _, err := equalize(ctx, tx, twinShape, have, want); err != nil {
			return fmt.Errorf("twins: %w", err)
		}
		return nil
	})
}
