package pipeline

import (
	"context"
	"errors"
	"fmt"

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

// Blob is the content of a patch file of a layer.
func (p *Patches) Blob(ctx context.Context, c Carried) ([]byte, error) {
	l, ok := p.layers[c.Layer]
	if !ok {
		return nil, fmt.Errorf("layer %s is not configured any more: %w", c.Layer, git.ErrNotFound)
	}
	batch := p.open[l.Location]
	if batch == nil {
		repo, err := p.mirror(ctx, l.Location)
		if err != nil {
			return nil, err
		}
		if batch, err = repo.Batch(ctx); err != nil {
			return nil, err
		}
		p.open[l.Location] = batch
	}
	return batch.Blob(c.Blob)
}

func (p *Patches) mirror(ctx context.Context, location string) (*git.Repo, error) {
	if p.refs == nil {
		return NewMirrors(p.set.Cache).Open(ctx, location)
	}
	return recorded{p.refs, p.set}.open(ctx, location)
}

// Carried is the patch in a file of a layer. The error matches
// [patch.ErrNoDiff] where the file has no diff.
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
	return p, err
}

// A seen is a carried or posted patch on its way through the match stage.
type seen struct {
	key      string
	content  string // changes when the patch does
	dropped  bool   // carried once: what was found of it stays as it was
	projects []string
	read     func(context.Context) (*patch.Patch, error)
}

// sightings are all patches, with the projects that they may have been merged
// in.
func (p *Patches) sightings(set Settings, carried []Carried, posted []Posted) []seen {
	var all []seen
	for _, c := range carried {
		s := seen{key: c.Key, content: c.Blob, dropped: !c.Dropped.IsZero(), read: func(ctx context.Context) (*patch.Patch, error) { return p.Carried(ctx, c) }}
		for _, project := range set.Projects {
			if project.Serves(c.Recipe) {
				s.projects = append(s.projects, project.Name)
			}
		}
		all = append(all, s)
	}
	lists := map[string][]string{}
	for _, l := range set.Lists {
		lists[l.Name] = l.Projects
	}
	for _, m := range posted {
		all = append(all, seen{
			key: change.PostedKey(m.MessageID), content: m.MessageID, projects: lists[m.List],
			read: func(ctx context.Context) (*patch.Patch, error) { return p.Posted(ctx, m.Raw) },
		})
	}
	return all
}

// unreadable says whether an error means that there is no patch to match,
// which is no failure of the stage.
func unreadable(err error) bool {
	return errors.Is(err, patch.ErrNoDiff) || errors.Is(err, git.ErrNotFound) || errors.Is(err, git.ErrTooBig)
}
