package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/rebase"
)

// An outcome is what becomes of a patch file in one recipe.
type outcome struct {
	to       *layer.Recipe // nil where there is none
	verdict  Verdict
	effort   Effort
	why      string
	evidence string
}

// A queue is what a recipe applies at the target, in order: upstream's patches,
// and ours.
type queue struct {
	from, to *layer.Recipe
	ours     []layer.PatchFile // as they are applied now
	all      []layer.PatchFile // ours among them
}

// carried plans for the patch files of ours that recipes apply.
func (p *planner) carried(ctx context.Context) error {
	from := map[string]*layer.Recipe{} // the recipe of the outcome that counts
	for n := range p.now.Recipes {
		r := &p.now.Recipes[n]
		ours := p.ours(r)
		if len(ours) == 0 || r.Inactive != "" {
			continue
		}
		p.Progress.Report("plan "+r.PN, n, len(p.now.Recipes))
		found, err := p.queue(ctx, r, ours)
		if err != nil {
			return fmt.Errorf("patches of %s: %w", r.PN, err)
		}
		for i, o := range found {
			at := ours[i].Path
			if was, ok := p.tried[at]; !ok || rank(o.verdict) < rank(was.verdict) {
				p.tried[at], from[at] = o, r
			}
		}
	}
	for at, o := range p.tried {
		source, file, _ := strings.Cut(at, ":")
		p.add(Item{
			Kind: Patch, Layer: source, Path: file, Recipe: from[at].PN, From: versionOf(from[at]), To: versionOf(o.to),
			Verdict: o.verdict, Effort: o.effort, Why: o.why, Evidence: o.evidence,
		})
	}
	return nil
}

// ours are the patches of ours that a recipe applies now.
func (p *planner) ours(r *layer.Recipe) (list []layer.PatchFile) {
	for _, f := range r.PatchFiles {
		if source, _, _ := strings.Cut(f.Path, ":"); f.Path != "" && p.wanted(source) {
			list = append(list, f)
		}
	}
	return list
}

// queue says what becomes of our patches of one recipe, in their order.
func (p *planner) queue(ctx context.Context, r *layer.Recipe, ours []layer.PatchFile) ([]outcome, error) {
	found := make([]outcome, len(ours))
	q := p.meets(r, ours)
	if q == nil {
		for i := range found {
			found[i] = outcome{verdict: Dangling, why: fmt.Sprintf("no layer has %s there: it goes with its append", r.PN), evidence: r.Source + ":" + r.File}
		}
		return found, nil
	}
	left := 0
	for i, f := range ours {
		if found[i] = p.known(q, f); found[i].verdict == "" {
			left++
		}
	}
	if left == 0 {
		return found, nil
	}
	tried, err := p.try(ctx, q)
	if err != nil {
		return nil, err
	}
	for i, f := range ours {
		if found[i].verdict == "" {
			found[i] = tried[f.Path]
			found[i].to = q.to
		}
	}
	return found, nil
}

// meets is the queue that our patches are in at the target: with an upstream
// recipe, that one there; with a recipe of ours, the upstream one that it has
// to be brought to, else itself. It is nil where there is no such recipe.
func (p *planner) meets(r *layer.Recipe, ours []layer.PatchFile) *queue {
	q := &queue{from: r, ours: ours}
	if !p.local(r.Source) {
		if q.to = p.counterpart(r); q.to == nil {
			return nil
		}
	} else {
		at := r.Source + ":" + r.File
		if q.to = p.there.byFile[at]; q.to == nil {
			q.to = r
		}
		if d, ok := p.original(p.there, at); ok && d.Kind == "fork" && d.Relation == "local-older" && p.moves(at, d) {
			q.to = p.there.byFile[d.UpstreamSource+":"+d.UpstreamFile]
		}
	}
	q.all = slices.Clone(q.to.PatchFiles)
	for _, f := range ours {
		if !slices.ContainsFunc(q.all, func(g layer.PatchFile) bool { return g.Path == f.Path || g.Path == "" && g.Name == f.Name }) && !p.hidden(f, q.to) {
			q.all = append(q.all, f)
		}
	}
	return q
}

// moves says whether upstream's version of a copied recipe is another at the
// target.
func (p *planner) moves(at string, there layer.Duplicate) bool {
	now, ok := p.original(p.now, at)
	return !ok || now.UpstreamVersion != there.UpstreamVersion
}

// hidden says whether a patch of ours takes the place of one of upstream's that
// the recipe does not apply there.
func (p *planner) hidden(f layer.PatchFile, to *layer.Recipe) bool {
	return f.Replaces != "" && !slices.ContainsFunc(to.PatchFiles, func(g layer.PatchFile) bool { return g.Name == f.Name })
}

// known is what can be said of a patch without its project; no verdict where
// it is to be tried.
func (p *planner) known(q *queue, f layer.PatchFile) outcome {
	o := outcome{to: q.to, effort: Minutes}
	for _, d := range p.there.dups[f.Path] {
		u := p.there.patches[d.UpstreamSource+":"+d.UpstreamFile]
		if d.Kind == "patch" && d.Match != "near" && !p.local(q.to.Source) && u != nil && (u.Recipe == q.to.PN || u.Recipe == q.from.PN) {
			o.verdict, o.why, o.evidence = Drop, d.UpstreamSource+" applies the same patch there", d.UpstreamSource+":"+d.UpstreamFile
			return o
		}
	}
	for _, g := range q.all {
		if g.Path == "" && g.Name == f.Name {
			o.verdict, o.why = Missing, fmt.Sprintf("is not found for %s: its directory is for another version", versionOf(q.to))
			return o
		}
	}
	switch {
	case p.hidden(f, q.to):
		o.verdict, o.evidence = Drop, q.to.Source+":"+q.to.File
		o.why = fmt.Sprintf("stands in for a patch that %s %s does not apply", q.to.PN, versionOf(q.to))
	case p.replaced(q.to, f) != "" && p.blob(p.now, f.Replaces) != p.blob(p.there, p.replaced(q.to, f)):
		o.verdict, o.effort, o.evidence = Refresh, Hours, p.replaced(q.to, f)
		o.why = "hides a patch that upstream changed"
	case unchanged(q):
		o.verdict, o.effort, o.why = Keep, None, step(q.from, q.to)
	}
	return o
}

// replaced is the upstream file that one of ours hides at the target; "".
func (p *planner) replaced(to *layer.Recipe, f layer.PatchFile) string {
	for _, g := range to.PatchFiles {
		if g.Path == f.Path {
			return g.Replaces
		}
	}
	return ""
}

func (p *planner) blob(s side, at string) string {
	if x := s.patches[at]; x != nil {
		return x.Blob
	}
	return ""
}

// unchanged says whether our patches meet there what they meet now: the same
// version with the same patches.
func unchanged(q *queue) bool {
	if versionOf(q.from) != versionOf(q.to) || q.from.SRCREV != q.to.SRCREV || q.from.PV == layer.Unknown || q.from.Floating {
		return false
	}
	var all []string
	for _, f := range q.all {
		all = append(all, f.Blob)
	}
	return slices.Equal(blobs(q.from), all)
}

// try tries the queue on the source at the version of the target. The outcomes
// are by path.
func (p *planner) try(ctx context.Context, q *queue) (map[string]outcome, error) {
	all := func(o outcome) map[string]outcome {
		found := map[string]outcome{}
		for _, f := range q.ours {
			found[f.Path] = o
		}
		return found
	}
	var project Project
	if p.Project != nil {
		project = p.Project(q.to.PN)
	}
	if project == nil {
		return p.outlook(ctx, q)
	}
	to, tag, err := project.Version(ctx, q.to)
	if errors.Is(err, ErrNoVersion) {
		return all(outcome{verdict: Unknown, effort: Minutes, why: fmt.Sprintf("%s; its source has no tag for %s", step(q.from, q.to), versionOf(q.to))}), nil
	}
	if err != nil {
		return nil, err
	}
	from, _, err := project.Version(ctx, q.from)
	if err != nil && !errors.Is(err, ErrNoVersion) {
		return nil, err
	}
	files := slices.DeleteFunc(slices.Clone(q.all), func(f layer.PatchFile) bool { return f.Path == "" })
	inputs, err := p.inputs(ctx, files)
	if err != nil {
		return nil, err
	}
	results, err := rebase.Queue(ctx, project.Repo(), from, to, inputs)
	if errors.Is(err, git.ErrNotFound) {
		return all(outcome{verdict: Unknown, effort: Minutes, why: fmt.Sprintf("%s; its source cannot be read: %v", step(q.from, q.to), err)}), nil
	}
	if err != nil {
		return nil, err
	}
	found := all(outcome{verdict: Unknown, effort: Minutes, why: step(q.from, q.to) + "; its file is not in the layers"})
	for i, res := range results {
		found[files[i].Path] = judge(res, tag)
	}
	return found, nil
}

// errElsewhere means that a patch is not for what the project's repository has.
var errElsewhere = errors.New("applied, by S and patchdir, elsewhere than inside the project's source")

// inputs reads patches.
func (p *planner) inputs(ctx context.Context, files []layer.PatchFile) ([]rebase.Input, error) {
	list := make([]rebase.Input, 0, len(files))
	for _, f := range files {
		data, err := p.read(ctx, f)
		switch {
		case errors.Is(err, git.ErrNotFound), errors.Is(err, git.ErrTooBig):
		case err != nil:
			return nil, err
		case f.Below == layer.Unknown:
			err = errElsewhere
		}
		list = append(list, rebase.Input{Name: f.Path, Data: data, Strip: f.Strip, Dir: f.Below, Err: err})
	}
	return list, nil
}

// read reads a patch file.
func (p *planner) read(ctx context.Context, f layer.PatchFile) ([]byte, error) {
	source, _, _ := strings.Cut(f.Path, ":")
	i := slices.IndexFunc(p.Now, func(s layer.Source) bool { return s.Name == source })
	if i < 0 {
		return nil, git.ErrNotFound
	}
	if p.batches[source] == nil {
		b, err := p.Now[i].Repo.Batch(ctx)
		if err != nil {
			return nil, err
		}
		p.batches[source] = b
	}
	return p.batches[source].Blob(f.Blob)
}

// manyHunks is how many conflicting hunks are more than hours of work.
const manyHunks = 10

// judge makes a verdict of the result of a test on a version.
func judge(res rebase.Result, tag string) outcome {
	o := outcome{verdict: Keep, evidence: tag, why: "applies to " + tag}
	if res.Err != nil {
		return outcome{verdict: Unknown, effort: Minutes, why: "not tried: " + res.Err.Error()}
	}
	switch res.Outcome {
	case rebase.Applies:
	case rebase.Offset:
		o.why += ", at other lines"
	case rebase.Fuzz:
		o.verdict, o.effort, o.why = Refresh, Minutes, fmt.Sprintf("applies to %s only with fuzz", tag)
	case rebase.Merged:
		o.verdict, o.effort, o.why = Drop, Minutes, tag+" contains it"
		if res.Commit != "" {
			o.evidence = res.Commit
		}
	case rebase.Gone:
		o.verdict, o.effort, o.why = Conflict, Hours, tag+" has none of the files that it changes"
	case rebase.UnappliedBefore:
		o.verdict, o.effort, o.why = Unknown, Hours, fmt.Sprintf("applies neither to %s nor to the version of now", tag)
	case rebase.Conflict:
		conflict(&o, res, tag)
	default:
		o.verdict, o.effort, o.why = Unknown, Minutes, res.Outcome
	}
	if res.Detail != "" && o.verdict != Keep {
		o.why += ": " + res.Detail
	}
	return o
}

// conflict fills in where a patch conflicts and with what.
func conflict(o *outcome, res rebase.Result, tag string) {
	o.verdict, o.effort, o.why = Conflict, Hours, "does not apply to "+tag
	if res.ThreeWay == "clean" {
		o.verdict, o.effort, o.why = Refresh, Minutes, fmt.Sprintf("applies to %s by a three-way merge: upstreamd rebase --write", tag)
	}
	n := 0
	for _, h := range res.Hunks {
		if h.Outcome != rebase.Conflict && h.Outcome != rebase.Gone {
			continue
		}
		if n++; n == 1 {
			o.why += fmt.Sprintf("; %s, hunk %d", h.File, h.Hunk)
			if h.Line > 0 {
				o.why += fmt.Sprintf(" at line %d", h.Line)
			}
			if len(h.Blame) > 0 {
				o.evidence = h.Blame[0]
			}
		}
	}
	if n > 1 {
		o.why += fmt.Sprintf(" and %d more", n-1)
	}
	if n > manyHunks && o.verdict == Conflict {
		o.effort = Days
	}
}
