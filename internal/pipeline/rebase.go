package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/rebase"
	"github.com/upstreamd/upstreamd/internal/version"
)

// rebaseVersion is part of the fingerprint of a test: raise it when testing
// changes, and every queue is tested again.
const rebaseVersion = "1"

// unreadablePatch is the outcome of a file that is no patch.
const unreadablePatch = "unreadable"

// A flagStore is what [Rebaser] needs of the store.
type flagStore interface {
	sourceLog
	CarriedPatches(ctx context.Context) ([]Carried, error)
	// FlagInputs are the fingerprints of what was tested, by sighting and role
	// with \x1f between.
	FlagInputs(ctx context.Context) (map[string]string, error)
	PutFlags(ctx context.Context, flags []TestedFlag) error
	// DeleteFlags forgets the flags of these sightings.
	DeleteFlags(ctx context.Context, sightings []string) error
}

// A Rebaser is the stage that tries carried patches on the versions that they
// may meet: the one that the recipe has, and the project's newest.
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

// A queue is what one recipe carries, in the order of its SRC_URI.
type queue struct {
	project Project
	patches []Carried
	inputs  []rebase.Input
}

// A tried is one version that a queue is tested on.
type tried struct {
	role     string // of the flag
	from, to git.Tip
}

// run tests every queue whose patches or versions are not those of its last
// test.
func (r *Rebaser) run(ctx context.Context) (Report, error) {
	var rep Report
	carried, err := r.store.CarriedPatches(ctx)
	if err != nil {
		return rep, err
	}
	known, err := r.store.FlagInputs(ctx)
	if err != nil {
		return rep, err
	}
	tips, err := projectTips(ctx, r.refs)
	if err != nil {
		return rep, err
	}
	patches := NewPatches(r.mails, r.set)
	patches.refs = r.refs
	defer patches.Close()
	queues := r.queues(carried)
	forgotten, err := r.forget(ctx, queues, tips, known)
	if err != nil {
		return rep, err
	}
	tested, broken, troubles := 0, 0, map[string][]string{}
	for i, q := range queues {
		r.set.Progress.Report("rebase "+q.patches[0].Recipe, i, len(queues))
		flags, err := r.queue(ctx, q, tips[q.project.Name], known, patches)
		switch {
		case ctx.Err() != nil:
			return rep, ctx.Err()
		case errors.Is(err, git.ErrNotFound):
			continue // the fetch stage has said why
		case err != nil:
			what := fmt.Sprintf("%s in %s", q.patches[0].Recipe, q.patches[0].Layer)
			rep.problem(what, err)
			troubles[q.project.Name] = append(troubles[q.project.Name], what+": "+err.Error())
			continue
		}
		for _, f := range flags {
			if f.Outcome == "conflict" || f.Outcome == "gone" {
				broken++
			}
		}
		tested += len(flags)
		if err := r.store.PutFlags(ctx, flags); err != nil {
			return rep, err
		}
	}
	if tested > 0 || forgotten > 0 {
		rep.Done = fmt.Sprintf("%d tests of patches on versions, %d need work", tested, broken)
	}
	for _, p := range r.set.Projects {
		src := Source{Kind: ProjectSource, Name: p.Name}
		if err := r.set.mark(ctx, r.store, "rebase", src, strings.Join(troubles[p.Name], "; ")); err != nil {
			return rep, err
		}
	}
	return rep, nil
}

// forget drops the flags of what is not carried any more, and of what need not
// be tested on such a version any more: a recipe that has moved to the newest
// one, say. It returns of how many patches.
func (r *Rebaser) forget(ctx context.Context, queues []queue, tips map[string][]git.Tip, known map[string]string) (int, error) {
	wanted := map[string]bool{}
	for _, q := range queues {
		for _, v := range q.versions(tips[q.project.Name]) {
			for _, c := range q.patches {
				wanted[c.Key+"\x1f"+v.role] = true
			}
		}
	}
	stale := map[string]bool{}
	for of := range known {
		if key, _, _ := strings.Cut(of, "\x1f"); !wanted[of] {
			stale[key] = true
		}
	}
	for of := range known { // all of a patch go, and what is still wanted is tested again
		if key, _, _ := strings.Cut(of, "\x1f"); stale[key] {
			delete(known, of)
		}
	}
	if len(stale) == 0 {
		return 0, nil
	}
	return len(stale), r.store.DeleteFlags(ctx, sortedKeys(stale))
}

// queues groups what is carried by recipe file, for recipes whose project is
// known.
func (r *Rebaser) queues(carried []Carried) []queue {
	byRecipe := map[string][]Carried{}
	for _, c := range carried {
		if c.Dropped.IsZero() && c.RecipeFile != "" && c.Kind != CarriedDelta {
			at := c.Layer + "\x1f" + c.RecipeFile
			byRecipe[at] = append(byRecipe[at], c)
		}
	}
	var all []queue
	for _, at := range sortedKeys(byRecipe) {
		patches := byRecipe[at]
		slices.SortFunc(patches, func(a, b Carried) int {
			return cmp.Or(cmp.Compare(a.Position, b.Position), strings.Compare(a.Key, b.Key))
		})
		for _, p := range r.set.Projects {
			if p.Serves(patches[0].Recipe) {
				all = append(all, queue{project: p, patches: patches})
				break
			}
		}
	}
	return all
}

// queue tests one queue on the versions for which it is not tested yet.
func (r *Rebaser) queue(ctx context.Context, q queue, tips []git.Tip, known map[string]string, patches *Patches) ([]TestedFlag, error) {
	var flags []TestedFlag
	for _, v := range q.versions(tips) {
		print := q.print(v)
		if !slices.ContainsFunc(q.patches, func(c Carried) bool { return known[c.Key+"\x1f"+v.role] != print }) {
			continue
		}
		if err := q.read(ctx, patches); err != nil {
			return nil, err
		}
		repo, err := recorded{r.refs, r.set}.open(ctx, q.project.Location)
		if err != nil {
			return nil, err
		}
		results, err := rebase.Queue(ctx, repo, v.from.Hash, v.to.Hash, q.inputs)
		if err != nil {
			return nil, err
		}
		for i, res := range results {
			if res.Err != nil {
				res.Outcome, res.Detail = unreadablePatch, res.Err.Error()
			}
			flags = append(flags, TestedFlag{Input: print, Flag: change.Flag{
				Sighting: q.patches[i].Key, Role: v.role, Version: strings.TrimPrefix(v.to.Ref, "refs/tags/"),
				Outcome: res.Outcome, Detail: describe(res), At: v.to.Time,
			}})
		}
	}
	return flags, nil
}

// versions are the tag that the recipe's version stands for and the newest
// release, where that is newer than what the recipe has.
func (q *queue) versions(tips []git.Tip) []tried {
	byTag := map[string]git.Tip{}
	var tags []string
	for _, t := range tips {
		if tag, ok := strings.CutPrefix(t.Ref, "refs/tags/"); ok {
			byTag[tag] = t
			tags = append(tags, tag)
		}
	}
	pv, last := q.patches[0].PV, q.project.Newest(tags)
	pinned, newest := byTag[q.project.TagOf(pv, tags)], byTag[last]
	floating := q.patches[0].Floating // it may be anything since its PV
	if floating {
		pinned = git.Tip{}
	}
	var all []tried
	if pinned.Hash != "" {
		all = append(all, tried{role: "pinned", to: pinned})
	}
	if newest.Hash != "" && (floating || version.Compare(q.project.VersionOf(last), pv) > 0) {
		all = append(all, tried{role: "newest", from: pinned, to: newest})
	}
	return all
}

func (q *queue) print(v tried) string {
	parts := []string{rebaseVersion, v.from.Hash, v.to.Hash, v.to.Ref}
	for _, c := range q.patches {
		parts = append(parts, c.Key, c.Blob, fmt.Sprint(c.Strip))
	}
	return fingerprint(parts...)
}

// read reads the patches of the queue, once.
func (q *queue) read(ctx context.Context, patches *Patches) error {
	if q.inputs != nil {
		return nil
	}
	for _, c := range q.patches {
		b, err := patches.Blob(ctx, c)
		if err != nil {
			return fmt.Errorf("%s: %w", c.Path, err)
		}
		q.inputs = append(q.inputs, rebase.Input{Name: c.Path, Data: b, Strip: c.Strip})
	}
	return nil
}

// describe says in words what a test found.
func describe(r rebase.Result) string {
	if r.Detail != "" {
		return r.Detail
	}
	for _, h := range r.Hunks {
		if h.Outcome != r.Outcome {
			continue
		}
		words := fmt.Sprintf("%s, hunk %d at line %d", h.File, h.Hunk, h.Line)
		if len(h.Blame) > 0 {
			words += ", touched by " + h.Blame[0][:min(12, len(h.Blame[0]))]
		}
		return words
	}
	if r.Commit != "" {
		return "by " + r.Commit[:min(12, len(r.Commit))]
	}
	return ""
}
