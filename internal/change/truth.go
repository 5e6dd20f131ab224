package change

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/upstreamd/upstreamd/internal/patch"
)

// A Truth says whether what a carried patch file claims is so.
type Truth string

// The truths of claims, those that ask for work first.
const (
	ClaimFalse    Truth = "false"    // the evidence shows something else: says Pending, but is merged
	ClaimDrop     Truth = "drop"     // the version that the layer has contains it: the file can go
	ClaimBad      Truth = "bad"      // malformed, missing, without the reason or address that it needs
	ClaimStale    Truth = "stale"    // Pending for longer than the team wants
	ClaimUnproven Truth = "unproven" // nothing that is watched shows that it is so, or not
	ClaimTrue     Truth = "true"     // the evidence shows it, or nothing can speak against it
)

// Truths lists all truths in the order in which pages show them.
func Truths() []Truth {
	return []Truth{ClaimFalse, ClaimDrop, ClaimBad, ClaimStale, ClaimUnproven, ClaimTrue}
}

// Wrong says whether the file should say something else, or go.
func (t Truth) Wrong() bool {
	return t == ClaimFalse || t == ClaimDrop || t == ClaimBad || t == ClaimStale
}

// FixDrop is the fix of a claim whose file can be deleted.
const FixDrop = "drop"

// A ClaimCheck is what came of comparing a claim with the evidence.
type ClaimCheck struct {
	Sighting string // key of the carried patch
	Truth    Truth
	Reason   string   // in words
	Proof    string   // sighting or commit key, or address, of what shows it; ""
	Fix      string   // the Upstream-Status that would be true, without the tag: "Backport [0123abc]"; [FixDrop]; "" where nothing is proposed
	Shipped  []string // names of the upstream layers whose version contains what the claim names
	// ValidUntil is the next moment when the clock alone may change it; zero is
	// never.
	ValidUntil time.Time
}

// A NamedCommit is a commit that a claim names, as one project has it.
type NamedCommit struct {
	Project string
	Commit  string // full hash; "" where the project has no such commit
	Subject string
	In      string   // tag or revision of the version that the layer has and that contains it; ""
	Shipped []string // names of the upstream layers whose version contains it
	Tags    []string // that contain it, oldest version first, those that are no releases last
}

// A SentFact is a posted patch that a claim names, or that is the same change.
type SentFact struct {
	Key        string // of the sighting
	MessageID  string
	Archive    string // address where its list shows it; ""
	List       string
	At         time.Time
	State      string // of its series, as series.State; ""
	StateWhy   string
	Ours       bool
	Named      bool // the claim names it
	Superseded bool
}

// ClaimFacts are all that [CheckClaim] looks at.
type ClaimFacts struct {
	Sighting string
	Status   patch.UpstreamStatus
	Plan     string // what the header says in free text; ""
	Added    time.Time
	Watched  []string // projects that are watched for this recipe
	Named    []NamedCommit
	Sent     []SentFact
	Match    *Match // that the rules believe: merged, not reverted, not only queued; nil
	Pinned   bool   // the version that the layer has contains Match
	// Applies is the version that the layer has where the patch still applies
	// to it, "" where it does not or that was not tested.
	Applies string
}

// CheckClaim compares what a patch file says with what is known. It is a pure
// function; the rules are the table "Claims" in docs/status.md. A claim is
// never called false for want of evidence.
func CheckClaim(f ClaimFacts, s Settings, now time.Time) ClaimCheck {
	c := f.check(s, now)
	c.Sighting = f.Sighting
	for _, n := range f.Named {
		c.Shipped = append(c.Shipped, n.Shipped...)
	}
	return c
}

func (f ClaimFacts) check(s Settings, now time.Time) ClaimCheck {
	if f.Match != nil {
		return f.merged(*f.Match)
	}
	st := f.Status
	switch {
	case st.Kind == "" && st.Raw == "":
		return ClaimCheck{Truth: ClaimBad, Reason: "there is no Upstream-Status" + f.planned(), Fix: f.sentFix()}
	case st.Kind == "" || st.Kind == "Accepted":
		return ClaimCheck{Truth: ClaimBad, Reason: fmt.Sprintf("%q is no valid Upstream-Status", st.Raw), Fix: f.corrected()}
	}
	c := f.said(s, now)
	if !st.WellFormed {
		c = ClaimCheck{Truth: ClaimBad, Reason: fmt.Sprintf("%q is malformed; read as %s: %s", st.Raw, st.Kind, c.Reason), Proof: c.Proof, Fix: cmp.Or(c.Fix, f.corrected())}
	}
	return c
}

// said checks what a claim that can be read says, by its word.
func (f ClaimFacts) said(s Settings, now time.Time) ClaimCheck {
	switch f.Status.Kind {
	case "Backport":
		return f.backport()
	case "Submitted":
		return f.submitted()
	case "Pending":
		return f.pending(s, now)
	}
	if sent, ok := f.newestSent(); ok && f.Status.Kind == "Inappropriate" && sent.Ours {
		return ClaimCheck{Truth: ClaimFalse, Reason: "says Inappropriate, but was posted: " + sent.words(), Proof: sent.Key, Fix: sent.fix()}
	}
	if bare(f.Status.Detail) == "" {
		return ClaimCheck{Truth: ClaimBad, Reason: "says " + f.Status.Kind + " without a reason"}
	}
	return ClaimCheck{Truth: ClaimTrue, Reason: "nothing speaks against it"}
}

// merged is the check where the change is upstream.
func (f ClaimFacts) merged(m Match) ClaimCheck {
	c := ClaimCheck{Proof: CommitKey(m.Project, m.Commit), Fix: "Backport [" + m.Commit + "]"}
	where := fmt.Sprintf("commit %s of %s", short(m.Commit), m.Project)
	switch {
	case f.Pinned && f.Applies == "":
		c.Truth, c.Fix, c.Reason = ClaimDrop, FixDrop, where+" is in the version that the layer has"
	case f.Status.Kind == "Backport" && f.Status.WellFormed:
		c.Truth, c.Fix, c.Reason = ClaimTrue, "", "it is "+where
	case f.Status.Kind == "", f.Status.Kind == "Accepted":
		c.Truth, c.Reason = ClaimBad, "no valid Upstream-Status; it is "+where
	case f.Status.Kind == "Backport":
		c.Truth, c.Reason = ClaimBad, fmt.Sprintf("%q is malformed; it is %s", f.Status.Raw, where)
	default:
		c.Truth, c.Reason = ClaimFalse, fmt.Sprintf("says %s, but it is merged: %s", f.Status.Kind, where)
	}
	return c
}

// backport checks the commits that a Backport names.
func (f ClaimFacts) backport() ClaimCheck {
	for _, n := range f.Named {
		if n.Commit == "" {
			continue
		}
		c := ClaimCheck{Truth: ClaimTrue, Proof: CommitKey(n.Project, n.Commit)}
		where := fmt.Sprintf("commit %s of %s", short(n.Commit), n.Project)
		switch {
		case n.In != "" && f.Applies != "":
			c.Truth = ClaimUnproven
			c.Reason = fmt.Sprintf("%s is in %s, but the patch still applies there: it does more, or its lines were changed again", where, n.In)
		case n.In != "":
			c.Truth, c.Fix, c.Reason = ClaimDrop, FixDrop, fmt.Sprintf("%s is in %s, which the layer has", where, n.In)
		case len(n.Tags) > 0:
			c.Reason = fmt.Sprintf("%s, first in %s", where, n.Tags[0])
		default:
			c.Reason = where + ", in no tag yet"
		}
		if len(n.Shipped) > 0 && n.In == "" {
			c.Reason += "; " + strings.Join(n.Shipped, " and ") + " has a version with it"
		}
		return c
	}
	names := patch.FindNamed(f.Status.Detail)
	switch {
	case len(names.Commits) > 0 && len(f.Watched) > 0 && f.missingHere(names):
		return ClaimCheck{Truth: ClaimFalse, Reason: fmt.Sprintf("%s has no commit %.12s", strings.Join(f.Watched, ", "), names.Commits[0])}
	case len(names.Commits) > 0 && len(f.Watched) > 0:
		return ClaimCheck{Truth: ClaimUnproven, Reason: "it names a commit of a repository that is not watched: " + names.URLs[0]}
	case len(names.URLs) > 0 && len(f.Watched) > 0:
		return ClaimCheck{Truth: ClaimUnproven, Reason: "it names no commit but an address that is not read: " + names.URLs[0]}
	case len(names.Commits) > 0 || len(names.URLs) > 0:
		return ClaimCheck{Truth: ClaimUnproven, Reason: "no project of this recipe is watched"}
	}
	return ClaimCheck{Truth: ClaimBad, Reason: "says Backport without the commit or its address"}
}

// missingHere says whether the commit that is not there should be in a project
// that is watched: it is named by its hash alone, or by an address that has the
// project's name.
func (f ClaimFacts) missingHere(n patch.Named) bool {
	if len(n.URLs) == 0 {
		return true
	}
	for _, u := range n.URLs {
		for _, p := range f.Watched {
			if strings.Contains(strings.ToLower(u), "/"+strings.ToLower(p)) {
				return true
			}
		}
	}
	return false
}

// submitted checks where a Submitted was sent.
func (f ClaimFacts) submitted() ClaimCheck {
	names := patch.FindNamed(f.Status.Detail)
	sent, ok := f.newestSent()
	switch {
	case ok && sent.State == stateRejected:
		return ClaimCheck{Truth: ClaimFalse, Reason: "it was rejected: " + sent.StateWhy, Proof: sent.Key, Fix: "Denied " + sent.where()}
	case ok && sent.Named, ok && len(names.MessageIDs)+len(names.Pulls)+len(names.URLs) > 0:
		return ClaimCheck{Truth: ClaimTrue, Reason: sent.words(), Proof: sent.Key}
	case ok:
		return ClaimCheck{Truth: ClaimBad, Reason: "says Submitted without where: it was " + sent.words(), Proof: sent.Key, Fix: sent.fix()}
	case len(names.Pulls) > 0:
		return ClaimCheck{Truth: ClaimUnproven, Reason: "state unknown: pull requests are not read", Proof: names.Pulls[0]}
	case len(names.MessageIDs) > 0:
		return ClaimCheck{Truth: ClaimUnproven, Reason: "no such mail was seen on a list that is watched: " + names.MessageIDs[0]}
	case len(names.URLs) > 0:
		return ClaimCheck{Truth: ClaimUnproven, Reason: "it names an address that is not read", Proof: names.URLs[0]}
	}
	return ClaimCheck{Truth: ClaimBad, Reason: "says Submitted without a message-id, pull request or address"}
}

// pending checks that a Pending was not sent, and is not forgotten.
func (f ClaimFacts) pending(s Settings, now time.Time) ClaimCheck {
	if sent, ok := f.newestSent(); ok {
		return ClaimCheck{Truth: ClaimFalse, Reason: "says Pending, but was " + sent.words(), Proof: sent.Key, Fix: sent.fix()}
	}
	c := ClaimCheck{Truth: ClaimTrue, Reason: "not seen on a list that is watched, nor upstream"}
	switch end := f.Added.Add(s.pendingFor()); {
	case f.Added.IsZero():
	case now.Before(end):
		c.ValidUntil = end
	default:
		c.Truth, c.Reason = ClaimStale, fmt.Sprintf("Pending since %s: post it, or say why not", day(f.Added))
	}
	return c
}

// pendingFor is how long a patch may be Pending before it is told.
func (s Settings) pendingFor() time.Duration {
	return cmp.Or(s.Pending, 365*24*time.Hour)
}

// newestSent is the posting that counts: one that the claim names, else the
// newest, of ours before others'.
func (f ClaimFacts) newestSent() (best SentFact, ok bool) {
	rank := func(p SentFact) int {
		switch {
		case p.Named:
			return 3
		case p.Ours && !p.Superseded:
			return 2
		case p.Ours:
			return 1
		}
		return 0
	}
	for _, p := range f.Sent {
		if !ok || cmp.Or(rank(p)-rank(best), p.At.Compare(best.At), strings.Compare(p.Key, best.Key)) > 0 {
			best, ok = p, true
		}
	}
	return best, ok
}

// words say where and when it was posted, and how its review goes.
func (p SentFact) words() string {
	w := fmt.Sprintf("posted to %s on %s", p.List, day(p.At))
	if p.State != "" {
		w += ", " + p.State
	}
	if p.Superseded {
		w += "; a newer revision is known"
	}
	return w
}

// where is what names the posting in a claim.
func (p SentFact) where() string { return "[" + cmp.Or(p.Archive, p.MessageID) + "]" }

// fix is the claim that names the posting.
func (p SentFact) fix() string { return "Submitted " + p.where() }

// sentFix is the fix where something was posted, else "".
func (f ClaimFacts) sentFix() string {
	if sent, ok := f.newestSent(); ok {
		return sent.fix()
	}
	return ""
}

// planned tells of what stands in the header instead.
func (f ClaimFacts) planned() string {
	if f.Plan == "" {
		return ""
	}
	return fmt.Sprintf("; its header says %q", f.Plan)
}

// corrected is a malformed claim as it should be written, "" where that is not
// clear.
func (f ClaimFacts) corrected() string {
	detail := bare(f.Status.Detail)
	switch kind := f.Status.Kind; {
	case kind == "", strings.ContainsAny(detail, "[]"):
		return f.sentFix()
	case kind == "Accepted" && detail == "":
		return "" // where was it accepted?
	case kind == "Accepted":
		return "Backport [" + detail + "]"
	case detail == "":
		return kind
	default:
		return kind + " [" + detail + "]"
	}
}

// bare is a detail without the brackets and signs around it.
func bare(detail string) string {
	return strings.TrimSpace(strings.Trim(strings.TrimSpace(detail), "[]:-(), "))
}
