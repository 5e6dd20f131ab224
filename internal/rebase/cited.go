package rebase

import (
	"context"
	"errors"

	"github.com/upstreamd/upstreamd/internal/diffmatch"
	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// citedAlike is how alike a patch and the commits that its Upstream-Status
// names have to be for a backport: the claim alone is no evidence, nor is it
// much when a backport lacks the tests, or was made for an older version.
const citedAlike = 0.3

// cited says whether the new revision has a patch that lies in none of its
// lines any more, by the commits that its Upstream-Status names: all of them
// are in the revision's history, and the patch is like them. It returns the
// last of them.
func (q *queue) cited(ctx context.Context, c *queued) (commit string, err error) {
	var there patch.Patch
	for _, name := range patch.FindNamed(patch.FindUpstreamStatus(c.in.Data).Detail).Commits {
		hash, err := q.repo.Resolve(ctx, name)
		if errors.Is(err, git.ErrNotFound) {
			return "", nil
		} else if err != nil {
			return "", err
		}
		if in, err := q.repo.IsAncestor(ctx, hash, q.to); err != nil || !in {
			return "", err
		}
		err = q.repo.Log(ctx, git.LogQuery{Revs: []string{hash}, Diff: true, Max: 1}, func(k *git.Commit) error {
			files, err := patch.ParseDiff(k.Diff)
			if err == nil && k.Hash == hash && !k.DiffTruncated {
				there.Files, commit = append(there.Files, files...), hash
			}
			return nil
		})
		if err != nil {
			return "", err
		}
	}
	if commit == "" || diffmatch.Compare(c.p, &there).Score < citedAlike {
		return "", nil
	}
	return commit, nil
}
