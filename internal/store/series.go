package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/pipeline"
)

// A seriesRow is a row of table series.
type seriesRow struct {
	bun.BaseModel `bun:"table:series"`

	ID          int64  `bun:",pk,autoincrement"`
	NaturalKey  string `store:"key"`
	Title       string
	List        string
	Branch      string
	AuthorName  string
	Author      string
	TakenOver   string
	State       string
	StateReason string
	Posted      int64
	LastSign    int64
}

// PutAssembly makes series, postings, trailers, the places of messages and
// what mails claim equal to the answer of assembly. Series and postings keep
// their ids by key. It returns how many rows it wrote.
func (db *DB) PutAssembly(ctx context.Context, a pipeline.Assembly) (changed int, err error) {
	err = db.write(ctx, "assembly", func(ctx context.Context, tx bun.IDB) error {
		p := &assemblyWriter{tx: tx, a: a}
		for _, step := range []func(context.Context) error{p.putSeries, p.putPostings, p.placeMessages, p.putTrailers, p.putClaims} {
			if err := step(ctx); err != nil {
				return fmt.Errorf("assembly: %w", err)
			}
		}
		changed = p.changed
		return nil
	})
	return changed, err
}

// An assemblyWriter is one PutAssembly under way.
type assemblyWriter struct {
	tx       bun.IDB
	a        pipeline.Assembly
	changed  int
	series   map[string]int64 // ids by key
	postings map[string]int64
}

// count adds up what equalize returns.
func (w *assemblyWriter) count(n int, err error) error {
	w.changed += n
	return err
}

func (w *assemblyWriter) putSeries(ctx context.Context) error {
	have, err := all[seriesRow](ctx, w.tx)
	if err != nil {
		return err
	}
	first := map[string]int64{} // when a posting was sent
	for _, p := range w.a.Postings {
		first[p.Key] = unix(p.Date)
	}
	want := make([]seriesRow, len(w.a.Series))
	for i, s := range w.a.Series {
		state := w.a.States[s.Key]
		want[i] = seriesRow{
			NaturalKey: s.Key, Title: s.Title, List: s.List, Branch: s.Branch, AuthorName: s.Author.Name, Author: lower(s.Author.Email),
			TakenOver: asJSON(s.TakenOverBy), State: state.State, StateReason: state.Reason, LastSign: unix(state.LastSign),
		}
		for n, key := range s.Postings {
			if t := first[key]; n == 0 || t < want[i].Posted {
				want[i].Posted = t
			}
		}
	}
	sh := shape[seriesRow, string]{
		key: func(r seriesRow) string { return r.NaturalKey }, keep: func(old seriesRow, r *seriesRow) { r.ID = old.ID },
	}
	if err := w.count(equalize(ctx, w.tx, sh, have, want)); err != nil {
		return err
	}
	w.series, err = keyIDs(ctx, w.tx, "series")
	return err
}

// keyIDs are the ids of all rows of a table by natural key.
func keyIDs(ctx context.Context, tx bun.IDB, table string) (map[string]int64, error) {
	var rows []struct {
		ID         int64
		NaturalKey string
	}
	if err := tx.NewSelect().Table(table).Column("id", "natural_key").Scan(ctx, &rows); err != nil {
		return nil, err
	}
	ids := make(map[string]int64, len(rows))
	for _, r := range rows {
		ids[r.NaturalKey] = r.ID
	}
	return ids, nil
}
