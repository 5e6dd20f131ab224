package series

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/upstreamd/upstreamd/internal/mailing"
)

// A Posting is one sent revision: its patches, and a cover letter if it has
// one.
type Posting struct {
	Key     string // message-id of the first part
	Version int    // 2 for v2
	Total   int    // patches announced: m of n/m, 1 for a lone patch
	Title   string // of the cover letter, else of the first part
	Author  mailing.Person
	Date    time.Time // of the first part sent
	List    string
	Branch  string // stable branch that it is for, "" if none is named
	RFC     bool
	Resend  bool
	Cover   string // message-id of the cover letter, "" if there is none
	Parts   []Part // patches, by index
	Flaw    string // why it is not whole, "" if it is
}

// A Part is one patch of a posting.
type Part struct {
	MessageID string
	Index     int // 1 for the first
	Title     string
	PatchID   string
}

// posting makes the finished value of a group.
func (a *assembly) posting(g *group) Posting {
	slices.SortFunc(g.mails, func(i, j int) int {
		return cmp.Or(cmp.Compare(a.mails[i].Tag.Index, a.mails[j].Tag.Index), cmp.Compare(i, j))
	})
	first := &a.mails[g.mails[0]]
	p := Posting{
		Key: first.MessageID, Title: first.Tag.Title, Author: first.From, List: first.List,
		Date: first.Date, Branch: first.Tag.Branch(), Version: 1, Total: max(1, g.total),
	}
	if first.lone() && len(g.mails) == 1 {
		p.Author = first.Author
	}
	for _, i := range g.mails {
		m := &a.mails[i]
		if m.Tag.Versioned {
			p.Version = m.Tag.Version
		}
		p.RFC = p.RFC || m.Tag.RFC
		p.Resend = p.Resend || m.Tag.Resend
		if !m.Date.IsZero() && m.Date.Before(p.Date) {
			p.Date = m.Date
		}
		if m.kind() == Cover {
			p.Cover = m.MessageID
			continue
		}
		p.Parts = append(p.Parts, Part{m.MessageID, max(1, m.Tag.Index), m.Tag.Title, m.PatchID})
	}
	p.Flaw = p.flaw()
	return p
}

func (p *Posting) flaw() string {
	var missing []string
	have := map[int]bool{}
	for _, part := range p.Parts {
		have[part.Index] = true
		if part.Index > p.Total {
			return "part " + itoa(part.Index) + " of " + itoa(p.Total)
		}
	}
	for n := 1; n <= p.Total && len(missing) < 10; n++ {
		if !have[n] {
			missing = append(missing, itoa(n))
		}
	}
	if len(missing) == 0 {
		return ""
	}
	return "without part " + strings.Join(missing, ", ") + " of " + itoa(p.Total)
}

// MailIDs are the message-ids of what was sent, the cover letter first.
func (p Posting) MailIDs() []string {
	var ids []string
	if p.Cover != "" {
		ids = append(ids, p.Cover)
	}
	for _, part := range p.Parts {
		ids = append(ids, part.MessageID)
	}
	return ids
}
