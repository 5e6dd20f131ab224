package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/series"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/internal/store/storetest"
)

// eachFilled runs f on the world in every engine.
func eachFilled(t *testing.T, f func(*testing.T, *store.DB)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		fill(t, db)
		f(t, db)
	})
}

func titles(rows []store.ChangeRow) string {
	var all []string
	for _, r := range rows {
		all = append(all, strings.TrimPrefix(r.Title, "zlib: ")+"@"+r.Place)
	}
	return strings.Join(all, ", ")
}

func TestFindChanges(t *testing.T) {
	eachFilled(t, func(t *testing.T, db *store.DB) {
		const one, two, local, faster = "fix one@product@main", "fix two@product@main", "fix local@product@main", "100% faster_@zlib"
		for _, tt := range []struct {
			q     store.ChangeQuery
			want  string
			total int
		}{
			{store.ChangeQuery{}, one + ", " + local + ", " + two, 3},
			{store.ChangeQuery{All: true}, one + ", " + local + ", " + two + ", " + faster, 4},
			{store.ChangeQuery{All: true, Limit: 2, Offset: 1}, local + ", " + two, 4},
			{store.ChangeQuery{Asks: true}, one + ", " + local, 2},
			{store.ChangeQuery{Asks: true, Owner: "bob"}, local, 1},
			{store.ChangeQuery{NoOwner: true}, two, 1},
			{store.ChangeQuery{Status: change.InReview, All: true}, two + ", " + faster, 2},
			{store.ChangeQuery{Action: change.DropIt}, one, 1},
			{store.ChangeQuery{Place: "zlib", All: true}, faster, 1},
			{store.ChangeQuery{Place: "zlib"}, "", 0},
			{store.ChangeQuery{Text: "FIX  Two"}, two, 1},              // title, words, case
			{store.ChangeQuery{Text: "local.PATCH zlib"}, local, 1},    // path and recipe
			{store.ChangeQuery{Text: "ann@", Limit: 1}, one, 3},        // author
			{store.ChangeQuery{Text: "100%", All: true}, faster, 1},    // no pattern
			{store.ChangeQuery{Text: "fix_", All: true}, "", 0},        // no pattern
			{store.ChangeQuery{Text: "r_", All: true}, faster, 1},      // the character itself
			{store.ChangeQuery{Text: `'; -- ? \ !`, All: true}, "", 0}, // no SQL
			{store.ChangeQuery{Text: "nul\x00 \xff", All: true}, "", 0},
		} {
			rows, total, err := db.FindChanges(t.Context(), tt.q)
			if got := titles(rows); err != nil || got != tt.want || total != tt.total {
				t.Errorf("FindChanges(%+v) =\n%s (%d), %v, want\n%s (%d)", tt.q, got, total, err, tt.want, tt.total)
			}
		}
		todo, total, err := db.Todo(t.Context(), "", 1)
		want := []store.ChangeRow{{
			Title: "zlib: fix one", Ours: true, Place: "product@main", Local: true, Recipe: "zlib", Judgement: change.Judgement{
				Status: change.Droppable, Reason: "commit in v1.3.1", Action: change.DropIt, Why: "remove it", Owner: "ann", Since: day(15),
			},
		}}
		if diff := cmp.Diff(want, todo, cmpopts.IgnoreFields(store.ChangeRow{}, "ID", "Standing")); err != nil || total != 2 || diff != "" {
			t.Errorf("Todo = %d, %v:\n%s", total, err, diff)
		}
		owners, err := db.Owners(t.Context())
		if diff := cmp.Diff([]string{"ann", "bob"}, owners); err != nil || diff != "" {
			t.Errorf("Owners: %v %s", err, diff)
		}
		places, err := db.Places(t.Context())
		if diff := cmp.Diff([]string{"product@main", "zlib"}, places); err != nil || diff != "" {
			t.Errorf("Places: %v %s", err, diff)
		}
	})
}

func TestChange(t *testing.T) {
	eachFilled(t, func(t *testing.T, db *store.DB) {
		id, err := db.ChangeIDOf(t.Context(), carriedKey("one.patch"))
		if err != nil {
			t.Fatal(err)
		}
		c, err := db.Change(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range c.Sightings {
			got = append(got, fmt.Sprint(s.Kind, " ", s.At.Day(), " ", s.ChangeID == id))
		}
		for _, s := range c.Standings {
			got = append(got, fmt.Sprint(s.Place, " ", s.Status, " ", s.Action))
		}
		for _, m := range c.Matches {
			got = append(got, fmt.Sprint("match ", m.Verdict, " ", m.Tags, " ", len(m.Evidence), " ", m.CommitTime.IsZero()))
		}
		for _, cl := range c.Claims {
			got = append(got, fmt.Sprint("claim ", cl.Kind, " by ", cl.Detail, " in ", cl.Origin))
		}
		for _, d := range c.Decisions {
			got = append(got, fmt.Sprint(d.Kind, " by ", d.By, " ", d.At.Day()))
		}
		want := []string{
			"carried 1 true", "posted 2 true", "posted 9 true", "committed 15 true", "product@main droppable drop",
			"match probable [] 0 true", "match merged [v1.3.1] 1 false",
			"claim Submitted by [zlib-devel] in recipes/zlib/files/one.patch", "claim applied by Bob Maintainer in r2@x", "confirm by ann 22",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Change:\n%s", diff)
		}
		local, _ := db.ChangeIDOf(t.Context(), carriedKey("local.patch"))
		if c, err := db.Change(t.Context(), local); err != nil || len(c.Flags) != 2 || c.Flags[0].Outcome != "conflict" || c.Recipe != "zlib" {
			t.Errorf("Change = %+v, %v, want two flags", c, err)
		}
		if _, err := db.Change(t.Context(), 99999); !errors.Is(err, change.ErrNotFound) {
			t.Errorf("Change that is not there: %v", err)
		}
		if _, err := db.ChangeIDOf(t.Context(), "posted:nobody"); !errors.Is(err, change.ErrNotFound) {
			t.Errorf("ChangeIDOf what is not there: %v", err)
		}
		if s, err := db.Sighting(t.Context(), change.PostedKey("q1@x")); err != nil || s.Subject != "zlib: fix one" || s.ChangeID != id {
			t.Errorf("Sighting = %+v, %v", s, err)
		}
	})
}

func TestSeries(t *testing.T) {
	eachFilled(t, func(t *testing.T, db *store.DB) {
		sets(t, db, "UPDATE series SET ours = TRUE, waiting_on = 'us', waiting_for = 'Bob asked', waiting_since = 7 WHERE title LIKE 'zlib: two%'")
		for _, tt := range []struct {
			q    store.SeriesQuery
			want string
		}{
			{store.SeriesQuery{}, "zlib: 100% faster_ v1 0/1, zlib: two fixes v2 1/2"},
			{store.SeriesQuery{Ours: true}, "zlib: two fixes v2 1/2"},
			{store.SeriesQuery{Waiting: "us"}, "zlib: two fixes v2 1/2"},
			{store.SeriesQuery{Waiting: "them"}, ""},
			{store.SeriesQuery{Text: "CARL"}, "zlib: 100% faster_ v1 0/1"},
			{store.SeriesQuery{Text: "two fi"}, "zlib: two fixes v2 1/2"},
			{store.SeriesQuery{Text: "' OR 1=1 -- \")*"}, ""},
			{store.SeriesQuery{State: "open", List: "zlib-devel", Limit: 1}, "zlib: 100% faster_ v1 0/1"},
			{store.SeriesQuery{State: "new"}, ""},
		} {
			rows, _, err := db.FindSeries(t.Context(), tt.q)
			var got []string
			for _, r := range rows {
				got = append(got, fmt.Sprintf("%s v%d %d/%d", r.Title, r.Version, r.Merged, r.Parts))
			}
			if err != nil || strings.Join(got, ", ") != tt.want {
				t.Errorf("FindSeries(%+v) = %q, %v, want %q", tt.q, got, err, tt.want)
			}
		}
		id, err := db.SeriesIDOf(t.Context(), "r1@x")
		if err != nil {
			t.Fatal(err)
		}
		s, err := db.Series(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range s.Postings {
			got = append(got, fmt.Sprintf("v%d %s total %d", p.Version, p.Cover, p.Total))
			for _, r := range p.Replies {
				got = append(got, fmt.Sprint("  ", r.MessageID, " ", r.Action))
			}
			for _, m := range p.Parts {
				got = append(got, fmt.Sprint("  ", m.Index, " ", m.Title, " ", m.Match.Verdict, " ", m.Status, " ", m.ChangeID != 0))
				for _, r := range m.Replies {
					got = append(got, fmt.Sprint("    ", r.MessageID, " ", r.FromName, " ", r.Trailers))
				}
			}
		}
		want := []string{
			"v1 c1@x total 2",
			"  1 zlib: fix one  droppable true", "    r1@x Bob Maintainer [{reviewed-by Bob Maintainer bob@example.org}]",
			"  2 zlib: fix two  in review true",
			"v2 c2@x total 2", "  r2@x applied",
			"  1 zlib: fix one merged droppable true", "  2 zlib: fix two  in review true",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Series:\n%s", diff)
		}
		if _, err := db.Series(t.Context(), 99999); !errors.Is(err, series.ErrNotFound) {
			t.Errorf("Series that is not there: %v", err)
		}
		if _, err := db.SeriesIDOf(t.Context(), "o1@x"); !errors.Is(err, series.ErrNotFound) {
			t.Errorf("SeriesIDOf a mail of no series: %v", err)
		}
	})
}

// TestThread: answers stand below what they answer.
func TestThread(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		mails := [][]byte{
			letter("p@x", ann, "[PATCH] fix", day(1), "", fmt.Sprintf(diff, "a.c", "b")),
			letter("late@x", bob, "Re: [PATCH] fix", day(5), "In-Reply-To: <p@x>\n", "late"),
			letter("a@x", bob, "Re: [PATCH] fix", day(2), "In-Reply-To: <p@x>\n", "first"),
			letter("b@x", ann, "Re: [PATCH] fix", day(9), "In-Reply-To: <a@x>\n", "answer"),
			letter("c@x", bob, "Re: [PATCH] fix", day(8), "References: <p@x> <a@x> <lost@x>\n", "by reference"),
			letter("direct@x", bob, "Re: [PATCH] fix", day(4), "References: <a@x> <p@x>\n", "wrong order"),
			letter("x@x", bob, "Re: [PATCH] fix", day(3), "In-Reply-To: <y@x>\nReferences: <p@x>\n", "circle"),
			letter("y@x", bob, "Re: [PATCH] fix", day(4), "In-Reply-To: <x@x>\nReferences: <p@x>\n", "circle"),
		}
		var raw []pipeline.RawMail
		for i, b := range mails {
			raw = append(raw, pipeline.RawMail{Bytes: b, Source: "s", Mailbox: "m", UID: uint32(i + 1)})
		}
		_, err := db.PutRawMails(t.Context(), raw)
		if err := errors.Join(err, read(t.Context(), db), assemble(t.Context(), db)); err != nil {
			t.Fatal(err)
		}
		rows, _, err := db.FindSeries(t.Context(), store.SeriesQuery{})
		if err != nil || len(rows) != 1 {
			t.Fatalf("FindSeries = %v, %v", rows, err)
		}
		s, err := db.Series(t.Context(), rows[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range s.Postings[0].Parts[0].Replies {
			got = append(got, strings.Repeat(" ", r.Depth)+r.MessageID)
		}
		want := []string{"a@x", " c@x", " b@x", "direct@x", "late@x"} // a circle is about nothing
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("thread:\n%s", diff)
		}
	})
}

func TestMessage(t *testing.T) {
	eachFilled(t, func(t *testing.T, db *store.DB) {
		m, err := db.Message(t.Context(), "s1@x")
		if err != nil || m.Kind != "patch" || m.Copies != 1 || string(m.Raw) != string(letters[9]) || m.ChangeID == 0 || m.SeriesID == 0 ||
			m.Status != change.InReview || len(m.Deliveries) != 1 {
			t.Errorf("Message = %+v, %v, want the copy with the diff", m, err)
		}
		if m, err := db.Message(t.Context(), "c1@x"); err != nil || m.Kind != "cover" || len(m.Deliveries) != 2 {
			t.Errorf("Message = %+v, %v, want two deliveries", m, err)
		}
		if b, err := db.RawByMessageID(t.Context(), "s1@x"); err != nil || string(b) != string(letters[9]) {
			t.Errorf("RawByMessageID = %q, %v", b, err)
		}
		for _, err := range []error{
			second(db.Message(t.Context(), "none@x")), second(db.RawMail(t.Context(), 9999)), second(db.RawByMessageID(t.Context(), "none\x00")),
		} {
			if !errors.Is(err, store.ErrNotFound) {
				t.Errorf("what is not there: %v, want ErrNotFound", err)
			}
		}
	})
}

func second[T any](_ T, err error) error { return err }

func TestLayers(t *testing.T) {
	eachFilled(t, func(t *testing.T, db *store.DB) {
		rows, err := db.Layers(t.Context())
		if err != nil || len(rows) != 2 || rows[0].Name != "core" {
			t.Fatalf("Layers = %+v, %v", rows, err)
		}
		p := rows[1]
		if p.Recipes != 2 || p.Appends != 1 || p.Carried != 3 || p.Duplicates != 3 ||
			cmp.Diff(map[string]int{"Submitted": 1, "malformed": 1, "missing": 1}, p.Claims) != "" {
			t.Errorf("Layers = %+v", p)
		}
		l, err := db.Layer(t.Context(), "product", store.LayerParts{Recipes: true, Patches: true, Duplicates: true})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range l.RecipeList {
			got = append(got, fmt.Sprint(r.PN, " ", r.PV, " ", r.Append, " ", r.Patches, " ", r.Problems))
		}
		for _, c := range l.Patches {
			got = append(got, fmt.Sprint(c.Position, " ", c.Subject, " ", c.Layer, " ", c.ChangeID != 0, " ", c.Judgement.Status, " ", c.Carried.Status.Kind))
		}
		for _, d := range l.DuplicateList {
			got = append(got, fmt.Sprint(d.Kind, " ", d.PN, " ", d.LocalVersion, " ", d.UpstreamVersion, " ", d.Match))
		}
		want := []string{
			"jq  true 0 []", "odd unknown false 0 [PV: only code could tell]", "zlib 1.3 false 2 []",
			"1 zlib: fix one product true droppable Submitted", "2 zlib: fix two product true in review Pending", "3 zlib: fix local product true local ",
			"append-dangling jq   ", "fork zlib 1.3 1.3.1 ", "patch zlib   near",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Layer:\n%s", diff)
		}
		if _, err := db.Layer(t.Context(), "none", store.LayerParts{}); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("Layer that is not there: %v", err)
		}
	})
}

func TestOverview(t *testing.T) {
	eachFilled(t, func(t *testing.T, db *store.DB) {
		if err := db.MarkSource(t.Context(), pipeline.ProjectSource, "zlib", "no such host", day(24)); err != nil {
			t.Fatal(err)
		}
		o, err := db.Overview(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(o.Failing) != 1 || o.Failing[0].LastError != "no such host" || !o.Failing[0].ErrorSince.Equal(day(24)) {
			t.Errorf("Failing = %+v", o.Failing)
		}
		o.Failing = nil
		want := store.Overview{
			Actions:  []store.ActionCount{{Action: change.DropIt, Owner: "ann", Count: 1}, {Action: change.RebaseIt, Owner: "bob", Count: 1}},
			Statuses: map[change.Status]int{change.Droppable: 1, change.InReview: 1, change.Local: 1},
			Sources:  5, Ours: 3, Others: 1, Mails: 11, Series: 2, Postings: 3, Patches: 5, MergedPatches: 1,
			Recipes: 2, Carried: 3, Duplicates: 3, Commits: 1,
		}
		if diff := cmp.Diff(want, o); diff != "" {
			t.Errorf("Overview:\n%s", diff)
		}
	})
}

func TestSourceStates(t *testing.T) {
	eachFilled(t, func(t *testing.T, db *store.DB) {
		if err := db.SyncSources(t.Context(), sources[1:]); err != nil { // without the product layer
			t.Fatal(err)
		}
		states, err := db.SourceStates(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range states {
			got = append(got, fmt.Sprint(s.Kind, " ", s.Name, " ", s.Gone, " ", s.Tips, " ", len(s.Moves), " ", s.Mailboxes))
		}
		want := []string{
			"account inbox false 0 0 [{INBOX 7 11 11 11} {Lists 9 1 1 1}]", "layer core false 0 0 []", "list zlib-devel false 0 0 []",
			"project zlib false 2 2 []", "layer product true 0 0 []",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("SourceStates:\n%s", diff)
		}
		if c, err := db.CarriedPatches(t.Context()); err != nil || len(c) != 0 {
			t.Errorf("patches of a layer that is gone: %v, %v", c, err)
		}
	})
}

func TestQuarantined(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		if _, err := db.PutRawMails(t.Context(), []pipeline.RawMail{{Bytes: []byte("garbage"), Source: "s", Mailbox: "m", UID: 1}}); err != nil {
			t.Fatal(err)
		}
		mails, err := db.UnreadMails(t.Context(), 10)
		if err != nil || len(mails) != 1 {
			t.Fatalf("UnreadMails = %v, %v", mails, err)
		}
		broken := pipeline.Message{Raw: mails[0].ID, Broken: true, Reason: "no header", Mail: series.Mail{MessageID: "made-up", Subject: ""}}
		if err := db.PutMessages(t.Context(), []pipeline.Message{broken}); err != nil {
			t.Fatal(err)
		}
		found, total, err := db.QuarantinedMails(t.Context(), 5)
		if err != nil || total != 1 || len(found) != 1 || found[0].Reason != "no header" || found[0].MessageID != "made-up" {
			t.Errorf("QuarantinedMails = %+v, %d, %v", found, total, err)
		}
		if all, err := db.MessagesOf(t.Context(), []int64{mails[0].ID}); err != nil || len(all) != 1 || !all[0].Broken {
			t.Errorf("MessagesOf = %v, %v, want one that is quarantined", all, err)
		}
		if unread, err := db.UnreadMails(t.Context(), 10); err != nil || len(unread) != 0 {
			t.Errorf("UnreadMails = %v, %v, want none", unread, err)
		}
	})
}

func TestTimes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		zone := time.FixedZone("east", 9*3600)
		for _, at := range []time.Time{{}, day(1), day(1).In(zone), time.Unix(-5, 0)} {
			if err := db.AddDecision(t.Context(), change.Decision{Kind: change.Reopen, At: at}); err != nil {
				t.Fatal(err)
			}
			d, err := db.Decisions(t.Context())
			if err != nil || !containsTime(d, at) {
				t.Errorf("time %v came back as %v, %v", at, d, err)
			}
		}
	})
}

func containsTime(ds []change.Decision, at time.Time) bool {
	for _, d := range ds {
		if d.At.Equal(at) && d.At.Location() == time.UTC && d.At.IsZero() == at.IsZero() {
			return true
		}
	}
	return false
}
