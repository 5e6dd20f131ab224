//go:build calibrate

package diffmatch

import (
	"fmt"
	"io"
	"slices"
)

// A score counts answers about samples.
type score struct {
	heads, lines tally
}

// A tally counts the answers to one kind of question.
type tally struct {
	merged, right, probable int // patches that are merged; those called so, rightly; called probable, rightly
	wrong, wrongProbable    []string
	older, olderRight       int
	olderWrong              []string
	cut, cutMerged          int
	before                  int
	beforeMerged            []string
	unmerged, unmergedProb  int
	missed                  []string
	ranked                  []ranked
}

// A ranked is an answer by its confidence.
type ranked struct {
	confidence float64
	right      bool
}

func (sc *score) add(s *sample) {
	t := &sc.heads
	if s.diffOnly {
		t = &sc.lines
	}
	j, right := s.best()
	verdict := j.verdict
	name := fmt.Sprintf("%s (%s, %s)", s.ID, s.Stratum, verdict)
	switch {
	case s.cut:
		t.cut++
		if verdict == Merged {
			t.cutMerged++
		}
		return
	case s.Stratum == "before":
		t.before++
		if verdict == Merged {
			t.beforeMerged = append(t.beforeMerged, s.Repo+" "+s.ID)
		}
		return
	case s.Kind == "older-version":
		t.older++
		if verdict != None && right {
			t.olderRight++
		} else if verdict != None {
			t.olderWrong = append(t.olderWrong, name)
		}
		return
	}
	if j.candidate != nil {
		t.ranked = append(t.ranked, ranked{j.confidence, right})
	}
	if s.Kind == "positive" {
		t.merged++
	} else if s.Stratum == "not-yet-merged" {
		t.unmerged++
		if verdict == Probable {
			t.unmergedProb++
		}
	}
	switch {
	case verdict == Merged && right:
		t.right++
	case verdict == Merged:
		t.wrong = append(t.wrong, name)
	case verdict == Probable && right:
		t.probable++
		t.missed = append(t.missed, name)
	case verdict == Probable:
		t.wrongProbable = append(t.wrongProbable, name)
	case s.Kind == "positive":
		t.missed = append(t.missed, name)
	}
}

func (sc *score) print(w io.Writer) {
	fmt.Fprintln(w, "Each project is judged by models and limits that were fitted to the others.")
	for _, x := range []struct {
		name string
		t    *tally
	}{{"with headers", &sc.heads}, {"by lines alone", &sc.lines}} {
		t := x.t
		share := func(a, b int) float64 { return float64(a) / float64(max(b, 1)) }
		p, r := share(t.right, t.right+len(t.wrong)), share(t.right, t.merged)
		fmt.Fprintf(w, "\n%s\n  merged: precision %.4f, recall %.4f, F1 %.4f; wrong %d %v\n", x.name, p, r, harmonic(p, r), len(t.wrong), t.wrong)
		p, r = share(t.right+t.probable, t.right+t.probable+len(t.wrong)+len(t.wrongProbable)), share(t.right+t.probable, t.merged)
		fmt.Fprintf(w, "  merged or probable: precision %.4f, recall %.4f; wrong probables %d\n", p, r, len(t.wrongProbable))
		f1, at995 := t.best()
		fmt.Fprintf(w, "  best F1 over confidence %.4f, recall at precision .995 %.4f\n", f1, at995)
		fmt.Fprintf(w, "  older versions: %.4f right, wrong %d %v\n", share(t.olderRight, t.older), len(t.olderWrong), t.olderWrong)
		fmt.Fprintf(w, "  not merged yet, called probable: %d of %d\n", t.unmergedProb, t.unmerged)
		fmt.Fprintf(w, "  own commits taken out, called merged: %d of %d\n", t.cutMerged, t.cut)
		fmt.Fprintf(w, "  commits looked for before they were made, called merged: %d of %d %v\n", len(t.beforeMerged), t.before, t.beforeMerged)
		fmt.Fprintf(w, "  not called merged: %v\n", t.missed)
	}
}

// best is the greatest F1 at any confidence, and the greatest recall with a
// precision of at least .995.
func (t *tally) best() (f1, recall float64) {
	slices.SortStableFunc(t.ranked, func(a, b ranked) int { return cmpFloat(b.confidence, a.confidence) })
	right := 0
	for i, x := range t.ranked {
		if x.right {
			right++
		}
		p, r := float64(right)/float64(i+1), float64(right)/float64(t.merged)
		f1 = max(f1, harmonic(p, r))
		if p >= 0.995 {
			recall = max(recall, r)
		}
	}
	return f1, recall
}
