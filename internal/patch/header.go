package patch

import (
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// Bounds of what stands above the diff: the text that is looked at for a
// header, and the value of one field, which may be folded over many lines.
const (
	maxHeader = 1 << 20
	maxField  = 4 << 10
)

var fromLine = regexp.MustCompile(`^(?:From|commit) ([0-9a-f]{40})\b`)

// gitHeader says whether a line is the first of what git format-patch writes.
func gitHeader(line string) bool {
	return strings.HasPrefix(line, "From ") && len(line) > 45 && line[45] == ' ' && fromLine.MatchString(line)
}

// field reads "Key: value", the key of letters, digits and hyphens. There may
// be thousands of lines that are none, so it is no regular expression.
func field(line string) (key, value string, ok bool) {
	key, value, ok = strings.Cut(line, ":")
	if !ok || key == "" || !isLetter(key[0]) {
		return "", "", false
	}
	for i := range len(key) {
		if c := key[i]; !isLetter(c) && (c < '0' || c > '9') && c != '-' {
			return "", "", false
		}
	}
	return key, strings.TrimLeft(value, " \t"), true
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// readHeader reads what stands above the diff: a mail header and message, the
// output of git show, a DEP-3 header, or free text.
func (p *Patch) readHeader(b []byte) {
	if len(b) > maxHeader {
		b = b[:maxHeader]
	}
	lines := splitLines(b)
	for len(lines) > 0 && strings.TrimSpace(lines[0]) == "" {
		lines = lines[1:]
	}
	// Tags and notes that somebody put above git's header are no title.
	above := max(0, slices.IndexFunc(lines, gitHeader))
	defer p.putAbove(lines[:above])
	lines = lines[above:]
	shown := false // by git show: the message is indented
	if len(lines) > 0 {
		if m := fromLine.FindStringSubmatch(lines[0]); m != nil {
			if strings.Trim(m[1], "0") != "" {
				p.From = m[1]
			}
			shown = strings.HasPrefix(lines[0], "commit ")
			lines = lines[1:]
		} else if strings.HasPrefix(lines[0], "From ") {
			lines = lines[1:]
		}
	}
	lines = p.readFields(lines)
	if shown {
		lines = unindent(lines)
	}
	lines = p.readFields(lines) // in-body From:, Date:, Subject:
	p.readMessage(lines)
}

// putAbove puts the lines that stood above the header before the message.
func (p *Patch) putAbove(lines []string) {
	if len(lines) > 0 {
		p.Body = joinText([]string{joinText(lines), "", p.Body})
		p.Trailers = append(findTrailers(lines), p.Trailers...)
	}
}

// splitLines makes valid text of b and splits it.
func splitLines(b []byte) []string {
	s := strings.TrimSuffix(text(b), "\n")
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, "\r")
	}
	return lines
}

// unindent takes off the four blanks that git show puts before a message.
func unindent(lines []string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = strings.TrimPrefix(l, "    ")
	}
	return out
}

// readFields reads a block of header fields, if one of those that it knows
// begins within it, and returns the lines after the block.
func (p *Patch) readFields(lines []string) []string {
	for len(lines) > 0 && strings.TrimSpace(lines[0]) == "" {
		lines = lines[1:]
	}
	i, known := 0, false
	var fields []Trailer
	for i < len(lines) {
		key, value, ok := field(lines[i])
		if !ok {
			break
		}
		value = cutRunes(value, maxField)
		for i++; i < len(lines) && isFolded(lines[i]); i++ {
			if len(value) < maxField && (value == "" || !strings.EqualFold(key, "Description")) { // DEP-3: the first line is the title
				value = cutRunes(strings.TrimSpace(value+" "+strings.TrimSpace(lines[i])), maxField)
			}
		}
		fields = append(fields, Trailer{key, value})
		known = known || isHeaderKey(key)
	}
	if !known {
		return lines
	}
	for _, f := range fields {
		p.setField(f)
	}
	return lines[i:]
}

// isFolded says whether a line goes on with the field above it.
func isFolded(s string) bool {
	return s != "" && (s[0] == ' ' || s[0] == '\t') && strings.TrimSpace(s) != ""
}

// isHeaderKey says whether a field makes the block around it a header (a
// block of Signed-off-by lines is none).
func isHeaderKey(key string) bool {
	switch strings.ToLower(key) {
	case "from", "author", "subject", "description", "date", "authordate":
		return true
	}
	return false
}

// setField takes one header field. Tags that stand among them, as DEP-3 has
// it, are trailers.
func (p *Patch) setField(f Trailer) {
	switch strings.ToLower(f.Key) {
	case "from", "author":
		if who := ParsePerson(f.Value); who.Email != "" || p.Author == (Person{}) {
			p.Author = who
		}
	case "subject", "description":
		p.Subject = CleanSubject(DecodeWords(f.Value))
	case "date", "authordate":
		if t, ok := ParseDate(f.Value); ok {
			p.Date = t
		}
	default:
		if isTrailerKey(f.Key) && f.Value != "" {
			p.Trailers = append(p.Trailers, f)
		}
	}
}

// readMessage takes the message: the title if there is none yet, the body,
// its trailers, and the notes below the --- line.
func (p *Patch) readMessage(lines []string) {
	end := len(lines)
	for i, l := range lines {
		if l == "---" {
			end = i
			p.Notes = joinText(lines[i+1:])
			break
		}
	}
	lines = lines[:end]
	if p.Subject == "" {
		lines = p.takeTitle(lines)
	}
	p.Body = joinText(lines)
	p.Trailers = append(p.Trailers, findTrailers(lines)...)
}

// takeTitle makes the first line of free text the subject, unless it is a tag
// or a comment.
func (p *Patch) takeTitle(lines []string) []string {
	for i, l := range lines {
		l = strings.TrimSpace(l)
		if l == "" || l[0] == '#' {
			continue
		}
		if key, _, ok := field(l); ok && isTrailerKey(key) {
			continue
		}
		p.Subject = CleanSubject(cutRunes(l, 200))
		return lines[i+1:]
	}
	return lines
}

// joinText joins lines without the empty ones at both ends.
func joinText(lines []string) string {
	return strings.Trim(strings.Join(lines, "\n"), "\n \t")
}

// ParsePerson reads "Name <email>", "email (Name)" or either part alone.
func ParsePerson(s string) Person {
	s = strings.TrimSpace(DecodeWords(cutRunes(s, 500)))
	if open := strings.LastIndexByte(s, '<'); open >= 0 {
		email, _, _ := strings.Cut(s[open+1:], ">")
		return Person{unquote(s[:open]), strings.TrimSpace(email)}
	}
	if email, name, ok := strings.Cut(s, " ("); ok && strings.Contains(email, "@") {
		return Person{unquote(strings.TrimSuffix(name, ")")), email}
	}
	if strings.Contains(s, "@") && !strings.Contains(s, " ") {
		return Person{"", s}
	}
	return Person{unquote(s), ""}
}

// unquote takes off the quotes around a display name.
func unquote(s string) string {
	s = strings.TrimSpace(s)
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		s = strings.ReplaceAll(s[1:len(s)-1], `\"`, `"`)
	}
	return s
}

// ParseDate reads a date as mail (RFC 2822, also with a zone comment) and git write it.
func ParseDate(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > 100 {
		return time.Time{}, false
	}
	t, err := mail.ParseDate(s)
	if err != nil {
		if t, err = gitdiff.ParsePatchDate(s); err != nil {
			return time.Time{}, false
		}
	}
	if y := t.Year(); y < 1970 || y > 2200 {
		return time.Time{}, false
	}
	return t, true
}

// cutRunes bounds a string to n bytes without breaking a character.
func cutRunes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}
