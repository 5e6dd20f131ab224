// Package store keeps everything that upstreamd knows in one database, SQLite
// or PostgreSQL. All SQL of the program is here, one file for each noun; rows
// are private, callers see the values of the rooms below.
//
// Enter by [Open]. [DB.InTx] runs several calls as one transaction: the
// context that it hands out carries the transaction, and every method joins
// the one it finds there. Outside of a transaction a method that writes opens
// its own, and one that reads uses the pool of readers.
//
// Methods that are given the whole answer of a stage (PutAssembly, PutChanges,
// PutScan ...) make the tables equal to it and write no row that is equal
// already: a pass that finds nothing new changes nothing. Rows keep their ids
// by natural key.
//
// Text comes from strangers. What a database cannot keep, NUL and bytes that
// are no UTF-8, becomes U+FFFD in one place, see [clean]; natural keys have a
// length limit, see [short].
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/uptrace/bun"
)

// Errors that callers tell apart.
var (
	// ErrNotFound means that there is no such row.
	ErrNotFound = errors.New("not found")
	// ErrLocked means that another upstreamd works on the same SQLite file.
	ErrLocked = errors.New("in use by another upstreamd")
	// ErrNewerSchema means that a newer upstreamd has migrated the database.
	ErrNewerSchema = errors.New("written by a newer upstreamd")
)

// The drivers.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

// Options say which database to open, and how.
type Options struct {
	Driver string // SQLite, the default, or Postgres
	Path   string // of the SQLite file; made with its directory if it is absent
	URL    string // of the PostgreSQL database, as libpq has it

	// Exclusive is for those who run stages on SQLite: a second one fails at
	// once with ErrLocked. PostgreSQL is shared by several processes.
	Exclusive bool
	// MaxConns is the size of the PostgreSQL pool; 0 leaves it to pgx.
	MaxConns int
}

// A DB is an open database. Its methods may be called from several goroutines.
type DB struct {
	driver string
	w      *bun.DB // SQLite: one connection, the writer; PostgreSQL: the pool
	r      *bun.DB // SQLite: read-only connections; PostgreSQL: the same as w
	pool   *pgxpool.Pool
	lock   *os.File // of SQLite when exclusive; else nil
	zip    codec    // of raw mails
}

// Open opens the database and brings its schema up to date. It refuses a
// schema that is newer than the program.
func Open(ctx context.Context, o Options) (*DB, error) {
	zip, err := newCodec()
	if err != nil {
		return nil, fmt.Errorf("zstd: %w", err)
	}
	var db *DB
	switch o.Driver {
	case SQLite, "":
		db, err = openSQLite(ctx, o)
	case Postgres:
		db, err = openPostgres(ctx, o)
	default:
		err = fmt.Errorf("database driver %q: want %s or %s", o.Driver, SQLite, Postgres)
	}
	if err != nil {
		return nil, err
	}
	db.zip = zip
	return db, nil
}

// Close closes all connections and gives the lock back.
func (db *DB) Close() error {
	var errs []error
	if db.r != nil && db.r != db.w {
		errs = append(errs, db.r.Close())
	}
	if db.w != nil {
		errs = append(errs, db.w.Close())
	}
	if db.pool != nil {
		db.pool.Close()
	}
	if db.lock != nil {
		errs = append(errs, db.lock.Close()) // the file stays: its removal would race with the next one's lock
	}
	return errors.Join(errs...)
}

// Driver is SQLite or Postgres.
func (db *DB) Driver() string { return db.driver }

// SQL is the pool that writes, for those who bring their own tables.
func (db *DB) SQL() *sql.DB { return db.w.DB }

// Pool is the PostgreSQL pool, nil on SQLite.
func (db *DB) Pool() *pgxpool.Pool { return db.pool }
