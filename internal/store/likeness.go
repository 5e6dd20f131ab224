package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/change"
)

// A likenessRow is a row of table likeness.
type likenessRow struct {
	bun.BaseModel `bun:"table:likeness"`

	ID       int64  `bun:",pk,autoincrement"`
	A        string `store:"key"`
	B        string `store:"key"`
	Same     string
	Score    float64
	Evidence string
}

var likenessShape = shape[likenessRow, [2]string]{
	key: func(r likenessRow) [2]string { return [2]string{r.A, r.B} }, keep: func(old likenessRow, r *likenessRow) { r.ID = old.ID },
}

func (r likenessRow) likeness() (l change.Likeness, err error) {
	l = change.Likeness{A: r.A, B: r.B, Same: r.Same, Score: r.Score}
	l.Evidence, err = fromJSON[[]change.Evidence]("evidence of "+r.A+" and "+r.B, r.Evidence)
	return l, err
}

// putLikenesses makes the likenesses those of the clusters.
func (w *changeWriter) putLikenesses(ctx context.Context) error {
	have, err := all[likenessRow](ctx, w.tx)
	if err != nil {
		return err
	}
	var want []likenessRow
	for _, c := range w.clusters {
		for _, l := range c.Likenesses {
			want = append(want, likenessRow{A: l.A, B: l.B, Same: l.Same, Score: l.Score, Evidence: asJSON(l.Evidence)})
		}
	}
	_, err = equalize(ctx, w.tx, likenessShape, have, want)
	return err
}

// Likenesses returns why sightings are taken for one change.
func (db *DB) Likenesses(ctx context.Context) ([]change.Likeness, error) {
	return db.findLikenesses(ctx, "TRUE")
}

// likenesses reads why sightings with these keys are taken for one change.
func (db *DB) likenesses(ctx context.Context, keys []string) ([]change.Likeness, error) {
	return db.findLikenesses(ctx, "a IN (?) OR b IN (?)", bun.List(keys), bun.List(keys))
}

func (db *DB) findLikenesses(ctx context.Context, where string, args ...any) ([]change.Likeness, error) {
	rows, err := all[likenessRow](ctx, db.read(ctx), func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where(where, args...).OrderExpr("a, b")
	})
	if err != nil {
		return nil, fmt.Errorf("likenesses: %w", err)
	}
	found := make([]change.Likeness, len(rows))
	for i, r := range rows {
		if found[i], err = r.likeness(); err != nil {
			return nil, err
		}
	}
	return found, nil
}
