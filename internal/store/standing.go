package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/pipeline"
)

// A standingRow is a row of table standing.
type standingRow struct {
	bun.BaseModel `bun:"table:standing"`

	ID       int64 `bun:",pk,autoincrement"`
	ChangeID int64
	Place    string `store:"key"`
	Local    bool
}

// A standingKey identifies a standing.
type standingKey struct {
	change int64
	place  string
}

var standingShape = shape[standingRow, standingKey]{
	key:  func(r standingRow) standingKey { return standingKey{r.ChangeID, r.Place} },
	keep: func(old standingRow, r *standingRow) { r.ID = old.ID },
}

// Standings returns all standings, by change and place.
func (db *DB) Standings(ctx context.Context) ([]change.Standing, error) {
	rows, err := all[standingRow](ctx, db.read(ctx), func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.OrderExpr("change_id, place")
	})
	if err != nil {
		return nil, fmt.Errorf("standings: %w", err)
	}
	found := make([]change.Standing, len(rows))
	for i, r := range rows {
		found[i] = change.Standing{ID: r.ID, ChangeID: r.ChangeID, Place: r.Place, Local: r.Local}
	}
	return found, nil
}

// A statusRow is a row of table status.
type statusRow struct {
	bun.BaseModel `bun:"table:status"`

	StandingID int64 `bun:",pk"`
	Status     string
	Reason     string
	Action     string
	Why        string
	Owner      string
	Since      int64
	ValidUntil int64
	Inputs     string
}

func newStatusRow(j pipeline.Judged) statusRow {
	g := j.Judgement
	return statusRow{
		StandingID: j.Standing, Status: string(g.Status), Reason: g.Reason, Action: string(g.Action), Why: g.Why,
		Owner: g.Owner, Since: unix(g.Since), ValidUntil: unix(g.ValidUntil), Inputs: j.Inputs,
	}
}

func (r statusRow) judgement() change.Judgement {
	return change.Judgement{
		Status: change.Status(r.Status), Reason: r.Reason, Action: change.Action(r.Action), Why: r.Why, Owner: r.Owner,
		Since: moment(r.Since), ValidUntil: moment(r.ValidUntil),
	}
}

// Statuses returns what earlier judgements looked at, by standing.
func (db *DB) Statuses(ctx context.Context) (map[int64]pipeline.JudgedAt, error) {
	var rows []statusRow
	err := db.read(ctx).NewSelect().Model(&rows).Column("standing_id", "inputs", "valid_until").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("statuses: %w", err)
	}
	found := make(map[int64]pipeline.JudgedAt, len(rows))
	for _, r := range rows {
		found[r.StandingID] = pipeline.JudgedAt{Inputs: r.Inputs, ValidUntil: moment(r.ValidUntil)}
	}
	return found, nil
}

// PutStatuses stores judgements; other standings keep theirs.
func (db *DB) PutStatuses(ctx context.Context, judged []pipeline.Judged) error {
	if len(judged) == 0 {
		return nil
	}
	return db.write(ctx, "statuses", func(ctx context.Context, tx bun.IDB) error {
		have, err := all[statusRow](ctx, tx)
		if err != nil {
			return fmt.Errorf("statuses: %w", err)
		}
		want := make([]statusRow, len(judged))
		for i, j := range judged {
			want[i] = newStatusRow(j)
		}
		d := shape[statusRow, int64]{key: func(r statusRow) int64 { return r.StandingID }, grown: true}.compare(have, want)
		if err := d.apply(ctx, tx, "standing_id"); err != nil {
			return fmt.Errorf("statuses: %w", err)
		}
		return nil
	})
}
