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

// A tieRow is a row of table tie.
type tieRow struct {
	bun.BaseModel `bun:"table:tie"`

	Tie   int64
	RawID int64
}

// A looseRow is a row of table loose.
type looseRow struct {
	bun.BaseModel `bun:"table:loose"`

	RawID int64 `bun:",pk"`
}

// tieMessages stores what messages are tied by. Those that are new or not as
// they were are loose from then on, and so is what they were tied to before.
func tieMessages(ctx context.Context, tx bun.IDB, have []messageRow, messages []pipeline.Message) error {
	old := make(map[int64]messageRow, len(have))
	for _, r := range have {
		old[r.RawID] = r
	}
	var want []tieRow
	var loose, left []int64
	for i := range messages {
		m := &messages[i]
		ties := tiesOf(m)
		for _, t := range ties {
			want = append(want, tieRow{Tie: t, RawID: m.Raw})
		}
		was, ok := old[m.Raw]
		if ok && sameFacts(was, newMessageRow(*m)) {
			continue
		}
		loose = append(loose, m.Raw)
		if ok {
			gone, err := goneTies(was, ties)
			if err != nil {
				return err
			}
			if err := untie(ctx, tx, m.Raw, gone); err != nil {
				return err
			}
			left = append(left, gone...)
		}
	}
	near, err := tied(ctx, tx, left)
	if err != nil {
		return err
	}
	if err := putTies(ctx, tx, want); err != nil {
		return err
	}
	return loosen(ctx, tx, append(loose, near...))
}

// tiesOf are the ties of a message; what is part of nothing has none.
func tiesOf(m *pipeline.Message) []int64 {
	if m.Broken || m.Gone {
		return nil
	}
	return series.Ties(&m.Mail)
}

// sameFacts says whether assembly sees no difference between two rows.
func sameFacts(a, b messageRow) bool {
	return a.Facts == b.Facts && slices.Contains(apart, a.Kind) == slices.Contains(apart, b.Kind)
}

// goneTies are the ties that a stored message had and has no more.
func goneTies(was messageRow, now []int64) ([]int64, error) {
	mail, err := fromJSON[series.Mail]("facts of message "+was.MessageID, was.Facts)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(series.Ties(&mail), func(t int64) bool { return slices.Contains(now, t) }), nil
}

func untie(ctx context.Context, tx bun.IDB, raw int64, ties []int64) error {
	if len(ties) == 0 {
		return nil
	}
	_, err := tx.NewDelete().Table("tie").Where("tie IN (?) AND raw_id = ?", bun.List(ties), raw).Exec(ctx)
	return err
}

func putTies(ctx context.Context, tx bun.IDB, rows []tieRow) error {
	slices.SortFunc(rows, func(a, b tieRow) int { return cmp.Or(cmp.Compare(a.Tie, b.Tie), cmp.Compare(a.RawID, b.RawID)) }) // neighbours in the table, one after the other
	for batch := range slices.Chunk(slices.Compact(rows), batchRows) {
		if _, err := tx.NewInsert().Model(&batch).On("CONFLICT DO NOTHING").Returning("NULL").Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

func loosen(ctx context.Context, tx bun.IDB, raws []int64) error {
	slices.Sort(raws)
	var rows []looseRow
	for _, id := range slices.Compact(raws) {
		rows = append(rows, looseRow{RawID: id})
	}
	for batch := range slices.Chunk(rows, batchRows) {
		if _, err := tx.NewInsert().Model(&batch).On("CONFLICT DO NOTHING").Returning("NULL").Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Loosen has the messages with these message-ids put together anew; without
// any: all messages.
func (db *DB) Loosen(ctx context.Context, messageIDs ...string) error {
	err := db.write(ctx, "messages", func(ctx context.Context, tx bun.IDB) error {
		q := "INSERT INTO loose SELECT raw_id FROM message WHERE ? ON CONFLICT DO NOTHING"
		which := bun.SafeQuery("true")
		if len(messageIDs) > 0 {
			ids := make([]string, len(messageIDs))
			for i, id := range messageIDs {
				ids[i] = short(id)
			}
			which = bun.SafeQuery("message_id IN (?)", bun.List(ids))
		}
		_, err := tx.NewRaw(q, which).Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("messages to be put together: %w", err)
	}
	return nil
}

// Loose returns raw ids of messages that are to be put together, at most limit,
// with the parts of the series that they are part of so far, and how many are to be.
// Within a transaction nobody else writes messages until that ends.
func (db *DB) Loose(ctx context.Context, limit int) (ids []int64, all int, err error) {
	err = db.write(ctx, "messages", func(ctx context.Context, tx bun.IDB) error {
		if err := tx.NewRaw("SELECT count(*) FROM loose").Scan(ctx, &all); err != nil || all == 0 {
			return err
		}
		if err := tx.NewSelect().Table("loose").Column("raw_id").OrderExpr("raw_id").Limit(int64(limit)).Scan(ctx, &ids); err != nil {
			return err
		}
		mates, err := seriesMates(ctx, tx, ids)
		ids = append(ids, mates...)
		slices.Sort(ids)
		ids = slices.Compact(ids)
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("messages to be put together: %w", err)
	}
	return ids, all, nil
}

// seriesMates are the raw ids of all parts of the series that these are part of:
// one that was taken back has no ties any more, and leaves them all the same.
func seriesMates(ctx context.Context, tx bun.IDB, raws []int64) ([]int64, error) {
	var all []int64
	for batch := range slices.Chunk(raws, batchRows) {
		var mates []int64
		err := tx.NewSelect().Distinct().TableExpr("message AS m").Column("o.raw_id").
			Join("JOIN posting AS p ON p.id = m.posting_id").Join("JOIN posting AS q ON q.series_id = p.series_id").
			Join("JOIN message AS o ON o.posting_id = q.id").Where("m.raw_id IN (?) AND m.posting_id <> 0", bun.List(batch)).Scan(ctx, &mates)
		if err != nil {
			return nil, err
		}
		all = append(all, mates...)
	}
	return all, nil
}

// Tied returns the raw ids of all messages that have one of the ties, in order.
func (db *DB) Tied(ctx context.Context, ties []int64) ([]int64, error) {
	raws, err := tied(ctx, db.read(ctx), ties)
	if err != nil {
		return nil, fmt.Errorf("tied messages: %w", err)
	}
	return raws, nil
}

func tied(ctx context.Context, tx bun.IDB, ties []int64) ([]int64, error) {
	ties = slices.Clone(ties)
	slices.Sort(ties)
	var all []int64
	for batch := range slices.Chunk(slices.Compact(ties), batchRows) {
		var raws []int64
		if err := tx.NewSelect().Table("tie").Column("raw_id").Where("tie IN (?)", bun.List(batch)).Scan(ctx, &raws); err != nil {
			return nil, err
		}
		all = append(all, raws...)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}
