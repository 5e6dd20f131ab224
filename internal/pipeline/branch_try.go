package pipeline

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/patch"
	"github.com/upstreamd/upstreamd/internal/rebase"
)

const (
	// baseCommits is among how many commits that touch the files of a posting
	// the one that it was made on is sought.
	baseCommits = 2000
	// branchCommits is among how many commits of a branch the newest before a
	// mail is sought.
	branchCommits = 100_000
	// baseLate is how much later than the mail by its date the commit may be
	// that it was made on: clocks differ.
	baseLate = time.Hour
)

// try tries a proposal on a branch, and finds the commit since which it is so.
func (p proposal) try(ctx context.Context, g goal, with *tools) ([]TestedFlag, error) {
	repo, err := with.repos.at(ctx, g.location)
	if err != nil {
		return nil, err
	}
	inputs := make([]rebase.Input, len(p.patches))
	parsed := make([]*patch.Patch, len(p.patches))
	for i, m := range p.patches {
		inputs[i] = rebase.Input{Name: m.Title, Strip: 1}
		switch parsed[i], err = with.patches.Posted(ctx, m.Raw); {
		case err == nil:
			inputs[i].Data = parsed[i].Diff
		case !unreadable(err):
			return nil, err
		}
	}
	base, err := p.baseOn(ctx, repo, g.tip, parsed)
	if err != nil {
		return nil, err
	}
	results, err := rebase.Queue(ctx, repo, base, g.tip.Hash, inputs)
	if err != nil {
		return nil, err
	}
	flags := make([]TestedFlag, len(results))
	var h *history
	for i, res := range results {
		flags[i] = tested(flagOf(change.BranchFlag, p.patches[i].Key, g.tip), res)
		f := &flags[i].Flag
		if base == "" && broken(f.Outcome) {
			f.Outcome = rebase.UnappliedBefore // as far as anybody knows
		}
		if f.Outcome != rebase.Merged && !broken(f.Outcome) {
			continue
		}
		if h == nil {
			steps, err := p.steps(ctx, repo, base, g.tip)
			if err != nil {
				return nil, err
			}
			h = newHistory(repo, base, steps, inputs, results)
		}
		if err := h.blame(ctx, i, f); err != nil {
			return nil, err
		}
	}
	return flags, nil
}

// blame names the commit since which the patch with this index has the outcome
// of its flag, and says when that was. The steps are commits.
func (h *history) blame(ctx context.Context, i int, f *change.Flag) error {
	if f.Outcome != rebase.Merged || f.Commit == "" {
		at, ok, err := h.first(ctx, i, likeOutcome(f.Outcome))
		if err != nil || !ok {
			return err
		}
		f.Commit = h.steps[at].Hash
	}
	for _, s := range h.steps {
		if s.Hash == f.Commit {
			f.SinceAt = s.Time
		}
	}
	return nil
}

// steps are the commits after base that touch the files of a proposal, oldest
// first. What a branch has of these files changes with no other commit.
func (p proposal) steps(ctx context.Context, repo *git.Repo, base string, tip git.Tip) ([]git.Tip, error) {
	if base == "" {
		return nil, nil
	}
	var steps []git.Tip
	q := git.LogQuery{Revs: []string{tip.Hash}, Not: []string{base}, Paths: plainPaths(p.paths), Reverse: true, Max: baseCommits}
	err := repo.Log(ctx, q, func(c *git.Commit) error {
		steps = append(steps, git.Tip{Hash: c.Hash, Time: c.CommitTime})
		return nil
	})
	return steps, err
}

// plainPaths are those of paths that a history can be asked for.
func plainPaths(paths []string) []string {
	return slices.DeleteFunc(slices.Clone(paths), func(p string) bool { return !plainPath(p) })
}

// baseOn is the commit that a proposal was made on, as far as the files go that
// it touches: the one that it names; else the newest before it was sent in which
// all files are as the diffs say that they were; else what the branch had then.
// It is "" where there was no such branch.
func (p proposal) baseOn(ctx context.Context, repo *git.Repo, tip git.Tip, patches []*patch.Patch) (string, error) {
	if base := strings.ToLower(p.base); hexHash.MatchString(base) {
		hash, err := repo.Resolve(ctx, base)
		if err == nil || !errors.Is(err, git.ErrNotFound) {
			return hash, err
		}
	}
	paths := plainPaths(p.paths)
	if len(paths) == 0 {
		return "", nil
	}
	var commits []string
	until := p.patches[0].Sent.Add(baseLate)
	q := git.LogQuery{Revs: []string{tip.Hash}, Paths: paths, Max: baseCommits}
	err := repo.Log(ctx, q, func(c *git.Commit) error {
		if !c.CommitTime.After(until) {
			commits = append(commits, c.Hash)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	if len(commits) == 0 { // it had none of the files
		return newestBefore(ctx, repo, tip, until)
	}
	guess, err := withBlobs(ctx, repo, commits, blobsBefore(patches))
	if guess == "" {
		guess = commits[0]
	}
	return guess, err
}

// newestBefore is the newest commit of a branch that was there at that time, or
// "".
func newestBefore(ctx context.Context, repo *git.Repo, tip git.Tip, until time.Time) (hash string, err error) {
	found := errors.New("found")
	err = repo.Log(ctx, git.LogQuery{Revs: []string{tip.Hash}, Max: branchCommits}, func(c *git.Commit) error {
		if c.CommitTime.After(until) {
			return nil
		}
		hash = c.Hash
		return found
	})
	if errors.Is(err, found) {
		err = nil
	}
	return hash, err
}

// blobsBefore are the beginnings of the hashes that files had before any of the
// patches, by path, as far as index lines say so.
func blobsBefore(patches []*patch.Patch) map[string]string {
	blobs, seen := map[string]string{}, map[string]bool{}
	for _, p := range patches {
		if p == nil {
			continue
		}
		for _, f := range p.Files {
			known := f.Old != "" && len(f.OldBlob) >= 7 && strings.Trim(f.OldBlob, "0") != "" && plainPath(f.Old)
			if known && !seen[f.Old] {
				blobs[f.Old] = strings.ToLower(f.OldBlob)
			}
			seen[f.Old], seen[f.New] = true, true
		}
	}
	return blobs
}

// withBlobs is the first of commits in which the files have these blobs, or "".
func withBlobs(ctx context.Context, repo *git.Repo, commits []string, blobs map[string]string) (string, error) {
	if len(blobs) == 0 {
		return "", nil
	}
	paths := sortedKeys(blobs)
	for batch := range slices.Chunk(commits, max(1, 2000/len(paths))) {
		var asked []string
		for _, c := range batch {
			asked = append(asked, specs(c, paths)...)
		}
		hashes, err := repo.Hashes(ctx, asked)
		if err != nil {
			return "", err
		}
		for i, c := range batch {
			all := true
			for k, path := range paths {
				hash := hashes[i*len(paths)+k]
				all = all && hash != "" && strings.HasPrefix(hash, blobs[path])
			}
			if all {
				return c, nil
			}
		}
	}
	return "", nil
}
