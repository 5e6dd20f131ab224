package series

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/upstreamd/upstreamd/internal/mailing"
)

// A State is how the review of a series goes. The rules and their order are the
// table in docs/mail.md, "Series states".
type State string

// The states.
const (
	New              State = "new"               // nobody else has answered
	UnderReview      State = "under review"      // others have answered
	ChangesRequested State = "changes requested" // somebody objects or wants it changed
	Reviewed         State = "reviewed"          // every patch has a review trailer by somebody else
	Applied          State = "applied"           // somebody else says that it was taken: a claim
	Merged           State = "merged"            // there is evidence for every patch
	PartlyMerged     State = "partly merged"     // there is evidence for some patches
	Rejected         State = "rejected"          // upstream will not take it
	Superseded       State = "superseded"        // a newer revision or another series takes its place
	Resent           State = "resent"            // of a revision: sent again as it was
	Stale            State = "stale"             // others are to act, and the patience of the list is at an end
	Abandoned        State = "abandoned"         // nobody goes on with it
)

// Facts are all that [Judge] looks at, for one series.
type Facts struct {
	Revisions []Revision // oldest first
	Landed    int        // patches of the newest revision that there is evidence for
	LandedWhy string     // that evidence in words: "commit 0123456 of linux"
	Reverted  string     // that the newest revision landed and was taken back, in words: by which commit; ""
	Closed    Closing    // what a person decided; zero where nobody did
	Gone      Successor  // another series that takes the place of this one; zero if none
	Outdated  Breakage   // that the newest revision does not apply any more; zero if it does, or nobody knows
	// Side are the author's side besides those who posted the revisions: of
	// the team's own series the team, one entry for each address.
	Side     []mailing.Person
	Patience time.Duration // of the list: how long to wait for an answer; 0 is for ever
}

// A Revision is one posting of a series, as far as its review goes.
type Revision struct {
	Key     string // of the posting
	Version int
	RFC     bool
	Resend  bool
	Patches int // those that never came counted
	At      time.Time
	Poster  mailing.Person
	Flaw    string // why it is not whole, "" if it is
	Review  Review
}

// A Closing is the decision of a person that a series is at its end.
type Closing struct {
	How  string // replaced, rejected, never-upstream, abandoned; "" if it is not closed
	By   string
	At   time.Time
	Note string
}

// A Breakage says that a revision does not apply to the branch that it is meant
// for.
type Breakage struct {
	What  string // in words: "patch 2 of 3 does not apply to main since 2026-05-17, because of 0123456789ab"
	Since time.Time
}

// A Successor is the series that goes on instead of another one.
type Successor struct{ Key, Title string }

// Who has to act.
const (
	WaitingOnUs   = "us"   // the author's side
	WaitingOnThem = "them" // anybody else
)

// A Judgement is the state of a series and why.
type Judgement struct {
	State        State
	Reason       string    // in words: "2 of 3 patches have a review trailer, by Ann"
	WaitingOn    string    // "us" is the author's side; "them"; "" where nobody has to act
	WaitingFor   string    // who that is and what for, in words
	WaitingSince time.Time // zero where nobody has to act
	ValidUntil   time.Time // when the clock alone changes it; zero for never
	LastSign     time.Time // newest posting or mail about it, robots' left out
}

// Judge says how the review of a series goes. It is a pure function of the
// facts and the clock. Facts without a revision are judged New.
func Judge(f Facts, now time.Time) Judgement {
	if len(f.Revisions) == 0 {
		return Judgement{State: New, Reason: "nothing was posted"}
	}
	t := f.tally()
	j := Judgement{LastSign: t.last}
	if ended := f.ended(&j); ended {
		return j
	}
	if f.Reverted != "" {
		j.State, j.Reason = ChangesRequested, "it was merged and taken back: "+f.Reverted
		j.WaitingOn, j.WaitingFor, j.WaitingSince = WaitingOnUs, t.poster()+" to revise it", t.last
		return j
	}
	if f.Landed > 0 {
		j.State, j.Reason = PartlyMerged, fmt.Sprintf("%d of %d patches: %s", f.Landed, t.Patches, f.LandedWhy)
	} else {
		j.State, j.Reason = t.state()
	}
	t.wait(&j)
	f.Outdated.outdate(&j, t.poster())
	j.age(f.Patience, now)
	return j
}

// outdate says of a judgement that the author's side has to rebase the series
// first, whoever it would wait for. What others say that they took is out of its
// hands, and nobody rebases what is refused.
func (b Breakage) outdate(j *Judgement, poster string) {
	if b.What == "" || j.State == Applied || j.State == Rejected {
		return
	}
	j.Reason += "; " + b.What
	if j.WaitingOn == WaitingOnUs {
		j.WaitingFor += ", and to rebase it"
		return
	}
	j.WaitingOn, j.WaitingFor, j.WaitingSince = WaitingOnUs, poster+" to rebase it", b.Since
}

// JudgePosting says how revision n of a series goes, counted from 0: the newest
// as the series, older ones by what came after them.
func JudgePosting(f Facts, n int, now time.Time) Judgement {
	if n == len(f.Revisions)-1 {
		return Judge(f, now)
	}
	r, next := f.Revisions[n], f.Revisions[n+1]
	j := Judgement{State: Superseded, LastSign: r.At}
	for _, s := range r.Review.Signs {
		if s.Kind != Checked && s.At.After(j.LastSign) {
			j.LastSign = s.At
		}
	}
	switch {
	case r.Version == next.Version && (r.RFC == next.RFC || next.Resend):
		j.State, j.Reason = Resent, "sent again on "+day(next.At)
	case r.Version == next.Version:
		j.Reason = "the patch of " + day(next.At) + " takes its place"
	default:
		j.Reason = fmt.Sprintf("v%d of %s takes its place", next.Version, day(next.At))
	}
	return j
}

// ended fills in the judgement of a series that is at its end.
func (f Facts) ended(j *Judgement) bool {
	patches := f.Revisions[len(f.Revisions)-1].Patches
	switch {
	case f.Closed.How != "":
		j.State, j.Reason = f.Closed.state()
	case f.Landed > 0 && f.Landed >= patches:
		j.State, j.Reason = Merged, f.LandedWhy
		return true
	case f.Gone.Key != "":
		j.State, j.Reason = Superseded, "the series \""+f.Gone.Title+"\" takes its place"
	default:
		return false
	}
	if f.Landed > 0 {
		j.Reason += fmt.Sprintf("; %d of %d patches are merged: %s", f.Landed, patches, f.LandedWhy)
	}
	return true
}

func (c Closing) state() (State, string) {
	state, what := Abandoned, "it is abandoned"
	switch c.How {
	case "rejected":
		state, what = Rejected, "upstream will not take it"
	case "replaced":
		state, what = Superseded, "something else takes its place"
	case "never-upstream":
		what = "it is not meant for upstream"
	}
	reason := fmt.Sprintf("%s decided on %s: %s", c.By, day(c.At), what)
	if c.Note != "" {
		reason += ": " + c.Note
	}
	return state, reason
}

// state is what mail alone shows. The first rule that fits counts.
func (t *tally) state() (State, string) {
	switch {
	case len(t.taken) >= t.Patches && len(t.takers) > 0:
		return Applied, names(t.takers) + " says it was applied"
	case len(t.refusals) > 0:
		return Rejected, whoSaid(t.refusals) + " says that it will not be taken" + quoted(t.refusals)
	case len(t.wishes) > 0:
		return ChangesRequested, t.wished()
	case len(t.promises) > 0:
		return ChangesRequested, whoSaid(t.promises) + " says that it will be changed" + quoted(t.promises)
	case t.Patches > 0 && len(t.agreed) >= t.Patches:
		return Reviewed, "every patch has a review trailer, by " + names(t.agreers)
	}
	switch {
	case len(t.takers) > 0:
		return UnderReview, fmt.Sprintf("%s says that %d of %d patches were applied", names(t.takers), len(t.taken), t.Patches)
	case len(t.agreed) > 0:
		return UnderReview, fmt.Sprintf("%d of %d patches have a review trailer, by %s", len(t.agreed), t.Patches, names(t.agreers))
	case len(t.voices) > 0:
		return UnderReview, "answered by " + names(t.voices)
	}
	return New, "no answer yet"
}

// wished is the reason where somebody wants something else.
func (t *tally) wished() string {
	naks := slices.DeleteFunc(slices.Clone(t.wishes), func(s Sign) bool { return s.Kind != Objects })
	if len(naks) > 0 {
		return "NAK by " + whoSaid(naks)
	}
	return whoSaid(t.wishes) + " wants it changed" + quoted(t.wishes)
}

// quoted is the newest words of signs.
func quoted(signs []Sign) string {
	if text := signs[len(signs)-1].Text; text != "" {
		return ": \"" + text + "\""
	}
	return ""
}

// age makes a judgement stale where others are to act and the list's patience is
// over, or says when it will be.
func (j *Judgement) age(patience time.Duration, now time.Time) {
	if patience <= 0 || j.LastSign.IsZero() || j.WaitingOn != WaitingOnThem || j.State == Applied || j.State == PartlyMerged {
		return
	}
	end := j.LastSign.Add(patience)
	if now.Before(end) {
		j.ValidUntil = end
		return
	}
	j.Reason = fmt.Sprintf("no sign of life since %s, patience is %d days; before: %s", day(j.LastSign), int(patience.Hours()/24), j.Reason)
	j.State = Stale
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

func names(l []string) string {
	const most = 3
	if len(l) > most {
		return strings.Join(l[:most], ", ") + " and others"
	}
	return strings.Join(l, ", ")
}

func addOnce(l []string, s string) []string {
	if slices.Contains(l, s) {
		return l
	}
	return append(l, s)
}

// RevisionOf is what [Judge] needs to know of a posting.
func RevisionOf(p Posting, review Review) Revision {
	return Revision{
		Key: p.Key, Version: p.Version, RFC: p.RFC, Resend: p.Resend, Patches: max(len(p.Parts), p.Total),
		At: p.Date, Poster: p.Author, Flaw: p.Flaw, Review: review,
	}
}

// States judges every series of a result by its mails alone: without evidence,
// decisions and clock. The mails are those that the result was made of.
func States(r Result, mails []Mail) map[string]Judgement {
	reviews := Reviews(r, mails)
	postings := map[string]Posting{}
	for _, p := range r.Postings {
		postings[p.Key] = p
	}
	states := make(map[string]Judgement, len(r.Series))
	for _, s := range r.Series {
		var f Facts
		for _, key := range s.Postings {
			f.Revisions = append(f.Revisions, RevisionOf(postings[key], reviews[key]))
		}
		states[s.Key] = Judge(f, time.Time{})
	}
	return states
}
