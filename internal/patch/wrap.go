package patch

import "bytes"

// wrapWidth is the least length at which mailers break lines.
const wrapWidth = 60

// unwrap joins the lines of hunks that a mailer broke (format=flowed, or a
// fixed width). It does so only where that is sure: the second part cannot be
// a hunk line, the first would have been too long with its next word, and the
// hunk then has exactly the lines that its header says. ok means that
// something was joined.
func unwrap(diff []byte) (whole []byte, ok bool) {
	var out []byte
	done := 0 // what of diff is in out
	for pos := 0; pos < len(diff); {
		line, _ := cutLine(diff[pos:])
		if !bytes.HasPrefix(line, []byte("@@ -")) {
			pos += len(line)
			continue
		}
		n, damage := hunkLen(diff[pos:])
		if damage == cutShort {
			if hunk, m := unwrapHunk(diff[pos:], n); m > 0 {
				out = append(append(out, diff[done:pos]...), hunk...)
				n, done = m, pos+m
			}
		}
		pos += n
	}
	return append(out, diff[done:]...), done > 0
}

// unwrapHunk reads the hunk at the start of b, which is sound for n bytes, and
// joins lines. It gives the hunk and its length in b, 0 if that is no help.
func unwrapHunk(b []byte, n int) (hunk []byte, length int) {
	line, _ := cutLine(b)
	h, _ := hunkHeader(line)
	old, new := h.OldLines, h.NewLines
	hunk = append(hunk, line...)
	last := 0    // where the last line begins in hunk
	sure := true // a true hunk line followed the last joined one
	for pos := len(line); old > 0 || new > 0; pos += len(line) {
		line, _ = cutLine(b[pos:])
		text := bytes.TrimRight(line, "\r\n")
		op := lineOp(text)
		switch {
		case len(line) == 0 || startsSection(b[pos:]) || bytes.HasPrefix(line, []byte("@@ -")):
			return nil, 0
		case op == 0:
			if pos < n || !broken(hunk[last:], text) {
				return nil, 0
			}
			hunk = append(joint(hunk), line...)
			sure = false
			continue
		case op == ' ':
			old, new = old-1, new-1
		case op == '-':
			old--
		case op == '+':
			new--
		}
		sure = sure || len(text) > 0
		last = len(hunk)
		hunk = append(hunk, line...)
		length = pos + len(line)
	}
	if old < 0 || new < 0 || !sure || goesOn(b[length:]) {
		return nil, 0
	}
	return hunk, length
}

// broken says whether a mailer may have broken a line before rest.
func broken(line, rest []byte) bool {
	word, _, _ := bytes.Cut(rest, []byte(" "))
	return len(bytes.TrimRight(line, "\r\n"))+1+len(word) > wrapWidth
}

// joint takes the newline off a hunk, so that its last line can go on; what a
// flowed line ends with stays, and other mailers drop the blank.
func joint(hunk []byte) []byte {
	hunk = bytes.TrimRight(hunk, "\r\n")
	if hunk[len(hunk)-1] != ' ' {
		hunk = append(hunk, ' ')
	}
	return hunk
}
