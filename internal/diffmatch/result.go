package diffmatch

import (
	"cmp"
	"slices"

	"github.com/upstreamd/upstreamd/internal/patch"
)

// A judged is a candidate with its verdict.
type judged struct {
	*candidate
	rule       *rule // nil: nothing is claimed
	confidence float64
}

// Match finds the commit of the view that merged a patch.
func (v *View) Match(p *patch.Patch, o Options) Result {
	v.x.mu.RLock()
	defer v.x.mu.RUnlock()
	q := newProbe(p, o)
	list := v.judgeAll(v.candidates(q))
	if len(list) == 0 {
		return Result{Verdict: None}
	}
	best := list[0]
	best.unsure(list[1:])
	res := Result{Verdict: None, Confidence: best.confidence}
	if best.rule != nil {
		res = v.answer(best, q)
		list = list[1:]
	}
	v.pieces(&res, q, best, list)
	for _, j := range list[:min(len(list), 5)] {
		if c := v.name(j.row); j.hits+int(j.headers()*10) > 0 && !slices.Contains(res.Commits, c) {
			res.Candidates = append(res.Candidates, Candidate{c, j.confidence, j.why()})
		}
	}
	return res
}

// judgeAll judges candidates and orders them, best first. Of those that are
// alike in everything the oldest comes first: later ones are picked from it.
func (v *View) judgeAll(found []candidate) []judged {
	list := make([]judged, len(found))
	for i := range found {
		list[i].candidate = &found[i]
		list[i].rule, list[i].confidence = found[i].judge()
	}
	claim := func(j judged) int {
		switch {
		case j.rule == nil:
			return 0
		case j.rule.verdict == Merged:
			return 2
		}
		return 1
	}
	slices.SortStableFunc(list, func(a, b judged) int {
		return cmp.Or(
			claim(b)-claim(a),
			cmp.Compare(b.rank(), a.rank()),
			cmp.Compare(v.row(a.row).commitTime, v.row(b.row).commitTime),
			cmp.Compare(a.row, b.row),
		)
	})
	return list
}

// unsure lowers a verdict that rests on lines alone if another commit, which
// does not make the very same change, agrees almost as well.
func (j *judged) unsure(others []judged) {
	if j.rule == nil || j.rule.verdict != Merged || j.rule.method != "lines" {
		return
	}
	for _, o := range others {
		if o.likeness() > 0.85*j.likeness() && !(o.left == j.left && o.right == j.right) {
			j.rule = &rule{method: "lines", verdict: Probable}
			j.confidence = 0.7
			return
		}
	}
}

// answer makes a result of the best candidate.
func (v *View) answer(j judged, q probe) Result {
	name := v.name(j.row)
	res := Result{
		Verdict: j.rule.verdict, Commit: name, Confidence: j.confidence, Method: j.rule.method,
		Commits: []string{name}, Evidence: j.evidence(),
	}
	if by, ok := v.revertedBy(j.row, q.shape); ok {
		res.RevertedBy = v.name(by)
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
	covered := make([]bool, len(left.entries))
	mass := 0.0
	cover := func(row uint32) (gain float64) {
		s, err := v.shape(row)
		if err != nil {
			return 0
		}
		for i, hit := range matched(left, flatten(s, w)) {
			if hit && !covered[i] {
				covered[i] = true
				gain += left.weights[i]
			}
		}
		mass += gain
		return gain
	}
	total := 0.0
	for _, x := range left.weights {
		total += x
	}
	cover(best.row)
	names := []string{v.name(best.row)}
	for _, o := range others {
		if len(names) == most || mass > 0.97*total {
			break
		}
		if o.row == best.row || o.covered < 0.45 || o.order < 0.8 || o.path < 0.8 || o.mass < 2 || o.early {
			continue
		}
		if cover(o.row) >= max(2, 0.08*total) {
			names = append(names, v.name(o.row))
		}
	}
	if len(names) == 1 || mass < 0.75*total {
		return
	}
	if res.Verdict == None {
		*res = Result{Verdict: Probable, Commit: names[0], Confidence: 0.5 + 0.3*mass/total, Method: "lines", Evidence: best.evidence()}
	}
	res.Commits = names
}
