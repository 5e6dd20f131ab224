package store

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/change"
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
	Ours       bool // one of its patches is a change of ours
}

// A SeriesQuery narrows the list of series. Zero values do not narrow it.
type SeriesQuery struct {
	Text          string // words that title or author contain
	List          string
	State         string
	Ours          bool
	Limit, Offset int // rows of the page; Limit 0 is all
}

// A seriesListRow is a series with its newest posting.
type seriesListRow struct {
	seriesRow `bun:",extend"`
	PostingID int64
	Version   int
	Revisions int
}

// FindSeries returns the series that q asks for, the latest sign of life
// first, and how many there are on all pages.
func (db *DB) FindSeries(ctx context.Context, q SeriesQuery) (rows []SeriesRow, total int, err error) {
	err = db.snapshot(ctx, func(ctx context.Context) error {
		base := func() *bun.SelectQuery {
			return q.narrow(db.read(ctx).NewSelect().TableExpr("series AS s"))
		}
		if err := base().ColumnExpr("count(*)").Scan(ctx, &total); err != nil {
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

func (s SeriesQuery) narrow(q *bun.SelectQuery) *bun.SelectQuery {
	if s.List != "" {
		q = q.Where("s.list = ?", s.List)
	}
	if s.State != "" {
		q = q.Where("s.state = ?", s.State)
	}
	if s.Ours {
		q = q.Where(`s.id IN (SELECT p.series_id FROM posting AS p JOIN message AS m ON m.posting_id = p.id AND m.kind = 'patch'
			JOIN sighting AS g ON g.natural_key = 'posted:' || m.message_id JOIN change AS c ON c.id = g.change_id AND c.ours)`)
	}
	return containing(q, s.Text, like("s.title || ' ' || s.author_name || ' ' || s.author"))
}

// seriesRows reads the rows of a query on table series AS s.
func (db *DB) seriesRows(ctx context.Context, q *bun.SelectQuery) ([]SeriesRow, error) {
	var found []seriesListRow
	err := q.ColumnExpr("s.*, p.id AS posting_id, p.version, p.position AS revisions").
		Join("JOIN posting AS p ON p.series_id = s.id AND p.position = (SELECT max(position) FROM posting WHERE series_id = s.id)").
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
			rows[i].Ours = rows[i].Ours || p.Ours
		}
	}
	return rows, nil
}

func (r seriesListRow) row() SeriesRow {
	return SeriesRow{
		ID: r.ID, Key: r.NaturalKey, Title: r.Title, List: r.List, Branch: r.Branch, AuthorName: r.AuthorName, Author: r.Author,
		State: series.State(r.State), Reason: r.StateReason, Posted: moment(r.Posted), LastSign: moment(r.LastSign),
		Version: r.Version, Revisions: r.Revisions,
	}
}

// SeriesStates returns the states that series are in, sorted.
func (db *DB) SeriesStates(ctx context.Context) ([]string, error) {
	return db.distinct(ctx, "series", "state")
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
