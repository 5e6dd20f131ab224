package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/layer"
)

// appends plans for the bbappends of ours.
func (p *planner) appends() {
	there := map[string]*layer.Append{}
	for i := range p.there.Appends {
		a := &p.there.Appends[i]
		there[a.Source+":"+a.File] = a
	}
	for i := range p.now.Appends {
		a := &p.now.Appends[i]
		if !p.wanted(a.Source) || a.Inactive != "" {
			continue
		}
		b := there[a.Source+":"+a.File]
		if b == nil {
			continue // its layer is not read there: config has said why
		}
		i := Item{Kind: Append, Layer: a.Source, Path: a.File, Recipe: a.PN}
		was, is := p.appended(p.now, a.Recipes), p.appended(p.there, b.Recipes)
		if len(was) > 0 {
			i.From = versionOf(was[0])
		}
		switch {
		case b.Inactive != "":
			i.Verdict, i.Effort, i.Why = Missing, Minutes, "it is left out there: "+b.Inactive
		case len(is) > 0:
			p.applies(&i, was, is)
		default:
			p.dangles(&i, a, was)
		}
		p.add(i)
	}
}

// appended are the recipes of these names, the newest first.
func (p *planner) appended(s side, names []string) (all []*layer.Recipe) {
	for _, n := range names {
		if r := s.byFile[n]; r != nil {
			all = append(all, r)
		}
	}
	slices.SortStableFunc(all, func(a, b *layer.Recipe) int { return order(b, a) })
	return all
}

// applies says what becomes of an append that applies at the target.
func (p *planner) applies(i *Item, was, is []*layer.Recipe) {
	i.Verdict, i.To = Keep, versionOf(is[0])
	i.Evidence = is[0].Source + ":" + is[0].File
	old := map[string]bool{}
	for _, r := range was {
		for _, text := range r.Problems {
			old[text] = true
		}
	}
	for _, r := range is {
		for _, text := range r.Problems {
			mine, ok := strings.CutPrefix(text, i.Layer+":"+i.Path+": ")
			if ok && !old[text] && strings.HasSuffix(mine, notThere) {
				i.Verdict, i.Effort, i.Why = Missing, Hours, needs(mine)
				return
			}
		}
	}
	switch {
	case len(was) == 0:
		i.Why = fmt.Sprintf("applies to nothing now; there it applies to %s %s", is[0].PN, i.To)
	case len(was) > 1 || len(is) > 1:
		i.Why = fmt.Sprintf("applies to %d recipes now and to %d there; %s", len(was), len(is), step(was[0], is[0]))
	default:
		i.Why = step(was[0], is[0])
	}
}

// dangles says what is to be done about an append that applies to nothing at
// the target.
func (p *planner) dangles(i *Item, a *layer.Append, was []*layer.Recipe) {
	i.Verdict, i.Effort = Dangling, Hours
	if list := p.there.byStem[stem(a.File)]; len(list) > 0 {
		u := list[0]
		i.Verdict, i.Effort, i.To, i.Evidence = Rename, Minutes, versionOf(u), u.Source+":"+u.File
		was := strings.TrimSuffix(name(a.File), ".bbappend")
		i.Why = fmt.Sprintf("is for %s only; %s has %s: rename it to %s.bbappend", was, u.Source, strings.TrimSuffix(name(u.File), ".bb"), renameTo(was, name(u.File)))
		return
	}
	if len(was) == 0 {
		i.Effort, i.Why = None, "applies to nothing now either"
		return
	}
	if u := p.renamed(was[0]); u != nil {
		i.Verdict, i.To, i.Evidence = Rename, versionOf(u), u.Source+":"+u.File
		i.Why = fmt.Sprintf("no layer has %s there; %s builds the same source: move it to %s_%%.bbappend", i.Recipe, u.PN, stem(u.File))
		return
	}
	i.Why = fmt.Sprintf("no layer has %s there; %s had it", i.Recipe, was[0].Source)
	i.Evidence = was[0].Source + ":" + was[0].File
}

// renameTo is the name of an append for a recipe's file, as exact as the one
// that it has: foo_1.% becomes foo_2.% for foo_2.3.bb.
func renameTo(was, recipe string) string {
	recipe = strings.TrimSuffix(recipe, ".bb")
	before, _, wild := strings.Cut(was, "%")
	at := strings.IndexByte(recipe, '_')
	if !wild || at < 0 {
		return recipe
	}
	parts := strings.Split(recipe[at+1:], ".")
	if n := strings.Count(before, "."); n < len(parts) {
		return recipe[:at+1] + strings.Join(append(parts[:n:n], "%"), ".")
	}
	return recipe
}

// notThere is how the scanner ends what it says of files that are not found.
const notThere = ": not in the layers scanned"

// needs makes such problems one of a plan's sentences.
func needs(problems ...string) string {
	var all []string
	for _, text := range problems {
		text = strings.TrimSuffix(text, notThere)
		if i := strings.LastIndex(text, ": "); i >= 0 {
			text = text[i+2:]
		}
		verb, file, _ := strings.Cut(text, " ")
		all = append(all, verb+"s "+file)
	}
	return strings.Join(all, ", ") + ", which no layer has there"
}
