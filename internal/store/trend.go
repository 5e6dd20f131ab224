package store

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/pipeline"
)

// A trendRow is a row of table trend.
type trendRow struct {
	bun.BaseModel `bun:"table:trend"`

	SourceID   int64  `bun:",pk"`
	CommitHash string `bun:",pk"`
	Taken      int64
	Recipes    int
	Appends    int
	Patches    int
	Lines      int
	Forks      int
	Claims     string
}

// putTrend makes the trend of a source that of the scan, if it has one.
func putTrend(ctx context.Context, tx bun.IDB, scan pipeline.LayerScan) error {
	if scan.Trend == nil && !scan.Foreign {
		return nil
	}
	have, err := all[trendRow](ctx, tx, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("source_id = ?", scan.Source)
	})
	if err != nil {
		return err
	}
	want := make([]trendRow, len(scan.Trend))
	for i, s := range scan.Trend {
		want[i] = trendRow{
			SourceID: scan.Source, CommitHash: s.Commit, Taken: unix(s.Time), Recipes: s.Recipes, Appends: s.Appends,
			Patches: s.Patches, Lines: s.Lines, Forks: s.Forks, Claims: asJSON(s.Claims),
		}
	}
	sh := shape[trendRow, string]{key: func(r trendRow) string { return r.CommitHash }}
	return sh.compare(have, want).apply(ctx, tx, "source_id, commit_hash")
}
