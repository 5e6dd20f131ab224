package store_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/internal/store/storetest"
)

// TestForkRows: a fork is kept as it was scanned and claims nothing; one that
// the layer removes is dropped, one that is no fork any more, or of another
// version now, is forgotten. The trend of a layer is replaced as a whole.
func TestForkRows(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		if err := db.SyncSources(t.Context(), []pipeline.Source{{Kind: pipeline.LayerSource, Name: "product", Location: "/p.git", Settings: "{}", FromFile: true}}); err != nil {
			t.Fatal(err)
		}
		ids, err := sourceID(t.Context(), db, "product")
		if err != nil {
			t.Fatal(err)
		}
		at := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
		fork := func(file string) pipeline.Carried {
			return pipeline.Carried{
				Kind: pipeline.CarriedDelta, Key: change.CarriedKey("product", "main", file), Source: ids, Layer: "product", Branch: "main",
				Path: file, Recipe: "zlib", RecipeFile: file, PV: "1.3", Strip: 1, Blob: "b1", Subject: "zlib: fork of core's recipe",
				Added: at, Touched: at, Toucher: "ann@example.org", Lines: 3, Floating: true,
				Other: "core", OtherFile: "zlib_1.4.bb", OtherBlob: "b2", OtherVersion: "1.4", Renamed: true, Relation: change.Older,
			}
		}
		put := func(recipes []string, forks []pipeline.Carried, trend []layer.Sample) {
			t.Helper()
			scan := pipeline.LayerScan{Source: ids, Carried: forks, Trend: trend, At: at}
			for _, file := range recipes {
				scan.Recipes = append(scan.Recipes, layer.Recipe{Source: "product", File: file, PN: "zlib", PV: "1.3", Floating: true})
			}
			if err := db.PutScan(t.Context(), scan); err != nil {
				t.Fatal(err)
			}
		}
		carried := func() []pipeline.Carried {
			t.Helper()
			got, err := db.CarriedPatches(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		old, moved := fork("a/zlib_1.3.bb"), fork("a/zlib_1.4.bb")
		put([]string{old.Path}, []pipeline.Carried{old}, []layer.Sample{{Commit: "c1", Time: at, Recipes: 1, Claims: map[string]int{"Pending": 2}}, {Commit: "c2", Time: at}})
		if diff := cmp.Diff([]pipeline.Carried{old}, carried()); diff != "" {
			t.Errorf("as scanned (-want +got):\n%s", diff)
		}
		if claims, err := db.Claims(t.Context()); err != nil || len(claims) > 0 {
			t.Errorf("a recipe claims %v, %v", claims, err)
		}
		if versions, err := db.Versions(t.Context()); err != nil || len(versions) != 1 || versions[0].PV != layer.Unknown {
			t.Errorf("version of a floating recipe: %v, %v", versions, err)
		}
		put([]string{moved.Path}, []pipeline.Carried{moved}, nil)
		if diff := cmp.Diff([]pipeline.Carried{moved}, carried()); diff != "" {
			t.Errorf("moved (-want +got):\n%s", diff)
		}
		if d := dump(t, db); strings.Count(d, `"table":"trend"`) != 2 || !strings.Contains(d, `"claims":"{\"Pending\":2}"`) {
			t.Errorf("trend:\n%s", d)
		}
		put(nil, nil, []layer.Sample{{Commit: "c2", Time: at, Patches: 7}})
		if got := carried(); len(got) != 1 || !got[0].Dropped.Equal(at) {
			t.Errorf("removed: %+v", got)
		}
		if d := dump(t, db); strings.Count(d, `"table":"trend"`) != 1 || !strings.Contains(d, `"patches":7`) {
			t.Errorf("trend replaced:\n%s", d)
		}
		other := fork("b/other_1.bb")
		put([]string{"b/other_1.bb"}, []pipeline.Carried{other}, nil)
		put([]string{"b/other_1.bb"}, nil, nil)
		for _, c := range carried() {
			if c.Path == "b/other_1.bb" {
				t.Errorf("no fork any more, but %+v", c)
			}
		}
	})
}
