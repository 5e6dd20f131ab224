package pipeline

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/upstreamd/upstreamd/internal/diffmatch"
	"github.com/upstreamd/upstreamd/internal/git"
)

// openIndex opens a project's mirror and its index, which is brought up to
// date and kept below the cache directory.
func openIndex(ctx context.Context, p Project, rec recorded) (*git.Repo, *diffmatch.Index, error) {
	repo, err := rec.open(ctx, p.Location)
	if err != nil {
		return nil, nil, err
	}
	file := filepath.Join(rec.set.Cache, "indexes", filepath.Base(NewMirrors(rec.set.Cache).Dir(p.Location))+".index")
	index, err := diffmatch.Open(ctx, repo, file, rec.set.Progress)
	if err != nil {
		return nil, nil, fmt.Errorf("index: %w", err)
	}
	return repo, index, nil
}

// An Indexer is the stage that makes the commits of projects searchable. The
// indexes are a cache: the match stage would make them as well, but a user
// wants to see how long which takes.
type Indexer struct {
	sources sourceLog
	set     Settings
	cursors cursorStore
	refs    tipStore
}

// A tipStore gives the recorded tips of sources.
type tipStore interface {
	Sources(ctx context.Context) ([]Source, error)
	Tips(ctx context.Context, source int64) ([]git.Tip, error)
}

// NewIndexer returns the index stage.
func NewIndexer(refs tipStore, cursors cursorStore, sources sourceLog, set Settings) *Indexer {
	return &Indexer{refs: refs, cursors: cursors, sources: sources, set: set}
}

// Stage is the index stage: one input for each project.
func (x *Indexer) Stage() Stage {
	st := Stage{Name: "index", Every: 10 * time.Minute, Run: x.run}
	for _, p := range x.set.Projects {
		st.Inputs = append(st.Inputs, input(ProjectSource, p.Name))
	}
	return st
}

// run updates the index of the projects whose tips moved.
func (x *Indexer) run(ctx context.Context, only string) (Report, error) {
	var rep Report
	tips, err := projectTips(ctx, x.refs)
	if err != nil {
		return rep, err
	}
	done := 0
	for _, p := range x.set.Projects {
		if len(tips[p.Name]) == 0 || only != "" && only != input(ProjectSource, p.Name) {
			continue // without tips it was not fetched yet: the fetch stage has said why
		}
		print := tipsPrint(tips[p.Name])
		if seen, err := x.cursors.Cursor(ctx, "index", p.Name); err != nil {
			return rep, err
		} else if seen == print {
			continue
		}
		switch err := x.update(ctx, p); {
		case ctx.Err() != nil:
			return rep, ctx.Err()
		case errors.Is(err, git.ErrNotFound):
			continue // the fetch stage has said why
		case err != nil:
			rep.problem("project "+p.Name, err)
			if err := x.set.mark(ctx, x.sources, "index", Source{Kind: ProjectSource, Name: p.Name}, err.Error()); err != nil {
				return rep, err
			}
			continue
		}
		done++
		if err := x.set.mark(ctx, x.sources, "index", Source{Kind: ProjectSource, Name: p.Name}, ""); err != nil {
			return rep, err
		}
		if err := x.cursors.SetCursor(ctx, "index", p.Name, print); err != nil {
			return rep, err
		}
	}
	if done > 0 {
		rep.Done = fmt.Sprintf("%d projects", done)
	}
	return rep, nil
}

func (x *Indexer) update(ctx context.Context, p Project) error {
	set := x.set
	set.Progress = func(what string, done, total int) { x.set.Progress.Report("index "+p.Name, done, total) }
	_, _, err := openIndex(ctx, p, recorded{x.refs, set})
	return err
}

// projectTips are the recorded tips of every project, by name.
func projectTips(ctx context.Context, refs tipStore) (map[string][]git.Tip, error) {
	sources, err := refs.Sources(ctx)
	if err != nil {
		return nil, err
	}
	tips := map[string][]git.Tip{}
	for _, s := range sources {
		if s.Kind != ProjectSource {
			continue
		}
		if tips[s.Name], err = refs.Tips(ctx, s.ID); err != nil {
			return nil, err
		}
	}
	return tips, nil
}

// projectTags are the names of the recorded tags of every project.
func projectTags(ctx context.Context, refs tipStore) (map[string][]string, error) {
	tips, err := projectTips(ctx, refs)
	if err != nil {
		return nil, err
	}
	tags := map[string][]string{}
	for name, list := range tips {
		for _, t := range list {
			if tag, ok := strings.CutPrefix(t.Ref, "refs/tags/"); ok {
				tags[name] = append(tags[name], tag)
			}
		}
	}
	return tags, nil
}
