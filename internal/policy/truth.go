package policy

import (
	"strings"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/layer"
)

// FromChecks are the edits that checked claims ask for, of the patch files of
// one source. Prefix is the key of its layer branch: [change.CarriedKey] of an
// empty path.
func FromChecks(checks []change.ClaimCheck, scan *layer.Scan, source, prefix string) []Proposal {
	byPath := map[string]*layer.Patch{}
	for i, p := range scan.Patches {
		if p.Source == source {
			byPath[p.Path] = &scan.Patches[i]
		}
	}
	var list []Proposal
	for _, c := range checks {
		path, ok := strings.CutPrefix(c.Sighting, prefix)
		p := byPath[path]
		if !ok || c.Fix == "" || p == nil || p.Recipe == "" {
			continue // fixed or gone since
		}
		prop := Proposal{Source: source, Path: path, Recipe: p.Recipe, Status: strings.TrimPrefix(c.Fix, tag), Why: []string{short(c.Reason)}}
		if c.Fix == "drop" {
			prop.Status, prop.For = "", users(scan, source+":"+path)
		}
		list = append(list, prop)
	}
	sortProposals(list)
	return list
}

// users are the recipes that apply a patch file, source:path.
func users(scan *layer.Scan, patch string) (list []string) {
	for i := range scan.Recipes {
		r := &scan.Recipes[i]
		for _, f := range r.PatchFiles {
			if f.Path == patch {
				list = append(list, r.Source+":"+r.File)
				break
			}
		}
	}
	return list
}
