package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/upstreamd/upstreamd/migrations"
)

// behind says whether the schema is older than the program. A newer one is
// ErrNewerSchema: nobody knows what writing to it would break.
func (db *DB) behind(ctx context.Context) (bool, error) {
	have, err := db.schemaVersion(ctx)
	if err != nil {
		return false, err
	}
	want, err := newestMigration(db.migrations())
	if err != nil {
		return false, err
	}
	if have > want {
		return false, fmt.Errorf("%w: its schema is version %d, this program knows %d: use the newer upstreamd, or restore a backup",
			ErrNewerSchema, have, want)
	}
	return have < want, nil
}

// schemaVersion is the newest migration in the database, 0 in an empty one.
// goose is not asked: it would create its table.
func (db *DB) schemaVersion(ctx context.Context) (int64, error) {
	const table = "goose_db_version"
	there := "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?"
	if db.driver == Postgres {
		there = "SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = ?"
	}
	var n, version int64
	if err := db.w.NewRaw(there, table).Scan(ctx, &n); err != nil || n == 0 {
		return 0, err
	}
	err := db.w.NewRaw("SELECT coalesce(max(version_id), 0) FROM "+table).Scan(ctx, &version)
	return version, err
}

// migrations are the files of this engine.
func (db *DB) migrations() fs.FS {
	files, dir := fs.FS(migrations.SQLite), "sqlite"
	if db.driver == Postgres {
		files, dir = migrations.Postgres, "postgres"
	}
	sub, err := fs.Sub(files, dir)
	if err != nil {
		panic(err) // the folder is compiled in
	}
	return sub
}

// newestMigration is the highest number of a file name, like 12 of
// 0012_add_tags.sql.
func newestMigration(files fs.FS) (int64, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return 0, err
	}
	if len(names) == 0 {
		return 0, errors.New("migrations: none found")
	}
	number, _, _ := strings.Cut(path.Base(names[len(names)-1]), "_") // Glob sorts
	return strconv.ParseInt(number, 10, 64)
}

// migrate applies what is missing, each migration in a transaction of its own.
func (db *DB) migrate(ctx context.Context) error {
	dialect, options := goose.DialectSQLite3, []goose.ProviderOption(nil)
	if db.driver == Postgres {
		dialect = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker() // several processes may start at once
		if err != nil {
			return fmt.Errorf("migrations: %w", err)
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	p, err := goose.NewProvider(dialect, db.w.DB, db.migrations(), options...)
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	return nil
}
