package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/git"
)

// rebaseVersion is part of the fingerprint of a test: raise it when testing
// changes, and every queue is tested again.
const rebaseVersion = "3"

// rebaseWorkers is how many queues are tested at a time: most of a test is git.
const rebaseWorkers = 2

// A flagStore is what [Rebaser] needs of the store.
type flagStore interface {
	sourceLog
	openStore
	remoteStore
	CarriedPatches(ctx context.Context) ([]Carried, error)
	Versions(ctx context.Context) ([]RecipeVersion, error)
	// FlagInputs are the fingerprints of what was tested, by sighting and role
	// with \x1f between.
	FlagInputs(ctx context.Context) (map[string]string, error)
	PutFlags(ctx context.Context, flags []TestedFlag) error
	// DeleteFlags forgets, of each sighting, the flags with these roles.
	DeleteFlags(ctx context.Context, roles map[string][]string) error
}

// A Rebaser is the stage that tries carried patches on the versions that they
// may meet, the one that the recipe has and the project's newest, and open
// series on the branches that they are meant for.
type Rebaser struct {
	store flagStore
	refs  tipStore
	mails mailReader
	set   Settings
}

// NewRebaser returns the rebase stage.
func NewRebaser(store flagStore, refs tipStore, mails mailReader, set Settings) *Rebaser {
	return &Rebaser{store: store, refs: refs, mails: mails, set: set}
}

// Stage is the rebase stage.
func (r *Rebaser) Stage() Stage {
	return Stage{Name: "rebase", Every: 10 * time.Minute, Run: whole(r.run)}
}

// A trial is a queue of patches that is to be tried on one version.
type trial struct {
	role   string
	what   string   // for people: "busybox in meta-harbor"
	source Source   // that has the version: it is told of trouble
	keys   []string // of the patches
	print  string   // fingerprint of all that the outcome depends on; "" where that cannot be known now
	run    func(context.Context, *tools) ([]TestedFlag, error)
}

// testAgain is the fingerprint of a test that could not be made: it is none.
const testAgain = "again"

// flagKey is the key of FlagInputs.
func flagKey(sighting, role string) string { return sighting + "\x1f" + role }

// tools are what a test works with. They are for one test at a time.
type tools struct {
	patches *Patches
	repos   *repos
}

// repos opens mirrors, each once, for any number of goroutines.
type repos struct {
	recorded
	mu   sync.Mutex
	open map[string]*git.Repo
}

func (o *repos) at(ctx context.Context, location string) (*git.Repo, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if repo := o.open[location]; repo != nil {
		return repo, nil
	}
	repo, err := o.recorded.open(ctx, location)
	if err == nil {
		o.open[location] = repo
	}
	return repo, err
}

// run tests every queue whose patches or versions are not those of its last
// test.
func (r *Rebaser) run(ctx context.Context) (Report, error) {
	var rep Report
	set, err := r.set.Resolve(ctx, r.store)
	if err != nil {
		return rep, err
	}
	r = NewRebaser(r.store, r.refs, r.mails, set)
	known, err := r.store.FlagInputs(ctx)
	if err != nil {
		return rep, err
	}
	mirrors := &repos{recorded: recorded{r.refs, r.set}, open: map[string]*git.Repo{}}
	trials, err := r.trials(ctx, mirrors)
	if err != nil {
		return rep, err
	}
	forgotten, err := r.forget(ctx, trials, known)
	if err != nil {
		return rep, err
	}
	todo := slices.DeleteFunc(trials, func(t trial) bool {
		return t.print == "" || !slices.ContainsFunc(t.keys, func(key string) bool { return known[flagKey(key, t.role)] != t.print })
	})
	results := make([]outcome, len(todo))
	if err := r.work(ctx, todo, mirrors, results); err != nil {
		return rep, err
	}
	tested, failing := 0, 0
	troubles := map[string][]string{}
	for i, o := range results {
		tested, failing = tested+o.tested, failing+o.broken
		if o.err != nil {
			rep.problem(todo[i].what, o.err)
			at := input(todo[i].source.Kind, todo[i].source.Name)
			troubles[at] = append(troubles[at], todo[i].what+": "+o.err.Error())
		}
	}
	if tested > 0 || forgotten > 0 {
		rep.Done = fmt.Sprintf("%d tests of patches on versions, %d need work", tested, failing)
	}
	return rep, r.mark(ctx, troubles)
}

// trials are all tests that there could be: of what is carried, and of open
// series.
func (r *Rebaser) trials(ctx context.Context, mirrors *repos) ([]trial, error) {
	carried, err := r.store.CarriedPatches(ctx)
	if err != nil {
		return nil, err
	}
	tips, err := projectTips(ctx, r.refs)
	if err != nil {
		return nil, err
	}
	var all []trial
	releases := map[string][]release{}
	for _, q := range r.queues(carried) {
		name := q.project.Name
		if _, ok := releases[name]; !ok {
			releases[name] = q.project.releases(tips[name])
		}
		q.releases = releases[name]
		all = append(all, q.trials(tips[name])...)
	}
	likely, err := r.outlooks(ctx, carried, all)
	if err != nil {
		return nil, err
	}
	open, err := r.branches(ctx, carried, mirrors)
	return slices.Concat(all, likely, open), err
}

// forget drops the flags of what is not carried or open any more, and of what
// need not be tested on such a version any more: a recipe that has moved to the
// newest one, say. It returns of how many patches.
func (r *Rebaser) forget(ctx context.Context, trials []trial, known map[string]string) (int, error) {
	wanted := map[string]bool{}
	for _, t := range trials {
		for _, key := range t.keys {
			wanted[flagKey(key, t.role)] = true
		}
	}
	stale := map[string][]string{}
	for of := range known {
		if key, role, _ := strings.Cut(of, "\x1f"); !wanted[of] {
			stale[key] = append(stale[key], role)
		}
	}
	if len(stale) == 0 {
		return 0, nil
	}
	return len(stale), r.store.DeleteFlags(ctx, stale)
}

// An outcome is what became of one trial.
type outcome struct {
	tested, broken int   // patches
	err            error // why they could not be tested
}

// work makes the trials, and stores what each finds. One that fails does not
// stop the others; the error is the store's, or that we are told to stop.
func (r *Rebaser) work(ctx context.Context, todo []trial, mirrors *repos, results []outcome) error {
	free := make(chan *tools, rebaseWorkers)
	for range rebaseWorkers {
		patches := NewPatches(r.mails, r.set)
		patches.refs = r.refs
		defer patches.Close()
		free <- &tools{patches, mirrors}
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(rebaseWorkers)
	for i, t := range todo {
		if gctx.Err() != nil {
			break
		}
		r.set.Progress.Report("rebase "+t.what, i, len(todo))
		g.Go(func() error {
			with := <-free
			flags, err := t.run(ctx, with) // not with gctx: git processes of tools outlast it
			free <- with
			switch {
			case ctx.Err() != nil:
				return ctx.Err()
			case errors.Is(err, git.ErrNotFound):
				return nil // the fetch stage has said why
			case err != nil:
				results[i].err = err
				return nil
			}
			for k, f := range flags {
				if f.Input == "" {
					flags[k].Input = t.print
				}
				if broken(f.Outcome) {
					results[i].broken++
				}
			}
			results[i].tested = len(flags)
			return r.store.PutFlags(ctx, flags)
		})
	}
	return g.Wait()
}

// mark records how the stage fared with every source of versions.
func (r *Rebaser) mark(ctx context.Context, troubles map[string][]string) error {
	var sources []Source
	for _, p := range r.set.Projects {
		sources = append(sources, Source{Kind: ProjectSource, Name: p.Name})
	}
	for _, l := range r.set.Layers {
		sources = append(sources, Source{Kind: LayerSource, Name: l.Name})
	}
	for _, src := range sources {
		if err := r.set.mark(ctx, r.store, "rebase", src, strings.Join(troubles[input(src.Kind, src.Name)], "; ")); err != nil {
			return err
		}
	}
	return nil
}

// flagOf is a flag of one patch of a trial, as far as it is known before.
func flagOf(role, key string, on git.Tip) change.Flag {
	return change.Flag{Sighting: key, Role: role, Version: shown(on.Ref), At: on.Time}
}
