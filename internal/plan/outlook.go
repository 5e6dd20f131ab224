package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/patch"
	"github.com/upstreamd/upstreamd/internal/rebase"
)

// outlook is what can be said of our patches of a recipe whose source is not
// known. At the same version only patches of upstream's that are new can be in
// their way, and only if both change the same files.
func (p *planner) outlook(ctx context.Context, q *queue) (map[string]outcome, error) {
	found := map[string]outcome{}
	if versionOf(q.from) != versionOf(q.to) || q.from.SRCREV != q.to.SRCREV || q.to.PV == layer.Unknown || q.to.Floating {
		for _, f := range q.ours {
			o := outcome{verdict: Unknown, effort: Minutes, why: step(q.from, q.to) + "; its source is not known here"}
			likely, err := p.likely(ctx, q, f)
			if err != nil {
				return nil, err
			}
			o.why += likely
			found[f.Path] = o
		}
		return found, nil
	}
	theirs := map[string]string{} // by file that it changes, the name of a patch that is new there
	for _, f := range q.all {
		if slices.Contains(blobs(q.from), f.Blob) || f.Path == "" || slices.ContainsFunc(q.ours, func(g layer.PatchFile) bool { return g.Path == f.Path }) {
			continue
		}
		files, err := p.changes(ctx, f)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			theirs[file] = f.Name
		}
	}
	for _, f := range q.ours {
		files, err := p.changes(ctx, f)
		if err != nil {
			return nil, err
		}
		o := outcome{verdict: Keep, why: step(q.from, q.to)}
		if len(theirs) > 0 {
			o.why += "; upstream's new patches change other files"
		}
		for _, file := range files {
			if other := theirs[file]; other != "" {
				o = outcome{verdict: Unknown, effort: Minutes, why: fmt.Sprintf("%s; upstream's new %s changes %s, too", step(q.from, q.to), other, file)}
				break
			}
		}
		found[f.Path] = o
	}
	return found, nil
}

// likely says what mostly became of such patches when recipes moved so; ""
// where the version is not known.
func (p *planner) likely(ctx context.Context, q *queue, f layer.PatchFile) (string, error) {
	if q.from.PV == layer.Unknown || q.to.PV == layer.Unknown || q.to.Floating {
		return "", nil
	}
	s := rebase.Step{Kind: "pvline", From: q.from.PV, To: q.to.PV, Name: f.Name, Queue: len(q.all)}
	s.Position = 1 + slices.IndexFunc(q.all, func(g layer.PatchFile) bool { return g.Path == f.Path })
	switch {
	case name(q.from.File) != name(q.to.File):
		s.Kind = "rename"
	case q.from.PV == q.to.PV:
		s.Kind = "srcrev"
	}
	var err error
	if s.At, err = p.moved(ctx, q.to.Source); err != nil {
		return "", err
	}
	if x := p.now.patches[f.Path]; x != nil {
		s.Status, s.Past.Since = x.Status, x.Life.Added()
	}
	if s.Data, err = p.read(ctx, f); err != nil && !errors.Is(err, git.ErrTooBig) && !errors.Is(err, git.ErrNotFound) {
		return "", err
	}
	s.Patch, _ = patch.Parse(s.Data) // of what is no patch the rest is known
	o := p.Rank(s)
	return map[string]string{
		rebase.FateKept: "; such patches mostly stay", rebase.FateRefreshed: "; such patches mostly have to be made anew",
		rebase.FateDropped: "; such patches mostly can go",
	}[o.Fate], nil
}

// moved is when the commit of a layer at the target was made.
func (p *planner) moved(ctx context.Context, source string) (at time.Time, err error) {
	if at, ok := p.times[source]; ok {
		return at, nil
	}
	for _, src := range p.sources {
		if src.Name != source {
			continue
		}
		rev := src.Rev
		if rev == "" {
			rev = "HEAD"
		}
		err = src.Repo.Log(ctx, git.LogQuery{Revs: []string{rev}, Merges: true, Max: 1}, func(c *git.Commit) error {
			at = c.CommitTime
			return nil
		})
	}
	p.times[source] = at
	return at, err
}

// changes are the files that a patch changes; none where it cannot be read.
func (p *planner) changes(ctx context.Context, f layer.PatchFile) ([]string, error) {
	data, err := p.read(ctx, f)
	if errors.Is(err, git.ErrTooBig) || errors.Is(err, git.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	parsed, err := patch.Parse(data)
	if err != nil {
		return nil, nil // the scan has said so
	}
	var files []string
	for _, file := range parsed.Files {
		name := file.New
		if name == "" {
			name = file.Old
		}
		files = append(files, strings.TrimPrefix(f.Dir+"/"+name, "/"))
	}
	return files, nil
}
