package job

import (
	"context"
	"database/sql"
	"fmt"
	"hash/fnv"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// A process that is killed leaves its jobs marked as running, and no other of
// the same name runs while one is so marked. River takes them back after the
// longest time that a job may take, which is long. We know better who lives:
// of SQLite there is only one, and on PostgreSQL every process holds a lock
// that goes with its connection. What a dead one ran is deleted: the schedule
// brings it again.

// lookEvery is how often a process looks for others that have died.
const lookEvery = 5 * time.Second

// forgetRunning deletes all running jobs, for one who has the database alone.
func forgetRunning(ctx context.Context, db *sql.DB) error {
	if _, err := db.ExecContext(ctx, "DELETE FROM river_job WHERE state = 'running' AND kind = 'stage'"); err != nil {
		return fmt.Errorf("job: jobs of a process that died: %w", err)
	}
	return nil
}

// A watch shows others that this process lives, and buries those that do not.
type watch struct {
	pool  *pgxpool.Pool
	id    string // of this process
	log   *slog.Logger
	found func(context.Context) // told after jobs were deleted
}

// run watches until ctx is done. A connection that breaks is made again: until
// then others may take this process for dead, and its jobs run twice, which
// does no harm.
func (w watch) run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := w.hold(ctx); err != nil && ctx.Err() == nil {
			w.log.Warn("watch for processes that died", "error", err)
		}
		sleep(ctx, lookEvery)
	}
}

// hold holds the lock of this process and looks for the dead, until something
// fails.
func (w watch) hold(ctx context.Context) error {
	conn, err := w.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	own := conn.Hijack() // its lock must not go back to the pool
	defer own.Close(context.WithoutCancel(ctx))
	if _, err := own.Exec(ctx, "SELECT pg_advisory_lock($1)", lockOf(w.id)); err != nil {
		return err
	}
	for ctx.Err() == nil {
		if err := w.bury(ctx, own); err != nil {
			return err
		}
		sleep(ctx, lookEvery)
	}
	return nil
}

// bury deletes the running jobs of processes that do not hold their lock.
func (w watch) bury(ctx context.Context, conn *pgx.Conn) error {
	rows, err := conn.Query(ctx, `SELECT DISTINCT attempted_by[array_upper(attempted_by, 1)] FROM river_job
		WHERE state = 'running' AND kind = 'stage' AND attempted_at < now() - interval '5 seconds'`)
	if err != nil {
		return err
	}
	workers, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, id := range workers {
		if id == w.id {
			continue
		}
		var dead bool
		if err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", lockOf(id)).Scan(&dead); err != nil {
			return err
		}
		if !dead {
			continue
		}
		gone, err := conn.Exec(ctx, `DELETE FROM river_job
			WHERE state = 'running' AND kind = 'stage' AND attempted_by[array_upper(attempted_by, 1)] = $1`, id)
		if err != nil {
			return err
		}
		if _, err := conn.Exec(ctx, "SELECT pg_advisory_unlock($1)", lockOf(id)); err != nil {
			return err
		}
		w.log.Warn("a process died", "process", id, "jobs", gone.RowsAffected())
		w.found(ctx)
	}
	return nil
}

// lockOf is the number of the lock of a process.
func lockOf(id string) int64 {
	h := fnv.New64a()
	h.Write([]byte("upstreamd process " + id))
	return int64(h.Sum64())
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
