package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/rebase"
	"github.com/upstreamd/upstreamd/internal/version"
)

// errElsewhere means that a patch is not for what the project's repository has.
var errElsewhere = errors.New("applied, by S and patchdir, elsewhere than inside the project's source")

// A queue is what one recipe carries, in the order of its SRC_URI.
type queue struct {
	project  Project
	patches  []Carried
	releases []release // of the project
}

// A tried is one version that a queue is tested on.
type tried struct {
	role     string // of the flag
	from, to git.Tip
	steps    []git.Tip // releases after from, up to to, oldest version first
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
		if p, ok := r.set.ProjectOf(patches[0].Recipe); ok {
			all = append(all, queue{project: p, patches: patches})
		}
	}
	return all
}

// trials are the tests of the queue on the versions that it may meet.
func (q queue) trials(tips []git.Tip) []trial {
	keys := make([]string, len(q.patches))
	for i, c := range q.patches {
		keys[i] = c.Key
	}
	var all []trial
	for _, v := range q.versions(tips) {
		all = append(all, trial{
			role: v.role, keys: keys, print: q.print(v), source: Source{Kind: ProjectSource, Name: q.project.Name},
			what: fmt.Sprintf("%s in %s", q.patches[0].Recipe, q.patches[0].Layer),
			run:  func(ctx context.Context, with *tools) ([]TestedFlag, error) { return q.try(ctx, v, with) },
		})
	}
	return all
}

// versions are the tag that the recipe's version stands for and the newest
// release, where that is newer than what the recipe has.
func (q queue) versions(tips []git.Tip) []tried {
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
		all = append(all, tried{role: change.PinnedFlag, to: pinned})
	}
	if newest.Hash != "" && (floating || version.Compare(q.project.VersionOf(last), pv) > 0) {
		v := tried{role: change.NewestFlag, from: pinned, to: newest}
		if pinned.Hash != "" {
			v.steps = between(q.releases, pv, newest, q.project.VersionOf(last))
		}
		all = append(all, v)
	}
	return all
}

// A release is a tag that stands for a version.
type release struct {
	git.Tip
	version string
}

// releases are the releases of a project, oldest version first; pre-releases
// are none.
func (p Project) releases(tips []git.Tip) []release {
	var all []release
	for _, t := range tips {
		tag, ok := strings.CutPrefix(t.Ref, "refs/tags/")
		if !ok {
			continue
		}
		if v := p.VersionOf(tag); v != "" && !strings.Contains(v, "~") && !isPrerelease(v) {
			all = append(all, release{t, v})
		}
	}
	slices.SortFunc(all, func(a, b release) int {
		return cmp.Or(version.Compare(a.version, b.version), strings.Compare(a.Ref, b.Ref))
	})
	return all
}

// between are the releases newer than version pv and older than last, and last.
// Of several tags of one commit the first counts.
func between(all []release, pv string, last git.Tip, end string) []git.Tip {
	var steps []git.Tip
	seen := map[string]bool{last.Hash: true}
	for _, r := range all {
		if !seen[r.Hash] && version.Compare(r.version, pv) > 0 && version.Compare(r.version, end) < 0 {
			seen[r.Hash] = true
			steps = append(steps, r.Tip)
		}
	}
	return append(steps, last)
}

func (q queue) print(v tried) string {
	parts := []string{rebaseVersion, v.from.Hash, v.to.Hash, v.to.Ref, tipsPrint(v.steps)}
	for _, c := range q.patches {
		parts = append(parts, c.Key, c.Blob, fmt.Sprint(c.Strip), c.Below)
	}
	return fingerprint(parts...)
}

// try tries the queue on one version, and finds since when it is so.
func (q queue) try(ctx context.Context, v tried, with *tools) ([]TestedFlag, error) {
	repo, err := with.repos.at(ctx, q.project.Location)
	if err != nil {
		return nil, err
	}
	inputs, err := q.read(ctx, with.patches)
	if err != nil {
		return nil, err
	}
	results, err := rebase.Queue(ctx, repo, v.from.Hash, v.to.Hash, inputs)
	if err != nil {
		return nil, err
	}
	flags := make([]TestedFlag, len(results))
	for i, res := range results {
		flags[i] = tested(flagOf(v.role, q.patches[i].Key, v.to), res)
		if errors.Is(res.Err, git.ErrNotFound) {
			flags[i].Input = testAgain
		}
	}
	h := newHistory(repo, v.from.Hash, v.steps, inputs, results)
	for i := range flags {
		if err := q.date(ctx, h, i, &flags[i].Flag); err != nil {
			return nil, err
		}
	}
	return flags, nil
}

// date says since which release the patch with this index has the outcome of
// its flag, and which commit is to blame.
func (q queue) date(ctx context.Context, h *history, i int, f *change.Flag) error {
	switch {
	case f.Outcome == rebase.Merged && f.Commit != "":
		tip, err := q.firstWith(ctx, h.repo, f.Commit)
		if err != nil || tip.Hash == "" {
			return err
		}
		f.Since, f.SinceAt = shown(tip.Ref), tip.Time
		return nil
	case f.Outcome != rebase.Merged && !broken(f.Outcome):
		return nil
	}
	at, ok, err := h.first(ctx, i, likeOutcome(f.Outcome))
	if err != nil || !ok {
		return err
	}
	f.Since, f.SinceAt = shown(h.steps[at].Ref), h.steps[at].Time
	if broken(f.Outcome) {
		f.Commit, err = h.culprit(ctx, i, at)
	}
	return err
}

// firstWith is the oldest release that contains a commit.
func (q queue) firstWith(ctx context.Context, repo *git.Repo, commit string) (git.Tip, error) {
	refs, err := repo.Containing(ctx, commit)
	if err != nil {
		return git.Tip{}, err
	}
	in := make(map[string]bool, len(refs))
	for _, ref := range refs {
		in[ref] = true
	}
	for _, r := range q.releases {
		if in[r.Ref] {
			return r.Tip, nil
		}
	}
	return git.Tip{}, nil
}

// read reads the patches of the queue. One that cannot be read is an input
// that says so: the others are tried all the same.
func (q queue) read(ctx context.Context, patches *Patches) ([]rebase.Input, error) {
	inputs := make([]rebase.Input, len(q.patches))
	for i, c := range q.patches {
		b, err := patches.Blob(ctx, c)
		switch {
		case errors.Is(err, git.ErrNotFound), errors.Is(err, git.ErrTooBig):
		case err != nil:
			return nil, fmt.Errorf("%s: %w", c.Path, err)
		case c.Below == layer.Unknown:
			err = errElsewhere
		}
		inputs[i] = rebase.Input{Name: c.Path, Data: b, Strip: c.Strip, Dir: c.Below, Err: err}
	}
	return inputs, nil
}
