package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/mailing"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/series"
)

// A seriesRow is a row of table series.
type seriesRow struct {
	bun.BaseModel `bun:"table:series"`

	ID          int64  `bun:",pk,autoincrement"`
	NaturalKey  string `store:"key"`
	Title       string
	List        string
	Branch      string
	AuthorName  string
	Author      string
	TakenOver   string
	State       string
	StateReason string
	Posted      int64
	LastSign    int64
}

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
}

// A trailerRow is a row of table trailer.
type trailerRow struct {
	bun.BaseModel `bun:"table:trailer"`

	ID      int64  `bun:",pk,autoincrement"`
	Reply   string `store:"key"`
	Target  string `store:"key"`
	Kind    string
	Name    string
	Address string
}

// PutAssembly makes series, postings, trailers, the places of messages and
// what mails claim equal to the answer of assembly. Series and postings keep
// their ids by key. It returns how many rows it wrote.
func (db *DB) PutAssembly(ctx context.Context, a pipeline.Assembly) (changed int, err error) {
	err = db.write(ctx, "assembly", func(ctx context.Context, tx bun.IDB) error {
		p := &assemblyWriter{tx: tx, a: a}
		for _, step := range []func(context.Context) error{p.putSeries, p.putPostings, p.placeMessages, p.putTrailers, p.putClaims} {
			if err := step(ctx); err != nil {
				return fmt.Errorf("assembly: %w", err)
			}
		}
		changed = p.changed
		return nil
	})
	return changed, err
}

// An assemblyWriter is one PutAssembly under way.
type assemblyWriter struct {
	tx       bun.IDB
	a        pipeline.Assembly
	changed  int
	series   map[string]int64 // ids by key
	postings map[string]int64
}

// count adds up what equalize returns.
func (w *assemblyWriter) count(n int, err error) error {
	w.changed += n
	return err
}

func (w *assemblyWriter) putSeries(ctx context.Context) error {
	have, err := all[seriesRow](ctx, w.tx)
	if err != nil {
		return err
	}
	first := map[string]int64{} // when a posting was sent
	for _, p := range w.a.Postings {
		first[p.Key] = unix(p.Date)
	}
	want := make([]seriesRow, len(w.a.Series))
	for i, s := range w.a.Series {
		state := w.a.States[s.Key]
		want[i] = seriesRow{
			NaturalKey: s.Key, Title: s.Title, List: s.List, Branch: s.Branch, AuthorName: s.Author.Name, Author: lower(s.Author.Email),
			TakenOver: asJSON(s.TakenOverBy), State: state.State, StateReason: state.Reason, LastSign: unix(state.LastSign),
		}
		for n, key := range s.Postings {
			if t := first[key]; n == 0 || t < want[i].Posted {
				want[i].Posted = t
			}
		}
	}
	sh := shape[seriesRow, string]{
		key: func(r seriesRow) string { return r.NaturalKey }, keep: func(old seriesRow, r *seriesRow) { r.ID = old.ID },
	}
	if err := w.count(equalize(ctx, w.tx, sh, have, want)); err != nil {
		return err
	}
	w.series, err = keyIDs(ctx, w.tx, "series")
	return err
}

func (w *assemblyWriter) putPostings(ctx context.Context) error {
	have, err := all[postingRow](ctx, w.tx)
	if err != nil {
		return err
	}
	type place struct {
		series   int64
		position int
	}
	places := map[string]place{}
	for _, s := range w.a.Series {
		for i, key := range s.Postings {
			places[key] = place{w.series[short(s.Key)], i + 1}
		}
	}
	var want []postingRow
	for _, p := range w.a.Postings {
		at, ok := places[p.Key]
		if !ok {
			continue // every posting is in a series
		}
		want = append(want, postingRow{
			NaturalKey: p.Key, SeriesID: at.series, Position: at.position, Version: p.Version, Total: p.Total, List: p.List,
			Title: p.Title, AuthorName: p.Author.Name, Author: lower(p.Author.Email), Posted: unix(p.Date), Branch: p.Branch,
			Cover: p.Cover, RFC: p.RFC, Resend: p.Resend, Flaw: p.Flaw,
		})
	}
	sh := shape[postingRow, string]{
		key: func(r postingRow) string { return r.NaturalKey }, keep: func(old postingRow, r *postingRow) { r.ID = old.ID },
	}
	if err := w.count(equalize(ctx, w.tx, sh, have, want)); err != nil {
		return err
	}
	w.postings, err = keyIDs(ctx, w.tx, "posting")
	return err
}

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
		Where("m.kind <> ?", quarantined).OrderExpr("m.message_id, r.sha256").Scan(ctx, &have)
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

func (w *assemblyWriter) putTrailers(ctx context.Context) error {
	have, err := all[trailerRow](ctx, w.tx)
	if err != nil {
		return err
	}
	var want []trailerRow
	for _, m := range w.a.Mails {
		for _, t := range m.Trailers {
			want = append(want, trailerRow{Reply: m.MessageID, Target: t.Target, Kind: t.Kind, Name: t.Person.Name, Address: lower(t.Person.Email)})
		}
	}
	sh := shape[trailerRow, trailerRow]{
		key: func(r trailerRow) trailerRow { r.ID = 0; return r }, keep: func(old trailerRow, r *trailerRow) { r.ID = old.ID },
	}
	return w.count(equalize(ctx, w.tx, sh, have, want))
}

// putClaims stores the claims of mails that say a patch was applied: about the
// patch that they answer, or about all of the series when they answer its cover
// letter.
func (w *assemblyWriter) putClaims(ctx context.Context) error {
	parts := map[string][]string{} // message-ids of patches by that of the cover letter
	for _, p := range w.a.Postings {
		for _, part := range p.Parts {
			parts[p.Cover] = append(parts[p.Cover], part.MessageID)
		}
	}
	delete(parts, "")
	var claimants []struct {
		MessageID, FromName, FromAddress string
		Sent                             int64
	}
	err := w.tx.NewSelect().Table("message").Column("message_id", "from_name", "from_address", "sent").
		Where("action = ? AND target <> ''", string(mailing.Applied)).Scan(ctx, &claimants)
	if err != nil {
		return err
	}
	targets := make(map[string]string, len(w.a.Mails))
	for _, m := range w.a.Mails {
		targets[short(m.MessageID)] = m.Target
	}
	var want []claimRow
	for _, c := range claimants {
		about, ok := parts[targets[c.MessageID]]
		if !ok {
			about = []string{targets[c.MessageID]}
		}
		who := c.FromName
		if who == "" {
			who = c.FromAddress
		}
		for _, id := range about {
			want = append(want, claimRow{
				SightingKey: change.PostedKey(id), Kind: string(mailing.Applied), Detail: who, Origin: c.MessageID, Said: c.Sent,
			})
		}
	}
	n, err := putClaims(ctx, w.tx, "sighting_key LIKE 'posted:%'", want)
	return w.count(n, err)
}

// keyIDs are the ids of all rows of a table by natural key.
func keyIDs(ctx context.Context, tx bun.IDB, table string) (map[string]int64, error) {
	var rows []struct {
		ID         int64
		NaturalKey string
	}
	if err := tx.NewSelect().Table(table).Column("id", "natural_key").Scan(ctx, &rows); err != nil {
		return nil, err
	}
	ids := make(map[string]int64, len(rows))
	for _, r := range rows {
		ids[r.NaturalKey] = r.ID
	}
	return ids, nil
}

// PostedPatches returns all posted patches with their posting and series, by
// message-id.
func (db *DB) PostedPatches(ctx context.Context) ([]pipeline.Posted, error) {
	var rows []struct {
		MessageID, Subject, Title, FromName, FromAddress, List, Branch string
		RawID, Sent, SeriesID, LastSign                                int64
		Part, Version, Total, Position, Newest                         int
		PostingKey, SeriesKey, State, StateReason                      string
	}
	err := db.read(ctx).NewSelect().TableExpr("message AS m").
		Join("JOIN posting AS p ON p.id = m.posting_id").Join("JOIN series AS s ON s.id = p.series_id").
		Column("m.message_id", "m.subject", "m.title", "m.from_name", "m.from_address", "m.list", "m.raw_id", "m.sent", "m.part").
		Column("p.branch", "p.version", "p.total", "p.position", "p.series_id", "s.last_sign", "s.state", "s.state_reason").
		ColumnExpr("p.natural_key AS posting_key, s.natural_key AS series_key").
		ColumnExpr("(SELECT max(position) FROM posting WHERE series_id = p.series_id) AS newest").
		Where("m.kind = ?", string(series.Patch)).OrderExpr("m.message_id").Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("posted patches: %w", err)
	}
	posted := make([]pipeline.Posted, len(rows))
	for i, r := range rows {
		posted[i] = pipeline.Posted{
			Key: short(change.PostedKey(r.MessageID)), MessageID: r.MessageID, Raw: r.RawID, Subject: r.Subject, Title: r.Title,
			AuthorName: r.FromName, Author: r.FromAddress, Sent: moment(r.Sent), List: r.List, Branch: r.Branch,
			PostingKey: r.PostingKey, Version: r.Version, Part: r.Part, Total: r.Total, SeriesID: r.SeriesID, SeriesKey: r.SeriesKey,
			State: r.State, StateReason: r.StateReason, LastSign: moment(r.LastSign), Superseded: r.Position < r.Newest,
		}
	}
	return posted, nil
}
