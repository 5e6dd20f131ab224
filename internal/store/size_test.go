package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/mailing"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/series"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/internal/store/storetest"
)

// A size is how much there is of everything.
type size struct{ mails, recipes, changes int }

// TestMany: more rows than go into one statement, written twice.
func TestMany(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		before := ""
		for round := range 2 {
			for _, s := range many(size{1200, 600, 550}) {
				if err := s.run(t.Context(), db); err != nil {
					t.Fatalf("%s: %v", s.name, err)
				}
			}
			if round > 0 && before != written(t, db) {
				t.Error("the second round wrote rows")
			}
			before = written(t, db)
		}
		o, err := db.Overview(t.Context())
		if err != nil || o.Mails != 1200 || o.Patches != 1200 || o.Recipes != 600 || o.Others != 550 || o.Commits != 550 {
			t.Errorf("Overview = %+v, %v", o, err)
		}
	})
}

// BenchmarkMany writes as much as a large team has into an empty store, and
// tells how many milliseconds each step takes: the first time, and again.
func BenchmarkMany(b *testing.B) {
	for driver, open := range map[string]func(testing.TB) *store.DB{store.SQLite: storetest.SQLite, store.Postgres: storetest.Postgres} {
		b.Run(driver, func(b *testing.B) {
			for b.Loop() {
				db := open(b)
				for _, round := range []string{"", "-again"} {
					for _, s := range many(size{15000, 7000, 5000}) {
						start := time.Now()
						if err := s.run(b.Context(), db); err != nil {
							b.Fatalf("%s: %v", s.name, err)
						}
						b.ReportMetric(float64(time.Since(start).Milliseconds()), "ms/"+s.name+round)
					}
				}
			}
		})
	}
}

// many are the steps of a world of this size.
func many(n size) []step {
	scan := pipeline.LayerScan{At: day(1)}
	for i := range n.recipes {
		scan.Recipes = append(scan.Recipes, layer.Recipe{
			Layer: "core/meta", File: fmt.Sprintf("meta/recipes/r%d/r%d_1.0.bb", i, i), PN: fmt.Sprint("r", i), PV: "1.0",
			Remote: []string{"https://example.org/releases/r-1.0.tar.gz"},
		})
	}
	var clusters []pipeline.Cluster
	var found []change.Match
	for i := range n.changes {
		key := change.PostedKey(fmt.Sprintf("p%d@x", i))
		clusters = append(clusters, pipeline.Cluster{
			Title: fmt.Sprint("fix ", i), Standings: []change.Standing{{Place: "core"}},
			Sightings: []change.Sighting{
				sight(change.Posted, key, fmt.Sprint("fix ", i), day(2)),
				sight(change.Committed, change.CommitKey("core", fmt.Sprintf("%040d", i)), "fix", day(3)),
			},
		})
		found = append(found, change.Match{
			Sighting: key, Project: "core", Verdict: change.Merged, Commit: fmt.Sprintf("%040d", i), Branches: []string{"main"},
			Tags: strings.Fields(strings.Repeat("v1.2.3 ", 40)), Evidence: []change.Evidence{{Kind: "patch-id", Score: 1, Detail: "the same"}},
		})
	}
	return []step{
		{"sources", func(c ctx, db *store.DB) error { return db.SyncSources(c, sources) }},
		{"scan", func(c ctx, db *store.DB) (err error) {
			if scan.Source, err = sourceID(c, db, "core"); err != nil {
				return err
			}
			return db.PutScan(c, scan)
		}},
		{"mails", func(c ctx, db *store.DB) error { _, err := db.PutRawMails(c, manyRaw(n.mails)); return err }},
		{"messages", func(c ctx, db *store.DB) error {
			for {
				mails, err := db.UnreadMails(c, 1000)
				if err != nil || len(mails) == 0 {
					return err
				}
				if err := db.PutMessages(c, manyMessages(mails)); err != nil {
					return err
				}
			}
		}},
		{"assembly", func(c ctx, db *store.DB) error {
			a := manyPostings(n.mails)
			raws, _, err := db.Loose(c, n.mails)
			if err != nil {
				return err
			}
			a.Raws = raws
			_, err = db.PutAssembly(c, a)
			return err
		}},
		{"read", func(c ctx, db *store.DB) error {
			_, err := db.PostedPatches(c)
			return err
		}},
		{"matches", func(c ctx, db *store.DB) error { return db.PutMatches(c, found) }},
		{"changes", func(c ctx, db *store.DB) error { _, err := db.PutChanges(c, clusters); return err }},
		{"statuses", judge},
	}
}

func manyRaw(n int) []pipeline.RawMail {
	mails := make([]pipeline.RawMail, n)
	for i := range mails {
		mails[i] = pipeline.RawMail{
			Bytes:  letter(fmt.Sprintf("p%d@x", i), ann, fmt.Sprint("[PATCH] fix ", i), day(2), "", strings.Repeat("some text of a mail\n", 200)),
			Source: "inbox", Mailbox: "INBOX", UIDValidity: 1, UID: uint32(i + 1),
		}
	}
	return mails
}

func manyMessages(mails []pipeline.RawMail) []pipeline.Message {
	messages := make([]pipeline.Message, len(mails))
	for i, m := range mails {
		id := fmt.Sprintf("p%d@x", m.UID-1)
		messages[i] = pipeline.Message{Raw: m.ID, Sent: day(2), Mail: series.Mail{
			MessageID: id, HasDiff: true, Author: mailing.Person{Name: "Ann", Email: "ann@example.com"}, Date: day(2),
			Subject: "[PATCH] fix " + id, Files: []string{"a.c", "b.c", "c.c"}, PatchID: strings.Repeat("d", 40), Tag: mailing.Tag{Title: "fix " + id},
		}}
	}
	return messages
}

// manyPostings has one posting in a series of its own for every mail.
func manyPostings(n int) pipeline.Assembly {
	var a pipeline.Assembly
	for i := range n {
		id := fmt.Sprintf("p%d@x", i)
		a.Mails = append(a.Mails, series.Placed{MessageID: id, Kind: series.Patch, Posting: id, Version: 1, Index: 1, Total: 1})
		a.Postings = append(a.Postings, series.Posting{Key: id, Version: 1, Total: 1, Title: "fix " + id, Date: day(2), Parts: []series.Part{{MessageID: id, Index: 1}}})
		a.Series = append(a.Series, series.Series{Key: id, Postings: []string{id}, Title: "fix " + id})
	}
	return a
}
