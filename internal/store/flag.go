package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/pipeline"
)

// A flagRow is a row of table flag.
type flagRow struct {
	bun.BaseModel `bun:"table:flag"`

	ID          int64  `bun:",pk,autoincrement"`
	SightingKey string `store:"key"`
	Role        string
	Version     string
	Input       string
	Outcome     string
	Detail      string
	Found       int64
	CommitHash  string
	Since       string
	SinceTime   int64
	ThreeWay    string
	Hunks       string
}

// A flagKey identifies a flag.
type flagKey struct{ sighting, role string }

// flagShape leaves the flags of other sightings and roles alone.
var flagShape = shape[flagRow, flagKey]{
	key:   func(r flagRow) flagKey { return flagKey{r.SightingKey, r.Role} },
	keep:  func(old flagRow, r *flagRow) { r.ID = old.ID },
	grown: true,
}

func (r flagRow) flag() change.Flag {
	return change.Flag{
		Sighting: r.SightingKey, Role: r.Role, Version: r.Version, Outcome: r.Outcome, Detail: r.Detail, At: moment(r.Found),
		Commit: r.CommitHash, Since: r.Since, SinceAt: moment(r.SinceTime), ThreeWay: r.ThreeWay,
	}
}

// flags reads the flags that where selects, by sighting and role.
func (db *DB) flags(ctx context.Context, where string, args ...any) ([]flagRow, error) {
	rows, err := all[flagRow](ctx, db.read(ctx), func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where(where, args...).OrderExpr("sighting_key, role")
	})
	if err != nil {
		return nil, fmt.Errorf("flags: %w", err)
	}
	return rows, nil
}

// Flags returns all flags, by sighting and role.
func (db *DB) Flags(ctx context.Context) ([]change.Flag, error) {
	rows, err := db.flags(ctx, "TRUE")
	if err != nil {
		return nil, err
	}
	found := make([]change.Flag, len(rows))
	for i, r := range rows {
		found[i] = r.flag()
	}
	return found, nil
}

// TestedFlags returns all flags with the fingerprint of what was tested, by
// sighting and role.
func (db *DB) TestedFlags(ctx context.Context) ([]pipeline.TestedFlag, error) {
	rows, err := db.flags(ctx, "TRUE")
	if err != nil {
		return nil, err
	}
	found := make([]pipeline.TestedFlag, len(rows))
	for i, r := range rows {
		found[i] = pipeline.TestedFlag{Flag: r.flag(), Input: r.Input, Hunks: r.Hunks}
	}
	return found, nil
}

// FlagInputs returns the fingerprint of what each flag tested, by
// [FlagInputKey].
func (db *DB) FlagInputs(ctx context.Context) (map[string]string, error) {
	var rows []struct{ SightingKey, Role, Input string }
	if err := db.read(ctx).NewSelect().Table("flag").Column("sighting_key", "role", "input").Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("flags: %w", err)
	}
	inputs := make(map[string]string, len(rows))
	for _, r := range rows {
		inputs[FlagInputKey(r.SightingKey, r.Role)] = r.Input
	}
	return inputs, nil
}

// FlagInputKey is the key of FlagInputs for a sighting and a role.
func FlagInputKey(sightingKey, role string) string { return short(sightingKey) + "\x1f" + role }

// PutFlags stores flags, each instead of the one of the same sighting and role.
func (db *DB) PutFlags(ctx context.Context, flags []pipeline.TestedFlag) error {
	if len(flags) == 0 {
		return nil
	}
	return db.write(ctx, "flags", func(ctx context.Context, tx bun.IDB) error {
		for batch := range slices.Chunk(flags, batchRows) {
			if err := putFlags(ctx, tx, batch); err != nil {
				return fmt.Errorf("flags: %w", err)
			}
		}
		return nil
	})
}

func putFlags(ctx context.Context, tx bun.IDB, flags []pipeline.TestedFlag) error {
	keys := make([]string, len(flags))
	want := make([]flagRow, len(flags))
	for i, f := range flags {
		keys[i] = short(f.Sighting)
		want[i] = flagRow{
			SightingKey: f.Sighting, Role: f.Role, Version: f.Version, Input: f.Input, Outcome: f.Outcome, Detail: f.Detail, Found: unix(f.At),
			CommitHash: f.Commit, Since: f.Since, SinceTime: unix(f.SinceAt), ThreeWay: f.ThreeWay, Hunks: f.Hunks,
		}
	}
	have, err := all[flagRow](ctx, tx, func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("sighting_key IN (?)", bun.List(keys)) })
	if err != nil {
		return err
	}
	_, err = equalize(ctx, tx, flagShape, have, want)
	return err
}

// DeleteFlags forgets flags: of each sighting those with one of the roles.
func (db *DB) DeleteFlags(ctx context.Context, roles map[string][]string) error {
	if len(roles) == 0 {
		return nil
	}
	byRole := map[string][]string{}
	for key, of := range roles {
		for _, role := range of {
			byRole[role] = append(byRole[role], short(key))
		}
	}
	return db.write(ctx, "flags", func(ctx context.Context, tx bun.IDB) error {
		for role, keys := range byRole {
			for batch := range slices.Chunk(keys, batchRows) {
				_, err := tx.NewDelete().Table("flag").Where("role = ? AND sighting_key IN (?)", role, bun.List(batch)).Exec(ctx)
				if err != nil {
					return fmt.Errorf("flags: %w", err)
				}
			}
		}
		return nil
	})
}
