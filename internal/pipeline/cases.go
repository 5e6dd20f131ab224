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
	"github.com/upstreamd/upstreamd/internal/patch"
)

// A Case is what people said of one patch and one project: an example by which
// the matching engine can be measured.
type Case struct {
	Sighting string
	Project  string
	Said     string    // "confirmed", "linked" or "rejected"
	When     time.Time // when it was said last
	Targets  []string  // the commits that merged it; none if it was not merged
	Rejected []string  // the commits that are not it
	Rev      string    // whose history was searched then
	Patch    *patch.Patch
	Left     string // why it makes no example; "" if it does
}

// A caseStore is what [Cases] needs of the store.
type caseStore interface {
	patchStore
	Decisions(ctx context.Context) ([]change.Decision, error)
	Matches(ctx context.Context) ([]change.Match, error)
}

// A moveStore has the tips of sources and what moved them.
type moveStore interface {
	tipStore
	// Moves are the last moves of a source's refs, the newest first, with the
	// time when each was seen.
	Moves(ctx context.Context, source int64, limit int) ([]git.RefMove, []time.Time, error)
}

// A CaseReader makes cases of what people decided.
type CaseReader struct {
	store   caseStore
	matcher *Matcher // to find and read patches
	moves   moveStore
	sources map[string]int64 // ids of projects
}

// NewCaseReader returns a reader of the cases in a store.
func NewCaseReader(store caseStore, st MatchStores, moves moveStore, set Settings) *CaseReader {
	return &CaseReader{store: store, matcher: NewMatcher(st, set), moves: moves}
}

// Cases are all decisions about commits of the configured projects, by project
// and sighting. What was decided about a patch that cannot be read any more,
// or of which nothing clear was said, is told with the reason.
func (r *CaseReader) Cases(ctx context.Context) ([]Case, error) {
	decisions, err := r.store.Decisions(ctx)
	if err != nil {
		return nil, err
	}
	matches, err := r.store.Matches(ctx)
	if err != nil {
		return nil, err
	}
	sources, err := r.moves.Sources(ctx)
	if err != nil {
		return nil, err
	}
	r.sources = map[string]int64{}
	for _, s := range sources {
		if s.Kind == ProjectSource {
			r.sources[s.Name] = s.ID
		}
	}
	cases := decidedCases(r.matcher.set.Projects, decisions, matches)
	patches := NewPatches(r.matcher.mails, r.matcher.set)
	defer patches.Close()
	read, err := r.readers(ctx, patches)
	if err != nil {
		return nil, err
	}
	for i := range cases {
		if err := r.finish(ctx, &cases[i], read); err != nil {
			return nil, err
		}
	}
	return cases, nil
}

// readers read the patches of sightings, by key.
func (r *CaseReader) readers(ctx context.Context, patches *Patches) (map[string]seen, error) {
	var f found
	var err error
	if f.carried, err = r.store.CarriedPatches(ctx); err != nil {
		return nil, err
	}
	if f.posted, err = r.store.PostedPatches(ctx); err != nil {
		return nil, err
	}
	if f.nested, err = r.matcher.nested.NestedPatches(ctx); err != nil {
		return nil, err
	}
	if f.twins, err = r.matcher.twins.Twins(ctx); err != nil {
		return nil, err
	}
	return index(patches.sightings(f), func(s seen) string { return s.key }), nil
}

// decidedCases are the cases of decisions, which are in the order in which
// they were made.
func decidedCases(projects []Project, decisions []change.Decision, matches []change.Match) []Case {
	type key struct{ sighting, project string }
	said := map[key]map[string]change.Decision{} // the last word about each commit
	for _, d := range decisions {
		for _, p := range projects {
			hash, ok := strings.CutPrefix(d.Object, change.CommitKey(p.Name, ""))
			if !ok || d.Kind != change.Confirm && d.Kind != change.Reject && d.Kind != change.Link {
				continue
			}
			k := key{d.Subject, p.Name}
			if said[k] == nil {
				said[k] = map[string]change.Decision{}
			}
			said[k][hash] = d
		}
	}
	found := map[key]change.Match{}
	for _, m := range matches {
		found[key{m.Sighting, m.Project}] = m
	}
	var cases []Case
	for k, commits := range said {
		c := Case{Sighting: k.sighting, Project: k.project, Said: "rejected"}
		for _, hash := range sortedKeys(commits) {
			d := commits[hash]
			switch d.Kind {
			case change.Reject:
				c.Rejected = append(c.Rejected, hash)
			case change.Confirm:
				c.Said, c.Targets = "confirmed", append(c.Targets, hash)
			case change.Link:
				c.Said, c.Targets = "linked", append(c.Targets, hash)
			}
			if d.At.After(c.When) {
				c.When = d.At
			}
		}
		c.weigh(found[k])
		cases = append(cases, c)
	}
	slices.SortFunc(cases, func(a, b Case) int {
		return cmp.Or(strings.Compare(a.Project, b.Project), strings.Compare(a.Sighting, b.Sighting))
	})
	return cases
}

// weigh looks at what the engine says now: the pieces of what was confirmed are
// right too, and who rejected one commit has not said that no other is it.
func (c *Case) weigh(m change.Match) {
	if slices.Contains(c.Targets, m.Commit) {
		for _, piece := range m.Commits {
			if !slices.Contains(c.Targets, piece) && !slices.Contains(c.Rejected, piece) {
				c.Targets = append(c.Targets, piece)
			}
		}
	}
	if len(c.Targets) == 0 && m.Commit != "" && !slices.Contains(c.Rejected, m.Commit) {
		c.Left = fmt.Sprintf("%.12s was found since, of which nobody has said anything", m.Commit)
	}
}

// finish reads the patch and finds the revision.
func (r *CaseReader) finish(ctx context.Context, c *Case, read map[string]seen) error {
	if c.Left != "" {
		return nil
	}
	s, ok := read[c.Sighting]
	if !ok {
		c.Left = "the patch is not known any more"
		return nil
	}
	var err error
	if c.Patch, err = s.read(ctx); err != nil && unreadable(err) {
		c.Left = "the patch cannot be read: " + err.Error()
		return nil
	} else if err != nil {
		return fmt.Errorf("%s: %w", c.Sighting, err)
	}
	if c.Rev, err = r.searched(ctx, *c); errors.Is(err, git.ErrNotFound) {
		c.Left, err = err.Error(), nil
	}
	return err
}

// maxMoves is how far back the moves of a project are looked at.
const maxMoves = 10000

// searched is the tip, as it was when the decision was made, of a branch that
// has the commits in question; of a tag where no branch has them.
func (r *CaseReader) searched(ctx context.Context, c Case) (string, error) {
	i := slices.IndexFunc(r.matcher.set.Projects, func(p Project) bool { return p.Name == c.Project })
	p := r.matcher.set.Projects[i]
	repo, err := NewMirrors(r.matcher.set.Cache).Open(ctx, p.Location)
	if err != nil {
		return "", err
	}
	tips, err := r.moves.Tips(ctx, r.sources[c.Project])
	if err != nil {
		return "", err
	}
	moves, seen, err := r.moves.Moves(ctx, r.sources[c.Project], maxMoves)
	if err != nil {
		return "", err
	}
	commits := slices.Concat(c.Targets, c.Rejected)
	if len(c.Targets) > 0 {
		commits = c.Targets
	}
	for _, at := range [][]git.Tip{tipsAt(tips, moves, seen, c.When), tips} {
		for _, tags := range []bool{false, true} {
			for _, t := range at {
				branch, ok := branchOf(t.Ref)
				if ok == tags || !p.Counts(t.Ref) || p.stages(branch) {
					continue
				}
				if has, err := hasAll(ctx, repo, t.Hash, commits); err != nil && ctx.Err() != nil {
					return "", err
				} else if err == nil && has {
					return t.Hash, nil
				}
			}
		}
	}
	return "", fmt.Errorf("no branch or tag that counts has %.12s: %w", commits[0], git.ErrNotFound)
}

// hasAll says whether all commits can be reached from a tip.
func hasAll(ctx context.Context, repo *git.Repo, tip string, commits []string) (bool, error) {
	for _, c := range commits {
		if ok, err := repo.IsAncestor(ctx, c, tip); err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

// tipsAt are the tips as they were at some time: moves that were seen later
// are undone. Moves are the newest first.
func tipsAt(tips []git.Tip, moves []git.RefMove, seen []time.Time, when time.Time) []git.Tip {
	at := map[string]string{}
	for _, t := range tips {
		at[t.Ref] = t.Hash
	}
	for i, m := range moves {
		if seen[i].After(when) {
			at[m.Ref] = m.Old
		}
	}
	var were []git.Tip
	for _, ref := range sortedKeys(at) {
		if at[ref] != "" {
			were = append(were, git.Tip{Ref: ref, Hash: at[ref]})
		}
	}
	return were
}
