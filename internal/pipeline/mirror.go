package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/git"
)

// oddInName are the characters that the name of a mirror's directory does
// without.
var oddInName = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// A Mirrors is the directory of all mirrors. Sources with the same location
// share one.
type Mirrors struct{ dir string }

// NewMirrors keeps mirrors below the cache directory.
func NewMirrors(cache string) Mirrors { return Mirrors{filepath.Join(cache, "mirrors")} }

// Dir is the directory of the mirror of a location.
func (m Mirrors) Dir(location string) string {
	sum := sha256.Sum256([]byte(location))
	base := strings.TrimSuffix(strings.TrimSuffix(path.Base(location), ".git"), ".bundle")
	return filepath.Join(m.dir, oddInName.ReplaceAllString(base, "_")+"-"+hex.EncodeToString(sum[:6])+".git")
}

// Open opens the mirror of a location that was fetched before; the error
// matches [git.ErrNotFound] where it was not.
func (m Mirrors) Open(ctx context.Context, location string) (*git.Repo, error) {
	return git.Open(ctx, m.Dir(location))
}

// What is recorded of repositories, and how their mirrors are made.
type recorded struct {
	refs tipStore
	set  Settings
}

// at are the tips recorded of all sources at a location.
func (r recorded) at(ctx context.Context, location string) ([]git.Tip, error) {
	sources, err := r.refs.Sources(ctx)
	if err != nil {
		return nil, err
	}
	var all []git.Tip
	for _, s := range sources {
		if s.Kind != LayerSource && s.Kind != ProjectSource || r.set.location(s) != location {
			continue
		}
		tips, err := r.refs.Tips(ctx, s.ID)
		if err != nil {
			return nil, err
		}
		all = append(all, tips...)
	}
	return all, nil
}

// open opens the mirror of a location and makes sure that it has what is
// recorded of it. A mirror is a cache: it may have been deleted, or another
// process may have done the fetching, into a cache of its own.
func (r recorded) open(ctx context.Context, location string) (*git.Repo, error) {
	tips, err := r.at(ctx, location)
	if err != nil {
		return nil, err
	}
	mirrors := NewMirrors(r.set.Cache)
	repo, err := mirrors.Open(ctx, location)
	if err == nil {
		var lacks string
		if lacks, err = lacking(ctx, repo, tips); err != nil || lacks == "" {
			return repo, err
		}
	}
	if err != nil && !errors.Is(err, git.ErrNotFound) || len(tips) == 0 {
		return nil, err
	}
	mirror, err := git.InitMirror(ctx, mirrors.Dir(location))
	if err != nil {
		return nil, err
	}
	src := git.Source{URL: location, Local: true, Refs: r.set.branchesAt(location), Prune: true} // configured, so from the file
	if _, err := mirror.Fetch(ctx, src); err != nil && !errors.Is(err, git.ErrNoBranch) {
		return nil, err
	}
	lacks, err := lacking(ctx, mirror.Repo, tips)
	if err == nil && lacks != "" {
		err = fmt.Errorf("%w: %s has moved on; the next fetch will say where to", git.ErrNotFound, lacks)
	}
	return mirror.Repo, err
}

// lacking is one of the tips whose commit the repository does not have, or "".
func lacking(ctx context.Context, repo *git.Repo, tips []git.Tip) (string, error) {
	have, err := repo.Tips(ctx)
	if err != nil {
		return "", err
	}
	known := map[string]bool{}
	for _, t := range have {
		known[t.Hash] = true
	}
	for _, t := range tips {
		if known[t.Hash] {
			continue
		}
		if _, err := repo.Resolve(ctx, t.Hash); errors.Is(err, git.ErrNotFound) {
			return t.Ref, nil
		} else if err != nil {
			return "", err
		}
		known[t.Hash] = true
	}
	return "", nil
}

// matchAny says whether a branch name matches one of the globs.
func matchAny(globs []string, branch string) bool {
	return slices.ContainsFunc(globs, func(g string) bool {
		ok, err := path.Match(g, branch)
		return err == nil && ok
	})
}

// branchOf is the branch's name where ref is one.
func branchOf(ref string) (string, bool) { return strings.CutPrefix(ref, "refs/heads/") }

// Counts says whether a tip of the project is searched: tags, staging
// branches, and the branches that count as merged.
func (p Project) Counts(ref string) bool {
	branch, ok := branchOf(ref)
	return !ok || len(p.Branches) == 0 || matchAny(p.Branches, branch) || matchAny(p.Staging, branch)
}

// Stages says whether a branch of the project only counts as queued.
func (p Project) stages(branch string) bool { return matchAny(p.Staging, branch) }

// fingerprint is one short word for many strings: equal words, equal strings.
func fingerprint(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// tipsPrint is the fingerprint of tips.
func tipsPrint(tips []git.Tip) string {
	parts := make([]string, 0, 2*len(tips))
	for _, t := range tips {
		parts = append(parts, t.Ref, t.Hash)
	}
	return fingerprint(parts...)
}
