package diffmatch

import (
	"cmp"
	"context"
	"slices"

	"github.com/upstreamd/upstreamd/internal/patch"
)

// A judged is a candidate with its verdict.
type judged struct {
	*candidate
	verdict    string
	confidence float64
}

// Match finds the commit of the view that merged a patch. Candidates that are
// neither sure nor hopeless are read again from the repository, to compare
// words; what it lacks counts as unknown. The error is that of ctx, or [View.Err].
func (v *View) Match(ctx context.Context, p *patch.Patch, o Options) (Result, error) {
	q := newProbe(p, o)
	found := v.candidates(q)
	setRivals(found)
	list := v.judgeAll(found)
	if closer := worthALook(list); len(closer) > 0 {
		if err := v.lookCloser(ctx, &q, closer); err != nil {
			return Result{}, err
		}
		list = v.judgeAll(found)
	}
	if len(list) == 0 {
		return Result{Verdict: None}, cmp.Or(ctx.Err(), v.Err())
	}
	best := list[0]
	best.unsure(list[1:])
	res := Result{Verdict: None, Confidence: best.confidence}
	if best.verdict != None {
		res = v.answer(best, q)
		list = list[1:]
	}
	v.pieces(&res, q, best, list)
	if missing := p.Missing(); missing != "" && res.Verdict != None {
		res.Evidence = append(res.Evidence, Evidence{Kind: "damage", Detail: "only what could be read of the patch was compared: " + missing})
		if res.Verdict == Merged {
			res.Verdict, res.Confidence = Probable, min(res.Confidence, 0.8)
		}
	}
	for _, j := range list[:min(len(list), 5)] {
		if c := v.name(j.row); j.hits+int(j.headers()*10) > 0 && !slices.Contains(res.Commits, c) {
			res.Candidates = append(res.Candidates, Candidate{c, j.confidence, j.why()})
		}
	}
	return res, cmp.Or(ctx.Err(), v.Err())
}

// judgeAll scores candidates and orders them, best first. Of those that are
// alike in everything the oldest comes first: later ones are picked from it.
func (v *View) judgeAll(found []candidate) []judged {
	slices.SortStableFunc(found, func(a, b candidate) int {
		return cmp.Or(
			cmp.Compare(v.committed(a.row), v.committed(b.row)),
			cmp.Compare(a.row, b.row),
		)
	})
	for i := range found {
		found[i].scores()
	}
	return order(found)
}

// order judges candidates that have their scores and orders them, best first.
func order(found []candidate) []judged {
	list := make([]judged, len(found))
	for i := range found {
		list[i].candidate = &found[i]
		list[i].verdict, list[i].confidence = found[i].judge()
	}
	claim := map[string]int{None: 0, Probable: 1, Merged: 2}
	slices.SortStableFunc(list, func(a, b judged) int {
		return cmp.Or(claim[b.verdict]-claim[a.verdict], cmp.Compare(b.rank(), a.rank()))
	})
	return list
}

// worthALook are the candidates that are worth to be read again: none if the
// best is sure, else those for which words may make a difference.
func worthALook(list []judged) (closer []*candidate) {
	const (
		sure  = 3 // above the limit for merged
		reach = 3 // what words may add
	)
	if len(list) == 0 || list[0].verdict == Merged && (list[0].patchID || list[0].above() >= sure) {
		return nil
	}
	for _, j := range list {
		near := j.lines >= limits.linesOnlyProbable-reach || j.headed() && j.all >= limits.probable-reach
		if near && len(closer) < maxCloser {
			closer = append(closer, j.candidate)
		}
	}
	return closer
}

// unsure lowers a verdict that rests on lines alone if another commit agrees
// almost as well: one that makes another change, or the very same one under
// another title, as in another place.
func (j *judged) unsure(others []judged) {
	if j.verdict != Merged || j.patchID || j.vouched() || j.subject || j.author && j.date {
		return
	}
	for _, o := range others {
		same := o.left == j.left && o.right == j.right
		if same && o.titled == j.titled {
			continue // picked for another branch
		}
		if same && o.context >= j.context && o.path >= j.path || !same && o.likeness() > 0.85*j.likeness() && !j.same {
			j.verdict, j.confidence = Probable, min(j.confidence, 0.89)
			return
		}
	}
}

// answer makes a result of the best candidate.
func (v *View) answer(j judged, q probe) Result {
	name := v.name(j.row)
	res := Result{
		Verdict: j.verdict, Commit: name, Confidence: j.confidence, Method: j.method(),
		Commits: []string{name}, Evidence: j.evidence(),
	}
	by, again := v.takenBack(j.row, q.shape)
	switch {
	case again != nil:
		back := v.name(*again)
		res.Commits = append(res.Commits, back)
		res.Evidence = append(res.Evidence, Evidence{Kind: "revert", Score: 1, Detail: "reverted by " + v.name(*by)[:12] + ", and brought in again by " + back[:12]})
	case by != nil:
		res.RevertedBy = v.name(*by)
		res.Evidence = append(res.Evidence, Evidence{Kind: "revert", Detail: "reverted by " + res.RevertedBy[:12]})
	}
	return res
}

// pieces looks for further commits where the best one has only a part of the
// patch: a maintainer may have applied it in pieces. Together they may show
// what none shows alone, but then a person has to confirm it.
func (v *View) pieces(res *Result, q probe, best judged, others []judged) {
	const most = 6
	if best.left > 0.9 || best.covered < 0.5 && res.Verdict == None || best.hits == 0 {
		return
	}
	w := v.weigher()
	left := flatten(q.shape, w)
	total := 0.0
	for _, x := range left.weights {
		total += x
	}
	covered := make([]bool, len(left.entries))
	cover := func(c *candidate) (gain float64) {
		if c.found == nil {
			s, err := v.shape(c.row)
			if err != nil {
				return 0
			}
			c.found = matched(left, flatten(s, w))
		}
		for i, hit := range c.found {
			if hit && !covered[i] {
				covered[i] = true
				gain += left.weights[i]
			}
		}
		return gain
	}
	mass := cover(best.candidate)
	names := []string{v.name(best.row)}
	for _, o := range others {
		if len(names) == most || mass > 0.97*total {
			break
		}
		if o.row == best.row || o.covered < 0.45 || o.order < 0.8 || o.path < 0.8 || o.mass < 2 || o.early {
			continue
		}
		if gain := cover(o.candidate); gain >= max(2, 0.08*total) {
			mass += gain
			names = append(names, v.name(o.row))
		}
	}
	if len(names) == 1 || mass < 0.75*total {
		return
	}
	if res.Verdict == None {
		*res = Result{Verdict: Probable, Commit: names[0], Confidence: 0.5 + 0.3*mass/total, Method: "lines", Evidence: best.evidence()}
	}
	for _, n := range names {
		if !slices.Contains(res.Commits, n) {
			res.Commits = append(res.Commits, n)
		}
	}
}
