package view

import (
	"fmt"
	"strings"
)

// Versions is how the versions of our recipes stand, and what moved.
type Versions struct {
	Filter   VersionFilter
	Layers   []string    // of ours, to choose from
	Any      bool        // whether anything of ours is compared at all
	Kinds    []KindCount // of the rows, as VersionFilter.Kind
	All      int         // rows of every kind
	Rows     []BehindRow // where Filter.Show is ""
	Chart    MoveChart   // where it is "timeline"
	Moves    []MoveRow   // where it is "moves"
	Behind   int         // recipes that are behind
	Older    string      // the next page of moves; ""
	Newest   string      // the first page of moves; "" where this is it
	Pager    Pager       // of the rows
	Projects bool        // whether any project is configured
}

// A BehindRow is how the version of one recipe of ours stands.
type BehindRow struct {
	Layer    string
	PN       string
	File     string
	Version  string
	Floating bool
	Upstream []OtherVersion
	Project  string // ""
	Newest   Link   // tag of the newest release
	NewestAt When
	Newer    bool   // the newest release is newer
	Remote   string // git address that no project is configured for; ""
	Behind   bool
	Since    When // we are behind
	Patches  int  // that we carry for it
	Applies  int  // of these on the newest version, or likely there
	Work     int
	Go       int
	Likely   bool // some of it is not tested, only likely
}

// An OtherVersion is the version that an upstream layer has.
type OtherVersion struct {
	Layer   string
	Version string
	Order   int // 1: newer than ours, -1: older
	Since   When
}

// A VersionFilter narrows the page of moved versions.
type VersionFilter struct {
	Show  string // "" is the table, "timeline", "moves"
	Text  string
	Layer string // of ours; "" is all
	Kind  string // "behind", "work", "go", "current"; "" is all
	Span  string // of the timeline: "1", "5", "all"; "" is two years
	Every bool   // moves also of what does not concern us
	After string // moves older than this one
	Page  int
}

// The kinds of rows that the table can be narrowed to.
const (
	KindBehind  = "behind"
	KindWork    = "work"
	KindGo      = "go"
	KindCurrent = "current"
)

// URL is the page with this filter.
func (f VersionFilter) URL() string {
	every := ""
	if f.Every {
		every = "yes"
	}
	return withQuery("/versions", []string{
		"show", f.Show, "q", f.Text, "layer", f.Layer, "kind", f.Kind, "span", f.Span, "every", every, "after", f.After, "page", pageNumber(f.Page),
	})
}

// Narrow says whether the filter leaves anything out.
func (f VersionFilter) Narrow() bool { return f.Text != "" || f.Layer != "" || f.Kind != "" }

// MovedPatchURL is the page of a patch before and after a move.
func MovedPatchURL(source, name, commit, patch string) string {
	return withQuery("/versions/patch", []string{"layer", source, "recipe", name, "commit", commit, "patch", patch})
}

func (v Versions) tabURL(show string) string {
	return VersionFilter{Show: show, Text: v.Filter.Text, Layer: v.Filter.Layer, Kind: v.Filter.Kind}.URL()
}

func (v Versions) kindURL(kind string) string {
	f := v.Filter
	f.Kind, f.Page = kind, 0
	return f.URL()
}

func (v Versions) spanURL(span string) string {
	f := v.Filter
	f.Span = span
	return f.URL()
}

func (v Versions) everyURL(every bool) string {
	f := v.Filter
	f.Every, f.After = every, ""
	return f.URL()
}

func kindOfWords(kind string) string {
	switch kind {
	case KindBehind:
		return "behind"
	case KindWork:
		return "patches need work"
	case KindGo:
		return "patches can go"
	case KindCurrent:
		return "not behind"
	}
	return kind
}

// fates are what becomes of our patches, for the bar.
func (r BehindRow) fates() []Slice {
	return []Slice{
		{Tone: toneGood, Word: "still apply", Count: r.Applies}, {Tone: toneBad, Word: nounsOf(r.Work, "needs work", "need work"), Count: r.Work},
		{Tone: toneWin, Word: "can go", Count: r.Go}, {Tone: toneDone, Word: "not tested", Count: max(0, r.Patches-r.Applies-r.Work-r.Go)},
	}
}

// fateWords say the bar in words.
func (r BehindRow) fateWords() string {
	var words []string
	for _, s := range r.fates() {
		if s.Count > 0 {
			words = append(words, Count(s.Count)+" "+s.Word)
		}
	}
	return strings.Join(words, ", ")
}

func (o OtherVersion) tone() tone {
	switch {
	case o.Order > 0:
		return toneWarn
	case o.Order < 0:
		return toneGo
	}
	return toneCalm
}

func (o OtherVersion) words() string {
	switch {
	case o.Order > 0:
		return "newer"
	case o.Order < 0:
		return "older"
	}
	return ""
}

func versionsLead(v Versions) string {
	if !v.Any {
		return "Which versions moved, and what that does to our patches."
	}
	if v.Behind == 0 {
		return "Nothing newer is known of any recipe of ours."
	}
	return fmt.Sprintf("%s of ours %s behind an upstream layer or the project's newest release.", plural(v.Behind, "recipe"), nounsOf(v.Behind, "is", "are"))
}

// A MovedPatch is a patch before and after its recipe moved.
type MovedPatch struct {
	Move     MoveRow
	Patch    PatchMoveRow
	Compared *Comparison // nil where there is none
	Same     bool        // their changes are the same
	WhyNot   string
}

// A spanChoice is a time that the timeline can show.
type spanChoice struct{ word, value string }

func spanChoices() []spanChoice {
	return []spanChoice{{"1 year", "1"}, {"2 years", ""}, {"5 years", "5"}, {"all", "all"}}
}

// said is what a reader of screens hears when the filter was used.
func (v Versions) said() string {
	switch v.Filter.Show {
	case "timeline":
		return plural(len(v.Chart.Rows), "move") + " found"
	case "moves":
		return plural(len(v.Moves), "move") + " shown"
	}
	return plural(v.Pager.Total, "recipe") + " found"
}

// BehindKinds are the kinds that the table can be narrowed to.
func BehindKinds() []string { return []string{KindBehind, KindWork, KindGo, KindCurrent} }

// Is says whether the row is of a kind.
func (r BehindRow) Is(kind string) bool {
	switch kind {
	case KindBehind:
		return r.Behind
	case KindWork:
		return r.Work > 0
	case KindGo:
		return r.Go > 0
	case KindCurrent:
		return !r.Behind
	}
	return false
}

// Count adds patches with this outcome.
func (r *BehindRow) Count(outcome string, likely bool, n int) {
	r.Patches += n
	r.Likely = r.Likely || likely
	switch fateOf(outcome) {
	case fateApplies:
		r.Applies += n
	case fateWork:
		r.Work += n
	case fateGo:
		r.Go += n
	}
}

// Note says how our version stands, in a few words.
func (r BehindRow) Note() string {
	words := orText(r.Version, "unknown")
	for _, o := range r.Upstream {
		if o.Order > 0 {
			return words + " → " + o.Version
		}
	}
	if r.Newer {
		return words + " → " + r.Newest.Text
	}
	return words
}

// newestSlices are all our patches on the newest versions, with where each kind
// is listed.
func (o Overview) newestSlices() []Slice {
	list := []Slice{
		{toneBad, "need work at the newest version", o.Newest.Work, VersionFilter{Kind: KindWork}.URL()},
		{toneWin, "are in it and can go", o.Newest.Go, VersionFilter{Kind: KindGo}.URL()},
		{toneGood, "still apply", o.Newest.Applies, VersionFilter{}.URL()},
	}
	if rest := o.Newest.Patches - o.Newest.Work - o.Newest.Go - o.Newest.Applies; rest > 0 {
		list = append(list, Slice{toneDone, "not tested", rest, VersionFilter{}.URL()})
	}
	return list
}
