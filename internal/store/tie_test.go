package store_test

import (
	"testing"

	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/internal/store/storetest"
)

// TestLoose: with a mail that is to be put together anew come all parts of its
// series, also where the limit is one.
func TestLoose(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		fill(t, db)
		if _, waiting, err := db.Loose(t.Context(), 1); err != nil || waiting != 0 {
			t.Fatalf("Loose = %d waiting, %v, want none", waiting, err)
		}
		if err := db.Loosen(t.Context(), "p1@x"); err != nil {
			t.Fatal(err)
		}
		raws, waiting, err := db.Loose(t.Context(), 1)
		if err != nil || waiting != 1 {
			t.Fatalf("Loose = %d waiting, %v, want 1", waiting, err)
		}
		messages, err := db.MessagesOf(t.Context(), raws)
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]bool{}
		for _, m := range messages {
			found[m.Mail.MessageID] = true
		}
		for _, id := range []string{"c1@x", "p1@x", "p2@x", "c2@x", "q1@x", "q2@x"} {
			if !found[id] {
				t.Errorf("%s does not come with p1@x", id)
			}
		}
		if len(found) != 6 {
			t.Errorf("%d mails come with p1@x: %v", len(found), found)
		}
	})
}
