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
	placement
}

// A placement is the part of a message that assembly decides.
type placement struct {
	PostingID int64
	Part      int
	Action    string
	Target    string `store:"key"`
}

// messageShape keeps what assembly decided.
var messageShape = shape[messageRow, int64]{
	key: func(r messageRow) int64 { return r.RawID },
	keep: func(old messageRow, r *messageRow) {
		r.ID = old.ID
		if !slices.Contains(apart, r.Kind) && !slices.Contains(apart, old.Kind) {
			r.Kind, r.placement = old.Kind, old.placement
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
	}
	switch {
	case m.Broken:
		r.Kind = quarantined
	case m.Gone:
		r.Kind = removedKind
	}
	return r
}

// Messages returns all messages that are neither quarantined nor taken back, by
// message-id and the hash of their bytes.
func (db *DB) Messages(ctx context.Context) ([]pipeline.Message, error) {
	n, err := db.read(ctx).NewSelect().Table("message").Where("kind NOT IN (?)", bun.List(apart)).Count(ctx)
	if err != nil {
		return nil, fmt.Errorf("messages: %w", err)
	}
	rows, err := db.read(ctx).NewSelect().TableExpr("message AS m").
		Column("m.raw_id", "m.message_id", "m.list", "m.reason", "m.sent", "m.facts").Join("JOIN raw_mail AS r ON r.id = m.raw_id").
		Where("m.kind NOT IN (?)", bun.List(apart)).OrderExpr("m.message_id, r.sha256").Rows(ctx)
	if err != nil {
		return nil, fmt.Errorf("messages: %w", err)
	}
	defer rows.Close()
	messages := make([]pipeline.Message, 0, n)
	known := shared{}
	for rows.Next() { // one at a time: the facts of all would double the memory
		var m pipeline.Message
		var id, facts string
		var sent int64
		if err := rows.Scan(&m.Raw, &id, &m.List, &m.Reason, &sent, &facts); err != nil {
			return nil, fmt.Errorf("messages: %w", err)
		}
		if m.Mail, err = fromJSON[series.Mail]("facts of message "+id, facts); err != nil {
			return nil, err
		}
		m.Sent, m.List = moment(sent), known.text(m.List)
		known.mail(&m.Mail)
		messages = append(messages, m)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("messages: %w", err)
	}
	return messages, nil
}

// shared has each text once: mails name one another, and the same people and
// files, so often that it is half of the memory.
type shared map[string]string

func (s shared) text(t string) string {
	if have, ok := s[t]; ok {
		return have
	}
	s[t] = t
	return t
}

// mail makes the texts of a mail that others are likely to have the shared ones.
func (s shared) mail(m *series.Mail) {
	for _, t := range []*string{
		&m.MessageID, &m.InReplyTo, &m.List, &m.From.Name, &m.From.Email, &m.Author.Name, &m.Author.Email, &m.Tag.Title,
	} {
		*t = s.text(*t)
	}
	for _, list := range [][]string{m.References, m.Files} {
		for i, t := range list {
			list[i] = s.text(t)
		}
	}
}
