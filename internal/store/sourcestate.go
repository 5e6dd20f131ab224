package store

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/pipeline"
)

// A SourceState is a source with what came from it.
type SourceState struct {
	pipeline.Source
	Tips      int       // recorded refs
	Moves     []Move    // the latest, newest first
	Mailboxes []Mailbox // by name, and files
}

// A Move is a ref that moved.
type Move struct {
	git.RefMove
	Seen time.Time
}

// A Mailbox is what came from one mailbox or file, under one UIDVALIDITY.
type Mailbox struct {
	Name        string
	UIDValidity uint32 // 0 of files
	Mails       int    // deliveries
	HighUID     uint32 // all up to this one have been read
	LastUID     uint32 // the last there was when the mailbox was looked at
}

// movesShown is how many moves of a source are returned.
const movesShown = 10

// SourceStates returns all sources by kind and name, those that are not
// configured any more last.
func (db *DB) SourceStates(ctx context.Context) ([]SourceState, error) {
	var found []SourceState
	err := db.snapshot(ctx, func(ctx context.Context) error {
		rows, err := all[sourceRow](ctx, db.read(ctx), func(q *bun.SelectQuery) *bun.SelectQuery {
			return q.OrderExpr("gone, kind, name")
		})
		if err != nil {
			return err
		}
		tips, err := db.countTips(ctx)
		if err != nil {
			return err
		}
		mailboxes, err := db.mailboxes(ctx)
		if err != nil {
			return err
		}
		for _, r := range rows {
			s := SourceState{Source: r.source(), Tips: tips[r.ID]}
			if s.Kind == pipeline.AccountSource || s.Kind == pipeline.ListSource {
				s.Mailboxes = mailboxes[r.Name]
			}
			moves, seen, err := db.Moves(ctx, r.ID, movesShown)
			if err != nil {
				return err
			}
			for i := range moves {
				s.Moves = append(s.Moves, Move{moves[i], seen[i]})
			}
			found = append(found, s)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("sources: %w", err)
	}
	return found, nil
}

// countTips counts the recorded refs of every source.
func (db *DB) countTips(ctx context.Context) (map[int64]int, error) {
	var rows []struct {
		SourceID int64
		Count    int
	}
	err := db.read(ctx).NewRaw("SELECT source_id, count(*) AS count FROM mirror_tip GROUP BY source_id").Scan(ctx, &rows)
	counts := make(map[int64]int, len(rows))
	for _, r := range rows {
		counts[r.SourceID] = r.Count
	}
	return counts, err
}

// mailboxes counts the deliveries of every mailbox, by source.
func (db *DB) mailboxes(ctx context.Context) (map[string][]Mailbox, error) {
	var rows []struct {
		Source, Mailbox string
		UIDValidity     int64 `bun:"uidvalidity"`
		Count           int
		High            int64
	}
	err := db.read(ctx).NewRaw(`
		SELECT source, mailbox, uidvalidity, count(*) AS count, max(uid) AS high FROM delivery
		GROUP BY source, mailbox, uidvalidity ORDER BY source, mailbox, uidvalidity`).Scan(ctx, &rows)
	found := map[string][]Mailbox{}
	for _, r := range rows {
		m := Mailbox{r.Mailbox, uint32(r.UIDValidity), r.Count, uint32(r.High), uint32(r.High)}
		if m.UIDValidity != 0 {
			mark, err := db.Cursor(ctx, "collect", pipeline.MailboxInput(r.Source, r.Mailbox, m.UIDValidity))
			if err != nil {
				return nil, err
			}
			if high, last := pipeline.MailboxProgress(mark); last > 0 {
				m.HighUID, m.LastUID = high, last
			}
		}
		found[r.Source] = append(found[r.Source], m)
	}
	return found, err
}
