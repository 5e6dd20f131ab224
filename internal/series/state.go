package series

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/upstreamd/upstreamd/internal/mailing"
)

// A State is how the review of a series goes.
type State string

// What mail alone can show. Applied is a claim.
const (
	New              State = "new"               // nobody else has answered
	UnderReview      State = "under review"      // others have answered
	ChangesRequested State = "changes requested" // somebody objects
	Reviewed         State = "reviewed"          // every patch has a review trailer by somebody else
	Applied          State = "applied"           // somebody else says that it was taken
)

// What other evidence, the clock or people add to it.
const (
	Stale        State = "stale"
	Merged       State = "merged"
	PartlyMerged State = "partly merged"
	Rejected     State = "rejected"
	Superseded   State = "superseded"
	Resent       State = "resent"
	Abandoned    State = "abandoned"
)

// A Judgement is the state of a series and why.
type Judgement struct {
	State    State
	Reason   string    // in words: "Reviewed-by from Ann on 2 of 3 patches"
	LastSign time.Time // the newest mail of or about the newest posting
}

// Facts are what [StateOf] decides by: the newest posting, and what others say
// of it.
type Facts struct {
	Patches  int      // posted
	Reviewed int      // patches with a review trailer by somebody else
	Voices   []string // others who answered, first first
	Naks     []string // others who objected and did not agree later
	Appliers []string // others who say that it was taken
	LastSign time.Time
}

// StateOf says how a review goes. Rules in order; the first that fits counts.
func StateOf(f Facts) Judgement {
	r := Judgement{LastSign: f.LastSign}
	switch {
	case len(f.Appliers) > 0:
		r.State, r.Reason = Applied, names(f.Appliers)+" says it was applied"
	case len(f.Naks) > 0:
		r.State, r.Reason = ChangesRequested, "NAK by "+names(f.Naks)
	case f.Patches > 0 && f.Reviewed == f.Patches:
		r.State, r.Reason = Reviewed, "every patch has a review trailer, by "+names(f.Voices)
	case f.Reviewed > 0:
		r.State, r.Reason = UnderReview, fmt.Sprintf("%d of %d patches have a review trailer", f.Reviewed, f.Patches)
	case len(f.Voices) > 0:
		r.State, r.Reason = UnderReview, "answered by "+names(f.Voices)
	default:
		r.State, r.Reason = New, "no answer yet"
	}
	return r
}

func names(l []string) string {
	const most = 3
	if len(l) > most {
		return strings.Join(l[:most], ", ") + " and others"
	}
	return strings.Join(l, ", ")
}

// States says how every series of a result goes, by series key. The mails are
// those that the result was made of.
func States(r Result, mails []Mail) map[string]Judgement {
	from := map[string]*Mail{}
	for i := range mails {
		m := &mails[i]
		if old := from[m.MessageID]; old == nil || compareMails(*m, *old) < 0 {
			from[m.MessageID] = m
		}
	}
	about := map[string][]*Placed{} // replies by the patch or cover that they are about
	for i := range r.Mails {
		if p := &r.Mails[i]; p.Target != "" {
			about[p.Target] = append(about[p.Target], p)
		}
	}
	postings := map[string]*Posting{}
	for i := range r.Postings {
		postings[r.Postings[i].Key] = &r.Postings[i]
	}
	states := make(map[string]Judgement, len(r.Series))
	for _, s := range r.Series {
		states[s.Key] = StateOf(facts(postings[s.Postings[len(s.Postings)-1]], about, from))
	}
	return states
}

// facts gathers what is said about one posting.
func facts(p *Posting, about map[string][]*Placed, from map[string]*Mail) Facts {
	f := Facts{Patches: len(p.Parts), LastSign: p.Date}
	reviewed := map[string]bool{}
	naks := map[string]bool{}
	targets := []string{p.Cover}
	for _, part := range p.Parts {
		targets = append(targets, part.MessageID)
	}
	var replies []*Placed
	for _, t := range targets {
		if m := from[t]; m != nil && m.Date.After(f.LastSign) {
			f.LastSign = m.Date
		}
		replies = append(replies, about[t]...)
	}
	slices.SortFunc(replies, func(x, y *Placed) int {
		return cmp.Or(from[x.MessageID].Date.Compare(from[y.MessageID].Date), strings.Compare(x.MessageID, y.MessageID))
	})
	for _, reply := range replies {
		m := from[reply.MessageID]
		if m.Date.After(f.LastSign) {
			f.LastSign = m.Date
		}
		if samePerson(m.From, p.Author) {
			continue
		}
		who := cmp.Or(m.From.Name, m.From.Email)
		f.Voices = addOnce(f.Voices, who)
		if reply.Action == mailing.Applied {
			f.Appliers = addOnce(f.Appliers, who)
		}
		f.review(reply, p, who, reviewed, naks)
	}
	f.Reviewed = len(reviewed)
	for _, who := range f.Voices {
		if naks[who] {
			f.Naks = append(f.Naks, who)
		}
	}
	return f
}

// review counts the trailers of one reply; one on the cover letter is for all
// patches, and agreeing later takes a NAK back.
func (f *Facts) review(reply *Placed, p *Posting, who string, reviewed, naks map[string]bool) {
	for _, t := range reply.Trailers {
		switch t.Kind {
		case "nak", "nacked-by":
			naks[who] = true
		case "reviewed-by", "acked-by":
			delete(naks, who)
			for _, part := range p.Parts {
				if t.Target == part.MessageID || t.Target == p.Cover {
					reviewed[part.MessageID] = true
				}
			}
		}
	}
}

func addOnce(l []string, s string) []string {
	if slices.Contains(l, s) {
		return l
	}
	return append(l, s)
}
