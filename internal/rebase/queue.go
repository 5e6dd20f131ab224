package rebase

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// A queued is one patch of the queue and what was found about it.
type queued struct {
	in  Input
	p   *patch.Patch
	err error // why p is not usable

	now      *attempt // on the new revision
	old      *attempt // on the old one, where now does not fit; nil if none is known
	merged   bool     // the new revision contains the change
	detail   string
	threeWay string
	parts    []part // of the three-way merge
	carried  bool   // the new revision was given what that made
	past     past
	cited    string // the commit that its Upstream-Status names and that is like it, or ""
}

// A queue is the state of one call of [Queue].
type queue struct {
	repo     *git.Repo
	from, to string     // hashes; from may be ""
	batch    *git.Batch // reads blobs of both
	patches  []*queued
	now      *side             // on to
	before   *side             // on from; nil until it is needed
	tried    int               // how many patches were tried on before
	broken   map[string]string // by file, the patch that last failed on it

	// keep sees each patch that was tried while the contents of its files are
	// still there; nil where nobody wants to.
	keep func(context.Context, *queued) error
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
	if q.batch, err = repo.Batch(ctx); err != nil {
		return nil, err
	}
	if q.now, err = newSide(ctx, repo, q.batch, q.to); err != nil {
		q.close()
		return nil, err
	}
	return q, nil
}

func (q *queue) close() {
	for _, s := range []*side{q.now, q.before} {
		if s != nil {
			s.close()
		}
	}
	q.batch.Close()
}

// try tries the last patch of the queue, and lets go of what it read.
func (q *queue) try(ctx context.Context, c *queued) error {
	defer c.release()
	if err := q.judge(ctx, c); err != nil || q.keep == nil {
		return err
	}
	return q.keep(ctx, c)
}

// release forgets the contents of files: a long queue would hold many.
func (c *queued) release() {
	c.parts = nil
	for _, a := range []*attempt{c.now, c.old} {
		if a != nil {
			a.release()
		}
	}
}

// judge tries the last patch of the queue, and where it does not apply finds
// what can be known without the history.
func (q *queue) judge(ctx context.Context, c *queued) error {
	var err error
	if c.now, err = q.now.try(ctx, c); err != nil {
		return err
	}
	if c.now.fits() {
		return nil
	}
	c.past = newPast(c.now)
	c.merged = c.now.outcome == Merged
	if err = q.tryOld(ctx, c); err != nil || c.old == nil {
		return err
	}
	if c.merged || !c.old.fits() || c.now.outcome != Conflict {
		return nil
	}
	if c.threeWay, c.merged, err = q.merge(ctx, c); c.merged {
		c.detail = "a three-way merge changes nothing"
	}
	return err
}

// tryOld tries patch c, the last, on the old revision, on top of those before
// it.
func (q *queue) tryOld(ctx context.Context, c *queued) error {
	if q.from == "" {
		return nil
	}
	if q.before == nil {
		var err error
		if q.before, err = newSide(ctx, q.repo, q.batch, q.from); err != nil {
			return err
		}
	}
	for ; q.tried < len(q.patches); q.tried++ {
		k := q.patches[q.tried]
		if k.err != nil {
			continue
		}
		a, err := q.before.try(ctx, k)
		if err != nil {
			return err
		}
		if k == c {
			c.old = a
		} else {
			a.release()
		}
	}
	return nil
}

// merge merges what a patch, which was the last to be applied on the old
// revision, changes there with the new one. same means that the new revision
// has all of that already.
func (q *queue) merge(ctx context.Context, c *queued) (verdict string, same bool, err error) {
	verdict, same = "clean", true
	for _, t := range c.old.files {
		p, ok, err := q.part(ctx, t)
		if err != nil || !ok {
			return "", false, err
		}
		c.parts = append(c.parts, p)
		if !p.clean {
			verdict = Conflict
		}
		same = same && p.same()
	}
	return verdict, same, nil
}

// result sums up what was found about one patch.
func (q *queue) result(c *queued) Result {
	r := Result{Name: c.in.Name, Err: c.err}
	if c.err != nil {
		r.Detail = c.err.Error()
		return r
	}
	r.Outcome, r.Hunks, r.Detail, r.ThreeWay = c.now.outcome, c.now.hunks, c.detail, c.threeWay
	switch {
	case c.now.fits():
		r.Detail = cmp.Or(r.Detail, c.now.note)
	case c.merged || c.past.same || c.cited != "" || c.past.like != "":
		switch {
		case c.merged:
		case c.past.same:
			r.Detail = "merged, and changed again since"
		case c.cited != "":
			r.Detail, c.past.commit = "its Upstream-Status names the commit, which is like it: look at what differs", c.cited
		default:
			r.Detail = fmt.Sprintf("the commit has %.0f %% of its lines: look at the rest", 100*c.past.share)
			c.past.commit = c.past.like
		}
		r.Outcome, r.Commit, r.ThreeWay = Merged, c.past.commit, ""
		for k := range r.Hunks {
			r.Hunks[k].Outcome, r.Hunks[k].Blame = Merged, nil
		}
	default:
		if c.old != nil && !c.old.fits() {
			r.Outcome = UnappliedBefore
		}
		r.Detail = q.why(c)
	}
	return r
}

// why says of a patch that does not apply what a person wants to know beside
// its hunks.
func (q *queue) why(c *queued) string {
	count := map[string]int{}
	earlier := ""
	for _, h := range c.now.hunks {
		count[h.Outcome]++
		if name := q.broken[h.File]; name != "" {
			earlier = name
		}
	}
	for _, h := range c.now.hunks {
		if !c.carried {
			q.broken[h.File] = c.in.Name
		}
	}
	var notes []string
	if c.now.note != "" {
		notes = append(notes, c.now.note)
	}
	bad, all := count[Conflict]+count[Gone], len(c.now.hunks)
	switch {
	case bad == 0 && count[Merged] > 0:
		notes = append(notes, fmt.Sprintf("%d of %d hunks are merged, the others apply", count[Merged], all))
	case bad < all:
		notes = append(notes, fmt.Sprintf("%d of %d hunks conflict", bad, all))
	}
	if earlier != "" {
		notes = append(notes, "perhaps for want of "+earlier)
	}
	return strings.Join(notes, "; ")
}
