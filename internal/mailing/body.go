package mailing

import (
	"bytes"
	"html"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/textproto"
)

// A walker collects the text of a message's parts.
type walker struct {
	m       *Message
	parts   int
	decoded int
	plain   []string // text parts and patch attachments, in order
	html    []string // used if there is nothing else
	wrapped bool     // the mail within was entered
}

// entity reads one part, and the parts within it.
func (w *walker) entity(h header, body []byte, depth int) {
	if w.parts++; w.parts > maxParts || depth > maxDepth {
		if w.parts <= maxParts+1 {
			w.m.problem("more than %d parts or %d levels: cut", maxParts, maxDepth)
		}
		return
	}
	kind, params := contentType(h)
	switch {
	case strings.HasPrefix(kind, "multipart/"):
		w.multipart(body, params["boundary"], depth)
	case kind == "message/rfc822" || kind == "message/global":
		w.within(h, body, depth)
	case strings.HasPrefix(kind, "text/") || isPatchPart(h, kind, params):
		w.text(h, kind, params, body)
	}
}

var boundaryParam = regexp.MustCompile(`(?i)boundary="?([^";\r\n]+)"?`)

// contentType reads the type of a part in lower case; a damaged field is read
// as far as it makes sense, none means text/plain.
func contentType(h header) (string, map[string]string) {
	kind, params, err := h.ContentType()
	if err == nil && params != nil {
		return kind, params
	}
	v := h.Get("Content-Type")
	kind, _, _ = strings.Cut(v, ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	if !strings.Contains(kind, "/") {
		kind = "text/plain"
	}
	params = map[string]string{}
	if g := boundaryParam.FindStringSubmatch(v); g != nil {
		params["boundary"] = strings.TrimSpace(g[1])
	}
	return kind, params
}

func (w *walker) multipart(body []byte, boundary string, depth int) {
	if boundary == "" {
		w.m.problem("multipart without a boundary: read as text")
		w.addText(body, nil)
		return
	}
	before := w.parts
	r := textproto.NewMultipartReader(bytes.NewReader(body), boundary)
	for w.parts <= maxParts {
		p, err := r.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			w.m.problem("multipart: %v", err)
			break
		}
		b, err := io.ReadAll(p)
		if err != nil && len(b) == 0 {
			w.m.problem("part: %v", err)
			break
		}
		w.entity(header{message.Header{Header: p.Header}}, b, depth+1)
	}
	if w.parts == before && len(bytes.TrimSpace(body)) > 0 {
		w.m.problem("multipart without its parts: read as text")
		w.addText(body, nil)
	}
}

// within reads a mail in a mail. A list that must not use the sender's address
// wraps the whole mail: then the inner one is what was sent. Any other is an
// attachment and no word of the sender's.
func (w *walker) within(h header, body []byte, depth int) {
	if w.wrapped || !w.isWrap(depth) {
		return
	}
	w.wrapped = true
	inner, _ := w.m.decodeTransfer(h, body)
	head, rest := splitHeader(inner)
	w.m.unwrap(w.m.readHeader(head))
	w.plain, w.html = nil, nil // the list's explanation
	w.entity(w.m.header, rest, depth+1)
}

// isWrap says if the mail that now follows is the whole of the outer one: it
// stands alone, or after the list's explanation, and a list delivered it.
func (w *walker) isWrap(depth int) bool {
	if depth == 0 {
		return true
	}
	if depth > 1 || w.m.ListID == "" {
		return false
	}
	said := strings.Join(w.plain, "\n")
	return strings.TrimSpace(said) == "" || len(said) < 2000 && wrapNotice.MatchString(said)
}

var wrapNotice = regexp.MustCompile(`(?i)\bDMARC\b|has been wrapped|message was wrapped`)

// unwrap takes over the header of the mail that the list wrapped.
func (m *Message) unwrap(in header) {
	outer := *m
	m.header = in
	m.InnerID = ownID(in.Get("Message-Id"))
	m.thread(in)
	if m.InReplyTo == "" && len(m.References) == 0 {
		m.InReplyTo, m.References = outer.InReplyTo, outer.References
	}
	if s := oneLine(in.text("Subject")); s != "" {
		m.Subject = s
	}
	if l := parseAddresses(in.Get("From")); len(l) > 0 {
		m.From = l[0]
	}
	if t, ok := parseDate(in.Get("Date")); ok {
		m.Date = t
	}
	if to := m.addresses(in, "To"); len(to) > 0 {
		m.To, m.Cc = to, m.addresses(in, "Cc")
	}
}

var patchName = regexp.MustCompile(`(?i)\.(patch|diff|eml|mbox)(\.txt)?$`)

// isPatchPart says if a part that does not call itself text holds a patch.
func isPatchPart(h header, kind string, params map[string]string) bool {
	if strings.HasSuffix(kind, "x-patch") || strings.HasSuffix(kind, "x-diff") {
		return true
	}
	return strings.HasPrefix(kind, "application/") && patchName.MatchString(partName(h, params))
}

func partName(h header, params map[string]string) string {
	if _, p, err := h.ContentDisposition(); err == nil && p["filename"] != "" {
		return p["filename"]
	}
	return params["name"]
}

// text reads a part that is text. Attached text that is no patch (a log, a
// configuration) is not what the sender says.
func (w *walker) text(h header, kind string, params map[string]string, body []byte) {
	disposition, _, _ := h.ContentDisposition()
	name := partName(h, params)
	patch := isPatchPart(h, kind, params) || patchName.MatchString(name)
	if strings.EqualFold(disposition, "attachment") && name != "" && !patch {
		return
	}
	b, _ := w.m.decodeTransfer(h, body)
	if patch && !strings.HasPrefix(kind, "text/") && bytes.IndexByte(b, 0) >= 0 {
		return
	}
	if kind == "text/html" {
		b, _ = toUTF8(b, params["charset"])
		w.html = append(w.html, string(b))
		return
	}
	if patch {
		w.attach(b)
	}
	w.addText(b, params)
}

// attach takes note of a patch that was attached as git format-patch wrote it.
func (w *walker) attach(b []byte) {
	const most = 4 << 10 // where its header ends
	text := clean(strings.ReplaceAll(string(b[:min(len(b), most)]), "\r\n", "\n"))
	if line, rest, _ := strings.Cut(text, "\n"); strings.HasPrefix(line, "From ") {
		text = rest
	}
	if w.m.attached == "" && inBody.MatchString(strings.SplitN(text, "\n", 2)[0]) {
		w.m.attached = text
	}
}

// decodeTransfer undoes base64 or quoted-printable. Damage keeps what came
// before it.
func (m *Message) decodeTransfer(h header, body []byte) ([]byte, error) {
	var only message.Header // the charset is decoded later, by toUTF8
	enc, _, _ := strings.Cut(h.Get("Content-Transfer-Encoding"), ";")
	enc = strings.ToLower(strings.TrimSpace(enc))
	if enc == "" || enc == "7bit" || enc == "8bit" || enc == "binary" {
		return body, nil
	}
	only.Set("Content-Transfer-Encoding", enc)
	e, err := message.New(only, bytes.NewReader(body))
	if err != nil {
		m.problem("%v", err)
		return body, err
	}
	b, err := io.ReadAll(io.LimitReader(e.Body, maxDecoded))
	if err != nil {
		m.problem("%s: %v", enc, err)
		if len(b) == 0 {
			b = body
		}
	}
	return b, err
}

// addText takes one text over; params are those of its Content-Type.
func (w *walker) addText(b []byte, params map[string]string) {
	if w.decoded += len(b); w.decoded > maxDecoded {
		w.m.problem("more than %d MiB of text: cut", maxDecoded>>20)
		return
	}
	b, err := toUTF8(b, params["charset"])
	if err != nil {
		w.m.problem("%v", err)
	}
	if bytes.IndexByte(b, '\r') >= 0 {
		b = bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))
	}
	text := clean(string(b))
	if strings.EqualFold(params["format"], "flowed") {
		text = w.m.flowed(text, strings.EqualFold(params["delsp"], "yes"))
	}
	w.plain = append(w.plain, text)
}

var htmlTag = regexp.MustCompile(`(?s)<(?:style|script)\b.*?</(?:style|script)>|<!--.*?-->|<[^>]*>`)

// finish joins what was found. A mail whose parts hold no text keeps its raw
// body, so that nothing it says is lost.
func (w *walker) finish(body []byte) {
	m := w.m
	switch {
	case len(w.plain) > 0:
		m.Text = joinTexts(w.plain)
	case len(w.html) > 0:
		m.problem("no plain text, only HTML")
		m.Text = clean(html.UnescapeString(htmlTag.ReplaceAllString(strings.Join(w.html, "\n"), "")))
	case w.parts > 0 && len(body) > 0 && utf8.Valid(body):
		m.problem("no text part: the raw body is kept")
		m.Text = clean(string(body))
	}
}

func joinTexts(texts []string) string {
	var b strings.Builder
	for i, t := range texts {
		if i > 0 && !strings.HasSuffix(texts[i-1], "\n") {
			b.WriteByte('\n')
		}
		b.WriteString(t)
	}
	return b.String()
}
