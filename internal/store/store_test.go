package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/internal/store/storetest"
)

func TestOpen(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		if s, err := db.Sources(t.Context()); err != nil || len(s) != 0 {
			t.Errorf("Sources of an empty store = %v, %v, want none", s, err)
		}
		if got := dump(t, db); got != "" {
			t.Errorf("Dump of an empty store = %q", got)
		}
	})
}

func TestOpenTwice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "odd ?#% name", "upstreamd.db")
	first, err := store.Open(t.Context(), store.Options{Path: path, Exclusive: true})
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, link} {
		_, err = store.Open(t.Context(), store.Options{Path: name, Exclusive: true})
		if !errors.Is(err, store.ErrLocked) || !strings.Contains(err.Error(), "process ") || !strings.Contains(err.Error(), path) {
			t.Errorf("second daemon on %s: %v, want ErrLocked with file and process", name, err)
		}
	}
	reader, err := store.Open(t.Context(), store.Options{Path: path})
	if err != nil {
		t.Fatalf("a reader beside the daemon: %v", err)
	}
	if err := reader.AddDecision(t.Context(), decisions[0]); err != nil {
		t.Errorf("a decision beside the daemon: %v", err)
	}
	reader.Close()
	first.Close()
	again, err := store.Open(t.Context(), store.Options{Path: path, Exclusive: true})
	if err != nil {
		t.Fatalf("after the first has ended: %v", err)
	}
	defer again.Close()
	if mode := mode(t, path); mode != 0o600 {
		t.Errorf("mode of the database is %o, want 600", mode)
	}
}

func mode(t *testing.T, path string) os.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	damaged := filepath.Join(dir, "damaged.db")
	if err := os.WriteFile(damaged, []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		o    store.Options
		want string
	}{
		{store.Options{Path: damaged}, "no SQLite database"},
		{store.Options{Path: dir}, "is a directory"},
		{store.Options{}, "no path"},
		{store.Options{Driver: "mysql"}, `"mysql": want sqlite or postgres`},
		{store.Options{Driver: store.Postgres, URL: "postgres://u:secret@127.0.0.1:1/x?connect_timeout=1"}, "database x on 127.0.0.1"},
		{store.Options{Driver: store.Postgres, URL: "postgres://u:secret@:port/x"}, "parse"},
	} {
		_, err := store.Open(t.Context(), tt.o)
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("Open(%+v) = %v, want %q and no secret", tt.o, err, tt.want)
		}
	}
}

func TestNewerSchema(t *testing.T) {
	storetest.EachOptions(t, func(t *testing.T, o store.Options) {
		db, err := store.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		_, err = db.SQL().ExecContext(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, TRUE)")
		if err != nil {
			t.Fatal(err)
		}
		db.Close()
		_, err = store.Open(t.Context(), o)
		if !errors.Is(err, store.ErrNewerSchema) || !strings.Contains(err.Error(), "9999") {
			t.Errorf("Open of a newer schema = %v, want ErrNewerSchema", err)
		}
	})
}

func TestInTx(t *testing.T) {
	errStop := errors.New("stop")
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		set := func(value string, end error) func(ctx ctx) error {
			return func(ctx ctx) error {
				if err := db.SetCursor(ctx, "stage", "input", value); err != nil {
					return err
				}
				if got, err := db.Cursor(ctx, "stage", "input"); got != value {
					t.Errorf("Cursor within its transaction = %q, %v, want %q", got, err, value)
				}
				return end
			}
		}
		for _, tt := range []struct {
			name string
			run  func(ctx ctx) error
			want string // of the cursor afterwards
			err  error
		}{
			{"committed", set("1", nil), "1", nil},
			{"rolled back", set("2", errStop), "1", errStop},
			{"nested", func(ctx ctx) error { return db.InTx(ctx, set("3", nil)) }, "3", nil},
			{"nested fails", func(ctx ctx) error { return db.InTx(ctx, set("4", errStop)) }, "3", errStop},
			{"nested fails, nobody looks", func(ctx ctx) error { _ = db.InTx(ctx, set("5", errStop)); return nil }, "3", errStop},
		} {
			if err := db.InTx(t.Context(), tt.run); !errors.Is(err, tt.err) {
				t.Errorf("%s: InTx = %v, want %v", tt.name, err, tt.err)
			}
			if got, err := db.Cursor(t.Context(), "stage", "input"); got != tt.want || err != nil {
				t.Errorf("%s: Cursor = %q, %v, want %q", tt.name, got, err, tt.want)
			}
		}
		func() {
			defer func() { _ = recover() }()
			_ = db.InTx(t.Context(), func(ctx ctx) error { _ = set("6", nil)(ctx); panic("bug") })
		}()
		if got, _ := db.Cursor(t.Context(), "stage", "input"); got != "3" {
			t.Errorf("after a panic: Cursor = %q, want 3", got)
		}
	})
}

// TestDurable: what was committed survives a loss of power, and references
// hold.
func TestDurable(t *testing.T) {
	db := storetest.SQLite(t)
	for pragma, want := range map[string]string{"synchronous": "2", "journal_mode": "wal", "foreign_keys": "1"} {
		if got := one(t, db, "PRAGMA "+pragma); got != want {
			t.Errorf("%s = %s, want %s", pragma, got, want)
		}
	}
}

// TestBusy: one who finds the write lock taken waits for it.
func TestBusy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "upstreamd.db")
	var dbs [2]*store.DB
	for i := range dbs {
		db, err := store.Open(t.Context(), store.Options{Path: path})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		dbs[i] = db
	}
	held, release, done := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		done <- dbs[0].InTx(t.Context(), func(ctx ctx) error {
			close(held)
			<-release
			return dbs[0].SetCursor(ctx, "stage", "first", "1")
		})
	}()
	<-held
	if _, err := dbs[1].Cursor(t.Context(), "stage", "first"); err != nil {
		t.Errorf("a reader has to wait: %v", err)
	}
	go func() { done <- dbs[1].SetCursor(t.Context(), "stage", "second", "2") }()
	close(release)
	if err := errors.Join(<-done, <-done); err != nil {
		t.Error(err)
	}
	if got, err := dbs[0].Cursor(t.Context(), "stage", "second"); got != "2" || err != nil {
		t.Errorf("Cursor = %q, %v", got, err)
	}
}
