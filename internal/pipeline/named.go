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
const namedVersion = "1"

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
	Layer  string // name of the source
	PN, PV string
	SRCREV string // as the recipe has it; ""
}

// A namedStore is what [Namer] needs of the store.
type namedStore interface {
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
		for _, q := range p.namings(carried, builds, tips[p.Name]) {
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

// namings are the claims to look up in the project.
func (p Project) namings(carried []Carried, builds []RecipePin, tips []git.Tip) (list []naming) {
	if len(tips) == 0 {
		return nil
	}
	project := []string{namedVersion, p.Location, strings.Join(p.Tags, " ")}
	for _, t := range tips {
		project = append(project, t.Ref, t.Hash)
	}
	for _, r := range builds {
		project = append(project, r.Layer, r.PN, r.PV, r.SRCREV)
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
		list = append(list, naming{c, commits, fingerprint(base, c.Recipe, c.PV, strings.Join(commits, " "))})
	}
	return list
}

// lookUp answers for each claim: the first of the commits that it names that
// the project has.
func (n *Namer) lookUp(ctx context.Context, p Project, list []naming, builds []RecipePin, tips []git.Tip) (answers []Named, err error) {
	if len(list) == 0 {
		return nil, nil
	}
	repo, err := recorded{n.refs, n.set}.open(ctx, p.Location)
	if err != nil {
		return nil, err
	}
	in := p.versionsIn(ctx, repo, tips)
	for _, l := range n.set.Layers {
		in.local[l.Name] = l.Local
	}
	for i, q := range list {
		n.set.Progress.Report("look up commits of "+p.Name, i, len(list))
		a := Named{Sighting: q.carried.Key, Input: q.input, NamedCommit: change.NamedCommit{Project: p.Name}}
		for _, name := range q.commits {
			c, err := commitAt(ctx, repo, name)
			switch {
			case errors.Is(err, git.ErrNotFound):
				continue
			case err != nil:
				return nil, err
			}
			a.Commit, a.Subject, a.At = c.Hash, c.Subject, c.CommitTime
			break
		}
		if a.Commit != "" {
			if err := in.fill(&a, q.carried, builds); err != nil {
				return nil, err
			}
		}
		answers = append(answers, a)
	}
	return answers, nil
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
	in := versionsIn{ctx: ctx, project: p, repo: repo, local: map[string]bool{}}
	for _, t := range tips {
		if tag, ok := strings.CutPrefix(t.Ref, "refs/tags/"); ok {
			in.tags = append(in.tags, tag)
		}
	}
	return in
}

// fill says which tags contain the commit, and the versions of which layers.
func (in versionsIn) fill(a *Named, c Carried, builds []RecipePin) error {
	refs, err := in.repo.Containing(in.ctx, a.Commit)
	if err != nil {
		return err
	}
	for _, ref := range refs {
		if tag, ok := strings.CutPrefix(ref, "refs/tags/"); ok && slices.Contains(in.tags, tag) {
			a.Tags = append(a.Tags, tag)
		}
	}
	in.project.SortTags(a.Tags)
	own := RecipePin{Layer: c.Layer, PN: c.Recipe, PV: c.PV}
	for _, r := range builds {
		if r.Layer == c.Layer && r.PN == c.Recipe && r.PV == c.PV {
			own = r
		}
	}
	if a.In, err = in.version(own, a); err != nil {
		return err
	}
	for _, r := range builds {
		if in.local[r.Layer] || slices.Contains(a.Shipped, r.Layer) {
			continue
		}
		v, err := in.version(r, a)
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

// fullHash is a SRCREV that is a commit, no tag and no AUTOREV.
var fullHash = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// version is the tag or commit that a recipe builds, if it contains the commit;
// else "".
func (in versionsIn) version(r RecipePin, a *Named) (string, error) {
	if !fullHash.MatchString(r.SRCREV) {
		if tag := in.project.TagOf(r.PV, in.tags); tag != "" && slices.Contains(a.Tags, tag) {
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
	ok, err := in.repo.IsAncestor(in.ctx, a.Commit, r.SRCREV)
	if err != nil || !ok {
		return "", err
	}
	return fmt.Sprintf("%s (%.12s)", r.PV, r.SRCREV), nil
}
