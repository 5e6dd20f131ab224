package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/mailing"
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

// putClaims makes the claims that are there equal to want.
func putClaims(ctx context.Context, tx bun.IDB, have, want []claimRow) (int, error) {
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

// putClaims stores the claims of mails that say a patch was applied: about the
// patch that they answer, or about all of the series when they answer its cover
// letter.
func (w *assemblyWriter) putClaims(ctx context.Context) error {
	parts := map[string][]string{} // message-ids of patches by that of the cover letter
	for _, p := range w.a.Postings {
		for _, part := range p.Parts {
			parts[p.Cover] = append(parts[p.Cover], part.MessageID)
		}
	}
	delete(parts, "")
	applied := make(map[string]string) // targets by the message-id of who says so
	for _, m := range w.a.Mails {
		if m.Action == mailing.Applied && m.Target != "" {
			applied[short(m.MessageID)] = m.Target
		}
	}
	var want []claimRow
	for _, c := range w.have {
		target := applied[c.MessageID]
		if target == "" {
			continue
		}
		about, ok := parts[target]
		if !ok {
			about = []string{target}
		}
		who := c.FromName
		if who == "" {
			who = c.FromAddress
		}
		for _, id := range about {
			want = append(want, claimRow{
				SightingKey: change.PostedKey(id), Kind: string(mailing.Applied), Detail: who, Origin: c.MessageID, Said: c.Sent,
			})
		}
	}
	var keys []string
	for _, m := range w.have {
		keys = append(keys, short(change.PostedKey(m.MessageID)))
	}
	for _, m := range w.a.Mails { // of a long message-id the row has not all
		keys = append(keys, short(change.PostedKey(m.MessageID)))
	}
	have, err := rowsWith[claimRow](ctx, w.tx, "sighting_key", keys)
	if err != nil {
		return err
	}
	return w.count(putClaims(ctx, w.tx, have, want))
}
