package pipeline

import (
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
const groupVersion = "2"

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
	matches map[string][]change.Match
	decided []change.Decision
	apart   map[[2]string]bool // pairs of sightings that a person rejected
	parent  map[string]string  // union-find over the keys of sightings
	patches map[string]*patch.Patch
	odd     map[string]string // why a sighting has no patch
}

// groupChanges puts sightings together and stores the changes, if anything
// that matters has changed since the last time.
func (m *Matcher) groupChanges(ctx context.Context, carried []Carried, posted []Posted, patches *Patches) (changed int, err error) {
	matches, err := m.store.Matches(ctx)
	if err != nil {
		return 0, err
	}
	decisions, err := m.changes.Decisions(ctx)
	if err != nil {
		return 0, err
	}
	print, err := m.groupPrint(carried, posted, matches, decisions)
	if err != nil {
		return 0, err
	}
	if was, err := m.changes.Cursor(ctx, "match", "changes"); err != nil || was == print {
		return 0, err
	}
	g := newGrouping(m.set, carried, posted, matches, decisions)
	if err := g.read(ctx, patches, m.set); err != nil {
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
func (m *Matcher) groupPrint(carried []Carried, posted []Posted, matches []change.Match, decisions []change.Decision) (string, error) {
	h := []string{groupVersion}
	for _, c := range carried {
		h = append(h, c.Key, c.Blob, c.Recipe, c.Subject, fmt.Sprint(c.PV, c.Position, c.Dropped.IsZero()))
	}
	for _, p := range posted {
		h = append(h, p.Key, p.Title, p.SeriesKey, p.List, p.Branch, fmt.Sprint(p.Version, p.Part))
	}
	for _, k := range matches {
		h = append(h, k.Sighting, k.Project, k.Commit, string(k.Verdict), fmt.Sprint(k.Queued, k.Branches), k.FirstTag())
	}
	for _, d := range decisions {
		h = append(h, string(d.Kind), d.Subject, d.Object)
	}
	b, err := json.Marshal([]any{m.set.Rules.Team, m.set.Lists})
	return fingerprint(append(h, string(b))...), err
}

func newGrouping(set Settings, carried []Carried, posted []Posted, matches []change.Match, decisions []change.Decision) *grouping {
	g := &grouping{
		set: set, decided: decisions,
		carried: index(carried, func(c Carried) string { return c.Key }),
		posted:  index(posted, func(p Posted) string { return p.Key }),
		matches: group(matches, func(m change.Match) string { return m.Sighting }),
		apart:   map[[2]string]bool{}, parent: map[string]string{}, patches: map[string]*patch.Patch{}, odd: map[string]string{},
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
func (g *grouping) read(ctx context.Context, patches *Patches, set Settings) error {
	var carried []Carried
	for _, key := range sortedKeys(g.carried) {
		carried = append(carried, g.carried[key])
	}
	var posted []Posted
	for _, key := range sortedKeys(g.posted) {
		posted = append(posted, g.posted[key])
	}
	all := patches.sightings(set, carried, posted)
	for i, s := range all {
		set.Progress.Report("compare patches", i, len(all))
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
// revisions of a posted patch, what is posted and what is carried, and what a
// person linked.
func (g *grouping) joinAll() {
	carried := diffmatch.NewSet()
	for _, key := range sortedKeys(g.carried) {
		if p := g.patches[key]; p != nil {
			carried.Add(key, p)
		}
	}
	g.joinAlike(carried, sortedKeys(g.carried), func(key string, found diffmatch.SetMatch) bool {
		return equal(found.Similarity) && g.sameTarget(key, found.Key)
	})
	g.joinAlike(carried, sortedKeys(g.posted), func(key string, found diffmatch.SetMatch) bool {
		return equal(found.Similarity) || near(found.Similarity, g.patches[key], g.patches[found.Key])
	})
	g.joinRevisions()
	for _, d := range g.decided {
		if d.Kind == change.Link && g.known(d.Subject) && g.known(d.Object) {
			g.join(d.Subject, d.Object)
		}
	}
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
				g.join(key, found.Key)
			}
		}
	}
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
// its series: by its diff, else by its title.
func (g *grouping) joinRevisions() {
	titles, series := map[string]string{}, map[string][]string{}
	for _, key := range sortedKeys(g.posted) {
		in := g.posted[key]
		series[in.SeriesKey] = append(series[in.SeriesKey], key)
		title := foldTitle(in.Title)
		if title == "" {
			continue
		}
		at := in.SeriesKey + "\x1f" + title
		if first, ok := titles[at]; !ok {
			titles[at] = key
		} else if g.posted[first].PostingKey != in.PostingKey {
			g.join(first, key)
		}
	}
	for _, at := range sortedKeys(series) {
		keys := series[at]
		if len(keys) < 2 {
			continue
		}
		set := diffmatch.NewSet()
		for _, key := range keys {
			if p := g.patches[key]; p != nil {
				set.Add(key, p)
			}
		}
		g.joinAlike(set, keys, func(key string, found diffmatch.SetMatch) bool {
			return equal(found.Similarity) && g.posted[found.Key].PostingKey != g.posted[key].PostingKey
		})
	}
}

// foldTitle makes titles comparable.
func foldTitle(s string) string { return strings.Join(strings.Fields(strings.ToLower(s)), " ") }

func (g *grouping) known(key string) bool {
	_, carried := g.carried[key]
	_, posted := g.posted[key]
	return carried || posted
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
