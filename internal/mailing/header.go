package mailing

import (
	"bufio"
	"bytes"
	"mime"
	"net/mail"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/textproto"
)

// A header is one header block. The zero header has no fields.
type header struct{ message.Header }

// text is the decoded value of the first field of that name.
func (h header) text(name string) string {
	v := h.Get(name)
	if v == "" {
		return ""
	}
	return decodeWords(v)
}

// decodeWords undoes RFC 2047. Bytes that are no UTF-8 are taken as Latin-1,
// which is what such mails meant.
func decodeWords(v string) string {
	if !utf8.ValidString(v) {
		v = latin1(v)
	}
	if strings.Contains(v, "=?") {
		d := mime.WordDecoder{CharsetReader: charsetReader}
		if s, err := d.DecodeHeader(v); err == nil {
			v = s
		}
	}
	return strings.TrimSpace(clean(v))
}

func latin1(s string) string {
	r := make([]rune, len(s))
	for i := range len(s) {
		r[i] = rune(s[i])
	}
	return string(r)
}

// splitHeader parts a message at its first empty line. An mbox separator and
// empty lines before the header are passed over.
func splitHeader(raw []byte) (head, body []byte) {
	raw = bytes.TrimLeft(raw, "\r\n")
	for bytes.HasPrefix(raw, []byte("From ")) || bytes.HasPrefix(raw, []byte(">From ")) {
		_, raw, _ = bytes.Cut(raw, []byte("\n"))
	}
	if first, _, _ := bytes.Cut(raw, []byte("\n")); !isField(first) {
		if !hasEarlyField(raw) {
			return nil, raw
		}
	}
	for at := 0; at < len(raw); {
		n := bytes.IndexByte(raw[at:], '\n')
		if n < 0 {
			break
		}
		if n == 0 || n == 1 && raw[at] == '\r' {
			return raw[:at], raw[at+n+1:]
		}
		at += n + 1
	}
	return raw, nil
}

// hasEarlyField says if a block that starts oddly is a header all the same: a
// field that every mail has stands in it before the first empty line.
func hasEarlyField(raw []byte) bool {
	raw = raw[:min(len(raw), maxHeader)]
	for line := range bytes.Lines(raw) {
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			return false
		}
		if k, _, ok := bytes.Cut(line, []byte(":")); ok {
			switch strings.ToLower(string(bytes.TrimSpace(k))) {
			case "from", "subject", "date", "to", "message-id", "received":
				return true
			}
		}
	}
	return false
}

// isField says if a line begins a header field: a name and a colon.
func isField(line []byte) bool {
	i := bytes.IndexByte(line, ':')
	if i <= 0 {
		return false
	}
	for _, c := range bytes.TrimRight(line[:i], " \t") {
		if c < 33 || c > 126 {
			return false
		}
	}
	return true
}

// readHeader reads a header block. A block with lines that are no fields is
// read without them.
func (m *Message) readHeader(head []byte) header {
	if len(head) > maxHeader {
		m.problem("header larger than %d KiB: cut", maxHeader>>10)
		head = head[:maxHeader]
		head = head[:bytes.LastIndexByte(head, '\n')+1]
	}
	h, err := textproto.ReadHeader(bufio.NewReader(bytes.NewReader(head)))
	if err == nil {
		return header{message.Header{Header: h}}
	}
	kept, dropped := repairHeader(head)
	if dropped > 0 {
		m.problem("%d header lines are no fields", dropped)
	}
	h, err = textproto.ReadHeader(bufio.NewReader(bytes.NewReader(kept)))
	if err != nil {
		m.problem("header: %v", err)
	}
	return header{message.Header{Header: h}}
}

// repairHeader drops what is neither a field nor the continuation of one.
func repairHeader(head []byte) (kept []byte, dropped int) {
	in := false
	for line := range bytes.Lines(head) {
		folded := line[0] == ' ' || line[0] == '\t'
		if !folded {
			in = isField(line)
		}
		if in {
			kept = append(kept, line...)
		} else {
			dropped++
		}
	}
	return kept, dropped
}

var bracketed = regexp.MustCompile(`<([^<>\s]+)>`)

// messageIDs finds the message-ids in a field.
func messageIDs(v string) []string {
	var ids []string
	for _, g := range bracketed.FindAllStringSubmatch(v, maxRefs) {
		if id := clean(g[1]); len(id) <= maxMessageID {
			ids = append(ids, id)
		}
	}
	return ids
}

// ownID reads a Message-ID field; some programs forget the brackets.
func ownID(v string) string {
	if ids := messageIDs(v); len(ids) > 0 {
		return ids[0]
	}
	v = strings.Trim(strings.TrimSpace(v), "<>")
	if v == "" || len(v) > maxMessageID || strings.ContainsAny(v, " \t<>") {
		return ""
	}
	return clean(v)
}

// envelope reads the fields that say what the message is and belongs to.
func (m *Message) envelope() {
	h := m.header
	m.MessageID = ownID(h.Get("Message-Id"))
	m.thread(h)
	m.Subject = oneLine(h.text("Subject"))
	m.RawFrom = oneLine(h.text("From"))
	m.From = m.first(h.Get("From"))
	m.To = m.addresses(h, "To")
	m.Cc = m.addresses(h, "Cc")
	m.ListID = listID(h)
	m.Date = m.date(h)
}

func (m *Message) thread(h header) {
	m.InReplyTo, m.References = "", messageIDs(h.Get("References"))
	if ids := messageIDs(h.Get("In-Reply-To")); len(ids) > 0 {
		m.InReplyTo = ids[0]
	} else if id := ownID(h.Get("In-Reply-To")); strings.Contains(id, "@") {
		m.InReplyTo = id
	}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// date is when a mail was sent. The sender's clock is believed unless it says
// later than the mail came, as spam does to stand on top.
func (m *Message) date(h header) time.Time {
	const clocks = 24 * time.Hour // how far two clocks may differ
	v := h.Get("Date")
	t, ok := parseDate(v)
	if v == "" {
		m.problem("no Date")
	} else if !ok {
		m.problem("Date not understood: %.60q", v)
	}
	came, known := receivedAt(h)
	switch {
	case known && !ok:
		return came
	case known && t.After(came.Add(clocks)):
		m.problem("Date is later than it came: %.60q", v)
		return came
	}
	return t
}

// receivedAt is when the last server took the mail.
func receivedAt(h header) (time.Time, bool) {
	v := h.Get("Received")
	at := strings.LastIndexByte(v, ';')
	if at < 0 {
		return time.Time{}, false
	}
	return parseDate(v[at+1:])
}

// parseDate reads RFC 5322 dates and the common ways to get them wrong. Years
// that a database or JSON cannot hold count as unreadable.
func parseDate(v string) (time.Time, bool) {
	v = oneLine(v)
	t, err := mail.ParseDate(v)
	if err != nil {
		bare, _, _ := strings.Cut(v, "(")
		bare = strings.TrimSpace(bare)
		for _, layout := range []string{
			"Mon, 2 Jan 2006 15:04:05 -0700", "Mon, 2 Jan 2006 15:04:05", "Mon, 2 Jan 2006 15:04:05 MST",
			"Mon Jan 2 15:04:05 2006 -0700", time.ANSIC, time.UnixDate, time.RFC3339, "2006-01-02 15:04:05 -0700",
			"2006-01-02 15:04:05", "Monday, 2 Jan 2006 15:04:05 -0700", "2 January 2006 15:04:05 -0700",
		} {
			if t, err = time.Parse(layout, bare); err == nil {
				break
			}
		}
	}
	if err != nil || t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}, false
	}
	return t, true
}

// first is the first address of a field.
func (m *Message) first(v string) Person {
	if l := parseAddresses(v); len(l) > 0 {
		return l[0]
	}
	if strings.TrimSpace(v) == "" {
		m.problem("no From")
		return Person{}
	}
	m.problem("From not understood: %.60q", v)
	return Person{Name: oneLine(decodeWords(v))}
}

func (m *Message) addresses(h header, name string) []Person {
	var l []Person
	for f := h.FieldsByKey(name); f.Next(); {
		l = append(l, parseAddresses(f.Value())...)
	}
	if len(l) > maxAddresses {
		m.problem("%s has %d addresses: cut", name, len(l))
		l = l[:maxAddresses]
	}
	return l
}

var commentInName = regexp.MustCompile(`^[^"<>@(]*[^"<>@(\s]\s*\([^()"<>]*\)\s*<`)

var looseAddress = regexp.MustCompile(`([^<>,;"]*|"[^"]*"\s*)<\s*([^<>\s]+)\s*>|([^\s<>,;:"()]+@[^\s<>,;:"()]+)`)

// parseAddresses reads an address list, loosely where it is not well formed.
func parseAddresses(v string) []Person {
	if v == "" {
		return nil
	}
	if !utf8.ValidString(v) {
		v = latin1(v)
	}
	if commentInName.MatchString(v) { // "Ann (Example) <ann@example.org>": no comment, but her name
		if people := looseAddresses(v); len(people) > 0 {
			return people
		}
	}
	p := mail.AddressParser{WordDecoder: &mime.WordDecoder{CharsetReader: charsetReader}}
	if l, err := p.ParseList(v); err == nil {
		people := make([]Person, 0, len(l))
		for _, a := range l {
			people = append(people, Person{personName(a.Name), clean(a.Address)})
		}
		return people
	}
	if people := looseAddresses(v); len(people) > 0 || !strings.Contains(v, "=?") {
		return people
	}
	return looseAddresses(decodeWords(v)) // the whole address was encoded
}

func looseAddresses(v string) []Person {
	var people []Person
	for _, g := range looseAddress.FindAllStringSubmatch(v, maxAddresses+1) {
		people = append(people, Person{personName(g[1]), clean(g[2] + g[3])})
	}
	return people
}

// personName cleans a name; some programs quote what they encoded.
func personName(s string) string {
	return oneLine(decodeWords(strings.Trim(strings.TrimSpace(s), `"`)))
}

// listID names the list that a message came through, in lower case.
func listID(h header) string {
	v := h.text("List-Id")
	if g := bracketed.FindStringSubmatch(v); g != nil {
		return strings.ToLower(g[1])
	}
	if v != "" && !strings.ContainsAny(v, " \t") {
		return strings.ToLower(v)
	}
	for _, name := range []string{"X-Mailing-List", "X-List", "Mailing-List"} {
		if l := parseAddresses(strings.TrimPrefix(h.Get(name), "list ")); len(l) > 0 {
			return strings.ToLower(strings.Replace(l[0].Email, "@", ".", 1))
		}
	}
	return ""
}

// messageURL returns a link to an archive, without brackets.
func messageURL(v string) string {
	v = strings.Trim(strings.TrimSpace(v), "<>")
	if strings.HasPrefix(v, "https://") || strings.HasPrefix(v, "http://") {
		return v
	}
	return ""
}
