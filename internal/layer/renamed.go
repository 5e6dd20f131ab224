package layer

import (
	"slices"
	"strings"
)

// renamed are recipes of different PN that build the same source. A recipe
// whose own PN the other source has, too, is a fork and nothing else.
func (s *Scan) renamed() []Duplicate {
	byStem := map[string][]sourced{}
	has := map[[2]string]bool{} // source and PN
	for i := range s.Recipes {
		r := &s.Recipes[i]
		has[[2]string{r.Source, r.PN}] = true
		if o, ok := originOf(r); ok {
			byStem[o.stem] = append(byStem[o.stem], sourced{r, o})
		}
	}
	var out []Duplicate
	for i := range s.Recipes {
		r := &s.Recipes[i]
		o, ok := originOf(r)
		if !s.isLocal(r.Source) || !ok {
			continue
		}
		found := map[string][]*Recipe{} // by source
		for _, u := range byStem[o.stem] {
			if s.compares(r.Source, u.r.Source) && !has[[2]string{u.r.Source, r.PN}] && sameOrigin(sourced{r, o}, u) {
				found[u.r.Source] = append(found[u.r.Source], u.r)
			}
		}
		for _, source := range s.order {
			for _, u := range counterparts(r, found[source]) {
				d := pair("renamed", r, u)
				d.Relation = relation(r, u)
				out = append(out, d)
			}
		}
	}
	return out
}

// A sourced is a recipe with the origin of its source.
type sourced struct {
	r *Recipe
	o origin
}

// sameOrigin says whether two recipes build one source. Their names on the
// hosts are the same. The places are, too; or both hosts are the project's
// own; or one is an index of packages, and both recipes are for one module of
// the language.
func sameOrigin(a, b sourced) bool {
	switch {
	case a.o.place == b.o.place && a.o.own == b.o.own:
		return true
	case a.o.index != b.o.index:
		m, n := module(a.r.PN), module(b.r.PN)
		return m != "" && m == n && strings.HasSuffix(m, " "+bareModule(a.o.stem))
	}
	return false
}

// module is the language and name of a recipe for a module: "python yaml" of
// python3-yaml; "" of other recipes. Layers name them all so.
func module(pn string) string {
	pn = plainPN(pn)
	for _, l := range []struct{ prefix, language string }{{"python3-", "python"}, {"python-", "python"}, {"ruby-", "ruby"}, {"rubygem-", "ruby"}} {
		if name, ok := strings.CutPrefix(pn, l.prefix); ok {
			return l.language + " " + bareModule(name)
		}
	}
	if name, ok := strings.CutSuffix(pn, "-perl"); ok {
		return "perl " + bareModule(strings.TrimPrefix(name, "lib"))
	}
	return ""
}

// bareModule is a name as the indexes compare it (PEP 503).
func bareModule(name string) string {
	name = strings.ToLower(strings.NewReplacer("_", "-", ".", "-").Replace(name))
	return strings.TrimPrefix(strings.TrimPrefix(name, "python-"), "py-")
}

// plainPN is a PN without what says for which machine it is built.
func plainPN(pn string) string {
	pn = strings.TrimPrefix(pn, "nativesdk-")
	for _, suffix := range []string{"-native", "-cross", "-crosssdk", "-initial"} {
		pn = strings.TrimSuffix(pn, suffix)
	}
	return pn
}

// counterparts are the recipes of one source that a renamed one may stand
// for: built for the same side (target, build host) and the same use, active
// if any is, and of our version if any is.
func counterparts(r *Recipe, found []*Recipe) []*Recipe {
	found = slices.DeleteFunc(found, func(u *Recipe) bool { return headersOnly(r.PN) != headersOnly(u.PN) })
	for _, fits := range []func(u *Recipe) bool{
		func(u *Recipe) bool { return (plainPN(u.PN) == u.PN) == (plainPN(r.PN) == r.PN) },
		func(u *Recipe) bool { return u.Inactive == "" },
		func(u *Recipe) bool { return u.version() == r.version() },
	} {
		if slices.ContainsFunc(found, fits) {
			found = slices.DeleteFunc(found, func(u *Recipe) bool { return !fits(u) })
		}
	}
	return found
}

// headersOnly says whether a recipe takes just the header files of a source:
// no stand-in for one that builds it.
func headersOnly(pn string) bool { return strings.HasSuffix(plainPN(pn), "-headers") }
