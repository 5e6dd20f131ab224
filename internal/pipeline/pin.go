package pipeline

import (
	"cmp"
	"context"
	"slices"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/version"
)

// A RecipeVersion is a recipe of a layer with its version.
type RecipeVersion struct {
	Layer  string // name of the source
	PN, PV string
}

// A pinStore knows what [Pins] looks at.
type pinStore interface {
	tipStore
	remoteStore
	Versions(ctx context.Context) ([]RecipeVersion, error)
	CarriedPatches(ctx context.Context) ([]Carried, error)
}

// Pins are what the configured layers fix of the configured projects. A layer
// that is a branch of a project's repository pins that branch. A local layer
// pins the version of its recipe; where it has none and carries patches for
// it, the version that these are applied to. A layer that stays at a revision
// pins something that is not known here.
func Pins(ctx context.Context, st pinStore, set Settings) ([]change.Pin, error) {
	set, err := set.Resolve(ctx, st)
	if err != nil {
		return nil, err
	}
	tags, err := projectTags(ctx, st)
	if err != nil {
		return nil, err
	}
	recipes, err := st.Versions(ctx)
	if err != nil {
		return nil, err
	}
	carried, err := st.CarriedPatches(ctx)
	if err != nil {
		return nil, err
	}
	var pins []change.Pin
	for _, p := range set.Projects {
		for _, l := range set.Layers {
			if l.Location == p.Location {
				pins = append(pins, l.pin(p))
			}
			if pv := l.versionOf(p, recipes, carried); l.Local && pv != "" {
				pins = append(pins, change.Pin{Project: p.Name, Place: l.Place(), Ref: p.TagOf(pv, tags[p.Name]), Tag: true, Version: pv})
			}
		}
	}
	return pins, nil
}

// pin is the branch of a project that the layer is.
func (l Layer) pin(p Project) change.Pin {
	pin := change.Pin{Project: p.Name, Place: l.Place(), Ref: l.Branch}
	if l.Revision != "" {
		pin.Ref, pin.Version = "", l.Revision
	}
	return pin
}

// versionOf is the version of the project that the layer builds, the newest of
// several; "" if it builds none.
func (l Layer) versionOf(p Project, recipes []RecipeVersion, carried []Carried) string {
	var all []string
	for _, r := range recipes {
		if r.Layer == l.Name && p.Serves(r.PN) {
			all = append(all, r.PV)
		}
	}
	for _, c := range carried {
		if len(all) == 0 && c.Layer == l.Name && c.Dropped.IsZero() && p.Serves(c.Recipe) {
			all = append(all, c.PV)
		}
	}
	all = slices.DeleteFunc(all, func(pv string) bool { return pv == "" || pv == layer.Unknown })
	if len(all) == 0 {
		return ""
	}
	return slices.MaxFunc(all, func(a, b string) int { return cmp.Or(version.Compare(a, b), cmp.Compare(a, b)) })
}
