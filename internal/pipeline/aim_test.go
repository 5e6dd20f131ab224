package pipeline_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/internal/store/storetest"
)

// TestAim: what is posted to a list of something else is matched with the
// project that has the commit it is made on; a layer is found by the recipe.
func TestAim(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		tn := newTown(t)
		base := tn.git("extfs-tools", "rev-parse", "main~1")
		tn.patchMail("buoy-devel", ana, "a@harbor.example.com", "[PATCH] misc: count in threes", "Why.\n\nbase-commit: "+base+"\n", "threes", 0)
		tn.mailOn(0, "buoy-devel", ana, "b@harbor.example.com", "", "[PATCH] extfs-tools: name blocks", tn.outer(func(dir string) {
			tn.put(dir, extfs+"0009-name.patch", blockName)
		}))
		tn.sync(db)
		want := map[string][]string{
			"a@harbor.example.com": {"project extfs-tools", "made on its commit " + base[:12]},
			"b@harbor.example.com": {"layer meta-openwater", "project meta-openwater"},
		}
		all, err := db.Aimed(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range all {
			var got []string
			for _, to := range a.Targets {
				got = append(got, to.Kind+" "+to.Name)
			}
			if w := want[a.Key]; w != nil {
				if a.Key[0] == 'a' && len(a.Targets) == 1 {
					got = append(got, a.Targets[0].Why)
				}
				if diff := cmp.Diff(w, got); diff != "" {
					b, _ := json.Marshal(a)
					t.Errorf("%s (-want +got):\n%s%s", a.Key, diff, b)
				}
				delete(want, a.Key)
			}
		}
		if len(want) > 0 {
			t.Errorf("not found: %v", want)
		}
		matches, err := db.Matches(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		searched := map[string]bool{}
		for _, m := range matches {
			if m.Sighting == change.PostedKey("a@harbor.example.com") {
				searched[m.Project] = true
			}
		}
		if !searched["extfs-tools"] || !searched["libbuoy"] || len(searched) != 2 {
			t.Errorf("searched in %v, want the projects of its list and its base", searched)
		}
		wrote := &aims{DB: db}
		st := pipeline.MatchStores{Matches: db, Patches: db, Aims: wrote, Nested: db, Twins: db, Changes: db, Refs: db, Sources: db, Mails: db}
		if _, err := pipeline.NewMatcher(st, tn.set).Stage().Run(t.Context(), ""); err != nil || wrote.n > 0 {
			t.Errorf("a second pass: %v, %d targets written", err, wrote.n)
		}
	})
}

// aims counts what is written.
type aims struct {
	*store.DB
	n int
}

func (a *aims) PutAimed(ctx context.Context, aimed []pipeline.Aimed) error {
	a.n += len(aimed)
	return a.DB.PutAimed(ctx, aimed)
}
