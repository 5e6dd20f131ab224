package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/plan"
)

// A planRow is a row of table plan.
type planRow struct {
	bun.BaseModel `bun:"table:plan"`

	Target string `bun:",pk" store:"key"`
	Made   int64
	Input  string
	Body   string
}

// Plans returns the plans that are kept, by target.
func (db *DB) Plans(ctx context.Context) ([]pipeline.MadePlan, error) {
	rows, err := all[planRow](ctx, db.read(ctx), func(q *bun.SelectQuery) *bun.SelectQuery { return q.OrderExpr("target") })
	if err != nil {
		return nil, fmt.Errorf("plans: %w", err)
	}
	plans := make([]pipeline.MadePlan, len(rows))
	for i, r := range rows {
		p := plan.Plan{}
		if err := json.Unmarshal([]byte(r.Body), &p); err != nil {
			return nil, fmt.Errorf("plan %s: %w", r.Target, err)
		}
		plans[i] = pipeline.MadePlan{Plan: p, Input: r.Input, Made: moment(r.Made)}
	}
	return plans, nil
}

// PlanInputs returns the fingerprint of what each plan was made of, by target.
func (db *DB) PlanInputs(ctx context.Context) (map[string]string, error) {
	var rows []planRow
	if err := db.read(ctx).NewSelect().Model(&rows).Column("target", "input").Scan(ctx); err != nil {
		return nil, fmt.Errorf("plans: %w", err)
	}
	inputs := make(map[string]string, len(rows))
	for _, r := range rows {
		inputs[r.Target] = r.Input
	}
	return inputs, nil
}

// PutPlan stores a plan instead of the one for the same target.
func (db *DB) PutPlan(ctx context.Context, p pipeline.MadePlan) error {
	return db.write(ctx, "plan", func(ctx context.Context, tx bun.IDB) error {
		row := planRow{Target: p.Target, Made: unix(p.Made), Input: p.Input, Body: asJSON(p.Plan)}
		scrub(&row)
		if _, err := tx.NewInsert().Model(&row).On("CONFLICT (target) DO UPDATE").Returning("NULL").Exec(ctx); err != nil {
			return fmt.Errorf("plan %s: %w", p.Target, err)
		}
		return nil
	})
}

// DeletePlans forgets the plans for these targets.
func (db *DB) DeletePlans(ctx context.Context, targets []string) error {
	if len(targets) == 0 {
		return nil
	}
	return db.write(ctx, "plans", func(ctx context.Context, tx bun.IDB) error {
		if _, err := tx.NewDelete().Table("plan").Where("target IN (?)", bun.List(shortAll(targets))).Exec(ctx); err != nil {
			return fmt.Errorf("plans: %w", err)
		}
		return nil
	})
}
