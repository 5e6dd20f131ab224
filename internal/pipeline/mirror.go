package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
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
