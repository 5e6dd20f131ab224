// Package policy says what is wrong with the patches that a layer carries, and
// makes the edits that mend it.
//
// [Check] looks at a scan of layers and returns a [Report]: each [Finding]
// breaks one [Rule] and says what to do next. A [Baseline] hides what a team
// knows of already; a report is written as SARIF (sarif.go) and JUnit
// (junit.go) for the programs that show it beside the code.
//
// [Report.Proposals] are the edits that follow from findings, and [Rewrite]
// makes commits of them, each tried by scanning the layer again.
//
// What a header says is a claim. That a version contains a patch is said only
// by a [Project], which looks into the history of the source.
package policy

import (
	"context"
	"slices"

	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/progress"
)

// A Rule is something that a layer should keep to.
type Rule struct {
	ID    string // stable: baselines and the settings of other programs name it
	Level string // "error", "warning" or "note", as in SARIF
	Short string // one line
	Help  string // why, and what to do
}

// The rules.
const (
	StatusMalformed  = "status-malformed"
	StatusMissing    = "status-missing"
	SubmittedNowhere = "submitted-nowhere"
	NoReason         = "inappropriate-no-reason"
	BackportUnnamed  = "backport-unnamed"
	StatusFalse      = "status-false"
	Contained        = "patch-contained"
	Orphan           = "patch-orphan"
	NotFound         = "patch-not-found"
	Unreadable       = "patch-unreadable"
	Dangling         = "append-dangling"
	TooManyPending   = "pending-too-many"
)

// Rules are all rules in the order in which they are told.
func Rules() []Rule {
	return []Rule{
		{StatusMalformed, "error", "Upstream-Status is malformed",
			"The patch-status check of openembedded-core wants one line like \"Upstream-Status: Pending\" with one of Pending, Submitted, Denied, Inappropriate, Backport or Inactive-Upstream, one space after the colon, and details after one more space. Builds fail on other forms."},
		{StatusMissing, "error", "Upstream-Status is missing",
			"Nothing in the header says how the patch stands upstream. Add a line \"Upstream-Status: ...\" above the diff. Without --require-status a DEP-3 field or a plan in the header's own words will do."},
		{SubmittedNowhere, "warning", "Submitted does not say where",
			"\"Upstream-Status: Submitted\" wants a place that can be looked at: the address of the mail in an archive, its message-id, or a pull request, in brackets. Without it nobody can find out what came of it."},
		{NoReason, "warning", "Inappropriate has no reason",
			"\"Upstream-Status: Inappropriate\" wants its reason in brackets, such as [oe specific] or the address of the answer in which upstream said no."},
		{BackportUnnamed, "warning", "Backport does not say of what",
			"\"Upstream-Status: Backport\" wants the commit or its address in brackets, or the version that has it. Without it nobody can tell when the patch can go."},
		{StatusFalse, "warning", "Upstream merged it, the tag says otherwise",
			"A commit of the project has this change. Set \"Upstream-Status: Backport [commit]\", so that the patch is dropped when the recipe moves to a version that contains it."},
		{Contained, "error", "The recipe's version contains the patch",
			"The source that the recipe builds has this change already. Remove the patch file and its entry in SRC_URI."},
		{Orphan, "warning", "No recipe applies the patch file",
			"No recipe in the layers given names this file, also not under an override, and no line of a recipe, append, include or class above it has its name. Remove it, or name it in SRC_URI. If a recipe of another layer uses it, give that layer by --upstream."},
		{NotFound, "error", "A patch is named and not found",
			"SRC_URI names a patch file that is not in the layers given: the build fails when it fetches. Add the file, mend the name, or give the layer that has it by --upstream."},
		{Unreadable, "warning", "A patch file cannot be read",
			"The file is applied to a recipe and is no patch that can be read, so nothing can be said of it."},
		{Dangling, "warning", "A bbappend has no recipe",
			"No recipe in the layers given has the name of this bbappend. bitbake stops on it unless BB_DANGLINGAPPENDS_WARNONLY is set. If its recipe is in another layer, give that by --upstream."},
		{TooManyPending, "warning", "More patches are Pending than allowed",
			"Pending means that nobody has offered the patch upstream yet. Offer some: those that are small, old and often rebased first."},
	}
}

// RuleOf finds a rule.
func RuleOf(id string) (Rule, bool) {
	for _, r := range Rules() {
		if r.ID == id {
			return r, true
		}
	}
	return Rule{}, false
}

// A Finding is one place where a rule is broken.
type Finding struct {
	Rule   Rule
	Source string // name of the layer repository
	File   string // path in it
	Line   int    // from 1
	Recipe string // PN, "" where it is about none
	Text   string // what, why, what next
	about  string // what the rule was broken by, without its place
	fix    *fix
}

// A Note is something that kept a rule from being looked at.
type Note struct {
	Source, File string // "" where it is about none
	Text         string
}

// A Report is what came of a check. Findings are in the order of sources,
// files, lines and rules.
type Report struct {
	Sources []string // that were checked
	// Roots are where the sources lie as people see it, by name: "" or a
	// directory that ends in a slash.
	Roots    map[string]string
	Findings []Finding
	Notes    []Note
	Patches  int // patch files that were looked at
	Recipes  int // recipes, of local layers or with patches of theirs
}

// Place is the path of a file as people see it.
func (r *Report) Place(source, file string) string { return r.Roots[source] + file }

// Options of [Check].
type Options struct {
	RequireStatus bool     // only an Upstream-Status counts, not a header's own words
	MaxPending    int      // how many patches may be Pending; -1 is any number
	Skip          []string // rules that are not looked at
	Projects      []Project
	Progress      progress.Func
}

// Check looks at the local sources of a scan. What is wrong with the layers is
// in the report; the error is that of ctx, of a repository that cannot be read,
// or of a project.
func Check(ctx context.Context, sources []layer.Source, scan *layer.Scan, o Options) (*Report, error) {
	c := &checker{Options: o, scan: scan, report: &Report{Roots: map[string]string{}}, texts: map[string]*texts{}, words: map[string][]word{}}
	for _, src := range sources {
		if !src.Local {
			continue
		}
		t, err := openTexts(ctx, src)
		if err != nil {
			return nil, err
		}
		defer t.close()
		c.texts[src.Name] = t
		c.report.Sources = append(c.report.Sources, src.Name)
	}
	c.patches()
	c.recipes()
	c.appends()
	c.pending()
	if err := c.projects(ctx); err != nil {
		return nil, err
	}
	c.report.sort()
	return c.report, ctx.Err()
}

// A checker is one run of [Check].
type checker struct {
	Options
	scan   *layer.Scan
	report *Report
	texts  map[string]*texts // by name of local sources
	words  map[string][]word // names of patch files in metadata, by source; see orphan
}

// find adds a finding, unless its rule is skipped.
func (c *checker) find(rule string, f Finding) {
	r, ok := RuleOf(rule)
	if !ok || slices.Contains(c.Skip, rule) {
		return
	}
	f.Rule, f.Line = r, max(f.Line, 1)
	c.report.Findings = append(c.report.Findings, f)
}

func (c *checker) note(source, file, text string) {
	c.report.Notes = append(c.report.Notes, Note{source, file, text})
}

// local says whether a source is checked.
func (c *checker) local(source string) bool { return c.texts[source] != nil }
