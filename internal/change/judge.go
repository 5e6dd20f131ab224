package change

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Person is a member of the team, known by any of several addresses.
type Person struct {
	Name      string
	Addresses []string // lower case
}

// Settings are what the team set that the rules look at.
type Settings struct {
	Team     []Person
	Patience time.Duration        // how long one waits for an answer before a ping; 0 is three weeks
	Lists    map[string]ListRules // by name
	Pending  time.Duration        // how long a patch may say Pending before it is told; 0 is a year
}

// ListRules are what is set for one list.
type ListRules struct {
	Patience time.Duration // 0 is the team's
	Fallback string        // name of the list to turn to where this one does not answer; ""
}

// PersonOf is the name of the team member with this address, or "".
func (s Settings) PersonOf(address string) string {
	address = strings.ToLower(address)
	for _, p := range s.Team {
		if slices.Contains(p.Addresses, address) {
			return p.Name
		}
	}
	return ""
}

// PatienceOf is how long one waits for an answer on a list.
func (s Settings) PatienceOf(list string) time.Duration {
	switch p := s.Lists[list].Patience; {
	case p > 0:
		return p
	case s.Patience > 0:
		return s.Patience
	}
	return 21 * 24 * time.Hour
}

// A CarriedFact is how a local layer branch carries the change.
type CarriedFact struct {
	Sighting Sighting
	Version  string // PV of the recipe, "" if unknown
	PinTag   string // the project's tag for that version, "" if unknown
	Toucher  string // address of who last touched the file
	Touched  time.Time
	Gone     time.Time // when the layer dropped it; zero while it carries it
	Floating bool      // the recipe builds whatever is newest: which version that is, is not known
	Fork     *ForkFact // where it is a forked recipe; nil for a patch file
}

// A Fact sheet is all that the rules look at for one standing. Build it with
// everything that is known; [Judge] does the rest.
type Facts struct {
	Standing  Standing
	Ours      bool
	Carried   *CarriedFact // nil where no local layer is concerned
	Posted    []PostedFact
	Offered   []OfferedFact
	Matches   []Match    // of all the change's sightings
	Claims    []Claim    // of this standing's carried file, of offered ones, and of mails
	Flags     []Flag     // of this standing's carried file
	Check     ClaimCheck // what came of checking what the carried file claims
	Decisions []Decision
	Verdicts  []Decision // of kind Disposition, about what this standing's file is a duplicate of
	Elsewhere []Outlet   // lists where the newest posting could be sent instead
}

// Judge derives status and next action. It is a pure function: the same facts,
// settings and moment always give the same judgement, whatever the order of
// the facts. The rules and their order are the table in docs/status.md.
func Judge(f Facts, s Settings, now time.Time) Judgement {
	f = f.ordered()
	j := f.status(s, now)
	j.Reason += f.misfit(j.Status)
	j.Action, j.Why = f.heldBack(f.action(j, s, now))
	if !f.Ours {
		j.Action, j.Why = NoAction, ""
	}
	if j.Action.Asks() {
		j.Owner = f.owner(s)
	}
	return j
}

// ordered is f with every list in an order of its own, so that the order of
// arrival cannot show.
func (f Facts) ordered() Facts {
	f.Posted = slices.Clone(f.Posted)
	slices.SortFunc(f.Posted, func(a, b PostedFact) int {
		if c := b.Sighting.At.Compare(a.Sighting.At); c != 0 {
			return c // newest first
		}
		return strings.Compare(a.Sighting.Key, b.Sighting.Key)
	})
	f.Offered = slices.Clone(f.Offered)
	slices.SortFunc(f.Offered, func(a, b OfferedFact) int {
		switch {
		case a.Superseded != b.Superseded && a.Superseded:
			return 1
		case a.Superseded != b.Superseded:
			return -1
		}
		return cmp.Or(b.Sighting.At.Compare(a.Sighting.At), strings.Compare(a.Sighting.Key, b.Sighting.Key))
	})
	f.Matches = slices.Clone(f.Matches)
	slices.SortFunc(f.Matches, compareMatches)
	f.Decisions, f.Verdicts = newestFirst(f.Decisions), newestFirst(f.Verdicts)
	f.Elsewhere = sortOutlets(f.Elsewhere)
	f.Claims = slices.Clone(f.Claims)
	slices.SortFunc(f.Claims, func(a, b Claim) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return strings.Compare(a.Sighting+a.Kind+a.Detail, b.Sighting+b.Kind+b.Detail)
	})
	return f
}

func newestFirst(decisions []Decision) []Decision {
	decisions = slices.Clone(decisions)
	slices.SortFunc(decisions, func(a, b Decision) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.ID, a.ID)) })
	return decisions
}

// compareMatches puts the match that the rules believe first: standing before
// reverted, sure before unsure, landed before queued, then the oldest commit.
func compareMatches(a, b Match) int {
	rank := func(m Match) int {
		switch {
		case m.Verdict == Merged && m.RevertedBy == "" && !m.Queued:
			return 0
		case m.Verdict == Merged && m.RevertedBy == "":
			return 1
		case m.Verdict == Merged:
			return 2
		case m.Verdict == Probable:
			return 3
		}
		return 4
	}
	if c := rank(a) - rank(b); c != 0 {
		return c
	}
	if c := a.CommitTime.Compare(b.CommitTime); c != 0 {
		return c
	}
	return strings.Compare(a.Project+a.Commit+a.Sighting, b.Project+b.Commit+b.Sighting)
}

// owner is who has to act: a decision, else the team member who posted the
// newest revision, else the one who last touched the file (by address, where
// that is nobody of the team) or, where no file is carried, the team member who
// offered it to a layer, else nobody.
func (f Facts) owner(s Settings) string {
	for _, d := range f.Decisions {
		if d.Kind == Own {
			if d.Object != "" {
				return d.Object
			}
			break
		}
	}
	for _, p := range f.Posted {
		if name := s.PersonOf(p.Sighting.Author); name != "" {
			return name
		}
	}
	if f.Carried == nil {
		for _, o := range f.Offered {
			if name := s.PersonOf(o.Sighting.Author); name != "" {
				return name
			}
		}
		return ""
	}
	if name := s.PersonOf(f.Carried.Toucher); name != "" {
		return name
	}
	return f.Carried.Toucher
}

func (f Facts) believed() []Match { return Believed(f.Matches, f.Decisions) }

// Believed are the matches that found something, after the decisions of people,
// which may come in any order: rejected ones are left out, confirmed ones are
// sure. The one that counts is first.
func Believed(matches []Match, decisions []Decision) []Match {
	f := Facts{Matches: matches, Decisions: decisions}.ordered()
	var kept []Match
	for _, m := range f.Matches {
		if m.Verdict == None {
			continue
		}
		switch f.saidOf(m) {
		case Reject:
			continue
		case Confirm, Link:
			m.Verdict = Merged
		}
		kept = append(kept, m)
	}
	slices.SortFunc(kept, compareMatches)
	return kept
}

// saidOf is the newest decision of a person about a match, or "".
func (f Facts) saidOf(m Match) DecisionKind {
	commit := CommitKey(m.Project, m.Commit)
	for _, d := range f.Decisions { // newest first
		switch d.Kind {
		case Confirm, Reject, Link:
			if d.Object == commit {
				return d.Kind
			}
		}
	}
	return ""
}

// ended is the newest decision that closes the change, if one holds: one about
// it, or one about the series in which it was posted last. That nobody goes on
// with a series of others does not end what a layer carries.
func (f Facts) ended() (Decision, bool) {
	decisions := slices.Clone(f.Decisions)
	if p, ok := f.newest(); ok {
		for _, d := range p.Decisions {
			if d.Kind != Abandoned || p.Ours || f.Carried == nil {
				decisions = append(decisions, d)
			}
		}
	}
	return Ended(decisions)
}

// Ended is the newest of the decisions, which may come in any order, that
// closes what they are about, if it holds.
func Ended(decisions []Decision) (Decision, bool) {
	for _, d := range (Facts{Decisions: decisions}).ordered().Decisions { // newest first
		switch d.Kind {
		case Replaced, Rejected, NeverUpstream, Abandoned:
			return d, true
		case Reopen:
			return Decision{}, false
		}
	}
	return Decision{}, false
}

// EndedWhole is the newest decision by which a series is at its end, if it is:
// one of those about the series, or else of those about the change of each of
// its patches.
func EndedWhole(series []Decision, patches [][]Decision) (Decision, bool) {
	if last, ok := Ended(series); ok || len(patches) == 0 {
		return last, ok
	}
	var last Decision
	for _, about := range patches {
		d, ok := Ended(slices.Concat(about, series))
		if !ok {
			return Decision{}, false
		}
		if last.ID == 0 || d.At.After(last.At) {
			last = d
		}
	}
	return last, true
}

// EndsSeries says whether decisions of this kind are about a whole series where
// they name one of its mails, which may be a cover letter.
func (k DecisionKind) EndsSeries(cover bool) bool {
	switch k {
	case Abandoned, Reopen:
		return true
	case Replaced, Rejected, NeverUpstream:
		return cover
	}
	return false
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02") }

// days is a number of days in words.
func days(d time.Duration) string {
	n := int(d.Hours() / 24)
	if n == 1 {
		return "1 day"
	}
	return fmt.Sprintf("%d days", n)
}

// short is the first 12 digits of a hash.
func short(hash string) string { return hash[:min(12, len(hash))] }
