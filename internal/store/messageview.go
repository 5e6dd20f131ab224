package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/series"
)

// A Message is one mail as it was read, with its bytes.
type Message struct {
	MessageID  string
	Kind       string // as series.Kind, or "quarantined", "removed" by its archive, or "copy" of a message that counts
	Reason     string // why it is quarantined, or what was odd in it; ""
	Subject    string
	Title      string // subject without its prefixes
	FromName   string
	From       string // address, lower case
	Sent       time.Time
	List       string
	Part       int    // n of n/m; 0 for covers and replies
	Target     string // of a reply: message-id of the patch or cover it is about
	SeriesID   int64  // that it is part of or answers; 0
	ChangeID   int64  // that it posts; 0
	Status     change.Status
	Copies     int // mails with its message-id and other content
	Raw        []byte
	Oversize   bool // Raw is its header only
	Deliveries []Delivery
}

// A Delivery is how a mail reached us.
type Delivery struct {
	Source  string // name of the account or list
	Mailbox string // or path of the file
	UID     uint32 // or ordinal from 1
}

// Message returns the mail with this message-id; of several the one that
// counts. The error matches [ErrNotFound] where there is none.
func (db *DB) Message(ctx context.Context, messageID string) (Message, error) {
	var m Message
	err := db.snapshot(ctx, func(ctx context.Context) error {
		row, err := db.messageRow(ctx, messageID)
		if err != nil {
			return err
		}
		m, err = db.message(ctx, row)
		return err
	})
	return m, err
}

// messageRow finds the message that counts of those with this message-id.
func (db *DB) messageRow(ctx context.Context, messageID string) (messageRow, error) {
	var row messageRow
	err := db.read(ctx).NewSelect().Model(&row).Where("message_id = ?", short(messageID)).
		OrderExpr("kind = ?, id", copyKind).Limit(1).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		return row, fmt.Errorf("message %s: %w", messageID, err)
	}
	return row, nil
}

func (db *DB) message(ctx context.Context, r messageRow) (Message, error) {
	m := Message{
		MessageID: r.MessageID, Kind: r.Kind, Reason: r.Reason, Subject: r.Subject, Title: r.Title, FromName: r.FromName,
		From: r.FromAddress, Sent: moment(r.Sent), List: r.List, Part: r.Part, Target: r.Target,
	}
	raws, err := db.rawMails(ctx, []int64{r.RawID})
	if err != nil {
		return m, err
	}
	m.Raw, m.Oversize = raws[0].Bytes, raws[0].Oversize
	if m.SeriesID, err = db.seriesOf(ctx, r); err != nil {
		return m, err
	}
	if r.Kind == string(series.Patch) {
		key := short(change.PostedKey(r.MessageID))
		of, err := db.changesOf(ctx, []string{key})
		if err != nil {
			return m, err
		}
		m.ChangeID, m.Status = of[key].ID, of[key].Status
	}
	var same []int64 // the same mail by other ways: other lines at the top, other line ends
	err = db.read(ctx).NewSelect().Table("message").Column("raw_id").
		Where("message_id = ? AND content = ?", r.MessageID, r.Content).Scan(ctx, &same)
	if err != nil {
		return m, err
	}
	deliveries, err := all[deliveryRow](ctx, db.read(ctx), func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("raw_id IN (?)", bun.List(same)).OrderExpr("source, mailbox, uidvalidity, uid")
	})
	for _, d := range deliveries {
		m.Deliveries = append(m.Deliveries, Delivery{d.Source, d.Mailbox, uint32(d.UID)})
	}
	if err != nil {
		return m, err
	}
	n, err := db.read(ctx).NewSelect().Table("message").Where("message_id = ?", r.MessageID).Count(ctx)
	m.Copies = int(n) - len(same)
	return m, err
}

// seriesOf is the series that a message is part of, or that its target is.
func (db *DB) seriesOf(ctx context.Context, r messageRow) (int64, error) {
	var id int64
	err := db.read(ctx).NewSelect().TableExpr("posting AS p").Column("p.series_id").
		Where("p.id = ? OR p.id = (SELECT max(m.posting_id) FROM message AS m WHERE m.message_id = ? AND m.message_id <> '')", r.PostingID, r.Target).
		Limit(1).Scan(ctx, &id)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("series of message %s: %w", r.MessageID, err)
	}
	return id, nil
}

// A Quarantined mail is one that could not be read.
type Quarantined struct {
	MessageID  string // may be made up
	Raw        int64  // id of the raw mail
	Subject    string
	FromName   string
	From       string
	Sent       time.Time
	Reason     string
	Deliveries []Delivery
}

// QuarantinedMails returns mails that could not be read, the latest stored
// first, at most limit, and how many there are in all.
func (db *DB) QuarantinedMails(ctx context.Context, limit int) ([]Quarantined, int, error) {
	var rows []messageRow
	q := db.read(ctx).NewSelect().Model(&rows).ExcludeColumn("facts").Where("kind = ?", quarantined)
	total, err := q.Count(ctx)
	if err == nil {
		err = page(q, limit, 0).OrderExpr("raw_id DESC").Scan(ctx)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("quarantined mails: %w", err)
	}
	found := make([]Quarantined, len(rows))
	for i, r := range rows {
		found[i] = Quarantined{
			MessageID: r.MessageID, Raw: r.RawID, Subject: r.Subject, FromName: r.FromName, From: r.FromAddress, Sent: moment(r.Sent), Reason: r.Reason,
		}
	}
	return found, int(total), nil
}
