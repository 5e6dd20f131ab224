package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/patch"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/series"
)

// A nestedRow is a row of table nested.
type nestedRow struct {
	bun.BaseModel `bun:"table:nested"`

	ID           int64  `bun:",pk,autoincrement"`
	NaturalKey   string `store:"key"`
	MessageID    string `store:"key"`
	Path         string
	Recipes      string
	Subject      string
	Author       string
	Status       string
	StatusDetail string
	Problem      string
}

// nestedShape is for the rows of some messages.
var nestedShape = shape[nestedRow, string]{
	key: func(r nestedRow) string { return r.NaturalKey }, keep: func(old nestedRow, r *nestedRow) { r.ID = old.ID },
}

func newNestedRow(n pipeline.Nested) nestedRow {
	r := nestedRow{
		NaturalKey: n.Key, MessageID: n.MessageID, Path: n.Path, Recipes: asJSON(n.Recipes), Subject: n.Subject,
		Author: lower(n.Author), Status: n.Status.Kind, StatusDetail: n.Status.Detail, Problem: n.Problem,
	}
	switch {
	case n.Status.Line == 0 && n.Status.Kind == "":
		r.Status = missing
	case !n.Status.WellFormed:
		r.Status, r.StatusDetail = malformed, n.Status.Raw
	}
	return r
}

func (r nestedRow) nested() (pipeline.Nested, error) {
	n := pipeline.Nested{
		Key: r.NaturalKey, MessageID: r.MessageID, Path: r.Path, Subject: r.Subject, Author: r.Author, Problem: r.Problem,
		Status: patch.UpstreamStatus{Kind: r.Status, Detail: r.StatusDetail, WellFormed: true},
	}
	switch r.Status {
	case missing:
		n.Status = patch.UpstreamStatus{}
	case malformed:
		n.Status = patch.UpstreamStatus{Raw: r.StatusDetail, Line: 1}
	}
	var err error
	n.Recipes, err = fromJSON[[]string]("recipes of "+r.NaturalKey, r.Recipes)
	return n, err
}

// NestedPatches returns the patch files in posted patches, by key.
func (db *DB) NestedPatches(ctx context.Context) ([]pipeline.Nested, error) {
	rows, err := all[nestedRow](ctx, db.read(ctx), func(q *bun.SelectQuery) *bun.SelectQuery { return q.OrderExpr("natural_key") })
	if err != nil {
		return nil, fmt.Errorf("nested patches: %w", err)
	}
	found := make([]pipeline.Nested, len(rows))
	for i, r := range rows {
		if found[i], err = r.nested(); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// PutNested makes the patch files in the posted patches with these message-ids
// those given, and what they claim.
func (db *DB) PutNested(ctx context.Context, messageIDs []string, found []pipeline.Nested) error {
	if len(messageIDs) == 0 {
		return nil
	}
	return db.write(ctx, "nested", func(ctx context.Context, tx bun.IDB) error {
		about := map[string]bool{}
		for _, id := range messageIDs {
			about[short(id)] = true
		}
		known, err := all[nestedRow](ctx, tx)
		if err != nil {
			return fmt.Errorf("nested patches: %w", err)
		}
		var have, want []nestedRow
		for _, r := range known {
			if about[r.MessageID] {
				have = append(have, r)
			}
		}
		for _, n := range found {
			want = append(want, newNestedRow(n))
		}
		if _, err = equalize(ctx, tx, nestedShape, have, want); err != nil {
			return fmt.Errorf("nested patches: %w", err)
		}
		return putNestedClaims(ctx, tx)
	})
}

// putNestedClaims makes the claims of all patch files in posted patches.
func putNestedClaims(ctx context.Context, tx bun.IDB) error {
	var rows []struct {
		NaturalKey, Status, StatusDetail, Path string
		Sent                                   int64
	}
	err := tx.NewSelect().TableExpr("nested AS n").Join("JOIN message AS m ON m.message_id = n.message_id AND m.kind = ?", string(series.Patch)).
		ColumnExpr("n.natural_key, n.status, n.status_detail, n.path, m.sent").Where("n.problem = ''").OrderExpr("n.natural_key").Scan(ctx, &rows)
	if err != nil {
		return fmt.Errorf("claims of nested patches: %w", err)
	}
	want := make([]claimRow, len(rows))
	for i, r := range rows {
		want[i] = claimRow{SightingKey: r.NaturalKey, Kind: r.Status, Detail: r.StatusDetail, Origin: r.Path, Said: r.Sent}
	}
	have, err := all[claimRow](ctx, tx, func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("sighting_key LIKE 'offered:%'") })
	if err == nil {
		_, err = putClaims(ctx, tx, have, want)
	}
	return err
}
