package diffmatch

import (
	"strings"
	"unicode"

	"github.com/cespare/xxhash/v2"
)

// A hasher makes the keys of lines; it keeps a buffer between calls.
type hasher struct{ buf []byte }

// keyBits is the width of the keys of lines: few enough to keep millions of
// them, enough that two different lines among 35 million (Linux) have one key
// about twice.
const keyBits = 48

// lineKey is the key of what is left of a line, never 0.
func lineKey(b []byte) uint64 { return max(1, xxhash.Sum64(b)>>(64-keyBits)) }

// line is the key of a line: a hash of it without its blanks, so that
// indentation and line ends do not count. Characters outside ASCII do not
// count either where enough is left, as a mail may have changed their
// charset. The key of an empty line is 0.
func (h *hasher) line(s string) uint64 {
	h.buf = h.buf[:0]
	other := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= 0x80:
			other++
		case c > ' ' && c != 0x7f:
			h.buf = append(h.buf, c)
		}
	}
	if other > 0 && len(h.buf) < 4 {
		h.buf = append(h.buf, strings.TrimSpace(s)...)
	}
	if len(h.buf) == 0 {
		return 0
	}
	return lineKey(h.buf)
}

// heading is the key of what a hunk's @@ line says: diff tools cut it at
// different lengths, so only its beginning counts.
func (h *hasher) heading(s string) uint64 {
	const keep = 40
	h.line(s)
	if len(h.buf) == 0 {
		return 0
	}
	return lineKey(h.buf[:min(len(h.buf), keep)])
}

// subjectKey is the key of a title without case, punctuation and blanks; 0
// for one that says nothing.
func subjectKey(s string) uint64 {
	b := plainText(s)
	if len(b) < 4 {
		return 0
	}
	return xxhash.Sum64String(b)
}

// plainText is a text without case, punctuation and blanks.
func plainText(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(s[:min(len(s), 1<<16)]) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// An authorKey tells persons apart: by address, or by name where one of two
// has another address. Either may be 0.
type authorKey struct{ email, name uint64 }

func newAuthorKey(name, email string) authorKey {
	name, _, _ = strings.Cut(name, " via ") // a list's rewriting of the From field
	name = strings.Trim(name, `"' `)
	email = strings.ToLower(email)
	if local, _, ok := strings.Cut(email, "@"); ok {
		if i := strings.LastIndexByte(local, '='); i > 0 { // jane=example.com@lists.example.org
			email = local[:i] + "@" + local[i+1:]
		}
	}
	var k authorKey
	if strings.Contains(email, "@") {
		k.email = xxhash.Sum64String(email)
	}
	k.name = subjectKey(name)
	return k
}

// same says whether two keys are those of one person.
func (k authorKey) same(o authorKey) bool {
	return k.email != 0 && k.email == o.email || k.name != 0 && k.name == o.name
}
