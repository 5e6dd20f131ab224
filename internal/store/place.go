package store

import (
	"context"
	"slices"

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

func (w *assemblyWriter) placeMessages(ctx context.Context) error {
	var have []struct {
		placeRow  `bun:",extend"`
		MessageID string
		HasDiff   bool
	}
	err := w.tx.NewSelect().TableExpr("message AS m").Join("JOIN raw_mail AS r ON r.id = m.raw_id").
		Column("m.id", "m.kind", "m.posting_id", "m.part", "m.action", "m.target", "m.message_id", "m.has_diff").
		Where("m.kind NOT IN (?)", bun.List(apart)).OrderExpr("m.message_id, r.sha256").Scan(ctx, &have)
	if err != nil {
		return err
	}
	placed := make(map[string]series.Placed, len(w.a.Mails))
	for _, m := range w.a.Mails {
		placed[short(m.MessageID)] = m
	}
	var update []placeRow
	for len(have) > 0 { // all with one message-id
		n, stands := 1, 0
		for n < len(have) && have[n].MessageID == have[0].MessageID {
			if have[n].HasDiff && !have[stands].HasDiff {
				stands = n
			}
			n++
		}
		for i, r := range have[:n] {
			if p := w.place(placed[r.MessageID], r.ID, i == stands); p != r.placeRow {
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
	r := placeRow{ID: id, Kind: string(m.Kind), PostingID: w.postings[short(m.Posting)], Part: m.Index, Action: string(m.Action), Target: m.Target}
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
