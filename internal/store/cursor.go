package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/uptrace/bun"
)

// A cursorRow is a row of table cursor.
type cursorRow struct {
	bun.BaseModel `bun:"table:cursor"`

	Stage string `bun:",pk"`
	Input string `bun:",pk" store:"key"`
	Value string
}

// Cursor is how far a stage has come with one input, "" where there is none.
func (db *DB) Cursor(ctx context.Context, stage, input string) (string, error) {
	var value string
	err := db.read(ctx).NewSelect().Table("cursor").Column("value").
		Where("stage = ? AND input = ?", stage, short(input)).Scan(ctx, &value)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("cursor %s of %s: %w", input, stage, err)
	}
	return value, nil
}

// Cursors returns all cursors of a stage, by input.
func (db *DB) Cursors(ctx context.Context, stage string) (map[string]string, error) {
	rows, err := all[cursorRow](ctx, db.read(ctx), func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("stage = ?", stage) })
	if err != nil {
		return nil, fmt.Errorf("cursors of %s: %w", stage, err)
	}
	found := make(map[string]string, len(rows))
	for _, r := range rows {
		found[r.Input] = r.Value
	}
	return found, nil
}

// SetCursor moves a cursor. One that stands there already is not written.
func (db *DB) SetCursor(ctx context.Context, stage, input, value string) error {
	return db.InTx(ctx, func(ctx context.Context) error {
		row := cursorRow{Stage: stage, Input: input, Value: value}
		scrub(&row)
		was, err := db.Cursor(ctx, stage, input)
		if err != nil || was == row.Value {
			return err
		}
		if _, err := db.tx(ctx).NewInsert().Model(&row).On("CONFLICT (stage, input) DO UPDATE").Exec(ctx); err != nil {
			return fmt.Errorf("cursor %s of %s: %w", input, stage, err)
		}
		return nil
	})
}
