package mailing

import (
	"strings"

	"github.com/upstreamd/upstreamd/internal/patch"
)

// unflow undoes format=flowed (RFC 3676) in what the sender wrote: a line that
// ends in a space goes on in the next, one blank at the beginning of a line was
// put there by the mail program, and with DelSp the blank at the end too.
// Quoted lines are nobody's patch and stay as they are; so does the line that
// begins a signature. goesOn, where it is not nil, has the last word on whether
// a line goes on.
func unflow(text string, delSp bool, goesOn func(line, next string) bool) string {
	var b strings.Builder
	b.Grow(len(text))
	for rest := text; rest != ""; {
		line, after, newline := strings.Cut(rest, "\n")
		rest = after
		if kept(line) {
			b.WriteString(line + "\n")
			continue
		}
		line = strings.TrimPrefix(line, " ")
		next, _, _ := strings.Cut(rest, "\n")
		open := newline && rest != "" && strings.HasSuffix(line, " ") && !kept(next)
		if open && goesOn != nil {
			open = goesOn(line, strings.TrimPrefix(next, " "))
		}
		if open && delSp {
			line = line[:len(line)-1]
		}
		b.WriteString(line)
		if newline && !open {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// kept says if a line of flowed text stays as it is.
func kept(line string) bool { return strings.HasPrefix(line, ">") || line == "-- " }

// outsideHunks lets no line of a hunk go on in the next: that begins as lines
// of hunks do. An empty line of context ends in a blank, and so looks as if.
func outsideHunks(line, next string) bool {
	return line != " " && (next == "" || !strings.ContainsAny(next[:1], " +-@\\"))
}

// flowed reads text that says it is format=flowed. Programs say so of patches
// that they left alone or wrapped badly, too: that reading counts first whose
// diff is whole.
func (m *Message) flowed(text string, delSp bool) string {
	joined := unflow(text, delSp, nil)
	if joined == text || !strings.Contains(text, "@@ -") || damaged(joined) == 0 {
		return joined
	}
	if careful := unflow(text, delSp, outsideHunks); damaged(careful) == 0 {
		return careful
	}
	if damaged(text) == 0 {
		m.problem("format=flowed, but the diff was not wrapped: read as it stands")
		return text
	}
	m.problem("format=flowed has damaged the diff")
	return joined
}

// damaged counts the files of a diff of which not all can be read.
func damaged(text string) int {
	files, _ := patch.ParseDiff([]byte(text))
	n := 0
	for _, f := range files {
		if f.Damage != "" {
			n++
		}
	}
	return n
}
