package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/store"
)

// truths are the claims that the team's database has checked, of the layer and
// branch of --from-database. What it found of a commit that the target does not
// have is refused: there the recipes may build other versions.
func (o fixOptions) truths(cmd *cobra.Command, target layer.Source) ([]change.ClaimCheck, error) {
	name, branch, ok := strings.Cut(o.database, "@")
	if !ok || name == "" || branch == "" {
		return nil, usagef("fix: --from-database %q: want NAME@BRANCH", o.database)
	}
	c, err := commandConfig(cmd)
	if err != nil {
		return nil, err
	}
	db, err := openStore(cmd.Context(), c, false)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	tip, err := tipOf(cmd.Context(), db, name, branch)
	if err != nil {
		return nil, err
	}
	has := false
	if _, err = target.Repo.Resolve(cmd.Context(), tip); err == nil {
		has, err = target.Repo.IsAncestor(cmd.Context(), tip, target.Rev)
	}
	if err != nil && !errors.Is(err, git.ErrNotFound) {
		return nil, err
	}
	if !has {
		return nil, fmt.Errorf("%s was looked at as commit %s, which what is checked out does not have\npull that branch, or name the branch that is checked out", o.database, short(tip))
	}
	return db.Truths(cmd.Context())
}

// tipOf is the commit of a layer branch that the database has looked at.
func tipOf(ctx context.Context, db *store.DB, name, branch string) (string, error) {
	sources, err := db.Sources(ctx)
	if err != nil {
		return "", err
	}
	var known []string
	for _, s := range sources {
		if s.Kind != pipeline.LayerSource {
			continue
		}
		tips, err := db.Tips(ctx, s.ID)
		if err != nil {
			return "", err
		}
		for _, t := range tips {
			at := strings.TrimPrefix(t.Ref, "refs/heads/")
			if s.Name == name && at == branch {
				return t.Hash, nil
			}
			known = append(known, s.Name+"@"+at)
		}
	}
	return "", fmt.Errorf("%s@%s: the database knows no such layer branch; it has: %s", name, branch, strings.Join(known, ", "))
}
