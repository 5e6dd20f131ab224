package pipeline

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/patch"
	"github.com/upstreamd/upstreamd/internal/rebase"
	"github.com/upstreamd/upstreamd/internal/version"
)

// outlookVersion is part of the fingerprint of an outlook: raise it when the
// model changes, and all are made again.
const outlookVersion = "1"

// An outlook is what one recipe of ours carries, where the source to try it on
// is not known and an upstream layer has a newer version.
type outlook struct {
	patches []Carried // all of the recipe, in the order of its queue
	keys    []string  // of those that have no test
	to      RecipeVersion
	tip     git.Tip // of the upstream layer; zero where that is pinned
}

// outlooks are the recipes whose patches nothing was tried on, by the tests
// that there are, and that are older here than in an upstream layer.
func (r *Rebaser) outlooks(ctx context.Context, carried []Carried, tests []trial) ([]trial, error) {
	versions, err := r.store.Versions(ctx)
	if err != nil {
		return nil, err
	}
	tips, err := r.layerTips(ctx)
	if err != nil {
		return nil, err
	}
	tried := map[string]bool{}
	for _, t := range tests {
		for _, key := range t.keys {
			tried[key] = true
		}
	}
	newest := r.newestUpstream(versions)
	byRecipe := map[string][]Carried{}
	for _, c := range carried {
		if to, ok := newest[c.Recipe]; ok && c.Dropped.IsZero() && c.Kind != CarriedDelta && knownVersion(c) && version.Compare(to.PV, c.PV) > 0 {
			at := c.Layer + "\x1f" + c.RecipeFile
			byRecipe[at] = append(byRecipe[at], c)
		}
	}
	var all []trial
	for _, at := range sortedKeys(byRecipe) {
		patches := byRecipe[at]
		slices.SortFunc(patches, func(a, b Carried) int {
			return cmp.Or(cmp.Compare(a.Position, b.Position), strings.Compare(a.Key, b.Key))
		})
		o := outlook{patches: patches, to: newest[patches[0].Recipe]}
		o.tip = tips[o.to.Layer]
		for _, c := range patches {
			if !tried[c.Key] {
				o.keys = append(o.keys, c.Key)
			}
		}
		if len(o.keys) > 0 {
			all = append(all, o.trial())
		}
	}
	return all, nil
}

// knownVersion says whether it can be said what the recipe builds.
func knownVersion(c Carried) bool {
	return c.Recipe != "" && c.PV != "" && c.PV != layer.Unknown && !c.Floating
}

// newestUpstream is, by PN, the newest version that upstream layers have.
func (r *Rebaser) newestUpstream(versions []RecipeVersion) map[string]RecipeVersion {
	upstream := map[string]bool{}
	for _, l := range r.set.Layers {
		upstream[l.Name] = !l.Local
	}
	newest := map[string]RecipeVersion{}
	for _, v := range versions {
		if !upstream[v.Layer] || v.PV == "" || v.PV == layer.Unknown {
			continue
		}
		if known, ok := newest[v.PN]; !ok || version.Compare(v.PV, known.PV) > 0 {
			newest[v.PN] = v
		}
	}
	return newest
}

// layerTips are the tips of the branches of layers, by name.
func (r *Rebaser) layerTips(ctx context.Context) (map[string]git.Tip, error) {
	sources, err := r.refs.Sources(ctx)
	if err != nil {
		return nil, err
	}
	branch := map[string]string{}
	for _, l := range r.set.Layers {
		if l.Revision == "" {
			branch[l.Name] = "refs/heads/" + l.Branch
		}
	}
	found := map[string]git.Tip{}
	for _, s := range sources {
		if s.Kind != LayerSource || branch[s.Name] == "" {
			continue
		}
		tips, err := r.refs.Tips(ctx, s.ID)
		if err != nil {
			return nil, err
		}
		for _, t := range tips {
			if t.Ref == branch[s.Name] {
				found[s.Name] = t
			}
		}
	}
	return found, nil
}

// trial makes the outlook when what it depends on is new. The tip of the layer
// is left out of that: ages of a day more change nothing.
func (o outlook) trial() trial {
	parts := []string{outlookVersion, o.to.Layer, o.to.PV}
	for _, c := range o.patches {
		parts = append(parts, c.Key, c.Blob, c.PV, fmt.Sprint(c.Refreshes))
	}
	return trial{
		role: change.OutlookFlag, keys: o.keys, print: fingerprint(parts...), source: Source{Kind: LayerSource, Name: o.patches[0].Layer},
		what: fmt.Sprintf("outlook of %s in %s", o.patches[0].Recipe, o.patches[0].Layer),
		run:  o.flags,
	}
}

// flags ranks the patches.
func (o outlook) flags(ctx context.Context, with *tools) ([]TestedFlag, error) {
	var found []TestedFlag
	for i, c := range o.patches {
		if !slices.Contains(o.keys, c.Key) {
			continue
		}
		data, err := with.patches.Blob(ctx, c)
		if errors.Is(err, git.ErrTooBig) {
			err = nil // ranked by what else is known
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Path, err)
		}
		f, err := o.ranked(c, i, data)
		if err != nil {
			return nil, err
		}
		found = append(found, f)
	}
	return found, nil
}

// ranked is the flag of one patch: what mostly became of such patches.
func (o outlook) ranked(c Carried, i int, data []byte) (TestedFlag, error) {
	s := rebase.Step{
		Kind: "rename", From: c.PV, To: o.to.PV, At: o.tip.Time, Name: c.Path[strings.LastIndexByte(c.Path, '/')+1:], Status: c.Status,
		Data: data, Position: i + 1, Queue: len(o.patches), Past: rebase.Past{Since: c.Added},
	}
	if p, err := patch.Parse(data); err == nil { // of what is no patch, the rest is known
		s.Patch = p
	}
	likely := rebase.Rank(s)
	b, err := json.Marshal(map[string]float64{rebase.FateKept: round(likely.Kept), rebase.FateRefreshed: round(likely.Refreshed), rebase.FateDropped: round(likely.Dropped)})
	if err != nil {
		return TestedFlag{}, err
	}
	return TestedFlag{Flag: change.Flag{
		Sighting: c.Key, Role: change.OutlookFlag, Version: o.to.PV, Outcome: likely.Fate, At: o.tip.Time,
		Detail: fmt.Sprintf("likely %s (%.0f %%) at %s of %s: %s", likely.Fate, 100*likely.Likely(likely.Fate), o.to.PV, o.to.Layer, strings.Join(likely.Reasons, "; ")),
	}, Hunks: string(b)}, nil
}

// round keeps three decimals: more would promise too much.
func round(p float64) float64 { return float64(int(1000*p+.5)) / 1000 }
