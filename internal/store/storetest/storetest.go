// Package storetest gives tests empty databases on every engine. Enter by
// [Each].
//
// PostgreSQL is the server that UPSTREAMD_TEST_PG names, with a URL of a user
// who may create databases, or else one that is started for the test process
// and stopped with it, if Debian's package is installed.
package storetest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/upstreamd/upstreamd/internal/store"
)

// Each runs f on an empty SQLite store and on an empty PostgreSQL store. Where
// there is no PostgreSQL that part is skipped, or fails under CI=true.
func Each(t *testing.T, f func(*testing.T, *store.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { f(t, Postgres(t)) })
}

// EachOptions is Each for tests that open the store themselves.
func EachOptions(t *testing.T, f func(*testing.T, store.Options)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, store.Options{Path: filepath.Join(t.TempDir(), "upstreamd.db")}) })
	t.Run("postgres", func(t *testing.T) {
		f(t, store.Options{Driver: store.Postgres, URL: PostgresURL(t), MaxConns: 4})
	})
}

// SQLite opens an empty SQLite store that goes with the test.
func SQLite(t testing.TB) *store.DB {
	t.Helper()
	return open(t, store.Options{Path: filepath.Join(t.TempDir(), "upstreamd.db")})
}

// Postgres opens an empty PostgreSQL store that goes with the test.
func Postgres(t testing.TB) *store.DB {
	t.Helper()
	return open(t, store.Options{Driver: store.Postgres, URL: PostgresURL(t), MaxConns: 4})
}

func open(t testing.TB, o store.Options) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return db
}

// A server is a PostgreSQL server with a migrated database to copy.
type server struct {
	url      string // of its maintenance database
	template string // name of the database that is copied; "" if that failed
	err      error
}

var (
	theServer = sync.OnceValue(startServer)
	databases atomic.Int64
)

// PostgresURL makes a database with an up-to-date, empty schema and returns its
// URL. It is dropped at the end of the test.
func PostgresURL(t testing.TB) string {
	t.Helper()
	s := theServer()
	if s.err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("PostgreSQL: %v", s.err)
		}
		t.Skipf("PostgreSQL: %v", s.err)
	}
	name := fmt.Sprintf("upstreamd_test_%d_%d", os.Getpid(), databases.Add(1))
	if err := s.exec(t.Context(), "CREATE DATABASE "+name+" TEMPLATE "+s.template); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.exec(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("%v", err)
		}
	})
	return s.database(name)
}

// database is the URL of a database on the server.
func (s *server) database(name string) string {
	u, err := url.Parse(s.url)
	if err != nil {
		return s.url
	}
	u.Path = "/" + name
	return u.String()
}

// exec runs one statement on the maintenance database.
func (s *server) exec(ctx context.Context, statement string) error {
	conn, err := pgx.Connect(ctx, s.url)
	if err != nil {
		return err
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", strings.Join(strings.Fields(statement)[:2], " "), err)
	}
	return nil
}

// startServer finds or starts the server, once in a test process, and makes
// the database that the others are copied from.
func startServer() *server {
	s := &server{url: os.Getenv("UPSTREAMD_TEST_PG")}
	if s.url == "" {
		if s.url, s.err = startCluster(); s.err != nil {
			return s
		}
	}
	name := fmt.Sprintf("upstreamd_template_%d", os.Getpid())
	ctx := context.Background()
	_ = s.exec(ctx, "DROP DATABASE IF EXISTS "+name) // of a process of this number that was killed
	if s.err = s.exec(ctx, "CREATE DATABASE "+name); s.err != nil {
		return s
	}
	db, err := store.Open(ctx, store.Options{Driver: store.Postgres, URL: s.database(name)})
	if err != nil {
		s.err = err
		return s
	}
	s.template, s.err = name, db.Close()
	return s
}
