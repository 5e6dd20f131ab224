package pipeline

import (
	"cmp"
	"context"
	"errors"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/upstreamd/upstreamd/internal/diffmatch"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// A likeness is two sightings that are found to be one change.
type likeness struct {
	a, b string
	diffmatch.Similarity
}

// joinPosted joins posted patches with those of the sets and with the other
// revisions of their series. Patches are read a series at a time.
func (g *grouping) joinPosted(ctx context.Context, all []seen, in sets) error {
	read := make(map[string]seen, len(all))
	for _, s := range all {
		read[s.key] = s
	}
	bySeries := map[string]map[string][]string{} // keys by series and posting
	for _, key := range sortedKeys(g.posted) {
		p := g.posted[key]
		if bySeries[p.SeriesKey] == nil {
			bySeries[p.SeriesKey] = map[string][]string{}
		}
		bySeries[p.SeriesKey][p.PostingKey] = append(bySeries[p.SeriesKey][p.PostingKey], key)
	}
	names := sortedKeys(bySeries)
	found := make([][]likeness, len(names))
	workers, wctx := errgroup.WithContext(ctx)
	workers.SetLimit(runtime.GOMAXPROCS(0))
	for i, name := range names {
		if g.before.same(name, g.seriesPrint(bySeries[name])) {
			for _, l := range g.before.alike[name] {
				g.likeAs(l)
			}
			continue
		}
		if in.none() && len(bySeries[name]) == 1 {
			continue // there is nothing to compare it with
		}
		c := comparison{g: g, sets: in, patches: map[string]*patch.Patch{}, postings: g.revisions(bySeries[name])}
		g.set.Progress.Report("compare patches", i, len(names))
		if err := c.read(wctx, read); err != nil {
			return errors.Join(workers.Wait(), err)
		}
		workers.Go(func() error {
			found[i] = c.compare()
			return nil
		})
	}
	if err := workers.Wait(); err != nil {
		return err
	}
	for _, list := range found {
		for _, l := range list {
			g.like(l.a, l.b, l.Similarity)
		}
	}
	return nil
}

// A comparison is that of the patches of one series.
type comparison struct {
	g        *grouping
	sets     sets
	postings [][]string              // keys of patches, see grouping.revisions
	patches  map[string]*patch.Patch // those that can be read
	found    []likeness
}

func (c *comparison) read(ctx context.Context, read map[string]seen) error {
	for _, keys := range c.postings {
		for _, key := range keys {
			p, kept := c.g.patches[key]
			if !kept {
				var err error
				if p, _, err = read[key].patch(ctx); err != nil {
					return err
				}
			}
			if p != nil {
				c.patches[key] = p
			}
		}
	}
	return nil
}

// compare compares the patches with the sets, and the postings with one another.
func (c *comparison) compare() []likeness {
	for _, keys := range c.postings {
		for _, key := range keys {
			if p := c.patches[key]; p != nil {
				c.withSets(key, p)
			}
		}
	}
	c.revisions()
	return c.found
}

// withSets finds what a patch is among what is carried, offered to layers, and
// posted by the team: for the same branch of the same project.
func (c *comparison) withSets(key string, p *patch.Patch) {
	g := c.g
	own := g.posted[key]
	for _, m := range c.sets.carried.Find(p) {
		if g.alikeTo(p, m) && g.carried[m.Key].edits(p) {
			c.like(key, m.Key, m.Similarity)
		}
	}
	lists := g.set.listProjects()
	for _, m := range c.sets.offered.Find(p) {
		meant := g.set.projectsOf(g.offered[m.Key].Recipes...)
		if g.alikeTo(p, m) && shareAny(meant, lists[own.List]) {
			c.like(key, m.Key, m.Similarity)
		}
	}
	if g.owned.posts(own) {
		return
	}
	for _, m := range c.sets.ours.Find(p) {
		ours := g.posted[m.Key]
		shared := own.List == ours.List || shareAny(lists[own.List], lists[ours.List])
		if equal(m.Similarity) && shared && own.Branch == ours.Branch {
			c.like(key, m.Key, m.Similarity)
		}
	}
}

func (c *comparison) like(a, b string, s diffmatch.Similarity) {
	c.found = append(c.found, likeness{a, b, s})
}

// revisions goes from one posting to the next and finds patch i of vN among the
// patches that the series had so far, each as it was last. One whose diff
// cannot be read is known by its title.
func (c *comparison) revisions() {
	if len(c.postings) < 2 {
		return
	}
	var last []string // of every patch of the series the one that was sent last
	for _, keys := range c.postings {
		for _, r := range diffmatch.Range(c.patchesOf(last), c.patchesOf(keys)) {
			switch {
			case r.New < 0:
			case r.Old < 0:
				last = c.sameTitle(last, keys[r.New])
			default:
				c.like(last[r.Old], keys[r.New], r.Similarity)
				last[r.Old] = keys[r.New]
			}
		}
	}
}

// sameTitle adds a patch to those of a series: instead of one with its title,
// where the diff of either cannot be read.
func (c *comparison) sameTitle(last []string, key string) []string {
	title := foldTitle(c.g.posted[key].Title)
	for i, old := range last {
		if title != "" && title == foldTitle(c.g.posted[old].Title) && (c.patches[old] == nil || c.patches[key] == nil) {
			c.like(old, key, diffmatch.Similarity{})
			last[i] = key
			return last
		}
	}
	return append(last, key)
}

func (c *comparison) patchesOf(keys []string) []*patch.Patch {
	list := make([]*patch.Patch, len(keys))
	for i, key := range keys {
		list[i] = c.patches[key]
	}
	return list
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

func shareAny(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}
