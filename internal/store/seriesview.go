package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/mailing"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/series"
)

// A Series is one series with all its postings.
type Series struct {
	SeriesRow
	TakenOver []string          // keys of series by others that go on with it
	Siblings  []string          // keys of series that bring the same change to other branches
	Postings  []Posting         // the oldest first
	Decisions []change.Decision // about it or one of its mails, the oldest first
}

// A Posting is one sent revision.
type Posting struct {
	ID         int64
	Key        string // message-id of its first part
	Version    int    // 2 for v2
	Total      int    // patches that it announces
	Title      string
	AuthorName string
	Author     string // address, lower case
	Posted     time.Time
	Branch     string // ""
	Cover      string // message-id of the cover letter; ""
	RFC        bool
	Resend     bool
	Flaw       string // why it is not whole; ""
	State      series.State
	Reason     string            // of the state, in words
	Review     series.Review     // what was said of it
	Base       string            // commit that it says it applies to; ""
	Needs      []series.Need     // what it says it depends on
	Targets    []pipeline.Target // what it is meant for
	Parts      []Part            // patches that are here, by index
	Replies    []Reply           // to the cover letter, in the order of the thread
}

// A Part is one patch of a posting.
type Part struct {
	MessageID  string
	Index      int // from 1
	Subject    string
	Title      string
	AuthorName string
	Author     string
	Sent       time.Time
	ChangeID   int64         // 0 where it is not known as a change yet
	Ours       bool          // of that change
	Status     change.Status // of that change where it is furthest; ""
	Match      change.Match  // the best one of this very mail; zero if there is none
	Replies    []Reply
}

// A Reply is an answer to a posted mail.
type Reply struct {
	MessageID string
	Subject   string
	FromName  string
	From      string // address, lower case
	Sent      time.Time
	Action    mailing.Action
	Depth     int // 0 answers the posted mail itself, 1 an answer to it ...
	Trailers  []Trailer
}

// A Trailer is a review trailer that a reply gives.
type Trailer struct {
	Kind    string // reviewed-by, acked-by, tested-by, nacked-by
	Name    string
	Address string
}

// Series returns the series with this id. The error matches
// [series.ErrNotFound] where there is none.
func (db *DB) Series(ctx context.Context, id int64) (Series, error) {
	var s Series
	err := db.snapshot(ctx, func(ctx context.Context) error {
		rows, err := db.seriesRows(ctx, db.read(ctx).NewSelect().TableExpr("series AS s").Where("s.id = ?", id))
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return series.ErrNotFound
		}
		s.SeriesRow = rows[0]
		var over, siblings string
		if err := db.read(ctx).NewSelect().Table("series").Column("taken_over", "siblings").Where("id = ?", id).Scan(ctx, &over, &siblings); err != nil {
			return err
		}
		if s.TakenOver, err = fromJSON[[]string]("taken_over", over); err != nil {
			return err
		}
		if s.Siblings, err = fromJSON[[]string]("siblings", siblings); err != nil {
			return err
		}
		if s.Postings, err = db.postings(ctx, id); err != nil {
			return err
		}
		s.Decisions, err = db.decisionsOn(ctx, s.Keys())
		return err
	})
	if err != nil {
		return Series{}, fmt.Errorf("series %d: %w", id, err)
	}
	return s, nil
}

// Keys are the keys that decisions about the series may name: of every posted
// mail, cover letters too.
func (s Series) Keys() []string {
	var keys []string
	for _, p := range s.Postings {
		keys = append(keys, p.Keys()...)
	}
	return keys
}

// Keys are the keys that decisions about the posting may name; the first is the
// one that new decisions do name.
func (p Posting) Keys() []string {
	keys := []string{change.PostedKey(p.Key)}
	for _, id := range append([]string{p.Cover}, p.messageIDs()...) {
		if id != "" && id != p.Key {
			keys = append(keys, change.PostedKey(id))
		}
	}
	return keys
}

func (p Posting) messageIDs() []string {
	ids := make([]string, len(p.Parts))
	for i, m := range p.Parts {
		ids[i] = m.MessageID
	}
	return ids
}

// SeriesIDOf returns the id of the series that a mail is part of or answers.
// The error matches [series.ErrNotFound] where there is none.
func (db *DB) SeriesIDOf(ctx context.Context, messageID string) (int64, error) {
	m, err := db.messageRow(ctx, messageID)
	if err != nil {
		return 0, err
	}
	id, err := db.seriesOf(ctx, m)
	if err == nil && id == 0 {
		err = fmt.Errorf("message %s: %w", messageID, series.ErrNotFound)
	}
	return id, err
}

// postings reads the postings of a series with their parts and replies.
func (db *DB) postings(ctx context.Context, seriesID int64) ([]Posting, error) {
	rows, err := all[postingView](ctx, db.read(ctx), func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("series_id = ?", seriesID).OrderExpr("position")
	})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	parts, err := db.parts(ctx, ids)
	if err != nil {
		return nil, err
	}
	var targets []string
	found := make([]Posting, len(rows))
	for i, r := range rows {
		if found[i], err = r.posting(); err != nil {
			return nil, err
		}
		found[i].Parts = parts[r.ID]
		targets = append(targets, r.Cover)
		for _, p := range found[i].Parts {
			targets = append(targets, p.MessageID)
		}
	}
	replies, err := db.replies(ctx, targets)
	if err != nil {
		return nil, err
	}
	for i := range found {
		if found[i].Cover != "" {
			found[i].Replies = replies[found[i].Cover]
		}
		for n := range found[i].Parts {
			found[i].Parts[n].Replies = replies[found[i].Parts[n].MessageID]
		}
	}
	return found, nil
}

// A postingView is a row of table posting as pages show it: what assembly and
// judging wrote.
type postingView struct {
	bun.BaseModel `bun:"table:posting"`

	ID, Posted                   int64
	NaturalKey                   string
	Version, Total               int
	Title                        string
	AuthorName, Author           string
	Branch, Cover, Flaw          string
	RFC                          bool `bun:"rfc"`
	Resend                       bool
	State, StateReason           string
	Review, Base, Needs, Targets string
}

func (r postingView) posting() (Posting, error) {
	p := Posting{
		ID: r.ID, Key: r.NaturalKey, Version: r.Version, Total: r.Total, Title: r.Title, AuthorName: r.AuthorName, Author: r.Author,
		Posted: moment(r.Posted), Branch: r.Branch, Cover: r.Cover, RFC: r.RFC, Resend: r.Resend, Flaw: r.Flaw,
		State: series.State(r.State), Reason: r.StateReason, Base: r.Base,
	}
	var err error
	if r.Review != "" { // not judged yet
		if p.Review, err = fromJSON[series.Review]("review of posting "+r.NaturalKey, r.Review); err != nil {
			return p, err
		}
	}
	if p.Needs, err = fromJSON[[]series.Need]("needs of posting "+r.NaturalKey, r.Needs); err != nil {
		return p, err
	}
	p.Targets, err = fromJSON[[]pipeline.Target]("targets of posting "+r.NaturalKey, r.Targets)
	return p, err
}

// parts reads the patches of postings, with their changes and matches.
func (db *DB) parts(ctx context.Context, postings []int64) (map[int64][]Part, error) {
	var rows []messageRow
	err := db.read(ctx).NewSelect().Model(&rows).ExcludeColumn("facts").
		Where("posting_id IN (?) AND kind || '' = ?", bun.List(postings), string(series.Patch)). // not by the index of kinds: most are patches
		OrderExpr("posting_id, part, sent, message_id").Scan(ctx)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	keys := make([]string, len(rows))
	for i, r := range rows {
		keys[i] = short(change.PostedKey(r.MessageID))
	}
	changes, err := db.changesOf(ctx, keys)
	if err != nil {
		return nil, err
	}
	matches, err := db.matches(ctx, "sighting_key IN (?)", bun.List(keys))
	if err != nil {
		return nil, err
	}
	best := map[string]change.Match{}
	for _, m := range matches {
		if was, ok := best[m.Sighting]; !ok || verdictRank(m.Verdict) < verdictRank(was.Verdict) {
			best[m.Sighting] = m
		}
	}
	parts := map[int64][]Part{}
	for i, r := range rows {
		of := changes[keys[i]]
		parts[r.PostingID] = append(parts[r.PostingID], Part{
			MessageID: r.MessageID, Index: r.Part, Subject: r.Subject, Title: r.Title, AuthorName: r.FromName, Author: r.FromAddress,
			Sent: moment(r.Sent), ChangeID: of.ID, Ours: of.Ours, Status: of.Status, Match: best[keys[i]],
		})
	}
	return parts, nil
}

func verdictRank(v change.Verdict) int {
	return slices.Index([]change.Verdict{change.Merged, change.Probable, change.None}, v)
}

// A changeOf is a sighting's change at one of its places.
type changeOf struct {
	NaturalKey, Title, Place, Status, Action string
	ChangeID                                 int64
	Ours                                     bool
}

// changesOf finds the changes of sightings that belong to one change only. Of
// several standings the one that is furthest counts.
func (db *DB) changesOf(ctx context.Context, keys []string) (map[string]ChangeRow, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	var rows []changeOf
	err := db.read(ctx).NewSelect().TableExpr("sighting AS s").Join("JOIN change AS c ON c.id = s.change_id").
		Join("LEFT JOIN standing AS st ON st.change_id = c.id").Join("LEFT JOIN status AS j ON j.standing_id = st.id").
		Column("s.natural_key", "s.change_id", "c.title", "c.ours").
		ColumnExpr("coalesce(st.place, '') AS place, coalesce(j.status, '') AS status, coalesce(j.action, '') AS action").
		Where("s.natural_key IN (?)", bun.List(keys)).Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	rank := func(s change.Status) int {
		if i := slices.Index(change.Statuses(), s); i >= 0 {
			return i
		}
		return len(change.Statuses())
	}
	slices.SortFunc(rows, func(a, b changeOf) int {
		return cmp.Or(cmp.Compare(rank(change.Status(b.Status)), rank(change.Status(a.Status))), cmp.Compare(b.Place, a.Place))
	})
	found := make(map[string]ChangeRow, len(keys))
	for _, r := range rows { // the furthest last
		found[r.NaturalKey] = ChangeRow{
			ID: r.ChangeID, Title: r.Title, Ours: r.Ours, Place: r.Place,
			Judgement: change.Judgement{Status: change.Status(r.Status), Action: change.Action(r.Action)},
		}
	}
	return found, nil
}
