package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/diffmatch"
	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// twinVersion is part of the fingerprint of the twins: raise it when they are
// found in another way.
const twinVersion = "2"

// A twinStore keeps patch files of upstream layers that are like ours.
type twinStore interface {
	Twins(ctx context.Context) ([]Twin, error)
	PutTwins(ctx context.Context, twins []Twin) error
}

// An ourPatch is a patch that twins are looked for: carried, or posted by the
// team.
type ourPatch struct {
	key, content string
	location     string   // of the layer that carries it; ""
	names        []string // of the software that it is for
	file         string   // name of the patch file; ""
	blob         string   // ""
	read         func(context.Context) (*patch.Patch, error)
}

// findTwins finds the patch files that upstream layers have, or once had, and
// that are like ours: in the repositories that moved or, where ours are not as
// they were, in all. What cannot be read at the moment keeps its twins.
func (m *Matcher) findTwins(ctx context.Context, f found, patches *Patches, rep *Report) ([]Twin, error) {
	known, err := m.twins.Twins(ctx)
	if err != nil {
		return nil, err
	}
	ours := m.ourPatches(f, patches)
	places, err := m.upstreamPlaces(ctx, ours)
	if err != nil {
		return nil, err
	}
	kept := m.wantedTwins(known, ours)
	changed := len(kept) < len(known)
	var wanted []layer.Wanted
	for _, p := range places {
		if was, err := m.changes.Cursor(ctx, "match", p.cursor()); err != nil {
			return nil, err
		} else if was == p.print {
			continue
		}
		if wanted == nil {
			if wanted, err = m.readOurs(ctx, ours); err != nil {
				return nil, err
			}
		}
		some, err := m.twinsAt(ctx, p.layers, ours, wanted)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.Is(err, git.ErrNotFound):
			continue // the fetch stage has said why
		case err != nil:
			rep.problem("past of layer "+p.layers[0].Name, err)
			continue
		}
		kept = slices.DeleteFunc(kept, func(t Twin) bool { return p.has(t.Layer) })
		kept = append(kept, some...)
		changed = true
		if err := m.putTwins(ctx, kept, p); err != nil {
			return nil, err
		}
	}
	if !changed {
		return known, nil
	}
	if err := m.twins.PutTwins(ctx, kept); err != nil {
		return nil, err
	}
	return m.twins.Twins(ctx)
}

// putTwins stores the twins with the mark that a place was looked at.
func (m *Matcher) putTwins(ctx context.Context, twins []Twin, p *upstreamPlace) error {
	return m.changes.InTx(ctx, func(ctx context.Context) error {
		if err := m.twins.PutTwins(ctx, twins); err != nil {
			return err
		}
		return m.changes.SetCursor(ctx, "match", p.cursor(), p.print)
	})
}

// wantedTwins are those of our patches in layers that are upstream's.
func (m *Matcher) wantedTwins(known []Twin, ours []ourPatch) (kept []Twin) {
	of := index(ours, func(o ourPatch) string { return o.key })
	for _, t := range known {
		_, have := of[t.Of]
		if have && slices.ContainsFunc(m.set.Layers, func(l Layer) bool { return !l.Local && l.Name == t.Layer && l.Branch == t.Branch }) {
			kept = append(kept, t)
		}
	}
	return kept
}

// readOurs reads our patches; one that cannot be read may still have a twin
// that is the same file.
func (m *Matcher) readOurs(ctx context.Context, ours []ourPatch) ([]layer.Wanted, error) {
	wanted := make([]layer.Wanted, len(ours))
	for i, o := range ours {
		m.set.Progress.Report("read patches", i, len(ours))
		p, err := o.read(ctx)
		switch {
		case err == nil:
			wanted[i] = layer.Wanted{Blob: o.blob, Patch: p}
		case unreadable(err):
			wanted[i] = layer.Wanted{Blob: o.blob}
		default:
			return nil, fmt.Errorf("%s: %w", o.key, err)
		}
	}
	return wanted, nil
}

// ourPatches are what twins are looked for, by key.
func (m *Matcher) ourPatches(f found, patches *Patches) (ours []ourPatch) {
	for _, c := range f.carried {
		if !c.Dropped.IsZero() || c.Kind == CarriedDelta {
			continue
		}
		ours = append(ours, ourPatch{
			key: c.Key, content: c.Blob, location: patches.layers[c.Layer].Location, names: []string{c.Recipe}, file: path.Base(c.Path),
			blob: c.Blob, read: func(ctx context.Context) (*patch.Patch, error) { return patches.Carried(ctx, c) },
		})
	}
	lists := m.set.listProjects()
	for _, p := range f.posted {
		if p.Superseded || m.set.Rules.PersonOf(p.Author) == "" {
			continue
		}
		o := ourPatch{key: p.Key, read: func(ctx context.Context) (*patch.Patch, error) { return patches.Posted(ctx, p.Raw) }}
		for _, project := range m.set.Projects {
			if slices.Contains(lists[p.List], project.Name) {
				o.names = append(append(o.names, project.Name), project.Recipes...)
			}
		}
		ours = append(ours, o)
	}
	slices.SortFunc(ours, func(a, b ourPatch) int { return strings.Compare(a.key, b.key) })
	return ours
}

// A layerTip is an upstream layer at its commit.
type layerTip struct {
	Layer
	commit string
}

// An upstreamPlace is a repository with upstream layers.
type upstreamPlace struct {
	layers []layerTip
	print  string // of all that the twins in it depend on
}

func (p *upstreamPlace) cursor() string { return "twins " + git.Redact(p.layers[0].Location) }

func (p *upstreamPlace) has(name string) bool {
	return slices.ContainsFunc(p.layers, func(l layerTip) bool { return l.Name == name })
}

// upstreamPlaces are the repositories with upstream layers, at their recorded
// tips.
func (m *Matcher) upstreamPlaces(ctx context.Context, ours []ourPatch) ([]*upstreamPlace, error) {
	parts := []string{twinVersion}
	for _, o := range ours {
		parts = append(append(parts, o.key, o.content, o.location), o.names...)
	}
	print := fingerprint(parts...)
	var places []*upstreamPlace
	for _, l := range m.set.Layers {
		if l.Local {
			continue
		}
		tips, err := recorded{m.refs, m.set}.at(ctx, l.Location)
		if err != nil {
			return nil, err
		}
		commit := l.Revision
		for _, t := range tips {
			if commit == "" && t.Ref == "refs/heads/"+l.Branch {
				commit = t.Hash
			}
		}
		if commit == "" {
			continue // not fetched yet: the fetch stage has said why
		}
		i := slices.IndexFunc(places, func(p *upstreamPlace) bool { return p.layers[0].Location == l.Location })
		if i < 0 {
			i = len(places)
			places = append(places, &upstreamPlace{print: print})
		}
		places[i].layers = append(places[i].layers, layerTip{l, commit})
		places[i].print = fingerprint(places[i].print, l.Name, l.Branch, commit)
	}
	return places, nil
}

// twinsAt finds twins in the layers of one repository.
func (m *Matcher) twinsAt(ctx context.Context, layers []layerTip, ours []ourPatch, wanted []layer.Wanted) ([]Twin, error) {
	location := layers[0].Location
	repo, err := recorded{m.refs, m.set}.open(ctx, location)
	if err != nil {
		return nil, err
	}
	var at []layerTip
	var revs []string
	var tips []git.Tip
	for _, l := range layers {
		hash, err := repo.Resolve(ctx, l.commit)
		if errors.Is(err, git.ErrNotFound) {
			continue // pinned to what is not there: the scan stage has said so
		} else if err != nil {
			return nil, err
		}
		at, revs, tips = append(at, l), append(revs, hash), append(tips, git.Tip{Ref: l.Name, Hash: hash})
	}
	archive, err := layer.OpenArchive(ctx, repo, m.set.archiveFile(location), revs, m.set.Progress)
	if err != nil {
		return nil, err
	}
	found, err := archive.Find(ctx, wanted)
	if err != nil {
		return nil, err
	}
	x := &twinFinder{repo: repo, archive: archive}
	if x.holds, err = repo.Containment(ctx, tips); err != nil {
		return nil, err
	}
	if x.batch, err = repo.Batch(ctx); err != nil {
		return nil, err
	}
	defer x.batch.Close()
	var twins []Twin
	for n, l := range at {
		if err := x.enter(ctx, l, revs[n]); err != nil {
			return nil, err
		}
		for i, o := range ours {
			t, ok := x.twin(found[i])
			if !ok || o.location == location {
				continue
			}
			if t, ok = x.describe(t, o, wanted[i].Patch); ok {
				twins = append(twins, t)
			}
		}
	}
	return twins, nil
}

// A twinFinder looks at one layer branch of a repository after the other.
type twinFinder struct {
	repo    *git.Repo
	archive *layer.Archive
	holds   *git.Containment
	batch   *git.Batch
	layer   layerTip
	tree    map[string]bool // paths in the layer's tree
}

// enter begins with another layer.
func (x *twinFinder) enter(ctx context.Context, l layerTip, hash string) error {
	entries, err := x.repo.Tree(ctx, hash)
	if err != nil {
		return err
	}
	x.layer, x.tree = l, make(map[string]bool, len(entries))
	for _, e := range entries {
		x.tree[e.Path] = true
	}
	return nil
}

// within are the moments that are in the layer's history.
func (x *twinFinder) within(all []layer.Moment) (in []layer.Moment) {
	for _, m := range all {
		if slices.Contains(x.holds.Refs(m.Commit), x.layer.Name) {
			in = append(in, m)
		}
	}
	return in
}

// twin puts together what a layer has and had that is like one of ours: one
// patch that was moved or edited on its way is told once, as it is or was last.
func (x *twinFinder) twin(found []layer.Version) (Twin, bool) {
	t := Twin{Layer: x.layer.Name, Branch: x.layer.Branch}
	has, any := false, false
	for _, v := range found { // the closest first
		came, went := x.within(v.Came), x.within(v.Went)
		if len(came) == 0 {
			continue
		}
		here := len(came) > len(went) && x.tree[v.Path]
		if !any || here && !has {
			t.Path, t.Blob, t.Same, t.Score = v.Path, v.Blob, v.Match, v.Similarity
		}
		any, has = true, has || here
		if first := came[0]; t.Came.Commit == "" || first.Time.Before(t.Came.Time) {
			t.Came = Passage(first)
		}
		if len(went) > 0 {
			if last := went[len(went)-1]; last.Time.After(t.Went.Time) {
				t.Went = Passage(last)
			}
		}
	}
	if has {
		t.Went = Passage{}
	}
	return t, any
}

// describe says what a twin has to do with ours, and whether it has: the same
// few lines in a patch for other software are chance.
func (x *twinFinder) describe(t Twin, o ourPatch, p *patch.Patch) (Twin, bool) {
	t.Of, t.Key = o.key, change.ElsewhereKey(t.Layer, t.Branch, t.Path)
	one := t.Same != "near"
	if b, err := x.batch.Blob(t.Blob); err == nil && p != nil {
		if theirs, err := patch.Parse(b); err == nil {
			s := diffmatch.Compare(p, theirs)
			t.Evidence = evidence(s.Evidence)
			one = one || near(diffmatch.Similarity{Same: "near"}, p, theirs)
		}
	}
	same := o.sameSoftware(t.Path)
	t.One = t.Same == "identical" || one && same
	return t, t.One || same || t.Same == "patch-id"
}

// sameSoftware says whether a patch file of another layer is for what ours is
// for, as far as names tell: equal diffs for different software are not one
// change.
func (o ourPatch) sameSoftware(file string) bool {
	if o.file != "" && o.file == path.Base(file) {
		return true
	}
	for dir := path.Dir(file); dir != "." && dir != "/"; dir = path.Dir(dir) {
		base := versionEnd.ReplaceAllString(path.Base(dir), "")
		if slices.ContainsFunc(o.names, func(n string) bool { return n != "" && plainName(n) == plainName(base) }) {
			return true
		}
	}
	return false
}

// plainName is a recipe's name without what says for which machine it is built.
func plainName(pn string) string {
	pn = strings.TrimPrefix(pn, "nativesdk-")
	for _, suffix := range []string{"-native", "-cross"} {
		pn = strings.TrimSuffix(pn, suffix)
	}
	return pn
}

// evidence is what the engine says, as it is stored.
func evidence(list []diffmatch.Evidence) (out []change.Evidence) {
	for _, e := range list {
		out = append(out, change.Evidence(e))
	}
	return out
}

// sighting is the patch file of an upstream layer as a sighting.
func (t Twin) sighting(title string) change.Sighting {
	s := change.Sighting{
		Kind: change.Elsewhere, Key: t.Key, Source: t.Layer, Branch: t.Branch, Path: t.Path, Subject: cmp.Or(title, path.Base(t.Path)),
		At: t.Came.Time,
	}
	same := map[string]string{"identical": "the same file", "patch-id": "the same patch", "changes": "the same changes"}[t.Same]
	s.Note = fmt.Sprintf("%s, since %s (%.12s)", cmp.Or(same, "nearly the same"), t.Came.Time.Format("2006-01-02"), t.Came.Commit)
	if t.Went.Commit != "" {
		s.Note = fmt.Sprintf("%s, from %s (%.12s) to %s (%.12s), dropped since", cmp.Or(same, "nearly the same"),
			t.Came.Time.Format("2006-01-02"), t.Came.Commit, t.Went.Time.Format("2006-01-02"), t.Went.Commit)
	}
	return s
}
