package view

import (
	"strings"

	"github.com/upstreamd/upstreamd/internal/term"
)

// Safe is one line of a stranger's text for a page: control characters and
// those that reorder or hide text are shown by their number.
func Safe(s string) string {
	return term.SafeLine(strings.TrimSpace(strings.NewReplacer("\r\n", " ", "\n", " ", "\t", " ").Replace(s)))
}

// cut is s with at most n characters, and a mark where something is missing.
func cut(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i] + " …"
		}
		n--
	}
	return s
}

// short is the first 12 digits of a hash.
func short(hash string) string { return hash[:min(12, len(hash))] }

// maxCodeLine is how many characters of one line of code are shown.
const maxCodeLine = 400

// safeCode is one line of code or mail: as Safe, but spaces and tabs stay.
func safeCode(s string) string {
	s = strings.TrimSuffix(s, "\r")
	return cut(strings.ReplaceAll(term.Safe(s), "\n", " "), maxCodeLine)
}

// SafeText is as Safe for text of several lines: line ends and tabs stay.
func SafeText(s string) string {
	return strings.TrimSpace(term.Safe(strings.ReplaceAll(s, "\r\n", "\n")))
}
