package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// outlook is what can be said of our patches of a recipe whose source is not
// known. At the same version only patches of upstream's that are new can be in
// their way, and only if both change the same files.
func (p *planner) outlook(ctx context.Context, q *queue) (map[string]outcome, error) {
	found := map[string]outcome{}
	if versionOf(q.from) != versionOf(q.to) || q.from.SRCREV != q.to.SRCREV || q.to.PV == layer.Unknown || q.to.Floating {
		for _, f := range q.ours {
			o := outcome{verdict: Unknown, effort: Minutes, why: step(q.from, q.to) + "; its source is not known here"}
			if x := p.now.patches[f.Path]; x != nil && x.Status.Kind == "Backport" {
				o.why += "; it says Backport: it may be in there"
			}
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
