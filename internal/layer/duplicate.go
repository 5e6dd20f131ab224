package layer

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/version"
)

// A Duplicate is something that a local layer has and another layer, too.
type Duplicate struct {
	// Kind is "fork" (recipe of the same PN), "renamed" (of another PN with the
	// same source), "derived" (a recipe that includes
	// a file of the other layer), "append" or "append-dangling" (a bbappend,
	// with or without a recipe), "patch", "class" (of the same name), or "inc"
	// (an include file of the same name and similar content).
	Kind                         string
	LocalSource, LocalFile       string
	UpstreamSource, UpstreamFile string  // "" for a dangling append
	Relation                     string  // of a fork: "same", "local-older", "local-newer" or "differs"
	Match                        string  // of a patch: "identical", "patch-id", "changes" or "near"
	Similarity                   float64 // of a patch's changed lines, or of the lines of forks, renamed, class and inc: from 0 to 1
	LocalVersion                 string  // of recipes: [PE:]PV
	UpstreamVersion              string
	// Of what the other source had once, the commit that brought it first and
	// the one that took it away last; Went is "" where it has another form of
	// it, both are where it has this one.
	Came, Went string

	LocalBlob, UpstreamBlob string // of the files, where both are known: their difference can be shown
	// Who had it first, by the history of both sides, and when. First is
	// "local", "upstream", or "" where the histories do not say.
	First                     string
	LocalSince, UpstreamSince Moment
	News                      []News // what upstream did since we have it, oldest first
}

// A News is something that happened upstream to what we have, too.
type News struct {
	// Kind is "added" (upstream got what we had), "overtaken" (its version
	// became newer than ours) or "dropped" (it took it out).
	Kind string
	Moment
	Version string // of upstream's recipe from then on; ""
}

// Duplicates finds what local sources have in common with every other one.
// What two local sources share is told once, of the first of them.
func (s *Scan) Duplicates() []Duplicate {
	if s.told != nil {
		return slices.Clone(s.told)
	}
	return s.find()
}

// find finds the duplicates, without what the histories say of them.
func (s *Scan) find() []Duplicate {
	var out []Duplicate
	out = append(out, s.forks()...)
	out = append(out, s.renamed()...)
	out = append(out, s.derived()...)
	out = append(out, s.appended()...)
	out = append(out, s.twins()...)
	out = append(append(out, s.past...), s.files...)
	for i := range out {
		s.describe(&out[i])
	}
	return out
}

// isLocal says whether a source is one of ours.
func (s *Scan) isLocal(source string) bool { return slices.Contains(s.local, source) }

// Ours says whether a source is one to look at first: a local one, or any where
// none is local.
func (s *Scan) Ours(source string) bool { return len(s.local) == 0 || s.isLocal(source) }

// compares says whether things of these two sources are compared.
func (s *Scan) compares(local, other string) bool {
	if local == other || !s.isLocal(local) {
		return false
	}
	return !s.isLocal(other) || slices.Index(s.order, local) < slices.Index(s.order, other)
}

// forks are recipes of one PN in several sources.
func (s *Scan) forks() []Duplicate {
	byPN := map[string][]*Recipe{}
	for i := range s.Recipes {
		if r := &s.Recipes[i]; r.PN != Unknown {
			byPN[r.PN] = append(byPN[r.PN], r)
		}
	}
	var out []Duplicate
	for i := range s.Recipes {
		r := &s.Recipes[i]
		if !s.isLocal(r.Source) {
			continue
		}
		for _, u := range byPN[r.PN] {
			if s.compares(r.Source, u.Source) {
				d := pair("fork", r, u)
				d.Relation = relation(r, u)
				out = append(out, d)
			}
		}
	}
	return out
}

// pair is a duplicate of two recipes.
func pair(kind string, r, u *Recipe) Duplicate {
	return Duplicate{
		Kind: kind, LocalSource: r.Source, LocalFile: r.File, UpstreamSource: u.Source, UpstreamFile: u.File,
		LocalVersion: r.version().String(), UpstreamVersion: u.version().String(),
	}
}

// version is what a fork is compared by. PR counts builds, not content.
func (r *Recipe) version() version.V { return version.V{PE: r.PE, PV: r.PV} }

// relation orders two recipes by version where both say one.
func relation(r, u *Recipe) string {
	switch {
	case !numbered(r.PV) || !numbered(u.PV):
		return "differs"
	case r.version() == u.version():
		return "same"
	}
	switch c := r.version().Compare(u.version()); {
	case c < 0:
		return "local-older"
	case c > 0:
		return "local-newer"
	}
	return "same"
}

// numbered says whether a PV can be ordered: git, or one with unset variables,
// cannot.
func numbered(pv string) bool {
	return strings.ContainsAny(version.Normalize(pv), "0123456789") && pv != Unknown && !strings.Contains(pv, "${")
}

// derived are recipes that include a recipe's file of another source.
func (s *Scan) derived() []Duplicate {
	var out []Duplicate
	for i := range s.Recipes {
		r := &s.Recipes[i]
		for _, inc := range r.Includes {
			source, file, _ := strings.Cut(inc, ":")
			if !s.compares(r.Source, source) || !recipePart(file) {
				continue
			}
			out = append(out, Duplicate{
				Kind: "derived", LocalSource: r.Source, LocalFile: r.File, UpstreamSource: source, UpstreamFile: file,
				LocalVersion: r.version().String(),
			})
		}
	}
	return out
}

// recipePart says whether an included file is part of a recipe, and no
// configuration for all of them.
func recipePart(file string) bool {
	return !slices.Contains(strings.Split(path.Dir(file), "/"), "conf")
}

// appended are local bbappends to recipes of others, and those to none.
func (s *Scan) appended() []Duplicate {
	byFile := map[string]*Recipe{}
	for i := range s.Recipes {
		byFile[s.Recipes[i].Source+":"+s.Recipes[i].File] = &s.Recipes[i]
	}
	var out []Duplicate
	for _, a := range s.Appends {
		if !s.isLocal(a.Source) || a.Inactive != "" {
			continue
		}
		if len(a.Recipes) == 0 {
			out = append(out, Duplicate{Kind: "append-dangling", LocalSource: a.Source, LocalFile: a.File})
		}
		for _, name := range a.Recipes {
			if u := byFile[name]; u.Source != a.Source {
				out = append(out, Duplicate{
					Kind: "append", LocalSource: a.Source, LocalFile: a.File, UpstreamSource: u.Source, UpstreamFile: u.File,
					UpstreamVersion: u.version().String(),
				})
			}
		}
	}
	return out
}

// twins are local patch files that another source has, too: the best one of
// each source.
func (s *Scan) twins() []Duplicate {
	x := s.indexPatches()
	var out []Duplicate
	for i := range s.Patches {
		p := &s.Patches[i]
		if !s.isLocal(p.Source) {
			continue
		}
		for _, source := range s.order {
			if s.compares(p.Source, source) {
				if d, ok := x.best(p, source); ok {
					out = append(out, d)
				}
			}
		}
	}
	return out
}

// nearEnough is the part of changed lines that two patches must share.
const nearEnough = 0.8

// A patchIndex finds patches of a source by what they change.
type patchIndex struct {
	scan *Scan
	by   map[string][]*Patch // by source and a hash of its lines
	line map[sourceLine][]*Patch
}

// A sourceLine is one changed line of some patch of a source.
type sourceLine struct {
	source string
	hash   uint64
}

func (s *Scan) indexPatches() *patchIndex {
	x := &patchIndex{scan: s, by: map[string][]*Patch{}, line: map[sourceLine][]*Patch{}}
	if len(s.local) == 0 { // nobody will ask
		return x
	}
	for i := range s.Patches {
		p := &s.Patches[i]
		l := s.lines[p.Blob]
		for _, key := range [...]string{"b" + p.Blob, "h" + l.hunks, "c" + l.changes} {
			if len(key) > 1 {
				x.by[p.Source+"\n"+key] = append(x.by[p.Source+"\n"+key], p)
			}
		}
		for _, line := range l.set {
			at := sourceLine{p.Source, line}
			x.line[at] = append(x.line[at], p)
		}
	}
	return x
}

// best is the closest counterpart of p in a source.
func (x *patchIndex) best(p *Patch, source string) (Duplicate, bool) {
	d := Duplicate{Kind: "patch", LocalSource: p.Source, LocalFile: p.Path, UpstreamSource: source, Similarity: 1}
	l := x.scan.lines[p.Blob]
	for _, try := range [...]struct{ match, key string }{
		{"identical", "b" + p.Blob}, {"patch-id", "h" + l.hunks}, {"changes", "c" + l.changes},
	} {
		if found := x.by[source+"\n"+try.key]; len(try.key) > 1 && len(found) > 0 {
			d.Match, d.UpstreamFile = try.match, closestName(p, found).Path
			return d, true
		}
	}
	u, similarity := x.near(l.set, source)
	if u == nil {
		return d, false
	}
	d.Match, d.Similarity, d.UpstreamFile = "near", similarity, u.Path
	return d, true
}

// closestName prefers a counterpart of the same name.
func closestName(p *Patch, found []*Patch) *Patch {
	for _, u := range found {
		if path.Base(u.Path) == path.Base(p.Path) {
			return u
		}
	}
	return found[0]
}

// near is the patch that shares most lines, if those are [nearEnough] of all
// lines of both. Lines that many patches have find nothing.
func (x *patchIndex) near(set []uint64, source string) (*Patch, float64) {
	const common = 50
	shared := map[*Patch]int{}
	for _, line := range set {
		if list := x.line[sourceLine{source, line}]; len(list) <= common {
			for _, u := range list {
				shared[u]++
			}
		}
	}
	var found *Patch
	best := 0.0
	for u, n := range shared {
		total := len(set) + len(x.scan.lines[u.Blob].set) - n
		j := float64(n) / float64(total)
		if j > best || j == best && cmp.Compare(u.Path, found.Path) < 0 {
			found, best = u, j
		}
	}
	if best < nearEnough {
		return nil, 0
	}
	return found, best
}
