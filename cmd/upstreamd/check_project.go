package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/upstreamd/upstreamd/internal/diffmatch"
	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/patch"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/policy"
)

// A sourceProject is a --project: the source of one recipe.
type sourceProject struct {
	pipeline.Project
	repo *matchRepo
	tags map[string]string // name to commit
}

// openProjects opens the repositories with their commit indexes; one that
// cannot be read is told and left out.
func openProjects(cmd *cobra.Command, specs []string, in *checkInput) ([]policy.Project, error) {
	if len(specs) == 0 {
		return nil, nil
	}
	repos, err := newMatchRepos("", false, in.show.report)
	if err != nil {
		return nil, err
	}
	repos.warn = func(text string) { in.show.clear(); fmt.Fprintln(cmd.ErrOrStderr(), "upstreamd: "+text) }
	opened := map[string]*sourceProject{}
	var all []policy.Project
	for _, spec := range specs {
		pn, path, ok := strings.Cut(spec, "=")
		if !ok || pn == "" || path == "" {
			return nil, usagef("%s: --project %q: want PN=REPO", cmd.Name(), spec)
		}
		p := opened[path]
		if p == nil {
			p, err = openProject(cmd.Context(), repos, path)
			if cmd.Context().Err() != nil {
				return nil, cmd.Context().Err()
			}
			if err != nil {
				in.failed = append(in.failed, fmt.Sprintf("source of %s: %v", pn, err))
				continue
			}
			opened[path] = p
		}
		all = append(all, &sourceProject{pipeline.Project{Name: pn}, p.repo, p.tags})
	}
	return all, nil
}

func openProject(ctx context.Context, repos *matchRepos, path string) (*sourceProject, error) {
	repo, err := repos.open(ctx, path)
	if err != nil {
		return nil, err
	}
	if _, err := repo.view(ctx, ""); err != nil {
		return nil, err
	}
	tips, err := repo.git.Tips(ctx)
	if err != nil {
		return nil, err
	}
	p := &sourceProject{repo: repo, tags: map[string]string{}}
	for _, t := range tips {
		if name, ok := strings.CutPrefix(t.Ref, "refs/tags/"); ok {
			p.tags[name] = t.Hash
		}
	}
	return p, nil
}

var fullHash = regexp.MustCompile(`^[0-9a-f]{40}(?:[0-9a-f]{24})?$`)

// Version is the commit of SRCREV, else of the tag that stands for PV.
func (p *sourceProject) Version(ctx context.Context, r *layer.Recipe) (commit, name string, err error) {
	if fullHash.MatchString(r.SRCREV) {
		commit, err := p.repo.git.Resolve(ctx, r.SRCREV)
		if err == nil {
			return commit, "commit " + short(commit), nil
		}
		if !errors.Is(err, git.ErrNotFound) {
			return "", "", err
		}
	}
	var names []string
	for name := range p.tags {
		names = append(names, name)
	}
	tag := ""
	if r.PV != layer.Unknown {
		tag = p.TagOf(r.PV, names)
	}
	if tag == "" {
		return "", "", fmt.Errorf("no tag of %s for it: %w", p.repo.path, policy.ErrNoVersion)
	}
	return p.tags[tag], tag, nil
}

// Find matches a patch with the history of a commit, "" for all branches.
func (p *sourceProject) Find(ctx context.Context, c *patch.Patch, within string) (policy.Merge, error) {
	view, err := p.repo.view(ctx, within)
	if err != nil {
		return policy.Merge{}, err
	}
	res, err := view.Match(ctx, c, diffmatch.Options{})
	m := policy.Merge{Result: res}
	if err != nil || res.Commit == "" {
		return m, err
	}
	m.FirstTag, _ = p.repo.containing(ctx, res.Commit)
	err = p.repo.git.Log(ctx, git.LogQuery{Revs: []string{res.Commit}, Merges: true, Max: 1}, func(c *git.Commit) error {
		m.Subject = c.Subject
		return nil
	})
	return m, err
}

// Has resolves a hash that a header names.
func (p *sourceProject) Has(ctx context.Context, named, within string) (string, bool, error) {
	commit, err := p.repo.git.Resolve(ctx, named)
	if errors.Is(err, git.ErrNotFound) {
		return "", false, nil
	} else if err != nil {
		return "", false, err
	}
	in, err := p.repo.git.IsAncestor(ctx, commit, within)
	return commit, in, err
}
