package pipeline

import (
	"cmp"
	"context"
	"io/fs"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/git"
)

const (
	// branchMonths is how old a posting may be that is tried on its branch:
	// nobody applies an older one as it is.
	branchMonths = 24
	// branchSeries is how many series are tried, the newest first.
	branchSeries = 500
	// branchPaths is how many files of one posting are looked at; one that
	// touches more is not tried.
	branchPaths = 500
)

// An openStore has what there is to know of open series before they are judged.
type openStore interface {
	Sightings(ctx context.Context) ([]change.Sighting, error)
	PostedPatches(ctx context.Context) ([]Posted, error)
	Matches(ctx context.Context) ([]change.Match, error)
	Decisions(ctx context.Context) ([]change.Decision, error)
	aimedStore
}

// An aimedStore has what postings are meant for.
type aimedStore interface {
	Aimed(ctx context.Context) ([]Aimed, error)
	PostedFiles(ctx context.Context, messageIDs []string) (map[string][]string, error)
}

// A proposal is the newest posting of an open series, which is ours or of a
// change that we have.
type proposal struct {
	patches []Posted // by part
	base    string   // commit that it says it is made on; ""
	targets []Target
	paths   []string // that its patches touch
	goals   []goal
}

// A goal is a branch that a proposal may be meant for.
type goal struct {
	source   Source
	location string
	tip      git.Tip
}

// branches are the tests of open series on the branches that they are meant
// for. What a branch has of the files that a series touches is part of the
// fingerprint: that it moves otherwise is no reason to test again.
func (r *Rebaser) branches(ctx context.Context, carried []Carried, mirrors *repos) ([]trial, error) {
	proposals, err := r.proposals(ctx, carried)
	if err != nil || len(proposals) == 0 {
		return nil, err
	}
	if err := r.aimed(ctx, proposals); err != nil {
		return nil, err
	}
	asked := map[string][]string{} // specs by location
	for _, p := range proposals {
		for _, g := range p.goals {
			asked[g.location] = append(asked[g.location], specs(g.tip.Hash, p.paths)...)
		}
	}
	blobs := map[string]map[string]string{} // hash by spec, by location
	for _, location := range sortedKeys(asked) {
		if blobs[location], err = lookUp(ctx, mirrors, location, asked[location]); err != nil {
			return nil, err
		}
	}
	var all []trial
	for _, p := range proposals {
		if t, ok := p.trial(blobs); ok {
			all = append(all, t)
		}
	}
	return all, nil
}

// specs name the paths at a revision.
func specs(rev string, paths []string) []string {
	all := make([]string, len(paths))
	for i, path := range paths {
		all[i] = rev + ":" + path
	}
	return all
}

// plainPath says whether a repository can be asked for a path: mails name any.
func plainPath(path string) bool { return fs.ValidPath(path) && !strings.Contains(path, "\n") }

// lookUp finds the hashes of objects; nil where the repository cannot be read:
// the fetch stage says why.
func lookUp(ctx context.Context, mirrors *repos, location string, specs []string) (map[string]string, error) {
	repo, err := mirrors.at(ctx, location)
	if err == nil {
		var hashes []string
		if hashes, err = repo.Hashes(ctx, specs); err == nil {
			found := make(map[string]string, len(specs))
			for i, spec := range specs {
				found[spec] = hashes[i]
			}
			return found, nil
		}
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return nil, nil
}

// trial is the test of a proposal on that of its goals that has most of the
// files that it touches.
func (p proposal) trial(blobs map[string]map[string]string) (trial, bool) {
	best, most, unknown := -1, 0, false
	for i, g := range p.goals {
		have := 0
		for _, spec := range specs(g.tip.Hash, p.paths) {
			if blobs[g.location][spec] != "" {
				have++
			}
		}
		unknown = unknown || blobs[g.location] == nil
		if best < 0 || have > most {
			best, most = i, have
		}
	}
	if best < 0 {
		return trial{}, false
	}
	g := p.goals[best]
	t := trial{role: change.BranchFlag, source: g.source, what: p.patches[0].Title + " on " + shown(g.tip.Ref) + " of " + g.source.Name}
	parts := []string{rebaseVersion, input(g.source.Kind, g.source.Name), g.tip.Ref, p.base}
	for _, m := range p.patches {
		t.keys = append(t.keys, m.Key)
		parts = append(parts, m.Key)
	}
	for _, spec := range specs(g.tip.Hash, p.paths) {
		_, path, _ := strings.Cut(spec, ":")
		parts = append(parts, path, blobs[g.location][spec])
	}
	if !unknown {
		t.print = fingerprint(parts...)
	}
	t.run = func(ctx context.Context, with *tools) ([]TestedFlag, error) { return p.try(ctx, g, with) }
	return t, true
}

// proposals are the newest postings of series that are ours, or of which a local
// layer carries a patch, the newest first. Left out are those that people
// closed, those that are upstream, and old ones.
func (r *Rebaser) proposals(ctx context.Context, carried []Carried) ([]*proposal, error) {
	k, err := r.knownOfSeries(ctx, carried)
	if err != nil {
		return nil, err
	}
	bySeries := map[string]*review{}
	for _, p := range k.all {
		v := bySeries[p.SeriesKey]
		if v == nil {
			v = &review{Submission: &Submission{Key: p.SeriesKey}}
			bySeries[p.SeriesKey] = v
		}
		v.posted = append(v.posted, p)
		if !p.Superseded && len(v.Sent) == 0 {
			v.Sent = []Sent{{Key: p.PostingKey, At: p.Sent}}
		}
	}
	since := r.set.now().AddDate(0, -branchMonths, 0)
	var all []*proposal
	for _, key := range sortedKeys(bySeries) {
		v := bySeries[key]
		if len(v.Sent) == 0 || v.newest().At.Before(since) {
			continue
		}
		if k.look(v); !v.ours && !v.carried || k.closed(v).How != "" {
			continue
		}
		patches := k.patches(v)
		if landed, _ := k.landed(v); landed >= len(patches) {
			continue
		}
		slices.SortFunc(patches, func(a, b Posted) int { return cmp.Or(cmp.Compare(a.Part, b.Part), strings.Compare(a.Key, b.Key)) })
		all = append(all, &proposal{patches: patches})
	}
	slices.SortStableFunc(all, func(a, b *proposal) int { return b.patches[0].Sent.Compare(a.patches[0].Sent) })
	return all[:min(len(all), branchSeries)], nil
}

// knownOfSeries is what the store knows of series before they are judged.
func (r *Rebaser) knownOfSeries(ctx context.Context, carried []Carried) (*known, error) {
	k := &known{home: map[string]int64{}, carries: map[int64]bool{}, carried: index(carried, func(c Carried) string { return c.Key })}
	all, err := r.store.Sightings(ctx)
	if err != nil {
		return nil, err
	}
	k.locate(all)
	if k.all, err = r.store.PostedPatches(ctx); err != nil {
		return nil, err
	}
	k.posted = index(k.all, func(p Posted) string { return p.Key })
	matches, err := r.store.Matches(ctx)
	if err != nil {
		return nil, err
	}
	k.matches = group(matches, func(m change.Match) string { return m.Sighting })
	k.stages = r.set.stages
	decisions, err := r.store.Decisions(ctx)
	if err != nil {
		return nil, err
	}
	k.decisions = group(decisions, func(d change.Decision) string { return d.Subject })
	k.ofSeries = seriesDecisions(k.all, decisions)
	k.owned = ownershipOf(r.set.Rules, k.all, decisions)
	return k, nil
}

// aimed reads what proposals are meant for, and which files they touch.
func (r *Rebaser) aimed(ctx context.Context, proposals []*proposal) error {
	aims, err := r.store.Aimed(ctx)
	if err != nil {
		return err
	}
	byKey := index(aims, func(a Aimed) string { return a.Key })
	var ids []string
	for _, p := range proposals {
		for _, m := range p.patches {
			ids = append(ids, m.MessageID)
		}
	}
	files, err := r.store.PostedFiles(ctx, ids)
	if err != nil {
		return err
	}
	tips, err := r.tips(ctx)
	if err != nil {
		return err
	}
	for _, p := range proposals {
		a := byKey[p.patches[0].PostingKey]
		p.base, p.targets = a.Base, a.Targets
		for _, m := range p.patches {
			p.paths = union(p.paths, files[m.MessageID])
		}
		if len(p.paths) > 0 && len(p.paths) <= branchPaths {
			p.goals = r.set.goals(p.targets, tips)
		}
	}
	return nil
}

// tips are the recorded tips of layers and projects, by input.
func (r *Rebaser) tips(ctx context.Context) (map[string][]git.Tip, error) {
	sources, err := r.refs.Sources(ctx)
	if err != nil {
		return nil, err
	}
	tips := map[string][]git.Tip{}
	for _, s := range sources {
		if s.Kind != LayerSource && s.Kind != ProjectSource {
			continue
		}
		if tips[input(s.Kind, s.Name)], err = r.refs.Tips(ctx, s.ID); err != nil {
			return nil, err
		}
	}
	return tips, nil
}

// goals are the branches that targets stand for, each once: of a layer its
// branch, of a project those that the posting names, else its main one.
func (s Settings) goals(targets []Target, tips map[string][]git.Tip) (all []goal) {
	add := func(kind SourceKind, name, location string, named []string) {
		tip, ok := branchTip(tips[input(kind, name)], named)
		if ok && !slices.ContainsFunc(all, func(g goal) bool { return g.location == location && g.tip.Hash == tip.Hash }) {
			all = append(all, goal{Source{Kind: kind, Name: name}, location, tip})
		}
	}
	for _, t := range targets {
		for _, l := range s.Layers {
			if t.Kind == "layer" && l.Name == t.Name {
				add(LayerSource, l.Name, l.Location, []string{l.Branch})
			}
		}
		for _, p := range s.Projects {
			if t.Kind != "project" || p.Name != t.Name {
				continue
			}
			named := strings.Fields(t.Branch)
			for _, branch := range named {
				named = append(named, "linux-"+branch+".y") // as subjects name stable branches
			}
			if len(named) == 0 {
				named = p.mainBranches(tips[input(ProjectSource, p.Name)])
			}
			add(ProjectSource, p.Name, p.Location, named)
		}
	}
	return all
}

// branchTip is the tip of the first of the branches that there is.
func branchTip(tips []git.Tip, branches []string) (git.Tip, bool) {
	for _, branch := range branches {
		i := slices.IndexFunc(tips, func(t git.Tip) bool { return t.Ref == "refs/heads/"+branch })
		if i >= 0 {
			return tips[i], true
		}
	}
	return git.Tip{}, false
}

// mainBranches are the branches that count as merged, the one first to which a
// patch goes that names none: by its name, else the one that moved last.
func (p Project) mainBranches(tips []git.Tip) []string {
	usual := []string{"main", "master", "trunk", "devel", "develop"}
	rank := func(branch string) int {
		if i := slices.Index(usual, branch); i >= 0 {
			return i
		}
		return len(usual)
	}
	var heads []git.Tip
	for _, t := range tips {
		if branch, ok := branchOf(t.Ref); ok && !p.stages(branch) && p.Counts(t.Ref) {
			heads = append(heads, t)
		}
	}
	slices.SortFunc(heads, func(a, b git.Tip) int {
		return cmp.Or(cmp.Compare(rank(shown(a.Ref)), rank(shown(b.Ref))), b.Time.Compare(a.Time), strings.Compare(a.Ref, b.Ref))
	})
	names := make([]string, len(heads))
	for i, t := range heads {
		names[i] = shown(t.Ref)
	}
	return names
}
