package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/mailing"
	"github.com/upstreamd/upstreamd/internal/pipeline"
)

// Submissions returns all series with their postings, by id.
func (db *DB) Submissions(ctx context.Context) ([]pipeline.Submission, error) {
	var rows []struct {
		ID, LastSign, WaitingSince, ValidUntil                    int64
		NaturalKey, Title, TakenOver                              string
		State, StateReason, WaitingOn, WaitingFor, Inputs         string
		Ours, RFC, Resend                                         bool
		PostingID, Posted                                         int64
		Version, Total                                            int
		PostingKey, List, AuthorName, Author, Flaw, Review, Needs string
		ChangeID, PostingState, PostingReason                     string
	}
	err := db.read(ctx).NewSelect().TableExpr("series AS s").Join("JOIN posting AS p ON p.series_id = s.id").
		Column("s.id", "s.last_sign", "s.waiting_since", "s.valid_until", "s.natural_key", "s.title", "s.taken_over",
			"s.state", "s.state_reason", "s.waiting_on", "s.waiting_for", "s.inputs", "s.ours").
		Column("p.rfc", "p.resend", "p.posted", "p.version", "p.total", "p.list", "p.author_name", "p.author", "p.flaw", "p.review", "p.needs", "p.change_id").
		ColumnExpr("p.id AS posting_id, p.natural_key AS posting_key, p.state AS posting_state, p.state_reason AS posting_reason").
		OrderExpr("s.id, p.position").Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("submissions: %w", err)
	}
	var found []pipeline.Submission
	for _, r := range rows {
		if n := len(found); n == 0 || found[n-1].ID != r.ID {
			s := pipeline.Submission{ID: r.ID, Key: r.NaturalKey, Title: r.Title, LastSign: moment(r.LastSign), ReviewState: pipeline.ReviewState{
				State: r.State, Reason: r.StateReason, Ours: r.Ours, WaitingOn: r.WaitingOn, WaitingFor: r.WaitingFor,
				WaitingSince: moment(r.WaitingSince), JudgedAt: pipeline.JudgedAt{Inputs: r.Inputs, ValidUntil: moment(r.ValidUntil)},
			}}
			if s.TakenOver, err = fromJSON[[]string]("who took over series "+r.NaturalKey, r.TakenOver); err != nil {
				return nil, err
			}
			found = append(found, s)
		}
		s := &found[len(found)-1]
		s.Sent = append(s.Sent, pipeline.Sent{
			ID: r.PostingID, Key: r.PostingKey, List: r.List, Version: r.Version, Total: r.Total, RFC: r.RFC, Resend: r.Resend,
			Author: mailing.Person{Name: r.AuthorName, Email: r.Author}, At: moment(r.Posted), Flaw: r.Flaw, Review: r.Review,
			Needs: r.Needs, ChangeID: r.ChangeID, State: r.PostingState, Reason: r.PostingReason,
		})
	}
	return found, nil
}

// A reviewRow is the part of a series that the judge stage decides.
type reviewRow struct {
	bun.BaseModel `bun:"table:series"`

	ID           int64 `bun:",pk"`
	State        string
	StateReason  string
	Ours         bool
	WaitingOn    string
	WaitingFor   string
	WaitingSince int64
	ValidUntil   int64
	Inputs       string
}

// A sentRow is the part of a posting that the judge stage decides.
type sentRow struct {
	bun.BaseModel `bun:"table:posting"`

	ID          int64 `bun:",pk"`
	State       string
	StateReason string
}

// PutReviews stores what was judged of series and their postings; others keep
// what they have.
func (db *DB) PutReviews(ctx context.Context, judged []pipeline.JudgedReview) error {
	if len(judged) == 0 {
		return nil
	}
	var reviews []reviewRow
	var sent []sentRow
	for _, j := range judged {
		reviews = append(reviews, reviewRow{
			ID: j.Series, State: j.State, StateReason: j.Reason, Ours: j.Ours, WaitingOn: j.WaitingOn, WaitingFor: j.WaitingFor,
			WaitingSince: unix(j.WaitingSince), ValidUntil: unix(j.ValidUntil), Inputs: j.Inputs,
		})
		for _, p := range j.Sent {
			sent = append(sent, sentRow{ID: p.ID, State: p.State, StateReason: p.Reason})
		}
	}
	return db.write(ctx, "messages", func(ctx context.Context, tx bun.IDB) error { // not while assembly writes the other columns
		err := updateRows(ctx, tx, reviews, "state", "state_reason", "ours", "waiting_on", "waiting_for", "waiting_since", "valid_until", "inputs")
		if err == nil {
			err = updateRows(ctx, tx, sent, "state", "state_reason")
		}
		if err != nil {
			return fmt.Errorf("reviews: %w", err)
		}
		return nil
	})
}

// updateRows sets these columns of the stored rows with the ids of rows.
func updateRows[R any](ctx context.Context, tx bun.IDB, rows []R, columns ...string) error {
	for batch := range slices.Chunk(rows, batchRows) {
		q := tx.NewUpdate().With("v", tx.NewValues(&batch)).Model((*R)(nil)).TableExpr("v")
		for _, c := range columns {
			q = q.Set("? = v.?", bun.Ident(c), bun.Ident(c))
		}
		if _, err := q.Where("?TableAlias.id = v.id").Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// PatchIDs finds the posted mails with one of these patch-ids: message-ids by
// patch-id, the oldest mail of each.
func (db *DB) PatchIDs(ctx context.Context, ids []string) (map[string]string, error) {
	found := map[string]string{}
	if len(ids) == 0 {
		return found, nil
	}
	var rows []struct{ MessageID, PatchID string }
	err := db.read(ctx).NewSelect().Table("message").Column("message_id", "patch_id").
		Where("patch_id IN (?) AND patch_id <> '' AND posting_id <> 0", bun.List(ids)).OrderExpr("sent DESC, message_id DESC").Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("mails with patch-ids: %w", err)
	}
	for _, r := range rows {
		found[r.PatchID] = r.MessageID
	}
	return found, nil
}

// Unjudged are the notes of what was written since the last judging; none means
// that nothing was.
func (db *DB) Unjudged(ctx context.Context) ([]int64, error) {
	var ids []int64
	if err := db.read(ctx).NewSelect().Table("unjudged").Column("id").OrderExpr("id").Scan(ctx, &ids); err != nil {
		return nil, fmt.Errorf("what is to be judged: %w", err)
	}
	return ids, nil
}

// DropUnjudged takes back notes, when what they stand for was looked at.
func (db *DB) DropUnjudged(ctx context.Context, ids []int64) error {
	return db.InTx(ctx, func(ctx context.Context) error {
		for batch := range slices.Chunk(ids, batchRows) {
			if _, err := db.tx(ctx).NewDelete().Table("unjudged").Where("id IN (?)", bun.List(batch)).Exec(ctx); err != nil {
				return fmt.Errorf("what was judged: %w", err)
			}
		}
		return nil
	})
}

// NextJudging is the first moment when the clock alone may change a judgement;
// zero is never.
func (db *DB) NextJudging(ctx context.Context) (time.Time, error) {
	var first time.Time
	for _, table := range []string{"status", "series", "truth"} {
		var at sql.NullInt64
		if err := db.read(ctx).NewSelect().Table(table).ColumnExpr("min(valid_until)").Where("valid_until > 0").Scan(ctx, &at); err != nil {
			return first, fmt.Errorf("next judging: %w", err)
		}
		if t := moment(at.Int64); at.Valid && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first, nil
}
