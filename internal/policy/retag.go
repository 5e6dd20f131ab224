package policy

import (
	"bytes"
	"strings"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// SetStatus puts an Upstream-Status into a patch file: in place of the line
// that is there, else above the first Signed-off-by, else at the end of the
// header. Only the header changes; the error says why it cannot be done.
func SetStatus(b []byte, status string) ([]byte, error) {
	if strings.ContainsAny(status, "\r\n\x00") {
		return nil, errNoHeader
	}
	newline := "\n"
	if bytes.Contains(b, []byte("\r\n")) {
		newline = "\r\n"
	}
	lines := bytes.SplitAfter(b, []byte("\n"))
	line := []byte(tag + status + newline)
	was := patch.FindUpstreamStatus(b)
	var after []byte
	if was.Line > 0 && was.Line <= len(lines) {
		lines[was.Line-1] = line
		after = bytes.Join(lines, nil)
	} else {
		at, blank := placeFor(lines)
		if blank {
			line = append([]byte(newline), line...)
		}
		if at == 0 {
			line = append(line, newline...)
		}
		after = append(bytes.Join(lines[:at], nil), line...)
		after = append(after, bytes.Join(lines[at:], nil)...)
	}
	st := patch.FindUpstreamStatus(after)
	if !st.WellFormed || st.Raw != strings.TrimSpace(tag+status) || identity(b) != identity(after) {
		return nil, errNoHeader
	}
	return after, nil
}

// placeFor is the index of the line above which the tag goes, and whether an
// empty line is wanted before it.
func placeFor(lines [][]byte) (at int, blank bool) {
	end := len(lines)
	for i, l := range lines {
		if text := string(l); strings.HasPrefix(text, "Signed-off-by:") {
			return i, false
		} else if strings.TrimRight(text, "\r\n") == "---" || strings.HasPrefix(text, "diff ") || strings.HasPrefix(text, "--- ") || strings.HasPrefix(text, "Index: ") {
			end = i
			break
		}
	}
	for end > 0 && len(bytes.TrimSpace(lines[end-1])) == 0 {
		end--
	}
	return end, end > 0
}

// identity is what a patch changes; "" where it cannot be read.
func identity(b []byte) string {
	p, err := patch.Parse(b)
	if p == nil || err != nil {
		return ""
	}
	return p.ID()
}

// message is the text of a commit, as openembedded-core wants it.
func message(group []Proposal, by git.Person) string {
	var made []Proposal
	for _, p := range group {
		if p.Withdrawn == "" {
			made = append(made, p)
		}
	}
	first := made[0]
	what := "correct Upstream-Status"
	switch {
	case first.Drop() && len(made) == 1:
		what = "drop patch merged upstream"
	case first.Drop():
		what = "drop patches merged upstream"
	}
	var b strings.Builder
	b.WriteString(short(first.Recipe) + ": " + what + "\n")
	for _, p := range made {
		b.WriteString("\n" + short(p.Path[strings.LastIndexByte(p.Path, '/')+1:]) + ":\n")
		for _, why := range p.Why {
			b.WriteString(why + "\n")
		}
		if p.Kept != "" {
			b.WriteString("The file stays: " + short(p.Kept) + ".\n")
		}
	}
	b.WriteString("\nSigned-off-by: " + by.Name + " <" + by.Email + ">\n")
	return b.String()
}
