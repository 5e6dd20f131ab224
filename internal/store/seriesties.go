package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/series"
)

// Ties are what a series has to do with others.
type Ties struct {
	Needs    []Needed    // what its newest posting says it depends on
	Over     []SeriesRow // by others, that go on with it
	From     []SeriesRow // by others, that it goes on with
	Siblings []SeriesRow // with patches of the same changes: for another branch, or by somebody else
}

// Needed is something that a posting depends on, and the series that it is.
type Needed struct {
	series.Need
	Series SeriesRow // zero where no mail of it is here
}

// maxTies bounds the series of each kind.
const maxTies = 20

// SeriesTies returns what a series has to do with others.
func (db *DB) SeriesTies(ctx context.Context, s Series) (Ties, error) {
	var t Ties
	err := db.snapshot(ctx, func(ctx context.Context) error {
		var err error
		if t.Over, err = db.seriesByKeys(ctx, s.TakenOver); err != nil {
			return err
		}
		if t.From, err = db.takenFrom(ctx, s.Key); err != nil {
			return err
		}
		if len(s.Postings) == 0 {
			return nil
		}
		newest := s.Postings[len(s.Postings)-1]
		if t.Needs, err = db.needs(ctx, newest.Needs); err != nil {
			return err
		}
		if t.Siblings, err = db.seriesByKeys(ctx, s.Siblings); err != nil {
			return err
		}
		same, err := db.siblings(ctx, s.ID, newest.messageIDs())
		t.Siblings = append(t.Siblings, slices.DeleteFunc(same, func(r SeriesRow) bool { return slices.Contains(s.Siblings, r.Key) })...)
		return err
	})
	if err != nil {
		return Ties{}, fmt.Errorf("ties of series %d: %w", s.ID, err)
	}
	known := slices.Concat(t.Over, t.From)
	t.Siblings = slices.DeleteFunc(t.Siblings, func(r SeriesRow) bool {
		return slices.ContainsFunc(known, func(k SeriesRow) bool { return k.ID == r.ID })
	})
	return t, nil
}

// seriesByIDs are series in the order of [DB.FindSeries].
func (db *DB) seriesByIDs(ctx context.Context, ids []int64) ([]SeriesRow, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return db.seriesRows(ctx, db.read(ctx).NewSelect().TableExpr("series AS s").Where("s.id IN (?)", bun.List(ids)))
}

func (db *DB) seriesByKeys(ctx context.Context, keys []string) ([]SeriesRow, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	keys = shortAll(keys[:min(len(keys), maxTies)])
	return db.seriesRows(ctx, db.read(ctx).NewSelect().TableExpr("series AS s").Where("s.natural_key IN (?)", bun.List(keys)))
}

// takenFrom are the series that name this one as going on with them. Few are
// taken over, and an index has these.
func (db *DB) takenFrom(ctx context.Context, key string) ([]SeriesRow, error) {
	pattern := "%" + likeEscape.Replace(encode(key)) + "%"
	q := db.read(ctx).NewSelect().TableExpr("series AS s").Where("s.taken_over <> '[]' AND s.taken_over LIKE ? ESCAPE '!'", pattern)
	return db.seriesRows(ctx, q.Limit(maxTies))
}

// needs finds the series of what a posting depends on.
func (db *DB) needs(ctx context.Context, list []series.Need) ([]Needed, error) {
	found := make([]Needed, 0, len(list))
	for _, n := range list[:min(len(list), maxTies)] {
		id, err := db.needed(ctx, n)
		if err != nil {
			return nil, err
		}
		rows, err := db.seriesByIDs(ctx, id)
		if err != nil {
			return nil, err
		}
		one := Needed{Need: n}
		if len(rows) > 0 {
			one.Series = rows[0]
		}
		found = append(found, one)
	}
	return found, nil
}

// needed is the id of the series that a dependency names; none where it is not
// here.
func (db *DB) needed(ctx context.Context, n series.Need) (ids []int64, err error) {
	q := db.read(ctx).NewSelect().TableExpr("posting AS p").Column("p.series_id").Limit(1)
	switch n.Kind {
	case "change-id":
		q = q.Where("p.change_id = ? AND p.change_id <> ''", n.ID).OrderExpr("p.version = ? DESC, p.posted DESC", n.Version)
	case "message-id":
		q = q.Join("JOIN message AS m ON m.posting_id = p.id").Where("m.message_id = ?", short(n.ID))
	case "patch-id":
		q = q.Join("JOIN message AS m ON m.posting_id = p.id").Where("m.patch_id = ? AND m.patch_id <> ''", n.ID).OrderExpr("p.posted DESC")
	default:
		return nil, nil
	}
	err = q.Scan(ctx, &ids)
	return ids, err
}

// siblings are the other series that post changes of these mails.
func (db *DB) siblings(ctx context.Context, id int64, messageIDs []string) ([]SeriesRow, error) {
	if len(messageIDs) == 0 {
		return nil, nil
	}
	keys := make([]string, len(messageIDs))
	for i, m := range messageIDs {
		keys[i] = short(change.PostedKey(m))
	}
	changes, err := db.changesOf(ctx, keys)
	if err != nil || len(changes) == 0 {
		return nil, err
	}
	var of []int64
	for _, c := range changes {
		of = append(of, c.ID)
	}
	var others []string
	// step by step: SQLite would go through all posted patches to join them
	err = db.read(ctx).NewSelect().Table("sighting").Column("natural_key").Where("change_id IN (?)", bun.List(of)).Scan(ctx, &others)
	if err != nil {
		return nil, err
	}
	var mails []string
	for _, key := range others {
		if id, ok := strings.CutPrefix(key, change.PostedKey("")); ok {
			mails = append(mails, id)
		}
	}
	if len(mails) == 0 {
		return nil, nil
	}
	var ids []int64
	err = db.read(ctx).NewSelect().Distinct().TableExpr("message AS m").Column("p.series_id").Join("JOIN posting AS p ON p.id = m.posting_id").
		Where("m.message_id IN (?) AND p.series_id <> ?", bun.List(mails), id).Limit(maxTies).Scan(ctx, &ids)
	if err != nil {
		return nil, err
	}
	return db.seriesByIDs(ctx, ids)
}

// decisionsOn reads the decisions that name one of the keys, on either side.
func (db *DB) decisionsOn(ctx context.Context, keys []string) ([]change.Decision, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	list := bun.List(shortAll(keys))
	return db.decisions(ctx, "subject IN (?) OR object IN (?)", list, list)
}

// AddDecisions adds what a person said at once, all or nothing.
func (db *DB) AddDecisions(ctx context.Context, list []change.Decision) error {
	return db.InTx(ctx, func(ctx context.Context) error {
		for _, d := range list {
			if err := db.AddDecision(ctx, d); err != nil {
				return err
			}
		}
		return nil
	})
}

// SeriesNamed returns the series with this message-id among its mails, or else
// those that [SeriesQuery.Text] finds, at most limit.
func (db *DB) SeriesNamed(ctx context.Context, messageID, text string, limit int) ([]SeriesRow, error) {
	if messageID != "" {
		id, err := db.SeriesIDOf(ctx, messageID)
		if err == nil {
			return db.seriesByIDs(ctx, []int64{id})
		}
		if !errors.Is(err, ErrNotFound) && !errors.Is(err, series.ErrNotFound) {
			return nil, err
		}
	}
	if db.titleWords(text) == "" {
		return nil, nil
	}
	rows, _, err := db.FindSeries(ctx, SeriesQuery{Text: text, Limit: limit})
	return rows, err
}
