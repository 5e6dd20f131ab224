package view

import (
	"fmt"
	"strings"
	"time"
)

// A When is a moment and the moment from which it is looked at. A zero At is
// not known.
type When struct{ At, Now time.Time }

// Known says whether there is a moment to show.
func (w When) Known() bool { return !w.At.IsZero() && w.At.Unix() != 0 }

// Ago is the distance in words: "3 weeks ago", "in 2 days", "just now".
func (w When) Ago() string {
	d := w.Now.Sub(w.At)
	if d < 0 {
		return "in " + span(-d)
	}
	if d < time.Minute {
		return "just now"
	}
	return span(d) + " ago"
}

// Span is the distance in words without direction: "3 weeks".
func (w When) Span() string { return span(w.Now.Sub(w.At).Abs()) }

// Day is the date.
func (w When) Day() string { return w.At.UTC().Format("2006-01-02") }

// Full is date and time for people.
func (w When) Full() string { return w.At.UTC().Format("2006-01-02 15:04 UTC") }

func (w When) machine() string { return w.At.UTC().Format(time.RFC3339) }

// days is the distance in whole days, 0 for what lies ahead.
func (w When) days() int { return max(0, int(w.Now.Sub(w.At).Hours()/24)) }

func span(d time.Duration) string {
	day := 24 * time.Hour
	switch {
	case d < time.Minute:
		return "a moment"
	case d < time.Hour:
		return plural(int(d/time.Minute), "minute")
	case d < day:
		return plural(int(d/time.Hour), "hour")
	case d < 14*day:
		return plural(int(d/day), "day")
	case d < 9*7*day:
		return plural(int(d/(7*day)), "week")
	case d < 2*365*day:
		return plural(int(d/(30*day)), "month")
	}
	return plural(int(d/(365*day)), "year")
}

// Plural is "1 patch" or "2 patches".
func Plural(n int, noun string) string { return plural(n, noun) }

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Count(n) + " " + nouns(noun)
}

func nouns(noun string) string {
	switch last := noun[len(noun)-1]; {
	case noun == "series" || noun == "upstream":
		return noun
	case noun == "person":
		return "people"
	case strings.HasSuffix(noun, "ch") || strings.HasSuffix(noun, "sh") || last == 's' || last == 'x':
		return noun + "es"
	case last == 'y' && noun[len(noun)-2] != 'a':
		return noun[:len(noun)-1] + "ies"
	}
	return noun + "s"
}

// Count is a number with thousands apart: 12,345.
func Count(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
