package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/change"
)

// A truthRow is a row of table truth.
type truthRow struct {
	bun.BaseModel `bun:"table:truth"`

	SightingKey string `bun:",pk" store:"key"`
	Verdict     string
	Reason      string
	Proof       string
	Fix         string
	Shipped     string
	ValidUntil  int64
}

var truthShape = shape[truthRow, string]{key: func(r truthRow) string { return r.SightingKey }}

// Truths returns what came of checking the claims of carried patches, by
// sighting.
func (db *DB) Truths(ctx context.Context) ([]change.ClaimCheck, error) {
	rows, err := all[truthRow](ctx, db.read(ctx), func(q *bun.SelectQuery) *bun.SelectQuery { return q.OrderExpr("sighting_key") })
	if err != nil {
		return nil, fmt.Errorf("checks of claims: %w", err)
	}
	found := make([]change.ClaimCheck, len(rows))
	for i, r := range rows {
		found[i] = change.ClaimCheck{
			Sighting: r.SightingKey, Truth: change.Truth(r.Verdict), Reason: r.Reason, Proof: r.Proof, Fix: r.Fix, ValidUntil: moment(r.ValidUntil),
		}
		if found[i].Shipped, err = fromJSON[[]string]("layers that ship "+r.SightingKey, r.Shipped); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// PutTruths makes the checks of claims those given.
func (db *DB) PutTruths(ctx context.Context, checks []change.ClaimCheck) error {
	return db.write(ctx, "checks of claims", func(ctx context.Context, tx bun.IDB) error {
		have, err := all[truthRow](ctx, tx)
		if err != nil {
			return err
		}
		want := make([]truthRow, len(checks))
		for i, c := range checks {
			want[i] = truthRow{
				SightingKey: c.Sighting, Verdict: string(c.Truth), Reason: c.Reason, Proof: c.Proof, Fix: c.Fix,
				Shipped: asJSON(c.Shipped), ValidUntil: unix(c.ValidUntil),
			}
		}
		return truthShape.compare(have, want).apply(ctx, tx, "sighting_key")
	})
}

// MailsAt returns the message-ids of the mails that lists show at these
// addresses.
func (db *DB) MailsAt(ctx context.Context, addresses []string) (map[string]string, error) {
	found := map[string]string{}
	for batch := range slices.Chunk(shortAll(addresses), batchRows) {
		var rows []struct{ Archive, MessageID string }
		err := db.read(ctx).NewSelect().Table("message").Column("archive", "message_id").Where("archive <> '' AND archive IN (?)", bun.List(batch)).
			OrderExpr("id DESC").Scan(ctx, &rows)
		if err != nil {
			return nil, fmt.Errorf("mails that claims name: %w", err)
		}
		for _, r := range rows {
			found[r.Archive] = r.MessageID
		}
	}
	return found, nil
}
