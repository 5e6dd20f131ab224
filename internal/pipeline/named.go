package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// namedVersion is part of the fingerprint of what a claim names: raise it when
// it is looked up in another way.
const namedVersion = "2"

// A Named is a commit that a carried patch's Upstream-Status names, as one
// project has it.
type Named struct {
	Sighting string // key of the carried patch
	Input    string // fingerprint of all that the answer depends on
	change.NamedCommit
	At time.Time // of the commit
}

// A RecipePin is what a recipe of a layer builds.
type RecipePin struct {
	Layer    string // name of the source
	PN, PV   string
	SRCREV   string // as the recipe has it; ""
	Floating bool   // it builds whatever is newest: PV and SRCREV say nothing of it
}

// A namedStore is what [Namer] needs of the store.
type namedStore interface {
	remoteStore
	CarriedPatches(ctx context.Context) ([]Carried, error)
	RecipePins(ctx context.Context) ([]RecipePin, error)
	Named(ctx context.Context) ([]Named, error)
	PutNamed(ctx context.Context, all []Named) error
}

// A Namer is the stage that looks up the commits that carried patches claim to
// be backports of: whether there are such commits, and which versions contain
// them.
type Namer struct {
	store   namedStore
	refs    tipStore
	sources sourceLog
	set     Settings
}

// NewNamer returns the claims stage.
func NewNamer(store namedStore, refs tipStore, sources sourceLog, set Settings) *Namer {
	return &Namer{store: store, refs: refs, sources: sources, set: set}
}

// Stage is the claims stage.
func (n *Namer) Stage() Stage {
	return Stage{Name: "claims", Every: 10 * time.Minute, Run: whole(n.run)}
}

// A naming is one claim that names commits, to be looked up in one project.
type naming struct {
	carried Carried
	commits []string
	input   string
}

// run looks up what is not as it was. Where a project cannot be read its
// answers stay.
func (n *Namer) run(ctx context.Context) (Report, error) {
	var rep Report
	set, err := n.set.Resolve(ctx, n.store)
	if err != nil {
		return rep, err
	}
	n = NewNamer(n.store, n.refs, n.sources, set)
	carried, err := n.store.CarriedPatches(ctx)
	if err != nil {
		return rep, err
	}
	pins, err := n.store.RecipePins(ctx)
	if err != nil {
		return rep, err
	}
	was, err := n.store.Named(ctx)
	if err != nil {
		return rep, err
	}
	tips, err := projectTips(ctx, n.refs)
	if err != nil {
		return rep, err
	}
	known := index(was, func(a Named) string { return a.Sighting + "\x1f" + a.Project })
	var all []Named
	asked, found := 0, 0
	for _, p := range n.set.Projects {
		builds := pinsOf(p, pins)
		var fresh []naming
		for _, q := range p.namings(carried, builds, tips[p.Name], n.set.localLayers()) {
			if a, ok := known[q.carried.Key+"\x1f"+p.Name]; ok && a.Input == q.input {
				all = append(all, a)
				continue
			}
			fresh = append(fresh, q)
		}
		answers, err := n.lookUp(ctx, p, fresh, builds, tips[p.Name])
		problem := ""
		switch {
		case ctx.Err() != nil:
			return rep, ctx.Err()
		case err != nil:
			if !errors.Is(err, git.ErrNotFound) { // then the fetch stage has said why
				problem = err.Error()
				rep.problem("project "+p.Name, err)
			}
			for _, q := range fresh {
				if a, ok := known[q.carried.Key+"\x1f"+p.Name]; ok {
					all = append(all, a)
				}
			}
		}
		if err := n.set.mark(ctx, n.sources, "claims", Source{Kind: ProjectSource, Name: p.Name}, problem); err != nil {
			return rep, err
		}
		all = append(all, answers...)
		asked += len(answers)
		for _, a := range answers {
			if a.Commit != "" {
				found++
			}
		}
	}
	if asked > 0 {
		rep.Done = fmt.Sprintf("%d of %d commits that claims name were found", found, asked)
	} else if len(all) == len(was) {
		return rep, nil
	}
	return rep, n.store.PutNamed(ctx, all)
}

// pinsOf are the recipes that build a project.
func pinsOf(p Project, pins []RecipePin) (of []RecipePin) {
	for _, r := range pins {
		if p.Serves(r.PN) && r.PV != layer.Unknown {
			of = append(of, r)
		}
	}
	return of
}

// localLayers says of each layer whether it is ours.
func (s Settings) localLayers() map[string]bool {
	local := map[string]bool{}
	for _, l := range s.Layers {
		local[l.Name] = l.Local
	}
	return local
}

// namings are the claims to look up in the project.
func (p Project) namings(carried []Carried, builds []RecipePin, tips []git.Tip, local map[string]bool) (list []naming) {
	if len(tips) == 0 {
		return nil
	}
	project := []string{namedVersion, p.Location, strings.Join(p.Tags, " ")}
	for _, t := range tips {
		project = append(project, t.Ref, t.Hash)
	}
	for _, r := range builds {
		project = append(project, r.Layer, r.PN, r.PV, r.SRCREV, fmt.Sprint(r.Floating, local[r.Layer]))
	}
	base := fingerprint(project...)
	for _, c := range carried {
		if c.Kind != CarriedFile || !c.Dropped.IsZero() || !p.Serves(c.Recipe) {
			continue
		}
		commits := patch.FindNamed(c.Status.Detail).Commits
		if len(commits) == 0 || c.Status.Kind != "Backport" && c.Status.Kind != "Accepted" {
			continue
		}
		list = append(list, naming{c, commits, fingerprint(base, c.Recipe, c.PV, fmt.Sprint(c.Floating), strings.Join(commits, " "))})
	}
	return list
}

// lookUp answers for each claim: the first of the commits that it names that
// the project has. A version counts only if it has all that are named.
func (n *Namer) lookUp(ctx context.Context, p Project, list []naming, builds []RecipePin, tips []git.Tip) (answers []Named, err error) {
	if len(list) == 0 {
		return nil, nil
	}
	repo, err := recorded{n.refs, n.set}.open(ctx, p.Location)
	if err != nil {
		return nil, err
	}
	in := p.versionsIn(ctx, repo, tips)
	in.local = n.set.localLayers()
	for i, q := range list {
		n.set.Progress.Report("look up commits of "+p.Name, i, len(list))
		a := Named{Sighting: q.carried.Key, Input: q.input, NamedCommit: change.NamedCommit{Project: p.Name}}
		commits, err := commitsAt(ctx, repo, q.commits)
		if err != nil {
			return nil, err
		}
		if len(commits) > 0 {
			c := commits[0]
			a.Commit, a.Subject, a.At = c.Hash, c.Subject, c.CommitTime
			if err := in.fill(&a, q, commits, builds); err != nil {
				return nil, err
			}
		}
		answers = append(answers, a)
	}
	return answers, nil
}

// commitsAt are the commits of those names that the project has.
func commitsAt(ctx context.Context, repo *git.Repo, names []string) (found []*git.Commit, err error) {
	for _, name := range names {
		c, err := commitAt(ctx, repo, name)
		switch {
		case errors.Is(err, git.ErrNotFound):
			continue
		case err != nil:
			return nil, err
		}
		found = append(found, c)
	}
	return found, nil
}

// commitAt is the commit of a full or short hash.
func commitAt(ctx context.Context, repo *git.Repo, name string) (found *git.Commit, err error) {
	hash, err := repo.Resolve(ctx, name)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(hash, name) { // a branch or tag of that name
		return nil, fmt.Errorf("commit %s: %w", name, git.ErrNotFound)
	}
	err = repo.Log(ctx, git.LogQuery{Revs: []string{hash}, Only: true, Merges: true, Max: 1}, func(c *git.Commit) error {
		found = c
		return nil
	})
	if err == nil && found == nil {
		err = fmt.Errorf("commit %s: %w", name, git.ErrNotFound)
	}
	return found, err
}

// A versionsIn knows which versions of a project contain a commit.
type versionsIn struct {
	ctx     context.Context
	project Project
	repo    *git.Repo
	tags    []string
	local   map[string]bool // names of layers that are ours
}

func (p Project) versionsIn(ctx context.Context, repo *git.Repo, tips []git.Tip) versionsIn {
	in := versionsIn{ctx: ctx, project: p, repo: repo}
	for _, t := range tips {
		if tag, ok := strings.CutPrefix(t.Ref, "refs/tags/"); ok {
			in.tags = append(in.tags, tag)
		}
	}
	return in
}

// fill says which tags contain the commits, and the versions of which layers.
// Where one that is named was not found, no version is known to have it all.
func (in versionsIn) fill(a *Named, q naming, commits []*git.Commit, builds []RecipePin) error {
	c := q.carried
	a.Tags = in.tags
	for _, at := range commits {
		refs, err := in.repo.Containing(in.ctx, at.Hash)
		if err != nil {
			return err
		}
		a.Tags = slices.DeleteFunc(slices.Clone(a.Tags), func(tag string) bool { return !slices.Contains(refs, "refs/tags/"+tag) })
	}
	in.project.SortTags(a.Tags)
	slices.SortStableFunc(a.Tags, func(x, y string) int { // the first is told, and a snapshot is no release
		return cmp.Compare(in.noRelease(x), in.noRelease(y))
	})
	if len(commits) < len(q.commits) {
		return nil
	}
	own := RecipePin{Layer: c.Layer, PN: c.Recipe, PV: c.PV, Floating: c.Floating}
	for _, r := range builds {
		if r.Layer == c.Layer && r.PN == c.Recipe && r.PV == c.PV {
			own = r
		}
	}
	var err error
	if a.In, err = in.version(own, a.Tags, commits); err != nil {
		return err
	}
	for _, r := range builds {
		if in.local[r.Layer] || slices.Contains(a.Shipped, r.Layer) {
			continue
		}
		v, err := in.version(r, a.Tags, commits)
		if err != nil {
			return err
		}
		if v != "" {
			a.Shipped = append(a.Shipped, r.Layer)
		}
	}
	slices.SortFunc(a.Shipped, cmp.Compare)
	return nil
}

// noRelease is 1 for a tag that stands for no version.
func (in versionsIn) noRelease(tag string) int {
	if in.project.VersionOf(tag) == "" {
		return 1
	}
	return 0
}

// fullHash is a SRCREV that is a commit, no tag and no AUTOREV.
var fullHash = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// version is the tag or commit that a recipe builds, if it contains the commits,
// which tags have; else "". What builds whatever is newest has no version.
func (in versionsIn) version(r RecipePin, tags []string, commits []*git.Commit) (string, error) {
	if r.Floating {
		return "", nil
	}
	if !fullHash.MatchString(r.SRCREV) {
		if tag := in.project.TagOf(r.PV, in.tags); tag != "" && slices.Contains(tags, tag) {
			return tag, nil
		}
		return "", nil
	}
	if _, err := in.repo.Resolve(in.ctx, r.SRCREV); err != nil {
		if errors.Is(err, git.ErrNotFound) {
			err = nil
		}
		return "", err
	}
	for _, c := range commits {
		if ok, err := in.repo.IsAncestor(in.ctx, c.Hash, r.SRCREV); err != nil || !ok {
			return "", err
		}
	}
	return fmt.Sprintf("%s (%.12s)", r.PV, r.SRCREV), nil
}
