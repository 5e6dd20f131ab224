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

// How much a team has: each step is measured, and none may take so long that a
// page would have to wait for it.
const (
	manyMails, manyRecipes, manyChanges = 15000, 7000, 5000
	patience                            = 20 * time.Second // generous: other tests run beside it
)

// TestMany writes as much as a large team has, twice.
func TestMany(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		all := many()
		for round := range 2 {
			before := ""
			if round > 0 {
				before = written(t, db)
			}
			for _, s := range all {
				start := time.Now()
				if err := s.run(t.Context(), db); err != nil {
					t.Fatalf("%s: %v", s.name, err)
				}
				took := time.Since(start)
				t.Logf("round %d: %-10s %6d ms", round+1, s.name, took.Milliseconds())
				if took > patience {
					t.Errorf("%s took %v", s.name, took)
				}
			}
			if round > 0 && before != written(t, db) {
				t.Error("the second round wrote rows")
			}
		}
	})
}

func many() []step {
	scan := pipeline.LayerScan{At: day(1)}
	for i := range manyRecipes {
		scan.Recipes = append(scan.Recipes, layer.Recipe{
			Layer: "core/meta", File: fmt.Sprintf("meta/recipes/r%d/r%d_1.0.bb", i, i), PN: fmt.Sprint("r", i), PV: "1.0",
			Remote: []string{"https://example.org/releases/r-1.0.tar.gz"},
		})
	}
	var clusters []pipeline.Cluster
	var found []change.Match
	for i := range manyChanges {
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
		{"mails", func(c ctx, db *store.DB) error { _, err := db.PutRawMails(c, manyRaw()); return err }},
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
		{"assembly", func(c ctx, db *store.DB) error { _, err := db.PutAssembly(c, manyPostings()); return err }},
		{"read", func(c ctx, db *store.DB) error {
			if _, err := db.Messages(c); err != nil {
				return err
			}
			_, err := db.PostedPatches(c)
			return err
		}},
		{"matches", func(c ctx, db *store.DB) error { return db.PutMatches(c, found) }},
		{"changes", func(c ctx, db *store.DB) error { _, err := db.PutChanges(c, clusters); return err }},
		{"statuses", judge},
	}
}

func manyRaw() []pipeline.RawMail {
	mails := make([]pipeline.RawMail, manyMails)
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
func manyPostings() pipeline.Assembly {
	var a pipeline.Assembly
	for i := range manyMails {
		id := fmt.Sprintf("p%d@x", i)
		a.Mails = append(a.Mails, series.Placed{MessageID: id, Kind: series.Patch, Posting: id, Version: 1, Index: 1, Total: 1})
		a.Postings = append(a.Postings, series.Posting{Key: id, Version: 1, Total: 1, Title: "fix " + id, Date: day(2), Parts: []series.Part{{MessageID: id, Index: 1}}})
		a.Series = append(a.Series, series.Series{Key: id, Postings: []string{id}, Title: "fix " + id})
	}
	return a
}
