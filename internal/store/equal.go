package store

import (
	"context"
	"slices"

	"github.com/uptrace/bun"
)

// batchRows is how many rows one statement writes.
const batchRows = 500

// A difference is what has to be written to make the rows of a table equal to
// those wanted.
type difference[R comparable] struct {
	insert, update, remove []R
}

// A shape says what identifies a row and which of its columns a stored row
// hands on to the new one that replaces it.
type shape[R comparable, K comparable] struct {
	key   func(R) K
	keep  func(old R, row *R) // copies id and columns that others write; nil: none
	grown bool                // rows that are not wanted stay
}

// compare finds the difference between the rows that are there and those
// wanted. All text of want is scrubbed; of two rows with one key the first
// counts, so that hostile input cannot make a unique key clash.
func (s shape[R, K]) compare(have, want []R) difference[R] {
	var d difference[R]
	known := make(map[K]R, len(have))
	for _, r := range have {
		known[s.key(r)] = r
	}
	seen := make(map[K]bool, len(want))
	for _, r := range want {
		scrub(&r)
		k := s.key(r)
		if seen[k] {
			continue
		}
		seen[k] = true
		old, ok := known[k]
		if !ok {
			d.insert = append(d.insert, r)
			continue
		}
		if s.keep != nil {
			s.keep(old, &r)
		}
		if r != old {
			d.update = append(d.update, r)
		}
	}
	if s.grown {
		return d
	}
	for _, r := range have {
		if !seen[s.key(r)] {
			d.remove = append(d.remove, r)
		}
	}
	return d
}

// size is how many rows are to be written.
func (d difference[R]) size() int { return len(d.insert) + len(d.update) + len(d.remove) }

// apply writes the difference. pk names the columns of the primary key.
func (d difference[R]) apply(ctx context.Context, tx bun.IDB, pk string) error {
	for batch := range slices.Chunk(d.remove, batchRows) {
		if _, err := tx.NewDelete().Model(&batch).WherePK().Exec(ctx); err != nil {
			return err
		}
	}
	for batch := range slices.Chunk(d.update, batchRows) {
		if _, err := tx.NewInsert().Model(&batch).On("CONFLICT (" + pk + ") DO UPDATE").Returning("NULL").Exec(ctx); err != nil {
			return err
		}
	}
	return insert(ctx, tx, d.insert)
}

// insert adds rows; ids that are 0 are given by the database.
func insert[R any](ctx context.Context, tx bun.IDB, rows []R) error {
	for batch := range slices.Chunk(rows, batchRows) {
		if _, err := tx.NewInsert().Model(&batch).Returning("NULL").Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// equalize makes the table equal to want and returns how many rows it wrote.
func equalize[R, K comparable](ctx context.Context, tx bun.IDB, s shape[R, K], have, want []R) (int, error) {
	d := s.compare(have, want)
	return d.size(), d.apply(ctx, tx, "id")
}

// all reads rows of a table, in the order of their primary key unless ask
// says otherwise.
func all[R any](ctx context.Context, db bun.IDB, ask ...func(*bun.SelectQuery) *bun.SelectQuery) ([]R, error) {
	var rows []R
	err := db.NewSelect().Model(&rows).Apply(ask...).Scan(ctx)
	return rows, err
}
