package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/pipeline"
)

// A changeRow is a row of table change.
type changeRow struct {
	bun.BaseModel `bun:"table:change"`

	ID    int64 `bun:",pk,autoincrement"`
	Title string
	Ours  bool
}

// Changes returns all changes, by id.
func (db *DB) Changes(ctx context.Context) ([]change.Change, error) {
	rows, err := all[changeRow](ctx, db.read(ctx), func(q *bun.SelectQuery) *bun.SelectQuery { return q.OrderExpr("id") })
	if err != nil {
		return nil, fmt.Errorf("changes: %w", err)
	}
	changes := make([]change.Change, len(rows))
	for i, r := range rows {
		changes[i] = change.Change{ID: r.ID, Title: r.Title, Ours: r.Ours}
	}
	return changes, nil
}

// PutChanges makes changes, sightings and standings equal to the clusters. A
// change keeps its id as long as its oldest carried or posted sighting is in
// the cluster; where a cluster holds those of several changes, the lowest id
// stays. A change whose sightings are all elsewhere is deleted. Standings keep
// their ids by change and place. It returns how many changes are not as they
// were.
func (db *DB) PutChanges(ctx context.Context, clusters []pipeline.Cluster) (changed int, err error) {
	err = db.write(ctx, "changes", func(ctx context.Context, tx bun.IDB) error {
		w := &changeWriter{tx: tx, clusters: clusters, touched: map[int64]bool{}}
		for _, step := range []func(context.Context) error{w.read, w.putChanges, w.putSightings, w.putStandings, w.putLikenesses, w.forget} {
			if err := step(ctx); err != nil {
				return fmt.Errorf("changes: %w", err)
			}
		}
		changed = len(w.touched)
		return nil
	})
	return changed, err
}

// A changeWriter is one PutChanges under way.
type changeWriter struct {
	tx        bun.IDB
	clusters  []pipeline.Cluster
	changes   []changeRow
	sightings []sightingRow
	ids       []int64 // of the change that each cluster is
	touched   map[int64]bool
}

func (w *changeWriter) read(ctx context.Context) (err error) {
	if w.changes, err = all[changeRow](ctx, w.tx); err != nil {
		return err
	}
	w.sightings, err = all[sightingRow](ctx, w.tx, func(q *bun.SelectQuery) *bun.SelectQuery { return q.OrderExpr("id") })
	return err
}

// inherit finds the change that each cluster is, 0 for a new one.
func (w *changeWriter) inherit() {
	home := map[string]int{} // cluster by key of sighting
	for i, c := range w.clusters {
		for _, s := range c.Sightings {
			if k := short(s.Key); alone(s.Kind) {
				if _, taken := home[k]; !taken {
					home[k] = i
				}
			}
		}
	}
	w.ids = make([]int64, len(w.clusters))
	settled := map[int64]bool{}
	for _, s := range w.sightings { // the oldest first
		if !alone(change.Kind(s.Kind)) || settled[s.ChangeID] {
			continue
		}
		if i, ok := home[s.NaturalKey]; ok {
			settled[s.ChangeID] = true
			if w.ids[i] == 0 || s.ChangeID < w.ids[i] {
				w.ids[i] = s.ChangeID
			}
		}
	}
}

func (w *changeWriter) putChanges(ctx context.Context) error {
	w.inherit()
	known := map[int64]changeRow{}
	for _, r := range w.changes {
		known[r.ID] = r
	}
	var update, fresh []changeRow
	var at []int // cluster of each fresh row
	for i, c := range w.clusters {
		r := changeRow{ID: w.ids[i], Title: c.Title, Ours: c.Ours}
		scrub(&r)
		switch {
		case r.ID == 0:
			fresh, at = append(fresh, r), append(at, i)
		case r != known[r.ID]:
			update = append(update, r)
			w.touched[r.ID] = true
		}
	}
	d := difference[changeRow]{update: update}
	if err := d.apply(ctx, w.tx, "id"); err != nil {
		return err
	}
	ids, err := newChanges(ctx, w.tx, fresh)
	for i, id := range ids {
		w.ids[at[i]] = id
		w.touched[id] = true
	}
	return err
}

// newChanges inserts rows and returns their ids, in the same order. Databases
// count up the rows of one statement but promise no order of what they return.
func newChanges(ctx context.Context, tx bun.IDB, rows []changeRow) ([]int64, error) {
	var ids []int64
	for batch := range slices.Chunk(rows, batchRows) {
		var given []int64
		if _, err := tx.NewInsert().Model(&batch).Returning("id").Exec(ctx, &given); err != nil {
			return ids, err
		}
		slices.Sort(given)
		ids = append(ids, given...)
	}
	if len(ids) != len(rows) {
		return nil, fmt.Errorf("%d changes inserted, %d ids returned", len(rows), len(ids))
	}
	return ids, nil
}

func (w *changeWriter) putSightings(ctx context.Context) error {
	var want []sightingRow
	for i, c := range w.clusters {
		for _, s := range c.Sightings {
			want = append(want, newSightingRow(w.ids[i], s))
		}
	}
	d := sightingShape.compare(w.sightings, want)
	for _, rows := range [][]sightingRow{d.insert, d.update, d.remove} {
		for _, r := range rows {
			w.touched[r.ChangeID] = true
		}
	}
	return d.apply(ctx, w.tx, "id")
}

func (w *changeWriter) putStandings(ctx context.Context) error {
	have, err := all[standingRow](ctx, w.tx)
	if err != nil {
		return err
	}
	var want []standingRow
	for i, c := range w.clusters {
		for _, st := range c.Standings {
			want = append(want, standingRow{ChangeID: w.ids[i], Place: st.Place, Local: st.Local})
		}
	}
	d := standingShape.compare(have, want)
	for _, rows := range [][]standingRow{d.insert, d.update, d.remove} {
		for _, r := range rows {
			w.touched[r.ChangeID] = true
		}
	}
	return d.apply(ctx, w.tx, "id")
}

// forget deletes the changes that no cluster is.
func (w *changeWriter) forget(ctx context.Context) error {
	kept := map[int64]bool{}
	for _, id := range w.ids {
		kept[id] = true
	}
	var d difference[changeRow]
	for _, r := range w.changes {
		if !kept[r.ID] {
			d.remove = append(d.remove, r)
			w.touched[r.ID] = true
		}
	}
	return d.apply(ctx, w.tx, "id")
}

// ChangeIDOf is the id of the change that a sighting belongs to; of a commit
// that is in several, the lowest. The error matches [change.ErrNotFound] where
// the sighting is not known.
func (db *DB) ChangeIDOf(ctx context.Context, sightingKey string) (int64, error) {
	var id int64
	err := db.read(ctx).NewSelect().Table("sighting").Column("change_id").Where("natural_key = ?", short(sightingKey)).
		OrderExpr("change_id").Limit(1).Scan(ctx, &id)
	if errors.Is(err, sql.ErrNoRows) {
		err = change.ErrNotFound
	}
	if err != nil {
		return 0, fmt.Errorf("sighting %s: %w", sightingKey, err)
	}
	return id, nil
}
