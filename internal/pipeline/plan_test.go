package pipeline_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/plan"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/internal/store/storetest"
)

// TestPlanStage: the stage keeps a plan for each target, of all branches of
// ours, makes it again only when something moved, and forgets those that nobody
// wants any more. A target that no layer has is a problem of that target alone.
func TestPlanStage(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		tn := newTown(t)
		tn.set.PlanTo = []string{"springtide", "neaptide"}
		sync := func() pipeline.Report {
			t.Helper()
			var rep pipeline.Report
			for _, st := range []pipeline.Stage{pipeline.NewFetcher(db, db, tn.set).Stage(), pipeline.NewPlanner(db, db, tn.set).Stage()} {
				var err error
				if rep, err = st.Run(t.Context(), ""); err != nil {
					t.Fatal(st.Name, err)
				}
			}
			return rep
		}
		if err := db.SyncSources(t.Context(), tn.sources()); err != nil {
			t.Fatal(err)
		}
		kept := func() []pipeline.MadePlan {
			t.Helper()
			plans, err := db.Plans(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return plans
		}
		rep := sync()
		if !strings.HasPrefix(rep.Done, "springtide: ") || len(rep.Problems) != 1 || !strings.Contains(rep.Problems[0], "neaptide") {
			t.Fatalf("first run: %+v", rep)
		}
		plans := kept()
		if len(plans) != 1 {
			t.Fatalf("%d plans", len(plans))
		}
		for _, place := range []string{"meta-harbor", "meta-harbor-4"} {
			at := slices.IndexFunc(plans[0].Items, func(i plan.Item) bool { return i.Layer == place && i.Verdict == plan.Dangling })
			if at < 0 || plans[0].Items[at].Owner != "Tomasz Wierzba" || plans[0].Items[at].Recipe != "sextantd" {
				t.Errorf("%s: %+v", place, plans[0].Items)
			}
		}
		if rep = sync(); rep.Done != "" || kept()[0].Input != plans[0].Input {
			t.Errorf("second run: %+v", rep)
		}
		tn.commit("meta-openwater", "springtide", "sextantd: it is wanted after all", func(dir string) {
			tn.git("meta-openwater", "-C", dir, "checkout", "main", "--", "recipes-connectivity/sextantd")
		})
		if rep = sync(); rep.Done == "" || slices.ContainsFunc(kept()[0].Items, func(i plan.Item) bool { return i.Verdict == plan.Dangling }) {
			t.Errorf("after a commit: %+v", rep)
		}
		tn.set.PlanTo = nil
		if sync(); len(kept()) != 0 {
			t.Error("a plan that nobody wants is kept")
		}
	})
}
