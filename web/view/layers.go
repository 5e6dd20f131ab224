package view

import (
	"strings"

	"github.com/upstreamd/upstreamd/internal/change"
)

// A LayerRow is one layer branch in a list.
type LayerRow struct {
	Name       string
	Branch     string
	Local      bool // ours; else it is compared with ours
	Location   string
	Subdir     string
	Revision   string // pinned revision; ""
	Tip        string // hash of the scanned commit; ""
	TipAt      When
	Recipes    int
	Appends    int   // bbappends
	Patches    int   // carried patch files
	Duplicates int   // of a local layer: what others have too
	Forks      int   // of these: recipes of the same name
	Untrue     int   // claims of patches that the evidence shows to be wrong
	Droppable  int   // claims that are so, and whose file can go
	ToMend     int   // claims that ask for an edit for any reason
	Carried    []int // patch files at commits of its history, oldest first
	Problem    string
}

// Layers is the list of layers, local ones first.
type Layers struct{ Rows []LayerRow }

// A Layer is one layer with what it holds.
type Layer struct {
	LayerRow
	Filter     LayerFilter
	Queues     []Queue        // where Filter.Show is "patches"
	Burdens    []BurdenRow    // where it is "first"
	LeftOut    string         // where it is "first": what is not in the ranking, and why
	Duplicates []DuplicateRow // where it is "duplicates"
	Checks     []CheckRow     // where it is "claims"
	News       []NewsRow      // where it is "news"
	Recipes    []RecipeRow    // where it is "recipes"
	Pager      Pager
	Kinds      []KindCount  // of the duplicates, truths or news
	Owners     []KindCount  // of the burdens
	Open       int          // duplicates without a verdict
	Claims     []ClaimCount // of the carried patches
	Dropped    int          // patches that it once carried
	Truths     []TruthCount // of the carried patches
	Figures    []Figure
	Trend      Trend
}

// A KindCount is how many duplicates are of one kind.
type KindCount struct {
	Word  string // as DuplicateRow.Kind
	Count int
}

// A ClaimCount is how many carried patches say the same word.
type ClaimCount struct {
	Word  string // of Upstream-Status, "missing" or "malformed"
	Count int
}

// A Queue is the patches of one recipe, in the order in which they apply.
type Queue struct {
	Recipe  string // PN; "" for files that no recipe names
	Version string
	File    string // of the recipe
	Patches []CarriedRow
}

// A CarriedRow is one carried patch file.
type CarriedRow struct {
	Position int    // in the queue, from 1; 0 for an orphan
	Path     string // in the repository
	Subject  string
	Claim    string // Upstream-Status as it stands
	ClaimBad bool   // missing or malformed
	Status   change.Status
	Action   change.Action
	ChangeID int64 // 0 if it is not known as a change
	Added    When
	Dropped  When // zero while it is carried
	Flags    []Flag
	PatchFacts
}

// PatchFacts are what is known of carrying a patch file.
type PatchFacts struct {
	Keeper    string // who answers for it now: a name, of strangers the address; ""
	Refreshes int    // how often it was made anew
	Lines     int    // added and removed
	CVE       []string
	Truth     change.Truth // of its claim; "" where it was not checked
	Why       string       // of that, in words
}

// A DuplicateRow is what a local layer has and another layer has too.
type DuplicateRow struct {
	Kind         string // fork, renamed, derived, append, append-dangling, patch, class, inc
	PN           string
	LocalFile    string
	LocalVersion string
	Other        string // name of the other layer
	OtherFile    string
	OtherVersion string
	Relation     string // same, local-older, local-newer, differs; ""
	Match        string // of patches: identical, patch-id, changes, near
	Similarity   float64
	First        string // local, upstream; "" where it is not known
	LocalSince   When
	OtherSince   When
	Went         bool   // the other side dropped it
	Verdict      string // what a person said of it; ""
	VerdictNote  string
	VerdictBy    string
	VerdictAt    When
	Page         string // with both sides
	Recipe       string // page of the local recipe; ""
}

// A RecipeRow is one recipe or bbappend.
type RecipeRow struct {
	PN, PV   string
	File     string
	Layer    string
	Append   bool
	Floating bool // it builds whatever is newest
	Patches  int
	Inactive string   // why bitbake would not take it; ""
	Problems []string // what could not be read
}

// tabs are the ways to look at a layer.
func (v Layer) tabs() []tab {
	recipes := tab{"recipes", "Recipes", v.LayerRow.Recipes + v.LayerRow.Appends}
	if !v.Local {
		return []tab{recipes}
	}
	return []tab{
		{"patches", "Patches", v.LayerRow.Patches}, {"first", "Upstream this first", -1}, {"duplicates", "Duplicates", v.LayerRow.Duplicates},
		{"claims", "Claims", v.ToMend}, {"news", "News", -1}, recipes,
	}
}

// A tab is one way to look at a layer; a count below 0 is not shown.
type tab struct {
	show, word string
	count      int
}

func (v Layer) tabURL(t tab) string { return LayerFilter{Layer: v.Name, Show: t.show}.URL() }

func (v Layer) kindURL(kind string) string {
	return LayerFilter{Layer: v.Name, Show: v.Filter.Show, Text: v.Filter.Text, Kind: kind, Open: v.Filter.Open}.URL()
}

// openURL is the list of duplicates without those that have a verdict, or with.
func (v Layer) openURL() string {
	f := v.Filter
	f.Open, f.Page = !f.Open, 0
	return f.URL()
}

func (v Layer) ownerURL(owner string) string {
	return LayerFilter{Layer: v.Name, Show: "first", Text: v.Filter.Text, Owner: owner}.URL()
}

// label names a queue among many: two recipes can have the same PN.
func (q Queue) label() string {
	if q.Recipe == "" {
		return "Patches of no recipe"
	}
	return strings.TrimSpace("Patches of " + q.Recipe + " " + q.File)
}

func duplicateWords(kind string) string {
	switch kind {
	case "fork":
		return "same recipe"
	case "renamed":
		return "same recipe, other name"
	case "derived":
		return "derived recipe"
	case "append":
		return "appends to it"
	case "append-dangling":
		return "appends to nothing"
	case "patch":
		return "same patch"
	case "class":
		return "same class"
	case "inc":
		return "same include"
	}
	return kind
}

func relationTone(relation string) tone {
	switch relation {
	case "local-older":
		return toneWarn
	case "local-newer":
		return toneGo
	case "same", "identical", "patch-id":
		return toneWin
	}
	return toneCalm
}

func relationWords(d DuplicateRow) string {
	switch d.Relation {
	case "same":
		return "same version"
	case "local-older":
		return "ours is older"
	case "local-newer":
		return "ours is newer"
	}
	switch d.Match {
	case "identical":
		return "identical file"
	case "patch-id":
		return "same diff"
	case "changes":
		return "same changed lines"
	case "near":
		return "nearly the same"
	}
	return d.Relation
}

// relation is what colours the row.
func (d DuplicateRow) relation() string {
	if d.Relation != "" {
		return d.Relation
	}
	return d.Match
}

func roleWord(local bool) string {
	if local {
		return "ours"
	}
	return "compared with"
}

// claimSlices is what the patches say as a picture.
func (v Layer) claimSlices() []Slice {
	var out []Slice
	for _, c := range v.Claims {
		out = append(out, Slice{claimTone(c.Word), c.Word, c.Count, ""})
	}
	return out
}
