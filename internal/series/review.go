package series

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/upstreamd/upstreamd/internal/mailing"
)

// A SignKind is what a mail about a posting means for its review.
type SignKind string

// The kinds of signs.
const (
	Said     SignKind = "said"     // an answer of which no more can be told
	Asked    SignKind = "asked"    // asks a question
	Wanted   SignKind = "wanted"   // wants it changed, or sent again: "please send a v2"
	Objects  SignKind = "objects"  // NAK
	Refused  SignKind = "refused"  // says that it will not be taken
	Promised SignKind = "promised" // says that it will be changed or sent again: "will fix in v2"
	Agreed   SignKind = "agreed"   // gives a review trailer
	Took     SignKind = "took"     // says that it was taken: a claim
	Pinged   SignKind = "pinged"   // asks for an answer
	Checked  SignKind = "checked"  // a robot tried it
)

// A Sign is one thing that somebody said of a posting. One mail can give
// several.
type Sign struct {
	Kind      SignKind  `json:"kind"`
	MessageID string    `json:"message_id"`
	To        string    `json:"to,omitempty"` // message-id of the mail that it answers
	Name      string    `json:"name,omitempty"`
	Address   string    `json:"address"` // lower case
	At        time.Time `json:"at"`
	Text      string    `json:"text,omitempty"`  // the words that say so, at most 200 characters; of Agreed the trailer's kind
	Parts     []int     `json:"parts,omitempty"` // numbers of the patches that it is about; none: the whole
	Bad       bool      `json:"bad,omitempty"`   // of Checked: something is wrong with it
}

// A Review is what was said of one posting, oldest first, by its author's side
// too.
type Review struct {
	Signs []Sign `json:"signs,omitempty"`
	More  int    `json:"more,omitempty"` // older ones that were left out, being too many
}

// A Need is something that a posting says it depends on.
type Need struct {
	Kind    string `json:"kind"`              // change-id, message-id, patch-id
	ID      string `json:"id"`                // of that kind
	Version int    `json:"version,omitempty"` // of a change-id; 0 if none is named
}

// Of one posting so many newest signs are kept.
const maxSigns = 200

// Reviews gathers what was said of every posting of a result, by posting key;
// postings of which nothing was said are left out. The mails are those that the
// result was made of.
func Reviews(r Result, mails []Mail) map[string]Review {
	from := map[string]*Mail{}
	outer := map[string]string{} // message-ids by those of the mails within
	for i := range mails {
		m := &mails[i]
		if old := from[m.MessageID]; old == nil || compareMails(*m, *old) < 0 {
			from[m.MessageID] = m
		}
		if m.InnerID != "" {
			outer[m.InnerID] = m.MessageID
		}
	}
	about := map[string]place{}
	for _, p := range r.Postings {
		if p.Cover != "" {
			about[p.Cover] = place{posting: p.Key}
		}
		for n, part := range p.Parts {
			about[part.MessageID] = place{p.Key, part.Index, n == 0 && p.Cover == ""}
		}
	}
	reviews := map[string]Review{}
	for i := range r.Mails {
		p := &r.Mails[i]
		at, ok := about[p.Target]
		if !ok || p.Posting != "" {
			continue
		}
		review := reviews[at.posting]
		for _, s := range signsOf(p, from[p.MessageID], at) {
			if id := outer[s.To]; id != "" && from[s.To] == nil {
				s.To = id
			}
			review.Signs = append(review.Signs, s)
		}
		reviews[at.posting] = review
	}
	for key, review := range reviews {
		slices.SortFunc(review.Signs, compareSigns)
		if n := len(review.Signs) - maxSigns; n > 0 {
			review.Signs, review.More = slices.Clone(review.Signs[n:]), n
		}
		reviews[key] = review
	}
	return reviews
}

// A place is what a reply is about: a patch of a posting.
type place struct {
	posting string
	patch   int  // 0 for the cover letter
	first   bool // it stands where a cover letter would
}

// compareSigns is the order of signs: by time, then one that is always the same.
func compareSigns(x, y Sign) int {
	return cmp.Or(
		x.At.Compare(y.At), strings.Compare(x.MessageID, y.MessageID), strings.Compare(string(x.Kind), string(y.Kind)),
		strings.Compare(x.Text, y.Text), strings.Compare(x.Address, y.Address), slices.Compare(x.Parts, y.Parts),
	)
}

// signsOf is what one reply says: at least that somebody answered.
func signsOf(p *Placed, m *Mail, at place) []Sign {
	base := Sign{
		Kind: Said, MessageID: p.MessageID, To: m.InReplyTo, At: m.Date,
		Name: m.From.Name, Address: strings.ToLower(m.From.Email),
	}
	if at.patch > 0 {
		base.Parts = []int{at.patch}
	}
	var signs []Sign
	add := func(kind SignKind, text string) {
		s := base
		s.Kind, s.Text = kind, text
		signs = append(signs, s)
	}
	if m.Check.Robot {
		add(Checked, m.Check.Text)
		signs[0].Bad = m.Check.Bad
	} else {
		sayWords(p, m, add)
	}
	if p.Action == mailing.Applied {
		add(Took, "")
		if at.first {
			signs[len(signs)-1].Parts = nil // one answer for all goes to the first mail
		}
	}
	if len(signs) == 0 {
		return []Sign{base}
	}
	return signs
}

// sayWords adds what a person says.
func sayWords(p *Placed, m *Mail, add func(SignKind, string)) {
	for _, t := range p.Trailers {
		if t.Kind == "nak" || t.Kind == "nacked-by" {
			add(Objects, t.Kind)
		} else {
			add(Agreed, t.Kind)
		}
	}
	if p.Action == mailing.Ping {
		add(Pinged, "")
	}
	for _, w := range []struct {
		kind SignKind
		text string
	}{{Asked, m.Words.Question}, {Wanted, m.Words.Wish}, {Refused, m.Words.Refusal}, {Promised, m.Words.Promise}} {
		if w.text != "" {
			add(w.kind, w.text)
		}
	}
}
