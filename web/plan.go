package web

import (
	"bytes"
	"context"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/plan"
	"github.com/upstreamd/upstreamd/web/view"
)

// A planStore keeps what a move of the upstream layers means.
type planStore interface {
	Plans(ctx context.Context) ([]pipeline.MadePlan, error)
	CarriedChanges(ctx context.Context, layer string, paths []string) (map[string]int64, error)
}

// itemsPage is how many items of a plan one page has, upgradesShown how many
// recipes of upstream.
const (
	itemsPage     = 100
	upgradesShown = 200
)

// plans serves GET /plan: the plan where there is one, else what there is to
// choose from.
func (s *Server) plans(w http.ResponseWriter, r *http.Request) error {
	all, err := s.store.Plans(r.Context())
	if err != nil {
		return err
	}
	if len(all) == 1 {
		return s.showPlan(w, r, all, all[0])
	}
	return s.render(w, r, view.PlansPage(s.shell(r, "Upgrade plans", view.InVersions, versionsCrumb()), s.planLinks(all)))
}

// plan serves GET /plan/{target}, as a page, as Markdown or as CSV.
func (s *Server) plan(w http.ResponseWriter, r *http.Request) error {
	target, err := lastOf(r, "/plan/")
	if err != nil {
		return err
	}
	all, err := s.store.Plans(r.Context())
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(p pipeline.MadePlan) bool { return p.Target == target })
	if i < 0 {
		return errNoPage
	}
	switch r.FormValue("as") {
	case "markdown":
		return download(w, &all[i].Plan, "md", "text/markdown; charset=utf-8")
	case "csv":
		return download(w, &all[i].Plan, "csv", "text/csv; charset=utf-8")
	}
	return s.showPlan(w, r, all, all[i])
}

// download sends a plan as a file.
func download(w http.ResponseWriter, p *plan.Plan, ext, kind string) error {
	var b bytes.Buffer
	write := p.WriteCSV
	if ext == "md" {
		write = p.WriteMarkdown
	}
	if err := write(&b); err != nil {
		return err
	}
	name := strings.Map(func(c rune) rune {
		if c == '-' || c == '.' || c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' {
			return c
		}
		return '-'
	}, p.Target)
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "plan-" + name + "." + ext}))
	_, _ = w.Write(b.Bytes()) // the client has gone: nobody is left to tell
	return nil
}

func versionsCrumb() view.Link {
	return view.Link{Text: "Moved versions", Href: view.VersionFilter{}.URL()}
}

// planLinks are the plans to choose from.
func (s *Server) planLinks(all []pipeline.MadePlan) []view.PlanLink {
	out := make([]view.PlanLink, len(all))
	for i, p := range all {
		total := p.Total()
		out[i] = view.PlanLink{Target: view.Safe(p.Target), Href: view.PlanFilter{Target: p.Target}.URL(), Made: s.when(p.Made), Work: total.Work, Items: total.Items, Time: total.Time()}
	}
	return out
}

// showPlan shows one plan, and the list alone to htmx.
func (s *Server) showPlan(w http.ResponseWriter, r *http.Request, all []pipeline.MadePlan, p pipeline.MadePlan) error {
	f := view.PlanFilter{Target: p.Target, Text: r.FormValue("q"), Verdict: r.FormValue("verdict"), Owner: r.FormValue("owner"), Page: pageOf(r)}
	total := p.Total()
	v := view.Plan{
		Filter: f, Target: view.Safe(p.Target), Series: view.Safe(p.Series), Made: s.when(p.Made), Work: total.Work, Items: total.Items, Time: total.Time(),
		Problems: safeAll(p.Problems), Others: s.planLinks(all),
	}
	for _, sum := range p.ByVerdict() {
		v.Verdicts = append(v.Verdicts, view.PlanSum{Name: sum.Name, Items: sum.Items, Work: sum.Work, Time: sum.Time()})
	}
	for _, sum := range p.ByOwner() {
		v.Owners = append(v.Owners, view.PlanSum{Name: view.Safe(sum.Name), Items: sum.Items, Work: sum.Work, Time: sum.Time()})
	}
	items := planItems(p.Items, f)
	v.Pager = view.NewPager(f.Page, itemsPage, len(items), func(n int) string { f.Page = n; return f.URL() })
	from := min(f.Page*itemsPage, len(items))
	if err := s.planRows(r.Context(), &v, items[from:min(from+itemsPage, len(items))]); err != nil {
		return err
	}
	if isFragment(r) {
		w.Header().Set("HX-Push-Url", v.Filter.URL())
		return s.render(w, r, view.PlanItems(v))
	}
	places, err := s.locations(r.Context())
	if err != nil {
		return err
	}
	for _, m := range p.Moves {
		v.Moves = append(v.Moves, view.PlanMove{
			Layer: m.Layer, Ref: view.Safe(m.Ref), Stays: m.From == m.To,
			From: commitLink(places, m.Layer, m.From), To: commitLink(places, m.Layer, m.To),
		})
	}
	for _, u := range firstN(p.Upgrades, upgradesShown) {
		v.Upgrades = append(v.Upgrades, view.PlanUpgrade{
			Recipe: view.Safe(u.Recipe), Layer: u.Layer, From: view.Safe(u.From), To: view.Safe(u.To), Dropped: safeAll(u.Dropped), Added: safeAll(u.Added),
		})
	}
	v.MoreUpgrades = max(0, len(p.Upgrades)-upgradesShown)
	return s.render(w, r, view.PlanPage(s.shell(r, "Move to "+v.Target, view.InVersions, versionsCrumb()), v))
}

// planItems are the items that the filter leaves.
func planItems(items []plan.Item, f view.PlanFilter) []plan.Item {
	items = matching(items, f.Text, func(i plan.Item) string {
		return strings.Join([]string{i.Recipe, i.Path, i.Layer, i.Why, i.Owner, string(i.Kind)}, " ")
	})
	return slices.DeleteFunc(slices.Clone(items), func(i plan.Item) bool {
		return f.Verdict != "" && string(i.Verdict) != f.Verdict || f.Owner == view.Nobody && i.Owner != "" || f.Owner != "" && f.Owner != view.Nobody && view.Safe(i.Owner) != f.Owner
	})
}

// planRows groups items by verdict, each with where more is said of it.
func (s *Server) planRows(ctx context.Context, v *view.Plan, items []plan.Item) error {
	byLayer := map[string][]string{}
	for _, i := range items {
		byLayer[i.Layer] = append(byLayer[i.Layer], i.Path)
	}
	ids := map[string]map[string]int64{}
	for name, paths := range byLayer {
		var err error
		if ids[name], err = s.store.CarriedChanges(ctx, name, paths); err != nil {
			return err
		}
	}
	for _, i := range items {
		if n := len(v.Groups); n == 0 || v.Groups[n-1].Verdict != i.Verdict {
			v.Groups = append(v.Groups, view.PlanGroup{Verdict: i.Verdict})
		}
		g := &v.Groups[len(v.Groups)-1]
		row := view.PlanRow{
			Kind: i.Kind, Layer: i.Layer, Name: view.Safe(path.Base(i.Path)), Path: view.Safe(i.Path), Recipe: view.Safe(i.Recipe),
			From: planVersion(i.From), To: planVersion(i.To), Why: view.Safe(i.Why), Evidence: evidenceText(i.Evidence), Owner: view.Safe(i.Owner), Effort: i.Effort,
		}
		switch id := ids[i.Layer][i.Path]; {
		case i.Kind == plan.Patch && id != 0:
			row.Href = view.ChangeURL(id)
		case i.Kind == plan.Patch:
			row.Href = view.LayerFilter{Layer: i.Layer, Show: "patches", Text: path.Base(i.Path)}.URL()
		case i.Kind == plan.Fork || i.Kind == plan.Class || i.Kind == plan.Include:
			row.Href = view.LayerFilter{Layer: i.Layer, Show: "duplicates", Text: path.Base(i.Path)}.URL()
		case i.Kind != plan.Config:
			row.Href = view.LayerFilter{Layer: i.Layer, Show: "recipes", Text: path.Base(i.Path)}.URL()
		}
		g.Rows = append(g.Rows, row)
	}
	return nil
}

func planVersion(pv string) string {
	if pv == layer.Unknown {
		return ""
	}
	return view.Safe(pv)
}

// evidenceText shortens what is nothing but a hash.
func evidenceText(text string) string {
	if isHash(text) {
		return shortHash(text)
	}
	return view.Safe(text)
}
