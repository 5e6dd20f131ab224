package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/mailing"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// A mailReader gives the bytes of stored mails.
type mailReader interface {
	RawMail(ctx context.Context, id int64) ([]byte, error)
}

// Patches reads the patches that sightings stand for: files of layers from
// their mirrors, posted ones from the stored mails. It keeps git processes
// open until Close, and is not for several goroutines at once.
type Patches struct {
	mails  mailReader
	layers map[string]Layer
	set    Settings
	refs   tipStore              // to bring mirrors up to date first; nil: as they are
	open   map[string]*git.Batch // by location
}

// NewPatches returns a reader of the patches of the configured layers and of
// all mails.
func NewPatches(mails mailReader, set Settings) *Patches {
	p := &Patches{mails: mails, layers: map[string]Layer{}, set: set, open: map[string]*git.Batch{}}
	for _, l := range set.Layers {
		p.layers[l.Name] = l
	}
	return p
}

// Close ends the git processes.
func (p *Patches) Close() {
	for _, b := range p.open {
		b.Close()
	}
	clear(p.open)
}

// Blob is the content of a patch file of a layer; of a fork, the diff from the
// upstream recipe, nil where there is none.
func (p *Patches) Blob(ctx context.Context, c Carried) ([]byte, error) {
	if c.Kind == CarriedDelta {
		text, err := p.fork(ctx, c)
		if errors.Is(err, patch.ErrNoDiff) {
			err = nil
		}
		return text, err
	}
	return p.blob(ctx, c.Layer, c.Blob)
}

func (p *Patches) blob(ctx context.Context, layer, blob string) ([]byte, error) {
	l, ok := p.layers[layer]
	if !ok {
		return nil, fmt.Errorf("layer %s is not configured any more: %w", layer, git.ErrNotFound)
	}
	batch, err := p.batch(ctx, l.Location)
	if err != nil {
		return nil, err
	}
	return batch.Blob(blob)
}

// batch is a git process that reads the mirror of a location.
func (p *Patches) batch(ctx context.Context, location string) (*git.Batch, error) {
	if batch := p.open[location]; batch != nil {
		return batch, nil
	}
	repo, err := p.mirror(ctx, location)
	if err != nil {
		return nil, err
	}
	batch, err := repo.Batch(ctx)
	if err == nil {
		p.open[location] = batch
	}
	return batch, err
}

func (p *Patches) mirror(ctx context.Context, location string) (*git.Repo, error) {
	if p.refs == nil {
		return NewMirrors(p.set.Cache).Open(ctx, location)
	}
	return recorded{p.refs, p.set}.open(ctx, location)
}

// Carried is the patch in a file of a layer, or what a fork has other than the
// upstream recipe. The error matches [patch.ErrNoDiff] where there is no diff.
func (p *Patches) Carried(ctx context.Context, c Carried) (*patch.Patch, error) {
	b, err := p.Blob(ctx, c)
	if err != nil {
		return nil, err
	}
	return patch.Parse(b)
}

// Posted is the patch in a mail. The error matches [patch.ErrNoDiff] where the
// mail has no diff.
func (p *Patches) Posted(ctx context.Context, raw int64) (*patch.Patch, error) {
	b, err := p.mails.RawMail(ctx, raw)
	if err != nil {
		return nil, err
	}
	return PatchOf(mailing.Parse(b))
}

// PatchOf is the patch in a mail, with the mail's subject, author and date, or
// those that stand with the patch.
func PatchOf(m *mailing.Message) (*patch.Patch, error) {
	p, err := patch.Parse([]byte(m.Text))
	if p == nil {
		return nil, err
	}
	p.Subject = patch.CleanSubject(m.Subject)
	if m.PatchSubject != "" {
		p.Subject = patch.CleanSubject(m.PatchSubject)
	}
	p.Author = patch.Person{Name: m.Author.Name, Email: m.Author.Email}
	if !m.Date.IsZero() {
		p.Date = m.Date
	}
	if m.MessageID != "" { // commits may name the mail that they were made of
		p.Trailers = append(p.Trailers, patch.Trailer{Key: "Message-ID", Value: m.MessageID})
	}
	return p, err
}

// Nested is a patch file in a posted patch. Raw is the id of the posted patch's
// mail. The error matches [git.ErrNotFound] or [patch.ErrNoFit] where the mail
// has only parts of the file and the rest is not at hand, and [patch.ErrNoDiff]
// where the file has no diff.
func (p *Patches) Nested(ctx context.Context, raw int64, path string) (*patch.Patch, error) {
	outer, err := p.Posted(ctx, raw)
	if err != nil {
		return nil, err
	}
	for _, in := range patch.Nested(outer) {
		if in.Path != path {
			continue
		}
		text, err := p.whole(ctx, in)
		if err != nil {
			return nil, err
		}
		return patch.Parse(text)
	}
	return nil, fmt.Errorf("%s in mail %d: %w", path, raw, git.ErrNotFound)
}

// whole is the text of a patch file in a patch: as the diff has it, else as a
// layer has it since, else made of what a layer had before.
func (p *Patches) whole(ctx context.Context, in patch.Inner) ([]byte, error) {
	if in.Text != nil {
		return in.Text, nil
	}
	for _, try := range []struct {
		blob string
		make func([]byte) ([]byte, error)
	}{
		{in.New, func(b []byte) ([]byte, error) { return b, nil }},
		{in.Old, in.Apply},
	} {
		for _, l := range p.set.Layers {
			if try.blob == "" {
				continue
			}
			b, err := p.blob(ctx, l.Name, try.blob)
			switch {
			case err == nil:
				return try.make(b)
			case ctx.Err() != nil:
				return nil, ctx.Err()
			case !errors.Is(err, git.ErrNotFound) && !errors.Is(err, git.ErrTooBig):
				return nil, err
			}
		}
	}
	return nil, fmt.Errorf("the mail has only parts of it, and no layer that is watched has what it was made from: %w", git.ErrNotFound)
}

// Twin is the patch file of an upstream layer.
func (p *Patches) Twin(ctx context.Context, t Twin) (*patch.Patch, error) {
	b, err := p.blob(ctx, t.Layer, t.Blob)
	if err != nil {
		return nil, err
	}
	return patch.Parse(b)
}

// A found is all patches that the match stage works on.
type found struct {
	carried []Carried
	posted  []Posted
	targets map[string][]Target // by posting
	nested  []Nested
	twins   []Twin
}

// A seen is a carried or posted patch on its way through the match stage.
type seen struct {
	key      string
	content  string // changes when the patch does
	dropped  bool   // carried once: what was found of it stays as it was
	projects []string
	read     func(context.Context) (*patch.Patch, error)
}

// patch reads the patch; where there is none that could be read, why is in odd.
func (s seen) patch(ctx context.Context) (p *patch.Patch, odd string, err error) {
	p, err = s.read(ctx)
	switch {
	case err == nil:
		return p, "", nil
	case unreadable(err):
		return nil, err.Error(), nil
	}
	return nil, "", fmt.Errorf("%s: %w", s.key, err)
}

// sightings are all patches, with the projects that they may have been merged
// in.
func (p *Patches) sightings(f found) []seen {
	var all []seen
	for _, c := range f.carried {
		s := seen{key: c.Key, content: c.content(), dropped: !c.Dropped.IsZero(), read: func(ctx context.Context) (*patch.Patch, error) { return p.Carried(ctx, c) }}
		if s.projects = p.set.projectsOf(c.Recipe); c.Kind == CarriedDelta {
			s.projects = p.set.forkProjects(c)
		}
		all = append(all, s)
	}
	lists := p.set.listProjects()
	raw := map[string]int64{}
	for _, m := range f.posted {
		raw[m.MessageID] = m.Raw
		all = append(all, seen{
			key: change.PostedKey(m.MessageID), content: m.MessageID, projects: union(lists[m.List], targetProjects(f.targets[m.PostingKey])),
			read: func(ctx context.Context) (*patch.Patch, error) { return p.Posted(ctx, m.Raw) },
		})
	}
	for _, n := range f.nested {
		if n.Problem != "" {
			continue
		}
		all = append(all, seen{
			key: n.Key, content: n.Key, projects: p.set.projectsOf(n.Recipes...),
			read: func(ctx context.Context) (*patch.Patch, error) { return p.Nested(ctx, raw[n.MessageID], n.Path) },
		})
	}
	return append(all, p.twinSightings(f.twins, all)...)
}

// twinSightings are the patch files of upstream layers that are the same as
// some of ours: they may have been merged where ours may.
func (p *Patches) twinSightings(twins []Twin, ours []seen) []seen {
	of := index(ours, func(s seen) string { return s.key })
	byKey := map[string]*seen{}
	for _, t := range twins {
		if !t.One {
			continue
		}
		s := byKey[t.Key]
		if s == nil {
			s = &seen{key: t.Key, content: t.Blob, read: func(ctx context.Context) (*patch.Patch, error) { return p.Twin(ctx, t) }}
			byKey[t.Key] = s
		}
		s.projects = append(s.projects, of[t.Of].projects...)
	}
	var all []seen
	for _, key := range sortedKeys(byKey) {
		slices.Sort(byKey[key].projects)
		byKey[key].projects = slices.Compact(byKey[key].projects)
		all = append(all, *byKey[key])
	}
	return all
}

// projectsOf are the projects that build one of these recipes.
func (s Settings) projectsOf(recipes ...string) (names []string) {
	for _, p := range s.Projects {
		if slices.ContainsFunc(recipes, p.Serves) {
			names = append(names, p.Name)
		}
	}
	return names
}

// listProjects are the projects that take patches on each list.
func (s Settings) listProjects() map[string][]string {
	lists := map[string][]string{}
	for _, l := range s.Lists {
		lists[l.Name] = l.Projects
	}
	return lists
}

// unreadable says whether an error means that there is no patch to match,
// which is no failure of the stage.
func unreadable(err error) bool {
	return errors.Is(err, patch.ErrNoDiff) || errors.Is(err, git.ErrNotFound) || errors.Is(err, git.ErrTooBig) || errors.Is(err, patch.ErrNoFit)
}
