package store_test

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/migrations"
)

var (
	createTable = regexp.MustCompile(`^CREATE TABLE (\w+) \(\s+-- \w`)
	// each engine has its own kind of index for searches
	indexOfWords = regexp.MustCompile(`(?s)CREATE (VIRTUAL )?TABLE message_words .*?\n\);`)
	column       = regexp.MustCompile(`^\t([a-z_0-9]+)\s+[A-Z]+.*?(-- \S.*)?$`)
)

// schema lists the tables and columns of all migrations of an engine.
func schema(t *testing.T, files fs.FS) []string {
	t.Helper()
	names, err := fs.Glob(files, "*/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, name[strings.Index(name, "/")+1:])
		for _, line := range strings.Split(indexOfWords.ReplaceAllString(string(text), ""), "\n") {
			if strings.HasPrefix(line, "CREATE TABLE") {
				g := createTable.FindStringSubmatch(line)
				if g == nil {
					t.Errorf("%s: no comment: %s", name, line)
					continue
				}
				all = append(all, g[1])
			}
			if g := column.FindStringSubmatch(line); g != nil {
				all = append(all, "\t"+g[1])
				if g[2] == "" && g[1] != "id" && !strings.HasSuffix(g[1], "_id") {
					t.Errorf("%s: column without a comment: %s", name, line)
				}
			}
		}
	}
	return all
}

// TestMigrations: both engines have the same migrations with the same tables
// and columns, and each says what it holds.
func TestMigrations(t *testing.T) {
	sqlite, postgres := schema(t, migrations.SQLite), schema(t, migrations.Postgres)
	if len(sqlite) < 100 {
		t.Errorf("only %d tables and columns found", len(sqlite))
	}
	if diff := cmp.Diff(sqlite, postgres); diff != "" {
		t.Errorf("SQLite and PostgreSQL differ:\n%s", diff)
	}
}

// TestDumped: a logical dump has all tables but those that say how far the
// program has come, and who may read its pages.
func TestDumped(t *testing.T) {
	want := store.Dumped()
	want = append(want, "cursor", "tie", "unjudged", "account", "login_link", "session")
	slices.Sort(want)
	var tables []string
	for _, line := range schema(t, migrations.SQLite) {
		if !strings.HasPrefix(line, "\t") && !strings.HasSuffix(line, ".sql") {
			tables = append(tables, line)
		}
	}
	slices.Sort(tables)
	if d := cmp.Diff(want, tables); d != "" {
		t.Error(d)
	}
}
