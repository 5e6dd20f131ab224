package mailing

import (
	"regexp"
	"strings"
)

var inBody = regexp.MustCompile(`(?i)^(from|subject|date):[ \t]*(.*)$`)

// An inBodyHeader is what stands at the top of a text when the author is not
// the sender: git send-email puts it there, and git am reads it.
type inBodyHeader struct {
	from    Person
	subject string
}

// inBodyOf reads the header at the top of a text, or below a line of scissors;
// what is above that is said to the readers, not about the patch.
func inBodyOf(text string) (h inBodyHeader, scissors bool) {
	if below, ok := belowScissors(text); ok {
		text, scissors = below, true
	}
	text = strings.TrimLeft(text, "\n ")
	for range 4 {
		line, rest, _ := strings.Cut(text, "\n")
		g := inBody.FindStringSubmatch(strings.TrimRight(line, " \t\r"))
		if g == nil {
			break
		}
		switch strings.ToLower(g[1]) {
		case "from":
			if l := parseAddresses(g[2]); len(l) == 1 && strings.Contains(l[0].Email, "@") && h.from.Email == "" {
				h.from = l[0]
			}
		case "subject":
			for strings.HasPrefix(rest, " ") { // folded
				more, after, _ := strings.Cut(rest, "\n")
				g[2], rest = g[2]+more, after
			}
			h.subject = oneLine(decodeWords(g[2]))
		}
		text = rest
	}
	return h, scissors
}

// belowScissors is what follows the last line of scissors above the diff.
func belowScissors(text string) (below string, found bool) {
	if !strings.Contains(text, "8<") && !strings.Contains(text, ">8") && !strings.Contains(text, "%<") && !strings.Contains(text, ">%") {
		return "", false
	}
	rest := text
	for {
		line, after, ok := strings.Cut(rest, "\n")
		if strings.HasPrefix(line, "diff --git ") || strings.HasPrefix(line, "--- a/") || strings.HasPrefix(line, "@@ -") {
			break
		}
		if isScissors(line) {
			below, found = after, true
		}
		if !ok {
			break
		}
		rest = after
	}
	return below, found
}

// isScissors says if a line is one to cut along, by the rule of git mailinfo:
// mostly dashes, with a pair of scissors among them.
func isScissors(line string) bool {
	if len(line) > 1000 {
		return false
	}
	perforation, gap, scissors := 0, 0, 0
	in := false
	first, last := -1, -1
	for i := 0; i < len(line); i++ {
		c := line[i]
		if c == ' ' || c == '\t' || c == '\r' {
			if in {
				perforation++
				gap++
			}
			continue
		}
		if last = i; first < 0 {
			first = i
		}
		pair := line[i:min(len(line), i+2)]
		switch {
		case c == '-':
			in = true
			perforation++
		case pair == ">8" || pair == "8<" || pair == ">%" || pair == "%<":
			in = true
			perforation += 2
			scissors += 2
			i++
		default:
			in = false
		}
	}
	visible := last - first + 1
	return scissors > 0 && visible >= 8 && visible < perforation*3 && gap*2 < perforation
}
