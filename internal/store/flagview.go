package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/rebase"
)

// A SeenFlag is a flag with what the test found of each hunk, or, of an
// outlook, how likely each outcome is.
type SeenFlag struct {
	change.Flag
	Hunks  []rebase.HunkResult
	Likely map[string]float64 // by outcome, 0 to 1
}

// FlagsOf returns the flags of these sightings, by sighting and role.
func (db *DB) FlagsOf(ctx context.Context, keys []string) ([]SeenFlag, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	rows, err := db.flags(ctx, "sighting_key IN (?)", bun.List(shortAll(keys)))
	if err != nil {
		return nil, err
	}
	found := make([]SeenFlag, len(rows))
	for i, r := range rows {
		found[i] = r.seen()
	}
	return found, nil
}

// seen takes apart what is kept as JSON. What cannot be read is left out: the
// outcome says the main thing without it.
func (r flagRow) seen() SeenFlag {
	f := SeenFlag{Flag: r.flag()}
	if r.Role == change.OutlookFlag {
		if json.Unmarshal([]byte(r.Hunks), &f.Likely) != nil {
			f.Likely = nil
		}
	} else if json.Unmarshal([]byte(r.Hunks), &f.Hunks) != nil {
		f.Hunks = nil
	}
	return f
}

// FlagCounts counts the patches that are carried now by what a test on the
// version of this role found.
func (db *DB) FlagCounts(ctx context.Context, role string) (map[string]int, error) {
	var rows []struct {
		Outcome string
		Count   int
	}
	err := db.read(ctx).NewSelect().TableExpr("flag AS f").ColumnExpr("f.outcome, count(*) AS count").Where("f.role = ?", role).
		Where("EXISTS (SELECT 1 FROM carried AS c JOIN source AS s ON s.id = c.source_id AND NOT s.gone WHERE c.natural_key = f.sighting_key AND c.dropped = 0)").
		GroupExpr("f.outcome").Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("counts of flags: %w", err)
	}
	counts := make(map[string]int, len(rows))
	for _, r := range rows {
		counts[r.Outcome] = r.Count
	}
	return counts, nil
}

// brokenOutcomes are those of a patch that a person has to look at.
func brokenOutcomes() []string { return []string{rebase.Conflict, rebase.Gone} }

// brokenSeries are the series whose newest revision has patches that no longer
// apply to the branch that they are meant for, one row for each such patch.
func (db *DB) brokenSeries(ctx context.Context) *bun.SelectQuery {
	posted := change.PostedKey("")
	return db.read(ctx).NewSelect().TableExpr("flag AS f").
		Join("JOIN message AS m ON m.message_id = substr(f.sighting_key, ?)", len(posted)+1).
		Join("JOIN posting AS p ON p.id = m.posting_id").ColumnExpr("p.series_id").
		Where("f.role = ? AND f.outcome IN (?)", change.BranchFlag, bun.List(brokenOutcomes())).
		Where("f.sighting_key LIKE ?", posted+"%").
		Where("p.position = (SELECT max(n.position) FROM posting AS n WHERE n.series_id = p.series_id)")
}

// BrokenPatches returns how many patches of the newest revision of each of
// these series no longer apply to the branch that they are meant for, by the
// id of the series; those with none are left out.
func (db *DB) BrokenPatches(ctx context.Context, series []int64) (map[int64]int, error) {
	counts := map[int64]int{}
	if len(series) == 0 {
		return counts, nil
	}
	var rows []struct {
		SeriesID int64
		Count    int
	}
	q := db.brokenSeries(ctx).ColumnExpr("count(DISTINCT f.sighting_key) AS count").Where("p.series_id IN (?)", bun.List(series)).GroupExpr("p.series_id")
	if err := q.Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("patches that need a rebase: %w", err)
	}
	for _, r := range rows {
		counts[r.SeriesID] = r.Count
	}
	return counts, nil
}
