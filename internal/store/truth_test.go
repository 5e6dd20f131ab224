package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/internal/store/storetest"
)

// TestTruths: what claims name and whether they are so is kept as it is put,
// instead of all that was there, and a moment when one changes wakes the judge.
func TestTruths(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		named := []pipeline.Named{
			{Sighting: "carried:a", Input: "1", At: day(1), NamedCommit: change.NamedCommit{
				Project: "zlib", Commit: "c1", Subject: "fix", In: "v1", Shipped: []string{"core"}, Tags: []string{"v1", "v2"},
			}},
			{Sighting: "carried:b", Input: "1", NamedCommit: change.NamedCommit{Project: "zlib", Shipped: []string{}, Tags: []string{}}},
		}
		checks := []change.ClaimCheck{
			{Sighting: "carried:a", Truth: change.ClaimDrop, Reason: "is in v1", Proof: "commit:zlib:c1", Fix: change.FixDrop, Shipped: []string{"core"}},
			{Sighting: "carried:b", Truth: change.ClaimTrue, Reason: "so far", Shipped: []string{}, ValidUntil: time.Unix(1, 0).UTC()},
		}
		for n := 2; n >= 1; n-- {
			if err := db.PutNamed(t.Context(), named[:n]); err != nil {
				t.Fatal(err)
			}
			if err := db.PutTruths(t.Context(), checks[:n]); err != nil {
				t.Fatal(err)
			}
			gotNamed, err := db.Named(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got, err := db.Truths(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(named[:n], gotNamed) + cmp.Diff(checks[:n], got); d != "" {
				t.Error(d)
			}
			next, err := db.NextJudging(t.Context())
			if err != nil || next.IsZero() != (n == 1) {
				t.Errorf("next judging %v, %v", next, err)
			}
		}
	})
}

// TestMailsAt: a claim may name a mail by the address where its list shows it.
func TestMailsAt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		fill(t, db)
		const at = "https://lists.example.org/m/"
		got, err := db.MailsAt(t.Context(), []string{at + "p1@x", at + "none@x", ""})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(map[string]string{at + "p1@x": "p1@x"}, got); d != "" {
			t.Error(d)
		}
	})
}
