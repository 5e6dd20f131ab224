package store_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/store"
)

// TestLayerFacts reads what is known of a layer's claims, duplicates, history
// and recipes.
func TestLayerFacts(t *testing.T) {
	eachFilled(t, func(t *testing.T, db *store.DB) {
		whole := store.LayerParts{Recipes: true, Patches: true, Duplicates: true, History: true}
		l, err := db.Layer(t.Context(), "product", whole)
		if err != nil {
			t.Fatal(err)
		}
		first := l.Patches[0].Key
		check := change.ClaimCheck{Sighting: first, Truth: change.ClaimFalse, Reason: "merged", Proof: "commit:zlib:1", Fix: "drop", Shipped: []string{"core"}}
		if err := db.PutTruths(t.Context(), []change.ClaimCheck{check, {Sighting: l.Patches[1].Key, Truth: change.ClaimDrop}}); err != nil {
			t.Fatal(err)
		}
		const trend = "INSERT INTO trend (source_id, commit_hash, taken, recipes, appends, patches, lines, forks, claims) VALUES (%d, '%s', %d, 2, 1, %d, 30, 1, '{\"missing\":2}')"
		for i, hash := range []string{"b", "a"} {
			if _, err := db.SQL().ExecContext(t.Context(), fmt.Sprintf(trend, l.ID, hash, 900-100*i, 3-i)); err != nil {
				t.Fatal(err)
			}
		}
		var dups []layer.Duplicate
		for _, d := range l.DuplicateList {
			if d.Kind == "fork" {
				d.Duplicate.News = []layer.News{{Kind: "added", Moment: layer.Moment{Time: day(3)}}, {Kind: "dropped", Moment: layer.Moment{Time: day(9)}}}
			}
			dups = append(dups, d.Duplicate)
		}
		if err := db.PutDuplicates(t.Context(), dups); err != nil {
			t.Fatal(err)
		}
		id := change.DuplicateName{Kind: "fork", Layer: "product", Other: "core", Name: "zlib"}
		key := change.DuplicateKey(id.Kind, id.Layer, id.Name, id.Other)
		for i, word := range []string{"Equivalent", "", "Replaced"} {
			if err := db.AddDecision(t.Context(), change.Decision{Kind: change.Disposition, Subject: key, Object: word, By: "ann", At: day(i)}); err != nil {
				t.Fatal(err)
			}
		}

		if l, err = db.Layer(t.Context(), "product", whole); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(check, l.Patches[0].Check); diff != "" {
			t.Errorf("check (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(map[change.Truth]int{change.ClaimFalse: 1, change.ClaimDrop: 1}, l.Truths); diff != "" || l.Forks != 1 {
			t.Errorf("truths (-want +got):\n%s%d forks", diff, l.Forks)
		}
		if len(l.History) != 2 || l.History[0].Commit != "a" || l.History[1].Patches != 3 || l.History[0].Claims["missing"] != 2 {
			t.Errorf("history = %+v", l.History)
		}
		all, err := db.LayerHistories(t.Context())
		if diff := cmp.Diff(map[int64][]store.Held{l.ID: l.History}, all); diff != "" || err != nil {
			t.Errorf("histories (-want +got), %v:\n%s", err, diff)
		}
		wrong, err := db.WrongClaims(t.Context())
		if diff := cmp.Diff([]store.WrongClaims{{Layer: "product", Untrue: 1, Droppable: 1}}, wrong); diff != "" || err != nil {
			t.Errorf("wrong claims (-want +got), %v:\n%s", err, diff)
		}
		pairs, said, err := db.Duplicates(t.Context(), id)
		if err != nil || len(pairs) != 1 || len(said) != 3 || pairs[0].Verdict.Object != "Replaced" || pairs[0].Key() != key {
			t.Errorf("Duplicates = %+v, %+v, %v", pairs, said, err)
		}
		if _, _, err := db.Duplicates(t.Context(), change.DuplicateName{Kind: "fork", Layer: "product", Other: "core", Name: "none"}); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a duplicate that is not there: %v", err)
		}
		for _, tt := range []struct{ since, want int }{{0, 2}, {5, 1}, {10, 0}} {
			news, err := db.LayerNews(t.Context(), "", day(tt.since))
			if err != nil || len(news) != tt.want || len(news) > 0 && news[0].News.Kind != "dropped" {
				t.Errorf("news since day %d = %+v, %v", tt.since, news, err)
			}
		}
		if none, err := db.LayerNews(t.Context(), "core", day(0)); len(none) != 0 || err != nil {
			t.Errorf("news of a layer without = %+v, %v", none, err)
		}
		r, err := db.RecipeNamed(t.Context(), "zlib")
		if err != nil || len(r.Files) == 0 || len(r.Patches) != 3 || len(r.Duplicates) == 0 {
			t.Errorf("RecipeNamed = %+v, %v", r, err)
		}
		if _, err := db.RecipeNamed(t.Context(), "none"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a recipe that is not there: %v", err)
		}
	})
}
