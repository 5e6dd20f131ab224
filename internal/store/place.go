package store

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/series"
)

// A placeRow is the part of a message that assembly decides.
type placeRow struct {
	bun.BaseModel `bun:"table:message"`

	ID        int64 `bun:",pk"`
	Kind      string
	PostingID int64
	Part      int
	Action    string
	Target    string `store:"key"`
}

// A placedRow is a message and where it belongs.
type placedRow struct {
	placeRow    `bun:",extend"`
	MessageID   string
	HasDiff     bool
	FromName    string
	FromAddress string
	Sent        int64
}

func (r placedRow) isPosted() bool {
	return r.Kind == string(series.Patch) || r.Kind == string(series.Cover)
}

// placedRows reads messages by their raw ids, by message-id and the hash of
// their bytes.
func placedRows(ctx context.Context, tx bun.IDB, raws []int64) ([]placedRow, error) {
	type hashed struct {
		placedRow `bun:",extend"`
		SHA256    string `bun:"sha256"`
	}
	var found []hashed
	for batch := range slices.Chunk(raws, batchRows) {
		var rows []hashed
		err := tx.NewSelect().TableExpr("message AS m").Join("JOIN raw_mail AS r ON r.id = m.raw_id").
			Column("m.id", "m.kind", "m.posting_id", "m.part", "m.action", "m.target", "m.message_id", "m.has_diff").
			Column("m.from_name", "m.from_address", "m.sent", "r.sha256").Where("m.raw_id IN (?)", bun.List(batch)).Scan(ctx, &rows)
		if err != nil {
			return nil, err
		}
		found = append(found, rows...)
	}
	slices.SortFunc(found, func(a, b hashed) int {
		return cmp.Or(strings.Compare(a.MessageID, b.MessageID), strings.Compare(a.SHA256, b.SHA256))
	})
	rows := make([]placedRow, len(found))
	for i, r := range found {
		rows[i] = r.placedRow
	}
	return rows, nil
}

func (w *assemblyWriter) placeMessages(ctx context.Context) error {
	placed := make(map[string]series.Placed, len(w.a.Mails))
	for _, m := range w.a.Mails {
		placed[short(m.MessageID)] = m
	}
	var update []placeRow
	for have := w.have; len(have) > 0; { // all with one message-id
		n, stands := 0, -1
		for n < len(have) && have[n].MessageID == have[0].MessageID {
			r := have[n]
			if !slices.Contains(apart, r.Kind) && (stands < 0 || r.HasDiff && !have[stands].HasDiff) {
				stands = n
			}
			n++
		}
		for i, r := range have[:n] {
			p := placeRow{ID: r.ID, Kind: r.Kind}
			if !slices.Contains(apart, r.Kind) {
				p = w.place(placed[r.MessageID], r.ID, i == stands)
			}
			if p != r.placeRow {
				update = append(update, p)
			}
		}
		have = have[n:]
	}
	w.changed += len(update)
	return w.updatePlaces(ctx, update)
}

// place is where a message belongs. Of several with one message-id only the
// one that stands for all is a patch or a reply.
func (w *assemblyWriter) place(m series.Placed, id int64, stands bool) placeRow {
	r := placeRow{ID: id, Kind: string(m.Kind), PostingID: w.postingID[short(m.Posting)], Part: m.Index, Action: string(m.Action), Target: m.Target}
	if m.Posting == "" {
		r.PostingID, r.Part = 0, 0
	}
	switch {
	case m.Kind == "":
		r.Kind = string(series.Other)
	case !stands:
		r.Kind, r.Action, r.Target = copyKind, "", ""
	}
	scrub(&r)
	return r
}

func (w *assemblyWriter) updatePlaces(ctx context.Context, rows []placeRow) error {
	for batch := range slices.Chunk(rows, batchRows) {
		_, err := w.tx.NewUpdate().With("v", w.tx.NewValues(&batch)).TableExpr("message AS m").TableExpr("v").
			Set("kind = v.kind, posting_id = v.posting_id, part = v.part, action = v.action, target = v.target").
			Where("m.id = v.id").Exec(ctx)
		if err != nil {
			return err
		}
	}
	return nil
}
