package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/pipeline"
)

// A versionRow is a row of table move.
type versionRow struct {
	bun.BaseModel `bun:"table:move"`

	ID         int64 `bun:",pk,autoincrement"`
	SourceID   int64
	Branch     string `store:"key"`
	Kind       string `store:"key"`
	Name       string `store:"key"`
	File       string `store:"key"`
	OldVersion string
	NewVersion string `store:"key"`
	OldRev     string
	NewRev     string
	Back       bool
	CommitHash string
	Moved      int64
	Patches    string
}

// A versionKey identifies a move of one source.
type versionKey struct{ branch, kind, name, file, commit, version string }

var versionShape = shape[versionRow, versionKey]{
	key: func(r versionRow) versionKey {
		return versionKey{r.Branch, r.Kind, r.Name, r.File, r.CommitHash, r.NewVersion}
	},
	keep: func(old versionRow, r *versionRow) { r.ID = old.ID },
}

// PutMoves stores moves of one source. Anew makes what is known of the source
// these moves and nothing else; else they are added to what is known.
func (db *DB) PutMoves(ctx context.Context, source int64, moves []pipeline.Move, anew bool) error {
	return db.write(ctx, "moves", func(ctx context.Context, tx bun.IDB) error {
		have, err := all[versionRow](ctx, tx, func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("source_id = ?", source) })
		if err != nil {
			return fmt.Errorf("moved versions of source %d: %w", source, err)
		}
		want := make([]versionRow, len(moves))
		for i, m := range moves {
			want[i] = versionRow{
				SourceID: source, Branch: m.Branch, Kind: string(m.Kind), Name: m.PN, File: m.File, OldVersion: m.From, NewVersion: m.To,
				OldRev: m.FromRev, NewRev: m.ToRev, Back: m.Back, CommitHash: m.Commit, Moved: unix(m.At), Patches: asJSON(m.Patches),
			}
		}
		sh := versionShape
		sh.grown = !anew
		if _, err := equalize(ctx, tx, sh, have, want); err != nil {
			return fmt.Errorf("moved versions of source %d: %w", source, err)
		}
		return nil
	})
}

// VersionMoves returns the versions that moved in configured sources, newest
// first. Of a move the path before it is not kept.
func (db *DB) VersionMoves(ctx context.Context, ask pipeline.MoveQuery) ([]pipeline.Move, error) {
	var rows []struct {
		versionRow `bun:",extend"`
		Source     string
	}
	q := db.read(ctx).NewSelect().TableExpr("move AS m").ColumnExpr("m.*, s.name AS source").
		Join("JOIN source AS s ON s.id = m.source_id AND NOT s.gone")
	if len(ask.Names) > 0 {
		q = q.Where("m.name IN (?)", bun.List(shortAll(ask.Names)))
	}
	if ask.Source != "" {
		q = q.Where("s.name = ?", short(ask.Source))
	}
	if !ask.Since.IsZero() {
		q = q.Where("m.moved >= ?", unix(ask.Since))
	}
	if !ask.Until.IsZero() {
		q = q.Where("m.moved < ?", unix(ask.Until))
	}
	if !ask.After.IsZero() {
		q = q.Where("(m.moved < ? OR m.moved = ? AND m.id < ?)", unix(ask.After), unix(ask.After), ask.AfterID)
	}
	if ask.Limit > 0 {
		q = q.Limit(int64(ask.Limit))
	}
	if err := q.OrderExpr("m.moved DESC, m.id DESC").Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("moved versions: %w", err)
	}
	moves := make([]pipeline.Move, len(rows))
	for i, r := range rows {
		patches, err := fromJSON[[]layer.PatchMove]("patches of a moved version", r.Patches)
		if err != nil {
			return nil, err
		}
		moves[i] = pipeline.Move{ID: r.ID, Branch: r.Branch, Move: layer.Move{
			Source: r.Source, Kind: layer.MoveKind(r.Kind), PN: r.Name, File: r.File, From: r.OldVersion, To: r.NewVersion,
			FromRev: r.OldRev, ToRev: r.NewRev, Back: r.Back, Commit: r.CommitHash, At: moment(r.Moved), Patches: patches,
		}}
	}
	return moves, nil
}
