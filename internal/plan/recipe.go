package plan

import (
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/layer"
)

// recipes plans for recipes of ours that need what the target does not have.
func (p *planner) recipes() {
	for at, r := range p.now.byFile {
		if !p.wanted(r.Source) || r.Inactive != "" {
			continue
		}
		i := Item{Kind: Recipe, Layer: r.Source, Path: r.File, Recipe: r.PN, From: versionOf(r), Verdict: Missing, Effort: Hours}
		switch there := p.there.byFile[at]; {
		case there == nil:
			continue // its layer is not read there: config has said why
		case there.Inactive != "":
			i.Effort, i.Why = Minutes, "it is left out there: "+there.Inactive
		default:
			i.To = versionOf(there)
			if i.Why = lacking(r, there); i.Why == "" {
				continue
			}
		}
		p.add(i)
	}
}

// lacking is what a recipe requires or inherits, finds now, and not there; "".
func lacking(now, there *layer.Recipe) string {
	var lost []string
	for _, text := range there.Problems {
		if strings.HasSuffix(text, notThere) && !slices.Contains(now.Problems, text) && !strings.Contains(text, ".bbappend: ") {
			lost = append(lost, text)
		}
	}
	if len(lost) == 0 {
		return ""
	}
	return needs(lost...)
}

// upgrades are the upstream recipes that we append to, copied or include, and
// that are others at the target.
func (p *planner) upgrades() {
	concern := map[string]bool{} // source:path now
	for _, a := range p.now.Appends {
		if p.wanted(a.Source) && a.Inactive == "" {
			for _, r := range a.Recipes {
				concern[r] = true
			}
		}
	}
	for at := range p.now.dups {
		if d, ok := p.original(p.now, at); ok && p.wanted(d.LocalSource) {
			concern[d.UpstreamSource+":"+d.UpstreamFile] = true
		}
	}
	seen := map[[3]string]bool{}
	for at := range concern {
		r := p.now.byFile[at]
		if r == nil || p.local(r.Source) || r.Inactive != "" {
			continue
		}
		u := p.counterpart(r)
		up := Upgrade{Layer: r.Source, Recipe: r.PN, From: versionOf(r), To: versionOf(u), Dropped: p.names(r, u)}
		if u != nil {
			up.Added = p.names(u, r)
		}
		key := [3]string{up.Layer, up.Recipe, up.From}
		if (up.From != up.To || len(up.Dropped)+len(up.Added) > 0) && !seen[key] {
			seen[key] = true
			p.Upgrades = append(p.Upgrades, up)
		}
	}
}

// names are the patches of upstream's that a applies and b does not; b may be
// nil.
func (p *planner) names(a, b *layer.Recipe) (list []string) {
	for _, f := range a.PatchFiles {
		source, _, _ := strings.Cut(f.Path, ":")
		if p.local(source) || b == nil || slices.ContainsFunc(b.PatchFiles, func(g layer.PatchFile) bool { return g.Name == f.Name }) {
			continue
		}
		list = append(list, f.Name)
	}
	return list
}
