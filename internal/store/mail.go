package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/klauspost/compress/zstd"
	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/pipeline"
)

// A rawRow is a row of table raw_mail.
type rawRow struct {
	bun.BaseModel `bun:"table:raw_mail"`

	ID       int64  `bun:",pk,autoincrement"`
	SHA256   string `bun:"sha256"`
	Size     int64
	Body     []byte
	Oversize bool
}

// A deliveryRow is a row of table delivery.
type deliveryRow struct {
	bun.BaseModel `bun:"table:delivery,alias:delivery"`

	ID          int64 `bun:",pk,autoincrement"`
	RawID       int64
	Source      string
	Mailbox     string `store:"key"`
	UIDValidity int64  `bun:"uidvalidity"`
	UID         int64  `bun:"uid"`
	Removed     bool
}

// An unreadRow is a row of table unread.
type unreadRow struct {
	bun.BaseModel `bun:"table:unread"`

	RawID int64 `bun:",pk"`
}

// A codec packs the bytes of mails.
type codec struct {
	enc *zstd.Encoder
	dec *zstd.Decoder
}

// maxUnpacked is the most that a packed mail may come to.
const maxUnpacked = 1 << 30

func newCodec() (codec, error) {
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		return codec{}, err
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxUnpacked), zstd.WithDecoderConcurrency(0))
	return codec{enc, dec}, err
}

func (c codec) pack(b []byte) []byte            { return c.enc.EncodeAll(b, nil) }
func (c codec) unpack(b []byte) ([]byte, error) { return c.dec.DecodeAll(b, nil) }

// rawBatchBytes is how many packed bytes one statement writes, about.
const rawBatchBytes = 4 << 20

// PutRawMails stores mails that are not known yet, and how each came; both can
// be repeated. It returns how many mails are new. Only Bytes, Oversize and
// the delivery's fields are looked at. A mail that is known and came from a file
// it had not come from, or was taken back, is queued to be read again: what is
// said of it may depend on that.
func (db *DB) PutRawMails(ctx context.Context, mails []pipeline.RawMail) (added int, err error) {
	for batch := range slices.Chunk(mails, batchRows) {
		err := db.write(ctx, "mails", func(ctx context.Context, tx bun.IDB) error {
			n, err := db.putMails(ctx, tx, batch)
			added += n
			return err
		})
		if err != nil {
			return added, fmt.Errorf("mails: %w", err)
		}
	}
	return added, nil
}

func (db *DB) putMails(ctx context.Context, tx bun.IDB, mails []pipeline.RawMail) (added int, err error) {
	sums := make([]string, len(mails))
	for i, m := range mails {
		sum := sha256.Sum256(m.Bytes)
		sums[i] = hex.EncodeToString(sum[:])
	}
	ids, err := rawIDs(ctx, tx, sums)
	if err != nil {
		return 0, err
	}
	var fresh []string
	var rows []rawRow
	size := 0
	for i, m := range mails {
		if _, ok := ids[sums[i]]; ok {
			continue
		}
		ids[sums[i]] = 0 // the same mail may come twice in one batch
		fresh = append(fresh, sums[i])
		rows = append(rows, rawRow{SHA256: sums[i], Size: int64(len(m.Bytes)), Body: db.zip.pack(m.Bytes), Oversize: m.Oversize})
		if size += len(rows[len(rows)-1].Body); size > rawBatchBytes {
			if err := insert(ctx, tx, rows); err != nil {
				return 0, err
			}
			rows, size = nil, 0
		}
	}
	if err := insert(ctx, tx, rows); err != nil {
		return 0, err
	}
	given, err := rawIDs(ctx, tx, fresh)
	if err != nil {
		return 0, err
	}
	maps.Copy(ids, given)
	again, err := putDeliveries(ctx, tx, mails, sums, ids)
	if err != nil {
		return 0, err
	}
	return len(fresh), markUnread(ctx, tx, slices.Concat(slices.Collect(maps.Values(given)), again))
}

// markUnread queues mails to be read; those that are queued already stay.
func markUnread(ctx context.Context, tx bun.IDB, ids []int64) error {
	slices.Sort(ids)
	var rows []unreadRow
	for _, id := range slices.Compact(ids) {
		rows = append(rows, unreadRow{RawID: id})
	}
	if len(rows) == 0 {
		return nil
	}
	_, err := tx.NewInsert().Model(&rows).On("CONFLICT DO NOTHING").Returning("NULL").Exec(ctx)
	return err
}

// Reread queues all mails to be read again and returns how many there are.
func (db *DB) Reread(ctx context.Context) (int, error) {
	n := 0
	err := db.write(ctx, "mails", func(ctx context.Context, tx bun.IDB) error {
		for _, q := range []string{
			"INSERT INTO unread SELECT id FROM raw_mail WHERE true ON CONFLICT DO NOTHING",
			"INSERT INTO loose SELECT raw_id FROM message WHERE true ON CONFLICT DO NOTHING",
			"DELETE FROM tie", // they are made when the mails are read
		} {
			if _, err := tx.NewRaw(q).Exec(ctx); err != nil {
				return err
			}
		}
		return tx.NewRaw("SELECT count(*) FROM unread").Scan(ctx, &n)
	})
	if err != nil {
		return 0, fmt.Errorf("mails to be read again: %w", err)
	}
	return n, nil
}

// Unread is how many mails are queued to be read.
func (db *DB) Unread(ctx context.Context) (n int, err error) {
	if err = db.read(ctx).NewRaw("SELECT count(*) FROM unread").Scan(ctx, &n); err != nil {
		err = fmt.Errorf("unread mails: %w", err)
	}
	return n, err
}

// rawIDs finds the ids of the mails with these sums that are stored.
func rawIDs(ctx context.Context, tx bun.IDB, sums []string) (map[string]int64, error) {
	var rows []rawRow
	if len(sums) == 0 {
		return map[string]int64{}, nil
	}
	err := tx.NewSelect().Model(&rows).Column("id", "sha256").Where("sha256 IN (?)", bun.List(sums)).Scan(ctx)
	ids := make(map[string]int64, len(rows))
	for _, r := range rows {
		ids[r.SHA256] = r.ID
	}
	return ids, err
}

// putDeliveries stores how mails came; deliveries that are known stay, but for
// whether the mail was taken back. It returns the mails that came from a file
// anew or were taken back.
func putDeliveries(ctx context.Context, tx bun.IDB, mails []pipeline.RawMail, sums []string, ids map[string]int64) (again []int64, err error) {
	rows := make([]deliveryRow, 0, len(mails))
	at := make(map[deliveryRow]int, len(mails)) // one statement must not touch a row twice
	for i, m := range mails {
		r := deliveryRow{
			RawID: ids[sums[i]], Source: m.Source, Mailbox: m.Mailbox, UIDValidity: int64(m.UIDValidity), UID: int64(m.UID),
		}
		scrub(&r)
		if n, ok := at[r]; ok {
			rows[n].Removed = m.Removed // the last word counts
			continue
		}
		at[r] = len(rows)
		r.Removed = m.Removed
		rows = append(rows, r)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	var changed []deliveryRow
	err = tx.NewInsert().Model(&rows).
		On("CONFLICT (source, mailbox, uidvalidity, uid, raw_id) DO UPDATE SET removed = EXCLUDED.removed WHERE delivery.removed <> EXCLUDED.removed").
		Returning("raw_id, uidvalidity").Scan(ctx, &changed)
	for _, r := range changed {
		if r.UIDValidity == 0 {
			again = append(again, r.RawID)
		}
	}
	return again, err
}

// maxUnread bounds the bytes that UnreadMails returns at once.
const maxUnread = 64 << 20

// UnreadMails returns mails that no message was read from yet, oldest first,
// with their bytes, and the first delivery of each, by name and number. It returns
// at most limit, and fewer where they are large; none is left when it returns
// none.
func (db *DB) UnreadMails(ctx context.Context, limit int) ([]pipeline.RawMail, error) {
	var heads []struct {
		ID   int64
		Size int64
	}
	err := db.read(ctx).NewSelect().TableExpr("unread AS u").Join("JOIN raw_mail AS r ON r.id = u.raw_id").
		Column("r.id", "r.size").OrderExpr("u.raw_id").Limit(int64(limit)).Scan(ctx, &heads)
	if err != nil {
		return nil, fmt.Errorf("unread mails: %w", err)
	}
	var ids []int64
	total := int64(0)
	for _, h := range heads {
		if total += h.Size; total > maxUnread && len(ids) > 0 {
			break
		}
		ids = append(ids, h.ID)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	mails, err := db.rawMails(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("unread mails: %w", err)
	}
	return mails, nil
}

// rawMails reads the mails with these ids, in the order of ids.
func (db *DB) rawMails(ctx context.Context, ids []int64) ([]pipeline.RawMail, error) {
	rows, err := all[rawRow](ctx, db.read(ctx), func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("id IN (?)", bun.List(ids)).OrderExpr("id")
	})
	if err != nil {
		return nil, err
	}
	deliveries, err := all[deliveryRow](ctx, db.read(ctx), func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("raw_id IN (?)", bun.List(ids)).OrderExpr("source DESC, mailbox DESC, uidvalidity DESC, uid DESC")
	})
	if err != nil {
		return nil, err
	}
	first, filed, kept := make(map[int64]deliveryRow, len(rows)), map[int64][]string{}, map[int64]bool{}
	for _, d := range deliveries {
		first[d.RawID] = d
		if d.UIDValidity == 0 {
			filed[d.RawID] = append(filed[d.RawID], d.Source)
		}
		if !d.Removed {
			kept[d.RawID] = true
		}
	}
	mails := make([]pipeline.RawMail, len(rows))
	for i, r := range rows {
		slices.Sort(filed[r.ID])
		b, err := db.zip.unpack(r.Body)
		if err != nil {
			return nil, fmt.Errorf("raw mail %d: %w", r.ID, err)
		}
		d := first[r.ID]
		mails[i] = pipeline.RawMail{
			ID: r.ID, SHA256: r.SHA256, Bytes: b, Oversize: r.Oversize, Source: d.Source, Mailbox: d.Mailbox,
			UIDValidity: uint32(d.UIDValidity), UID: uint32(d.UID), Removed: !kept[r.ID], Filed: filed[r.ID],
		}
	}
	return mails, nil
}

// RawMail returns the bytes of a stored mail. The error matches [ErrNotFound]
// where there is none.
func (db *DB) RawMail(ctx context.Context, id int64) ([]byte, error) {
	var body []byte
	err := db.read(ctx).NewSelect().Table("raw_mail").Column("body").Where("id = ?", id).Scan(ctx, &body)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	if err == nil {
		body, err = db.zip.unpack(body)
	}
	if err != nil {
		return nil, fmt.Errorf("raw mail %d: %w", id, err)
	}
	return body, nil
}

// RawByMessageID returns the bytes of the mail with this message-id; where
// there are several, of the one that counts. The error matches [ErrNotFound]
// where there is none.
func (db *DB) RawByMessageID(ctx context.Context, messageID string) ([]byte, error) {
	var raw int64
	err := db.read(ctx).NewSelect().Table("message").Column("raw_id").Where("message_id = ?", short(messageID)).
		OrderExpr("kind = 'copy', id").Limit(1).Scan(ctx, &raw)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("message %s: %w", messageID, err)
	}
	return db.RawMail(ctx, raw)
}
