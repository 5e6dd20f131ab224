package series

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// wait says who has to act: the author's side where something that others said
// is left to answer or to do, else the others.
func (t *tally) wait(j *Judgement) {
	if j.State == Rejected {
		return
	}
	wishes, asked, checks := t.unanswered(t.wishes), t.unanswered(t.asked), t.unanswered(slices.Collect(maps.Values(t.checks)))
	open := slices.Concat(wishes, asked, checks, t.promises)
	if len(open) == 0 {
		t.waitForThem(j)
		return
	}
	slices.SortFunc(open, compareSigns)
	slices.SortFunc(checks, compareSigns)
	var todo []string
	switch {
	case len(t.promises) > 0:
		todo = append(todo, "to change it as promised")
	case len(wishes) > 0:
		todo = append(todo, "to change what "+whoSaid(wishes)+" wants changed, or to answer")
	}
	if len(asked) > 0 {
		todo = append(todo, "to answer "+whoSaid(asked)+quoted(asked))
	}
	if len(checks) > 0 {
		todo = append(todo, "to look at what "+whoSaid(checks)+" found"+quoted(checks))
	}
	j.WaitingOn, j.WaitingSince = WaitingOnUs, open[0].At
	j.WaitingFor = t.poster() + " " + strings.Join(todo, ", and ")
}

func (t *tally) waitForThem(j *Judgement) {
	j.WaitingOn, j.WaitingSince = WaitingOnThem, t.At
	if t.heard.After(t.At) {
		j.WaitingSince = t.heard
	}
	if t.replied.After(j.WaitingSince) {
		j.WaitingSince = t.replied
	}
	switch {
	case j.State == PartlyMerged:
		j.WaitingFor = "anybody to take the other patches"
	case j.State == Applied:
		j.WaitingFor = names(t.takers) + " to publish it"
	case j.State == ChangesRequested:
		j.WaitingFor = whoSaid(t.wishes) + " to answer " + t.poster()
	case j.State == Reviewed:
		j.WaitingFor = "anybody to take it"
	case j.State == UnderReview:
		j.WaitingFor = names(t.voices) + " to go on with the review"
	default:
		j.WaitingFor = "anybody to review it"
		if t.Flaw != "" {
			j.WaitingFor += ", which came " + t.Flaw
		}
	}
}

func (t *tally) poster() string { return cmp.Or(t.Poster.Name, t.Poster.Email) }
