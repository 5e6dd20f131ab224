package store

import (
	"context"
	"database/sql"
	"fmt"
	"hash/fnv"

	"github.com/uptrace/bun"
)

// A txKey finds the transaction of one DB in a context.
type txKey struct{ db *DB }

// A transaction is one under way.
type transaction struct {
	bun.Tx
	failed error // of a part: the whole must not be committed then
}

// InTx runs f in one transaction: all methods that are called with the context
// that f is given are parts of it. It is committed if f returns nil. Within
// another transaction f is a part of that one, and if f fails the whole one
// fails, whatever its caller makes of the error.
func (db *DB) InTx(ctx context.Context, f func(context.Context) error) error {
	if outer, ok := ctx.Value(txKey{db}).(*transaction); ok {
		err := f(ctx)
		if err != nil && outer.failed == nil {
			outer.failed = err
		}
		return err
	}
	tx, err := db.w.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("transaction: %w", err)
	}
	defer tx.Rollback() // no effect after Commit
	t := &transaction{Tx: tx}
	if err := f(context.WithValue(ctx, txKey{db}, t)); err != nil {
		return err
	}
	if t.failed != nil {
		return fmt.Errorf("transaction: a part of it failed: %w", t.failed)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("transaction: %w", err)
	}
	return nil
}

// write runs f in a transaction that nobody else of the same name runs at the
// same time, in whatever process: f reads what is there, compares and writes
// the difference. SQLite has only one writer anyway.
func (db *DB) write(ctx context.Context, name string, f func(ctx context.Context, tx bun.IDB) error) error {
	return db.InTx(ctx, func(ctx context.Context) error {
		tx := db.tx(ctx)
		if db.driver == Postgres {
			h := fnv.New64a()
			h.Write([]byte("upstreamd " + name))
			if _, err := tx.NewRaw("SELECT pg_advisory_xact_lock(?)", int64(h.Sum64())).Exec(ctx); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		return f(ctx, tx)
	})
}

// tx is the transaction in the context of one who is inside [DB.InTx].
func (db *DB) tx(ctx context.Context) bun.IDB { return ctx.Value(txKey{db}).(*transaction) }

// read is where to read: the transaction in the context, or else the readers.
func (db *DB) read(ctx context.Context) bun.IDB {
	if tx, ok := ctx.Value(txKey{db}).(*transaction); ok {
		return tx
	}
	return db.r
}

// snapshot runs f, which only reads, on one unchanging picture of the database.
func (db *DB) snapshot(ctx context.Context, f func(context.Context) error) error {
	if _, ok := ctx.Value(txKey{db}).(*transaction); ok {
		return f(ctx)
	}
	var options *sql.TxOptions // SQLite: every transaction is such a picture
	if db.driver == Postgres {
		options = &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	}
	tx, err := db.r.BeginTx(ctx, options)
	if err != nil {
		return fmt.Errorf("transaction: %w", err)
	}
	defer tx.Rollback() // nothing was written
	return f(context.WithValue(ctx, txKey{db}, &transaction{Tx: tx}))
}
