package store_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/pipeline"
	planned "github.com/upstreamd/upstreamd/internal/plan"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/internal/store/storetest"
)

// TestPlans: a plan is kept as it was made, one for each target, and is in the
// dump, but for when it was made.
func TestPlans(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		at := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
		made := func(target, why string) pipeline.MadePlan {
			return pipeline.MadePlan{Input: "f00", Made: at, Plan: planned.Plan{
				Target: target, Series: "next", Moves: []planned.Move{{Layer: "core", Ref: target, From: "a1", To: "b2"}},
				Items: []planned.Item{{Kind: planned.Fork, Layer: "ours", Path: "a.bb", Recipe: "a", From: "1", To: "2", Verdict: planned.UpdateFork, Why: why, Effort: planned.Hours}},
			}}
		}
		b := made("b", "as it is")
		for _, p := range []pipeline.MadePlan{made("b", "as it was"), made("a", "\xff\x00"), b} {
			if err := db.PutPlan(t.Context(), p); err != nil {
				t.Fatal(err)
			}
		}
		got, err := db.Plans(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 2 || got[0].Target != "a" {
			t.Fatalf("plans %+v", got)
		}
		if d := cmp.Diff(b, got[1]); d != "" {
			t.Error(d)
		}
		text := dump(t, db)
		if strings.Count(text, `"table":"plan"`) != 2 || !strings.Contains(text, "as it is") || strings.Contains(text, "f00") {
			t.Errorf("dump:\n%s", text)
		}
		if err := db.DeletePlans(t.Context(), []string{"b", "none"}); err != nil {
			t.Fatal(err)
		}
		inputs, err := db.PlanInputs(t.Context())
		if d := cmp.Diff(map[string]string{"a": "f00"}, inputs); d != "" || err != nil {
			t.Error(d, err)
		}
	})
}
