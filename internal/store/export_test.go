package store

import (
	"context"

	"github.com/uptrace/bun"
)

// Watched is a copy of the database that tells f every query that it reads by.
func (db *DB) Watched(f func(query string)) *DB {
	seen := *db
	seen.r = db.r.WithQueryHook(hook(f))
	return &seen
}

type hook func(string)

func (hook) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }
func (h hook) AfterQuery(_ context.Context, e *bun.QueryEvent)                  { h(e.Query) }

// Dumped are the tables of a logical dump.
func Dumped() (names []string) {
	for _, t := range dumped {
		names = append(names, t.table)
	}
	return names
}
