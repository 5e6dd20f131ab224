package store_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/store"
)

// TestFound has our changes that some commit may be, each with what belongs to
// it, and none of others.
func TestFound(t *testing.T) {
	eachFilled(t, func(t *testing.T, db *store.DB) {
		all, err := db.Found(t.Context())
		if err != nil || len(all) == 0 {
			t.Fatalf("%d changes, %v", len(all), err)
		}
		for _, f := range all {
			whole, err := db.Change(t.Context(), f.ID)
			if err != nil {
				t.Fatal(err)
			}
			var matches []change.Match
			for _, m := range whole.Matches {
				if m.Verdict != change.None {
					matches = append(matches, m)
				}
			}
			if len(matches) == 0 || !f.Ours {
				t.Errorf("%s: ours %t, %d matches", f.Title, f.Ours, len(matches))
			}
			want := store.Found{Change: whole.Change, Recipe: whole.Recipe, Matches: matches, Decisions: whole.Decisions, Sightings: whole.Sightings}
			if diff := cmp.Diff(want, f); diff != "" {
				t.Errorf("%s (-change +found):\n%s", f.Title, diff)
			}
		}
	})
}

func TestVersions(t *testing.T) {
	eachFilled(t, func(t *testing.T, db *store.DB) {
		got, err := db.Versions(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := []pipeline.RecipeVersion{{Layer: "product", PN: "odd", PV: layer.Unknown}, {Layer: "product", PN: "zlib", PV: "1.3"}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}
