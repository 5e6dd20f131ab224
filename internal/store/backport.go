package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/pipeline"
)

// A Found is a change of ours that some commit may be, with all that says
// whether it landed, and where.
type Found struct {
	change.Change
	Recipe    string // PN that carries it; ""
	Matches   []change.Match
	Decisions []change.Decision // oldest first
	Sightings []change.Sighting // oldest first
}

// ofFound selects the matches of our changes that name a commit.
const ofFound = `verdict <> 'none' AND sighting_key IN
	(SELECT s.natural_key FROM sighting AS s JOIN change AS c ON c.id = s.change_id WHERE c.ours)`

// Found returns our changes for which the engine found a commit, by id.
func (db *DB) Found(ctx context.Context) ([]Found, error) {
	var list []Found
	err := db.snapshot(ctx, func(ctx context.Context) error {
		matches, err := db.matches(ctx, ofFound)
		if err != nil {
			return err
		}
		seen, err := db.sightings(ctx, "change_id IN (SELECT change_id FROM sighting WHERE natural_key IN (SELECT sighting_key FROM match WHERE "+ofFound+"))")
		if err != nil {
			return err
		}
		decisions, err := db.Decisions(ctx)
		if err != nil {
			return err
		}
		titles, err := all[changeRow](ctx, db.read(ctx), func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("ours") })
		if err != nil {
			return err
		}
		list = gather(titles, seen, matches, decisions)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("changes found upstream: %w", err)
	}
	return list, nil
}

// gather puts what belongs to one change together.
func gather(titles []changeRow, seen []change.Sighting, matches []change.Match, decisions []change.Decision) []Found {
	byChange := map[int64]changeRow{}
	for _, r := range titles {
		byChange[r.ID] = r
	}
	var list []Found
	at := map[string]int{}   // sighting to its place in list
	for _, s := range seen { // by change
		row, ok := byChange[s.ChangeID]
		if !ok {
			continue
		}
		if n := len(list); n == 0 || list[n-1].ID != s.ChangeID {
			list = append(list, Found{Change: change.Change{ID: row.ID, Title: row.Title, Ours: row.Ours}})
		}
		f := &list[len(list)-1]
		f.Sightings = append(f.Sightings, s)
		if f.Recipe == "" {
			f.Recipe = s.Recipe
		}
		if alone(s.Kind) {
			at[s.Key] = len(list) - 1
		}
	}
	for _, m := range matches {
		if i, ok := at[m.Sighting]; ok {
			list[i].Matches = append(list[i].Matches, m)
		}
	}
	for _, d := range decisions {
		if i, ok := at[d.Subject]; ok {
			list[i].Decisions = append(list[i].Decisions, d)
		}
	}
	return list
}

// Versions returns the version that each recipe of each layer has; of a recipe
// that is there in several versions each of them; [layer.Unknown] where it
// builds whatever is newest.
func (db *DB) Versions(ctx context.Context) ([]pipeline.RecipeVersion, error) {
	var found []pipeline.RecipeVersion
	err := db.read(ctx).NewSelect().Distinct().TableExpr("recipe AS r").Join("JOIN source AS s ON s.id = r.source_id AND NOT s.gone").
		ColumnExpr("s.name AS layer, r.pn AS pn, CASE WHEN r.floating THEN ? ELSE r.pv END AS pv", layer.Unknown).Where("r.kind = 'recipe' AND r.inactive = ''").
		OrderExpr("1, 2, 3").Scan(ctx, &found)
	if err != nil {
		return nil, fmt.Errorf("versions of recipes: %w", err)
	}
	return found, nil
}
