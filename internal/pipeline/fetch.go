package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/upstreamd/upstreamd/internal/git"
)

// A refStore is what [Fetcher] needs of the store.
type refStore interface {
	txer
	Tips(ctx context.Context, source int64) ([]git.Tip, error)
	PutRefs(ctx context.Context, r Refs, seen time.Time) error
}

// A sourceStore keeps the sources and how they are doing.
type sourceStore interface {
	sourceLog
	SyncSources(ctx context.Context, sources []Source) error
	Sources(ctx context.Context) ([]Source, error)
}

// fetchWorkers is how many upstreams are asked at a time.
const fetchWorkers = 4

// A Fetcher is the stage that lets mirrors follow their upstreams.
type Fetcher struct {
	refs    refStore
	sources sourceStore
	set     Settings
	mirrors Mirrors
}

// NewFetcher returns the fetch stage.
func NewFetcher(refs refStore, sources sourceStore, set Settings) *Fetcher {
	return &Fetcher{refs: refs, sources: sources, set: set, mirrors: NewMirrors(set.Cache)}
}

// A wanted is one location with the sources that are read from it.
type wanted struct {
	location string
	sources  []Source
	branches []string // globs; none is all
}

// Stage is the fetch stage: one input for each repository, named by the first
// source that is read from it.
func (f *Fetcher) Stage() Stage {
	st := Stage{Name: "fetch", Every: 10 * time.Minute, Run: f.run}
	var sources []Source
	for _, l := range f.set.Layers {
		sources = append(sources, Source{Kind: LayerSource, Name: l.Name, Location: l.Location})
	}
	for _, p := range f.set.Projects {
		sources = append(sources, Source{Kind: ProjectSource, Name: p.Name, Location: p.Location})
	}
	for _, w := range f.locations(sources) {
		st.Inputs = append(st.Inputs, w.input())
	}
	return st
}

func (w wanted) input() string { return input(w.sources[0].Kind, w.sources[0].Name) }

// run brings mirrors up to date and records what moved. A source that cannot
// be reached is marked, and the others go on.
func (f *Fetcher) run(ctx context.Context, only string) (Report, error) {
	sources, err := f.sources.Sources(ctx)
	if err != nil {
		return Report{}, err
	}
	for i, s := range sources {
		sources[i].Location = f.set.location(s)
	}
	todo := f.locations(sources)
	if only != "" {
		todo = slices.DeleteFunc(todo, func(w wanted) bool {
			return !slices.ContainsFunc(w.sources, func(s Source) bool { return input(s.Kind, s.Name) == only })
		})
	}
	all := make([]fetched, len(todo))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(fetchWorkers)
	for i, w := range todo {
		g.Go(func() (err error) {
			f.set.Progress.Report("fetch "+w.sources[0].Name, i, len(todo))
			all[i], err = f.fetch(gctx, w)
			return err
		})
	}
	err = g.Wait()
	return report(all), err
}

// A fetched is what became of one repository.
type fetched struct {
	moved    int // refs
	problems []string
}

func report(all []fetched) Report {
	var rep Report
	refs, repos := 0, 0
	for _, f := range all {
		refs += f.moved
		if f.moved > 0 {
			repos++
		}
		rep.Problems = append(rep.Problems, f.problems...)
	}
	if refs > 0 {
		rep.Done = fmt.Sprintf("%d refs moved in %d of %d repositories", refs, repos, len(all))
	}
	return rep
}

// locations groups the layers and projects by where they are fetched from.
func (f *Fetcher) locations(sources []Source) []wanted {
	at := map[string]int{}
	var todo []wanted
	for _, s := range sources {
		if s.Kind != LayerSource && s.Kind != ProjectSource {
			continue
		}
		i, ok := at[s.Location]
		if !ok {
			i = len(todo)
			at[s.Location] = i
			todo = append(todo, wanted{location: s.Location})
		}
		todo[i].sources = append(todo[i].sources, s)
	}
	for i, w := range todo {
		todo[i].branches = f.set.branchesAt(w.location)
	}
	return todo
}

// fetch updates one mirror and what is recorded of its sources. Its error is
// the store's, or that we are told to stop.
func (f *Fetcher) fetch(ctx context.Context, w wanted) (fetched, error) {
	var got fetched
	mirror, tips, err := f.update(ctx, w)
	if ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return got, ctx.Err()
	}
	if err != nil {
		ctx = context.WithoutCancel(ctx) // that it took too long is to be seen, too
		problem := advise(err, w.location)
		var names []string
		for _, s := range w.sources {
			names = append(names, input(s.Kind, s.Name))
			if err := f.set.mark(ctx, f.sources, "fetch", s, problem); err != nil {
				return got, err
			}
		}
		got.problems = []string{strings.Join(names, ", ") + ": " + problem}
		return got, nil
	}
	for _, s := range w.sources {
		n, problem, err := f.record(ctx, mirror, s, tips)
		if err != nil {
			return got, err
		}
		if problem != "" {
			got.problems = append(got.problems, input(s.Kind, s.Name)+": "+problem)
		}
		got.moved = max(got.moved, n)
	}
	return got, nil
}

// update lets a mirror follow its upstream.
func (f *Fetcher) update(ctx context.Context, w wanted) (*git.Mirror, []git.Tip, error) {
	mirror, err := git.InitMirror(ctx, f.mirrors.Dir(w.location))
	if err != nil {
		return nil, nil, err
	}
	_, err = mirror.Fetch(ctx, git.Source{URL: w.location, Local: f.mayBeLocal(w), Refs: w.branches, Prune: true})
	if err != nil && !errors.Is(err, git.ErrNoBranch) { // the source that named the branch will be told
		return nil, nil, err
	}
	tips, err := mirror.Tips(ctx)
	return mirror, tips, err
}

// advise is what went wrong with a location, and what to do about it.
func advise(err error, location string) string {
	text := err.Error()
	if _, err := os.Stat(location); filepath.IsAbs(location) && errors.Is(err, os.ErrNotExist) {
		return location + ": there is no such directory or file: correct its location in upstreamd.toml"
	}
	switch {
	case errors.Is(err, git.ErrUnreachable):
		text += "; it is tried again by itself; to see for yourself: git ls-remote " + git.Redact(location)
	case errors.Is(err, git.ErrNotFound):
		text += "; correct its location in upstreamd.toml"
	case errors.Is(err, git.ErrCorrupt):
		text += "; mend it, or fetch from another place"
	}
	return text
}

// mayBeLocal says whether paths and bundles are allowed: only the
// configuration file may name them.
func (f *Fetcher) mayBeLocal(w wanted) bool {
	return !slices.ContainsFunc(w.sources, func(s Source) bool { return !s.FromFile })
}

// record compares the tips with those recorded last and stores the difference.
// It does not trust the fetch's own list of moves: a run that was killed
// between fetch and record would lose them.
func (f *Fetcher) record(ctx context.Context, mirror *git.Mirror, s Source, tips []git.Tip) (moved int, problem string, err error) {
	tips = f.concern(s, tips)
	before, err := f.refs.Tips(ctx, s.ID)
	if err != nil {
		return 0, "", err
	}
	moves, err := mirror.Moves(ctx, before, tips)
	if err != nil {
		return 0, "", err
	}
	if missing := f.missingBranch(s, tips); missing != "" {
		problem = fmt.Sprintf("%s has no branch %s: correct it in upstreamd.toml", git.Redact(s.Location), missing)
	} else if len(tips) == 0 {
		problem = fmt.Sprintf("%s has neither branches nor tags that count: correct location or branches in upstreamd.toml", git.Redact(s.Location))
	}
	err = f.refs.InTx(ctx, func(ctx context.Context) error {
		if len(moves) > 0 {
			if err := f.refs.PutRefs(ctx, Refs{Source: s.ID, Tips: tips, Moves: moves}, f.set.now()); err != nil {
				return err
			}
		}
		return f.set.mark(ctx, f.sources, "fetch", s, problem)
	})
	return len(moves), problem, err
}

// concern are the tips that a source is about: a layer its branch, a project
// its branches and tags.
func (f *Fetcher) concern(s Source, tips []git.Tip) []git.Tip {
	keep := func(ref string) bool { return false }
	if i := slices.IndexFunc(f.set.Layers, func(l Layer) bool { return l.Name == s.Name }); s.Kind == LayerSource && i >= 0 {
		branch := "refs/heads/" + f.set.Layers[i].Branch
		keep = func(ref string) bool { return ref == branch }
	}
	if i := slices.IndexFunc(f.set.Projects, func(p Project) bool { return p.Name == s.Name }); s.Kind == ProjectSource && i >= 0 {
		keep = f.set.Projects[i].Counts
	}
	var kept []git.Tip
	for _, t := range tips {
		if keep(t.Ref) {
			kept = append(kept, t)
		}
	}
	return kept
}

// missingBranch is a branch that the configuration names for the source and
// its repository does not have, or "".
func (f *Fetcher) missingBranch(s Source, tips []git.Tip) string {
	var named []string
	for _, l := range f.set.Layers {
		if s.Kind == LayerSource && l.Name == s.Name {
			named = append(named, l.Branch)
		}
	}
	for _, p := range f.set.Projects {
		if s.Kind == ProjectSource && p.Name == s.Name {
			named = slices.Concat(p.Branches, p.Staging)
		}
	}
	for _, branch := range named {
		if !strings.ContainsAny(branch, "*?[") && !slices.ContainsFunc(tips, func(t git.Tip) bool { return t.Ref == "refs/heads/"+branch }) {
			return branch
		}
	}
	return ""
}
