// Package migrations holds the database schema as numbered SQL files, one
// folder for each engine. A migration has the same name in both; every column
// says what it holds.
package migrations

import "embed"

// SQLite and Postgres hold the migrations of one engine each, below a folder
// of that name.
var (
	//go:embed sqlite/*.sql
	SQLite embed.FS
	//go:embed postgres/*.sql
	Postgres embed.FS
)
