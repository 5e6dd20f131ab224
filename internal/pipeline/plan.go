package pipeline

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/plan"
)

// planVersion is part of the fingerprint of a plan: raise it when planning
// changes, and every plan is made again.
const planVersion = "1"

// A MadePlan is a plan as it is kept, with what it was made of.
type MadePlan struct {
	plan.Plan
	Input string    // fingerprint: the same input, the same plan
	Made  time.Time // when that was
}

// A planStore is what [Planner] needs of the store to keep plans.
type planStore interface {
	// PlanInputs are the fingerprints of the plans that are kept, by target.
	PlanInputs(ctx context.Context) (map[string]string, error)
	PutPlan(ctx context.Context, p MadePlan) error
	DeletePlans(ctx context.Context, targets []string) error
}

// A Planner is the stage that plans the moves of the upstream layers which the
// team thinks of.
type Planner struct {
	store planStore
	refs  tipStore
	set   Settings
}

// NewPlanner returns the plan stage. The store may be nil for one that only
// answers [Planner.Plan].
func NewPlanner(store planStore, refs tipStore, set Settings) *Planner {
	return &Planner{store: store, refs: refs, set: set}
}

// Stage is the plan stage.
func (p *Planner) Stage() Stage {
	return Stage{Name: "plan", Every: 10 * time.Minute, Run: whole(p.run)}
}

// run makes the plans whose layers, sources or people are not those that they
// were made of.
func (p *Planner) run(ctx context.Context) (Report, error) {
	var rep Report
	known, err := p.store.PlanInputs(ctx)
	if err != nil {
		return rep, err
	}
	var stale, done []string
	for target := range known {
		if !slices.Contains(p.set.PlanTo, target) {
			stale = append(stale, target)
		}
	}
	if err := p.store.DeletePlans(ctx, stale); err != nil {
		return rep, err
	}
	if len(p.set.PlanTo) == 0 {
		return rep, nil
	}
	layers, _, err := p.open(ctx) // fetch and scan have said why one is left out
	if errors.Is(err, git.ErrNotFound) {
		return rep, nil
	}
	if err != nil {
		return rep, err
	}
	for _, target := range p.set.PlanTo {
		words, err := p.keep(ctx, layers, target, known[target])
		switch {
		case ctx.Err() != nil:
			return rep, ctx.Err()
		case errors.Is(err, plan.ErrNoTarget), errors.Is(err, git.ErrNotFound):
			rep.problem("plan for "+target, err)
		case err != nil:
			return rep, err
		case words != "":
			done = append(done, words)
		}
	}
	rep.Done = strings.Join(done, "; ")
	return rep, nil
}

// keep makes the plan for one target, if it is not the one that is kept, and
// says in words what it is.
func (p *Planner) keep(ctx context.Context, layers []opened, target, known string) (string, error) {
	print, err := p.print(ctx, layers, target)
	if err != nil || print == known {
		return "", err
	}
	made, err := p.plan(ctx, layers, plan.Input{To: target})
	if err != nil {
		return "", err
	}
	if err := p.store.PutPlan(ctx, MadePlan{Plan: *made, Input: print, Made: p.set.now()}); err != nil {
		return "", err
	}
	total := made.Total()
	return fmt.Sprintf("%s: %d of ours, %d need something", target, total.Items, total.Work), nil
}

// print is the fingerprint of what a plan would be made of.
func (p *Planner) print(ctx context.Context, layers []opened, target string) (string, error) {
	parts := []string{planVersion, target}
	var sources []layer.Source
	for _, l := range layers {
		parts = append(parts, l.Name, l.Location, l.Branch, l.Subdir, fmt.Sprint(l.Local), l.commit)
		sources = append(sources, l.scanned())
	}
	_, moves, _, err := plan.Target(ctx, sources, target, nil)
	if err != nil {
		return "", err
	}
	for _, m := range moves {
		parts = append(parts, m.Ref, m.To)
	}
	tips, err := projectTips(ctx, p.refs)
	if err != nil {
		return "", err
	}
	for _, project := range p.set.Projects {
		parts = append(parts, fmt.Sprint(project), tipsPrint(tips[project.Name]))
	}
	parts = append(parts, fmt.Sprint(p.set.Rules.Team))
	return fingerprint(parts...), nil
}

// Plan plans for what the input says of target, layers of ours and progress;
// layers, projects and people are the configured ones. The error matches
// [git.ErrNotFound] where a layer was never fetched, and [plan.ErrNoTarget].
func (p *Planner) Plan(ctx context.Context, in plan.Input) (*plan.Plan, error) {
	layers, left, err := p.open(ctx)
	if err != nil {
		return nil, err
	}
	made, err := p.plan(ctx, layers, in)
	if err == nil {
		made.Problems = append(made.Problems, left...)
	}
	return made, err
}

// plan plans stack by stack.
func (p *Planner) plan(ctx context.Context, layers []opened, in plan.Input) (*plan.Plan, error) {
	in.Progress = p.set.Progress
	in.Person = func(who git.Person) string {
		if name := p.set.Rules.PersonOf(who.Email); name != "" {
			return name
		}
		return strings.ToLower(who.Email)
	}
	projects, err := p.projects(ctx)
	if err != nil {
		return nil, err
	}
	in.Project = projects
	only, first := in.Only, map[string]bool{}
	var all *plan.Plan
	for _, stack := range stacks(layers) {
		in.Now, in.Only = nil, nil
		var parts []string
		for _, l := range stack {
			in.Now = append(in.Now, l.scanned())
			parts = append(parts, l.Name, l.Location, l.Branch)
			if l.Local && !first[l.Name] && (len(only) == 0 || slices.Contains(only, l.Name)) {
				in.Only, first[l.Name] = append(in.Only, l.Name), true
			}
		}
		if len(in.Only) == 0 {
			continue
		}
		in.Memo = filepath.Join(p.set.Cache, "scans", "plan-"+fingerprint(parts...))
		made, err := plan.Make(ctx, in)
		if err != nil {
			return nil, err
		}
		if all == nil {
			all = made
		} else {
			all.Add(made)
		}
	}
	if all == nil {
		return &plan.Plan{Target: in.To}, nil
	}
	return all, nil
}

// open opens the mirrors of all layers at what is pinned, or at the recorded
// tips of their branches. Left says which are left out: those never fetched,
// and ours or pinned ones that cannot be read. Without an upstream one that was
// there before the plan would be wrong.
func (p *Planner) open(ctx context.Context) (found []opened, left []string, err error) {
	sources, err := p.refs.Sources(ctx)
	if err != nil {
		return nil, nil, err
	}
	ids := map[string]int64{}
	for _, src := range sources {
		if src.Kind == LayerSource {
			ids[src.Name] = src.ID
		}
	}
	ours := false
	for _, l := range p.set.Layers {
		tips, err := p.refs.Tips(ctx, ids[l.Name])
		if err != nil {
			return nil, nil, err
		}
		o, err := p.openOne(ctx, l, tips)
		switch {
		case ctx.Err() != nil:
			return nil, nil, ctx.Err()
		case err == nil:
			found = append(found, o)
			ours = ours || l.Local
		case l.Local || len(tips) == 0 || l.Revision != "":
			left = append(left, fmt.Sprintf("layer %s is left out: %v", l.Name, err))
		default:
			return nil, nil, fmt.Errorf("layer %s: %w", l.Name, err)
		}
	}
	if !ours || !slices.ContainsFunc(found, func(o opened) bool { return !o.Local }) {
		return nil, nil, fmt.Errorf("no layer of ours on an upstream one was fetched yet: %w", git.ErrNotFound)
	}
	return found, left, nil
}

// openOne opens one layer.
func (p *Planner) openOne(ctx context.Context, l Layer, tips []git.Tip) (opened, error) {
	o := opened{Layer: l, commit: l.Revision}
	for _, t := range tips {
		if o.commit == "" && t.Ref == "refs/heads/"+l.Branch {
			o.commit = t.Hash
		}
	}
	if o.commit == "" {
		return o, fmt.Errorf("branch %s was not fetched: %w", l.Branch, git.ErrNotFound)
	}
	var err error
	if o.repo, err = (recorded{p.refs, p.set}).open(ctx, l.Location); err == nil && o.repo == nil {
		err = git.ErrNotFound
	}
	if err == nil {
		o.commit, err = o.repo.Resolve(ctx, o.commit)
	}
	return o, err
}

// projects finds the configured source of a recipe. Mirrors that are not there
// are as if it were not known.
func (p *Planner) projects(ctx context.Context) (func(string) plan.Project, error) {
	tips, err := projectTips(ctx, p.refs)
	if err != nil {
		return nil, err
	}
	var all []*PlanSource
	for _, project := range p.set.Projects {
		repo, err := recorded{p.refs, p.set}.open(ctx, project.Location)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil || repo == nil {
			continue
		}
		all = append(all, NewPlanSource(project, repo, tips[project.Name]))
	}
	return func(pn string) plan.Project {
		for _, s := range all {
			if s.Serves(pn) {
				return s
			}
		}
		return nil
	}, nil
}

// A PlanSource is a project as plans ask it. It is a [plan.Project].
type PlanSource struct {
	Project
	repo   *git.Repo
	commit map[string]string // by tag
	tags   []string
}

// NewPlanSource is a project with its repository and the tips of that.
func NewPlanSource(p Project, repo *git.Repo, tips []git.Tip) *PlanSource {
	s := &PlanSource{Project: p, repo: repo, commit: map[string]string{}}
	for _, t := range tips {
		if tag, ok := strings.CutPrefix(t.Ref, "refs/tags/"); ok {
			s.commit[tag] = t.Hash
			s.tags = append(s.tags, tag)
		}
	}
	return s
}

// Repo is the project's repository.
func (s *PlanSource) Repo() *git.Repo { return s.repo }

// Version is the commit of a recipe's SRCREV where the repository has it, else
// of the tag that stands for its PV. The error matches [plan.ErrNoVersion].
func (s *PlanSource) Version(ctx context.Context, r *layer.Recipe) (commit, name string, err error) {
	if fullHash.MatchString(r.SRCREV) {
		commit, err := s.repo.Resolve(ctx, r.SRCREV)
		if err == nil {
			return commit, "commit " + commit[:12], nil
		}
		if !errors.Is(err, git.ErrNotFound) {
			return "", "", err
		}
	}
	if r.PV != layer.Unknown && !r.Floating {
		if tag := s.TagOf(r.PV, s.tags); tag != "" {
			return s.commit[tag], tag, nil
		}
	}
	return "", "", fmt.Errorf("%s %s: %w", r.PN, r.PV, plan.ErrNoVersion)
}
