// Package plan says what a move of the upstream layers to another release means
// for the layers that build on them: which of our patches, appends and copies
// vanish, which need work, and whose work that is.
//
// [Make] scans the layers twice, as they are and with the upstream layers at
// the target, and compares what concerns us. Patches are tried on the source of
// the version that the target has, where that source is known. Nothing is
// built and no code of a layer is run, so a plan says what there is to do to
// the metadata, not whether the product works afterwards.
package plan

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrNoTarget means that no upstream layer has what is to be moved to.
var ErrNoTarget = errors.New("no upstream layer has the target")

// A Kind says what an item is about.
type Kind string

// The kinds of items.
const (
	Patch   Kind = "patch"   // a patch file of ours
	Append  Kind = "append"  // a bbappend
	Fork    Kind = "fork"    // a recipe of ours that an upstream layer has, too
	Recipe  Kind = "recipe"  // another recipe of ours
	Class   Kind = "class"   // a class of ours that hides an upstream one
	Include Kind = "include" // an include file of ours that an upstream layer has, too
	Config  Kind = "config"  // conf/layer.conf
)

// A Verdict is what is to be done.
type Verdict string

// The verdicts.
const (
	Drop       Verdict = "drop"        // the target has it: ours can go
	Keep       Verdict = "keep"        // nothing to do
	Refresh    Verdict = "refresh"     // a small edit without thought: fuzz, a line of layer.conf
	Conflict   Verdict = "conflict"    // a patch does not apply there
	Dangling   Verdict = "dangling"    // an append whose recipe is not there
	Rename     Verdict = "rename"      // an append whose recipe has another version there
	UpdateFork Verdict = "update fork" // upstream changed what ours is a copy of
	Missing    Verdict = "missing"     // the target lacks what ours needs
	Unknown    Verdict = "unknown"     // a person has to look
)

// Verdicts are all verdicts, those that need most work first.
func Verdicts() []Verdict {
	return []Verdict{Conflict, Missing, Dangling, UpdateFork, Unknown, Rename, Refresh, Drop, Keep}
}

// An Effort is a rough size of the work that an item needs.
type Effort int

// The sizes. They are estimates for a sum, not promises.
const (
	None    Effort = iota // nothing to do
	Minutes               // an edit that needs no thought
	Hours                 // somebody has to understand the change
	Days                  // a rewrite
)

// String is the size in a word.
func (e Effort) String() string {
	switch e {
	case None:
		return "none"
	case Minutes:
		return "minutes"
	case Hours:
		return "hours"
	}
	return "days"
}

// hoursOf is what an effort counts for in sums: a quarter of an hour, three
// hours, two days of eight.
var hoursOf = [...]float64{None: 0, Minutes: 0.25, Hours: 3, Days: 16}

// An Item is one thing of ours and what the move means for it.
type Item struct {
	Kind     Kind    `json:"kind"`
	Layer    string  `json:"layer"`            // name of our layer source
	Path     string  `json:"path"`             // of the file in it
	Recipe   string  `json:"recipe,omitempty"` // PN
	From     string  `json:"from,omitempty"`   // [PE:]PV of the recipe now
	To       string  `json:"to,omitempty"`     // at the target
	Verdict  Verdict `json:"verdict"`
	Why      string  `json:"why"`                // one sentence without full stop
	Evidence string  `json:"evidence,omitempty"` // hash of a commit, tag, or source:path of an upstream file
	Owner    string  `json:"owner,omitempty"`    // who answers for the file; "" is nobody known
	Effort   Effort  `json:"effort"`             // 0 none, 1 minutes, 2 hours, 3 days
}

// Work says whether somebody has to do something.
func (i Item) Work() bool { return i.Verdict != Keep }

// A Move is where one upstream layer source goes.
type Move struct {
	Layer string `json:"layer"`
	Ref   string `json:"ref"`  // branch, tag or revision that it goes to; "" where it stays
	From  string `json:"from"` // hash of the commit
	To    string `json:"to"`   // the same as From where it stays
}

// An Upgrade is an upstream recipe that concerns us and that is another one at
// the target.
type Upgrade struct {
	Layer   string   `json:"layer"`
	Recipe  string   `json:"recipe"`            // PN
	From    string   `json:"from"`              // [PE:]PV now; "" where it is new
	To      string   `json:"to"`                // at the target; "" where it is gone
	Dropped []string `json:"dropped,omitempty"` // patches of upstream's that it no longer applies
	Added   []string `json:"added,omitempty"`   // patches that it did not apply before
}

// A Plan is what the move to a target means.
type Plan struct {
	Target   string    `json:"target"`
	Series   string    `json:"series,omitempty"` // name of the release there, as LAYERSERIES_COMPAT has it; ""
	Moves    []Move    `json:"moves"`
	Items    []Item    `json:"items"`              // most work first: by verdict, layer, recipe, path
	Upgrades []Upgrade `json:"upgrades,omitempty"` // by recipe and layer
	Problems []string  `json:"problems,omitempty"` // what is not known, and why
}

// A Sum counts the items of one verdict or owner.
type Sum struct {
	Name  string  // verdict, or owner; "" is nobody known
	Items int     // all of them
	Work  int     // those that need something
	Hours float64 // rough, by the efforts
}

// Time says the hours as a person would: minutes, hours, or days of eight
// hours.
func (s Sum) Time() string {
	switch {
	case s.Hours == 0:
		return "nothing"
	case s.Hours < 1:
		return fmt.Sprintf("%.0f minutes", s.Hours*60)
	case s.Hours < 16:
		return count(int(s.Hours+0.5), "hour")
	}
	return count(int(s.Hours/8+0.5), "day")
}

// ByVerdict are the sums of all verdicts that occur, most work first.
func (p *Plan) ByVerdict() []Sum {
	all := p.sums(func(i Item) string { return string(i.Verdict) })
	slices.SortStableFunc(all, func(a, b Sum) int { return rank(Verdict(a.Name)) - rank(Verdict(b.Name)) })
	return all
}

// ByOwner are the sums of all owners, the one with most hours first.
func (p *Plan) ByOwner() []Sum {
	all := p.sums(func(i Item) string { return i.Owner })
	slices.SortStableFunc(all, func(a, b Sum) int { return cmp.Or(cmp.Compare(b.Hours, a.Hours), b.Work-a.Work) })
	return all
}

// Total is the sum of everything.
func (p *Plan) Total() Sum {
	if all := p.sums(func(Item) string { return "" }); len(all) > 0 {
		return all[0]
	}
	return Sum{}
}

// sums counts by a key, in the order of the keys.
func (p *Plan) sums(key func(Item) string) []Sum {
	by := map[string]*Sum{}
	var names []string
	for _, i := range p.Items {
		k := key(i)
		if by[k] == nil {
			by[k] = &Sum{Name: k}
			names = append(names, k)
		}
		by[k].Items++
		if i.Work() {
			by[k].Work++
		}
		by[k].Hours += hoursOf[min(max(i.Effort, None), Days)]
	}
	slices.Sort(names)
	all := make([]Sum, len(names))
	for i, name := range names {
		all[i] = *by[name]
	}
	return all
}

// rank is the place of a verdict among all.
func rank(v Verdict) int { return slices.Index(Verdicts(), v) }

// sort puts everything into a fixed order.
func (p *Plan) sort() {
	slices.SortFunc(p.Items, func(a, b Item) int {
		return cmp.Or(rank(a.Verdict)-rank(b.Verdict), int(b.Effort-a.Effort), strings.Compare(a.Layer, b.Layer),
			strings.Compare(a.Recipe, b.Recipe), strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.Path, b.Path))
	})
	slices.SortFunc(p.Upgrades, func(a, b Upgrade) int {
		return cmp.Or(strings.Compare(a.Recipe, b.Recipe), strings.Compare(a.Layer, b.Layer), strings.Compare(a.From, b.From))
	})
	slices.Sort(p.Problems)
	p.Problems = slices.Compact(p.Problems)
}

// Add takes what another plan for the same target says of other layers of ours.
func (p *Plan) Add(q *Plan) {
	p.Items = append(p.Items, q.Items...)
	p.Problems = append(p.Problems, q.Problems...)
	p.Series = cmp.Or(p.Series, q.Series)
	for _, m := range q.Moves {
		if !slices.Contains(p.Moves, m) {
			p.Moves = append(p.Moves, m)
		}
	}
	for _, u := range q.Upgrades {
		if !slices.ContainsFunc(p.Upgrades, func(v Upgrade) bool { return v.Layer == u.Layer && v.Recipe == u.Recipe && v.From == u.From }) {
			p.Upgrades = append(p.Upgrades, u)
		}
	}
	p.sort()
}
