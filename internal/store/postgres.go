package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// openPostgres opens one pool for everybody, readers and writers.
func openPostgres(ctx context.Context, o Options) (_ *DB, err error) {
	cfg, err := pgxpool.ParseConfig(o.URL)
	if err != nil {
		return nil, fmt.Errorf("database: %w", err) // pgx leaves the password out
	}
	if o.MaxConns > 0 {
		cfg.MaxConns = int32(o.MaxConns)
	}
	// Queries come with their values written out, so few texts come twice: a
	// large cache of prepared statements would only fill the server's memory.
	cfg.ConnConfig.StatementCacheCapacity = 64
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	db := &DB{driver: Postgres, pool: pool}
	db.w = bun.NewDB(stdlib.OpenDBFromPool(pool), postgresDialect{pgdialect.New()})
	db.r = db.w
	where := fmt.Sprintf("database %s on %s", cfg.ConnConfig.Database, cfg.ConnConfig.Host)
	behind, err := db.behind(ctx)
	if err == nil && behind {
		err = db.migrate(ctx)
	}
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	return db, nil
}
