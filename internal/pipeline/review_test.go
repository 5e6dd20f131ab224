package pipeline_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/internal/store/storetest"
)

const (
	edwin   = "Edwin Hargrove <edwin@extfs.example.org>"
	newFile = `
Signed-off-by: Ana Prado <ana.prado@harbor.example.com>
---
diff --git a/misc/%[1]s.c b/misc/%[1]s.c
new file mode 100644
--- /dev/null
+++ b/misc/%[1]s.c
@@ -0,0 +1,4 @@
+int %[1]s(int n)
+{
+	return n * %[2]d;
+}
`
)

// patchMail puts a mail with a patch that adds a file into a list's mailbox, so
// many days after the town's first moment.
func (tn *town) patchMail(list, from, id, subject, text, file string, days int) {
	tn.mailOn(days, list, from, id, "", subject, text+fmt.Sprintf(newFile, file, len(file)))
}

func (tn *town) mailOn(days int, list, from, id, answers, subject, text string) {
	tn.mail(list, from, id, answers, subject, text)
	box := tn.boxes["lists/"+list]
	date := moment.AddDate(0, 0, days).Format(time.RFC1123Z)
	box[len(box)-1] = bytes.Replace(box[len(box)-1], []byte("Tue, 19 May 2026 10:00:00 +0000"), []byte(date), 1)
}

// on makes a pass so many days after the town's first moment.
func (tn *town) on(db *store.DB, days int) {
	tn.t.Helper()
	tn.now = moment.AddDate(0, 0, days).Add(time.Hour)
	tn.sync(db)
}

// stands is how a change stands where it was posted: status, action, why.
func stands(t *testing.T, db *store.DB, title string) string {
	t.Helper()
	var all []string
	for _, st := range findChange(t, db, title).Standings {
		all = append(all, fmt.Sprintf("%s, %s: %s", st.Status, st.Action, st.Why))
	}
	return strings.Join(all, "; ")
}

// reviewOf is the series with this key as the judge stage left it.
func reviewOf(t *testing.T, db *store.DB, key string) pipeline.Submission {
	t.Helper()
	all, err := db.Submissions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if s.Key == key {
			return s
		}
	}
	t.Fatalf("no series %s", key)
	return pipeline.Submission{}
}

// TestReviewGoes: a posting is asked about, answered, goes stale, and is to be
// sent elsewhere; another one waits for it.
func TestReviewGoes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		tn := newTown(t)
		tn.set.Rules.Lists = map[string]change.ListRules{"extfs-devel": {Patience: 10 * 24 * time.Hour, Fallback: "buoy-devel"}}
		expect := func(when, title, want string) {
			t.Helper()
			if got := stands(t, db, title); !strings.Contains(got, want) {
				t.Errorf("%s: %q is %q, want %q", when, title, got, want)
			}
		}
		const first, second = "misc: count in threes", "misc: count in fours"
		tn.patchMail("extfs-devel", ana, "a@harbor.example.com", "[PATCH] "+first, "Why.\n", "threes", 0)
		tn.patchMail("extfs-devel", ana, "b@harbor.example.com", "[PATCH] "+second, "Why.\n\nDepends-on: <a@harbor.example.com>\n", "quads", 0)
		tn.on(db, 0)
		expect("posted", first, "in review, wait")
		if s := reviewOf(t, db, "a@harbor.example.com"); s.State != "new" || !s.Ours || s.WaitingOn != "them" {
			t.Errorf("posted: %+v", s.ReviewState)
		}

		tn.mailOn(2, "extfs-devel", edwin, "q@extfs.example.org", "a@harbor.example.com", "Re: [PATCH] "+first, "Why threes and not fives?\n")
		tn.on(db, 15)
		expect("asked", first, `in review, answer: it waits for Ana Prado to answer Edwin Hargrove: "Why threes and not fives?"`)
		expect("asked", second, `ignored, wait: it depends on "misc: count in threes", which is under review`)

		tn.mailOn(16, "extfs-devel", ana, "r@harbor.example.com", "q@extfs.example.org", "Re: [PATCH] "+first, "Because of the harbour.\n")
		tn.on(db, 17)
		expect("answered", first, "in review, wait")
		tn.on(db, 27)
		expect("stale", first, "ignored, ping: no sign of life since 2026-06-05, patience is 10 days")
		if s := reviewOf(t, db, "a@harbor.example.com"); s.State != "stale" || s.Sent[0].State != "stale" {
			t.Errorf("stale: %+v, %+v", s.ReviewState, s.Sent)
		}

		tn.mailOn(30, "extfs-devel", ana, "ping@harbor.example.com", "a@harbor.example.com", "Re: [PATCH] "+first, "Ping?\n")
		tn.on(db, 31)
		expect("pinged", first, "in review, wait")
		tn.on(db, 37)
		expect("silent for twice as long", first, "ignored, send elsewhere: no answer on extfs-devel since 2026-06-19: send it to buoy-devel, set as the list to turn to then (answers in ")
		expect("silent for twice as long", second, "ignored, wait: it depends on")

		tn.patchMail("extfs-devel", ana, "c@harbor.example.com", "[PATCH] misc: count in fives", "Why.\n\nDepends-on: <d@harbor.example.com>\n", "fives", 37)
		tn.patchMail("extfs-devel", ana, "d@harbor.example.com", "[PATCH] misc: count in sixes", "Why.\n\nDepends-on: <c@harbor.example.com>\n", "sixes", 37)
		tn.on(db, 50)
		expect("a circle", "misc: count in fives", `ignored, ping: no sign of life since 2026-06-26, patience is 10 days; it and "misc: count in sixes" say that they depend on each other`)
	})
}

// TestTakenOver: what somebody else makes of ours changes nothing of ours until
// a person says that both are one series; and what people say stays.
func TestTakenOver(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		tn := newTown(t)
		const title = "misc: count in threes"
		tn.patchMail("extfs-devel", ana, "a@harbor.example.com", "[PATCH] "+title, "Why.\n", "threes", 0)
		tn.on(db, 0)
		tn.patchMail("extfs-devel", ivo, "b@chips.example.com", "[PATCH v2] "+title, "Better.\n", "threes", 1)
		tn.mailOn(2, "extfs-devel", edwin, "n@extfs.example.org", "b@chips.example.com", "Re: [PATCH v2] "+title, "NAK. Please send a v3 with a test.\n\nNacked-by: "+edwin+"\n")
		tn.on(db, 3)
		if got := stands(t, db, title); !strings.HasPrefix(got, "in review, wait") {
			t.Errorf("before anybody said so: %s", got)
		}
		decide := func(kind change.DecisionKind, subject, object string) {
			t.Helper()
			d := change.Decision{Kind: kind, Subject: change.PostedKey(subject), By: "ada", At: tn.now}
			if object != "" {
				d.Object = change.PostedKey(object)
			}
			if err := db.AddDecision(t.Context(), d); err != nil {
				t.Fatal(err)
			}
		}
		decide(change.Join, "b@chips.example.com", "a@harbor.example.com")
		for range 2 { // of which the second looks at all anew
			tn.on(db, 4)
			if got := stands(t, db, title); !strings.HasPrefix(got, "changes requested, revise") {
				t.Errorf("joined: %s", got)
			}
			if s := reviewOf(t, db, "a@harbor.example.com"); len(s.Sent) != 2 || s.State != "changes requested" || s.Sent[0].State != "superseded" {
				t.Errorf("joined: %+v", s)
			}
			if _, err := pipeline.NewAssembler(db, tn.set).Reread(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		decide(change.Abandoned, "a@harbor.example.com", "")
		tn.on(db, 60)
		if got := stands(t, db, title); !strings.HasPrefix(got, "abandoned, :") {
			t.Errorf("abandoned: %s", got)
		}
		if s := reviewOf(t, db, "a@harbor.example.com"); s.State != "abandoned" || s.WaitingOn != "" {
			t.Errorf("abandoned: %+v", s.ReviewState)
		}
	})
}

// TestJudgeRests: the judge stage reads nothing where there is no news, and
// misses none.
func TestJudgeRests(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		tn := newTown(t)
		tn.sync(db)
		busy := func(when string, want bool) {
			t.Helper()
			looks := &looking{DB: db}
			st := pipeline.JudgeStores{News: db, Series: db, Facts: looks, Files: db, Said: db, Truth: db, Status: db, Refs: db}
			if _, err := pipeline.NewJudger(st, tn.set).Stage().Run(t.Context(), ""); err != nil {
				t.Fatal(err)
			}
			if looks.n > 0 != want {
				t.Errorf("%s: looked at the sightings %d times", when, looks.n)
			}
		}
		busy("nothing new", false)
		if err := db.AddDecision(t.Context(), change.Decision{Kind: change.IsOurs, Subject: "posted:x", At: tn.now}); err != nil {
			t.Fatal(err)
		}
		busy("a decision", true)
		busy("and then", false)
		tn.set.Rules.Patience += 24 * time.Hour
		busy("another patience", true)
		busy("and then", false)
		tn.now = tn.now.AddDate(0, 0, 100)
		busy("the clock", true)
		busy("and then", false)
	})
}

// looking counts how often all sightings are read.
type looking struct {
	*store.DB
	n int
}

func (l *looking) Sightings(ctx context.Context) ([]change.Sighting, error) {
	l.n++
	return l.DB.Sightings(ctx)
}
