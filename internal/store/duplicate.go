package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/layer"
)

// A duplicateRow is a row of table duplicate.
type duplicateRow struct {
	bun.BaseModel `bun:"table:duplicate"`

	ID           int64 `bun:",pk,autoincrement"`
	Kind         string
	LocalSource  string
	LocalFile    string `store:"key"`
	LocalVersion string
	OtherSource  string
	OtherFile    string `store:"key"`
	OtherVersion string
	Relation     string
	Match        string
	Similarity   float64
	Came         string
	Went         string
	LocalBlob    string
	OtherBlob    string
	First        string
	LocalCommit  string
	LocalSince   int64
	OtherCommit  string
	OtherSince   int64
	News         string
}

// A duplicateKey identifies a duplicate.
type duplicateKey struct{ kind, localSource, localFile, otherSource, otherFile string }

var duplicateShape = shape[duplicateRow, duplicateKey]{
	key: func(r duplicateRow) duplicateKey {
		return duplicateKey{r.Kind, r.LocalSource, r.LocalFile, r.OtherSource, r.OtherFile}
	},
	keep: func(old duplicateRow, r *duplicateRow) { r.ID = old.ID },
}

func (r duplicateRow) duplicate() layer.Duplicate {
	news, _ := fromJSON[[]layer.News]("news of "+r.LocalFile, r.News) // we wrote it
	return layer.Duplicate{
		Kind: r.Kind, LocalSource: r.LocalSource, LocalFile: r.LocalFile, UpstreamSource: r.OtherSource, UpstreamFile: r.OtherFile,
		Relation: r.Relation, Match: r.Match, Similarity: r.Similarity, LocalVersion: r.LocalVersion, UpstreamVersion: r.OtherVersion,
		Came: r.Came, Went: r.Went, LocalBlob: r.LocalBlob, UpstreamBlob: r.OtherBlob, First: r.First,
		LocalSince:    layer.Moment{Commit: r.LocalCommit, Time: moment(r.LocalSince)},
		UpstreamSince: layer.Moment{Commit: r.OtherCommit, Time: moment(r.OtherSince)}, News: news,
	}
}

// PutDuplicates makes the duplicates those given.
func (db *DB) PutDuplicates(ctx context.Context, dups []layer.Duplicate) error {
	return db.write(ctx, "duplicates", func(ctx context.Context, tx bun.IDB) error {
		have, err := all[duplicateRow](ctx, tx)
		if err != nil {
			return fmt.Errorf("duplicates: %w", err)
		}
		want := make([]duplicateRow, len(dups))
		for i, d := range dups {
			want[i] = duplicateRow{
				Kind: d.Kind, LocalSource: d.LocalSource, LocalFile: d.LocalFile, LocalVersion: d.LocalVersion,
				OtherSource: d.UpstreamSource, OtherFile: d.UpstreamFile, OtherVersion: d.UpstreamVersion,
				Relation: d.Relation, Match: d.Match, Similarity: d.Similarity, Came: d.Came, Went: d.Went,
				LocalBlob: d.LocalBlob, OtherBlob: d.UpstreamBlob, First: d.First, LocalCommit: d.LocalSince.Commit,
				LocalSince: unix(d.LocalSince.Time), OtherCommit: d.UpstreamSince.Commit, OtherSince: unix(d.UpstreamSince.Time),
				News: asJSON(d.News),
			}
		}
		if _, err := equalize(ctx, tx, duplicateShape, have, want); err != nil {
			return fmt.Errorf("duplicates: %w", err)
		}
		return nil
	})
}
