package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/version"
)

// movesVersion is part of the fingerprint of what was followed: raise it when
// more is seen, and all histories are followed again.
const movesVersion = "1"

// seenMoves is how many moves of refs are looked through for tags that moved.
const seenMoves = 10000

// A ScannedRecipe is a recipe or append as the scan stage keeps it.
type ScannedRecipe struct {
	RecipeRemote
	File       string
	Append     bool
	PV, PE, PR string
	Floating   bool   // it builds whatever is newest
	Inactive   string // why bitbake would not take it; ""
}

// A recipeStore has what layers contain.
type recipeStore interface {
	remoteStore
	ScannedRecipes(ctx context.Context) ([]ScannedRecipe, error)
	CarriedPatches(ctx context.Context) ([]Carried, error)
}

// A versionMoveStore keeps versions that moved.
type versionMoveStore interface {
	PutMoves(ctx context.Context, source int64, moves []Move, anew bool) error
	VersionMoves(ctx context.Context, ask MoveQuery) ([]Move, error)
	PutBehind(ctx context.Context, list []Behind) error
}

// A refMoveStore has the tips of sources and how they moved.
type refMoveStore interface {
	tipStore
	// Moves returns the latest moves of a source's refs and when each was
	// seen, newest first.
	Moves(ctx context.Context, source int64, limit int) ([]git.RefMove, []time.Time, error)
}

// MoveStores are the parts of the store that [Mover] needs.
type MoveStores struct {
	Recipes recipeStore
	Moves   versionMoveStore
	Refs    refMoveStore
	Log     sourceLog
}

// A Mover is the stage that follows the versions of recipes and projects.
type Mover struct {
	MoveStores
	set Settings
}

// NewMover returns the moves stage.
func NewMover(st MoveStores, set Settings) *Mover { return &Mover{st, set} }

// Stage is the moves stage.
func (m *Mover) Stage() Stage {
	return Stage{Name: "moves", Every: 10 * time.Minute, Run: whole(m.run)}
}

// run follows every layer and project that moved since the last time, and then
// says which of our versions are behind.
func (m *Mover) run(ctx context.Context) (Report, error) {
	var rep Report
	recipes, err := m.Recipes.ScannedRecipes(ctx)
	if err != nil {
		return rep, err
	}
	carried, err := m.Recipes.CarriedPatches(ctx)
	if err != nil {
		return rep, err
	}
	sources, err := m.Refs.Sources(ctx)
	if err != nil {
		return rep, err
	}
	set, err := m.set.Resolve(ctx, m.Recipes)
	if err != nil {
		return rep, err
	}
	found, err := m.layers(ctx, sources, interests(m.set.localLayers(), recipes, carried), &rep)
	if err != nil {
		return rep, err
	}
	n, err := m.projects(ctx, set, sources)
	if err != nil {
		return rep, err
	}
	if found += n; found > 0 {
		rep.Done = fmt.Sprintf("%d versions moved", found)
	}
	return rep, m.behind(ctx, set, recipes, carried)
}

// interests are the names of recipes that local layers have, append or patch,
// sorted.
func interests(local map[string]bool, recipes []ScannedRecipe, carried []Carried) []string {
	names := map[string]bool{}
	for _, r := range recipes {
		if local[r.Layer] {
			names[plainName(r.PN)] = true
		}
	}
	for _, c := range carried {
		if c.Recipe != "" {
			names[plainName(c.Recipe)] = true
		}
	}
	delete(names, layer.Unknown)
	return sortedKeys(names)
}

// layers follows the layers whose scanned commit is not the one that was
// followed last, and returns how many moves are new.
func (m *Mover) layers(ctx context.Context, sources []Source, names []string, rep *Report) (int, error) {
	var all []opened
	for _, l := range m.set.Layers {
		i := slices.IndexFunc(sources, func(s Source) bool { return s.Kind == LayerSource && s.Name == l.Name })
		commit, err := m.Log.Cursor(ctx, "scan", l.cursor())
		if err != nil {
			return 0, err
		}
		if i < 0 || commit == "" {
			continue // it was not scanned: the scan stage has said why
		}
		repo, err := recorded{m.Refs, m.set}.open(ctx, l.Location)
		if errors.Is(err, git.ErrNotFound) {
			continue // the fetch stage has said why
		} else if err != nil {
			return 0, err
		}
		all = append(all, opened{Layer: l, id: sources[i].ID, repo: repo, commit: commit})
	}
	open, found := m.set.archives(all), 0
	for _, l := range all {
		n, err := m.layer(ctx, l, names, open)
		problem := ""
		if ctx.Err() != nil {
			return found, ctx.Err()
		} else if err != nil {
			problem = err.Error()
			rep.problem("layer "+l.Name, err)
		}
		if err := m.set.mark(ctx, m.Log, "moves", l.source(), problem); err != nil {
			return found, err
		}
		found += n
	}
	return found, nil
}

// layer follows one layer: of our own all recipes, of others those of names. What
// was followed before is not followed again unless the history or what is asked
// for is another.
func (m *Mover) layer(ctx context.Context, l opened, names []string, open func(context.Context, layer.Source) (*layer.Archive, error)) (int, error) {
	print := fingerprint(append([]string{movesVersion, l.Location, l.Branch, l.Subdir, fmt.Sprint(l.Local)}, names...)...)
	if l.Local {
		print = fingerprint(movesVersion, l.Location, l.Branch, l.Subdir)
	}
	was, err := m.Log.Cursor(ctx, "moves", l.cursor())
	if err != nil || was == print+" "+l.commit {
		return 0, err
	}
	o := layer.MoveOptions{Archive: open, Progress: m.set.Progress}
	if !l.Local {
		wanted := map[string]bool{}
		for _, n := range names {
			wanted[n] = true
		}
		o.Only = func(pn string) bool { return wanted[plainName(pn)] }
	}
	if before, last, _ := strings.Cut(was, " "); before == print {
		if on, err := l.repo.IsAncestor(ctx, last, l.commit); err == nil && on {
			o.Since = last
		}
	}
	moves, err := layer.Moves(ctx, l.scanned(), o)
	if err != nil {
		return 0, err
	}
	list := make([]Move, len(moves))
	for i, mv := range moves {
		list[i] = Move{Move: mv, Branch: l.Branch}
	}
	return len(list), m.put(ctx, l.id, list, o.Since == "", func(ctx context.Context) error {
		return m.Log.SetCursor(ctx, "moves", l.cursor(), print+" "+l.commit)
	})
}

// put stores moves and the cursor together.
func (m *Mover) put(ctx context.Context, source int64, moves []Move, anew bool, done func(context.Context) error) error {
	return m.Log.InTx(ctx, func(ctx context.Context) error {
		if err := m.Moves.PutMoves(ctx, source, moves, anew); err != nil {
			return err
		}
		return done(ctx)
	})
}

// projects follows the tags of projects, and returns how many moves there are of
// those that changed.
func (m *Mover) projects(ctx context.Context, set Settings, sources []Source) (found int, err error) {
	for _, src := range sources {
		i := slices.IndexFunc(set.Projects, func(p Project) bool { return src.Kind == ProjectSource && p.Name == src.Name })
		if i < 0 {
			continue
		}
		p := set.Projects[i]
		tips, err := m.Refs.Tips(ctx, src.ID)
		if err != nil {
			return found, err
		}
		at := input(ProjectSource, p.Name)
		print := fingerprint(append([]string{movesVersion, tipsPrint(tips)}, p.Tags...)...)
		if was, err := m.Log.Cursor(ctx, "moves", at); err != nil {
			return found, err
		} else if was == print {
			continue
		}
		refs, seen, err := m.Refs.Moves(ctx, src.ID, seenMoves)
		if err != nil {
			return found, err
		}
		moves := append(p.tagMoves(tips), p.retags(refs, seen)...)
		found += len(moves)
		err = m.put(ctx, src.ID, moves, true, func(ctx context.Context) error { return m.Log.SetCursor(ctx, "moves", at, print) })
		if err != nil {
			return found, err
		}
	}
	return found, nil
}

// tagMoves are the tags that were the newest release when they came, by the
// times of their commits. Old releases that get another fix are none.
func (p Project) tagMoves(tips []git.Tip) (moves []Move) {
	type release struct {
		git.Tip
		tag, version string
	}
	var releases []release
	for _, t := range tips {
		tag := tagName(t)
		if v := p.VersionOf(tag); v != "" && !strings.Contains(v, "~") && !isPrerelease(v) {
			releases = append(releases, release{t, tag, v})
		}
	}
	slices.SortFunc(releases, func(a, b release) int {
		return cmp.Or(a.Time.Compare(b.Time), version.Compare(a.version, b.version), strings.Compare(a.tag, b.tag))
	})
	var newest release
	for _, t := range releases {
		if newest.tag != "" && version.Compare(t.version, newest.version) <= 0 {
			continue
		}
		moves = append(moves, Move{Move: layer.Move{
			Source: p.Name, Kind: TagMove, PN: p.Name, From: newest.tag, To: t.tag, FromRev: newest.Hash, ToRev: t.Hash,
			Commit: t.Hash, At: t.Time,
		}})
		newest = t
	}
	return moves
}

// tagName is the name of a tag, "" for what is none.
func tagName(t git.Tip) string {
	name, ok := strings.CutPrefix(t.Ref, "refs/tags/")
	if !ok {
		return ""
	}
	return name
}

// retags are the releases of which a tag was put onto another commit, seen at
// that time.
func (p Project) retags(refs []git.RefMove, seen []time.Time) (moves []Move) {
	for i, r := range refs {
		tag, ok := strings.CutPrefix(r.Ref, "refs/tags/")
		if !ok || r.Old == "" || r.New == "" || p.VersionOf(tag) == "" {
			continue
		}
		moves = append(moves, Move{Move: layer.Move{
			Source: p.Name, Kind: RetagMove, PN: p.Name, From: tag, To: tag, FromRev: r.Old, ToRev: r.New, Commit: r.New, At: seen[i],
		}})
	}
	return moves
}

// behind says anew how our versions stand to those of others.
func (m *Mover) behind(ctx context.Context, set Settings, recipes []ScannedRecipe, carried []Carried) error {
	tips, err := projectTips(ctx, m.Refs)
	if err != nil {
		return err
	}
	moves, err := m.Moves.VersionMoves(ctx, MoveQuery{})
	if err != nil {
		return err
	}
	return m.Moves.PutBehind(ctx, FindBehind(Standings{Settings: set, Recipes: recipes, Carried: carried, Tips: tips, Moves: moves}))
}
