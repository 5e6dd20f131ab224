package diffmatch

import (
	"strings"
	"unicode"

	"github.com/cespare/xxhash/v2"
)

// A hasher makes the keys of lines; it keeps a buffer between calls.
type hasher struct{ buf []byte }

// line is the key of a line: a 64-bit hash without its blanks, so that
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
	if k := xxhash.Sum64(h.buf); k != 0 {
		return k
	}
	return 1
}

// heading is the key of what a hunk's @@ line says: diff tools cut it at
// different lengths, so only its beginning counts.
func (h *hasher) heading(s string) uint64 {
	const keep = 40
	h.line(s)
	if len(h.buf) == 0 {
		return 0
	}
	return xxhash.Sum64(h.buf[:min(len(h.buf), keep)])
}

// subjectKey is the key of a title without case, punctuation and blanks; 0
// for one that says nothing.
func subjectKey(s string) uint64 {
	var b []byte
	for _, r := range strings.ToLower(s) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b = append(b, string(r)...)
		}
	}
	if len(b) < 4 {
		return 0
	}
	return xxhash.Sum64(b)
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
