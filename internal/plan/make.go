package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/progress"
	"github.com/upstreamd/upstreamd/internal/rebase"
	"github.com/upstreamd/upstreamd/internal/version"
)

// ErrNoVersion means that a project's repository does not show the version
// that a recipe builds.
var ErrNoVersion = errors.New("no tag for the version")

// A Project is the source of some recipes.
type Project interface {
	Repo() *git.Repo
	// Version is the commit that the recipe builds, and what it goes by: a tag,
	// or the hash itself. The error matches [ErrNoVersion].
	Version(ctx context.Context, r *layer.Recipe) (commit, name string, err error)
}

// An Input is what a plan is made of.
type Input struct {
	Now       []layer.Source                   // in the order of BBLAYERS, each at its present revision
	To        string                           // branch, tag or revision that upstream layers go to
	ToOf      map[string]string                // by name of a layer source, instead of To
	Only      []string                         // names of our layer sources to plan for; none is all
	Overrides []string                         // as in [layer.Options]
	Memo      string                           // file for what scans read, or ""; as in [layer.Options]
	Project   func(pn string) Project          // nil where none is known
	Person    func(git.Person) string          // what people are called; nil is by name
	Rank      func(rebase.Step) rebase.Outlook // of patches whose source is not known; nil is [rebase.Rank]
	Progress  progress.Func
}

// A planner is a plan in the making.
type planner struct {
	Input
	*Plan
	sources    []layer.Source // with the upstream ones at the target
	now, there side
	batches    map[string]*git.Batch
	tried      map[string]outcome   // of patches, by source:path
	times      map[string]time.Time // by layer source, of its commit at the target
}

// A side is what the layers hold, now or at the target.
type side struct {
	*layer.Scan
	byFile  map[string]*layer.Recipe   // by source:path
	byPN    map[string][]*layer.Recipe // upstream's, the newest first
	byStem  map[string][]*layer.Recipe // the same by what is before the underscore of the file's name
	patches map[string]*layer.Patch    // by source:path
	dups    map[string][]layer.Duplicate
}

// Make plans. The error matches [ErrNoTarget] where no upstream layer has what
// it is to move to, and [git.ErrNotFound] where a layer cannot be read.
func Make(ctx context.Context, in Input) (*Plan, error) {
	p := &planner{Input: in, Plan: &Plan{Target: in.To}, batches: map[string]*git.Batch{}, tried: map[string]outcome{}, times: map[string]time.Time{}}
	if p.Rank == nil {
		p.Rank = rebase.Rank
	}
	defer func() {
		for _, b := range p.batches {
			b.Close()
		}
	}()
	if err := p.scan(ctx); err != nil {
		return nil, err
	}
	p.config()
	p.appends()
	p.forks()
	p.recipes()
	if err := p.carried(ctx); err != nil {
		return nil, err
	}
	p.upgrades()
	if err := p.owners(ctx); err != nil {
		return nil, err
	}
	p.sort()
	return p.Plan, nil
}

// scan reads the layers as they are and as they would be.
func (p *planner) scan(ctx context.Context) error {
	now, err := p.run(ctx, p.Now, ".now", true)
	if err != nil {
		return err
	}
	if kept := onePerRepository(p.Now, now); len(kept) < len(p.Now) {
		p.Now = kept
		if now, err = p.run(ctx, p.Now, ".now", true); err != nil {
			return err
		}
	}
	var problems []string
	if p.sources, p.Moves, problems, err = Target(ctx, p.Now, p.To, p.ToOf); err != nil {
		return err
	}
	p.Problems = append(p.Problems, problems...)
	there, err := p.run(ctx, p.sources, ".there", false)
	if err != nil {
		return err
	}
	p.now, p.there = p.side(now), p.side(there)
	return nil
}

func (p *planner) run(ctx context.Context, sources []layer.Source, memo string, history bool) (*layer.Scan, error) {
	if p.Memo == "" {
		memo = ""
	}
	return layer.Run(ctx, sources, layer.Options{Overrides: p.Overrides, Memo: p.Memo + memo, History: history, Progress: p.Progress})
}

// onePerRepository leaves out upstream layers of which there are several
// branches: the first that is for a release of a layer of ours stays, else the
// first.
func onePerRepository(sources []layer.Source, found *layer.Scan) []layer.Source {
	series := map[string][]string{}
	var ours []string
	for _, l := range found.Layers {
		series[l.Source] = append(series[l.Source], l.Series...)
		if slices.ContainsFunc(sources, func(s layer.Source) bool { return s.Local && s.Name == l.Source }) {
			ours = append(ours, l.Series...)
		}
	}
	at := map[string]int{} // by repository, the one that stays
	for i, s := range sources {
		key := s.Repo.Dir() + "\x00" + s.Subdir
		have, several := at[key]
		switch {
		case s.Local:
		case !several, common(series[s.Name], ours) && !common(series[sources[have].Name], ours):
			at[key] = i
		}
	}
	var kept []layer.Source
	for i, s := range sources {
		if s.Local || at[s.Repo.Dir()+"\x00"+s.Subdir] == i {
			kept = append(kept, s)
		}
	}
	return kept
}

// common says whether two lists share a word.
func common(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// side indexes a scan.
func (p *planner) side(found *layer.Scan) side {
	s := side{
		Scan: found, byFile: map[string]*layer.Recipe{}, byPN: map[string][]*layer.Recipe{}, byStem: map[string][]*layer.Recipe{},
		patches: map[string]*layer.Patch{}, dups: map[string][]layer.Duplicate{},
	}
	for i := range found.Recipes {
		r := &found.Recipes[i]
		s.byFile[r.Source+":"+r.File] = r
		if !p.local(r.Source) && r.Inactive == "" {
			s.byPN[r.PN] = append(s.byPN[r.PN], r)
			s.byStem[stem(r.File)] = append(s.byStem[stem(r.File)], r)
		}
	}
	for _, list := range s.byPN {
		slices.SortStableFunc(list, func(a, b *layer.Recipe) int { return order(b, a) })
	}
	for _, list := range s.byStem {
		slices.SortStableFunc(list, func(a, b *layer.Recipe) int { return order(b, a) })
	}
	for i := range found.Patches {
		x := &found.Patches[i]
		s.patches[x.Source+":"+x.Path] = x
	}
	for _, d := range found.Duplicates() {
		if !p.local(d.UpstreamSource) && d.UpstreamSource != "" {
			at := d.LocalSource + ":" + d.LocalFile
			s.dups[at] = append(s.dups[at], d)
		}
	}
	return s
}

// local says whether a source is ours.
func (p *planner) local(source string) bool {
	return slices.ContainsFunc(p.Now, func(s layer.Source) bool { return s.Name == source && s.Local })
}

// wanted says whether a source is ours and planned for.
func (p *planner) wanted(source string) bool {
	return p.local(source) && (len(p.Only) == 0 || slices.Contains(p.Only, source))
}

// add adds an item.
func (p *planner) add(i Item) { p.Items = append(p.Items, i) }

// there is what an upstream recipe is at the target: the same file, else the
// newest of the same layer, else the newest of any; nil if there is none.
func (p *planner) counterpart(r *layer.Recipe) *layer.Recipe {
	if same := p.there.byFile[r.Source+":"+r.File]; same != nil && same.Inactive == "" {
		return same
	}
	list := p.there.byPN[r.PN]
	if r.PN == layer.Unknown {
		list = p.there.byStem[stem(r.File)]
	}
	for _, u := range list {
		if u.Source == r.Source {
			return u
		}
	}
	if len(list) > 0 {
		return list[0]
	}
	return nil
}

// renamed is the recipe of another name that builds the same source at the
// target, or nil.
func (p *planner) renamed(r *layer.Recipe) *layer.Recipe {
	for i := range p.there.Recipes {
		u := &p.there.Recipes[i]
		if !p.local(u.Source) && u.Inactive == "" && u.PN != r.PN && layer.SameSource(r, u) {
			return u
		}
	}
	return nil
}

func order(a, b *layer.Recipe) int {
	return version.V{PE: a.PE, PV: a.PV}.Compare(version.V{PE: b.PE, PV: b.PV})
}

// versionOf is the [PE:]PV of a recipe; "" of none.
func versionOf(r *layer.Recipe) string {
	if r == nil {
		return ""
	}
	return version.V{PE: r.PE, PV: r.PV}.String()
}

// stem is what stands before the underscore in the name of a recipe's file.
func stem(file string) string {
	name := file[strings.LastIndexByte(file, '/')+1:]
	name, _, _ = strings.Cut(strings.TrimSuffix(strings.TrimSuffix(name, ".bbappend"), ".bb"), "_")
	return name
}

// name is the last part of a path.
func name(file string) string { return file[strings.LastIndexByte(file, '/')+1:] }

// step says from which version to which a recipe goes.
func step(a, b *layer.Recipe) string {
	if from, to := versionOf(a), versionOf(b); from != to {
		return fmt.Sprintf("%s goes from %s to %s", b.PN, from, to)
	}
	return fmt.Sprintf("%s stays at %s", b.PN, versionOf(b))
}
