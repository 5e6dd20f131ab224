package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/pipeline"
)

// A Duplicate is a duplicate with what people said of it.
type Duplicate struct {
	layer.Duplicate
	PN       string          // of the local recipe, or of the one that the patch is for; ""
	OtherPN  string          // of the other side's recipe; ""
	Verdict  change.Decision // the newest that holds; Object is "" where nobody said anything
	ChangeID int64           // of a forked recipe: its delta as a change; 0
}

// Name is what the verdict is about besides both layers: the PN of recipes and
// appends, else the path.
func (d Duplicate) Name() string {
	switch d.Kind {
	case "fork", "renamed", "derived", "append", "append-dangling":
		return cmp.Or(d.PN, d.LocalFile)
	}
	return d.LocalFile
}

// Key is what decisions about it name.
func (d Duplicate) Key() string {
	return change.DuplicateKey(d.Kind, d.LocalSource, d.Name(), d.UpstreamSource)
}

// Duplicates returns the duplicates that id names, one for each pair of files,
// and all that people said of them, oldest first. The error matches
// [ErrNotFound] where there are none.
func (db *DB) Duplicates(ctx context.Context, id change.DuplicateName) (pairs []Duplicate, said []change.Decision, err error) {
	err = db.snapshot(ctx, func(ctx context.Context) error {
		all, err := db.duplicates(ctx, "d.local_source = ? AND d.kind = ? AND d.other_source = ?", id.Layer, id.Kind, id.Other)
		if err != nil {
			return err
		}
		for _, d := range all {
			if d.Name() == id.Name {
				pairs = append(pairs, d)
			}
		}
		if len(pairs) == 0 {
			return ErrNotFound
		}
		said, err = db.decisions(ctx, "kind = ? AND subject = ?", string(change.Disposition), short(change.DuplicateKey(id.Kind, id.Layer, id.Name, id.Other)))
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("duplicate %s of %s: %w", id.Name, id.Layer, err)
	}
	return pairs, said, nil
}

// duplicates reads the duplicates that where selects, by kind and file.
func (db *DB) duplicates(ctx context.Context, where string, args ...any) ([]Duplicate, error) {
	var rows []struct {
		duplicateRow `bun:",extend"`
		PN           string `bun:"pn"`
		OtherPN      string `bun:"other_pn"`
		ChangeID     int64
	}
	err := db.read(ctx).NewSelect().TableExpr("duplicate AS d").ColumnExpr("d.*").
		Join("LEFT JOIN source AS l ON l.kind = ? AND l.name = d.local_source", string(pipeline.LayerSource)).
		Join("LEFT JOIN source AS o ON o.kind = ? AND o.name = d.other_source", string(pipeline.LayerSource)).
		ColumnExpr(`coalesce((SELECT r.pn FROM recipe AS r WHERE r.source_id = l.id AND r.file = d.local_file),
			(SELECT c.recipe FROM carried AS c WHERE c.source_id = l.id AND c.path = d.local_file AND c.dropped = 0 LIMIT 1), '') AS pn`).
		ColumnExpr("coalesce((SELECT r.pn FROM recipe AS r WHERE r.source_id = o.id AND r.file = d.other_file), '') AS other_pn").
		ColumnExpr(`coalesce((SELECT s.change_id FROM carried AS c JOIN sighting AS s ON s.natural_key = c.natural_key
			WHERE d.kind = 'fork' AND c.source_id = l.id AND c.kind = ? AND c.recipe_file = d.local_file AND c.other_source = d.other_source
			AND c.dropped = 0 LIMIT 1), 0) AS change_id`, string(pipeline.CarriedDelta)).
		Where(where, args...).OrderExpr("d.kind, d.local_file, d.other_source, d.other_file").Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	verdicts, err := db.verdicts(ctx)
	if err != nil {
		return nil, err
	}
	found := make([]Duplicate, len(rows))
	for i, r := range rows {
		found[i] = Duplicate{Duplicate: r.duplicate(), PN: r.PN, OtherPN: r.OtherPN, ChangeID: r.ChangeID}
		found[i].Verdict = verdicts[short(found[i].Key())]
	}
	return found, nil
}

// verdicts reads what holds of what people said of duplicates, by key.
func (db *DB) verdicts(ctx context.Context) (map[string]change.Decision, error) {
	all, err := db.decisions(ctx, "kind = ?", string(change.Disposition))
	if err != nil {
		return nil, err
	}
	found := map[string]change.Decision{}
	for _, d := range all { // oldest first: the newest stays
		if found[d.Subject] = d; d.Object == "" {
			delete(found, d.Subject)
		}
	}
	return found, nil
}

// A DuplicateNews is something that upstream did to what a local layer has, too.
type DuplicateNews struct {
	Duplicate
	layer.News
}

// LayerNews returns what upstream did since then to what local layers have, the
// newest first. Of a layer with a name, or with "" of all of them.
func (db *DB) LayerNews(ctx context.Context, name string, since time.Time) ([]DuplicateNews, error) {
	where, args := "d.news NOT IN (?)", []any{bun.List([]string{"", "[]", "null"})}
	if name != "" {
		where, args = where+" AND d.local_source = ?", append(args, name)
	}
	all, err := db.duplicates(ctx, where, args...)
	if err != nil {
		return nil, fmt.Errorf("news of layers: %w", err)
	}
	var found []DuplicateNews
	for _, d := range all {
		for _, n := range d.Duplicate.News {
			if !n.Time.Before(since) {
				found = append(found, DuplicateNews{d, n})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b DuplicateNews) int { return b.News.Time.Compare(a.News.Time) })
	return found, nil
}
