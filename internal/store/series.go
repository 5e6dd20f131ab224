package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/series"
)

// A seriesRow is a row of table series.
type seriesRow struct {
	bun.BaseModel `bun:"table:series"`

	ID         int64  `bun:",pk,autoincrement"`
	NaturalKey string `store:"key"`
	Title      string
	List       string
	Branch     string
	AuthorName string
	Author     string
	TakenOver  string
	Siblings   string
	Posted     int64
	LastSign   int64
	seriesState
}

// A seriesState is the part of a series that the judge stage decides.
type seriesState struct {
	State        string
	StateReason  string
	Ours         bool
	WaitingOn    string
	WaitingFor   string
	WaitingSince int64
	ValidUntil   int64
	Inputs       string
}

// PutAssembly makes what is stored of the messages of a (their places, postings,
// series, trailers and claims) equal to it, and returns how many rows it wrote.
// Series and postings keep their ids while any of their mails stays with them.
// The messages are not loose any more.
func (db *DB) PutAssembly(ctx context.Context, a pipeline.Assembly) (changed int, err error) {
	err = db.write(ctx, "messages", func(ctx context.Context, tx bun.IDB) error {
		w := &assemblyWriter{tx: tx, a: a}
		for _, step := range []func(context.Context) error{
			w.read, w.putSeries, w.putPostings, w.dropSeries, w.placeMessages, w.putTrailers, w.putClaims, w.settle,
		} {
			if err := step(ctx); err != nil {
				return fmt.Errorf("assembly: %w", err)
			}
		}
		changed = w.changed
		return nil
	})
	return changed, err
}

// An assemblyWriter is one PutAssembly under way.
type assemblyWriter struct {
	tx      bun.IDB
	a       pipeline.Assembly
	changed int

	// as stored before
	have     []placedRow // messages, by message-id and the hash of their bytes
	postings []postingRow
	series   []seriesRow

	gone      []seriesRow      // series that are no more
	postingID map[string]int64 // by key, as they are now
	seriesID  map[string]int64
}

// count adds up what equalize returns.
func (w *assemblyWriter) count(n int, err error) error {
	w.changed += n
	return err
}

// read reads what is stored of the messages.
func (w *assemblyWriter) read(ctx context.Context) (err error) {
	if w.have, err = placedRows(ctx, w.tx, w.a.Raws); err != nil {
		return err
	}
	var ids []int64
	for _, m := range w.have {
		if m.PostingID != 0 {
			ids = append(ids, m.PostingID)
		}
	}
	if w.postings, err = rowsWith[postingRow](ctx, w.tx, "id", ids); err != nil {
		return err
	}
	ids = nil
	for _, p := range w.postings {
		ids = append(ids, p.SeriesID)
	}
	if w.series, err = rowsWith[seriesRow](ctx, w.tx, "id", ids); err != nil {
		return err
	}
	return w.readCalled(ctx)
}

// readCalled reads the rows that have the keys of new ones, too: there are none
// unless the rules by which mails are tied have changed since.
func (w *assemblyWriter) readCalled(ctx context.Context) error {
	var keys []string
	for _, p := range w.a.Postings {
		keys = append(keys, short(p.Key))
	}
	postings, err := rowsWith[postingRow](ctx, w.tx, "natural_key", keys)
	if err != nil {
		return err
	}
	w.postings = addRows(w.postings, postings, func(r postingRow) int64 { return r.ID })
	called, err := rowsWith[seriesRow](ctx, w.tx, "natural_key", keys)
	w.series = addRows(w.series, called, func(r seriesRow) int64 { return r.ID })
	return err
}

// addRows appends the rows that are not there yet.
func addRows[R any](have, more []R, id func(R) int64) []R {
	known := make(map[int64]bool, len(have))
	for _, r := range have {
		known[id(r)] = true
	}
	return append(have, slices.DeleteFunc(more, func(r R) bool { return known[id(r)] })...)
}

// rowsWith reads the rows of a table in which a column has one of the values,
// in the order of values.
func rowsWith[R any, V cmp.Ordered](ctx context.Context, tx bun.IDB, column string, values []V) ([]R, error) {
	values = slices.Clone(values)
	slices.Sort(values)
	var found []R
	for batch := range slices.Chunk(slices.Compact(values), batchRows) {
		rows, err := all[R](ctx, tx, func(q *bun.SelectQuery) *bun.SelectQuery {
			return q.Where("? IN (?)", bun.Ident(column), bun.List(batch)).OrderExpr("?, id", bun.Ident(column))
		})
		if err != nil {
			return nil, err
		}
		found = append(found, rows...)
	}
	return found, nil
}

// putSeries writes the series. Those that are no more are left for
// [assemblyWriter.dropSeries]: their postings may be moving to others.
func (w *assemblyWriter) putSeries(ctx context.Context) error {
	dates := map[string]series.Posting{}
	for _, p := range w.a.Postings {
		dates[p.Key] = p
	}
	want := make([]seriesRow, len(w.a.Series))
	for i, s := range w.a.Series {
		want[i] = seriesRow{
			NaturalKey: s.Key, Title: s.Title, List: s.List, Branch: s.Branch, AuthorName: s.Author.Name, Author: lower(s.Author.Email),
			TakenOver: asJSON(s.TakenOverBy), Siblings: asJSON(s.Siblings), seriesState: seriesState{State: string(series.New)},
		}
		for n, key := range s.Postings {
			if t := unix(dates[key].Date); n == 0 || t < want[i].Posted {
				want[i].Posted = t
			}
			want[i].LastSign = max(want[i].LastSign, unix(w.a.Stated[key].LastSign))
		}
	}
	if err := w.keepSeries(ctx); err != nil {
		return err
	}
	sh := shape[seriesRow, string]{
		key:  func(r seriesRow) string { return r.NaturalKey },
		keep: func(old seriesRow, r *seriesRow) { r.ID, r.seriesState = old.ID, old.seriesState },
	}
	d := sh.compare(w.series, want)
	w.gone, d.remove = d.remove, nil
	if err := w.count(d.size(), d.apply(ctx, w.tx, "id")); err != nil {
		return err
	}
	keys := make([]string, len(want))
	for i, s := range want {
		keys[i] = short(s.NaturalKey)
	}
	var err error
	w.seriesID, err = keyIDs(ctx, w.tx, "series", keys)
	return err
}

// keepSeries renames the stored series that go on under another key, because
// an earlier mail of them came late: their ids are in people's links.
func (w *assemblyWriter) keepSeries(ctx context.Context) error {
	old := make(map[int64]string, len(w.series))
	for _, s := range w.series {
		old[s.ID] = s.NaturalKey
	}
	was := map[string]string{} // key of the series that a posting's mails were in
	of := make(map[int64]string, len(w.postings))
	for _, p := range w.postings {
		of[p.ID] = old[p.SeriesID]
	}
	for _, m := range w.have {
		if m.isPosted() {
			was[m.MessageID] = of[m.PostingID]
		}
	}
	postings := make(map[string]series.Posting, len(w.a.Postings))
	for _, p := range w.a.Postings {
		postings[p.Key] = p
	}
	renamed := renames(w.a.Series, func(s series.Series) string { return short(s.Key) }, old, func(s series.Series) (before []string) {
		for _, key := range s.Postings {
			for _, id := range postings[key].MailIDs() {
				before = append(before, was[short(id)])
			}
		}
		return before
	})
	for i, s := range w.series {
		if key := renamed[s.NaturalKey]; key != "" {
			w.series[i].NaturalKey = key
			if err := rename(ctx, w.tx, "series", s.ID, key); err != nil {
				return err
			}
			w.changed++
		}
	}
	return nil
}

// renames finds for stored rows that nothing is called any more what goes on
// with them: old are the keys that are stored, before the keys of the rows that
// the parts of one were in.
func renames[T any](now []T, key func(T) string, old map[int64]string, before func(T) []string) map[string]string {
	stays := make(map[string]bool, len(now))
	for _, t := range now {
		stays[key(t)] = true
	}
	free := map[string]bool{}
	for _, k := range old {
		free[k] = !stays[k]
		delete(stays, k)
	}
	to := map[string]string{}
	for _, t := range now {
		if !stays[key(t)] {
			continue // it is stored
		}
		for _, b := range before(t) {
			if free[b] {
				free[b], to[b] = false, key(t)
				break
			}
		}
	}
	return to
}

func rename(ctx context.Context, tx bun.IDB, table string, id int64, key string) error {
	_, err := tx.NewUpdate().Table(table).Set("natural_key = ?", key).Where("id = ?", id).Exec(ctx)
	return err
}

// dropSeries deletes the series that are no more.
func (w *assemblyWriter) dropSeries(ctx context.Context) error {
	return w.count(len(w.gone), difference[seriesRow]{remove: w.gone}.apply(ctx, w.tx, "id"))
}

// settle takes the messages from those that are to be put together.
func (w *assemblyWriter) settle(ctx context.Context) error {
	for batch := range slices.Chunk(w.a.Raws, batchRows) {
		if _, err := w.tx.NewDelete().Table("loose").Where("raw_id IN (?)", bun.List(batch)).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// keyIDs are the ids of rows of a table by natural key.
func keyIDs(ctx context.Context, tx bun.IDB, table string, keys []string) (map[string]int64, error) {
	ids := make(map[string]int64, len(keys))
	for batch := range slices.Chunk(keys, batchRows) {
		var rows []struct {
			ID         int64
			NaturalKey string
		}
		if err := tx.NewSelect().Table(table).Column("id", "natural_key").Where("natural_key IN (?)", bun.List(batch)).Scan(ctx, &rows); err != nil {
			return nil, err
		}
		for _, r := range rows {
			ids[r.NaturalKey] = r.ID
		}
	}
	return ids, nil
}
