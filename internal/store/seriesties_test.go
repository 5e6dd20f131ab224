package store_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/internal/store/storetest"
)

// sets writes what other stages would have.
func sets(t *testing.T, db *store.DB, statements ...string) {
	t.Helper()
	for _, q := range statements {
		if _, err := db.SQL().ExecContext(t.Context(), q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}

// TestSeriesTies: what a series needs, who goes on with it, and where else its
// changes are.
func TestSeriesTies(t *testing.T) {
	eachFilled(t, func(t *testing.T, db *store.DB) {
		ids := map[string]store.SeriesRow{}
		rows, _, err := db.FindSeries(t.Context(), store.SeriesQuery{})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			ids[r.Title] = r
		}
		fixes, faster := ids["zlib: two fixes"], ids["zlib: 100% faster_"]
		needs := `[{"kind":"change-id","id":"20260101-x"},{"kind":"message-id","id":"` + faster.Key + `"},{"kind":"patch-id","id":"feed"},{"kind":"message-id","id":"gone@x"},{"kind":"odd","id":"1"}]`
		sets(t, db,
			"UPDATE posting SET needs = '"+needs+`', base = 'abc', review = '{"signs":[{"kind":"asked","message_id":"r1@x","address":"bob@example.org","at":"2026-01-03T00:00:00Z","text":"why?"}]}' WHERE version = 2`,
			"UPDATE posting SET change_id = '20260101-x' WHERE version = 1 AND title LIKE 'zlib: 100%'",
			"UPDATE message SET patch_id = 'feed' WHERE message_id = '"+faster.Key+"'",
			`UPDATE series SET taken_over = '["`+faster.Key+`"]' WHERE title LIKE 'zlib: two%'`)
		s, err := db.Series(t.Context(), fixes.ID)
		if err != nil {
			t.Fatal(err)
		}
		if p := s.Postings[1]; p.Base != "abc" || len(p.Review.Signs) != 1 || p.Review.Signs[0].Text != "why?" {
			t.Errorf("the posting is %+v", p)
		}
		ties, err := db.SeriesTies(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, n := range ties.Needs {
			got = append(got, n.Kind+" "+n.Series.Title)
		}
		want := []string{"change-id zlib: 100% faster_", "message-id zlib: 100% faster_", "patch-id zlib: 100% faster_", "message-id ", "odd "}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("needs (-want +got):\n%s", diff)
		}
		if len(ties.Over) != 1 || ties.Over[0].ID != faster.ID || len(ties.From) != 0 || len(ties.Siblings) != 0 {
			t.Errorf("ties = %+v", ties)
		}
		other, err := db.Series(t.Context(), faster.ID)
		if err != nil {
			t.Fatal(err)
		}
		sets(t, db, fmt.Sprintf("UPDATE sighting SET change_id = (SELECT change_id FROM sighting WHERE natural_key = '%s') WHERE natural_key = '%s'",
			change.PostedKey(s.Postings[1].Parts[0].MessageID), change.PostedKey(faster.Key)), "UPDATE series SET taken_over = '[]'")
		if ties, err = db.SeriesTies(t.Context(), other); err != nil || len(ties.From) != 0 || len(ties.Siblings) != 1 || ties.Siblings[0].ID != fixes.ID {
			t.Errorf("ties of the other = %+v, %v", ties, err)
		}
	})
}

// TestSeriesDecisions: what was said about any mail of a series, on either side.
func TestSeriesDecisions(t *testing.T) {
	eachFilled(t, func(t *testing.T, db *store.DB) {
		rows, err := db.SeriesNamed(t.Context(), "r1@x", "", 5)
		if err != nil || len(rows) != 1 {
			t.Fatalf("SeriesNamed = %v, %v", rows, err)
		}
		if byWord, err := db.SeriesNamed(t.Context(), "gone@x", "faster", 5); err != nil || len(byWord) != 1 || byWord[0].ID == rows[0].ID {
			t.Errorf("SeriesNamed by a word = %v, %v", byWord, err)
		}
		about := []change.Decision{
			{Kind: change.Join, Subject: change.PostedKey("c1@x"), Object: change.PostedKey("z@x"), By: "ann", At: day(3)},
			{Kind: change.Separate, Subject: change.PostedKey("z@x"), Object: change.PostedKey("c2@x"), By: "ann", At: day(4)},
			{Kind: change.IsOurs, Subject: change.PostedKey("z@x"), By: "ann", At: day(5)},
		}
		if err := db.AddDecisions(t.Context(), about); err != nil {
			t.Fatal(err)
		}
		s, err := db.Series(t.Context(), rows[0].ID)
		var got []string
		for _, d := range s.Decisions {
			if strings.Contains(d.Subject+d.Object, "z@x") {
				got = append(got, string(d.Kind))
			}
		}
		if diff := cmp.Diff([]string{"join", "separate"}, got); err != nil || diff != "" {
			t.Errorf("decisions: %v\n%s", err, diff)
		}
	})
}

// scans are steps of a plan that read all of a table that grows with the mail.
var scans = regexp.MustCompile(`^SCAN (s|m|p|g|o|message|posting|series|sighting|trailer|raw_mail|delivery)$|^SCAN p USING|USING INDEX message_kind|USE TEMP B-TREE FOR ORDER BY`)

// TestSeriesPlans: no page of a list or a mail reads all of a large table, or
// sorts it, whatever it asks for.
func TestSeriesPlans(t *testing.T) {
	db := storetest.SQLite(t)
	fill(t, db)
	var list, pages []string
	into := &list
	seen := db.Watched(func(q string) { *into = append(*into, q) })
	for _, q := range []store.SeriesQuery{
		{Limit: 50}, {Ours: true, Limit: 50}, {State: "new", Limit: 50}, {List: "zlib-devel", Limit: 50}, {Waiting: "us", Limit: 50},
		{State: "new", Ours: true, List: "zlib-devel", Waiting: "us", Limit: 50},
	} {
		if _, _, err := seen.FindSeries(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	into = &pages // few rows: these may be sorted
	if _, _, err := seen.FindSeries(t.Context(), store.SeriesQuery{Text: "two fix", Ours: true, Limit: 50, Offset: 0}); err != nil {
		t.Fatal(err)
	}
	id, err := seen.SeriesIDOf(t.Context(), "r1@x")
	if err != nil {
		t.Fatal(err)
	}
	s, err := seen.Series(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	s.TakenOver = []string{"x@x"}
	if _, err := seen.SeriesTies(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if _, err := seen.Message(t.Context(), "r1@x"); err != nil {
		t.Fatal(err)
	}
	if len(list) < 12 || len(pages) < 12 {
		t.Fatalf("only %d and %d queries were seen", len(list), len(pages))
	}
	for i, q := range slices.Concat(list, pages) {
		for _, step := range plan(t, db, q) {
			small := i >= len(list) || !strings.Contains(q, "last_sign DESC")
			if scans.MatchString(step) && !(small && strings.HasPrefix(step, "USE TEMP")) {
				t.Errorf("%s: in\n%s", step, q)
			}
		}
	}
}

// plan is how SQLite would answer a query.
func plan(t *testing.T, db *store.DB, q string) []string {
	t.Helper()
	rows, err := db.SQL().QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+q)
	if err != nil {
		t.Fatalf("%v in %s", err, q)
	}
	defer rows.Close()
	var steps []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, detail)
	}
	return slices.Clip(steps)
}
