package store_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/internal/store/storetest"
)

// TestIdentity: which id a change has after its sightings were put together in
// another way. A case says for each cluster its sightings; what is wanted is
// the number of the change, counted from 1 in order of making.
func TestIdentity(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		put := func(clusters ...string) string {
			t.Helper()
			var cs []pipeline.Cluster
			for _, keys := range clusters {
				c := pipeline.Cluster{Title: keys, Standings: []change.Standing{{Place: "list"}}}
				for _, k := range strings.Fields(keys) {
					kind := change.Posted
					if strings.HasPrefix(k, "C") {
						kind = change.Committed
					}
					c.Sightings = append(c.Sightings, change.Sighting{Kind: kind, Key: k})
				}
				cs = append(cs, c)
			}
			if _, err := db.PutChanges(t.Context(), cs); err != nil {
				t.Fatal(err)
			}
			changes, err := db.Changes(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, c := range changes {
				got = append(got, fmt.Sprint(c.ID, ":", c.Title))
			}
			return strings.Join(got, ", ")
		}
		for _, tt := range []struct {
			about    string
			clusters []string
			want     string
		}{
			{"new ones", []string{"a C1", "b C1", "c"}, "1:a C1, 2:b C1, 3:c"},
			{"order does not matter", []string{"c", "b C1", "a C1"}, "1:a C1, 2:b C1, 3:c"},
			{"two become one: the lower id stays", []string{"b c C1", "a"}, "1:a, 2:b c C1"},
			{"one becomes two: the older sighting keeps the id", []string{"c", "a", "b"}, "1:a, 2:b, 4:c"},
			{"a sighting goes over", []string{"a c", "b"}, "1:a c, 2:b"},
			{"a commit alone decides nothing", []string{"a c", "d C1"}, "1:a c, 5:d C1"},
			{"the oldest goes, the rest keeps the id", []string{"c", "d"}, "1:c, 5:d"},
			{"none", nil, ""},
			{"ids are not given twice", []string{"a"}, "6:a"},
		} {
			if got := put(tt.clusters...); got != tt.want {
				t.Errorf("%s: %q, want %q", tt.about, got, tt.want)
			}
		}
	})
}

// TestStandingKeepsID: the id of a standing stays, so that its status does.
func TestStandingKeepsID(t *testing.T) {
	eachFilled(t, func(t *testing.T, db *store.DB) {
		before, err := db.Statuses(t.Context())
		if err != nil || len(before) != 4 {
			t.Fatalf("Statuses = %v, %v", before, err)
		}
		cs := clusters()
		cs[0].Title = "another title"
		cs[0].Standings = append(cs[0].Standings, change.Standing{Place: "old@main", Local: true})
		if n, err := db.PutChanges(t.Context(), cs); n != 1 || err != nil {
			t.Errorf("PutChanges = %d, %v, want 1 changed", n, err)
		}
		after, err := db.Statuses(t.Context())
		if diff := gocmp.Diff(before, after); err != nil || diff != "" {
			t.Errorf("statuses: %v\n%s", err, diff)
		}
		st, err := db.Standings(t.Context())
		if err != nil || len(st) != 5 {
			t.Errorf("Standings = %v, %v, want 5", st, err)
		}
	})
}

// TestDropped: a patch file that a layer has no more is dropped once, and
// comes back; files of a branch that is not asked for any more are forgotten.
func TestDropped(t *testing.T) {
	eachFilled(t, func(t *testing.T, db *store.DB) {
		id, err := sourceID(t.Context(), db, "product")
		if err != nil {
			t.Fatal(err)
		}
		scan := layerScan(id)
		state := func(when string) string {
			t.Helper()
			if err := db.PutScan(t.Context(), scan); err != nil {
				t.Fatalf("%s: %v", when, err)
			}
			carried, err := db.CarriedPatches(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, c := range carried {
				name := c.Path[strings.LastIndex(c.Path, "/")+1:]
				if !c.Dropped.IsZero() {
					name += fmt.Sprint(" dropped ", c.Dropped.Day())
				}
				got = append(got, name+"@"+c.Branch)
			}
			return strings.Join(got, ", ")
		}
		all := scan.Carried
		scan.Carried, scan.At = all[:2], day(25)
		const without = "local.patch dropped 25@main, one.patch@main, two.patch@main"
		if got := state("without"); got != without {
			t.Errorf("without: %s", got)
		}
		scan.At = day(26)
		if got := state("still without"); got != without {
			t.Errorf("still without: %s", got)
		}
		scan.Carried = all
		if got := state("back"); got != "local.patch@main, one.patch@main, two.patch@main" {
			t.Errorf("back: %s", got)
		}
		moved := slices.Clone(all[:1])
		moved[0].Branch, moved[0].Key = "next", change.CarriedKey("product", "next", moved[0].Path)
		scan.Carried = moved
		if got := state("another branch"); got != "one.patch@next" {
			t.Errorf("another branch: %s", got)
		}
		claims, err := db.Claims(t.Context())
		if err != nil || !slices.ContainsFunc(claims, func(c change.Claim) bool { return c.Sighting == moved[0].Key }) ||
			slices.ContainsFunc(claims, func(c change.Claim) bool { return c.Sighting == all[0].Key }) {
			t.Errorf("claims of another branch: %v, %v", claims, err)
		}
		scan.Carried, scan.At = nil, day(27)
		if got := state("none"); got != "one.patch dropped 27@next" {
			t.Errorf("none: %s", got)
		}
	})
}

func TestCarriedRoundTrip(t *testing.T) {
	eachFilled(t, func(t *testing.T, db *store.DB) {
		id, _ := sourceID(t.Context(), db, "product")
		want := layerScan(id).Carried
		for i := range want {
			want[i].Author = strings.ToLower(want[i].Author)
		}
		slices.SortFunc(want, func(a, b pipeline.Carried) int { return cmp.Compare(a.Key, b.Key) })
		got, err := db.CarriedPatches(t.Context())
		if diff := gocmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("CarriedPatches: %v\n%s", err, diff)
		}
		matched, err := db.Matches(t.Context())
		wantMatches := slices.Clone(matches)
		slices.SortFunc(wantMatches, func(a, b change.Match) int { return cmp.Compare(a.Sighting, b.Sighting) })
		for i := range wantMatches {
			wantMatches[i].Commits = append([]string{}, wantMatches[i].Commits...)
			wantMatches[i].Branches = append([]string{}, wantMatches[i].Branches...)
			wantMatches[i].Tags = append([]string{}, wantMatches[i].Tags...)
			wantMatches[i].Evidence = append([]change.Evidence{}, wantMatches[i].Evidence...)
		}
		if diff := gocmp.Diff(wantMatches, matched); err != nil || diff != "" {
			t.Errorf("Matches: %v\n%s", err, diff)
		}
	})
}

func TestPostedPatches(t *testing.T) {
	eachFilled(t, func(t *testing.T, db *store.DB) {
		posted, err := db.PostedPatches(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range posted {
			got = append(got, fmt.Sprint(p.Key, " ", p.Title, " v", p.Version, " ", p.Part, "/", p.Total, " ", p.SeriesKey, " ", p.Superseded, " ", p.Author))
		}
		want := []string{
			"posted:p1@x zlib: fix one v1 1/2 c1@x true ann@example.com", "posted:p2@x zlib: fix two v1 2/2 c1@x true ann@example.com",
			"posted:q1@x zlib: fix one v2 1/2 c1@x false ann@example.com", "posted:q2@x zlib: fix two v2 2/2 c1@x false ann@example.com",
			"posted:s1@x zlib: 100% faster_ v1 1/1 s1@x false carl@example.net",
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("PostedPatches:\n%s", diff)
		}
	})
}

func TestMarkSource(t *testing.T) {
	eachFilled(t, func(t *testing.T, db *store.DB) {
		mark := func(problem string, at int) pipeline.Source {
			t.Helper()
			if err := db.MarkSource(t.Context(), pipeline.ProjectSource, "zlib", problem, day(at)); err != nil {
				t.Fatal(err)
			}
			all, err := db.Sources(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return all[slices.IndexFunc(all, func(s pipeline.Source) bool { return s.Name == "zlib" })]
		}
		mark("timeout", 2)
		if s := mark("refused", 3); s.LastError != "refused" || !s.ErrorSince.Equal(day(2)) || !s.LastChecked.Equal(day(3)) || !s.LastSuccess.IsZero() {
			t.Errorf("after two errors: %+v", s)
		}
		if s := mark("", 4); s.LastError != "" || !s.ErrorSince.IsZero() || !s.LastSuccess.Equal(day(4)) {
			t.Errorf("after a success: %+v", s)
		}
		if s := mark("gone", 5); !s.LastSuccess.Equal(day(4)) || !s.ErrorSince.Equal(day(5)) {
			t.Errorf("after another error: %+v", s)
		}
		if err := db.MarkSource(t.Context(), pipeline.ListSource, "unknown", "x", day(5)); err != nil {
			t.Errorf("MarkSource of what is not there: %v", err)
		}
		// Gone and configured again: history and id stay.
		before := mark("", 6)
		if err := db.SyncSources(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		if all, err := db.Sources(t.Context()); err != nil || len(all) != 0 {
			t.Errorf("Sources without configuration = %v, %v", all, err)
		}
		if err := db.SyncSources(t.Context(), sources); err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(mark("", 6), before); diff != "" {
			t.Errorf("configured again:\n%s", diff)
		}
	})
}

func TestRefs(t *testing.T) {
	eachFilled(t, func(t *testing.T, db *store.DB) {
		id, _ := sourceID(t.Context(), db, "zlib")
		next := pipeline.Refs{Source: id, Tips: []git.Tip{{Ref: "refs/heads/main", Hash: strings.Repeat("d", 40), Time: day(22)}}, Moves: []git.RefMove{
			{Ref: "refs/heads/main", Old: strings.Repeat("a", 40), New: strings.Repeat("d", 40), Kind: "forced"},
			{Ref: "refs/tags/v1.3", Old: strings.Repeat("b", 40), Kind: "deleted"},
		}}
		if err := db.PutRefs(t.Context(), next, day(23)); err != nil {
			t.Fatal(err)
		}
		tips, err := db.Tips(t.Context(), id)
		if diff := gocmp.Diff(next.Tips, tips); err != nil || diff != "" {
			t.Errorf("Tips: %v\n%s", err, diff)
		}
		moves, seen, err := db.Moves(t.Context(), id, 3)
		if err != nil || len(moves) != 3 || moves[0] != next.Moves[1] || moves[1] != next.Moves[0] || moves[2].Kind != "new" || !seen[0].Equal(day(23)) {
			t.Errorf("Moves = %v %v, %v", moves, seen, err)
		}
	})
}

func TestMails(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		odd := []byte("From: \x00\xff\r\n\r\n" + strings.Repeat("binary \x00", 100))
		mails := []pipeline.RawMail{
			{Bytes: odd, Source: "inbox", Mailbox: "INBOX", UIDValidity: 4294967295, UID: 4294967294},
			{Bytes: odd, Source: "inbox", Mailbox: "INBOX", UIDValidity: 4294967295, UID: 3},
			{Bytes: nil, Oversize: true, Source: "file\x00", Mailbox: strings.Repeat("/long", 1000), UID: 1},
		}
		for round, want := range []int{2, 0} {
			if n, err := db.PutRawMails(t.Context(), mails); n != want || err != nil {
				t.Errorf("PutRawMails, round %d = %d, %v, want %d", round, n, err, want)
			}
		}
		unread, err := db.UnreadMails(t.Context(), 10)
		if err != nil || len(unread) != 2 || string(unread[0].Bytes) != string(odd) || len(unread[1].Bytes) != 0 || !unread[1].Oversize || unread[0].UID != 3 {
			t.Fatalf("UnreadMails = %+v, %v", unread, err)
		}
		if b, err := db.RawMail(t.Context(), unread[0].ID); err != nil || string(b) != string(odd) {
			t.Errorf("RawMail = %q, %v", b, err)
		}
		// An mbox that was rewritten shows another mail at the same place.
		other := mails[1]
		other.Bytes = []byte("other")
		if n, err := db.PutRawMails(t.Context(), []pipeline.RawMail{other}); n != 1 || err != nil {
			t.Errorf("another mail at the same place: %d, %v", n, err)
		}
	})
}

// TestUnreadIsBounded: large mails come in smaller batches.
func TestUnreadIsBounded(t *testing.T) {
	db := storetest.SQLite(t)
	for i := range 3 {
		big := pipeline.RawMail{Bytes: []byte(strings.Repeat(fmt.Sprint(i), 30<<20)), Source: "s", Mailbox: "m", UID: uint32(i + 1)}
		if _, err := db.PutRawMails(t.Context(), []pipeline.RawMail{big}); err != nil {
			t.Fatal(err)
		}
	}
	if mails, err := db.UnreadMails(t.Context(), 10); err != nil || len(mails) != 2 {
		t.Errorf("UnreadMails = %d mails, %v, want 2 of 3", len(mails), err)
	}
}

func TestFlags(t *testing.T) {
	eachFilled(t, func(t *testing.T, db *store.DB) {
		inputs, err := db.FlagInputs(t.Context())
		want := map[string]string{carriedKey("local.patch") + "\x1fnewest": "i1", carriedKey("local.patch") + "\x1fpinned": "i2"}
		if diff := gocmp.Diff(want, inputs); err != nil || diff != "" {
			t.Errorf("FlagInputs: %v\n%s", err, diff)
		}
		if err := db.DeleteFlags(t.Context(), map[string][]string{carriedKey("local.patch"): {"newest", "x"}, "x": {"pinned"}}); err != nil {
			t.Fatal(err)
		}
		if f, err := db.Flags(t.Context()); err != nil || len(f) != 1 || f[0].Role != "pinned" {
			t.Errorf("Flags = %v, %v, want the pinned one", f, err)
		}
		if err := db.DeleteMatches(t.Context(), "other", []string{carriedKey("one.patch")}); err != nil {
			t.Fatal(err)
		}
		if err := db.DeleteMatches(t.Context(), "zlib", []string{carriedKey("two.patch")}); err != nil {
			t.Fatal(err)
		}
		if m, err := db.Matches(t.Context()); err != nil || len(m) != 2 {
			t.Errorf("Matches = %v, %v, want two left", m, err)
		}
	})
}

func TestEfforts(t *testing.T) {
	eachFilled(t, func(t *testing.T, db *store.DB) {
		e := store.Effort{Name: "faster zlib", Goal: "Other words.", Sightings: []string{carriedKey("local.patch")}}
		if err := db.PutEffort(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		all, err := db.Efforts(t.Context())
		if err != nil || len(all) != 1 || all[0].Goal != e.Goal || !slices.Equal(all[0].Sightings, e.Sightings) {
			t.Errorf("Efforts = %+v, %v", all, err)
		}
		if err := db.DeleteEffort(t.Context(), e.Name); err != nil {
			t.Error(err)
		}
		if err := db.DeleteEffort(t.Context(), e.Name); err == nil {
			t.Error("an effort was deleted twice")
		}
	})
}
