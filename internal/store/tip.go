package store

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/pipeline"
)

// A tipRow is a row of table mirror_tip.
type tipRow struct {
	bun.BaseModel `bun:"table:mirror_tip"`

	SourceID   int64  `bun:",pk"`
	Ref        string `bun:",pk" store:"key"`
	Hash       string
	CommitTime int64
}

// A moveRow is a row of table ref_move.
type moveRow struct {
	bun.BaseModel `bun:"table:ref_move"`

	ID       int64 `bun:",pk,autoincrement"`
	SourceID int64
	Ref      string
	OldHash  string
	NewHash  string
	Kind     string
	Seen     int64
}

// tips are the rows of one source.
func tips(ctx context.Context, db bun.IDB, source int64) ([]tipRow, error) {
	rows, err := all[tipRow](ctx, db, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("source_id = ?", source).OrderExpr("ref")
	})
	if err != nil {
		return nil, fmt.Errorf("tips of source %d: %w", source, err)
	}
	return rows, nil
}

// Tips returns the recorded tips of a source, by ref.
func (db *DB) Tips(ctx context.Context, source int64) ([]git.Tip, error) {
	rows, err := tips(ctx, db.read(ctx), source)
	if err != nil {
		return nil, err
	}
	found := make([]git.Tip, len(rows))
	for i, r := range rows {
		found[i] = git.Tip{Ref: r.Ref, Hash: r.Hash, Time: moment(r.CommitTime)}
	}
	return found, nil
}

// PutRefs makes the tips of a source those given, and adds the moves that led
// to them to its history.
func (db *DB) PutRefs(ctx context.Context, refs pipeline.Refs, seen time.Time) error {
	return db.write(ctx, "refs", func(ctx context.Context, tx bun.IDB) error {
		have, err := tips(ctx, tx, refs.Source)
		if err != nil {
			return err
		}
		want := make([]tipRow, len(refs.Tips))
		for i, t := range refs.Tips {
			want[i] = tipRow{SourceID: refs.Source, Ref: t.Ref, Hash: t.Hash, CommitTime: unix(t.Time)}
		}
		d := shape[tipRow, string]{key: func(r tipRow) string { return r.Ref }}.compare(have, want)
		if err := d.apply(ctx, tx, "source_id, ref"); err != nil {
			return fmt.Errorf("tips of source %d: %w", refs.Source, err)
		}
		moves := make([]moveRow, len(refs.Moves))
		for i, m := range refs.Moves {
			moves[i] = moveRow{SourceID: refs.Source, Ref: m.Ref, OldHash: m.Old, NewHash: m.New, Kind: m.Kind, Seen: unix(seen)}
		}
		if err := insert(ctx, tx, moves); err != nil {
			return fmt.Errorf("moves of source %d: %w", refs.Source, err)
		}
		return nil
	})
}

// Moves returns the latest moves of a source's refs and when each was seen,
// newest first.
func (db *DB) Moves(ctx context.Context, source int64, limit int) ([]git.RefMove, []time.Time, error) {
	rows, err := all[moveRow](ctx, db.read(ctx), func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("source_id = ?", source).OrderExpr("id DESC").Limit(int64(limit))
	})
	if err != nil {
		return nil, nil, fmt.Errorf("moves of source %d: %w", source, err)
	}
	moves, seen := make([]git.RefMove, len(rows)), make([]time.Time, len(rows))
	for i, r := range rows {
		moves[i] = git.RefMove{Ref: r.Ref, Old: r.OldHash, New: r.NewHash, Kind: r.Kind}
		seen[i] = moment(r.Seen)
	}
	return moves, seen, nil
}
