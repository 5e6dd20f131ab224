package layer

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"

	"github.com/upstreamd/upstreamd/internal/git"
)

// lookBack finds what other sources once had of what is local.
func (s *Scan) lookBack(ctx context.Context, sources []Source, h *histories) error {
	x := s.indexPatches()
	s.like = map[twin][]Version{}
	for _, src := range sources {
		if err := s.lookForPatches(ctx, x, src, h); err != nil {
			return err
		}
		if err := s.lookForRecipes(ctx, src, h); err != nil {
			return err
		}
	}
	forks := slices.DeleteFunc(slices.Clone(s.past), func(d Duplicate) bool { return d.Kind != "fork" })
	return s.measurePast(ctx, forks, sources)
}

// lookForPatches finds the local patches that a source once had: those that it
// has in another form now, or not at all.
func (s *Scan) lookForPatches(ctx context.Context, x *patchIndex, src Source, h *histories) error {
	var ours []*Patch
	var wanted []Wanted
	for i := range s.Patches {
		p := &s.Patches[i]
		if s.compares(p.Source, src.Name) {
			ours, wanted = append(ours, p), append(wanted, Wanted{Blob: p.Blob, lines: s.lines[p.Blob]})
		}
	}
	if len(ours) == 0 {
		return nil
	}
	a, err := h.archive(ctx, src)
	if err != nil {
		return err
	}
	found, err := a.Find(ctx, wanted)
	if err != nil {
		return fmt.Errorf("past of layer source %s: %w", src.Name, err)
	}
	for i, p := range ours {
		s.like[twin{p.Source, p.Path, src.Name}] = found[i]
		if d, ok := x.once(p, src.Name, found[i]); ok {
			s.past = append(s.past, d)
		}
	}
	return nil
}

// once is the counterpart of p in the past of a source, if it is closer than
// any that the source has now.
func (x *patchIndex) once(p *Patch, source string, found []Version) (Duplicate, bool) {
	now, ok := x.best(p, source)
	if len(found) == 0 || ok && matchRank[now.Match] <= matchRank[found[0].Match] {
		return Duplicate{}, false
	}
	at := slices.IndexFunc(found, func(v Version) bool { return v.Match == found[0].Match && v.named(p) })
	v := found[max(at, 0)]
	d := Duplicate{
		Kind: "patch", LocalSource: p.Source, LocalFile: p.Path, UpstreamSource: source, UpstreamFile: v.Path,
		UpstreamBlob: v.Blob, Match: v.Match, Similarity: v.Similarity,
	}
	if len(v.Came) > 0 {
		d.Came = v.Came[0].Commit
	}
	if len(v.Went) > 0 && !ok {
		d.Went = v.Went[len(v.Went)-1].Commit
	}
	return d, true
}

// named says whether a version has the file name of p.
func (v Version) named(p *Patch) bool { return path.Base(v.Path) == path.Base(p.Path) }

// lookForRecipes finds the local recipes that a source once had and has no more.
func (s *Scan) lookForRecipes(ctx context.Context, src Source, h *histories) error {
	wanted := map[string][]*Recipe{} // by key of its file's name
	has := map[string]bool{}
	for i := range s.Recipes {
		switch r := &s.Recipes[i]; {
		case r.Source == src.Name:
			has[nameKey(r.PN+".bb")] = true
		case r.PN != Unknown && !src.Local && s.compares(r.Source, src.Name):
			key := nameKey(r.PN + ".bb")
			wanted[key] = append(wanted[key], r)
		}
	}
	for key := range has {
		delete(wanted, key)
	}
	if len(wanted) == 0 {
		return nil
	}
	c, err := h.chronicle(ctx, src)
	if err != nil {
		return err
	}
	past := c.pastOf(wanted)
	for _, key := range sortedKeys(wanted) {
		for _, r := range wanted[key] {
			if d, ok := droppedFork(r, src.Name, past[key]); ok {
				s.past = append(s.past, d)
			}
		}
	}
	return nil
}

// pastOf are the events of recipes by their key: of the revision's history, or
// of other branches, where it never had one.
func (c *chronicle) pastOf(wanted map[string][]*Recipe) map[string][]event {
	past := map[string][]event{}
	for key := range wanted {
		for _, i := range c.byName[key] {
			past[key] = append(past[key], c.events[i])
		}
	}
	for _, e := range c.archive.events {
		if path.Ext(e.path) != ".bb" || !c.src.holds(e.path) {
			continue
		}
		if key := nameKey(e.path); wanted[key] != nil && len(c.byName[key]) == 0 {
			past[key] = append(past[key], e)
		}
	}
	return past
}

// droppedFork is the duplicate of a recipe with one that went, if it did.
func droppedFork(r *Recipe, source string, past []event) (Duplicate, bool) {
	var came, went *event
	has := map[string]bool{}
	for i := range past {
		e := &past[i]
		if e.new == "" {
			delete(has, e.path)
			went = e
			continue
		}
		has[e.path] = true
		if came == nil || e.at.when < came.at.when {
			came = e
		}
	}
	if came == nil || went == nil || len(has) > 0 {
		return Duplicate{}, false
	}
	return Duplicate{
		Kind: "fork", LocalSource: r.Source, LocalFile: r.File, LocalVersion: r.version().String(),
		UpstreamSource: source, UpstreamFile: went.path, UpstreamVersion: fileVersion(went.path), UpstreamBlob: went.old,
		Came: came.at.hash, Went: went.at.hash,
	}, true
}

// measurePast finds how alike recipes are to those that a source once had.
func (s *Scan) measurePast(ctx context.Context, pairs []Duplicate, sources []Source) error {
	batches := map[string]*git.Batch{}
	defer func() {
		for _, b := range batches {
			b.Close()
		}
	}()
	lines := func(source, blob string) ([]uint64, error) {
		if batches[source] == nil {
			b, err := sources[slices.Index(s.order, source)].Repo.Batch(ctx)
			if err != nil {
				return nil, err
			}
			batches[source] = b
		}
		b, err := batches[source].Blob(blob)
		if errors.Is(err, git.ErrNotFound) || errors.Is(err, git.ErrTooBig) {
			return nil, nil // damaged, or no recipe: not alike
		}
		return contentLines(b), err
	}
	for _, d := range pairs {
		blob := s.blobs[d.LocalSource+":"+d.LocalFile]
		ours, err := lines(d.LocalSource, blob)
		if err != nil {
			return err
		}
		theirs, err := lines(d.UpstreamSource, d.UpstreamBlob)
		if err != nil {
			return err
		}
		s.alike[[2]string{blob, d.UpstreamBlob}] = jaccard(ours, theirs)
	}
	return nil
}
