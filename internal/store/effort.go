package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/uptrace/bun"
)

// An Effort is a named goal that groups changes across layers and projects.
type Effort struct {
	ID        int64
	Name      string // unique
	Goal      string // one sentence
	Sightings []string
}

// An effortRow is a row of table effort.
type effortRow struct {
	bun.BaseModel `bun:"table:effort"`

	ID   int64  `bun:",pk,autoincrement"`
	Name string `store:"key"`
	Goal string
}

// An effortChangeRow is a row of table effort_change.
type effortChangeRow struct {
	bun.BaseModel `bun:"table:effort_change"`

	EffortID    int64  `bun:",pk"`
	SightingKey string `bun:",pk" store:"key"`
}

// Efforts returns all efforts by name, each with the keys of one sighting of
// every change that it groups.
func (db *DB) Efforts(ctx context.Context) ([]Effort, error) {
	var found []Effort
	rows, err := all[effortRow](ctx, db.read(ctx), func(q *bun.SelectQuery) *bun.SelectQuery { return q.OrderExpr("name") })
	if err != nil {
		return nil, fmt.Errorf("efforts: %w", err)
	}
	members, err := all[effortChangeRow](ctx, db.read(ctx), func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.OrderExpr("sighting_key")
	})
	if err != nil {
		return nil, fmt.Errorf("efforts: %w", err)
	}
	of := map[int64][]string{}
	for _, m := range members {
		of[m.EffortID] = append(of[m.EffortID], m.SightingKey)
	}
	for _, r := range rows {
		found = append(found, Effort{r.ID, r.Name, r.Goal, of[r.ID]})
	}
	return found, nil
}

// PutEffort makes the effort of this name the one given; ID is not looked at.
func (db *DB) PutEffort(ctx context.Context, e Effort) error {
	return db.write(ctx, "efforts", func(ctx context.Context, tx bun.IDB) error {
		if err := putEffort(ctx, tx, e); err != nil {
			return fmt.Errorf("effort %s: %w", e.Name, err)
		}
		return nil
	})
}

func putEffort(ctx context.Context, tx bun.IDB, e Effort) error {
	byName := func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("name = ?", short(e.Name)) }
	sh := shape[effortRow, string]{key: func(r effortRow) string { return r.Name }, keep: func(old effortRow, r *effortRow) { r.ID = old.ID }}
	have, err := all[effortRow](ctx, tx, byName)
	if err != nil {
		return err
	}
	if _, err := equalize(ctx, tx, sh, have, []effortRow{{Name: e.Name, Goal: e.Goal}}); err != nil {
		return err
	}
	var id int64
	if err := tx.NewSelect().Table("effort").Column("id").Where("name = ?", short(e.Name)).Scan(ctx, &id); err != nil {
		return err
	}
	members, err := all[effortChangeRow](ctx, tx, func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("effort_id = ?", id) })
	if err != nil {
		return err
	}
	want := make([]effortChangeRow, len(e.Sightings))
	for i, key := range e.Sightings {
		want[i] = effortChangeRow{EffortID: id, SightingKey: key}
	}
	d := shape[effortChangeRow, string]{key: func(r effortChangeRow) string { return r.SightingKey }}.compare(members, want)
	return d.apply(ctx, tx, "effort_id, sighting_key")
}

// DeleteEffort deletes the effort of this name; its changes stay. The error
// matches [ErrNotFound] where there is none.
func (db *DB) DeleteEffort(ctx context.Context, name string) error {
	return db.InTx(ctx, func(ctx context.Context) error {
		res, err := db.tx(ctx).NewDelete().Table("effort").Where("name = ?", short(name)).Exec(ctx)
		if err := affected(res, err); err != nil {
			return fmt.Errorf("effort %s: %w", name, err)
		}
		return nil
	})
}

// affected is ErrNotFound where a statement changed no row.
func affected(res sql.Result, err error) error {
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(ErrNotFound, err)
	}
	return nil
}
