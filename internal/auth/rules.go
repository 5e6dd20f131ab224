package auth

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Length of a password in characters. There are no rules of composition: any
// character counts, also spaces (OWASP ASVS 5.0, 6.2.1, 6.2.5, 6.2.9).
const (
	MinLength = 12
	MaxLength = 128
)

// rows are what fingers find without thinking: keyboards, digits, letters.
var rows = []string{
	"qwertyuiopasdfghjklzxcvbnm", "qwertzuiopasdfghjklyxcvbnm", "azertyuiopqsdfghjklmwxcvbn",
	"abcdefghijklmnopqrstuvwxyz", "01234567890123456789",
}

// common are the words that most of the often-used long passwords are made of.
var common = []string{
	"password", "passw0rd", "letmein", "welcome", "iloveyou", "administrator", "admin", "changeme",
	"secret", "dragon", "football", "baseball", "princess", "sunshine", "monkey", "superman", "trustno1",
	"qwerty", "azerty", "123456789", "12345678", "1234567", "123456", "12345", "1234", "123", "abc", "upstreamd", "upstream",
}

// CheckPassword says why password may not be the one of the account called
// name, as an error that matches [ErrWeak]; nil means that it may.
func CheckPassword(password, name string) error {
	n := utf8.RuneCountInString(password)
	switch {
	case !utf8.ValidString(password) || strings.ContainsRune(password, 0):
		return fmt.Errorf("%w: it has characters that cannot be typed", ErrWeak)
	case n < MinLength:
		return fmt.Errorf("%w: it has %d characters, at least %d are needed", ErrWeak, n, MinLength)
	case n > MaxLength:
		return fmt.Errorf("%w: it has %d characters, at most %d are taken", ErrWeak, n, MaxLength)
	case guessable(strings.ToLower(password), strings.ToLower(name)):
		return fmt.Errorf("%w: it is among the first that one would guess", ErrWeak)
	}
	return nil
}

// guessable says whether little is left of s when the account's name, common
// words and runs along a keyboard are taken out of it, or whether it repeats
// few characters.
func guessable(s, name string) bool {
	distinct := map[rune]bool{}
	for _, r := range s {
		distinct[r] = true
	}
	if len(distinct) < 5 {
		return true
	}
	if len(name) >= 3 {
		s = strings.ReplaceAll(s, name, "")
	}
	for _, w := range common {
		s = strings.ReplaceAll(s, w, "")
	}
	return utf8.RuneCountInString(withoutRuns(s)) < 5
}

// withoutRuns is s without pieces of four and more characters that run along
// one of rows, forwards or backwards.
func withoutRuns(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		n := runLength(s)
		if n < 4 {
			_, size := utf8.DecodeRuneInString(s)
			b.WriteString(s[:size])
			n = size
		}
		s = s[n:]
	}
	return b.String()
}

// runLength is the length of the longest run along one of rows at the start of s.
func runLength(s string) int {
	best := 0
	for _, row := range rows {
		for _, r := range []string{row, reversed(row)} {
			n := 1
			for n <= len(s) && strings.Contains(r, s[:n]) {
				n++
			}
			best = max(best, n-1)
		}
	}
	return best
}

func reversed(s string) string {
	b := []byte(s)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}
