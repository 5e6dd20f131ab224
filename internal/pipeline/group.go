package pipeline

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/diffmatch"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// groupVersion is part of the fingerprint of a grouping: raise it when the
// rules below change.
const groupVersion = "6"

// A changeStore is what [Matcher] needs of the store to say which sightings
// are one change.
type changeStore interface {
	txer
	cursorStore
	likenessStore
	Decisions(ctx context.Context) ([]change.Decision, error)
	// PutChanges makes the changes in the store equal to the clusters and
	// returns how many differed. A change keeps its id while any of its
	// carried or posted sightings stays with it.
	PutChanges(ctx context.Context, clusters []Cluster) (changed int, err error)
}

// A grouping puts the sightings that are one change together. It is made anew
// from what was seen, matched and decided, so that the order in which things
// came cannot matter.
type grouping struct {
	set     Settings
	carried map[string]Carried
	posted  map[string]Posted
	offered map[string]Nested // that have a patch
	outer   map[string]Posted // the posted patches that those are in, by message-id
	twins   map[string][]Twin // those that are the same change, by the key of ours
	matches map[string][]change.Match
	decided []change.Decision
	owned   ownership
	apart   map[[2]string]bool // pairs of sightings that a person rejected
	parent  map[string]string  // union-find over the keys of sightings
	alike   map[[2]string]change.Likeness
	patches map[string]*patch.Patch // that are in the sets
	odd     map[string]string       // why a sighting has no patch
	before  before
}

// groupChanges puts sightings together and stores the changes, if anything
// that matters has changed since the last time.
func (m *Matcher) groupChanges(ctx context.Context, f found, patches *Patches) (changed int, err error) {
	matches, err := m.store.Matches(ctx)
	if err != nil {
		return 0, err
	}
	decisions, err := m.changes.Decisions(ctx)
	if err != nil {
		return 0, err
	}
	print, err := m.groupPrint(f, matches, decisions)
	if err != nil {
		return 0, err
	}
	if was, err := m.changes.Cursor(ctx, "match", "changes"); err != nil || was == print {
		return 0, err
	}
	g := newGrouping(m.set, f, matches, decisions)
	if err := g.remember(ctx, m.changes); err != nil {
		return 0, err
	}
	if err := g.joinAll(ctx, patches.sightings(f)); err != nil {
		return 0, err
	}
	err = m.changes.InTx(ctx, func(ctx context.Context) error {
		if changed, err = m.changes.PutChanges(ctx, g.clusters()); err != nil {
			return err
		}
		for _, name := range sortedKeys(g.before.now) {
			if err := m.changes.SetCursor(ctx, "alike", name, g.before.now[name]); err != nil {
				return err
			}
		}
		return m.changes.SetCursor(ctx, "match", "changes", print)
	})
	return changed, err
}

// groupPrint is the fingerprint of all that the grouping depends on.
func (m *Matcher) groupPrint(f found, matches []change.Match, decisions []change.Decision) (string, error) {
	h := []string{groupVersion}
	for _, n := range f.nested {
		h = append(h, n.Key, n.Subject, n.Problem, strings.Join(n.Recipes, " "))
	}
	for _, t := range f.twins {
		h = append(h, t.Of, t.Key, t.Blob, t.Came.Commit, t.Went.Commit, t.Same, fmt.Sprint(t.One))
	}
	for _, c := range f.carried {
		h = append(h, c.Key, c.content(), c.Recipe, c.Subject, fmt.Sprint(c.PV, c.Position, c.Dropped.IsZero(), c.Lines, c.Relation))
	}
	for _, p := range f.posted {
		h = append(h, p.Key, p.Title, p.Author, p.Sender, p.Signers, p.SeriesKey, p.List, p.Branch, fmt.Sprint(p.Version, p.Part))
	}
	for _, k := range matches {
		h = append(h, k.Sighting, k.Project, k.Commit, string(k.Verdict), fmt.Sprint(k.Queued, k.Branches), k.FirstTag())
	}
	for _, d := range decisions {
		h = append(h, string(d.Kind), d.Subject, d.Object)
	}
	b, err := json.Marshal([]any{m.set.Rules.Team, m.set.Lists, m.set.Projects})
	return fingerprint(append(h, string(b))...), err
}

func newGrouping(set Settings, f found, matches []change.Match, decisions []change.Decision) *grouping {
	g := &grouping{
		set: set, decided: decisions, owned: ownershipOf(set.Rules, f.posted, decisions),
		carried: index(f.carried, func(c Carried) string { return c.Key }),
		posted:  index(f.posted, func(p Posted) string { return p.Key }),
		outer:   index(f.posted, func(p Posted) string { return p.MessageID }),
		offered: map[string]Nested{}, twins: map[string][]Twin{}, alike: map[[2]string]change.Likeness{},
		matches: group(matches, func(m change.Match) string { return m.Sighting }),
		apart:   map[[2]string]bool{}, parent: map[string]string{}, patches: map[string]*patch.Patch{}, odd: map[string]string{},
	}
	for _, n := range f.nested {
		if n.Problem == "" {
			g.offered[n.Key] = n
		}
	}
	for _, t := range f.twins {
		if t.One {
			g.twins[t.Of] = append(g.twins[t.Of], t)
		}
	}
	for _, d := range decisions { // in order of their making: the newest of a pair wins
		pair := pairOf(d.Subject, d.Object)
		switch d.Kind {
		case change.Reject:
			g.apart[pair] = true
		case change.Confirm, change.Link:
			delete(g.apart, pair)
		}
	}
	return g
}

func pairOf(a, b string) [2]string {
	if b < a {
		a, b = b, a
	}
	return [2]string{a, b}
}

// joinAll joins what belongs together: the same patch in several layers, the
// revisions of a posted patch, what is posted or offered to a layer and what is
// carried, what somebody else posted and what we did, and what a person linked.
func (g *grouping) joinAll(ctx context.Context, all []seen) error {
	sets, err := g.readSets(ctx, all)
	if err != nil {
		return err
	}
	g.joinAlike(sets.carried, sortedKeys(g.carried), func(key string, found diffmatch.SetMatch) bool {
		return equal(found.Similarity) && g.sameTarget(key, found.Key)
	})
	g.joinOffered(sets)
	if err := g.joinPosted(ctx, all, sets); err != nil {
		return err
	}
	for _, d := range g.decided {
		if d.Kind == change.Link && g.known(d.Subject) && g.known(d.Object) {
			g.join(d.Subject, d.Object)
		}
	}
	return nil
}

// sets are the patches that all others are compared with: those that concern
// the team, so that what strangers post need not be kept in memory.
type sets struct{ carried, offered, ours *diffmatch.Set }

func (s sets) none() bool { return s.carried.Len()+s.offered.Len()+s.ours.Len() == 0 }

// readSets reads the patches that the sets are made of.
func (g *grouping) readSets(ctx context.Context, all []seen) (sets, error) {
	var ours []string
	for _, key := range sortedKeys(g.posted) {
		if g.owned.posts(g.posted[key]) {
			ours = append(ours, key)
		}
	}
	mine := map[string]bool{}
	for _, key := range ours {
		mine[key] = true
	}
	for i, s := range all {
		_, carried := g.carried[s.key]
		_, offered := g.offered[s.key]
		if !carried && !offered && !mine[s.key] {
			continue
		}
		g.set.Progress.Report("compare patches", i, len(all))
		p, odd, err := s.patch(ctx)
		if err != nil {
			return sets{}, err
		}
		if p != nil {
			g.patches[s.key] = p
		} else {
			g.odd[s.key] = odd
		}
	}
	return sets{g.setOf(sortedKeys(g.carried)), g.setOf(sortedKeys(g.offered)), g.setOf(ours)}, nil
}

// setOf is a set of the patches of these sightings.
func (g *grouping) setOf(keys []string) *diffmatch.Set {
	set := diffmatch.NewSet()
	for _, key := range keys {
		if p := g.patches[key]; p != nil {
			set.Add(key, p)
		}
	}
	return set
}

// joinOffered joins patch files that are offered to layers with what is
// carried, and with one another: the same file in another revision of the patch
// to the layer.
func (g *grouping) joinOffered(in sets) {
	keys := sortedKeys(g.offered)
	if len(keys) == 0 {
		return
	}
	g.joinAlike(in.carried, keys, func(key string, found diffmatch.SetMatch) bool {
		return g.alikeTo(g.patches[key], found) && g.carried[found.Key].edits(g.patches[key])
	})
	g.joinAlike(in.offered, keys, func(key string, found diffmatch.SetMatch) bool {
		a, b := g.offered[key], g.offered[found.Key]
		return g.alikeTo(g.patches[key], found) && slices.ContainsFunc(a.Recipes, func(pn string) bool { return slices.Contains(b.Recipes, pn) })
	})
	first := map[string]string{} // by series and path
	for _, key := range keys {
		n := g.offered[key]
		at := g.outer[n.MessageID].SeriesKey + "\x1f" + n.Path
		if other, ok := first[at]; ok {
			g.join(other, key)
		} else {
			first[at] = key
		}
	}
}

// alikeTo says whether p is the same change as one of a set that was found for
// it.
func (g *grouping) alikeTo(p *patch.Patch, found diffmatch.SetMatch) bool {
	return equal(found.Similarity) || near(found.Similarity, p, g.patches[found.Key])
}

// joinAlike joins the sightings with these keys with those of the set that are
// the same change.
func (g *grouping) joinAlike(set *diffmatch.Set, keys []string, same func(key string, found diffmatch.SetMatch) bool) {
	alike := make([][]diffmatch.SetMatch, len(keys))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, key := range keys {
		p := g.patches[key]
		if p == nil {
			continue
		}
		g.set.Progress.Report("compare patches", i, len(keys))
		group.Go(func() error {
			alike[i] = set.Find(p)
			return nil
		})
	}
	_ = group.Wait() // none of them fails
	for i, key := range keys {
		for _, found := range alike[i] {
			if found.Key != key && same(key, found) {
				g.like(key, found.Key, found.Similarity)
			}
		}
	}
}

// like joins two sightings and keeps why.
func (g *grouping) like(a, b string, s diffmatch.Similarity) {
	pair := pairOf(a, b)
	if g.apart[pair] {
		return
	}
	g.likeAs(change.Likeness{A: pair[0], B: pair[1], Same: cmp.Or(s.Same, "title"), Score: s.Score, Evidence: evidence(s.Evidence)})
}

// likeAs is like for what was found before.
func (g *grouping) likeAs(l change.Likeness) {
	g.join(l.A, l.B)
	g.alike[[2]string{l.A, l.B}] = l
}

// equal says whether two patches make the same change, whatever the context.
func equal(s diffmatch.Similarity) bool {
	return s.Same == "identical" || s.Same == "patch-id" || s.Same == "changes"
}

// near says whether two patches with the same title are the same change at
// different times.
func near(s diffmatch.Similarity, a, b *patch.Patch) bool {
	return s.Same == "near" && foldTitle(a.Subject) != "" && foldTitle(a.Subject) == foldTitle(b.Subject)
}

// sameTarget says whether two carried patches are for the same recipe: equal
// diffs for different software (a new file of the same content) are not one
// change.
func (g *grouping) sameTarget(a, b string) bool {
	return g.carried[a].Recipe == g.carried[b].Recipe && g.carried[a].Kind == g.carried[b].Kind
}

// foldTitle makes titles comparable.
func foldTitle(s string) string { return strings.Join(strings.Fields(strings.ToLower(s)), " ") }

func (g *grouping) known(key string) bool {
	_, carried := g.carried[key]
	_, posted := g.posted[key]
	_, offered := g.offered[key]
	return carried || posted || offered
}

// join says that two sightings are one change, unless a person said no.
func (g *grouping) join(a, b string) {
	if g.apart[pairOf(a, b)] {
		return
	}
	ra, rb := g.root(a), g.root(b)
	if rb < ra {
		ra, rb = rb, ra
	}
	if ra != rb {
		g.parent[rb] = ra
	}
}

func (g *grouping) root(key string) string {
	for {
		up, ok := g.parent[key]
		if !ok {
			return key
		}
		if further, ok := g.parent[up]; ok {
			g.parent[key] = further
		}
		key = up
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
