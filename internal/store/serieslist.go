package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/query"
	"github.com/upstreamd/upstreamd/internal/series"
)

// A SeriesRow is one series with what is known of its newest revision.
type SeriesRow struct {
	ID         int64
	Key        string // message-id of the first part of its first posting
	Title      string
	List       string
	Branch     string // that it is meant for; ""
	AuthorName string
	Author     string // address, lower case
	State      series.State
	Reason     string
	Posted     time.Time
	LastSign   time.Time
	Version    int  // of the newest revision
	Revisions  int  // how many there are
	Parts      int  // patches of the newest revision that are here
	Merged     int  // of these: changes that are upstream
	Ours       bool // the team sent it, said so, or carries its diff
	Waiting    Waiting
}

// Waiting says who has to act on a series; zero is nobody.
type Waiting struct {
	On    string    // "us" or "them"; ""
	For   string    // who that is and what for, in words
	Since time.Time // zero for nobody
}

// A SeriesQuery narrows the list of series. Zero values do not narrow it.
type SeriesQuery struct {
	// Text is what subjects or people of its mails have: beginnings of words,
	// in the newest mails that have them; of ours parts of words, in any.
	Text          string
	List          string
	State         string
	Ours          bool
	Waiting       string // "us" or "them"
	Broken        bool   // patches of the newest revision no longer apply to their branch
	Limit, Offset int    // rows of the page; Limit 0 is all
}

// MaxCounted is how many series are counted: the number of more is not worth
// the time that it takes.
const MaxCounted = 2000

// A seriesListRow is a series with its newest posting.
type seriesListRow struct {
	ID                    int64
	NaturalKey            string
	Title, List, Branch   string
	AuthorName, Author    string
	State, StateReason    string
	Posted, LastSign      int64
	Ours                  bool
	WaitingOn, WaitingFor string
	WaitingSince          int64
	PostingID             int64
	Version, Revisions    int
}

// FindSeries returns the series that q asks for, the latest sign of life
// first, and how many there are on all pages, at most [MaxCounted] + 1.
func (db *DB) FindSeries(ctx context.Context, q SeriesQuery) (rows []SeriesRow, total int, err error) {
	err = db.snapshot(ctx, func(ctx context.Context) error {
		var named []int64
		if !q.Ours { // ours are few: narrow reads their titles
			if named, err = db.seriesWith(ctx, q.Text); err != nil {
				return err
			}
		}
		base := func() *bun.SelectQuery {
			s := q.narrow(db.read(ctx).NewSelect().TableExpr("series AS s"))
			if named != nil {
				s = s.Where("s.id IN (?)", bun.List(named))
			}
			if q.Broken {
				s = s.Where("s.id IN (?)", db.brokenSeries(ctx))
			}
			return s
		}
		some := base().ColumnExpr("1").Limit(MaxCounted + 1)
		if err := db.read(ctx).NewSelect().TableExpr("(?) AS counted", some).ColumnExpr("count(*)").Scan(ctx, &total); err != nil {
			return err
		}
		rows, err = db.seriesRows(ctx, page(base(), q.Limit, q.Offset))
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("series: %w", err)
	}
	return rows, total, nil
}

// AnySeries says whether there is any series at all.
func (db *DB) AnySeries(ctx context.Context) (bool, error) {
	return db.anyRow(ctx, "series")
}

func (s SeriesQuery) narrow(q *bun.SelectQuery) *bun.SelectQuery {
	also := "" // ours are few: their index leads, and no other may
	if s.Ours {
		q, also = q.Where("s.ours = ?", true), " || ''"
		q = containing(q, s.Text, like("s.title || ' ' || s.author_name || ' ' || s.author"))
	}
	if s.List != "" {
		q = q.Where("s.list"+also+" = ?", s.List)
	}
	if s.State != "" {
		q = q.Where("s.state"+also+" = ?", s.State)
	}
	if s.Waiting != "" {
		q = q.Where("s.waiting_on"+also+" = ?", s.Waiting)
	}
	return q
}

// maxNamed is how many mails, the newest, are looked at for the words of a list
// of series.
const maxNamed = 2000

// seriesWith are the ids of the series of the newest mails that have the words
// of text, nil where text has none. The index of words leads: no table is read
// from end to end.
func (db *DB) seriesWith(ctx context.Context, text string) ([]int64, error) {
	words := db.titleWords(text)
	if words == "" {
		return nil, nil
	}
	key := bun.Ident("w." + db.wordsKey())
	mails := db.read(ctx).NewSelect().TableExpr("message_words AS w").Join("CROSS JOIN message AS m").Column("m.posting_id").
		Where("m.id = (? & ?)", key, 1<<idBits-1).Where(db.wordsMatch(), words).Where("m.posting_id <> 0").
		OrderExpr("? DESC", key).Limit(maxNamed)
	ids := []int64{}
	err := db.read(ctx).NewSelect().TableExpr("posting AS p").Column("p.series_id").Distinct().Where("p.id IN (?)", mails).Scan(ctx, &ids)
	return append(ids, 0), err // no series has id 0: the list is never empty
}

// titleWords asks the index for mails with words that begin as those of text
// in their subject, people or list; "" where text has no word.
func (db *DB) titleWords(text string) string {
	form, and := "({subject people list} : %s *)", " AND "
	if db.driver == Postgres {
		form, and = "'%s':*AB", " & "
	}
	var terms []string
	for _, w := range firstWords(query.Words(text)) {
		terms = append(terms, fmt.Sprintf(form, db.quoteWord(w)))
	}
	return strings.Join(terms, and)
}

func firstWords(words []string) []string { return words[:min(len(words), maxWords)] }

// quoteWord is a word, letters and digits alone, in the engine's language.
func (db *DB) quoteWord(w string) string {
	if db.driver == Postgres {
		return w
	}
	return `"` + w + `"`
}

// seriesRows reads the rows of a query on table series AS s.
func (db *DB) seriesRows(ctx context.Context, q *bun.SelectQuery) ([]SeriesRow, error) {
	var found []seriesListRow
	err := q.Column("s.id", "s.natural_key", "s.title", "s.list", "s.branch", "s.author_name", "s.author", "s.state", "s.state_reason").
		Column("s.posted", "s.last_sign", "s.ours", "s.waiting_on", "s.waiting_for", "s.waiting_since").
		ColumnExpr("p.id AS posting_id, p.version, p.position AS revisions").
		Join("CROSS JOIN posting AS p"). // holds SQLite to the order of the list
		Where("p.series_id = s.id AND p.position = (SELECT max(position) FROM posting WHERE series_id = s.id)").
		OrderExpr("s.last_sign DESC, s.id DESC").Scan(ctx, &found)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	postings := make([]int64, len(found))
	for i, r := range found {
		postings[i] = r.PostingID
	}
	parts, err := db.parts(ctx, postings)
	if err != nil {
		return nil, err
	}
	rows := make([]SeriesRow, len(found))
	for i, r := range found {
		rows[i] = r.row()
		for _, p := range parts[r.PostingID] {
			rows[i].Parts++
			if p.upstream() {
				rows[i].Merged++
			}
		}
	}
	return rows, nil
}

func (r seriesListRow) row() SeriesRow {
	return SeriesRow{
		ID: r.ID, Key: r.NaturalKey, Title: r.Title, List: r.List, Branch: r.Branch, AuthorName: r.AuthorName, Author: r.Author,
		State: series.State(r.State), Reason: r.StateReason, Posted: moment(r.Posted), LastSign: moment(r.LastSign),
		Version: r.Version, Revisions: r.Revisions, Ours: r.Ours, Waiting: Waiting{r.WaitingOn, r.WaitingFor, moment(r.WaitingSince)},
	}
}

// upstream says whether the patch is upstream: its change stands so anywhere,
// or the layers dropped it when it was.
func (p Part) upstream() bool {
	switch p.Status {
	case change.InUpstream, change.Droppable:
		return true
	case change.NotCarried:
		return p.Match.Verdict == change.Merged
	}
	return false
}
