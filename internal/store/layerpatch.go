package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/pipeline"
)

// A CarriedPatch is a carried patch or fork with its change and how it stands
// here.
type CarriedPatch struct {
	pipeline.Carried
	ChangeID int64 // 0 where it is not known as a change yet
	change.Judgement
	Check     change.ClaimCheck // Truth is "" where its claim was not compared with anything yet
	Conflicts []string          // versions to which it does not apply
}

// patches reads the patch files and forks of a layer, in the order of the
// queues of its recipes; orphans last.
func (db *DB) patches(ctx context.Context, l LayerRow) ([]CarriedPatch, error) {
	judged, err := db.judgedAt(ctx, l.Name+"@")
	if err != nil {
		return nil, err
	}
	var rows []struct {
		carriedRow `bun:",extend"`
		ChangeID   int64
	}
	err = db.read(ctx).NewSelect().TableExpr("carried AS c").ColumnExpr("c.*, coalesce(s.change_id, 0) AS change_id").
		Join("LEFT JOIN sighting AS s ON s.natural_key = c.natural_key").
		Where("c.source_id = ?", l.ID).OrderExpr("c.recipe = '', c.recipe, c.recipe_file, c.position, c.path").Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	checks, err := db.checks(ctx, "sighting_key IN (SELECT natural_key FROM carried WHERE source_id = ?)", l.ID)
	if err != nil {
		return nil, err
	}
	conflicts, err := db.conflicts(ctx, l.ID)
	if err != nil {
		return nil, err
	}
	found := make([]CarriedPatch, len(rows))
	for i, r := range rows {
		found[i] = CarriedPatch{
			Carried: r.carried(l.Name), ChangeID: r.ChangeID, Check: checks[r.NaturalKey], Conflicts: conflicts[r.NaturalKey],
			Judgement: judged[standingKey{r.ChangeID, short(l.Name + "@" + r.Branch)}],
		}
	}
	return found, nil
}

// carriedBy reads what is carried by keys, with whether its claims are so.
func (db *DB) carriedBy(ctx context.Context, keys []string) ([]CarriedPatch, error) {
	var rows []struct {
		carriedRow `bun:",extend"`
		Layer      string
	}
	err := db.read(ctx).NewSelect().TableExpr("carried AS c").ColumnExpr("c.*, s.name AS layer").Join("JOIN source AS s ON s.id = c.source_id").
		Where("c.natural_key IN (?)", bun.List(keys)).OrderExpr("c.natural_key").Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	checks, err := db.checks(ctx, "sighting_key IN (?)", bun.List(keys))
	if err != nil {
		return nil, err
	}
	found := make([]CarriedPatch, len(rows))
	for i, r := range rows {
		found[i] = CarriedPatch{Carried: r.carried(r.Layer), Check: checks[r.NaturalKey]}
	}
	return found, nil
}

// judgedAt reads the judgements of all standings whose place begins with prefix.
func (db *DB) judgedAt(ctx context.Context, prefix string) (map[standingKey]change.Judgement, error) {
	rows, err := changeRows(ctx, db.standings(ctx).Where("substr(st.place, 1, ?) = ?", len([]rune(prefix)), prefix))
	if err != nil {
		return nil, err
	}
	judged := make(map[standingKey]change.Judgement, len(rows))
	for _, r := range rows {
		judged[standingKey{r.ID, r.Place}] = r.Judgement
	}
	return judged, nil
}

// checks reads whether claims are so, by the key of the patch.
func (db *DB) checks(ctx context.Context, where string, args ...any) (map[string]change.ClaimCheck, error) {
	var rows []struct{ SightingKey, Verdict, Reason, Proof, Fix, Shipped string }
	err := db.read(ctx).NewSelect().TableExpr("truth").
		Column("sighting_key", "verdict", "reason", "proof", "fix", "shipped").Where(where, args...).Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	found := make(map[string]change.ClaimCheck, len(rows))
	for _, r := range rows {
		shipped, err := fromJSON[[]string]("shipped of "+r.SightingKey, r.Shipped)
		if err != nil {
			return nil, err
		}
		found[r.SightingKey] = change.ClaimCheck{
			Sighting: r.SightingKey, Truth: change.Truth(r.Verdict), Reason: r.Reason, Proof: r.Proof, Fix: r.Fix, Shipped: shipped,
		}
	}
	return found, nil
}

// conflicts reads to which versions the patches of a layer do not apply, by key.
func (db *DB) conflicts(ctx context.Context, source int64) (map[string][]string, error) {
	var rows []struct{ SightingKey, Version string }
	err := db.read(ctx).NewSelect().TableExpr("flag AS f").Column("f.sighting_key", "f.version").
		Join("JOIN carried AS c ON c.natural_key = f.sighting_key AND c.source_id = ?", source).
		Where("f.outcome IN (?)", bun.List([]string{"conflict", "gone"})).OrderExpr("f.sighting_key, f.role, f.version").Scan(ctx, &rows)
	found := map[string][]string{}
	for _, r := range rows {
		found[r.SightingKey] = append(found[r.SightingKey], r.Version)
	}
	return found, err
}

// A WrongClaims says how many patches of a layer claim what is not so.
type WrongClaims struct {
	Layer     string
	Untrue    int // the evidence shows something else
	Droppable int // the file can go
}

// WrongClaims counts the claims of local layers that ask for an edit now, by
// name; layers without any are left out.
func (db *DB) WrongClaims(ctx context.Context) ([]WrongClaims, error) {
	var rows []WrongClaims
	err := db.read(ctx).NewSelect().TableExpr("carried AS c").
		Join("JOIN truth AS t ON t.sighting_key = c.natural_key").Join("JOIN source AS s ON s.id = c.source_id AND NOT s.gone").
		ColumnExpr("s.name AS layer").
		ColumnExpr("sum(CASE WHEN t.verdict = ? THEN 1 ELSE 0 END) AS untrue", string(change.ClaimFalse)).
		ColumnExpr("sum(CASE WHEN t.verdict = ? THEN 1 ELSE 0 END) AS droppable", string(change.ClaimDrop)).
		Where("c.dropped = 0").Where("t.verdict IN (?)", bun.List([]string{string(change.ClaimFalse), string(change.ClaimDrop)})).
		GroupExpr("s.name").OrderExpr("s.name").Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("wrong claims: %w", err)
	}
	return rows, nil
}
