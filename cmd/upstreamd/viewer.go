package main

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/mailing"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/store"
)

// sqliteOf is the pool that writes where the store is SQLite, else nil.
func sqliteOf(db *store.DB) *sql.DB {
	if db.Pool() != nil {
		return nil
	}
	return db.SQL()
}

// A viewer reads patches and commits for pages that show them.
type viewer struct {
	db  *store.DB
	set pipeline.Settings
}

// project opens the mirror of a configured project.
func (v viewer) project(ctx context.Context, name string) (*git.Repo, error) {
	for _, p := range v.set.Projects {
		if p.Name == name {
			return pipeline.NewMirrors(v.set.Cache).Open(ctx, p.Location)
		}
	}
	return nil, fmt.Errorf("project %s: not configured: %w", name, git.ErrNotFound)
}

// commitDiff is the diff of a commit of a project.
func (v viewer) commitDiff(ctx context.Context, project, hash string) ([]byte, error) {
	repo, err := v.project(ctx, project)
	if err != nil {
		return nil, err
	}
	var diff []byte
	err = repo.Log(ctx, git.LogQuery{Revs: []string{hash}, Diff: true, Max: 1, Merges: true}, func(c *git.Commit) error {
		diff = c.Diff
		return nil
	})
	return diff, err
}

// findCommit is the full hash of what a person typed.
func (v viewer) findCommit(ctx context.Context, project, rev string) (string, error) {
	repo, err := v.project(ctx, project)
	if err != nil {
		return "", err
	}
	return repo.Resolve(ctx, rev)
}

// pins are what the configured layers fix of projects.
func (v viewer) pins(ctx context.Context) ([]change.Pin, error) {
	return pipeline.Pins(ctx, v.db, v.set)
}

// patchText is the text of a patch that was carried, posted, offered to a
// layer, or seen in an upstream layer.
func (v viewer) patchText(ctx context.Context, s change.Sighting) ([]byte, error) {
	patches := pipeline.NewPatches(v.db, v.set)
	defer patches.Close()
	switch s.Kind {
	case change.Posted:
		raw, err := v.db.RawByMessageID(ctx, strings.TrimPrefix(s.Key, change.PostedKey("")))
		if err != nil {
			return nil, err
		}
		return []byte(mailing.Parse(raw).Text), nil
	case change.Offered:
		return v.offeredText(ctx, patches, s)
	case change.Elsewhere:
		twins, err := v.db.Twins(ctx)
		if err != nil {
			return nil, err
		}
		for _, t := range twins {
			if t.Key == s.Key {
				return patches.Blob(ctx, pipeline.Carried{Layer: t.Layer, Blob: t.Blob})
			}
		}
		return nil, fmt.Errorf("%s: %w", s.Key, store.ErrNotFound)
	}
	all, err := v.db.CarriedPatches(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		if c.Key == s.Key {
			return patches.Blob(ctx, c)
		}
	}
	return nil, fmt.Errorf("%s: %w", s.Key, store.ErrNotFound)
}

// offeredText is the text of a patch file in a posted patch, without its
// header's other lines than subject and author.
func (v viewer) offeredText(ctx context.Context, patches *pipeline.Patches, s change.Sighting) ([]byte, error) {
	posted, err := v.db.PostedPatches(ctx)
	if err != nil {
		return nil, err
	}
	for _, m := range posted {
		if change.OfferedKey(m.MessageID, s.Path) != s.Key {
			continue
		}
		p, err := patches.Nested(ctx, m.Raw, s.Path)
		if err != nil {
			return nil, err
		}
		head := fmt.Sprintf("From: %s <%s>\nSubject: %s\n\n---\n", p.Author.Name, p.Author.Email, p.Subject)
		return append([]byte(head), p.Diff...), nil
	}
	return nil, fmt.Errorf("%s: %w", s.Key, store.ErrNotFound)
}

// layerFile is a file of a configured layer by its git blob.
func (v viewer) layerFile(ctx context.Context, layer, blob string) ([]byte, error) {
	patches := pipeline.NewPatches(v.db, v.set)
	defer patches.Close()
	return patches.Blob(ctx, pipeline.Carried{Layer: layer, Blob: blob})
}

// projectOf is the name of the project that a recipe is built from, also where
// only its SRC_URI says so; "" where none is configured.
func (v viewer) projectOf(ctx context.Context, pn string) (string, error) {
	set, err := v.set.Resolve(ctx, v.db)
	p, _ := set.ProjectOf(pn)
	return p.Name, err
}
