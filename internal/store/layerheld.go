package store

import (
	"context"
	"fmt"
	"time"
)

// Held is what a layer held at one commit of its history.
type Held struct {
	Commit  string
	At      time.Time
	Recipes int
	Appends int
	Patches int
	Lines   int            // that its patch files add and remove
	Forks   int            // recipes that an upstream layer had, too
	Claims  map[string]int // patch files by Upstream-Status word, missing, malformed
}

// heldColumns are what of a trend a [Held] is made from.
type heldColumns struct {
	SourceID                                int64
	CommitHash, Claims                      string
	Taken                                   int64
	Recipes, Appends, Patches, Lines, Forks int
}

func (r heldColumns) held() (Held, error) {
	claims, err := fromJSON[map[string]int]("claims at "+r.CommitHash, r.Claims)
	return Held{r.CommitHash, moment(r.Taken), r.Recipes, r.Appends, r.Patches, r.Lines, r.Forks, claims}, err
}

// held reads the history of a layer, oldest first.
func (db *DB) held(ctx context.Context, source int64) ([]Held, error) {
	all, err := db.heldBySource(ctx, "source_id = ?", source)
	return all[source], err
}

// LayerHistories returns what each layer held at commits of its history, oldest
// first, by the id of the source.
func (db *DB) LayerHistories(ctx context.Context) (map[int64][]Held, error) {
	all, err := db.heldBySource(ctx, "TRUE")
	if err != nil {
		return nil, fmt.Errorf("histories of layers: %w", err)
	}
	return all, nil
}

func (db *DB) heldBySource(ctx context.Context, where string, args ...any) (map[int64][]Held, error) {
	var rows []heldColumns
	err := db.read(ctx).NewSelect().TableExpr("trend").Where(where, args...).OrderExpr("source_id, taken, commit_hash").Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	found := map[int64][]Held{}
	for _, r := range rows {
		h, err := r.held()
		if err != nil {
			return nil, err
		}
		found[r.SourceID] = append(found[r.SourceID], h)
	}
	return found, nil
}
