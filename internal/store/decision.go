package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/change"
)

// A decisionRow is a row of table decision.
type decisionRow struct {
	bun.BaseModel `bun:"table:decision"`

	ID      int64 `bun:",pk,autoincrement"`
	Kind    string
	Subject string `store:"key"`
	Object  string `store:"key"`
	Note    string
	Person  string
	Decided int64
}

func (r decisionRow) decision() change.Decision {
	return change.Decision{
		ID: r.ID, Kind: change.DecisionKind(r.Kind), Subject: r.Subject, Object: r.Object, Note: r.Note, By: r.Person,
		At: moment(r.Decided),
	}
}

// decisions reads the decisions that where selects, oldest first.
func (db *DB) decisions(ctx context.Context, where string, args ...any) ([]change.Decision, error) {
	rows, err := all[decisionRow](ctx, db.read(ctx), func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where(where, args...).OrderExpr("decided, id")
	})
	if err != nil {
		return nil, fmt.Errorf("decisions: %w", err)
	}
	found := make([]change.Decision, len(rows))
	for i, r := range rows {
		found[i] = r.decision()
	}
	return found, nil
}

// Decisions returns all decisions, oldest first.
func (db *DB) Decisions(ctx context.Context) ([]change.Decision, error) {
	return db.decisions(ctx, "TRUE")
}

// AddDecision adds what a person said. Its ID is given by the store. The error
// matches [change.ErrVerdict] where a disposition says nothing that has a meaning.
func (db *DB) AddDecision(ctx context.Context, d change.Decision) error {
	if d.Kind == change.Disposition {
		if err := change.CheckDisposition(d); err != nil {
			return err
		}
	}
	return db.InTx(ctx, func(ctx context.Context) error {
		row := decisionRow{Kind: string(d.Kind), Subject: d.Subject, Object: d.Object, Note: d.Note, Person: d.By, Decided: unix(d.At)}
		scrub(&row)
		if err := insert(ctx, db.tx(ctx), []decisionRow{row}); err != nil {
			return fmt.Errorf("decision about %s: %w", d.Subject, err)
		}
		return nil
	})
}
