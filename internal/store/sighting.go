package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/change"
)

// A sightingRow is a row of table sighting.
type sightingRow struct {
	bun.BaseModel `bun:"table:sighting"`

	ID         int64 `bun:",pk,autoincrement"`
	ChangeID   int64
	Kind       string
	NaturalKey string `store:"key"`
	Source     string
	Branch     string
	Path       string
	Recipe     string
	Subject    string
	Author     string
	Seen       int64
	Note       string
}

// alone says whether a sighting of this kind belongs to one change only. A
// commit can be part of several, where it squashed them, and a patch file of an
// upstream layer can be like several of ours.
func alone(k change.Kind) bool {
	return k == change.Carried || k == change.Dropped || k == change.Posted || k == change.Offered
}

// A sightingKey identifies a sighting: change is 0 for those that belong to
// one change only, so that they keep their id when they move to another one.
type sightingKey struct {
	key    string
	change int64
}

var sightingShape = shape[sightingRow, sightingKey]{
	key: func(r sightingRow) sightingKey {
		if alone(change.Kind(r.Kind)) {
			return sightingKey{key: r.NaturalKey}
		}
		return sightingKey{r.NaturalKey, r.ChangeID}
	},
	keep: func(old sightingRow, r *sightingRow) { r.ID = old.ID },
}

func newSightingRow(changeID int64, s change.Sighting) sightingRow {
	return sightingRow{
		ChangeID: changeID, Kind: string(s.Kind), NaturalKey: s.Key, Source: s.Source, Branch: s.Branch, Path: s.Path,
		Recipe: s.Recipe, Subject: s.Subject, Author: lower(s.Author), Seen: unix(s.At), Note: s.Note,
	}
}

func (r sightingRow) sighting() change.Sighting {
	return change.Sighting{
		ID: r.ID, ChangeID: r.ChangeID, Kind: change.Kind(r.Kind), Key: r.NaturalKey, Source: r.Source, Branch: r.Branch,
		Path: r.Path, Recipe: r.Recipe, Subject: r.Subject, Author: r.Author, At: moment(r.Seen), Note: r.Note,
	}
}

// sightings reads the sightings that where selects, by change and time.
func (db *DB) sightings(ctx context.Context, where string, args ...any) ([]change.Sighting, error) {
	rows, err := all[sightingRow](ctx, db.read(ctx), func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where(where, args...).OrderExpr("change_id, seen, natural_key")
	})
	if err != nil {
		return nil, fmt.Errorf("sightings: %w", err)
	}
	found := make([]change.Sighting, len(rows))
	for i, r := range rows {
		found[i] = r.sighting()
	}
	return found, nil
}

// Sightings returns all sightings, by change and time.
func (db *DB) Sightings(ctx context.Context) ([]change.Sighting, error) {
	return db.sightings(ctx, "TRUE")
}

// Sighting returns the sighting with this key; of a commit that is in several
// changes, that in the oldest. The error matches [change.ErrNotFound] where
// there is none.
func (db *DB) Sighting(ctx context.Context, key string) (change.Sighting, error) {
	var r sightingRow
	err := db.read(ctx).NewSelect().Model(&r).Where("natural_key = ?", short(key)).OrderExpr("change_id").Limit(1).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		err = change.ErrNotFound
	}
	if err != nil {
		return change.Sighting{}, fmt.Errorf("sighting %s: %w", key, err)
	}
	return r.sighting(), nil
}
