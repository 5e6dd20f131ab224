package view

import (
	"net/url"

	"github.com/upstreamd/upstreamd/internal/plan"
)

// A Plan is what a move of the upstream layers to another release means.
type Plan struct {
	Filter       PlanFilter
	Target       string
	Series       string // name of the release there; ""
	Made         When
	Items, Work  int    // all of them, and those that need something
	Time         string // of all work, roughly
	Verdicts     []PlanSum
	Owners       []PlanSum // the one with most work first
	Moves        []PlanMove
	Groups       []PlanGroup // what is on this page
	Upgrades     []PlanUpgrade
	MoreUpgrades int
	Problems     []string
	Others       []PlanLink // all plans
	Pager        Pager
}

// A PlanLink is a plan to choose.
type PlanLink struct {
	Target, Href string
	Made         When
	Items, Work  int
	Time         string
}

// A PlanSum counts the items of a verdict or an owner.
type PlanSum struct {
	Name        string // "" is an owner that nobody knows
	Items, Work int
	Time        string
}

// A PlanMove is where one upstream layer goes.
type PlanMove struct {
	Layer, Ref string
	Stays      bool
	From, To   Link
}

// A PlanGroup is the items of one verdict.
type PlanGroup struct {
	Verdict plan.Verdict
	Rows    []PlanRow
}

// A PlanRow is one thing of ours and what the move means for it.
type PlanRow struct {
	Kind     plan.Kind
	Layer    string
	Name     string // of the file
	Path     string
	Href     string // where more is said of it; ""
	Recipe   string // PN; ""
	From, To string // versions of the recipe; ""
	Why      string
	Evidence string
	Owner    string
	Effort   plan.Effort
}

// A PlanUpgrade is an upstream recipe that is another one at the target.
type PlanUpgrade struct {
	Recipe, Layer, From, To string
	Dropped, Added          []string // patches
}

// A PlanFilter narrows the items of a plan.
type PlanFilter struct {
	Target, Text, Verdict, Owner string
	Page                         int
}

// URL is the plan with this filter.
func (f PlanFilter) URL() string {
	return withQuery(planPath(f.Target), []string{"q", f.Text, "verdict", f.Verdict, "owner", f.Owner, "page", pageNumber(f.Page)})
}

func planPath(target string) string { return "/plan/" + url.PathEscape(target) }

// DownloadURL is the plan as a file: "markdown" or "csv".
func (f PlanFilter) DownloadURL(as string) string {
	return withQuery(planPath(f.Target), []string{"as", as})
}

func (v Plan) verdictURL(verdict string) string {
	f := v.Filter
	f.Verdict, f.Page = verdict, 0
	return f.URL()
}

func (v Plan) ownerURL(owner string) string {
	f := v.Filter
	f.Owner, f.Page = ownerFilter(owner), 0
	return f.URL()
}

// slices are the verdicts as a picture.
func (v Plan) slices() []Slice {
	var out []Slice
	for _, s := range v.Verdicts {
		out = append(out, Slice{planTone(plan.Verdict(s.Name)), s.Name, s.Items, v.verdictURL(s.Name)})
	}
	return out
}

func planTone(v plan.Verdict) tone {
	switch v {
	case plan.Conflict, plan.Missing:
		return toneBad
	case plan.Dangling, plan.Rename, plan.UpdateFork:
		return toneWarn
	case plan.Refresh:
		return toneGo
	case plan.Drop:
		return toneWin
	case plan.Keep:
		return toneGood
	case plan.Unknown:
		return toneLook
	}
	return toneCalm
}

func planIcon(v plan.Verdict) string {
	switch v {
	case plan.Conflict:
		return "git-merge-conflict"
	case plan.Missing:
		return "circle-x"
	case plan.Dangling:
		return "link"
	case plan.Rename, plan.Refresh:
		return "pencil-line"
	case plan.UpdateFork:
		return "git-branch"
	case plan.Drop:
		return "scissors"
	case plan.Keep:
		return "check"
	}
	return "circle-question-mark"
}

// planWords say what a verdict asks for.
func planWords(v plan.Verdict) string {
	switch v {
	case plan.Conflict:
		return "A patch does not apply there"
	case plan.Missing:
		return "The target lacks what ours needs"
	case plan.Dangling:
		return "Appends to a recipe that is not there"
	case plan.UpdateFork:
		return "Upstream changed what ours is a copy of"
	case plan.Unknown:
		return "A person has to look"
	case plan.Rename:
		return "Appends to another version there"
	case plan.Refresh:
		return "A small edit that needs no thought"
	case plan.Drop:
		return "The target has it: ours can go"
	case plan.Keep:
		return "Nothing to do"
	}
	return string(v)
}

// step is from which version to which.
func (r PlanRow) step() string {
	switch {
	case r.From != "" && r.To != "" && r.From != r.To:
		return r.From + " → " + r.To
	case r.From != "":
		return r.From
	}
	return r.To
}

func planLead(v Plan) string {
	if v.Work == 0 {
		return "Nothing of ours needs work for this move."
	}
	return Count(v.Work) + " of " + plural(v.Items, "item") + nounsOf(v.Work, " needs", " need") + " something, roughly " + v.Time + " of work."
}

func (v Plan) ownerAll() string {
	f := v.Filter
	f.Owner, f.Page = "", 0
	return f.URL()
}
