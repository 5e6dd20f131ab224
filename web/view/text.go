package view

import (
	"regexp"
	"strings"
)

// maxTextLines is how many lines of one mail a page shows.
const maxTextLines = 2000

// A Text is a mail's text, line by line.
type Text struct {
	Lines  []TextLine
	Hidden int // lines that are not shown
}

// A TextLine is one line; links in it are spans of their own.
type TextLine struct {
	Style string // "", "quote", or of a diff: "file", "hunk", "add", "del", "ctx"
	Spans []Link
}

// NewText makes a mail's text ready to show. From byte diffAt on it is a diff;
// a negative diffAt says that there is none.
func NewText(s string, diffAt int) Text {
	var t Text
	pos, hunk := 0, false
	for line := range strings.Lines(s) {
		inDiff := diffAt >= 0 && pos >= diffAt
		pos += len(line)
		if len(t.Lines) == maxTextLines {
			t.Hidden++
			continue
		}
		line = strings.TrimRight(line, "\r\n")
		v := TextLine{}
		if inDiff {
			v.Style = diffStyle(line, &hunk)
		} else if strings.HasPrefix(line, ">") {
			v.Style = "quote"
		}
		v.Spans = spans(safeCode(line))
		t.Lines = append(t.Lines, v)
	}
	return t
}

// diffStyle is the style of a line of a diff; hunk says whether a hunk has
// begun in its file.
func diffStyle(line string, hunk *bool) string {
	switch {
	case strings.HasPrefix(line, "diff --git "), strings.HasPrefix(line, "Index: "):
		*hunk = false
		return "file"
	case strings.HasPrefix(line, "@@"):
		*hunk = true
		return "hunk"
	case line == "-- ":
		*hunk = false
		return ""
	case !*hunk:
		if strings.HasPrefix(line, "--- ") || strings.HasPrefix(line, "+++ ") || strings.HasPrefix(line, "index ") {
			return "file"
		}
		return ""
	case strings.HasPrefix(line, "+"):
		return "add"
	case strings.HasPrefix(line, "-"):
		return "del"
	}
	return "ctx"
}

var webAddress = regexp.MustCompile(`https?://[^\s<>"'` + "`" + `\\^{}|]+`)

// spans splits a line at web addresses, http and https only.
func spans(line string) []Link {
	var out []Link
	at := 0
	for _, m := range webAddress.FindAllStringIndex(line, 20) {
		address := strings.TrimRight(line[m[0]:m[1]], ".,;:!?)]")
		if m[0] > at {
			out = append(out, Link{Text: line[at:m[0]]})
		}
		out = append(out, Link{Text: address, Href: address})
		at = m[0] + len(address)
	}
	if at < len(line) || len(out) == 0 {
		out = append(out, Link{Text: line[at:]})
	}
	return out
}

func (l TextLine) class() string { return strings.TrimSpace("l " + l.Style) }
