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
const groupVersion = "5"

// A changeStore is what [Matcher] needs of the store to say which sightings
// are one change.
type changeStore interface {
	txer
	cursorStore
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
	patches map[string]*patch.Patch
	odd     map[string]string // why a sighting has no patch
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
	if err := g.read(ctx, patches.sightings(f)); err != nil {
		return 0, err
	}
	g.joinAll()
	err = m.changes.InTx(ctx, func(ctx context.Context) error {
		if changed, err = m.changes.PutChanges(ctx, g.clusters()); err != nil {
			return err
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
		h = append(h, c.Key, c.Blob, c.Recipe, c.Subject, fmt.Sprint(c.PV, c.Position, c.Dropped.IsZero()))
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

// read parses the patches of all sightings that can still be read.
func (g *grouping) read(ctx context.Context, all []seen) error {
	for i, s := range all {
		g.set.Progress.Report("compare patches", i, len(all))
		if strings.HasPrefix(s.key, "elsewhere:") {
			continue // compared before
		}
		p, err := s.read(ctx)
		if err != nil && !unreadable(err) {
			return fmt.Errorf("%s: %w", s.key, err)
		}
		if err == nil {
			g.patches[s.key] = p
		} else {
			g.odd[s.key] = err.Error()
		}
	}
	return nil
}

// joinAll joins what belongs together: the same patch in several layers, the
// revisions of a posted patch, what is posted or offered to a layer and what is
// carried, what somebody else posted and what we did, and what a person linked.
func (g *grouping) joinAll() {
	carried := g.setOf(sortedKeys(g.carried))
	g.joinAlike(carried, sortedKeys(g.carried), func(key string, found diffmatch.SetMatch) bool {
		return equal(found.Similarity) && g.sameTarget(key, found.Key)
	})
	g.joinAlike(carried, sortedKeys(g.posted), func(key string, found diffmatch.SetMatch) bool {
		return equal(found.Similarity) || near(found.Similarity, g.patches[key], g.patches[found.Key])
	})
	g.joinOffered(carried)
	g.joinOthers()
	g.joinRevisions()
	for _, d := range g.decided {
		if d.Kind == change.Link && g.known(d.Subject) && g.known(d.Object) {
			g.join(d.Subject, d.Object)
		}
	}
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
// carried, with what was posted to their projects, and with one another: the
// same file in another revision of the patch to the layer.
func (g *grouping) joinOffered(carried *diffmatch.Set) {
	keys := sortedKeys(g.offered)
	if len(keys) == 0 {
		return
	}
	alike := func(key string, found diffmatch.SetMatch) bool {
		return equal(found.Similarity) || near(found.Similarity, g.patches[key], g.patches[found.Key])
	}
	g.joinAlike(carried, keys, alike)
	set := g.setOf(keys)
	g.joinAlike(set, keys, func(key string, found diffmatch.SetMatch) bool {
		a, b := g.offered[key], g.offered[found.Key]
		return alike(key, found) && slices.ContainsFunc(a.Recipes, func(pn string) bool { return slices.Contains(b.Recipes, pn) })
	})
	lists := g.set.listProjects()
	g.joinAlike(set, sortedKeys(g.posted), func(key string, found diffmatch.SetMatch) bool {
		meant := g.set.projectsOf(g.offered[found.Key].Recipes...)
		return alike(key, found) && slices.ContainsFunc(meant, func(p string) bool { return slices.Contains(lists[g.posted[key].List], p) })
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

// joinOthers joins what the team posted with the same patch posted by others,
// for the same branch of the same project.
func (g *grouping) joinOthers() {
	var ours, theirs []string
	for _, key := range sortedKeys(g.posted) {
		if g.owned.posts(g.posted[key]) {
			ours = append(ours, key)
		} else {
			theirs = append(theirs, key)
		}
	}
	if len(ours) == 0 {
		return
	}
	lists := g.set.listProjects()
	g.joinAlike(g.setOf(ours), theirs, func(key string, found diffmatch.SetMatch) bool {
		a, b := g.posted[key], g.posted[found.Key]
		shared := a.List == b.List || slices.ContainsFunc(lists[a.List], func(p string) bool { return slices.Contains(lists[b.List], p) })
		return equal(found.Similarity) && shared && a.Branch == b.Branch
	})
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
	g.join(a, b)
	g.alike[pair] = change.Likeness{A: pair[0], B: pair[1], Same: cmp.Or(s.Same, "title"), Score: s.Score, Evidence: evidence(s.Evidence)}
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
	return g.carried[a].Recipe == g.carried[b].Recipe
}

// joinRevisions joins patch i of vN with the same patch of other revisions of
// its series: of all patches that the series had so far, each is what it was
// last. One whose diff cannot be read is known by its title.
func (g *grouping) joinRevisions() {
	series := map[string]map[string][]string{} // keys by series and posting
	for _, key := range sortedKeys(g.posted) {
		in := g.posted[key]
		if series[in.SeriesKey] == nil {
			series[in.SeriesKey] = map[string][]string{}
		}
		series[in.SeriesKey][in.PostingKey] = append(series[in.SeriesKey][in.PostingKey], key)
	}
	for _, at := range sortedKeys(series) {
		if len(series[at]) > 1 {
			g.joinPostings(g.revisions(series[at]))
		}
	}
}

// revisions are the patches of each posting of a series, the oldest posting
// first, by their numbers.
func (g *grouping) revisions(postings map[string][]string) [][]string {
	var list [][]string
	for _, name := range sortedKeys(postings) {
		keys := postings[name]
		slices.SortStableFunc(keys, func(a, b string) int { return g.posted[a].Part - g.posted[b].Part })
		list = append(list, keys)
	}
	slices.SortStableFunc(list, func(a, b []string) int {
		x, y := g.posted[a[0]], g.posted[b[0]]
		return cmp.Or(x.Version-y.Version, x.Sent.Compare(y.Sent))
	})
	return list
}

// joinPostings goes from one posting to the next.
func (g *grouping) joinPostings(postings [][]string) {
	var last []string // of every patch of the series the one that was sent last
	for _, keys := range postings {
		for _, r := range diffmatch.Range(g.patchesOf(last), g.patchesOf(keys)) {
			switch {
			case r.New < 0:
			case r.Old < 0:
				last = g.joinTitle(last, keys[r.New])
			default:
				g.like(last[r.Old], keys[r.New], r.Similarity)
				last[r.Old] = keys[r.New]
			}
		}
	}
}

// joinTitle adds a patch to those of a series: instead of one with its title,
// where the diff of either cannot be read.
func (g *grouping) joinTitle(last []string, key string) []string {
	title := foldTitle(g.posted[key].Title)
	for i, old := range last {
		if title != "" && title == foldTitle(g.posted[old].Title) && (g.patches[old] == nil || g.patches[key] == nil) {
			g.like(old, key, diffmatch.Similarity{})
			last[i] = key
			return last
		}
	}
	return append(last, key)
}

func (g *grouping) patchesOf(keys []string) []*patch.Patch {
	list := make([]*patch.Patch, len(keys))
	for i, key := range keys {
		list[i] = g.patches[key]
	}
	return list
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
