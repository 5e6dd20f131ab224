package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/upstreamd/upstreamd/web/view"
)

// planPage is the plan of the world.
func planPage() view.PlanFilter { return view.PlanFilter{Target: worldPlan().Target} }

func TestPlanPages(t *testing.T) {
	s, b := newWorld(t)
	with := func(change func(*view.PlanFilter)) string {
		f := planPage()
		change(&f)
		return f.URL()
	}
	patch := view.ChangeURL(s.changeID(t, "dump: print xattr prefixes"))
	for _, tt := range []struct {
		path  string
		words []string
		not   string
	}{
		{"/plan", []string{"Move to next/<b>release</b>", "4 of 5 items need something", "scarthgap", "conflict 1", "dangling 1", "Whose work", "Ada Larsen", "nobody", "Where layers go",
			"It does not apply to 1.9.", `href="` + patch + `"`, "upstream went on <i>twice</i>"[1:], "11aa22bb11aa", "tiff: source unknown", "Upstream recipes that change", "mkfs.patch", "1–5 of 5 items"}, ""},
		{planPage().URL(), []string{"1–5 of 5 items"}, ""},
		{with(func(f *view.PlanFilter) { f.Verdict = "drop" }), []string{"1–1 of 1 item", "The target has it."}, "It does not apply"},
		{with(func(f *view.PlanFilter) { f.Owner = view.Nobody }), []string{"1–1 of 1 item", "No recipe of that name"}, "It does not apply"},
		{with(func(f *view.PlanFilter) { f.Text = "xyzzy" }), []string{"Nothing matches"}, "It does not apply"},
	} {
		a := b.get(tt.path)
		if a.code != http.StatusOK {
			t.Errorf("GET %s = %d\n%s", tt.path, a.code, text(a.body))
			continue
		}
		wants(t, "GET "+tt.path, a.body, tt.words...)
		if tt.not != "" && strings.Contains(text(a.body), tt.not) {
			t.Errorf("GET %s says %q", tt.path, tt.not)
		}
	}
	for as, want := range map[string][2]string{"markdown": {"# Plan: move to", "plan-next--b-release--b-.md"}, "csv": {"verdict,kind,layer", "plan-next--b-release--b-.csv"}} {
		a := b.get(planPage().DownloadURL(as))
		if a.code != http.StatusOK || !strings.HasPrefix(a.body, want[0]) || !strings.Contains(a.header.Get("Content-Disposition"), want[1]) {
			t.Errorf("as %s = %d, %q, %.60s", as, a.code, a.header.Get("Content-Disposition"), a.body)
		}
	}
	if a := b.get("/plan/none"); a.code != http.StatusNotFound {
		t.Errorf("a plan that nobody made = %d", a.code)
	}
	if err := s.db.DeletePlans(t.Context(), []string{worldPlan().Target}); err != nil {
		t.Fatal(err)
	}
	wants(t, "no plan", b.get("/plan").body, "No plan yet", `plan_to = ["scarthgap"]`, "upstreamd plan --to scarthgap")
}
