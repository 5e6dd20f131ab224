package diffmatch

import (
	"context"
	"errors"
	"slices"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// A PullRow says which commits of a list are which patches: mostly one and
// one, several commits where a patch was split, several patches where they were
// squashed. A row without commits is a patch that is not there, one without
// patches a commit that is none of them.
type PullRow struct {
	Patches, Commits []int  // indices, in order
	Relation         string // as in a [RangeRow], from patch to commit
	Similarity
}

// MatchCommits says which commits of a list, as a pull request has them, make
// the changes of some patches. Both are read as patches; a nil one is nothing's
// other side. Rows are in the order of the patches, then of the commits.
func MatchCommits(patches, commits []*patch.Patch) []PullRow {
	var rows []PullRow
	var rest []int // commits that are no patch yet
	for _, r := range Range(patches, commits) {
		switch {
		case r.Old < 0:
			rest = append(rest, r.New)
		case r.New < 0:
			rows = append(rows, PullRow{Patches: []int{r.Old}, Relation: Gone})
		default:
			rows = append(rows, PullRow{[]int{r.Old}, []int{r.New}, r.Relation, r.Similarity})
		}
	}
	slices.SortFunc(rows, func(a, b PullRow) int { return a.Patches[0] - b.Patches[0] })
	for i := range rows {
		if rows[i].Relation == Changed || rows[i].Relation == Gone {
			rows[i].split(patches, commits, &rest)
		}
	}
	rows = squashed(rows, patches, commits)
	for _, j := range rest {
		rows = append(rows, PullRow{Commits: []int{j}, Relation: Added})
	}
	return rows
}

// worthMore is how much more alike a further part has to make two sides.
const worthMore = 0.1

// split adds commits that together are more like the patch than those it has.
func (r *PullRow) split(patches, commits []*patch.Patch, rest *[]int) {
	p := patches[r.Patches[0]]
	if p == nil {
		return
	}
	for {
		best, at := r.Similarity, -1
		for _, j := range *rest {
			if commits[j] == nil {
				continue
			}
			s := Compare(p, together(commits, append(slices.Clone(r.Commits), j)))
			if s.Same != "" && s.Score >= best.Score+worthMore || len(r.Commits) == 0 && at < 0 && partOf(commits[j], p) {
				best, at = s, j
			}
		}
		if at < 0 {
			break
		}
		r.Commits = append(r.Commits, at)
		slices.Sort(r.Commits)
		*rest = slices.DeleteFunc(*rest, func(j int) bool { return j == at })
		r.Similarity, r.Relation = best, relationOf(best)
	}
	if r.Same == "" && len(r.Commits) > 0 && r.Relation != Changed {
		*rest = append(*rest, r.Commits...) // a part alone is not the patch
		slices.Sort(*rest)
		r.Commits, r.Similarity, r.Relation = nil, Similarity{}, Gone
	}
}

// partOf says whether all of a small change is in a larger one.
func partOf(part, whole *patch.Patch) bool {
	s := Compare(part, whole)
	i := slices.IndexFunc(s.Evidence, func(e Evidence) bool { return e.Kind == "lines" })
	return i >= 0 && s.Evidence[i].Score >= 0.95
}

// squashed gives patches that no commit is to the commit that has them beside
// another patch.
func squashed(rows []PullRow, patches, commits []*patch.Patch) []PullRow {
	for i := 0; i < len(rows); i++ {
		lost := rows[i]
		if lost.Relation != Gone || patches[lost.Patches[0]] == nil {
			continue
		}
		for k := range rows {
			r := &rows[k]
			if len(r.Commits) != 1 || r.Relation != Changed {
				continue
			}
			both := append(slices.Clone(r.Patches), lost.Patches[0])
			slices.Sort(both)
			s := Compare(together(patches, both), commits[r.Commits[0]])
			if s.Same != "" && s.Score >= r.Score+worthMore {
				r.Patches, r.Similarity, r.Relation = both, s, relationOf(s)
				rows = slices.Delete(rows, i, i+1)
				i = -1 // the commit may have further ones
				break
			}
		}
	}
	return rows
}

// relationOf is the relation of what was put together: it has no message of
// its own to compare.
func relationOf(s Similarity) string {
	if s.Same == "near" || s.Same == "" {
		return Changed
	}
	return Reworded
}

// together is one patch with the diffs of several, file by file.
func together(list []*patch.Patch, which []int) *patch.Patch {
	out := &patch.Patch{}
	at := map[string]int{}
	for _, n := range which {
		for _, f := range list[n].Files {
			i, ok := at[f.Path()]
			if !ok {
				at[f.Path()] = len(out.Files)
				c := *f
				out.Files = append(out.Files, &c)
				continue
			}
			have := out.Files[i]
			have.Hunks = slices.Concat(have.Hunks, f.Hunks)
		}
	}
	for _, f := range out.Files {
		slices.SortStableFunc(f.Hunks, func(a, b patch.Hunk) int { return a.NewStart - b.NewStart })
	}
	return out
}

// ReadCommits reads the commits of a log as patches, as [MatchCommits] and
// [Range] take them; Diff of q need not be set. One without a diff that can be
// read is nil, so that numbers stay those of the log.
func ReadCommits(ctx context.Context, repo *git.Repo, q git.LogQuery) (list []*patch.Patch, err error) {
	q.Diff = true
	err = repo.Log(ctx, q, func(c *git.Commit) error {
		files, err := patch.ParseDiff(c.Diff)
		if errors.Is(err, patch.ErrNoDiff) {
			list = append(list, nil)
			return nil
		}
		list = append(list, &patch.Patch{
			Subject: c.Subject, Body: c.Body, Author: patch.Person(c.Author), Date: c.AuthorTime, From: c.Hash, Files: files, Diff: c.Diff,
		})
		return nil
	})
	return list, err
}
