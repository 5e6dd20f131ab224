package change

import (
	"fmt"
	"slices"
	"time"
)

// status goes through the status rules of docs/status.md; the first that
// holds decides.
func (f Facts) status(s Settings, now time.Time) Judgement {
	if d, ok := f.ended(); ok {
		return endedBy(d)
	}
	if f.Carried != nil && !f.Carried.Gone.IsZero() {
		return Judgement{Status: NotCarried, Reason: "the layer dropped it on " + day(f.Carried.Gone), Since: f.Carried.Gone}
	}
	if j, ok := f.covered(); ok {
		return j
	}
	if m := f.believed(); len(m) > 0 {
		return f.upstreamed(m[0])
	}
	return f.underway(s, now)
}

// endedBy is the judgement where a person closed the change.
func endedBy(d Decision) Judgement {
	status := map[DecisionKind]Status{Replaced: WasReplaced, Rejected: WasRejected, NeverUpstream: StaysLocal, Abandoned: WasAbandoned}[d.Kind]
	reason := fmt.Sprintf("%s decided so on %s", d.By, day(d.At))
	if d.Note != "" {
		reason += ": " + d.Note
	}
	return Judgement{Status: status, Reason: reason, Since: d.At}
}

// upstreamed is the judgement where the best match is m.
func (f Facts) upstreamed(m Match) Judgement {
	where := fmt.Sprintf("commit %s of %s", short(m.Commit), m.Project)
	j := Judgement{Since: m.CommitTime}
	switch {
	case m.Verdict == Probable:
		j.Status, j.Reason = Unsure, fmt.Sprintf("%s looks like it (%.0f %%)", where, 100*m.Confidence)
	case m.RevertedBy != "":
		j.Status, j.Reason = WasReverted, fmt.Sprintf("%s, reverted by %s", where, short(m.RevertedBy))
	case m.Queued:
		j.Status, j.Reason = InQueue, where+" is on a staging branch only"
	case f.pinned(m) && f.contradicted(m):
		j.Status = Unsure
		j.Reason = fmt.Sprintf("%s is in %s, but the patch still applies there: its lines were changed again or taken out", where, f.Carried.PinTag)
	case f.pinned(m):
		j.Status, j.Reason = Droppable, fmt.Sprintf("%s is in %s, which the recipe has (%s)", where, f.Carried.PinTag, f.Carried.Version)
	default:
		j.Status, j.Reason = InUpstream, where+notYet(f.Carried, m)
	}
	return j
}

// pinned says whether the version that the layer's recipe has contains m.
func (f Facts) pinned(m Match) bool {
	return f.Carried != nil && !f.Carried.Floating && f.Carried.PinTag != "" && slices.Contains(m.Tags, f.Carried.PinTag)
}

// contradicted says whether the patch can still be applied to a version that
// contains the commit: then the version does not have its lines any more, and
// only a person can say whether it does without them. A person who has
// confirmed the match has looked.
func (f Facts) contradicted(m Match) bool {
	fl, ok := f.flag(PinnedFlag, "applies", "offset", "fuzz")
	return ok && fl.Version == f.Carried.PinTag && f.saidOf(m) == ""
}

// notYet says in words from when on the match can be had.
func notYet(c *CarriedFact, m Match) string {
	first := m.FirstTag()
	switch {
	case first == "" && c != nil && c.Floating:
		return ", in no tag yet; whether that is built is not known, the recipe builds whatever is newest (AUTOREV)"
	case first == "":
		return ", in no tag yet"
	case c == nil:
		return ", first in " + first
	case c.Floating:
		return fmt.Sprintf(", first in %s; whether that is built is not known, the recipe builds whatever is newest (AUTOREV)", first)
	case c.PinTag == "":
		return fmt.Sprintf(", first in %s; which tag the recipe's %s is, is not known", first, orUnknown(c.Version))
	}
	return fmt.Sprintf(", first in %s; the recipe has %s", first, c.Version)
}

func orUnknown(s string) string {
	if s == "" {
		return "version"
	}
	return s
}

// unseen is the judgement where nothing was sent to the project. What somebody
// wants a layer to carry was not.
func (f Facts) unseen() Judgement {
	if k := f.fork(); k != nil {
		return f.unsentFork(k)
	}
	j := Judgement{Status: Local, Reason: "not seen on a list or upstream"}
	if len(f.Offered) > 0 {
		o := f.Offered[0] // the newest
		j.Reason = fmt.Sprintf("not seen on a list of its project or upstream; only as a patch file that %s posted to %s on %s",
			o.by(), o.Sighting.Source, day(o.Sighting.At))
		j.Since = o.Sighting.At
	}
	if f.Carried != nil {
		j.Since = f.Carried.Sighting.At
	}
	return j
}

// action goes through the action rules of docs/status.md; the first that
// holds decides.
func (f Facts) action(j Judgement, s Settings, now time.Time) (Action, string) {
	claim := f.fileClaim()
	if j.Status.Done() {
		return NoAction, ""
	}
	switch j.Status {
	case Droppable:
		if f.fork() != nil {
			return DropIt, "remove the recipe and what only it uses: " + f.Carried.Sighting.Path
		}
		return DropIt, "remove the patch file and its SRC_URI entry: " + f.Carried.Sighting.Path
	case Unsure:
		return ConfirmIt, "look at the evidence and say whether it is the same change"
	}
	if why, ok := f.follow(j); ok {
		return FollowIt, why
	}
	if fl, ok := f.flag(NewestFlag, outcomeConflict, outcomeGone); ok && j.Status != InUpstream {
		return RebaseIt, fl.Words()
	}
	if a, why, ok := f.outdated(j); ok {
		return a, why
	}
	switch j.Status {
	case InQueue:
		return Wait, "until it reaches a branch that counts as merged"
	case InUpstream:
		return f.landed(claim)
	case WasReverted:
		return ReviseIt, "upstream took it out again: find out why, and send a new revision"
	case ChangesRequested:
		switch p, _ := f.newest(); {
		case !p.Ours:
			return Wait, "for " + p.by() + ", who was asked to change it"
		case p.WaitingOn == waitsForThem:
			return Wait, "for " + p.WaitingFor
		}
		return ReviseIt, j.Reason
	case InReview, Ignored:
		return f.awaited(j, s, now)
	case Claimed:
		if p, _ := f.newest(); !now.Before(j.Since.Add(s.PatienceOf(p.Sighting.Source))) {
			return PingIt, fmt.Sprintf("said to be applied %s, but no such commit was seen", day(j.Since))
		}
		return Wait, j.Reason
	}
	return f.unsent(claim)
}

// landed is the action for a change that is upstream, but not in what is pinned.
func (f Facts) landed(claim Claim) (Action, string) {
	switch {
	case f.fork() != nil:
		return Wait, fmt.Sprintf("drop the fork when %s comes to what has it", f.fork().Layer)
	case f.Carried != nil && claim.Kind != "Backport":
		return CorrectTag, "Upstream-Status " + claim.sentence() + ", but it is merged"
	case f.Carried != nil && f.Carried.Floating:
		return Wait, "drop it when what is built has it: the recipe builds whatever is newest (AUTOREV)"
	}
	return Wait, "drop it when the recipe moves to a version that has it"
}

// unsent is the action for a change that was seen nowhere but in the layer.
func (f Facts) unsent(claim Claim) (Action, string) {
	if k := f.fork(); k != nil {
		return f.forked(k)
	}
	if fl, ok := f.flag(PinnedFlag, outcomeMerged); ok {
		return ConfirmIt, fl.Words() + ": perhaps it can be dropped"
	}
	newest, merged := f.flag(NewestFlag, outcomeMerged)
	if merged && claim.Kind != "Backport" {
		return ConfirmIt, newest.Words() + ": look whether it is the same change"
	}
	switch f.Check.Truth {
	case ClaimDrop: // no such change was seen in the commit: a person must look
		return ConfirmIt, f.Check.Reason + ": perhaps it can be dropped"
	case ClaimFalse, ClaimBad:
		return CorrectTag, f.Check.Reason
	case ClaimStale:
		return PostIt, f.Check.Reason
	}
	switch claim.Kind {
	case "Inappropriate", "Denied", "Inactive-Upstream":
		return NoAction, "the file says " + claim.words()
	case "Backport":
		if merged {
			return Wait, "drop it when the recipe moves to a version that has it: " + newest.Words()
		}
		return Wait, "the file says " + claim.words() + "; no such commit was found in a project that is watched"
	case "Submitted":
		return Wait, "the file says " + claim.words() + "; no such posting was seen on a list that is watched"
	case "malformed", "missing":
		return CorrectTag, "Upstream-Status " + claim.sentence()
	}
	if f.Carried == nil && len(f.Offered) > 0 {
		return PostIt, "so far it is only in a patch to " + f.Offered[0].Sighting.Source
	}
	return PostIt, "not seen on any list that is watched"
}

// fileClaim is what the carried file says, else the newest that was offered to
// a layer; the zero Claim if there is none.
func (f Facts) fileClaim() Claim {
	var file string
	switch {
	case f.Carried != nil:
		file = f.Carried.Sighting.Key
	case len(f.Offered) > 0:
		file = f.Offered[0].Sighting.Key
	default:
		return Claim{}
	}
	for _, c := range f.Claims {
		if c.Sighting == file {
			return c
		}
	}
	return Claim{Kind: "missing"}
}

// words is the claim as one reads it in the file.
func (c Claim) words() string {
	switch {
	case c.Kind == "" || c.Kind == "missing":
		return "missing"
	case c.Kind == "malformed":
		return fmt.Sprintf("malformed (%s)", c.Detail)
	case c.Detail != "":
		return c.Kind + " " + c.Detail
	}
	return c.Kind
}

// sentence is words with the verb that fits: "says Pending", "is missing".
func (c Claim) sentence() string {
	switch c.Kind {
	case "", "missing", "malformed":
		return "is " + c.words()
	}
	return "says " + c.words()
}
