package pipeline

import "github.com/upstreamd/upstreamd/internal/change"

// A duplicated is what a verdict on a duplicate is about in a local layer,
// whatever other layer has it too.
type duplicated struct {
	layer, name string // PN, or path of a patch file
	file        bool
}

// duplicateOf is what a verdict on something carried would be about.
func duplicateOf(c Carried) duplicated {
	if c.Kind == CarriedDelta {
		return duplicated{c.Layer, c.Recipe, false}
	}
	return duplicated{c.Layer, c.Path, true}
}

// verdictsOf are the verdicts of people on forks and patch files.
func verdictsOf(decisions []change.Decision) map[duplicated][]change.Decision {
	all := map[duplicated][]change.Decision{}
	for _, d := range decisions {
		n, ok := change.ParseDuplicateKey(d.Subject)
		if d.Kind != change.Disposition || !ok {
			continue
		}
		if n.Kind == "fork" || n.Kind == "renamed" || n.Kind == "patch" {
			at := duplicated{n.Layer, n.Name, n.Kind == "patch"}
			all[at] = append(all[at], d)
		}
	}
	return all
}
