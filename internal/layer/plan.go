package layer

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/upstreamd/upstreamd/internal/term"
)

// Limits of what is read of the head of a patch file, and kept as its plan.
const (
	maxHead = 64 << 10 // bytes
	maxPlan = 500      // bytes
)

// planOf is what the text above a diff says of the patch's way upstream,
// beside Upstream-Status: the fields of Debian's DEP-3 ("Forwarded: no"), the
// section UPSTREAM PLAN between rulers, or else sentences that speak of it. It
// is a claim, on one line, cut where it is long.
func planOf(file []byte) string {
	head := headOf(file)
	parts := debianFields(head)
	if plan := planSection(head); plan != "" {
		parts = append(parts, plan)
	} else if len(parts) == 0 {
		parts = planSentences(head)
	}
	return cut(strings.Join(parts, "; "), maxPlan)
}

// headOf are the lines above the diff.
func headOf(file []byte) (lines []string) {
	file = file[:min(len(file), maxHead)]
	for len(file) > 0 {
		line, rest, _ := bytes.Cut(file, []byte("\n"))
		switch {
		case bytes.HasPrefix(line, []byte("diff -")), bytes.HasPrefix(line, []byte("Index: ")),
			bytes.HasPrefix(line, []byte("--- ")) && bytes.HasPrefix(rest, []byte("+++ ")):
			return lines
		}
		lines, file = append(lines, strings.TrimRight(term.SafeLine(strings.ToValidUTF8(string(line), "\uFFFD")), " \t\r")), rest
	}
	return lines
}

// debianField is a field that says what became of a patch upstream
// (https://dep-team.pages.debian.net/deps/dep3/).
var debianField = regexp.MustCompile(`^(?i:(Forwarded|Origin|Applied-Upstream|Bug)):[ \t]*(.*)$`)

// debianFields are those fields, folded lines joined, each once.
func debianFields(head []string) (out []string) {
	seen := map[string]bool{}
	for i, line := range head {
		m := debianField.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		value := m[2]
		for _, more := range head[i+1:] {
			if more == "" || more[0] != ' ' && more[0] != '\t' {
				break
			}
			value += " " + strings.TrimSpace(more)
		}
		if field := m[1] + ": " + oneLine(value); value != "" && !seen[field] {
			seen[field] = true
			out = append(out, field)
		}
	}
	return out
}

var planHeading = regexp.MustCompile(`^[ \t]*(?i:upstream plans?)[ \t]*:?[ \t]*(.*)$`)

// planSection is the text of the section UPSTREAM PLAN. A section's heading
// stands between rulers, its text reaches to the next ruler.
func planSection(head []string) string {
	for i, line := range head {
		m := planHeading.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		above, below := i > 0 && ruler(head[i-1]), i+1 < len(head) && ruler(head[i+1])
		if !above && !below && !strings.Contains(line, ":") {
			continue
		}
		text, rest := m[1], head[i+1:]
		if below {
			rest = rest[1:]
		}
		for _, more := range rest {
			if ruler(more) || !above && !below && more == "" {
				break
			}
			text += " " + more
		}
		return oneLine(text)
	}
	return ""
}

// ruler says whether a line is four or more of one sign.
func ruler(line string) bool {
	line = strings.TrimSpace(line)
	return len(line) >= 4 && strings.ContainsRune("#=-*~_", rune(line[0])) && strings.Trim(line, line[:1]) == ""
}

// speaks finds sentences about the way upstream. What upstream does or lacks
// is not one.
var speaks = regexp.MustCompile(`(?i)\b(already|now|been|was|is|be|are|not|to|could|should|fixed|merged|accepted|applied|committed|submitted|sent|posted|proposed|rejected)\s+(in\s+|by\s+|for\s+|from\s+|to\s+)?upstream(ed|able|ing)?\b|\bupstreamed\b|\bupstream:\s*\S|\bbackport(ed)?\s+(of|from)\b`)

// planSentences are the sentences of a head that speak of its way upstream.
func planSentences(head []string) (out []string) {
	for _, paragraph := range strings.Split(strings.Join(head, "\n"), "\n\n") {
		var kept []string
		for line := range strings.Lines(paragraph) {
			if !tagLine.MatchString(line) {
				kept = append(kept, strings.TrimSpace(line))
			}
		}
		text := strings.Join(kept, " ")
		for _, sentence := range strings.SplitAfter(text, ". ") {
			if speaks.MatchString(sentence) {
				out = append(out, oneLine(sentence))
			}
		}
		if len(out) >= 3 {
			return out[:3]
		}
	}
	return out
}

// tagLine is a line that others read: the status itself, a mail header, a
// trailer.
var tagLine = regexp.MustCompile(`(?i)^[ \t]*(upstream[-_ ]status|subject|from|date|to|cc|message-id|signed-off-by|[a-z-]+-by)[ \t]*:`)

// oneLine is a text with single blanks.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// cut shortens a text to so many bytes, not within a letter.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most-len("…")], "") + "…"
}
