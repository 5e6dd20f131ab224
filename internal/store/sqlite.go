package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/mattn/go-sqlite3"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
)

// openSQLite opens the file with one connection that writes and a pool of
// connections that read. WAL lets both go on at once; synchronous=FULL because
// what was said to be stored must survive a power loss; a transaction takes
// the write lock when it begins, so that it cannot fail half-way for it.
func openSQLite(ctx context.Context, o Options) (_ *DB, err error) {
	path, err := prepareFile(o.Path)
	if err != nil {
		return nil, err
	}
	db := &DB{driver: SQLite}
	defer func() {
		if err != nil {
			db.Close()
		}
	}()
	if o.Exclusive {
		if db.lock, err = lockFile(path); err != nil {
			return nil, fmt.Errorf("database %s: %w", path, err)
		}
	}
	writer, err := sql.Open("sqlite3", sqliteDSN(path, "_journal_mode=WAL&_txlock=immediate&mode=rwc"))
	if err != nil {
		return nil, fmt.Errorf("database %s: %w", path, err)
	}
	writer.SetMaxOpenConns(1)
	db.w = bun.NewDB(writer, sqliteDialect{sqlitedialect.New()})
	if err := migrateSQLite(ctx, db, path); err != nil {
		return nil, fmt.Errorf("database %s: %w", path, plainer(err))
	}
	reader, err := sql.Open("sqlite3", sqliteDSN(path, "mode=ro&_query_only=1"))
	if err != nil {
		return nil, fmt.Errorf("database %s: %w", path, err)
	}
	reader.SetMaxOpenConns(8)
	db.r = bun.NewDB(reader, sqliteDialect{sqlitedialect.New()})
	return db, nil
}

// sqliteDSN names the file as a URI, so that no character of its path can be
// taken for an option.
func sqliteDSN(path, options string) string {
	u := url.URL{Scheme: "file", Path: path, RawQuery: options + "&_busy_timeout=10000&_foreign_keys=1&_synchronous=FULL"}
	return u.String()
}

// prepareFile makes the file if it is absent, for its owner alone, and returns
// its real path: two names of one file must not lead to two locks.
func prepareFile(path string) (string, error) {
	if path == "" {
		return "", errors.New("database: no path given")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("database %s: %w", path, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", fmt.Errorf("database %s: %w", path, err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return "", fmt.Errorf("database: %w", err)
	}
	f.Close()
	return filepath.EvalSymlinks(path)
}

// lockFile takes the lock beside the database, or says who has it. The lock
// goes with the process, however that ends.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer f.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, err
		}
		who := make([]byte, 32)
		n, _ := f.ReadAt(who, 0)
		if pid := strings.TrimSpace(string(who[:n])); pid != "" {
			return nil, fmt.Errorf("%w (process %s)", ErrLocked, pid)
		}
		return nil, ErrLocked
	}
	if err := f.Truncate(0); err == nil {
		_, _ = f.WriteAt(fmt.Appendf(nil, "%d\n", os.Getpid()), 0) // only for the other one's message
	}
	return f, nil
}

// migrateSQLite brings the schema up to date. One who came without the lock
// takes it for that time: a daemon of an older version may be running.
func migrateSQLite(ctx context.Context, db *DB, path string) error {
	behind, err := db.behind(ctx)
	if err != nil || !behind {
		return err
	}
	if db.lock == nil {
		lock, err := lockFile(path)
		if errors.Is(err, ErrLocked) {
			return fmt.Errorf("the schema is to be updated: stop that one first: %w", err)
		} else if err != nil {
			return err
		}
		defer lock.Close()
	}
	return db.migrate(ctx)
}

// plainer says in plain words what SQLite's errors mean.
func plainer(err error) error {
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code {
	case sqlite3.ErrNotADB:
		return fmt.Errorf("the file is no SQLite database, or it is damaged: restore a backup: %w", err)
	case sqlite3.ErrCorrupt:
		return fmt.Errorf("the file is damaged: restore a backup: %w", err)
	case sqlite3.ErrBusy:
		return fmt.Errorf("another program holds the write lock: %w", err)
	}
	return err
}
