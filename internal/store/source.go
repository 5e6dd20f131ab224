package store

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/pipeline"
)

// A sourceRow is a row of table source.
type sourceRow struct {
	bun.BaseModel `bun:"table:source"`

	ID          int64 `bun:",pk,autoincrement"`
	Kind        string
	Name        string `store:"key"`
	Location    string
	Settings    string
	FromFile    bool
	Gone        bool
	LastChecked int64
	LastSuccess int64
	LastError   string
	ErrorSince  int64
}

func (r sourceRow) source() pipeline.Source {
	return pipeline.Source{
		ID: r.ID, Kind: pipeline.SourceKind(r.Kind), Name: r.Name, Location: r.Location, Settings: r.Settings,
		FromFile: r.FromFile, Gone: r.Gone, LastChecked: moment(r.LastChecked), LastSuccess: moment(r.LastSuccess),
		LastError: r.LastError, ErrorSince: moment(r.ErrorSince),
	}
}

// A sourceKey identifies a source.
type sourceKey struct{ kind, name string }

// sourceShape keeps how a source is doing when its configuration changes.
var sourceShape = shape[sourceRow, sourceKey]{
	key: func(r sourceRow) sourceKey { return sourceKey{r.Kind, r.Name} },
	keep: func(old sourceRow, r *sourceRow) {
		r.ID, r.LastChecked, r.LastSuccess = old.ID, old.LastChecked, old.LastSuccess
		r.LastError, r.ErrorSince = old.LastError, old.ErrorSince
		if old.Location != r.Location { // what went wrong was somewhere else
			r.LastError, r.ErrorSince = "", 0
		}
	},
	grown: true,
}

// SyncSources makes the sources that come from the configuration file those
// given. One that is not configured any more is kept as gone, for its history.
// Sources added by people stay, unless the file has one of the same kind and
// name.
func (db *DB) SyncSources(ctx context.Context, sources []pipeline.Source) error {
	return db.write(ctx, "sources", func(ctx context.Context, tx bun.IDB) error {
		have, err := all[sourceRow](ctx, tx)
		if err != nil {
			return fmt.Errorf("sources: %w", err)
		}
		var want []sourceRow
		listed := map[sourceKey]bool{}
		for _, s := range sources {
			r := sourceRow{Kind: string(s.Kind), Name: s.Name, Location: s.Location, Settings: s.Settings, FromFile: s.FromFile}
			if r.Settings == "" {
				r.Settings = "{}"
			}
			scrub(&r)
			want = append(want, r)
			listed[sourceShape.key(r)] = true
		}
		for _, r := range have {
			if r.FromFile && !r.Gone && !listed[sourceShape.key(r)] {
				r.Gone = true
				want = append(want, r)
			}
		}
		if _, err := equalize(ctx, tx, sourceShape, have, want); err != nil {
			return fmt.Errorf("sources: %w", err)
		}
		return nil
	})
}

// Sources returns all configured sources, by kind and name.
func (db *DB) Sources(ctx context.Context) ([]pipeline.Source, error) {
	rows, err := all[sourceRow](ctx, db.read(ctx), func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("NOT gone").OrderExpr("kind, name")
	})
	if err != nil {
		return nil, fmt.Errorf("sources: %w", err)
	}
	sources := make([]pipeline.Source, len(rows))
	for i, r := range rows {
		sources[i] = r.source()
	}
	return sources, nil
}

// MarkSource records how a try at a source went; an empty problem is a
// success. A source that is not known is left alone.
func (db *DB) MarkSource(ctx context.Context, kind pipeline.SourceKind, name, problem string, at time.Time) error {
	return db.InTx(ctx, func(ctx context.Context) error {
		q := db.tx(ctx).NewUpdate().Table("source").
			Set("last_checked = ?", unix(at)).Set("last_error = ?", problem).
			Where("kind = ? AND name = ?", string(kind), short(name))
		if problem == "" {
			q = q.Set("last_success = ?", unix(at)).Set("error_since = 0")
		} else {
			q = q.Set("error_since = CASE WHEN error_since = 0 THEN ? ELSE error_since END", unix(at))
		}
		if _, err := q.Exec(ctx); err != nil {
			return fmt.Errorf("%s %s: %w", kind, name, err)
		}
		return nil
	})
}
