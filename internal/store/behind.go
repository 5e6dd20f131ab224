package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/pipeline"
)

// A behindRow is a row of table behind.
type behindRow struct {
	bun.BaseModel `bun:"table:behind"`

	ID         int64 `bun:",pk,autoincrement"`
	SourceID   int64
	File       string `store:"key"`
	Name       string `store:"key"`
	Version    string
	Floating   bool
	Upstream   string
	Project    string
	Tag        string
	Newest     string
	NewestTime int64
	Newer      bool
	Remote     string
	Since      int64
}

// A behindKey identifies a recipe of a local layer.
type behindKey struct {
	source     int64
	file, name string
}

// PutBehind makes what is known of how versions stand to those of others
// these.
func (db *DB) PutBehind(ctx context.Context, list []pipeline.Behind) error {
	return db.write(ctx, "behind", func(ctx context.Context, tx bun.IDB) error {
		ids, err := layerIDs(ctx, tx)
		if err != nil {
			return err
		}
		have, err := all[behindRow](ctx, tx)
		if err != nil {
			return fmt.Errorf("versions behind: %w", err)
		}
		var want []behindRow
		for _, b := range list {
			if ids[b.Layer] == 0 {
				continue
			}
			want = append(want, behindRow{
				SourceID: ids[b.Layer], File: b.File, Name: b.PN, Version: b.Version, Floating: b.Floating, Upstream: asJSON(b.Upstream),
				Project: b.Project, Tag: b.Tag, Newest: b.Newest, NewestTime: unix(b.NewestAt), Newer: b.Newer, Remote: b.Remote, Since: unix(b.Since),
			})
		}
		sh := shape[behindRow, behindKey]{
			key:  func(r behindRow) behindKey { return behindKey{r.SourceID, r.File, r.Name} },
			keep: func(old behindRow, r *behindRow) { r.ID = old.ID },
		}
		if _, err := equalize(ctx, tx, sh, have, want); err != nil {
			return fmt.Errorf("versions behind: %w", err)
		}
		return nil
	})
}

// layerIDs are the ids of the configured layer sources, by name.
func layerIDs(ctx context.Context, tx bun.IDB) (map[string]int64, error) {
	rows, err := all[sourceRow](ctx, tx, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("NOT gone AND kind = ?", string(pipeline.LayerSource))
	})
	if err != nil {
		return nil, fmt.Errorf("layers: %w", err)
	}
	ids := map[string]int64{}
	for _, r := range rows {
		ids[r.Name] = r.ID
	}
	return ids, nil
}

// Behind returns how the version of each recipe of the local layers stands to
// those of others, by PN, layer and file. Recipes that nobody else has and
// whose source is not known are not among them.
func (db *DB) Behind(ctx context.Context) ([]pipeline.Behind, error) {
	var rows []struct {
		behindRow `bun:",extend"`
		Layer     string
	}
	err := db.read(ctx).NewSelect().TableExpr("behind AS b").ColumnExpr("b.*, s.name AS layer").
		Join("JOIN source AS s ON s.id = b.source_id AND NOT s.gone").OrderExpr("b.name, s.name, b.file").Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("versions behind: %w", err)
	}
	found := make([]pipeline.Behind, len(rows))
	for i, r := range rows {
		upstream, err := fromJSON[[]pipeline.OtherVersion]("versions of upstream layers", r.Upstream)
		if err != nil {
			return nil, err
		}
		found[i] = pipeline.Behind{
			Layer: r.Layer, PN: r.Name, File: r.File, Version: r.Version, Floating: r.Floating, Upstream: upstream, Project: r.Project,
			Tag: r.Tag, Newest: r.Newest, NewestAt: moment(r.NewestTime), Newer: r.Newer, Remote: r.Remote, Since: moment(r.Since),
		}
	}
	return found, nil
}
