package series

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/upstreamd/upstreamd/internal/mailing"
)

// A Result is what a set of mails comes to. Everything is sorted: mails by
// date, postings and series by the date of their first mail.
type Result struct {
	Mails    []Placed
	Postings []Posting
	Series   []Series
}

// A Placed mail is where a mail belongs.
type Placed struct {
	MessageID string
	Kind      Kind
	Posting   string // key of the posting that a patch or cover is part of, else ""
	Version   int    // of that posting; 0 for other kinds
	Index     int    // 0 for a cover letter, 1 for a lone patch
	Total     int
	Target    string // the patch or cover that a reply is about, "" if it is not here
	Trailers  []Trailer
	Action    mailing.Action
}

// A Trailer is a review trailer with the patch or cover that it is given to.
type Trailer struct {
	Kind   string
	Person mailing.Person
	Target string // message-id
}

// assembly is the work in hand. Mails are sorted, so the result does not
// depend on the order in which they came.
type assembly struct {
	mails   []Mail
	byID    map[string]int // message-ids, inner ones too
	kinds   []Kind
	groupOf map[int]*group
	targets map[int]string // of replies, as far as they are known
}

// Assemble puts mails together, as people decided where they did. Where several
// mails have one Message-ID, one of them stands for all: the first with a diff,
// else the first.
func Assemble(mails []Mail, hands ...Hand) Result {
	a := newAssembly(mails)
	groups := a.group()
	postings := make([]Posting, len(groups))
	keyOf := map[*group]int{}
	for n, g := range groups {
		postings[n] = a.posting(g)
		keyOf[g] = n
	}
	r := Result{Mails: a.place(postings, keyOf), Postings: postings}
	r.Series = a.lineages(groups, postings, hands)
	slices.SortFunc(r.Postings, func(x, y Posting) int {
		return cmp.Or(x.Date.Compare(y.Date), strings.Compare(x.Key, y.Key))
	})
	return r
}

func newAssembly(mails []Mail) *assembly {
	sorted := slices.Clone(mails)
	slices.SortFunc(sorted, compareMails)
	a := &assembly{byID: map[string]int{}, groupOf: map[int]*group{}, targets: map[int]string{}}
	for _, m := range sorted {
		if i, ok := a.byID[m.MessageID]; ok {
			if m.HasDiff && !a.mails[i].HasDiff {
				a.mails[i] = m
			}
			continue
		}
		a.byID[m.MessageID] = len(a.mails)
		a.mails = append(a.mails, m)
	}
	a.kinds = make([]Kind, len(a.mails))
	for i := range a.mails {
		a.kinds[i] = a.mails[i].kind()
		if id := a.mails[i].InnerID; id != "" {
			if _, ok := a.byID[id]; !ok {
				a.byID[id] = i
			}
		}
	}
	return a
}

// compareMails orders mails by time; the rest makes the order whole where
// mails share a time, or even a Message-ID.
func compareMails(x, y Mail) int {
	return cmp.Or(
		x.Date.Compare(y.Date), strings.Compare(x.MessageID, y.MessageID), strings.Compare(x.Subject, y.Subject),
		strings.Compare(x.PatchID, y.PatchID), strings.Compare(x.InReplyTo, y.InReplyTo),
		strings.Compare(x.From.Email, y.From.Email), strings.Compare(x.List, y.List), strings.Compare(x.ChangeID, y.ChangeID),
		slices.Compare(x.Files, y.Files), slices.Compare(x.References, y.References), cmp.Compare(len(x.Trailers), len(y.Trailers)),
	)
}

func (a *assembly) posted(i int) bool { return a.kinds[i] == Patch || a.kinds[i] == Cover }

// place says of every mail where it belongs.
func (a *assembly) place(postings []Posting, keyOf map[*group]int) []Placed {
	placed := make([]Placed, len(a.mails))
	for i := range a.mails {
		m := &a.mails[i]
		p := &placed[i]
		p.MessageID, p.Kind = m.MessageID, a.kinds[i]
		if g := a.groupOf[i]; g != nil {
			own := &postings[keyOf[g]]
			p.Posting, p.Version, p.Total, p.Index = own.Key, own.Version, own.Total, m.Tag.Index
			if !m.Tag.Numbered {
				p.Index = 1
			}
			continue
		}
		p.Target = a.target(i)
		if p.Action = m.Action; p.Action == mailing.Ping && p.Target == "" && !m.tagged() {
			p.Action = mailing.NoAction // it asks, but not for a patch
		}
		for _, t := range m.Trailers {
			p.Trailers = append(p.Trailers, Trailer{t.Kind, t.Person, p.Target})
		}
	}
	return placed
}

// target is the nearest patch or cover above a reply in its thread, "" if none
// is here. Every mail on the way learns it too, so long threads cost no more.
func (a *assembly) target(i int) string {
	var way []int
	found := ""
	for {
		if t, ok := a.targets[i]; ok {
			found = t
			break
		}
		a.targets[i] = "" // until it is known; also ends a circle
		way = append(way, i)
		up, ok := a.parent(i)
		if !ok {
			break
		}
		if a.posted(up) {
			found = a.mails[up].MessageID
			break
		}
		i = up
	}
	for _, j := range way {
		a.targets[j] = found
	}
	return found
}

// parent is the mail that mail i answers: the nearest that is here.
func (a *assembly) parent(i int) (int, bool) {
	for _, id := range a.mails[i].answered() {
		if j, ok := a.byID[id]; ok && j != i {
			return j, true
		}
	}
	return 0, false
}

func itoa(n int) string { return strconv.Itoa(n) }
