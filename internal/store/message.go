package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/series"
)

// Kinds of messages besides those of series.Kind.
const (
	quarantined = "quarantined" // cannot be read
	removedKind = "removed"     // taken back by the archive that it came from
	copyKind    = "copy"        // has the message-id of another, which counts
)

// apart are the kinds that assembly does not see.
var apart = []string{quarantined, removedKind}

// A messageRow is a row of table message.
type messageRow struct {
	bun.BaseModel `bun:"table:message"`

	ID          int64 `bun:",pk,autoincrement"`
	RawID       int64
	MessageID   string `store:"key"`
	Kind        string
	Reason      string
	Subject     string
	FromName    string
	FromAddress string
	Sent        int64
	List        string
	HasDiff     bool
	Content     string
	Facts       string
	Title       string
	Signers     string
	PatchID     string
	Archive     string `store:"key"`
	placement
}

// A placement is the part of a message that assembly decides.
type placement struct {
	PostingID int64
	Part      int
	Action    string
	Target    string `store:"key"`
}

// messageShape keeps what assembly decided, until it decides anew.
var messageShape = shape[messageRow, int64]{
	key: func(r messageRow) int64 { return r.RawID },
	keep: func(old messageRow, r *messageRow) {
		r.ID, r.placement = old.ID, old.placement
		if !slices.Contains(apart, r.Kind) && !slices.Contains(apart, old.Kind) {
			r.Kind = old.Kind
		}
	},
	grown: true,
}

// PutMessages stores what was read of raw mails, one message for each. Where
// there is one already it is replaced. The mails count as read from then on.
func (db *DB) PutMessages(ctx context.Context, messages []pipeline.Message) error {
	return db.write(ctx, "messages", func(ctx context.Context, tx bun.IDB) error {
		raws, want := make([]int64, len(messages)), make([]messageRow, len(messages))
		for i, m := range messages {
			raws[i], want[i] = m.Raw, newMessageRow(m)
		}
		if len(raws) == 0 {
			return nil
		}
		have, err := messagesOf(ctx, tx, raws)
		if err == nil {
			_, err = equalize(ctx, tx, messageShape, have, want)
		}
		if err == nil {
			err = db.indexWords(ctx, tx, have, messages)
		}
		if err == nil {
			err = tieMessages(ctx, tx, have, messages)
		}
		if err == nil {
			_, err = tx.NewDelete().Table("unread").Where("raw_id IN (?)", bun.List(raws)).Exec(ctx)
		}
		if err != nil {
			return fmt.Errorf("messages: %w", err)
		}
		return nil
	})
}

// messagesOf are the messages of raw mails.
func messagesOf(ctx context.Context, tx bun.IDB, raws []int64) ([]messageRow, error) {
	return all[messageRow](ctx, tx, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("raw_id IN (?)", bun.List(raws))
	})
}

func newMessageRow(m pipeline.Message) messageRow {
	r := messageRow{
		RawID: m.Raw, MessageID: m.Mail.MessageID, Kind: string(series.Other), Reason: m.Reason, Subject: m.Mail.Subject,
		FromName: m.Mail.Author.Name, FromAddress: lower(m.Mail.Author.Email), Sent: unix(m.Sent), List: m.List,
		HasDiff: m.Mail.HasDiff, Content: m.Content, Facts: asJSON(m.Mail), Title: m.Mail.Tag.Title, Signers: strings.Join(m.Mail.Signers, " "),
		PatchID: m.Mail.PatchID, Archive: m.Archive,
	}
	switch {
	case m.Broken:
		r.Kind = quarantined
	case m.Gone:
		r.Kind = removedKind
	}
	return r
}

// MessagesOf returns the messages of raw mails, in the order of their ids where
// these are few.
func (db *DB) MessagesOf(ctx context.Context, raws []int64) ([]pipeline.Message, error) {
	var messages []pipeline.Message
	for batch := range slices.Chunk(raws, batchRows) {
		var rows []struct {
			RawID                                int64
			MessageID, Kind, List, Reason, Facts string
			Sent                                 int64
		}
		err := db.read(ctx).NewSelect().Table("message").Column("raw_id", "message_id", "kind", "list", "reason", "sent", "facts").
			Where("raw_id IN (?)", bun.List(batch)).OrderExpr("raw_id").Scan(ctx, &rows)
		if err != nil {
			return nil, fmt.Errorf("messages: %w", err)
		}
		for _, r := range rows {
			m := pipeline.Message{
				Raw: r.RawID, List: r.List, Reason: r.Reason, Sent: moment(r.Sent), Broken: r.Kind == quarantined, Gone: r.Kind == removedKind,
			}
			if m.Mail, err = fromJSON[series.Mail]("facts of message "+r.MessageID, r.Facts); err != nil {
				return nil, err
			}
			messages = append(messages, m)
		}
	}
	return messages, nil
}
