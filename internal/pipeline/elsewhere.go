package pipeline

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/series"
)

// usualYears is how far back one looks for how a list usually answers.
const usualYears = 2

// outlets knows where a posting could be sent instead.
type outlets struct {
	set     Settings
	recipes map[string][]string // upstream layers by PN
	sent    map[string][]*review
	usual   map[string]change.Usual // by list, as far as asked for
}

func newOutlets(set Settings, recipes []RecipeVersion, reviews map[string]*review) *outlets {
	o := &outlets{set: set, recipes: map[string][]string{}, sent: map[string][]*review{}, usual: map[string]change.Usual{}}
	for _, r := range recipes {
		upstream := slices.ContainsFunc(set.Layers, func(l Layer) bool { return l.Name == r.Layer && !l.Local })
		if upstream && !slices.Contains(o.recipes[r.PN], r.Layer) {
			o.recipes[r.PN] = append(o.recipes[r.PN], r.Layer)
		}
	}
	for _, r := range reviews {
		o.sent[r.Sent[0].List] = append(o.sent[r.Sent[0].List], r)
	}
	return o
}

// of are the lists besides this one where patches for one of the recipes can be
// sent: those of other upstream layers that have the recipe, and the fallback.
func (o *outlets) of(list string, recipes []string) (all []change.Outlet) {
	for _, pn := range recipes {
		for _, layer := range o.recipes[plainName(pn)] {
			for _, to := range o.set.listsOf(layer) {
				one := change.Outlet{List: to, Layer: layer, Recipe: plainName(pn)}
				if to != list && !slices.ContainsFunc(all, func(have change.Outlet) bool { return have.List == to }) {
					one.Usual = o.usually(to)
					all = append(all, one)
				}
			}
		}
	}
	to := o.set.Rules.Lists[list].Fallback
	if to != "" && !slices.ContainsFunc(all, func(have change.Outlet) bool { return have.List == to }) {
		all = append(all, change.Outlet{List: to, Usual: o.usually(to)})
	}
	return all
}

// listsOf are the lists that take patches to a layer, or to the project that it
// is a branch of.
func (s Settings) listsOf(layer string) (names []string) {
	for _, list := range s.Lists {
		takes := slices.Contains(list.Layers, layer)
		for _, p := range s.Projects {
			takes = takes || slices.Contains(list.Projects, p.Name) &&
				slices.ContainsFunc(s.Layers, func(l Layer) bool { return l.Name == layer && l.Location == p.Location })
		}
		if takes {
			names = append(names, list.Name)
		}
	}
	return names
}

// usually is how a list answered the series that were sent there in the two
// years before the newest.
func (o *outlets) usually(list string) change.Usual {
	if u, ok := o.usual[list]; ok {
		return u
	}
	var newest time.Time
	for _, r := range o.sent[list] {
		if at := r.Sent[0].At; at.After(newest) {
			newest = at
		}
	}
	var u change.Usual
	var took []time.Duration
	for _, r := range o.sent[list] {
		if r.Sent[0].At.Before(newest.AddDate(-usualYears, 0, 0)) {
			continue
		}
		u.Series++
		if d, ok := firstAnswer(r.Sent[0]); ok {
			took = append(took, d)
		}
	}
	u.Answered = len(took)
	if slices.Sort(took); len(took) > 0 {
		u.Median = took[len(took)/2]
	}
	o.usual[list] = u
	return u
}

// firstAnswer is how long the first answer by another person took.
func firstAnswer(s Sent) (time.Duration, bool) {
	var said series.Review
	if s.Review == "" || json.Unmarshal([]byte(s.Review), &said) != nil {
		return 0, false // what cannot be read is told where it is judged
	}
	for _, sign := range said.Signs { // oldest first
		if sign.Kind != series.Checked && sign.Kind != series.Pinged && !strings.EqualFold(sign.Address, s.Author.Email) {
			return max(0, sign.At.Sub(s.At)), true
		}
	}
	return 0, false
}
