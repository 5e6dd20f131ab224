// Package mailing reads list mail: one message as values, the tags of its
// subject, the trailers of a reply, and the files that hold many messages
// (mbox, maildir).
//
// Enter by [Read], which hands out raw messages, and [Parse], which makes a
// [Message] of one and never fails: what cannot be read is said in
// [Message.Problems]. Nothing here knows series, databases or servers. Mail is
// written by anybody, so every value is a claim and every size is bounded.
package mailing

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"
)

// Limits of what is read of one message. What is beyond them is left out and
// named in [Message.Problems]. They are those of public-inbox, wider where
// patches need it.
const (
	MaxRaw       = 32 << 20  // bytes of a raw message; of a bigger one only the header is read
	maxHeader    = 100 << 10 // bytes of one header block
	maxParts     = 1000      // MIME parts
	maxDepth     = 20        // parts within parts
	maxDecoded   = 64 << 20  // bytes of decoded text
	maxAddresses = 2000      // in To and Cc
	maxRefs      = 1000      // in References
	maxMessageID = 244       // bytes
)

// A Person is a name and an address, as somebody wrote them.
type Person struct {
	Name  string // "" if only the address is known
	Email string // "" if only the name is known
}

func (p Person) String() string {
	switch {
	case p.Email == "":
		return p.Name
	case p.Name == "":
		return p.Email
	}
	return p.Name + " <" + p.Email + ">"
}

// A Message is one mail, decoded. All text is valid UTF-8 without NUL, lines
// end in \n, and message-ids stand without angle brackets.
type Message struct {
	MessageID string // never ""; made up of the content if the mail has none
	MadeUp    bool   // MessageID is made up
	InnerID   string // message-id of the mail that the list wrapped, "" if it did not

	InReplyTo  string   // "" if the mail says nothing
	References []string // oldest first

	From    Person // who sent it, with the list's rewriting undone
	RawFrom string // the From field as the list delivered it
	Author  Person // the From line at the top of the text, below scissors or of an attached patch, else From
	To, Cc  []Person

	Date    time.Time // as the sender's clock had it, not later than it came; zero if not known
	Subject string
	// PatchSubject is the Subject line in the same places as Author's, "" if there
	// is none: what the patch in the mail is called where the mail is called otherwise.
	PatchSubject string
	ListID       string // "openembedded-core.lists.openembedded.org", "" if none

	Text    string // the text parts and patch attachments, list footer removed
	Footer  string // what the list appended
	Archive string // where the list shows this mail, "" if it does not say

	ChangeID   string // b4's change-id, "" if none
	BaseCommit string // hex, "" if none

	Problems []string // what could not be read, or was left out

	header   header
	attached string // the first attached patch that has a header of its own
}

// Field returns the decoded value of the first header field of that name, or
// "". In a mail that the list wrapped these are the inner mail's fields.
func (m *Message) Field(name string) string { return m.header.text(name) }

// Parse reads one raw message. It never fails: a broken message gives what can
// be read of it, and the reasons in Problems.
func Parse(raw []byte) (m *Message) {
	defer func() {
		if r := recover(); r != nil {
			m = &Message{}
			m.problem("reader gave up: %v", r)
			m.makeUpID(raw)
		}
	}()
	return parse(raw)
}

func parse(raw []byte) *Message {
	m := &Message{}
	head, body := splitHeader(raw)
	if len(raw) > MaxRaw {
		m.problem("larger than %d MiB: only the header was read", MaxRaw>>20)
		body = nil
	}
	m.header = m.readHeader(head)
	m.envelope()
	w := walker{m: m}
	w.entity(m.header, body, 0)
	w.finish(body)
	m.Text, m.Footer, m.Archive = cutFooter(m.Text)
	if a := messageURL(m.Field("Archived-At")); a != "" {
		m.Archive = a
	}
	m.authors()
	m.tracking()
	if m.MessageID == "" {
		m.makeUpID(raw)
	}
	return m
}

func (m *Message) problem(format string, args ...any) {
	const most = 20 // more say nothing new
	if len(m.Problems) < most {
		m.Problems = append(m.Problems, clean(fmt.Sprintf(format, args...)))
	}
}

// makeUpID gives a message without identity one that depends on its content
// alone: the same from an mbox, where lines end in LF, and over IMAP.
func (m *Message) makeUpID(raw []byte) {
	content := bytes.TrimRight(bytes.ReplaceAll(raw[:min(len(raw), MaxRaw)], []byte("\r\n"), []byte("\n")), "\n")
	m.MessageID = fmt.Sprintf("sha256-%.8x@missing", sha256.Sum256(content))
	m.MadeUp = true
	m.problem("no Message-ID")
}

// clean makes text safe to store: valid UTF-8, no NUL.
func clean(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "\uFFFD")
	}
	return s
}
