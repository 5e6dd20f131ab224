package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/layer"
)

// kinds of items by those of duplicates.
var copies = map[string]Kind{"fork": Fork, "renamed": Fork, "class": Class, "inc": Include}

// forks plans for what ours and an upstream layer have both, now or there:
// recipes, classes and include files.
func (p *planner) forks() {
	files := map[string]bool{}
	for _, s := range []side{p.now, p.there} {
		for at, list := range s.dups {
			if p.wanted(list[0].LocalSource) && slices.ContainsFunc(list, func(d layer.Duplicate) bool { return copies[d.Kind] != "" }) {
				files[at] = true
			}
		}
	}
	for at := range files {
		r := p.now.byFile[at]
		if r != nil && r.Inactive != "" {
			continue
		}
		now, was := p.original(p.now, at)
		there, is := p.original(p.there, at)
		if !was && !is {
			continue
		}
		d := there
		if !is {
			d = now
		}
		i := Item{Kind: copies[d.Kind], Layer: d.LocalSource, Path: d.LocalFile, From: now.UpstreamVersion, To: there.UpstreamVersion}
		if r != nil {
			i.Recipe = r.PN
		}
		i.Evidence = d.UpstreamSource + ":" + d.UpstreamFile
		switch {
		case !is:
			i.Verdict, i.Why = Keep, fmt.Sprintf("%s drops %s: ours is the only one left", now.UpstreamSource, name(now.UpstreamFile))
		case p.identical(there):
			i.Verdict, i.Effort, i.Why = Drop, Minutes, "is the same as that of "+there.UpstreamSource
		case !was:
			p.appears(&i, there)
		default:
			p.behind(&i, now, there)
		}
		p.add(i)
	}
}

// original is the upstream file that ours is compared with: one of the same
// name first, the newest of several.
func (p *planner) original(s side, at string) (layer.Duplicate, bool) {
	list := slices.Clone(s.dups[at])
	list = slices.DeleteFunc(list, func(d layer.Duplicate) bool {
		u := s.byFile[d.UpstreamSource+":"+d.UpstreamFile]
		return copies[d.Kind] == "" || u != nil && u.Inactive != ""
	})
	if len(list) == 0 {
		return layer.Duplicate{}, false
	}
	slices.SortStableFunc(list, func(a, b layer.Duplicate) int {
		x, y := s.byFile[a.UpstreamSource+":"+a.UpstreamFile], s.byFile[b.UpstreamSource+":"+b.UpstreamFile]
		newer := 0
		if x != nil && y != nil {
			newer = order(y, x)
		}
		return cmp.Or(strings.Compare(a.Kind, b.Kind), newer, cmp.Compare(b.Similarity, a.Similarity))
	})
	return list[0], true
}

// identical says whether ours adds nothing to an upstream file: the same
// content and, for recipes, the same name and patches.
func (p *planner) identical(d layer.Duplicate) bool {
	if d.LocalBlob == "" || d.LocalBlob != d.UpstreamBlob || name(d.LocalFile) != name(d.UpstreamFile) {
		return false
	}
	a, b := p.there.byFile[d.LocalSource+":"+d.LocalFile], p.there.byFile[d.UpstreamSource+":"+d.UpstreamFile]
	if a == nil || b == nil {
		return a == b
	}
	return slices.Equal(blobs(a), blobs(b)) && order(a, b) == 0
}

// blobs are those of the patches that a recipe applies.
func blobs(r *layer.Recipe) (all []string) {
	for _, f := range r.PatchFiles {
		all = append(all, f.Blob)
	}
	return all
}

// appears is for a file that upstream did not have and has at the target.
func (p *planner) appears(i *Item, d layer.Duplicate) {
	i.Effort = Hours
	switch {
	case i.Kind != Fork:
		i.Verdict, i.Why = Unknown, fmt.Sprintf("%s has a file of this name there, too", d.UpstreamSource)
	case d.Relation == "local-newer":
		i.Verdict, i.Why = Unknown, fmt.Sprintf("%s has it there, older than ours: %s, ours is %s", d.UpstreamSource, d.UpstreamVersion, d.LocalVersion)
	default:
		i.Verdict, i.Why = Drop, fmt.Sprintf("%s has it there, in %s: use that, or say why not", d.UpstreamSource, d.UpstreamVersion)
	}
}

// behind is for a file that upstream has now and at the target, not the same
// as ours.
func (p *planner) behind(i *Item, now, there layer.Duplicate) {
	still := now.UpstreamBlob == there.UpstreamBlob && now.UpstreamVersion == there.UpstreamVersion
	u := there.UpstreamSource
	switch {
	case still && there.Relation == "local-older":
		i.Verdict, i.Why = Keep, fmt.Sprintf("is behind %s's %s now already; the move changes nothing", u, there.UpstreamVersion)
	case still:
		i.Verdict, i.Why = Keep, fmt.Sprintf("%s's is the same now and there", u)
	case i.Kind != Fork:
		i.Verdict, i.Effort, i.Why = UpdateFork, Hours, fmt.Sprintf("hides %s's, which changed", u)
	case there.Relation == "local-older":
		i.Verdict, i.Effort, i.Why = UpdateFork, Hours, fmt.Sprintf("ours is %s, %s has %s there", there.LocalVersion, u, there.UpstreamVersion)
	case there.Relation == "local-newer":
		i.Verdict, i.Why = Keep, fmt.Sprintf("ours is %s, newer than %s's %s", there.LocalVersion, u, there.UpstreamVersion)
	case there.Relation == "same":
		i.Verdict, i.Effort, i.Why = UpdateFork, Minutes, fmt.Sprintf("both are %s; %s edited its recipe", there.LocalVersion, u)
	default:
		i.Verdict, i.Effort, i.Why = UpdateFork, Hours, fmt.Sprintf("%s's goes from %s to %s; ours, %s, cannot be ordered", u, now.UpstreamVersion, there.UpstreamVersion, there.LocalVersion)
	}
}
