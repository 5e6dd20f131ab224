package store_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/mailing"
	"github.com/upstreamd/upstreamd/internal/patch"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/series"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/internal/store/storetest"
)

// nasty is text that databases, drivers and query builders trip over.
var nasty = []string{
	"nul \x00 in the middle", "\x00", "no utf-8 \xff\xfe", "half a rune \xe2\x82", "'; DROP TABLE change; --", `"?" ? ?0 ?name $1 \? \' \\`,
	"%_!*[]", "line\nbreak\ttab\r", "\u202e bidi \u2066", "\U0001F98A", "{\"a\":[1", strings.Repeat("long ", 2000), strings.Repeat("\xff", 3000),
}

// hostile are the steps of a world in which s is written everywhere.
func hostile(s string) []step {
	key := change.CarriedKey("product", s, s)
	person := mailing.Person{Name: s, Email: s}
	return []step{
		{"sources", func(c ctx, db *store.DB) error {
			return db.SyncSources(c, []pipeline.Source{{Kind: pipeline.LayerSource, Name: s, Location: s, Settings: s, FromFile: true}})
		}},
		{"mark", func(c ctx, db *store.DB) error { return db.MarkSource(c, pipeline.LayerSource, s, s, day(1)) }},
		{"cursor", func(c ctx, db *store.DB) error { return db.SetCursor(c, "stage", s, s) }},
		{"refs", func(c ctx, db *store.DB) error {
			all, err := db.Sources(c)
			if err != nil || len(all) != 1 {
				return fmt.Errorf("sources %v: %w", all, err)
			}
			r := pipeline.Refs{Source: all[0].ID, Tips: []git.Tip{{Ref: s, Hash: s}, {Ref: s + "\xff", Hash: s}, {Ref: s + "\xfe", Hash: s}}}
			if have, err := db.Tips(c, r.Source); err != nil || len(have) == 0 {
				r.Moves = []git.RefMove{{Ref: s, Old: s, New: s, Kind: s}}
			}
			return db.PutRefs(c, r, day(1))
		}},
		{"scan", func(c ctx, db *store.DB) error {
			all, err := db.Sources(c)
			if err != nil {
				return err
			}
			return db.PutScan(c, pipeline.LayerScan{
				Source: all[0].ID, At: day(1),
				Recipes: []layer.Recipe{{Layer: s, File: s, PN: s, PV: s, PE: s, PR: s, Remote: []string{s}, Problems: []string{s}, Inactive: s}},
				Carried: []pipeline.Carried{{Key: key, Source: all[0].ID, Branch: s, Path: s, Recipe: s, RecipeFile: s, PV: s, Blob: s, Subject: s,
					Author: s, Toucher: s, Status: patch.UpstreamStatus{Kind: s, Detail: s, Line: 1, Raw: s}}},
			})
		}},
		{"duplicates", func(c ctx, db *store.DB) error {
			return db.PutDuplicates(c, []layer.Duplicate{{Kind: "fork", LocalSource: "a", LocalFile: s, LocalVersion: s, UpstreamSource: "b", UpstreamFile: s, UpstreamVersion: s, Relation: s, Match: s}})
		}},
		{"mails", func(c ctx, db *store.DB) error {
			_, err := db.PutRawMails(c, []pipeline.RawMail{{Bytes: []byte(s), Source: "s", Mailbox: s, UID: 1}})
			return err
		}},
		{"messages", func(c ctx, db *store.DB) error {
			mails, err := db.UnreadMails(c, 10)
			if err != nil || len(mails) == 0 {
				return err
			}
			return db.PutMessages(c, []pipeline.Message{{Raw: mails[0].ID, List: s, Reason: s, Mail: series.Mail{
				MessageID: s, Subject: s, From: person, Author: person, References: []string{s}, Tag: mailing.Tag{Title: s}, HasDiff: true,
			}}})
		}},
		{"assembly", func(c ctx, db *store.DB) error {
			_, err := db.PutAssembly(c, pipeline.Assembly{
				Raws: upTo(200), Result: series.Result{
					Mails: []series.Placed{{MessageID: s, Kind: series.Patch, Posting: s, Index: 1, Target: s, Action: mailing.Applied,
						Trailers: []series.Trailer{{Kind: s, Person: person, Target: s}, {Kind: s, Person: person, Target: s}}}},
					Postings: []series.Posting{{Key: s, Title: s, Author: person, List: s, Branch: s, Cover: s, Flaw: s, Parts: []series.Part{{MessageID: s}}}},
					Series:   []series.Series{{Key: s, Postings: []string{s}, Title: s, Branch: s, List: s, Author: person, TakenOverBy: []string{s}}},
				},
			})
			return err
		}},
		{"matches", func(c ctx, db *store.DB) error {
			return db.PutMatches(c, []change.Match{{Sighting: key, Project: "p", Tips: s, Verdict: change.Merged, Commit: s, Method: s, Subject: s, Author: s,
				RevertedBy: s, Commits: []string{s}, Branches: []string{s}, Tags: []string{s}, Evidence: []change.Evidence{{Kind: s, Detail: s}}}})
		}},
		{"nested", func(c ctx, db *store.DB) error {
			return db.PutNested(c, []string{s}, []pipeline.Nested{{Key: s, MessageID: s, Path: s, Recipes: []string{s}, Subject: s, Author: s, Problem: s}})
		}},
		{"twins", func(c ctx, db *store.DB) error {
			return db.PutTwins(c, []pipeline.Twin{{Of: key, Key: s, Layer: s, Branch: s, Path: s, Blob: s, Same: s, Evidence: []change.Evidence{{Kind: s, Detail: s}}}})
		}},
		{"changes", func(c ctx, db *store.DB) error {
			posted, err := db.PostedPatches(c)
			if err != nil || len(posted) != 1 {
				return fmt.Errorf("%d posted patches: %w", len(posted), err)
			}
			_, err = db.PutChanges(c, []pipeline.Cluster{{Title: s, Ours: true, Standings: []change.Standing{{Place: s}},
				Likenesses: []change.Likeness{{A: key, B: s, Same: s, Evidence: []change.Evidence{{Kind: s, Detail: s}}}}, Sightings: []change.Sighting{
					{Kind: change.Carried, Key: key, Source: s, Branch: s, Path: s, Recipe: s, Subject: s, Author: s, Note: s},
					{Kind: change.Posted, Key: posted[0].Key, Subject: s}, {Kind: change.Committed, Key: change.CommitKey("p", s)},
				}}})
			return err
		}},
		{"flags", func(c ctx, db *store.DB) error {
			return db.PutFlags(c, []pipeline.TestedFlag{{Flag: change.Flag{Sighting: key, Role: s, Version: s, Outcome: s, Detail: s}, Input: s}})
		}},
		{"statuses", func(c ctx, db *store.DB) error {
			st, err := db.Standings(c)
			if err != nil {
				return err
			}
			return db.PutStatuses(c, []pipeline.Judged{{Standing: st[0].ID, Inputs: s, Judgement: change.Judgement{Status: change.Status(s), Reason: s, Action: change.Action(s), Why: s, Owner: s}}})
		}},
		{"effort", func(c ctx, db *store.DB) error {
			return db.PutEffort(c, store.Effort{Name: s, Goal: s, Sightings: []string{key}})
		}},
	}
}

// upTo are the numbers 1 to n.
func upTo(n int64) []int64 {
	var all []int64
	for i := range n {
		all = append(all, i+1)
	}
	return all
}

// TestHostileText: any text can be stored everywhere, found again, and is
// stable: written again, it changes nothing.
func TestHostileText(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for _, s := range nasty {
			for round := range 2 {
				before := ""
				for _, st := range hostile(s) {
					if round > 0 && st.name != "mark" {
						before = written(t, db)
					}
					if err := st.run(t.Context(), db); err != nil {
						t.Fatalf("%.40q: %s: %v", s, st.name, err)
					}
					if before != "" && st.name != "mark" && before != written(t, db) {
						t.Errorf("%.40q: %s writes rows again", s, st.name)
					}
				}
			}
			if d := dump(t, db); !utf8.ValidString(d) || strings.Contains(d, `\u0000`) {
				t.Errorf("%.40q: the dump has what no database can keep", s)
			}
			lookUp(t, db, s)
		}
	})
}

// lookUp finds what hostile has written, by the text as it was given.
func lookUp(t *testing.T, db *store.DB, s string) {
	t.Helper()
	c := t.Context()
	id, err := db.ChangeIDOf(c, change.CarriedKey("product", s, s))
	if err != nil {
		t.Errorf("%.40q: %v", s, err)
		return
	}
	ch, err := db.Change(c, id)
	if err != nil || len(ch.Sightings) != 3 || len(ch.Matches) != 1 || len(ch.Flags) != 1 || len(ch.Claims) < 1 {
		t.Errorf("%.40q: Change = %+v, %v", s, ch, err)
	}
	if m, err := db.Message(c, s); err != nil || m.ChangeID != id || m.SeriesID == 0 || string(m.Raw) != s {
		t.Errorf("%.40q: Message = change %d, series %d, %v", s, m.ChangeID, m.SeriesID, err)
	}
	if v, err := db.Cursor(c, "stage", s); err != nil || !strings.HasPrefix(v, cut(s)) {
		t.Errorf("%.40q: Cursor = %.40q, %v", s, v, err)
	}
	if _, _, err := db.FindChanges(c, store.ChangeQuery{Text: s, Place: s, Owner: s}); err != nil {
		t.Errorf("%.40q: FindChanges: %v", s, err)
	}
	if _, err := db.Account(c, s); err == nil {
		t.Errorf("%.40q: there is such an account", s)
	}
}

// cut is the beginning of s that is plain.
func cut(s string) string {
	if i := strings.IndexFunc(s, func(r rune) bool { return r == 0 || r == utf8.RuneError }); i >= 0 {
		return s[:i]
	}
	return s
}

// TestKeysThatCollide: keys that differ only in what cannot be stored do not
// stop a stage; the first counts.
func TestKeysThatCollide(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		cs := []pipeline.Cluster{
			{Title: "first", Sightings: []change.Sighting{{Kind: change.Posted, Key: "posted:\xff"}}},
			{Title: "second", Sightings: []change.Sighting{{Kind: change.Posted, Key: "posted:\xfe"}}},
		}
		for range 2 {
			if _, err := db.PutChanges(t.Context(), cs); err != nil {
				t.Fatal(err)
			}
		}
		all, err := db.Sightings(t.Context())
		if err != nil || len(all) != 1 {
			t.Errorf("Sightings = %v, %v, want one", all, err)
		}
		changes, _ := db.Changes(t.Context())
		var got []string
		for _, c := range changes {
			got = append(got, c.Title)
		}
		if diff := cmp.Diff([]string{"first", "second"}, got); diff != "" {
			t.Errorf("changes:\n%s", diff)
		}
	})
}
