package plan

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/layer"
)

// hash is a commit given by its name.
var hash = regexp.MustCompile(`^[0-9a-f]{7,64}$`)

// Target is where the sources would be: ours where they are, the upstream ones
// at the branch, tag or revision to, or at what of names for them. One that has
// no such thing stays, and the problems say so. The error matches [ErrNoTarget]
// where all stay.
func Target(ctx context.Context, now []layer.Source, to string, of map[string]string) (there []layer.Source, moves []Move, problems []string, err error) {
	for name := range of {
		if !slices.ContainsFunc(now, func(s layer.Source) bool { return s.Name == name && !s.Local }) {
			return nil, nil, nil, fmt.Errorf("%s: no such upstream layer: %w", name, ErrNoTarget)
		}
	}
	moved := false
	for _, s := range now {
		if s.Local {
			there = append(there, s)
			continue
		}
		m := Move{Layer: s.Name, Ref: to}
		if rev := of[s.Name]; rev != "" {
			m.Ref = rev
		}
		rev := s.Rev
		if rev == "" {
			rev = "HEAD"
		}
		if m.From, err = s.Repo.Resolve(ctx, rev); err != nil {
			return nil, nil, nil, fmt.Errorf("layer source %s: %w", s.Name, err)
		}
		m.To, err = find(ctx, s.Repo, m.Ref)
		switch {
		case errors.Is(err, git.ErrNotFound):
			text, err := lacks(ctx, s, m.Ref)
			if err != nil {
				return nil, nil, nil, err
			}
			if m.Ref != "" {
				problems = append(problems, text)
			}
			m.Ref, m.To = "", m.From
		case err != nil:
			return nil, nil, nil, fmt.Errorf("layer source %s: %w", s.Name, err)
		default:
			moved = true
		}
		s.Rev = m.To
		there, moves = append(there, s), append(moves, m)
	}
	if !moved {
		return nil, nil, nil, fmt.Errorf("%w: %s", ErrNoTarget, strings.Join(problems, "; "))
	}
	return there, moves, problems, nil
}

// find is the commit that a branch, a branch of origin, a tag, or a hash names.
func find(ctx context.Context, repo *git.Repo, name string) (string, error) {
	if name == "" || strings.ContainsAny(name, "^~:?*[\\ ") || strings.Contains(name, "..") || strings.Contains(name, "@{") { // git-check-ref-format(1)
		return "", fmt.Errorf("%q: %w", name, git.ErrNotFound)
	}
	tries := []string{"refs/heads/" + name, "refs/remotes/origin/" + name, "refs/tags/" + name}
	if hash.MatchString(name) || strings.HasPrefix(name, "refs/") {
		tries = append(tries, name)
	}
	for _, try := range tries {
		commit, err := repo.Resolve(ctx, try)
		if !errors.Is(err, git.ErrNotFound) {
			return commit, err
		}
	}
	return "", fmt.Errorf("%s: %w", name, git.ErrNotFound)
}

// lacks says that a source has no such revision, and which branches it has that
// look like releases.
func lacks(ctx context.Context, s layer.Source, rev string) (string, error) {
	tips, err := s.Repo.Tips(ctx)
	if err != nil {
		return "", fmt.Errorf("layer source %s: %w", s.Name, err)
	}
	slices.SortStableFunc(tips, func(a, b git.Tip) int { return b.Time.Compare(a.Time) })
	var has []string
	for _, t := range tips {
		branch, ok := strings.CutPrefix(t.Ref, "refs/heads/")
		if ok && !strings.ContainsRune(branch, '/') && !strings.HasSuffix(branch, "-next") && !strings.HasSuffix(branch, "-nut") {
			has = append(has, branch)
		}
	}
	text := fmt.Sprintf("%s has no branch, tag or commit %s and stays where it is", s.Name, rev)
	const most = 12
	if len(has) > most {
		has = append(has[:most], "...")
	}
	if len(has) > 0 {
		text += "; it has " + strings.Join(has, ", ")
	}
	return text, nil
}
