package store_test

import (
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/rebase"
	"github.com/upstreamd/upstreamd/internal/store"
)

// TestSeenFlags reads what pages show of tests: hunks, likelihoods, counts, and
// the series whose newest revision no longer applies.
func TestSeenFlags(t *testing.T) {
	eachFilled(t, func(t *testing.T, db *store.DB) {
		newest, older := change.PostedKey("q1@x"), change.PostedKey("p2@x")
		err := db.PutFlags(t.Context(), []pipeline.TestedFlag{
			{Flag: change.Flag{Sighting: newest, Role: change.BranchFlag, Version: "main", Outcome: rebase.Conflict, At: day(20)}, Input: "1",
				Hunks: `[{"File":"inflate.c","Hunk":2,"Outcome":"conflict","Line":12,"Blame":["c0ffee"]}]`},
			{Flag: change.Flag{Sighting: older, Role: change.BranchFlag, Version: "main", Outcome: rebase.Gone, At: day(20)}, Input: "2", Hunks: "no JSON"},
			{Flag: change.Flag{Sighting: carriedKey("one.patch"), Role: change.OutlookFlag, Outcome: "kept", At: day(20)}, Input: "3", Hunks: `{"kept":0.7,"dropped":0.3}`},
		})
		if err != nil {
			t.Fatal(err)
		}
		flags, err := db.FlagsOf(t.Context(), []string{newest, older, carriedKey("one.patch"), "none"})
		if err != nil || len(flags) != 3 {
			t.Fatalf("FlagsOf = %+v, %v", flags, err)
		}
		if diff := gocmp.Diff(map[string]float64{"kept": 0.7, "dropped": 0.3}, flags[0].Likely); diff != "" {
			t.Errorf("likelihoods:\n%s", diff)
		}
		if len(flags[1].Hunks) != 0 { // "posted:p2@x": what cannot be read is left out
			t.Errorf("hunks of no JSON = %+v", flags[1].Hunks)
		}
		if diff := gocmp.Diff([]rebase.HunkResult{{File: "inflate.c", Hunk: 2, Outcome: rebase.Conflict, Line: 12, Blame: []string{"c0ffee"}}}, flags[2].Hunks); diff != "" {
			t.Errorf("hunks:\n%s", diff)
		}
		counts, err := db.FlagCounts(t.Context(), change.NewestFlag)
		if diff := gocmp.Diff(map[string]int{rebase.Conflict: 1}, counts); err != nil || diff != "" {
			t.Errorf("FlagCounts: %v\n%s", err, diff)
		}
		broken, total, err := db.FindSeries(t.Context(), store.SeriesQuery{Broken: true})
		if err != nil || total != 1 {
			t.Fatalf("FindSeries = %+v, %d, %v: an old revision does not count", broken, total, err)
		}
		if n, err := db.BrokenPatches(t.Context(), []int64{broken[0].ID, 99999}); err != nil || len(n) != 1 || n[broken[0].ID] != 1 {
			t.Errorf("BrokenPatches = %v, %v", n, err)
		}
		outcomes, err := db.QueueOutcomes(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		sums := map[string]int{}
		for _, o := range outcomes {
			if o.Likely {
				sums["likely "+o.Outcome] += o.Count
			} else {
				sums[o.Outcome] += o.Count
			}
		}
		if sums["likely kept"] != 1 || sums[rebase.Conflict] != 1 {
			t.Errorf("QueueOutcomes = %+v", outcomes)
		}
		all, err := db.CarriedPatches(t.Context())
		if err != nil || len(all) == 0 {
			t.Fatal(err)
		}
		for _, c := range all {
			if c.Key != carriedKey("one.patch") {
				continue
			}
			want, _ := db.ChangeIDOf(t.Context(), c.Key)
			if ids, err := db.CarriedChanges(t.Context(), c.Layer, []string{c.Path, "none"}); err != nil || len(ids) != 1 || ids[c.Path] != want {
				t.Errorf("CarriedChanges = %v, %v, want %d", ids, err, want)
			}
		}
	})
}
