package patch

import (
	"io"
	"mime"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"
)

// CleanSubject takes the prefixes off a mail's subject, as git mailinfo does:
// Re:, and anything in brackets ("[OE-core] [PATCH v2 3/5]", also
// "meta-oe][PATCH]" whose first bracket a list took away). What is left is
// the title, on one line. A subject that is all brackets is kept.
func CleanSubject(s string) string {
	s = strings.Join(strings.Fields(cutRunes(s, maxField)), " ")
	t := s
	for {
		before := t
		t = strings.TrimLeft(t, " :")
		t = cutReply(t)
		t = cutBracket(t)
		if t == before {
			break
		}
	}
	if t == "" {
		return s
	}
	return t
}

// cutReply takes off one reply or forward marker.
func cutReply(s string) string {
	for _, re := range []string{"re:", "aw:", "sv:", "fwd:", "fw:"} {
		if len(s) >= len(re) && strings.EqualFold(s[:len(re)], re) {
			return s[len(re):]
		}
	}
	return s
}

// cutBracket takes off one bracketed prefix, nested brackets included.
func cutBracket(s string) string {
	if i := strings.Index(s, "][PATCH"); i > 0 && !strings.ContainsAny(s[:i], " [") {
		return s[i+1:]
	}
	if !strings.HasPrefix(s, "[") {
		return s
	}
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '[':
			depth++
		case ']':
			if depth--; depth == 0 {
				return s[i+1:]
			}
		}
	}
	if i := strings.IndexByte(s, ']'); i > 0 {
		return s[i+1:]
	}
	return s
}

// DecodeWords decodes the RFC 2047 words of a header field, in any charset
// that browsers know; what cannot be decoded stays as it is.
func DecodeWords(s string) string {
	if !strings.Contains(s, "=?") || len(s) > maxField {
		return s
	}
	dec := mime.WordDecoder{CharsetReader: func(charset string, r io.Reader) (io.Reader, error) {
		enc, err := htmlindex.Get(charset)
		if err != nil {
			return nil, err
		}
		return enc.NewDecoder().Reader(r), nil
	}}
	t, err := dec.DecodeHeader(s)
	if err != nil || !utf8.ValidString(t) {
		return s
	}
	return t
}
