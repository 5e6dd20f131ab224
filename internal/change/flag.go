package change

import (
	"fmt"
	"slices"
	"strings"
)

// The outcomes of tests that the rules look at, as in the rebase command.
const (
	outcomeConflict = "conflict"
	outcomeGone     = "gone"
	outcomeMerged   = "merged"
	threeWayClean   = "clean"
)

// Broken says whether the test found that the patch needs work.
func (fl Flag) Broken() bool { return fl.Outcome == outcomeConflict || fl.Outcome == outcomeGone }

// Words says what the test found and since when it is so; "" where the patch
// applies, or nothing could be tested.
func (fl Flag) Words() string {
	switch {
	case fl.Role == OutlookFlag:
		return ""
	case fl.Outcome == outcomeMerged:
		words := fl.Version + " has its lines already" + fl.since()
		if fl.Commit != "" {
			words += ", by commit " + short(fl.Commit)
		}
		return words
	case !fl.Broken():
		return ""
	}
	words := "does not apply to " + fl.Version + fl.since()
	if fl.Commit != "" {
		words += ", because of " + short(fl.Commit)
	}
	if fl.Detail != "" {
		words += ": " + fl.Detail
	}
	if fl.ThreeWay == threeWayClean {
		words += "; a three-way merge is clean"
		if fl.Role == NewestFlag {
			words += ": upstreamd rebase --write"
		}
	}
	return words
}

// since is the version or day from which on the outcome holds, in words.
func (fl Flag) since() string {
	switch {
	case fl.SinceAt.IsZero():
		return ""
	case fl.Since == "":
		return " since " + day(fl.SinceAt)
	case fl.Since == fl.Version:
		return " (" + day(fl.SinceAt) + ")"
	}
	return fmt.Sprintf(" since %s (%s)", fl.Since, day(fl.SinceAt))
}

// flag finds what a rebase test with this role found, if it is one of outcomes.
func (f Facts) flag(role string, outcomes ...string) (Flag, bool) {
	for _, fl := range f.Flags {
		if fl.Role == role && slices.Contains(outcomes, fl.Outcome) && !f.refuted(fl) {
			return fl, true
		}
	}
	return Flag{}, false
}

// refuted says whether a person rejected the commit in which a test saw the change.
func (f Facts) refuted(fl Flag) bool {
	if fl.Outcome != outcomeMerged || fl.Commit == "" {
		return false
	}
	for _, d := range f.Decisions { // newest first
		switch d.Kind {
		case Confirm, Reject, Link:
			if strings.HasSuffix(d.Object, ":"+fl.Commit) {
				return d.Kind == Reject
			}
		}
	}
	return false
}

// misfit is what to tell where the patch does not apply to the very version
// that the recipe has. The build shows otherwise, so the test is wrong about
// something: this asks nobody for anything.
func (f Facts) misfit(s Status) string {
	fl, ok := f.flag(PinnedFlag, outcomeConflict, outcomeGone)
	if !ok || f.Carried == nil || s.Done() || slices.Contains([]Status{Droppable, Unsure, InUpstream, WasReverted}, s) {
		return "" // what is merged need not apply
	}
	return fmt.Sprintf("; it does not apply to %s, though the recipe has that version: perhaps it is built from another source, or the tag is not that version", fl.Version)
}

// outdated is what to do about a posting of ours that its branch has left
// behind, or that the branch has already.
func (f Facts) outdated(j Judgement) (Action, string, bool) {
	p, ok := f.newest()
	if !ok || !p.Ours {
		return NoAction, "", false
	}
	switch fl := p.Branch; {
	case fl.Outcome == outcomeMerged && fl.Commit != "" && !f.refuted(fl):
		if slices.Contains([]Status{InReview, Ignored, Claimed}, j.Status) {
			return ConfirmIt, fl.Words() + ": look whether it was taken", true
		}
	case fl.Broken() && !p.asked():
		if j.Status == InReview || j.Status == Ignored || j.Status == ChangesRequested && p.WaitingOn == waitsForThem {
			return RebaseIt, "it " + fl.Words(), true
		}
	}
	return NoAction, "", false
}

// also is what to add to words about a posting that does not apply any more.
func (p PostedFact) also() string {
	if !p.Branch.Broken() {
		return ""
	}
	words, _, _ := strings.Cut(p.Branch.Words(), ": ")
	return "; it " + words
}
