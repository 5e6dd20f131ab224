package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/query"
)

// A FoundMail is a mail that a search found.
type FoundMail struct {
	MessageID string
	Kind      string // as series.Kind
	Subject   string
	FromName  string
	From      string // address, lower case
	List      string
	Sent      time.Time
	SeriesID  int64 // that it is part of; 0
}

// A FoundChange is a change that is carried in a layer and that a search found.
type FoundChange struct {
	ID     int64
	Title  string
	Recipe string // of a sighting that fits; ""
	Path   string // of the same
	Source string // its layer
}

// A SearchResult is what a search found: mails, the newest first, changes and
// names of recipes.
type SearchResult struct {
	Mails   []FoundMail
	More    bool // there are more mails than were asked for
	Changes []FoundChange
	Recipes []FoundRecipe
}

// maxFoundChanges is how many changes a search shows.
const maxFoundChanges = 20

// Search finds mails by their words, and the changes that are carried in
// layers. A mail counts once, whatever way it came.
func (db *DB) Search(ctx context.Context, q query.Query, limit, offset int) (SearchResult, error) {
	var f SearchResult
	err := db.snapshot(ctx, func(ctx context.Context) error {
		var err error
		if f.Mails, err = db.searchMails(ctx, q, limit+1, offset); err != nil {
			return err
		}
		if f.More = len(f.Mails) > limit; f.More {
			f.Mails = f.Mails[:limit]
		}
		if offset == 0 {
			if f.Changes, err = db.searchChanges(ctx, q); err != nil {
				return err
			}
			f.Recipes, err = db.searchRecipes(ctx, q)
		}
		return err
	})
	if err != nil {
		return SearchResult{}, fmt.Errorf("search: %w", err)
	}
	return f, nil
}

func (db *DB) searchMails(ctx context.Context, q query.Query, limit, offset int) ([]FoundMail, error) {
	var rows []struct {
		MessageID, Kind, Subject, FromName, FromAddress, List string
		Sent, SeriesID                                        int64
	}
	lists, err := db.listsOf(ctx, q)
	if err != nil || lists != nil && len(lists) == 0 {
		return nil, err
	}
	s := db.read(ctx).NewSelect()
	must, mustNot := db.wordsQuery(q, lists)
	switch {
	case must != "":
		// The index leads and is read from its newest end: CROSS JOIN holds SQLite to that.
		s = s.TableExpr("message_words AS w").Join("CROSS JOIN message AS m").
			Where("m.id = (? & ?)", bun.Ident("w."+db.wordsKey()), 1<<idBits-1).Where(db.wordsMatch(), must).
			Where("? >= ?", bun.Ident("w."+db.wordsKey()), wordsPlace(unix(q.Since), 0)).OrderExpr("? DESC", bun.Ident("w."+db.wordsKey()))
		if !q.Before.IsZero() {
			s = s.Where("? < ?", bun.Ident("w."+db.wordsKey()), wordsPlace(unix(q.Before), 0))
		}
	default:
		s = s.TableExpr("message AS m").Where("m.sent >= ?", unix(q.Since)).OrderExpr("m.sent DESC, m.id DESC")
		if !q.Before.IsZero() {
			s = s.Where("m.sent < ?", unix(q.Before))
		}
		if mustNot != "" {
			s = s.Where("m.id NOT IN (SELECT (? & ?) FROM message_words AS w WHERE "+db.wordsMatch()+")", bun.Ident("w."+db.wordsKey()), 1<<idBits-1, mustNot)
		}
	}
	for _, t := range q.Terms {
		s = mailTerm(s, t)
	}
	if lists != nil {
		s = s.Where("m.list IN (?)", bun.List(lists))
	}
	err = s.Column("m.message_id", "m.kind", "m.subject", "m.from_name", "m.from_address", "m.list", "m.sent").
		ColumnExpr("coalesce((SELECT p.series_id FROM posting AS p WHERE p.id = m.posting_id), 0) AS series_id").
		Where("m.kind NOT IN (?)", bun.List(append([]string{copyKind}, apart...))).
		Limit(int64(limit)).Offset(int64(offset)).Scan(ctx, &rows)
	found := make([]FoundMail, len(rows))
	for i, r := range rows {
		found[i] = FoundMail{r.MessageID, r.Kind, r.Subject, r.FromName, r.FromAddress, r.List, moment(r.Sent), r.SeriesID}
	}
	return found, err
}

// mailTerm narrows a search by a term that is no matter of the index.
func mailTerm(s *bun.SelectQuery, t query.Term) *bun.SelectQuery {
	not := ""
	if t.Not {
		not = "NOT "
	}
	switch t.Field {
	case query.MessageID:
		return s.Where(not+"m.message_id = ?", short(t.Text))
	case query.Kind:
		return s.Where(not+"m.kind = ?", t.Text)
	}
	return s
}

// listsOf are the lists that a query is about, nil where it names none.
func (db *DB) listsOf(ctx context.Context, q query.Query) ([]string, error) {
	var terms []query.Term
	for _, t := range q.Terms {
		if t.Field == query.List {
			terms = append(terms, t)
		}
	}
	if terms == nil {
		return nil, nil
	}
	// From one name to the next by the index: there are few lists and many mails.
	var names []string
	err := db.read(ctx).NewRaw(`
		WITH RECURSIVE names (list) AS (
			SELECT (SELECT min(list) FROM message)
			UNION ALL
			SELECT (SELECT min(m.list) FROM message AS m WHERE m.list > n.list) FROM names AS n WHERE n.list IS NOT NULL
		) SELECT list FROM names WHERE list IS NOT NULL`).Scan(ctx, &names)
	fit := []string{}
	for _, name := range names {
		if !slices.ContainsFunc(terms, func(t query.Term) bool { return t.Not == strings.Contains(strings.ToLower(name), t.Text) }) {
			fit = append(fit, name)
		}
	}
	return fit, err
}

// wordsMatch is the condition that the words of a message fit a query.
func (db *DB) wordsMatch() string {
	if db.driver == SQLite {
		return "w.message_words MATCH ?"
	}
	return "w.words @@ ?::tsquery"
}

// wordsQuery is what the index is asked, in the language of the engine: what
// must be there, and, only where that is nothing, what must not. SQLite is told
// the lists too, as it reads the index alone until it has enough.
func (db *DB) wordsQuery(q query.Query, lists []string) (must, mustNot string) {
	phrase, and, or, without := tsPhrase, " & ", " | ", " & !("
	if db.driver == SQLite {
		phrase, and, or, without = ftsPhrase, " AND ", " OR ", " NOT ("
	}
	var want, not []string
	for _, t := range q.Terms {
		switch t.Field {
		case query.MessageID, query.Kind, query.List:
		default:
			if t.Not {
				not = append(not, phrase(t))
			} else {
				want = append(want, phrase(t))
			}
		}
	}
	if len(want) > 0 && db.driver == SQLite {
		if t := ftsLists(lists); t != "" {
			want = append(want, t)
		}
	}
	must, mustNot = strings.Join(want, and), strings.Join(not, or)
	if must != "" && mustNot != "" {
		return "(" + must + ")" + without + mustNot + ")", ""
	}
	return must, mustNot
}

// columnsOf is where the index has each field: a column of SQLite, a weight of
// PostgreSQL.
var columnsOf = map[query.Field]struct{ column, weight string }{
	query.Subject: {"subject", "A"}, query.From: {"people", "B"}, query.File: {"files", "C"},
}

// ftsPhrase is a term in the language of SQLite's FTS5. Words are letters and
// digits alone.
func ftsPhrase(t query.Term) string {
	s := `"` + strings.Join(t.Words, " ") + `"`
	if t.Prefix {
		s += " *"
	}
	column := columnsOf[t.Field].column
	if column == "" {
		column = "subject people files body"
	}
	return "({" + column + "} : " + s + ")"
}

// ftsLists is a term that mails on one of the lists fit, "" where that would say
// too much.
func ftsLists(lists []string) string {
	const most = 20
	var names []string
	for _, l := range lists {
		if words := query.Words(l); len(words) > 0 {
			names = append(names, `"`+strings.Join(words, " ")+`"`)
		}
	}
	if len(names) == 0 || len(names) < len(lists) || len(names) > most {
		return ""
	}
	return "({list} : (" + strings.Join(names, " OR ") + "))"
}

// tsPhrase is a term in the language of PostgreSQL's tsquery.
func tsPhrase(t query.Term) string {
	words := make([]string, len(t.Words))
	for i, w := range t.Words {
		flags := columnsOf[t.Field].weight
		if t.Prefix && i == len(t.Words)-1 {
			flags += "*"
		}
		words[i] = "'" + w + "'"
		if flags != "" {
			words[i] += ":" + flags
		}
	}
	return "(" + strings.Join(words, " <-> ") + ")"
}

// searchChanges finds changes by a sighting in a layer that has every word.
// Posted changes are found by their mails.
func (db *DB) searchChanges(ctx context.Context, q query.Query) ([]FoundChange, error) {
	s := db.read(ctx).NewSelect().TableExpr("sighting AS s").Join("JOIN change AS c ON c.id = s.change_id").
		Where("s.kind = 'carried'").Where("s.seen >= ?", unix(q.Since))
	if !q.Before.IsZero() {
		s = s.Where("s.seen < ?", unix(q.Before))
	}
	for _, t := range q.Terms {
		columns := map[query.Field]string{query.Subject: "c.title", query.From: "s.author", query.File: "s.path", query.List: "s.source",
			query.Any: "c.title || ' ' || s.subject || ' ' || s.path || ' ' || s.recipe || ' ' || s.author"}[t.Field]
		if columns == "" {
			return nil, nil // what only mails have
		}
		text := strings.TrimSuffix(t.Text, "*")
		s = s.Where(map[bool]string{true: "NOT "}[t.Not]+like(columns), "%"+likeEscape.Replace(text)+"%")
	}
	var rows []FoundChange
	err := s.ColumnExpr("c.id, c.title, min(s.recipe) AS recipe, min(s.path) AS path, min(s.source) AS source").
		GroupExpr("c.id, c.title").OrderExpr("max(s.seen) DESC, c.id").Limit(maxFoundChanges).Scan(ctx, &rows)
	return rows, err
}
