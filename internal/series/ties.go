package series

import (
	"cmp"
	"encoding/binary"
	"hash/fnv"
	"io"
	"slices"
	"strings"
)

// Ties are hashes of everything by which [Assemble] can bring m together with
// other mails: names that it bears, names that it answers or points to, the run
// that it was sent in, its sender at that hour, and its author with its title.
//
// The contract: let two mails be connected if they have a tie in common, and
// part a set of mails into what is connected, by whatever chain. Then every
// part, assembled alone with the decisions about it ([Hand.Ties]), gives just
// what it gives when all are assembled at once. So a new mail can change only
// what is in its own part, and joins those parts that it has ties of.
//
// This holds because every rule finds what it compares by a tie, and no rule
// counts what it has not found so. It is to be kept so: a new rule that looks
// for mails in another way needs its own tie. A tie joins whatever has it, at
// any time: one that is common to much ("by Ann") would make all one part.
//
// Ties are sorted, without repetition, and the same in every process.
func Ties(m *Mail) []int64 {
	var l []int64
	for _, id := range append(m.answered(), m.MessageID, m.InnerID) {
		if id != "" {
			l = append(l, idTie(id))
		}
	}
	if k := m.kind(); k == Patch || k == Cover {
		for _, link := range m.Links {
			l = append(l, idTie(link.MessageID))
		}
		if b, ok := batchOf(m.sentID()); ok && m.Tag.Numbered {
			l = append(l, tie("batch", b.key))
		}
		if m.ChangeID != "" {
			l = append(l, tie("change", m.ChangeID))
		}
		l = slices.Concat(l, m.senderTies(), m.titleTies(), m.wholeTies())
	}
	slices.Sort(l)
	return slices.Compact(l)
}

// tie is the hash of a name of one kind.
func tie(kind string, words ...string) int64 {
	h := fnv.New64a()
	_, _ = io.WriteString(h, kind) // writing to a hash does not fail
	for _, w := range words {
		_, _ = io.WriteString(h, "\x00"+w)
	}
	return int64(binary.BigEndian.Uint64(h.Sum(nil)))
}

func idTie(id string) int64 { return tie("id", id) }

// sentID is the Message-ID that the sender's program gave.
func (m *Mail) sentID() string { return cmp.Or(m.InnerID, m.MessageID) }

// Of References so many are looked at, the newest and the oldest: a thread in
// which more mails in a row are missing is not followed.
const (
	newestAnswered = 6
	oldestAnswered = 2
)

// answered are the mails that m says it answers, nearest first.
func (m *Mail) answered() []string {
	refs := m.References
	if n := len(refs); n > newestAnswered+oldestAnswered {
		refs = slices.Concat(refs[:oldestAnswered], refs[n-newestAnswered:])
	}
	var l []string
	if m.InReplyTo != "" {
		l = append(l, m.InReplyTo)
	}
	for _, id := range slices.Backward(refs) {
		if id != "" && id != m.InReplyTo {
			l = append(l, id)
		}
	}
	return l
}

// senderTies are shared by numbered mails for one branch, of one total, that
// one sender sent within lateByAuthor: such a span of time lies in the same
// stretch of the clock or in two neighbours.
func (m *Mail) senderTies() []int64 {
	if !m.Tag.Numbered {
		return nil
	}
	stretch := m.Date.Unix() / int64(lateByAuthor.Seconds())
	who := identityOf(m.From)
	at := func(n int64) int64 {
		return tie("sender", cmp.Or(who.email, who.name), m.Tag.Branch(), itoa(m.Tag.Total), itoa(int(n)))
	}
	return []int64{at(stretch), at(stretch + 1)}
}

// Of the titles that a cover letter lists so many are looked for elsewhere.
const mostListed = 8

// titleTies are shared by what one person posted for one branch under one
// title: patches, those that a cover letter lists, and the cover letter.
func (m *Mail) titleTies() []int64 {
	l := m.titled(m.Tag.Branch(), m.ownTitle())
	for _, t := range m.Titles[:min(len(m.Titles), mostListed)] {
		l = append(l, m.titled(m.Tag.Branch(), t)...)
	}
	return l
}

// wholeTies are shared by what one person posted under one title for whatever
// branch, as far as the title stands for a whole posting: a cover letter, a lone
// patch, a first part; and by lone patches with one patch-id.
func (m *Mail) wholeTies() []int64 {
	if m.Tag.Numbered && m.Tag.Index > 1 {
		return nil
	}
	l := m.titled("", m.ownTitle())
	if m.PatchID != "" && m.lone() {
		l = append(l, tie("patch", m.PatchID))
	}
	return l
}

// ownTitle is what m is looked for by. The title of a request to pull names the
// occasion, not the work; and one of two words above a list of patches may come
// every week ("Patch review"): it counts with their number only.
func (m *Mail) ownTitle() string {
	switch {
	case m.kind() == Cover && m.Pull:
		return ""
	case m.kind() == Cover && len(m.Titles) > 0 && len(strings.Fields(m.Tag.Title)) <= 2:
		return m.Tag.Title + " of " + itoa(m.Tag.Total)
	}
	return m.Tag.Title
}

// lone says if m is a posting by itself.
func (m *Mail) lone() bool { return m.Tag.Total <= 1 && m.kind() == Patch }

func (m *Mail) titled(branch, title string) []int64 {
	title = foldTitle(title)
	if title == "" {
		return nil
	}
	var l []int64
	for _, who := range m.people() {
		l = append(l, tie("title", who, branch, title))
	}
	return l
}

// people are the addresses and full names of who sent the mail and, of a lone
// patch, who wrote it.
func (m *Mail) people() []string {
	of := []identity{identityOf(m.From)}
	if m.lone() {
		of = append(of, identityOf(m.Author))
	}
	var l []string
	for _, p := range of {
		for _, who := range []string{p.email, p.name} {
			if who != "" {
				l = addOnce(l, who)
			}
		}
	}
	return l
}
