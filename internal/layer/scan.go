package layer

import (
	"context"
	"fmt"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/upstreamd/upstreamd/internal/progress"
)

// Options of [Run]. The zero value is the default.
type Options struct {
	Overrides []string // active overrides, the strongest last; nil: [DefaultOverrides]
	History   bool     // also find out when each patch file of a local layer was added and last touched; with Archive, who had what first
	// Archive gives what is known of the past of a source; nil: local patches
	// and recipes are compared with what the layers have now.
	Archive func(context.Context, Source) (*Archive, error)
	// Memo is a file in which is kept what was read, so that the next scan of
	// these sources reads only what changed; "" keeps nothing. It is a cache: a
	// damaged one is made anew, and one that cannot be written does no harm.
	Memo     string
	Progress progress.Func
}

// DefaultOverrides are those of a recipe built for a common machine.
func DefaultOverrides() []string {
	return []string{"linux", "class-target", "x86-64", "libc-glibc"}
}

// A Scan is what some layers hold.
type Scan struct {
	Layers   []Layer
	Recipes  []Recipe
	Appends  []Append
	Patches  []Patch
	Problems []Problem

	local []string              // names of local sources, in order
	order []string              // names of all sources
	lines map[string]patchLines // by blob, to compare patches
	past  []Duplicate           // patches and recipes that were in another source's history
	like  map[twin][]Version    // of patches, where the past was looked at
	told  []Duplicate           // all, with what the histories say; nil where they were not read
	files []Duplicate           // classes and include files
	blobs map[string]string     // of recipe and patch files, by source:path
	alike map[[2]string]float64 // how alike two blobs are
}

// Run scans sources in the order of BBLAYERS. It fails when a repository
// cannot be read; what is wrong inside one is among the problems.
func Run(ctx context.Context, sources []Source, o Options) (*Scan, error) {
	if len(o.Overrides) == 0 {
		o.Overrides = DefaultOverrides()
	}
	s := &Scan{}
	for _, src := range sources {
		if err := checkName(src.Name, s.order); err != nil {
			return nil, err
		}
		s.order = append(s.order, src.Name)
		if src.Local {
			s.local = append(s.local, src.Name)
		}
	}
	remembered := make(chan *memo, 1)
	go func() { remembered <- readMemo(o.Memo) }()
	t, err := openTree(ctx, sources, o.Progress)
	if err != nil {
		return nil, err
	}
	defer t.close()
	renew := (<-remembered).renew(t)
	s.read(ctx, t, renew, sources, o)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	renew.write(o.Memo, t)
	h := newHistories(o)
	if o.History {
		if err := s.history(ctx, sources, h); err != nil {
			return nil, err
		}
	}
	if o.Archive == nil {
		return s, nil
	}
	if err := s.lookBack(ctx, sources, h); err != nil {
		return nil, err
	}
	if o.History {
		return s, s.tell(ctx, sources, h)
	}
	return s, nil
}

// checkName refuses a source's name that could not be part of a path.
func checkName(name string, others []string) error {
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/:\x00") {
		return fmt.Errorf("layer source %q: name must not be empty or hold a slash or colon", name)
	}
	if slices.Contains(others, name) {
		return fmt.Errorf("layer source %q: given twice", name)
	}
	return nil
}

// read scans the tree.
func (s *Scan) read(ctx context.Context, t *tree, renew *renewal, sources []Source, o Options) {
	s.Problems = t.problems
	var all []*layerDir
	for i, src := range sources {
		found, problems := t.findLayers(i, src.Name, src.Subdir)
		all = append(all, found...)
		s.Problems = append(s.Problems, problems...)
		if len(found) == 0 {
			s.Problems = append(s.Problems, Problem{Source: src.Name, Text: "no conf/layer.conf below " + path.Join("/", src.Subdir)})
		}
	}
	for _, l := range all {
		s.Layers = append(s.Layers, l.Layer)
	}
	builds := map[string]*build{}
	for i := range sources {
		layers, key := together(all, i)
		b := builds[key]
		if b == nil {
			b = newBuild(t, layers, o.Overrides)
			b.known = renew.recipes(b)
			builds[key] = b
			s.Problems = append(s.Problems, b.problems...)
		}
		s.readSource(ctx, b, renew, i, o.Progress)
	}
	s.Problems = compactProblems(s.Problems)
	s.patches(ctx, t, all, renew, o.Progress)
	s.likeFiles(ctx, t, all)
}

// together are the layers that can be in one build with those of a source.
// Where several sources have the same collection (two releases of one layer),
// that is its own, else one for the same release, else the first. The key is
// the same for the same layers.
func together(all []*layerDir, source int) (layers []*layerDir, key string) {
	var series []string
	for _, l := range all {
		if l.source == source {
			series = append(series, l.Series...)
		}
	}
	fits := func(l *layerDir) bool {
		return slices.ContainsFunc(l.serves, func(r string) bool { return slices.Contains(series, r) })
	}
	chosen := map[string]*layerDir{} // by collection
	for _, l := range all {
		have := chosen[l.Collection]
		switch {
		case have == nil, have.source == source:
		case l.source == source, fits(l) && !fits(have):
			have = nil
		}
		if have == nil {
			chosen[l.Collection] = l
		}
	}
	for _, l := range all {
		if l.Collection == "" || l.source == chosen[l.Collection].source {
			layers = append(layers, l)
			key += l.root + "\n"
		}
	}
	return layers, key
}

// readSource scans the recipes and appends of one source.
func (s *Scan) readSource(ctx context.Context, b *build, renew *renewal, source int, report progress.Func) {
	var bbappends, recipes []string
	for _, l := range b.layers {
		for _, f := range b.tree.below(l.root) {
			if layerOf(b.layers, f) != l {
				continue
			}
			switch {
			case strings.HasSuffix(f, ".bbappend"):
				bbappends = append(bbappends, f)
			case strings.HasSuffix(f, ".bb") && l.source == source:
				recipes = append(recipes, f)
			}
		}
	}
	a := newAppends(b, bbappends)
	found := make([]*Recipe, len(recipes))
	made := make([]rememberedFile, len(recipes))
	fresh := make([]bool, len(recipes))
	parallel(ctx, len(recipes), func(i int) {
		ok, inactive := b.takes(recipes[i])
		if !ok {
			return
		}
		var apply []string
		if inactive == "" {
			apply = a.of(recipes[i])
		}
		made[i], fresh[i] = renew.recipe(b, recipes[i], apply)
		r := made[i].recipe
		r.Inactive = inactive
		found[i] = &r
		report.Report("read recipes of "+s.order[source], i+1, len(recipes))
	})
	applied := map[string][]string{}
	for i, r := range found {
		if r == nil {
			continue
		}
		renew.keep(b, recipes[i], made[i], fresh[i])
		s.Recipes = append(s.Recipes, *r)
		for _, f := range r.Appends {
			applied[f] = append(applied[f], r.Source+":"+r.File)
		}
	}
	s.addAppends(b, a, applied)
}

// addAppends adds the appends of a build, or what else they apply to.
func (s *Scan) addAppends(b *build, a *appends, applied map[string][]string) {
	for _, x := range a.files {
		l := layerOf(b.layers, x.file)
		source, rel := splitSource(x.file)
		at := slices.IndexFunc(s.Appends, func(y Append) bool { return y.Source == source && y.File == rel })
		if at < 0 {
			at = len(s.Appends)
			pn, _, _ := strings.Cut(strings.TrimSuffix(path.Base(rel), ".bbappend"), "_")
			s.Appends = append(s.Appends, Append{Source: source, Layer: l.Name, File: rel, Blob: b.tree.content(x.file), PN: pn, Inactive: x.inactive})
		}
		for _, r := range applied[display(x.file)] {
			if !slices.Contains(s.Appends[at].Recipes, r) {
				s.Appends[at].Recipes = append(s.Appends[at].Recipes, r)
			}
		}
	}
}

// parallel calls f for 0 to n-1 on all processors, until ctx ends.
func parallel(ctx context.Context, n int, f func(i int)) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := 0; i < n && ctx.Err() == nil; i++ {
		next <- i
	}
	close(next)
	wg.Wait()
}

// compactProblems drops those that several builds found.
func compactProblems(list []Problem) []Problem {
	seen := map[Problem]bool{}
	return slices.DeleteFunc(list, func(p Problem) bool {
		was := seen[p]
		seen[p] = true
		return was
	})
}
