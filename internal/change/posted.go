package change

import (
	"fmt"
	"slices"
	"time"
)

// The words of series.State and series.Judgement that the rules look at. (A room on this floor may
// import series, but the judged facts come from the store as text.)
const (
	stateChanges  = "changes requested"
	stateApplied  = "applied"
	stateRejected = "rejected"
	stateStale    = "stale"
	waitsForUs    = "us"
	waitsForThem  = "them"
)

// A PostedFact is one posting of the change.
type PostedFact struct {
	Sighting   Sighting
	State      string // of the series, as series.State
	StateWhy   string
	LastSign   time.Time  // last posting or reply
	Quiet      time.Time  // the same without our own pings; zero is LastSign
	Superseded bool       // a newer revision is known, or another series goes on instead
	Ours       bool       // the team sent it, or a person said that it is ours
	Reviewed   bool       // every patch of the series has a review trailer by somebody else
	TakenBy    string     // name of who says that this very patch was applied; ""
	By         string     // name of who posted it; "" is the sighting's author
	Answered   time.Time  // last time that somebody of the team wrote in its thread; zero
	WaitingOn  string     // who has to act, as in series.Judgement: us is who posted it, and the team if it is ours
	WaitingFor string     // who that is and what for, in words
	Decisions  []Decision // about its whole series, that close or reopen it
	Branch     Flag       // what a test on the branch that it is meant for found, while its series is open; zero if there was none
	Needs      []Need     // what it says that it depends on, and is not upstream yet
}

// An OfferedFact is a patch to a layer that would make the layer carry the
// change.
type OfferedFact struct {
	Sighting   Sighting
	By         string // name of who posted it; "" is the sighting's author
	Superseded bool   // a newer revision of the patch to the layer is known
}

// by is who posted it, in words.
func (p PostedFact) by() string { return nameOr(p.By, p.Sighting.Author) }

// by is who offered it, in words.
func (o OfferedFact) by() string { return nameOr(o.By, o.Sighting.Author) }

func nameOr(name, address string) string {
	switch {
	case name != "":
		return name
	case address != "":
		return address
	}
	return "somebody"
}

// newest is the posting that counts: the newest that no newer revision
// supersedes, of ours if there is one. What somebody else posts beside it never
// changes what the team has to do with its own.
func (f Facts) newest() (PostedFact, bool) {
	for _, holds := range []func(PostedFact) bool{
		func(p PostedFact) bool { return !p.Superseded && p.Ours },
		func(p PostedFact) bool { return p.Ours },
		func(p PostedFact) bool { return !p.Superseded },
		func(PostedFact) bool { return true },
	} {
		if i := slices.IndexFunc(f.Posted, holds); i >= 0 { // newest first
			return f.Posted[i], true
		}
	}
	return PostedFact{}, false
}

// alsoPosted is the newest posting by somebody else beside ours.
func (f Facts) alsoPosted(ours PostedFact) (PostedFact, bool) {
	i := slices.IndexFunc(f.Posted, func(p PostedFact) bool { return !p.Superseded && !p.Ours })
	if !ours.Ours || i < 0 {
		return PostedFact{}, false
	}
	return f.Posted[i], true
}

// underway is the judgement where nothing was found upstream.
func (f Facts) underway(s Settings, now time.Time) Judgement {
	p, ok := f.newest()
	if !ok {
		return f.unseen()
	}
	j := p.reviewed(s, now)
	if also, ok := f.alsoPosted(p); ok {
		j.Reason += fmt.Sprintf("; %s posted it too, on %s", also.by(), day(also.Sighting.At))
	} else if !p.Ours {
		j.Reason = fmt.Sprintf("on the list by %s: %s", p.by(), j.Reason)
	}
	return j
}

// reviewed is the judgement by how the review of p goes.
func (p PostedFact) reviewed(s Settings, now time.Time) Judgement {
	j := Judgement{Since: p.LastSign}
	patience := s.PatienceOf(p.Sighting.Source)
	switch p.State {
	case stateChanges, stateRejected:
		j.Status, j.Reason = ChangesRequested, p.StateWhy
	case stateApplied:
		return p.claimed(p.StateWhy, s, now)
	default:
		if p.TakenBy != "" {
			return p.claimed(p.TakenBy+" says it was applied", s, now)
		}
		until := earlier(p.LastSign.Add(patience), p.givenUp(s))
		switch {
		case p.asked():
			j.Status, j.Reason = InReview, "it waits for "+p.WaitingFor
		case now.Before(until) && p.State != stateStale:
			j.Status, j.ValidUntil = InReview, until
			j.Reason = fmt.Sprintf("posted %s, last sign of life %s", day(p.Sighting.At), day(p.LastSign))
		default:
			j.Status = Ignored
			j.Reason = fmt.Sprintf("no sign of life since %s, patience is %s", day(p.LastSign), days(patience))
			if end := p.givenUp(s); now.Before(end) {
				j.ValidUntil = end
			}
		}
	}
	return j
}

// claimed is the judgement where a mail says that it was applied.
func (p PostedFact) claimed(who string, s Settings, now time.Time) Judgement {
	j := Judgement{Status: Claimed, Reason: who + "; no such commit seen yet", Since: p.LastSign}
	if until := p.LastSign.Add(s.PatienceOf(p.Sighting.Source)); now.Before(until) {
		j.ValidUntil = until
	}
	return j
}

// asked says whether something that others said of ours is left to answer.
func (p PostedFact) asked() bool { return p.Ours && p.WaitingOn == waitsForUs }

// givenUp is from when on there is no sense in asking that list again: after
// twice its patience without an answer. A ping of ours is none.
func (p PostedFact) givenUp(s Settings) time.Time {
	quiet := p.Quiet
	if quiet.IsZero() {
		quiet = p.LastSign
	}
	return quiet.Add(2 * s.PatienceOf(p.Sighting.Source))
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// awaited is what to do about a posting of which j is the judgement: to answer
// a question, to ask again, or to look for somebody else who takes it.
func (f Facts) awaited(j Judgement, s Settings, now time.Time) (Action, string) {
	p, _ := f.newest()
	switch {
	case p.asked():
		return AnswerIt, j.Reason + p.also()
	case j.Status == InReview:
		return Wait, j.Reason
	case p.Reviewed:
		return PingIt, "every patch is reviewed, and nobody has taken it: ask the maintainer; " + j.Reason
	case !now.Before(p.givenUp(s)) && len(f.Elsewhere) > 0:
		return SendElsewhere, fmt.Sprintf("no answer on %s since %s: %s", p.Sighting.Source, day(p.LastSign), outletWords(f.Elsewhere))
	}
	return PingIt, j.Reason
}

// follow says what to do about a posting by somebody else of what we have too:
// to post it once more would only cost reviewers their time. It is done when
// somebody of the team has written in its thread, until it stalls.
func (f Facts) follow(j Judgement) (why string, ok bool) {
	p, ok := f.newest()
	if !ok || p.Ours {
		return "", false
	}
	already := fmt.Sprintf("already on the list, by %s: ", p.by())
	switch j.Status {
	case InReview:
		return already + "review it there, and do not post it again" + p.also(), p.Answered.IsZero()
	case ChangesRequested:
		return already + "it was asked to change; help, or take it over" + p.also(), p.Answered.Before(p.LastSign)
	case Ignored:
		return already + "it got no answer; review it, or take it over" + p.also(), true
	}
	return "", false
}

// heldBack is the action where it has to wait for what the posting depends on.
// Postings that depend on each other do not wait for each other: that is said.
func (f Facts) heldBack(a Action, why string) (Action, string) {
	p, ok := f.newest()
	if !ok || a != PingIt && a != SendElsewhere && a != PostIt {
		return a, why
	}
	for _, n := range p.Needs {
		if !n.Circle {
			return Wait, n.words(len(p.Needs) - 1)
		}
	}
	for _, n := range p.Needs {
		why += fmt.Sprintf("; it and %q say that they depend on each other", n.Title)
	}
	return a, why
}
