package pipeline

import (
	"cmp"
	"context"
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
	store   flagStore
	refs    tipStore
	mails   mailReader
	set     Settings
	mirrors Mirrors
}

// NewRebaser returns the rebase stage.
func NewRebaser(store flagStore, refs tipStore, mails mailReader, set Settings) *Rebaser {
	return &Rebaser{store: store, refs: refs, mails: mails, set: set, mirrors: NewMirrors(set.Cache)}
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
	defer patches.Close()
	queues := r.queues(carried)
	tested, broken := 0, 0
	for i, q := range queues {
		r.set.Progress.Report("rebase "+q.patches[0].Recipe, i, len(queues))
		flags, err := r.queue(ctx, q, tips[q.project.Name], known, patches)
		if ctx.Err() != nil {
			return rep, ctx.Err()
		}
		if err != nil {
			rep.problem(fmt.Sprintf("%s in %s", q.patches[0].Recipe, q.patches[0].Layer), err)
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
	if tested > 0 {
		rep.Done = fmt.Sprintf("%d tests of patches on versions, %d need work", tested, broken)
	}
	return rep, r.forget(ctx, carried, known)
}

// forget drops the flags of what is not carried any more.
func (r *Rebaser) forget(ctx context.Context, carried []Carried, known map[string]string) error {
	here := map[string]bool{}
	for _, c := range carried {
		here[c.Key] = c.Dropped.IsZero() && c.RecipeFile != ""
	}
	var gone []string
	for _, input := range sortedKeys(known) {
		key, _, _ := strings.Cut(input, "\x1f")
		if !here[key] {
			gone = append(gone, key)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	return r.store.DeleteFlags(ctx, slices.Compact(gone))
}

// queues groups what is carried by recipe file, for recipes whose project is
// known.
func (r *Rebaser) queues(carried []Carried) []queue {
	byRecipe := map[string][]Carried{}
	for _, c := range carried {
		if c.Dropped.IsZero() && c.RecipeFile != "" {
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
		repo, err := r.mirrors.Open(ctx, q.project.Location)
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
	var all []tried
	if pinned.Hash != "" {
		all = append(all, tried{role: "pinned", to: pinned})
	}
	if newest.Hash != "" && version.Compare(q.project.VersionOf(last), pv) > 0 {
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
