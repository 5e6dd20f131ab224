package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/change"
)

// A claimRow is a row of table claim.
type claimRow struct {
	bun.BaseModel `bun:"table:claim"`

	ID          int64  `bun:",pk,autoincrement"`
	SightingKey string `store:"key"`
	Kind        string
	Detail      string
	Origin      string `store:"key"`
	Said        int64
}

// putClaims makes the claims in the part of the table that where selects
// equal to want.
func putClaims(ctx context.Context, tx bun.IDB, where string, want []claimRow, args ...any) (int, error) {
	have, err := all[claimRow](ctx, tx, func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where(where, args...) })
	if err != nil {
		return 0, fmt.Errorf("claims: %w", err)
	}
	type key struct{ sighting, origin string }
	n, err := equalize(ctx, tx, shape[claimRow, key]{
		key: func(r claimRow) key { return key{r.SightingKey, r.Origin} }, keep: func(old claimRow, r *claimRow) { r.ID = old.ID },
	}, have, want)
	if err != nil {
		return n, fmt.Errorf("claims: %w", err)
	}
	return n, nil
}

// Claims returns what files and mails claim, by sighting and time.
func (db *DB) Claims(ctx context.Context) ([]change.Claim, error) {
	rows, err := all[claimRow](ctx, db.read(ctx), func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.OrderExpr("sighting_key, said, origin")
	})
	if err != nil {
		return nil, fmt.Errorf("claims: %w", err)
	}
	claims := make([]change.Claim, len(rows))
	for i, r := range rows {
		claims[i] = r.claim()
	}
	return claims, nil
}

func (r claimRow) claim() change.Claim {
	return change.Claim{Sighting: r.SightingKey, Kind: r.Kind, Detail: r.Detail, At: moment(r.Said)}
}
