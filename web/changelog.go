package web

import (
	"regexp"
	"strings"
)

// changelogHead begins what an author says of the changes of a revision.
var changelogHead = regexp.MustCompile(`(?i)^\s*(?:#+\s*)?(?:changes? (?:in|since|from|between)\b.*|changelog\b.*|change ?log:?|v\d+\s*(?:->|→|\.\.)\s*v?\d+\b.*|(?:in )?v\d+:.*|since v\d+\b.*|difference[s]? (?:to|from|since)\b.*)$`)

// changelogLines bounds one such list.
const changelogLines = 60

// changelog is what a text says of the changes of its revision; "" where it
// says nothing.
func changelog(text string) string {
	var out []string
	blank := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \t\r\n")
		head := changelogHead.MatchString(line) && !strings.Contains(line, "://") // "v1: https://..." is a link
		item := strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") || strings.HasPrefix(line, "-") || strings.HasPrefix(line, "*") || strings.HasPrefix(line, "+")
		switch {
		case len(out) == 0 && !head || len(out) == changelogLines:
			continue
		case line == "" || line == "---":
			blank = true
			continue
		case blank && !head && !item, strings.Contains(line, " | "): // a paragraph or a diffstat follows
			return strings.Join(out, "\n")
		}
		if blank && head {
			out = append(out, "")
		}
		blank = false
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}
