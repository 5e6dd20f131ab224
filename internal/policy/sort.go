package policy

import (
	"cmp"
	"slices"
)

// sort puts findings in order and drops repeats, as of a patch that two
// recipes lack in the same place.
func (r *Report) sort() {
	rank := map[string]int{}
	for i, rule := range Rules() {
		rank[rule.ID] = i
	}
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(slices.Index(r.Sources, a.Source), slices.Index(r.Sources, b.Source)),
			cmp.Compare(a.File, b.File),
			cmp.Compare(a.Line, b.Line),
			cmp.Compare(rank[a.Rule.ID], rank[b.Rule.ID]),
		)
	})
	r.Findings = slices.CompactFunc(r.Findings, func(a, b Finding) bool {
		return a.Rule.ID == b.Rule.ID && a.Source == b.Source && a.File == b.File && a.about == b.about
	})
	slices.SortStableFunc(r.Notes, func(a, b Note) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.File, b.File), cmp.Compare(a.Text, b.Text))
	})
	r.Notes = slices.Compact(r.Notes)
}
