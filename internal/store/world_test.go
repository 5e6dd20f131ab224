package store_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/mailing"
	"github.com/upstreamd/upstreamd/internal/patch"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/series"
	"github.com/upstreamd/upstreamd/internal/store"
)

// A small world: one layer that carries three patches of zlib, one of them
// posted twice and merged, and a list with some more mail.

type ctx = context.Context

func day(n int) time.Time { return time.Date(2026, 1, n, 12, 0, 0, 0, time.UTC) }

var sources = []pipeline.Source{
	{Kind: pipeline.LayerSource, Name: "product", Location: "/git/product", Settings: `{"branch":"main"}`, FromFile: true},
	{Kind: pipeline.LayerSource, Name: "core", Location: "https://example.org/core", FromFile: true},
	{Kind: pipeline.ProjectSource, Name: "zlib", Location: "https://example.org/zlib", FromFile: true},
	{Kind: pipeline.ListSource, Name: "zlib-devel", Location: "zlib-devel@example.org", FromFile: true},
	{Kind: pipeline.AccountSource, Name: "inbox", Location: "imap.example.org:993", FromFile: true},
}

var refs = pipeline.Refs{
	Tips: []git.Tip{
		{Ref: "refs/heads/main", Hash: strings.Repeat("a", 40), Time: day(20)},
		{Ref: "refs/tags/v1.3", Hash: strings.Repeat("b", 40), Time: day(10)},
	},
	Moves: []git.RefMove{
		{Ref: "refs/heads/main", New: strings.Repeat("a", 40), Kind: "new"},
		{Ref: "refs/tags/v1.3", New: strings.Repeat("b", 40), Kind: "new"},
	},
}

const diff = `
diff --git a/%[1]s b/%[1]s
--- a/%[1]s
+++ b/%[1]s
@@ -1 +1 @@
-old
+%[2]s
`

// letter is a mail. headers are lines of further header fields.
func letter(id, from, subject string, sent time.Time, headers, text string) []byte {
	return fmt.Appendf(nil, "Message-ID: <%s>\nFrom: %s\nSubject: %s\nDate: %s\nList-Id: <zlib-devel.example.org>\n%s\n%s\n",
		id, from, subject, sent.Format(time.RFC1123Z), headers, text)
}

const ann, bob = "Ann Author <ann@example.com>", "Bob Maintainer <bob@example.org>"

// letters are the mails of the world; the last but one comes twice, the last
// has the message-id of another.
var letters = [][]byte{
	letter("c1@x", ann, "[PATCH 0/2] zlib: two fixes", day(2), "", "Two fixes.\n\nAnn Author (2):\n  zlib: fix one\n  zlib: fix two\n"),
	letter("p1@x", ann, "[PATCH 1/2] zlib: fix one", day(2).Add(time.Second), "In-Reply-To: <c1@x>\n", fmt.Sprintf(diff, "one.c", "new")),
	letter("p2@x", ann, "[PATCH 2/2] zlib: fix two", day(2).Add(2*time.Second), "In-Reply-To: <c1@x>\n", fmt.Sprintf(diff, "two.c", "new")),
	letter("r1@x", bob, "Re: [PATCH 1/2] zlib: fix one", day(3), "In-Reply-To: <p1@x>\n", "Good.\n\nReviewed-by: Bob Maintainer <bob@example.org>\n"),
	letter("c2@x", ann, "[PATCH v2 0/2] zlib: two fixes", day(9), "", "Ann Author (2):\n  zlib: fix one\n  zlib: fix two\n"),
	letter("q1@x", ann, "[PATCH v2 1/2] zlib: fix one", day(9).Add(time.Second), "In-Reply-To: <c2@x>\n", fmt.Sprintf(diff, "one.c", "newer")),
	letter("q2@x", ann, "[PATCH v2 2/2] zlib: fix two", day(9).Add(2*time.Second), "In-Reply-To: <c2@x>\n", fmt.Sprintf(diff, "two.c", "newer")),
	letter("r2@x", bob, "Re: [PATCH v2 0/2] zlib: two fixes", day(12), "In-Reply-To: <c2@x>\n", "Applied, thanks!\n"),
	letter("o1@x", bob, "A question", day(13), "", "How is everybody?\n"),
	letter("s1@x", "Carl <carl@example.net>", "[PATCH] zlib: 100% faster_", day(14), "", fmt.Sprintf(diff, "fast.c", "fast")),
	letter("s1@x", "Carl <carl@example.net>", "[PATCH] zlib: 100% faster_", day(14), "X-Footer: 1\n", "no diff in this one"),
}

// rawMails are the letters as deliveries to two mailboxes.
func rawMails() []pipeline.RawMail {
	var mails []pipeline.RawMail
	for i, b := range letters {
		mails = append(mails, pipeline.RawMail{Bytes: b, Source: "inbox", Mailbox: "INBOX", UIDValidity: 7, UID: uint32(i + 1)})
	}
	return append(mails, pipeline.RawMail{Bytes: letters[0], Source: "inbox", Mailbox: "Lists", UIDValidity: 9, UID: 1})
}

// read makes messages of all unread mails, as the assemble stage does.
func read(c ctx, db *store.DB) error {
	mails, err := db.UnreadMails(c, 1000)
	if err != nil {
		return err
	}
	var messages []pipeline.Message
	for _, m := range mails {
		parsed := mailing.Parse(m.Bytes)
		mail := series.NewMail(parsed)
		mail.List = "zlib-devel"
		messages = append(messages, pipeline.Message{Raw: m.ID, List: "zlib-devel", Reason: strings.Join(parsed.Problems, "; "), Mail: mail, Sent: parsed.Date, Content: parsed.Text, Text: parsed.Text, Archive: "https://lists.example.org/m/" + mail.MessageID})
	}
	return db.PutMessages(c, messages)
}

func assemble(c ctx, db *store.DB) error {
	raws, _, err := db.Loose(c, 1000)
	if err != nil {
		return err
	}
	messages, err := db.MessagesOf(c, raws)
	if err != nil {
		return err
	}
	var mails []series.Mail
	for _, m := range messages {
		mails = append(mails, m.Mail)
	}
	a := pipeline.Assembly{Raws: raws, Result: series.Assemble(mails), Stated: map[string]pipeline.Stated{}}
	for _, p := range a.Postings {
		a.Stated[p.Key] = pipeline.Stated{LastSign: day(12)}
	}
	if _, err = db.PutAssembly(c, a); err != nil {
		return err
	}
	all, err := db.Submissions(c)
	if err != nil {
		return err
	}
	var judged []pipeline.JudgedReview
	for _, s := range all {
		if s.State != "open" {
			judged = append(judged, pipeline.JudgedReview{Series: s.ID, ReviewState: pipeline.ReviewState{State: "open", Reason: "no answer"}})
		}
	}
	return db.PutReviews(c, judged)
}

func carriedKey(name string) string {
	return change.CarriedKey("product", "main", "recipes/zlib/files/"+name)
}

func layerScan(source int64) pipeline.LayerScan {
	scan := pipeline.LayerScan{
		Source: source, At: day(21),
		Recipes: []layer.Recipe{
			{Source: "product", Layer: "product/meta", File: "recipes/zlib/zlib_1.3.bb", PN: "zlib", PV: "1.3",
				PatchesEffective: []string{"one.patch", "two.patch"}, Remote: []string{"https://zlib.net/zlib-1.3.tar.gz"}},
			{Source: "product", Layer: "product/meta", File: "recipes/odd/odd.bb", PN: "odd", PV: layer.Unknown, Problems: []string{"PV: only code could tell"}},
		},
		Appends: []layer.Append{{Source: "product", Layer: "product/meta", File: "recipes/jq/jq_%.bbappend", PN: "jq"}},
	}
	for i, name := range []string{"one.patch", "two.patch", "local.patch"} {
		scan.Carried = append(scan.Carried, pipeline.Carried{
			Key: carriedKey(name), Source: source, Layer: "product", Branch: "main", Path: "recipes/zlib/files/" + name,
			Recipe: "zlib", RecipeFile: "recipes/zlib/zlib_1.3.bb", PV: "1.3", Position: i + 1, Strip: 1,
			Blob: strings.Repeat(fmt.Sprint(i), 40), Subject: "zlib: fix " + strings.TrimSuffix(name, ".patch"), Author: "Ann@Example.com",
			Status: []patch.UpstreamStatus{
				{Kind: "Submitted", Detail: "[zlib-devel]", WellFormed: true, Line: 4, Raw: "Upstream-Status: Submitted [zlib-devel]"},
				{Kind: "Pending", Line: 3, Raw: "upstream status: pending"},
				{},
			}[i],
			Added: day(1), Toucher: "ann@example.com", Touched: day(1),
		})
	}
	return scan
}

var duplicates = []layer.Duplicate{
	{Kind: "fork", LocalSource: "product", LocalFile: "recipes/zlib/zlib_1.3.bb", LocalVersion: "1.3",
		UpstreamSource: "core", UpstreamFile: "meta/zlib/zlib_1.3.1.bb", UpstreamVersion: "1.3.1", Relation: "local-older"},
	{Kind: "patch", LocalSource: "product", LocalFile: "recipes/zlib/files/one.patch", UpstreamSource: "core",
		UpstreamFile: "meta/zlib/one.patch", Match: "near", Similarity: 0.8125},
	{Kind: "append-dangling", LocalSource: "product", LocalFile: "recipes/jq/jq_%.bbappend"},
}

var commit = strings.Repeat("c", 40)

var matches = []change.Match{
	{Sighting: change.PostedKey("q1@x"), Project: "zlib", Tips: "t1", Verdict: change.Merged, Commit: commit, Confidence: 0.993,
		Method: "patch-id", Subject: "zlib: fix one", Author: ann, CommitTime: day(15), Branches: []string{"main"}, Tags: []string{"v1.3.1"},
		Commits: []string{commit, strings.Repeat("d", 40)}, Evidence: []change.Evidence{{Kind: "patch-id", Score: 1, Weight: 7.5, Detail: "same patch-id"}}},
	{Sighting: carriedKey("one.patch"), Project: "zlib", Tips: "t1", Verdict: change.Probable, Commit: commit, Confidence: 0.7},
	{Sighting: carriedKey("two.patch"), Project: "zlib", Tips: "t1", Verdict: change.None},
}

func sight(kind change.Kind, key, subject string, at time.Time) change.Sighting {
	return change.Sighting{Kind: kind, Key: key, Source: "zlib-devel", Subject: subject, Author: "ann@example.com", At: at, Note: "patch"}
}

func carriedSight(name string) change.Sighting {
	s := sight(change.Carried, carriedKey(name), "zlib: fix "+name, day(1))
	s.Source, s.Branch, s.Path, s.Recipe = "product", "main", "recipes/zlib/files/"+name, "zlib"
	return s
}

func clusters() []pipeline.Cluster {
	local := []change.Standing{{Place: "product@main", Local: true}}
	return []pipeline.Cluster{
		{Title: "zlib: fix one", Ours: true, Standings: local, Sightings: []change.Sighting{
			carriedSight("one.patch"), sight(change.Posted, change.PostedKey("p1@x"), "zlib: fix one", day(2)),
			sight(change.Posted, change.PostedKey("q1@x"), "zlib: fix one", day(9)),
			sight(change.Committed, change.CommitKey("zlib", commit), "zlib: fix one", day(15)),
		}},
		{Title: "zlib: fix two", Ours: true, Standings: local, Sightings: []change.Sighting{
			carriedSight("two.patch"), sight(change.Posted, change.PostedKey("p2@x"), "zlib: fix two", day(2)),
			sight(change.Posted, change.PostedKey("q2@x"), "zlib: fix two", day(9)),
			sight(change.Committed, change.CommitKey("zlib", commit), "zlib: fix one", day(15)), // squashed
		}},
		{Title: "zlib: fix local", Ours: true, Standings: local, Sightings: []change.Sighting{carriedSight("local.patch")}},
		{Title: "zlib: 100% faster_", Standings: []change.Standing{{Place: "zlib"}}, Sightings: []change.Sighting{
			sight(change.Posted, change.PostedKey("s1@x"), "zlib: 100% faster_", day(14)),
		}},
	}
}

var flags = []pipeline.TestedFlag{
	{Flag: change.Flag{Sighting: carriedKey("local.patch"), Role: "newest", Version: "v1.3.1", Outcome: "conflict", Detail: "local.c:1", At: day(16)}, Input: "i1"},
	{Flag: change.Flag{Sighting: carriedKey("local.patch"), Role: "pinned", Version: "v1.3", Outcome: "applies", At: day(10)}, Input: "i2"},
}

var decisions = []change.Decision{
	{Kind: change.Confirm, Subject: carriedKey("one.patch"), Object: change.CommitKey("zlib", commit), By: "ann", At: day(22)},
	{Kind: change.Own, Subject: carriedKey("local.patch"), Object: "bob", Note: "he knows", By: "ann", At: day(23)},
}

// judge gives every standing a judgement by the title of its change.
func judge(c ctx, db *store.DB) error {
	changes, err := db.Changes(c)
	if err != nil {
		return err
	}
	standings, err := db.Standings(c)
	if err != nil {
		return err
	}
	verdicts := map[string]change.Judgement{
		"zlib: fix one":      {Status: change.Droppable, Reason: "commit in v1.3.1", Action: change.DropIt, Why: "remove it", Owner: "ann", Since: day(15)},
		"zlib: fix two":      {Status: change.InReview, Reason: "posted", Action: change.Wait, Why: "wait", Since: day(9), ValidUntil: day(30)},
		"zlib: fix local":    {Status: change.Local, Reason: "not seen", Action: change.RebaseIt, Why: "conflicts", Owner: "bob", Since: day(1)},
		"zlib: 100% faster_": {Status: change.InReview, Reason: "posted", Since: day(14)},
	}
	titles := map[int64]string{}
	for _, ch := range changes {
		titles[ch.ID] = ch.Title
	}
	var judged []pipeline.Judged
	for _, st := range standings {
		judged = append(judged, pipeline.Judged{Standing: st.ID, Judgement: verdicts[titles[st.ChangeID]], Inputs: "in"})
	}
	return db.PutStatuses(c, judged)
}

func sourceID(c ctx, db *store.DB, name string) (int64, error) {
	all, err := db.Sources(c)
	for _, s := range all {
		if s.Name == name {
			return s.ID, nil
		}
	}
	return 0, fmt.Errorf("source %s: %w", name, err)
}

// A step is one thing that a stage writes.
type step struct {
	name string
	run  func(c ctx, db *store.DB) error
}

// steps write the world. shuffled, what comes in lists comes in another order.
func steps(shuffled bool) []step {
	mix := func(swap func(i, j int), n int) {
		if shuffled {
			rand.New(rand.NewPCG(1, 2)).Shuffle(n, swap)
		}
	}
	srcs, dups, ms, fs, cl, mails := slices.Clone(sources), slices.Clone(duplicates), slices.Clone(matches), slices.Clone(flags), clusters(), rawMails()
	mix(func(i, j int) { srcs[i], srcs[j] = srcs[j], srcs[i] }, len(srcs))
	mix(func(i, j int) { dups[i], dups[j] = dups[j], dups[i] }, len(dups))
	mix(func(i, j int) { ms[i], ms[j] = ms[j], ms[i] }, len(ms))
	mix(func(i, j int) { fs[i], fs[j] = fs[j], fs[i] }, len(fs))
	mix(func(i, j int) { cl[i], cl[j] = cl[j], cl[i] }, len(cl))
	mix(func(i, j int) { mails[i], mails[j] = mails[j], mails[i] }, len(mails))
	return []step{
		{"sources", func(c ctx, db *store.DB) error { return db.SyncSources(c, srcs) }},
		{"refs", func(c ctx, db *store.DB) error {
			r := refs
			var err error
			if r.Source, err = sourceID(c, db, "zlib"); err != nil {
				return err
			}
			if have, err := db.Tips(c, r.Source); err != nil || len(have) > 0 {
				r.Moves = nil
			}
			return db.PutRefs(c, r, day(21))
		}},
		{"mails", func(c ctx, db *store.DB) error { _, err := db.PutRawMails(c, mails); return err }},
		{"messages", read},
		{"assembly", assemble},
		{"scan", func(c ctx, db *store.DB) error {
			id, err := sourceID(c, db, "product")
			if err != nil {
				return err
			}
			scan := layerScan(id)
			mix(func(i, j int) { scan.Carried[i], scan.Carried[j] = scan.Carried[j], scan.Carried[i] }, len(scan.Carried))
			return db.PutScan(c, scan)
		}},
		{"duplicates", func(c ctx, db *store.DB) error { return db.PutDuplicates(c, dups) }},
		{"matches", func(c ctx, db *store.DB) error { return db.PutMatches(c, ms) }},
		{"changes", func(c ctx, db *store.DB) error { _, err := db.PutChanges(c, cl); return err }},
		{"flags", func(c ctx, db *store.DB) error { return db.PutFlags(c, fs) }},
		{"decisions", func(c ctx, db *store.DB) error {
			if have, err := db.Decisions(c); err != nil || len(have) > 0 {
				return err
			}
			for _, d := range decisions {
				if err := db.AddDecision(c, d); err != nil {
					return err
				}
			}
			return nil
		}},
		{"statuses", judge},
		{"effort", func(c ctx, db *store.DB) error {
			return db.PutEffort(c, store.Effort{Name: "faster zlib", Goal: "All of it upstream.", Sightings: []string{carriedKey("two.patch"), carriedKey("one.patch")}})
		}},
		{"cursor", func(c ctx, db *store.DB) error { return db.SetCursor(c, "scan", "layers", "f00") }},
	}
}

// fill writes the world.
func fill(t testing.TB, db *store.DB) {
	t.Helper()
	for _, s := range steps(false) {
		if err := s.run(t.Context(), db); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
	}
}

func dump(t testing.TB, db *store.DB) string {
	t.Helper()
	var b bytes.Buffer
	if err := db.Dump(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// written changes with every row that is written, even if it stays the same.
func written(t testing.TB, db *store.DB) string {
	t.Helper()
	if db.Driver() == store.SQLite {
		return one(t, db, "SELECT total_changes()")
	}
	tables := one(t, db, "SELECT string_agg(tablename, ' ' ORDER BY tablename) FROM pg_tables WHERE schemaname = 'public'")
	var all []string
	for _, table := range strings.Fields(tables) {
		all = append(all, `SELECT '`+table+`:' || coalesce(md5(string_agg(ctid::text || xmin::text, ',' ORDER BY ctid)), '') AS t FROM "`+table+`"`)
	}
	return strings.ReplaceAll(one(t, db, "SELECT string_agg(t, ' ' ORDER BY t) FROM ("+strings.Join(all, " UNION ALL ")+") AS a"), " ", "\n")
}

func one(t testing.TB, db *store.DB, query string) string {
	t.Helper()
	var s string
	if err := db.SQL().QueryRowContext(t.Context(), query).Scan(&s); err != nil {
		t.Fatal(err)
	}
	return s
}
