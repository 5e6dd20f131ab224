package mailing

import (
	"regexp"
	"strings"
)

var (
	via       = regexp.MustCompile(`(?i)^(.*?)\s+via\s+\S+(?:\s+\S+)?$`)
	changeID  = regexp.MustCompile(`(?i)^change-id:[ \t]*(\S+)\s*$`)
	gerritID  = regexp.MustCompile(`^I[0-9a-f]{40}$`)
	baseRef   = regexp.MustCompile(`(?i)^base-commit:[ \t].*?([0-9a-f]{7,64})\b`)
	listPost  = regexp.MustCompile(`(?i)mailto:([^>?\s]+)`)
	replyWord = regexp.MustCompile(`(?i)^\s*(?:re|aw|sv|antw)\s*(?:\[\d+\])?\s*:`)
)

// authors settles who sent the message and who wrote the patch in it.
//
// A list that rewrites From for DMARC leaves the sender in one of several
// places. A From line at the top of the text is the sender's own word where
// the name agrees; then Reply-To without the list, then groups.io's
// user=domain, then the address that the Cc has for that name.
func (m *Message) authors() {
	in, scissors := inBodyOf(m.Text)
	if replyWord.MatchString(m.Subject) && !scissors {
		in = inBodyHeader{} // the beginning of a quote
	}
	if in == (inBodyHeader{}) && m.attached != "" {
		in, _ = inBodyOf(m.attached)
	}
	if m.isMunged() {
		m.From = m.sender(in.from)
	}
	m.Author = m.From
	if in.from.Email != "" {
		m.Author = in.from
	}
	m.PatchSubject = in.subject
}

// lists are the addresses under which the message's list goes.
func (m *Message) lists() []string {
	var l []string
	if at := strings.IndexByte(m.ListID, '.'); at > 0 {
		l = append(l, m.ListID[:at]+"@"+m.ListID[at+1:])
	}
	if g := listPost.FindStringSubmatch(m.Field("List-Post")); g != nil {
		l = append(l, strings.ToLower(g[1]))
	}
	return l
}

func (m *Message) isList(email string) bool {
	email = strings.ToLower(email)
	for _, l := range m.lists() {
		if email == l {
			return true
		}
	}
	return false
}

// isMunged says if From holds the list's address instead of the sender's.
func (m *Message) isMunged() bool {
	if m.From.Email == "" {
		return false
	}
	if m.isList(m.From.Email) {
		return true
	}
	local, domain, _ := strings.Cut(strings.ToLower(m.From.Email), "@")
	ours := domain != "" && strings.HasSuffix(m.ListID, "."+domain)
	for _, l := range m.lists() {
		ours = ours || strings.HasSuffix(l, "@"+domain)
	}
	return strings.Contains(local, "=") && (ours || strings.HasPrefix(domain, "lists.")) ||
		ours && via.MatchString(m.From.Name)
}

func (m *Message) sender(body Person) Person {
	name := strings.Trim(m.From.Name, `"' `)
	if g := via.FindStringSubmatch(name); g != nil {
		name = strings.Trim(g[1], `"' `)
	}
	alike := func(p Person) bool { return p.Email != "" && strings.EqualFold(p.Name, name) }
	if alike(body) {
		return body
	}
	for _, field := range []string{"X-Original-From", "Reply-To"} {
		var found []Person
		for _, p := range parseAddresses(m.header.Get(field)) {
			if alike(p) {
				return p
			}
			if !m.isList(p.Email) {
				found = append(found, p)
			}
		}
		if len(found) == 1 {
			return Person{name, found[0].Email}
		}
	}
	if local, _, _ := strings.Cut(m.From.Email, "@"); strings.Contains(local, "=") {
		at := strings.LastIndexByte(local, '=')
		return Person{name, local[:at] + "@" + local[at+1:]}
	}
	for _, p := range append(append([]Person{}, m.Cc...), m.To...) {
		if alike(p) && !m.isList(p.Email) {
			return p
		}
	}
	if body.Email != "" && name == "" {
		return body
	}
	if m.isList(m.From.Email) {
		return Person{Name: name} // the list's address is nobody's: all such senders would be one
	}
	return Person{Name: name, Email: m.From.Email}
}

// tracking reads what b4 and git format-patch --base note for tools.
func (m *Message) tracking() {
	for line := range strings.Lines(m.Text) {
		switch line[0] { // both are looked for in any case, and rare
		case 'c', 'C':
			if g := changeID.FindStringSubmatch(line); g != nil {
				m.setChangeID(g[1])
			}
		case 'b', 'B':
			if g := baseRef.FindStringSubmatch(line); g != nil && m.BaseCommit == "" {
				m.BaseCommit = g[1]
			}
		}
	}
	m.setChangeID(m.Field("X-Change-Id"))
}

// setChangeID takes b4's change-id; Gerrit's looks alike but names one patch.
func (m *Message) setChangeID(id string) {
	if id != "" && len(id) <= maxMessageID && !strings.ContainsAny(id, " \t") && !gerritID.MatchString(id) {
		m.ChangeID = id
	}
}
