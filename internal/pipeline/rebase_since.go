package pipeline

import (
	"context"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/rebase"
)

// sinceTests is how many more times one queue is tried to find since when its
// patches have their outcomes. Each halves the time in question for one patch,
// and often for others, too.
const sinceTests = 32

// A history finds the first of several steps at which a patch of a queue has
// another outcome than where it is known to apply, by bisection: the steps in
// between are few of very many.
type history struct {
	repo   *git.Repo
	from   string    // where the queue is known to apply; "" if that is not known
	steps  []git.Tip // after from, oldest first; what is known of the last is in results
	inputs []rebase.Input
	index  map[int]int // of patches that need be tried, and where they are in inputs
	found  map[int][]rebase.Result
	blamed map[int][]rebase.Result // against the step before
	left   int
}

// newHistory prepares the search for the queue with these results at the last
// of the steps. Only patches are tried again of which the outcome is asked for,
// and those before them that touch the same files.
func newHistory(repo *git.Repo, from string, steps []git.Tip, inputs []rebase.Input, results []rebase.Result) *history {
	h := &history{repo: repo, from: from, steps: steps, index: map[int]int{}, found: map[int][]rebase.Result{}, blamed: map[int][]rebase.Result{}, left: sinceTests}
	files := map[string]bool{}
	needed := make([]bool, len(results))
	for i := len(results) - 1; i >= 0; i-- {
		needed[i] = results[i].Err == nil && !fits(results[i].Outcome)
		for _, hunk := range results[i].Hunks {
			needed[i] = needed[i] || files[hunk.File]
		}
		for _, hunk := range results[i].Hunks {
			if needed[i] {
				files[hunk.File] = true
			}
		}
	}
	var last []rebase.Result
	for i, need := range needed {
		if need {
			h.index[i] = len(h.inputs)
			h.inputs, last = append(h.inputs, inputs[i]), append(last, results[i])
		}
	}
	h.found[len(steps)-1] = last
	return h
}

// first is the first step from which on the patch with this index is bad. The
// answer is false where that cannot be known: where nothing is known of the
// time before, or the search would take too long.
func (h *history) first(ctx context.Context, patch int, bad func(outcome string) bool) (int, bool, error) {
	k, ok := h.index[patch]
	if !ok || h.from == "" || len(h.steps) == 0 {
		return 0, false, nil
	}
	good, last := -1, len(h.steps)-1
	for last-good > 1 {
		mid := (good + last) / 2
		results, err := h.at(ctx, mid)
		if err != nil || results == nil {
			return 0, false, err
		}
		if bad(results[k].Outcome) {
			last = mid
		} else {
			good = mid
		}
	}
	return last, true, nil
}

// likeOutcome says which outcomes are as bad: what merged is, or all by which a
// patch does not apply.
func likeOutcome(outcome string) func(string) bool {
	if outcome == rebase.Merged {
		return func(o string) bool { return o == rebase.Merged }
	}
	return func(o string) bool { return !fits(o) }
}

// at are the results at a step; nil where there were too many tests before.
func (h *history) at(ctx context.Context, step int) ([]rebase.Result, error) {
	if results := h.found[step]; results != nil || h.left == 0 {
		return results, nil
	}
	h.left--
	results, err := rebase.Queue(ctx, h.repo, h.from, h.steps[step].Hash, h.inputs)
	h.found[step] = results
	return results, err
}

// culprit is the first commit since the step before that touched what the patch
// with this index needs, or "".
func (h *history) culprit(ctx context.Context, patch, step int) (string, error) {
	results := h.blamed[step]
	if step == 0 {
		if results = h.found[step]; results == nil {
			return "", nil
		}
	}
	if results == nil {
		if h.left == 0 {
			return "", nil
		}
		h.left--
		var err error
		if results, err = rebase.Queue(ctx, h.repo, h.steps[step-1].Hash, h.steps[step].Hash, h.inputs); err != nil {
			return "", err
		}
		h.blamed[step] = results
	}
	for _, hunk := range results[h.index[patch]].Hunks {
		if n := len(hunk.Blame); n > 0 && broken(hunk.Outcome) {
			return hunk.Blame[n-1], nil // they are newest first
		}
	}
	return "", nil
}
