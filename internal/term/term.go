// Package term makes text from strangers safe to print on a terminal and in
// plain-text mail.
package term

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Safe shows what must not reach a terminal: control and escape characters,
// bytes that are no UTF-8, and characters that reorder or hide text, are
// written as <U+202E> or <9B>. Newline and tab stay.
func Safe(s string) string {
	if clean(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, "<%02X>", s[i])
		case unsafe(r):
			fmt.Fprintf(&b, "<U+%04X>", r)
		default:
			b.WriteRune(r)
		}
		i += n
	}
	return b.String()
}

// SafeLine is Safe for a place where only one line fits: newline and tab are
// shown too.
func SafeLine(s string) string {
	return strings.NewReplacer("\n", "<U+000A>", "\t", "<U+0009>").Replace(Safe(s))
}

func clean(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if unsafe(r) {
			return false
		}
	}
	return true
}

// unsafe says whether a character acts on the terminal or hides text: C0 and
// C1 controls, format characters (bidi, zero width, tags), line and paragraph
// separators, and private or unassigned ones that fonts may draw as anything.
func unsafe(r rune) bool {
	if r == '\n' || r == '\t' {
		return false
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co)
}
