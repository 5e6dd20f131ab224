package pipeline

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// Bounds of what is compared of forks.
const (
	maxRecipe  = 256 << 10 // bytes of a recipe
	maxOrigins = 16        // upstream recipes that one of ours is compared with
)

// forks makes changes of the forked recipes of one stack of layers.
type forks struct {
	layers  map[string]opened
	recipes map[string]*layer.Recipe // by source:path
	trees   map[string]map[string]string
	batches map[string]*git.Batch
}

func newForks(stack []opened, found *layer.Scan) *forks {
	f := &forks{
		layers: map[string]opened{}, recipes: map[string]*layer.Recipe{}, trees: map[string]map[string]string{}, batches: map[string]*git.Batch{},
	}
	for _, l := range stack {
		f.layers[l.Name] = l
	}
	for i := range found.Recipes {
		r := &found.Recipes[i]
		f.recipes[r.Source+":"+r.File] = r
	}
	return f
}

func (f *forks) close() {
	for _, b := range f.batches {
		b.Close()
	}
}

// origin is an upstream recipe that one of ours may be a fork of.
type origin struct {
	layer.Duplicate
	gone  bool   // it is not there any more
	blob  string // of the file; "" where it is not known
	text  []byte // nil where it is not known
	lines int    // by which ours differs
}

// of are the forked recipes of the layers that wanted names, in the order of
// their paths, without their history.
func (f *forks) of(ctx context.Context, dups []layer.Duplicate, wanted map[string]bool) ([]Carried, error) {
	byFile := map[string][]origin{}
	for _, d := range dups {
		ours, theirs := f.layers[d.LocalSource], f.layers[d.UpstreamSource]
		if (d.Kind != "fork" && d.Kind != "renamed") || !wanted[d.LocalSource] || theirs.Local || ours.Location == theirs.Location {
			continue
		}
		at := d.LocalSource + ":" + d.LocalFile
		byFile[at] = append(byFile[at], origin{Duplicate: d, gone: d.Went != "" || f.recipes[d.UpstreamSource+":"+d.UpstreamFile] == nil})
	}
	var all []Carried
	for _, at := range sortedKeys(byFile) {
		r := f.recipes[at]
		if r == nil {
			continue
		}
		c, ok, err := f.carried(ctx, r, byFile[at])
		if err != nil {
			return nil, fmt.Errorf("fork %s: %w", at, err)
		}
		if ok {
			all = append(all, c)
		}
	}
	return all, nil
}

// carried is one forked recipe as a change; false where it, or what it is
// forked from, cannot be read.
func (f *forks) carried(ctx context.Context, r *layer.Recipe, from []origin) (Carried, bool, error) {
	blob, text, err := f.read(ctx, r.Source, r.File, r.Blob)
	if err != nil || text == nil {
		return Carried{}, false, err
	}
	o, ok, err := f.nearest(ctx, text, from)
	if err != nil || !ok {
		return Carried{}, false, err
	}
	l := f.layers[r.Source]
	c := Carried{
		Kind: CarriedDelta, Key: change.CarriedKey(l.Name, l.Branch, r.File), Source: l.id, Layer: l.Name, Branch: l.Branch, Path: r.File,
		Recipe: r.PN, RecipeFile: r.File, Strip: 1, Blob: blob, Lines: o.lines, Floating: r.Floating, Added: o.LocalSince.Time,
		Subject: fmt.Sprintf("%s: fork of %s's", r.PN, o.UpstreamSource), Renamed: o.Kind == "renamed",
		Other: o.UpstreamSource, OtherFile: o.UpstreamFile, OtherBlob: o.blob, OtherVersion: o.UpstreamVersion,
	}
	if r.PV != layer.Unknown {
		c.PV = r.PV
	}
	if theirs := f.recipes[o.UpstreamSource+":"+o.UpstreamFile]; c.Renamed && theirs != nil {
		c.Subject += " " + theirs.PN
	} else {
		c.Subject += " recipe"
	}
	c.Relation, err = f.relation(ctx, r, blob, o)
	return c, true, err
}

// nearest is the upstream recipe that counts: one that is there before one that
// was, of the same name before another, of the same version before others, then
// the one from which ours differs least.
func (f *forks) nearest(ctx context.Context, ours []byte, from []origin) (origin, bool, error) {
	rank := func(o origin) int {
		n := 0
		for i, bad := range []bool{o.Relation != "same", o.Kind != "fork", o.gone} {
			if bad {
				n |= 1 << i
			}
		}
		return n
	}
	slices.SortStableFunc(from, func(a, b origin) int {
		return cmp.Or(rank(a)-rank(b), strings.Compare(a.UpstreamSource+":"+a.UpstreamFile, b.UpstreamSource+":"+b.UpstreamFile))
	})
	best := -1
	for i := range from[:min(len(from), maxOrigins)] {
		o := &from[i]
		if best >= 0 && rank(*o) > rank(from[best]) {
			break
		}
		var err error
		if o.blob, o.text, err = f.read(ctx, o.UpstreamSource, o.UpstreamFile, o.UpstreamBlob); err != nil {
			return origin{}, false, err
		}
		if o.text == nil && !o.gone {
			continue
		}
		if o.text != nil {
			o.lines = changedLines(patch.Between(o.UpstreamFile, o.text, ours))
		}
		if best < 0 || o.lines < from[best].lines {
			best = i
		}
	}
	if best < 0 {
		return origin{}, false, nil
	}
	return from[best], true, nil
}

// changedLines counts the lines that a diff of one file adds and removes.
func changedLines(diff []byte) (n int) {
	_, body, _ := bytes.Cut(diff, []byte("\n@@"))
	for line := range bytes.Lines(body) {
		if line[0] == '+' || line[0] == '-' {
			n++
		}
	}
	return n
}

// relation says how ours is to what it is forked from.
func (f *forks) relation(ctx context.Context, r *layer.Recipe, blob string, o origin) (change.Relation, error) {
	if o.gone {
		return change.Gone, nil
	}
	kit, err := f.kit(ctx, r)
	if err != nil {
		return "", err
	}
	// The name of a recipe's file is a part of what it says: PN and PV.
	if blob == o.blob && o.Kind == "fork" && o.Relation == "same" {
		theirs, err := f.kit(ctx, f.recipes[o.UpstreamSource+":"+o.UpstreamFile])
		if err != nil {
			return "", err
		}
		if sameKit(kit, theirs) {
			return change.Identical, nil
		}
		return change.Beside, nil
	}
	batch, err := f.batch(ctx, o.UpstreamSource)
	if err != nil {
		return "", err
	}
	left := true // all of ours was theirs, once
	for _, b := range append(mapValues(kit), blob) {
		if has, err := batch.Has(b); err != nil {
			return "", err
		} else if left = left && has; !left {
			break
		}
	}
	if left = left && o.Kind == "fork" && o.Relation != "local-newer"; left {
		if left, err = f.was(ctx, o, blob); err != nil {
			return "", err
		}
	}
	switch rel := change.Relation(o.Relation); {
	case left:
		return change.LeftBehind, nil
	case rel == change.Same, rel == change.Older, rel == change.Newer:
		return rel, nil
	}
	return change.Unordered, nil
}

// was says whether a recipe beside upstream's once had this content, in what led
// to the branch that is watched: on another branch it may be ahead of that.
func (f *forks) was(ctx context.Context, o origin, blob string) (found bool, err error) {
	l := f.layers[o.UpstreamSource]
	q := git.LogQuery{Revs: []string{l.commit}, Paths: []string{path.Dir(o.UpstreamFile)}}
	err = l.repo.FileChanges(ctx, q, func(c git.FileChange) error {
		found = found || c.Old == blob || c.New == blob
		return nil
	})
	return found, err
}

// sameKit says whether ours adds nothing to theirs, and theirs has no variant
// of a file of ours, for one machine or the like, that we took out.
func sameKit(ours, theirs map[string]string) bool {
	for name, blob := range ours {
		if theirs[name] != blob {
			return false
		}
	}
	for name := range theirs {
		_, file, variant := strings.Cut(name, "/")
		if variant && ours[name] == "" && ours[file] != "" {
			return false
		}
	}
	return true
}

func mapValues(m map[string]string) []string {
	var all []string
	for _, key := range sortedKeys(m) {
		all = append(all, m[key])
	}
	return all
}

// kit are the files that a recipe is made of besides itself, as far as they are
// its own layer's: blobs by name, where names are relative to the directories
// that are searched for the recipe's files.
func (f *forks) kit(ctx context.Context, r *layer.Recipe) (map[string]string, error) {
	tree, err := f.tree(ctx, r.Source)
	if err != nil {
		return nil, err
	}
	kit := map[string]string{}
	for _, inc := range r.Includes {
		if file, ok := strings.CutPrefix(inc, r.Source+":"); ok && tree[file] != "" && path.Base(path.Dir(file)) != "conf" {
			kit[path.Base(file)] = tree[file]
		}
	}
	bpn := plainName(r.PN)
	dir := path.Dir(r.File)
	for _, sub := range []string{"files", bpn, bpn + "-" + r.PV} { // the last is searched first
		for name, blob := range below(tree, path.Join(dir, sub)) {
			kit[name] = blob
		}
	}
	for _, p := range r.PatchFiles {
		if file, ok := strings.CutPrefix(p.Path, r.Source+":"); ok && p.Via == "recipe" && tree[file] != "" {
			kit[p.Name] = tree[file]
		}
	}
	return kit, nil
}

// below are the files of a directory by their paths in it.
func below(tree map[string]string, dir string) map[string]string {
	found := map[string]string{}
	for file, blob := range tree {
		if name, ok := strings.CutPrefix(file, dir+"/"); ok {
			found[name] = blob
		}
	}
	return found
}

// tree are the blobs of a layer by path.
func (f *forks) tree(ctx context.Context, source string) (map[string]string, error) {
	if t := f.trees[source]; t != nil {
		return t, nil
	}
	l := f.layers[source]
	entries, err := l.repo.Tree(ctx, l.commit)
	if err != nil {
		return nil, err
	}
	t := make(map[string]string, len(entries))
	for _, e := range entries {
		t[e.Path] = e.Hash
	}
	f.trees[source] = t
	return t, nil
}

// read reads a recipe; text is nil where it cannot be had, or is too long. Where
// its blob is not known it is looked up.
func (f *forks) read(ctx context.Context, source, file, blob string) (string, []byte, error) {
	if blob == "" {
		t, err := f.tree(ctx, source)
		if err != nil || t[file] == "" {
			return "", nil, err
		}
		blob = t[file]
	}
	batch, err := f.batch(ctx, source)
	if err != nil {
		return "", nil, err
	}
	text, err := batch.Begin(blob, maxRecipe+1)
	switch {
	case errors.Is(err, git.ErrNotFound):
		return "", nil, nil
	case err != nil:
		return "", nil, err
	case len(text) > maxRecipe:
		return blob, nil, nil
	}
	return blob, append([]byte{}, text...), nil
}

func (f *forks) batch(ctx context.Context, source string) (*git.Batch, error) {
	if b := f.batches[source]; b != nil {
		return b, nil
	}
	b, err := f.layers[source].repo.Batch(ctx)
	if err == nil {
		f.batches[source] = b
	}
	return b, err
}

// fork is the diff from the upstream recipe to ours, as a patch of the upstream
// layer. The error matches [patch.ErrNoDiff] where there is none: both are the
// same, or theirs is not there.
func (p *Patches) fork(ctx context.Context, c Carried) ([]byte, error) {
	if c.OtherBlob == "" {
		return nil, fmt.Errorf("%s has no such recipe: %w", c.Other, patch.ErrNoDiff)
	}
	theirs, err := p.blob(ctx, c.Other, c.OtherBlob)
	if err != nil {
		return nil, err
	}
	ours, err := p.blob(ctx, c.Layer, c.Blob)
	if err != nil {
		return nil, err
	}
	return patch.Between(c.OtherFile, theirs, ours), nil
}

// forkProjects are the projects that a fork may be merged in: those that are the
// upstream layer. What only lags behind upstream is not looked for: upstream has
// had those lines.
func (s Settings) forkProjects(c Carried) (names []string) {
	if c.Relation != change.Same && c.Relation != change.Newer || c.Renamed {
		return nil
	}
	for _, l := range s.Layers {
		for _, p := range s.Projects {
			if l.Name == c.Other && p.Location == l.Location {
				names = append(names, p.Name)
			}
		}
	}
	return names
}

// fork is what the rules look at of a fork; nil for a patch file.
func (c Carried) fork() *change.ForkFact {
	if c.Kind != CarriedDelta {
		return nil
	}
	return &change.ForkFact{Layer: c.Other, File: c.OtherFile, Version: c.OtherVersion, Renamed: c.Renamed, Relation: c.Relation}
}

// content changes when the patch does.
func (c Carried) content() string {
	if c.Kind == CarriedDelta {
		return c.Blob + " " + c.OtherBlob + " " + c.OtherFile
	}
	return c.Blob
}

// edits says whether a posted patch is one of the recipe that a fork is forked
// from: equal lines in other recipes are chance.
func (c Carried) edits(p *patch.Patch) bool {
	return c.Kind != CarriedDelta || slices.ContainsFunc(p.Files, func(f *patch.File) bool {
		return recipeOf(f.New) != "" && recipeOf(f.New) == recipeOf(c.OtherFile)
	})
}
