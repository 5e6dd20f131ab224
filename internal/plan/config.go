package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/layer"
)

// config plans for the layer.conf files of ours.
func (p *planner) config() {
	now, there := p.core(p.now), p.core(p.there)
	p.Series = strings.Join(there, " ")
	has := map[string]bool{} // collections at the target
	for _, l := range p.there.Layers {
		has[l.Collection] = true
	}
	had := map[string]bool{}
	for _, l := range p.now.Layers {
		had[l.Collection] = true
	}
	for _, l := range p.there.Layers {
		if !p.wanted(l.Source) {
			continue
		}
		file := strings.TrimPrefix(l.Path+"/conf/layer.conf", "/")
		i := Item{Kind: Config, Layer: l.Source, Path: file, From: strings.Join(l.Series, " "), To: p.Series}
		if len(there) > 0 && !common(l.Series, there) {
			i.Verdict, i.Effort = Refresh, Minutes
			i.Why = fmt.Sprintf("LAYERSERIES_COMPAT_%s lacks %s: bitbake refuses the layer", l.Collection, p.Series)
			p.add(i)
		}
		if layer.OldSyntax(now) && len(there) > 0 && !layer.OldSyntax(there) && layer.OldSyntax(l.Series) {
			i.Verdict, i.Effort = Refresh, Hours
			i.Why = fmt.Sprintf("%s wants the override syntax with colons (FOO:append): convert the layer with convert-overrides.py", p.Series)
			p.add(i)
		}
		for _, d := range l.Depends {
			if had[d] && !has[d] {
				i.Verdict, i.Effort, i.Why = Missing, Hours, fmt.Sprintf("LAYERDEPENDS names %s, which no layer is there", d)
				p.add(i)
			}
		}
	}
}

// core is the release that the upstream layers are for: what the collection
// core says, else the first of them that says one.
func (p *planner) core(s side) (series []string) {
	for _, l := range s.Layers {
		if p.local(l.Source) || len(l.Series) == 0 {
			continue
		}
		if l.Collection == "core" {
			return l.Series
		}
		if series == nil {
			series = slices.Clone(l.Series)
		}
	}
	return series
}
