package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/pipeline"
)

// A Change is one change with all that is known of it.
type Change struct {
	change.Change
	Recipe    string // PN that carries it; ""
	Sightings []change.Sighting
	Standings []ChangeRow
	Matches   []change.Match    // of its sightings, also those that found nothing
	Alike     []change.Likeness // why its sightings are taken for one change
	Twins     []pipeline.Twin   // patch files of upstream layers, now or once
	Carried   []CarriedPatch    // files and forks of local layers, without their judgements
	Claims    []Claim
	Flags     []SeenFlag
	Decisions []change.Decision // oldest first
}

// A Claim is a claim with where it was made.
type Claim struct {
	change.Claim
	Origin string // path of the file, or message-id of the mail
}

// Change returns the change with this id, its sightings from the oldest to the
// newest. The error matches [change.ErrNotFound] where there is none.
func (db *DB) Change(ctx context.Context, id int64) (Change, error) {
	var c Change
	err := db.snapshot(ctx, func(ctx context.Context) (err error) {
		var row changeRow
		if err := db.read(ctx).NewSelect().Model(&row).Where("id = ?", id).Scan(ctx); err != nil {
			return err
		}
		c.Change = change.Change{ID: row.ID, Title: row.Title, Ours: row.Ours}
		if c.Sightings, err = db.sightings(ctx, "change_id = ?", id); err != nil {
			return err
		}
		if c.Standings, err = changeRows(ctx, db.standings(ctx).Where("c.id = ?", id)); err != nil {
			return err
		}
		if len(c.Standings) > 0 {
			c.Recipe = c.Standings[0].Recipe
		}
		return db.said(ctx, &c)
	})
	if errors.Is(err, sql.ErrNoRows) {
		err = change.ErrNotFound
	}
	if err != nil {
		return Change{}, fmt.Errorf("change %d: %w", id, err)
	}
	return c, nil
}

// said reads what was said and found about the sightings of a change.
func (db *DB) said(ctx context.Context, c *Change) (err error) {
	if len(c.Sightings) == 0 {
		return nil
	}
	keys := make([]string, len(c.Sightings))
	for i, s := range c.Sightings {
		keys[i] = s.Key
	}
	if c.Matches, err = db.matches(ctx, "sighting_key IN (?)", bun.List(keys)); err != nil {
		return err
	}
	if c.Alike, err = db.likenesses(ctx, keys); err != nil {
		return err
	}
	if c.Twins, err = db.twins(ctx, "sighting_key IN (?)", bun.List(keys)); err != nil {
		return err
	}
	if c.Carried, err = db.carriedBy(ctx, keys); err != nil {
		return err
	}
	claims, err := all[claimRow](ctx, db.read(ctx), func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("sighting_key IN (?)", bun.List(keys)).OrderExpr("said, sighting_key, origin")
	})
	if err != nil {
		return err
	}
	for _, r := range claims {
		c.Claims = append(c.Claims, Claim{r.claim(), r.Origin})
	}
	flags, err := db.flags(ctx, "sighting_key IN (?)", bun.List(keys))
	if err != nil {
		return err
	}
	for _, r := range flags {
		c.Flags = append(c.Flags, r.seen())
	}
	c.Decisions, err = db.decisions(ctx, "subject IN (?)", bun.List(keys))
	return err
}
