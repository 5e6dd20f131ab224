// Package rebase says what becomes of carried patches when the source under
// them moves: which still apply, which apply with offset or fuzz, which
// conflict and with whose change, and which the new version already contains.
//
// [Queue] tries a queue of patches on a revision of a [git.Repo]. Nothing is
// written to the repository and no file is checked out. The package knows
// nothing of recipes or layers.
package rebase

import (
	"context"
	"errors"
	"fmt"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// Outcomes of a patch, and of a hunk.
const (
	Applies         = "applies"          // where it says
	Offset          = "offset"           // at other lines
	Fuzz            = "fuzz"             // with up to two lines of context ignored, as GNU patch does
	Conflict        = "conflict"         // not at all; or only some of its hunks
	Merged          = "merged"           // it is in there already
	Gone            = "gone"             // every file that it modifies is absent
	UnappliedBefore = "unapplied-before" // neither on the new nor on the old revision
)

// An Input is one patch of a queue.
type Input struct {
	Name  string // handed back in the result
	Data  []byte // the patch file
	Strip int    // leading parts of file names to remove, as in patch -p
}

// A Result is what becomes of one patch.
type Result struct {
	Name     string
	Outcome  string       // one of the outcomes; "" with Err
	Hunks    []HunkResult // in the order of the patch
	Commit   string       // hash of the commit that has the change, when Outcome is Merged and it was found
	ThreeWay string       // "clean" or "conflict", where Outcome is Conflict and a three-way merge was possible
	Detail   string       // more, in words
	Err      error        // why the patch could not be read
}

// A HunkResult is what becomes of one hunk.
type HunkResult struct {
	File    string   // path in the tree
	Hunk    int      // counted from 1 in each file; 0 for a change without hunks
	Outcome string   // Applies, Offset, Fuzz, Conflict, Merged or Gone
	Line    int      // in the new revision, from 1: where it applies, or where it most likely belongs; 0 if unknown
	Blame   []string // hashes of commits between the revisions that touched these lines, newest first
}

// Queue tries the patches on the revision to, each on top of those before it
// that still apply. The revision from is where they are known to apply; with
// "" nothing is known of that. The results are in the order of the patches.
// The error matches [git.ErrNotFound] when a revision does not exist.
func Queue(ctx context.Context, repo *git.Repo, from, to string, patches []Input) ([]Result, error) {
	q, err := newQueue(ctx, repo, from, to)
	if err != nil {
		return nil, err
	}
	defer q.close()
	results := make([]Result, len(patches))
	for i, in := range patches {
		results[i] = Result{Name: in.Name}
		p, err := patch.Parse(in.Data)
		if err == nil && changes(p) == 0 {
			err = patch.ErrNoDiff
		}
		q.patches = append(q.patches, queued{in, p, err})
		if err != nil {
			results[i].Err, results[i].Detail = err, err.Error()
			continue
		}
		err = q.judge(ctx, i, &results[i])
		if errors.Is(err, git.ErrTooBig) {
			results[i] = Result{Name: in.Name, Err: err, Detail: err.Error()}
			q.patches[i].err = err
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", in.Name, err)
		}
	}
	return results, nil
}

// changes counts what a patch does: its hunks, and changes without hunks.
func changes(p *patch.Patch) int {
	n := 0
	for _, f := range p.Files {
		n += len(f.Hunks)
		if len(f.Hunks) == 0 && (f.Binary || f.Rename || f.Copy || f.Old == "" || f.New == "" || f.OldMode != f.NewMode) {
			n++
		}
	}
	return n
}

// A queued is one patch of the queue; p is not usable with err.
type queued struct {
	in  Input
	p   *patch.Patch
	err error
}

// A queue is the state of one call of [Queue].
type queue struct {
	repo     *git.Repo
	from, to string // hashes
	patches  []queued
	now      *side             // on to
	before   *side             // on from; nil until it is needed
	tried    int               // how many patches were tried on before
	broken   map[string]string // by file, the patch that last failed on it
}

func newQueue(ctx context.Context, repo *git.Repo, from, to string) (*queue, error) {
	q := &queue{repo: repo, broken: map[string]string{}}
	var err error
	if q.to, err = repo.Resolve(ctx, to); err != nil {
		return nil, err
	}
	if from != "" {
		if q.from, err = repo.Resolve(ctx, from); err != nil {
			return nil, err
		}
	}
	q.now, err = newSide(ctx, repo, q.to)
	return q, err
}

func (q *queue) close() {
	for _, s := range []*side{q.now, q.before} {
		if s != nil {
			s.close()
		}
	}
}

// judge finds the result of patch i, of which all before are judged.
func (q *queue) judge(ctx context.Context, i int, res *Result) error {
	now, err := q.now.try(ctx, q.patches[i])
	if err != nil {
		return err
	}
	if !now.fits() {
		err = q.explain(ctx, i, now, res)
	} else {
		res.Outcome = now.outcome
	}
	res.Hunks = now.hunks
	return err
}

// explain says why a patch does not apply.
func (q *queue) explain(ctx context.Context, i int, now *attempt, res *Result) error {
	merged, err := q.now.contains(ctx, q.patches[i], now)
	if err != nil {
		return err
	}
	old, err := q.onFrom(ctx, i)
	if err != nil {
		return err
	}
	past, err := q.history(ctx, q.patches[i], now)
	if err != nil {
		return err
	}
	res.Outcome = now.outcome
	if past.same && !merged {
		merged, res.Detail = true, "merged, and changed again since"
	}
	if !merged && old != nil && old.fits() && now.outcome == Conflict {
		if res.ThreeWay, merged, err = q.threeWay(ctx, old); err != nil {
			return err
		}
		if merged {
			res.Detail = "a three-way merge changes nothing"
		}
	}
	if merged {
		res.Outcome, res.Commit, res.ThreeWay = Merged, past.commit, ""
		for k := range now.hunks {
			now.hunks[k].Outcome, now.hunks[k].Blame = Merged, nil
		}
		return nil
	}
	if old != nil && !old.fits() {
		res.Outcome = UnappliedBefore
	}
	q.detail(now.hunks, res)
	return nil
}

// detail adds what a person wants to know beside the hunks.
func (q *queue) detail(hunks []HunkResult, res *Result) {
	count := map[string]int{}
	earlier := ""
	for _, h := range hunks {
		count[h.Outcome]++
		if name := q.broken[h.File]; name != "" {
			earlier = name
		}
		q.broken[h.File] = res.Name
	}
	bad := count[Conflict] + count[Gone]
	switch {
	case bad == 0 && count[Merged] > 0:
		res.Detail = fmt.Sprintf("%d of %d hunks are merged, the others apply", count[Merged], len(hunks))
	case bad < len(hunks):
		res.Detail = fmt.Sprintf("%d of %d hunks conflict", bad, len(hunks))
	}
	if earlier != "" {
		if res.Detail != "" {
			res.Detail += "; "
		}
		res.Detail += "perhaps for want of " + earlier
	}
}

// onFrom tries patch i on the old revision, on top of those before it. It
// returns nil when no old revision is known.
func (q *queue) onFrom(ctx context.Context, i int) (*attempt, error) {
	if q.from == "" {
		return nil, nil
	}
	if q.before == nil {
		var err error
		if q.before, err = newSide(ctx, q.repo, q.from); err != nil {
			return nil, err
		}
	}
	var last *attempt
	for ; q.tried <= i; q.tried++ {
		if q.patches[q.tried].err != nil {
			continue
		}
		a, err := q.before.try(ctx, q.patches[q.tried])
		if err != nil {
			return nil, err
		}
		last = a
	}
	return last, nil
}

// threeWay merges what the patch, which was the last to be applied on the old
// revision, changes there with the new one. same means that the new revision
// has all of that already.
func (q *queue) threeWay(ctx context.Context, old *attempt) (verdict string, same bool, err error) {
	same = true
	for _, t := range old.files {
		if t.Binary || t.old == "" || t.new != t.old {
			return "", false, nil // made, removed or renamed: nothing to merge
		}
		ours, err := q.now.read(ctx, t.old)
		if errors.Is(err, git.ErrNotFound) || errors.Is(err, git.ErrTooBig) {
			return "", false, nil
		} else if err != nil {
			return "", false, err
		}
		theirs, err := q.before.read(ctx, t.old)
		if err != nil {
			return "", false, err
		}
		merged, clean, err := git.Merge3(ctx, []byte(t.before.String()), ours, theirs)
		if err != nil {
			return "", false, err
		}
		if !clean {
			return Conflict, false, nil
		}
		same = same && string(merged) == string(ours)
	}
	return "clean", same, nil
}
