package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/change"
)

// A ChangeRow is one change in one place, with the judgement of it; the
// judgement is zero where there was none yet.
type ChangeRow struct {
	ID       int64 // of the change
	Standing int64
	Title    string
	Ours     bool
	Place    string // "layer@branch", or the name of a list or project
	Local    bool   // whether the place is a local layer
	Recipe   string // PN that carries it; ""
	change.Judgement
}

// A ChangeQuery narrows the list of changes. Zero values do not narrow it.
type ChangeQuery struct {
	Text          string // words that title, subject, recipe, path or author contain
	Status        change.Status
	Action        change.Action
	Asks          bool   // only what asks somebody to do something
	Owner         string // name of the person who has to act
	NoOwner       bool   // only what nobody owns
	Place         string
	All           bool // also changes that are not ours
	Limit, Offset int  // rows of the page; Limit 0 is all
}

// FindChanges returns the standings of the changes that q asks for, the most
// urgent first and of these the longest waiting, and how many there are on all
// pages.
func (db *DB) FindChanges(ctx context.Context, q ChangeQuery) (rows []ChangeRow, total int, err error) {
	err = db.snapshot(ctx, func(ctx context.Context) error {
		if err := q.narrow(db.standings(ctx)).ColumnExpr("count(*)").Scan(ctx, &total); err != nil {
			return err
		}
		rows, err = changeRows(ctx, page(q.narrow(db.standings(ctx)), q.Limit, q.Offset))
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("changes: %w", err)
	}
	return rows, total, nil
}

// AnyChange says whether there is any change at all, ours or not.
func (db *DB) AnyChange(ctx context.Context) (bool, error) {
	return db.anyRow(ctx, "standing")
}

func (db *DB) anyRow(ctx context.Context, table string) (bool, error) {
	var ids []int64
	if err := db.read(ctx).NewSelect().Table(table).Column("id").Limit(1).Scan(ctx, &ids); err != nil {
		return false, fmt.Errorf("%s: %w", table, err)
	}
	return len(ids) > 0, nil
}

// Todo returns what is to be done: by the owner, or by anybody where owner is
// "". It returns at most limit, 0 is all, and how many there are in all.
func (db *DB) Todo(ctx context.Context, owner string, limit int) ([]ChangeRow, int, error) {
	return db.FindChanges(ctx, ChangeQuery{Asks: true, Owner: owner, Limit: limit})
}

// standings is the query that all lists of changes begin with.
func (db *DB) standings(ctx context.Context) *bun.SelectQuery {
	return db.read(ctx).NewSelect().TableExpr("standing AS st").
		Join("JOIN change AS c ON c.id = st.change_id").
		Join("LEFT JOIN status AS j ON j.standing_id = st.id")
}

func (c ChangeQuery) narrow(q *bun.SelectQuery) *bun.SelectQuery {
	if !c.All {
		q = q.Where("c.ours")
	}
	if c.Status != "" {
		q = q.Where("j.status = ?", string(c.Status))
	}
	if c.Action != "" {
		q = q.Where("j.action = ?", string(c.Action))
	}
	if c.Asks {
		q = q.Where("j.action NOT IN (?)", bun.List([]string{string(change.NoAction), string(change.Wait)}))
	}
	if c.Owner != "" {
		q = q.Where("j.owner = ?", c.Owner)
	}
	if c.NoOwner {
		q = q.Where("j.owner = ''")
	}
	if c.Place != "" {
		q = q.Where("st.place = ?", short(c.Place))
	}
	seen := "EXISTS (SELECT 1 FROM sighting AS s WHERE s.change_id = c.id AND "
	return containing(q, c.Text, like("c.title"), seen+like("s.subject || ' ' || s.recipe || ' ' || s.path || ' ' || s.author")+")")
}

// urgency is the order of actions in SQL.
func urgency() string {
	var b strings.Builder
	b.WriteString("CASE j.action")
	for i, a := range change.Actions() {
		fmt.Fprintf(&b, " WHEN '%s' THEN %d", string(a), i)
	}
	fmt.Fprintf(&b, " ELSE %d END", len(change.Actions()))
	return b.String()
}

// changeRows reads the rows of a query that standings began.
func changeRows(ctx context.Context, q *bun.SelectQuery) ([]ChangeRow, error) {
	var rows []struct {
		standingRow `bun:",extend"`
		statusRow
		Title  string
		Ours   bool
		Recipe string
	}
	err := q.Column("st.id", "st.change_id", "st.place", "st.local", "c.title", "c.ours").
		ColumnExpr("coalesce(j.status, '') AS status, coalesce(j.reason, '') AS reason, coalesce(j.action, '') AS action").
		ColumnExpr("coalesce(j.why, '') AS why, coalesce(j.owner, '') AS owner").
		ColumnExpr("coalesce(j.since, 0) AS since, coalesce(j.valid_until, 0) AS valid_until").
		ColumnExpr("coalesce((SELECT min(s.recipe) FROM sighting AS s WHERE s.change_id = c.id AND s.recipe <> ''), '') AS recipe").
		OrderExpr(urgency()+", coalesce(j.since, 0), c.title, st.place, st.id").Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	found := make([]ChangeRow, len(rows))
	for i, r := range rows {
		found[i] = ChangeRow{
			ID: r.ChangeID, Standing: r.ID, Title: r.Title, Ours: r.Ours, Place: r.Place, Local: r.Local, Recipe: r.Recipe,
			Judgement: r.judgement(),
		}
	}
	return found, nil
}

// Owners returns the names of all who have something to do, sorted.
func (db *DB) Owners(ctx context.Context) ([]string, error) {
	return db.distinct(ctx, "status", "owner")
}

// Places returns the places of all standings, sorted.
func (db *DB) Places(ctx context.Context) ([]string, error) {
	return db.distinct(ctx, "standing", "place")
}

// distinct returns the values of a column that are not empty, sorted. It goes
// from each to the next in the column's index, however many rows have it.
func (db *DB) distinct(ctx context.Context, table, column string) ([]string, error) {
	var values []string
	err := db.read(ctx).NewRaw(`WITH RECURSIVE found (v) AS (
			SELECT min(?0) FROM ?1 WHERE ?0 > ''
			UNION ALL SELECT (SELECT min(?0) FROM ?1 WHERE ?0 > found.v) FROM found WHERE found.v IS NOT NULL
		) SELECT v FROM found WHERE v IS NOT NULL ORDER BY v`, bun.Ident(column), bun.Ident(table)).Scan(ctx, &values)
	if err != nil {
		return nil, fmt.Errorf("%s of %s: %w", column, table, err)
	}
	return values, nil
}
