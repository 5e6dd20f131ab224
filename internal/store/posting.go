package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/series"
)

// A postingRow is a row of table posting.
type postingRow struct {
	bun.BaseModel `bun:"table:posting"`

	ID         int64  `bun:",pk,autoincrement"`
	NaturalKey string `store:"key"`
	SeriesID   int64
	Position   int
	Version    int
	Total      int
	List       string
	Title      string
	AuthorName string
	Author     string
	Posted     int64
	Branch     string
	Cover      string `store:"key"`
	RFC        bool   `bun:"rfc"`
	Resend     bool
	Flaw       string
	Review     string
	Base       string
	Needs      string
	ChangeID   string
	postingState
}

// A postingState is the part of a posting that the judge stage decides.
type postingState struct {
	State       string
	StateReason string
	Targets     string
}

func (w *assemblyWriter) putPostings(ctx context.Context) error {
	type place struct {
		series   int64
		position int
	}
	places := map[string]place{}
	for _, s := range w.a.Series {
		for i, key := range s.Postings {
			places[key] = place{w.seriesID[short(s.Key)], i + 1}
		}
	}
	var want []postingRow
	var keys []string
	for _, p := range w.a.Postings {
		at, ok := places[p.Key]
		if !ok {
			continue // every posting is in a series
		}
		said := w.a.Stated[p.Key]
		want = append(want, postingRow{
			NaturalKey: p.Key, SeriesID: at.series, Position: at.position, Version: p.Version, Total: p.Total, List: p.List,
			Title: p.Title, AuthorName: p.Author.Name, Author: lower(p.Author.Email), Posted: unix(p.Date), Branch: p.Branch,
			Cover: p.Cover, RFC: p.RFC, Resend: p.Resend, Flaw: p.Flaw,
			Review: asJSON(w.a.Reviews[p.Key]), Base: said.Base, Needs: asJSON(said.Needs), ChangeID: said.ChangeID, postingState: postingState{Targets: "[]"},
		})
		keys = append(keys, short(p.Key))
	}
	if err := w.keepPostings(ctx); err != nil {
		return err
	}
	sh := shape[postingRow, string]{
		key:  func(r postingRow) string { return r.NaturalKey },
		keep: func(old postingRow, r *postingRow) { r.ID, r.postingState = old.ID, old.postingState },
	}
	err := w.count(equalize(ctx, w.tx, sh, w.postings, want))
	if err == nil {
		w.postingID, err = keyIDs(ctx, w.tx, "posting", keys)
	}
	return err
}

// keepPostings renames the stored postings that go on under another key.
func (w *assemblyWriter) keepPostings(ctx context.Context) error {
	old := make(map[int64]string, len(w.postings))
	for _, p := range w.postings {
		old[p.ID] = p.NaturalKey
	}
	was := map[string]string{}
	for _, m := range w.have {
		if m.isPosted() {
			was[m.MessageID] = old[m.PostingID]
		}
	}
	renamed := renames(w.a.Postings, func(p series.Posting) string { return short(p.Key) }, old, func(p series.Posting) (before []string) {
		for _, id := range p.MailIDs() {
			before = append(before, was[short(id)])
		}
		return before
	})
	for i, p := range w.postings {
		if key := renamed[p.NaturalKey]; key != "" {
			w.postings[i].NaturalKey = key
			w.changed++
			if err := rename(ctx, w.tx, "posting", p.ID, key); err != nil {
				return err
			}
		}
	}
	return nil
}

// PostedPatches returns all posted patches with their posting and series, by
// message-id.
func (db *DB) PostedPatches(ctx context.Context) ([]pipeline.Posted, error) {
	var rows []struct {
		MessageID, Subject, Title, FromName, FromAddress, List, Branch string
		RawID, Sent, SeriesID, LastSign                                int64
		Part, Version, Total, Position, Newest                         int
		PostingKey, SeriesKey, Sender, Signers, Cover, Archive         string
	}
	err := db.read(ctx).NewSelect().TableExpr("message AS m").
		Join("JOIN posting AS p ON p.id = m.posting_id").Join("JOIN series AS s ON s.id = p.series_id").
		Column("m.message_id", "m.subject", "m.title", "m.from_name", "m.from_address", "m.list", "m.raw_id", "m.sent", "m.part", "m.signers", "m.archive", "p.cover").
		Column("p.branch", "p.version", "p.total", "p.position", "p.series_id", "s.last_sign").
		ColumnExpr("p.natural_key AS posting_key, p.author AS sender, s.natural_key AS series_key").
		ColumnExpr("(SELECT max(position) FROM posting WHERE series_id = p.series_id) AS newest").
		Where("m.kind = ?", string(series.Patch)).OrderExpr("m.message_id").Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("posted patches: %w", err)
	}
	posted := make([]pipeline.Posted, len(rows))
	for i, r := range rows {
		posted[i] = pipeline.Posted{
			Sender: r.Sender, Signers: r.Signers, Cover: r.Cover, Archive: r.Archive,
			Key: short(change.PostedKey(r.MessageID)), MessageID: r.MessageID, Raw: r.RawID, Subject: r.Subject, Title: r.Title,
			AuthorName: r.FromName, Author: r.FromAddress, Sent: moment(r.Sent), List: r.List, Branch: r.Branch,
			PostingKey: r.PostingKey, Version: r.Version, Part: r.Part, Total: r.Total, SeriesID: r.SeriesID, SeriesKey: r.SeriesKey,
			LastSign: moment(r.LastSign), Superseded: r.Position < r.Newest,
		}
	}
	return posted, nil
}

// PostedFiles returns the paths that posted patches touch, by message-id.
func (db *DB) PostedFiles(ctx context.Context, messageIDs []string) (map[string][]string, error) {
	found := make(map[string][]string, len(messageIDs))
	for batch := range slices.Chunk(shortAll(messageIDs), batchRows) {
		var rows []struct{ MessageID, Facts string }
		err := db.read(ctx).NewSelect().Table("message").Column("message_id", "facts").
			Where("message_id IN (?) AND kind = ?", bun.List(batch), string(series.Patch)).Scan(ctx, &rows)
		if err != nil {
			return nil, fmt.Errorf("files of posted patches: %w", err)
		}
		for _, r := range rows {
			mail, err := fromJSON[struct{ Files []string }]("facts of message "+r.MessageID, r.Facts)
			if err != nil {
				return nil, err
			}
			found[r.MessageID] = mail.Files
		}
	}
	return found, nil
}
