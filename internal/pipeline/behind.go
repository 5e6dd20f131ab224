package pipeline

import (
	"slices"
	"strings"
	"time"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/version"
)

// A Behind says how the version of one recipe of a local layer stands to those
// of upstream layers and to the newest release of its project. Recipes that
// are neither anywhere else nor have a known project are left out.
type Behind struct {
	Layer    string // name of the local layer source
	PN       string
	File     string // path of the recipe in it; of a bbappend or patch without a recipe of its own ""
	Version  string // [PE:]PV; "" where it is not known
	Floating bool   // it builds whatever is newest (AUTOREV)
	Upstream []OtherVersion
	Project  string    // configured project that it is built from; ""
	Tag      string    // that its version stands for; "" where none does
	Newest   string    // newest release's tag; ""
	NewestAt time.Time // commit time of Newest
	Newer    bool      // the newest release is newer
	// Remote is the git address that SRC_URI names where no project is
	// configured for it: one that [[project]] could be told. "" elsewhere.
	Remote string
	// Since is the first time that there was something newer than Version;
	// zero: there is nothing newer, or it is not known since when.
	Since time.Time
}

// An OtherVersion is the recipe of the same name in an upstream layer.
type OtherVersion struct {
	Layer   string    `json:"layer"` // name of the source
	File    string    `json:"file"`
	Version string    `json:"version"` // [PE:]PV
	Order   int       `json:"order"`   // -1: older than ours, 0: the same or not known, 1: newer
	Since   time.Time `json:"since"`   // when that layer first moved past ours; zero: it did not, or it is not known
}

// IsBehind says whether anything newer is known.
func (b Behind) IsBehind() bool {
	for _, o := range b.Upstream {
		if o.Order > 0 {
			return true
		}
	}
	return b.Newer
}

// Standings are what [FindBehind] goes by.
type Standings struct {
	Settings // resolved
	Recipes  []ScannedRecipe
	Carried  []Carried
	Tips     map[string][]git.Tip // by project
	Moves    []Move
}

// FindBehind compares the version of every recipe that local layers have with
// those of upstream layers and with the newest release of its project; of
// recipes that they only append to or patch, the version that they get.
func FindBehind(s Standings) (all []Behind) {
	f := newBehindFinder(s)
	for _, r := range s.Recipes {
		if f.local[r.Layer] && !r.Append && r.Inactive == "" && r.PN != layer.Unknown {
			f.add(Behind{Layer: r.Layer, PN: r.PN, File: r.File, Floating: r.Floating}, version.V{PE: r.PE, PV: knownPV(r.PV)}, r.Remote)
		}
	}
	for _, of := range f.borrowed() {
		f.add(Behind{Layer: of.Layer, PN: of.PN, Floating: of.Floating}, version.V{PE: of.PE, PV: knownPV(of.PV)}, of.Remote)
	}
	return f.found
}

// knownPV is a PV, "" where only code could tell it.
func knownPV(pv string) string {
	if pv == layer.Unknown {
		return ""
	}
	return pv
}

// A behindFinder holds what is looked up for each recipe.
type behindFinder struct {
	Standings
	local    map[string]bool
	upstream map[string][]ScannedRecipe // recipes of upstream layers by PN
	newest   map[string]git.Tip         // releases by project
	tags     map[string][]string        // by project
	moves    map[string][]Move          // by source and PN
	found    []Behind
}

func newBehindFinder(s Standings) *behindFinder {
	f := &behindFinder{
		Standings: s, local: s.localLayers(), upstream: map[string][]ScannedRecipe{},
		newest: map[string]git.Tip{}, tags: map[string][]string{}, moves: map[string][]Move{},
	}
	for _, r := range s.Recipes {
		if l, ok := f.local[r.Layer]; ok && !l && !r.Append && r.Inactive == "" {
			f.upstream[r.PN] = append(f.upstream[r.PN], r)
		}
	}
	for _, p := range s.Projects {
		for _, t := range s.Tips[p.Name] {
			if tag := tagName(t); tag != "" {
				f.tags[p.Name] = append(f.tags[p.Name], tag)
			}
		}
		newest := p.Newest(f.tags[p.Name])
		for _, t := range s.Tips[p.Name] {
			if newest != "" && tagName(t) == newest {
				f.newest[p.Name] = t
			}
		}
	}
	for _, m := range s.Moves {
		at := m.Source + "\x1f" + m.PN
		f.moves[at] = append(f.moves[at], m)
	}
	return f
}

// borrowed are the recipes of upstream layers that local layers append to or
// patch and have no recipe of: each with the local layer in place of its own,
// and of several versions the newest.
func (f *behindFinder) borrowed() (all []ScannedRecipe) {
	type place struct{ layer, pn string }
	done, wanted := map[place]bool{}, []place{}
	for _, r := range f.Recipes {
		if f.local[r.Layer] && !r.Append {
			done[place{r.Layer, r.PN}] = true
		}
	}
	for _, r := range f.Recipes {
		if f.local[r.Layer] && r.Append {
			wanted = append(wanted, place{r.Layer, r.PN})
		}
	}
	for _, c := range f.Carried {
		if c.Dropped.IsZero() && c.Recipe != "" {
			wanted = append(wanted, place{c.Layer, c.Recipe})
		}
	}
	for _, w := range wanted {
		if list := f.upstream[w.pn]; !done[w] && len(list) > 0 {
			done[w] = true
			r := slices.MaxFunc(list, func(a, b ScannedRecipe) int { return a.version().Compare(b.version()) })
			r.Layer = w.layer
			all = append(all, r)
		}
	}
	return all
}

func (r ScannedRecipe) version() version.V { return version.V{PE: r.PE, PV: knownPV(r.PV)} }

// add says how one recipe stands, if there is anything to compare it with.
func (f *behindFinder) add(b Behind, ours version.V, remote []string) {
	b.Version = ours.String()
	f.others(&b, ours)
	p, ok := f.ProjectOf(b.PN)
	if ok {
		b.Project = p.Name
		f.release(&b, p, ours.PV)
	} else {
		b.Remote = git.Redact(layer.GitRemote(remote))
	}
	if len(b.Upstream) > 0 || b.Project != "" || b.Remote != "" {
		f.found = append(f.found, b)
	}
}

// others compares with upstream layers: of several versions in one the newest
// counts.
func (f *behindFinder) others(b *Behind, ours version.V) {
	best := map[string]ScannedRecipe{}
	for _, r := range f.upstream[b.PN] {
		if was, ok := best[r.Layer]; !ok || r.version().Compare(was.version()) > 0 {
			best[r.Layer] = r
		}
	}
	for _, name := range sortedKeys(best) {
		r := best[name]
		o := OtherVersion{Layer: name, File: r.File, Version: r.version().String()}
		if !b.Floating && !r.Floating && version.Normalize(ours.PV) != "" && version.Normalize(knownPV(r.PV)) != "" {
			o.Order = r.version().Compare(ours)
		}
		if o.Order > 0 {
			o.Since = f.since(name, b.PN, func(v string) int { return versionOf(v).Compare(ours) })
			b.newerSince(o.Since)
		}
		b.Upstream = append(b.Upstream, o)
	}
}

// release compares with the newest release of the project.
func (f *behindFinder) release(b *Behind, p Project, pv string) {
	b.Tag = p.TagOf(pv, f.tags[p.Name])
	newest := f.newest[p.Name]
	b.Newest, b.NewestAt = tagName(newest), newest.Time
	if b.Newest == "" || b.Floating || version.Normalize(pv) == "" || version.Compare(p.VersionOf(b.Newest), pv) <= 0 {
		return
	}
	b.Newer = true
	b.newerSince(f.since(p.Name, p.Name, func(tag string) int { return version.Compare(p.VersionOf(tag), pv) }))
}

// since is when a source first moved past a version, after it last stood at it
// or before it; zero where it was past it as far back as is known.
func (f *behindFinder) since(source, pn string, compare func(string) int) (at time.Time) {
	for _, m := range f.moves[source+"\x1f"+pn] {
		if m.Kind != RetagMove && compare(m.To) > 0 && compare(m.From) <= 0 && m.At.After(at) {
			at = m.At
		}
	}
	return at
}

// newerSince notes a time since which something is newer.
func (b *Behind) newerSince(at time.Time) {
	if b.Since.IsZero() || !at.IsZero() && at.Before(b.Since) {
		b.Since = at
	}
}

// versionOf is the version that a move has as text.
func versionOf(text string) version.V {
	pe, pv, ok := strings.Cut(text, ":")
	if !ok {
		return version.V{PV: text}
	}
	return version.V{PE: pe, PV: pv}
}
