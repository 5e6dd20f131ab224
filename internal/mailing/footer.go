package mailing

import (
	"regexp"
	"strings"
)

// A list's footer, from its rule to the end of the text: groups.io writes a
// line of -=-=, a block of links and the line again; Mailman a line of
// underscores, the list's name and an address or two; Google a signature.
var (
	groupsRule = regexp.MustCompile(`(?m)^(?:-=){5,}-?[ \t]*$`)
	groupsView = regexp.MustCompile(`View/Reply Online \(#\d+\): (https?://\S+)`)
	groupsTop  = regexp.MustCompile(`^(?:Groups\.io )?Links:? ?:? ?You receive all messages`)
	google     = regexp.MustCompile(`(?m)^-- *\nYou received this message because you are subscribed to the Google Groups [^\n]*\n(?:[^\n]*\n?){0,8}\z`)
	mailman    = regexp.MustCompile(`(?m)^_{40,}[ \t]*\n[^\n]*mailing list[^\n]*\n(?:[^\n]*\n?){0,6}\z`)
)

// cutFooter parts text from the footer that a list appended; archive is the
// list's own link to this mail, where the footer has one.
func cutFooter(text string) (rest, footer, archive string) {
	const longest = 4000 // bytes; footers are short, texts may be long
	from := max(0, len(text)-longest)
	tail := text[from:]
	if !strings.Contains(tail, "-=-=-=") && !strings.Contains(tail, "________") && !strings.Contains(tail, "Google Groups") { // cheap, and nearly always so
		return text, "", ""
	}
	if at := groupsFooter(tail); at >= 0 {
		footer = tail[at:]
		if g := groupsView.FindStringSubmatch(footer); g != nil {
			archive = g[1]
		}
		return text[:from+at], footer, archive
	}
	if at := mailman.FindStringIndex(tail); at != nil {
		return text[:from+at[0]], tail[at[0]:], ""
	}
	if at := google.FindStringIndex(tail); at != nil {
		return text[:from+at[0]], tail[at[0]:], ""
	}
	return text, "", ""
}

func groupsFooter(tail string) int {
	for _, at := range groupsRule.FindAllStringIndex(tail, -1) {
		after := strings.TrimLeft(tail[at[1]:], "\r\n")
		if groupsTop.MatchString(after) {
			return at[0]
		}
	}
	return -1
}
