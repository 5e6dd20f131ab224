package diffmatch

import (
	"bytes"
	"fmt"
)

// ownChanges makes a plain diff of the combined diff of a merge (git diff-tree
// --cc): of what none of its parents has or all of them had, which is what was
// done in the merge itself. The lines around are context; what only some
// parents had and the merge has not is left out, and so are files in which
// nothing is the merge's own. Format: "combined diff format" in git-diff(1).
func ownChanges(diff []byte) []byte {
	var out []byte
	var names [2][]byte // of the current file, with their --- and +++
	named := false      // the names have been written
	for len(diff) > 0 {
		line := diff[:lineLen(diff)]
		switch {
		case bytes.HasPrefix(line, []byte("diff --cc ")):
			names, named = [2][]byte{}, false
		case bytes.HasPrefix(line, []byte("--- ")):
			names[0] = line
		case bytes.HasPrefix(line, []byte("+++ ")):
			names[1] = line
		case bytes.HasPrefix(line, []byte("@@@")) && names[0] != nil && names[1] != nil:
			parents := 0
			for parents+1 < len(line) && line[parents+1] == '@' {
				parents++
			}
			body, n := combinedHunk(diff[len(line):], parents)
			if body != nil {
				if !named {
					out = append(out, "diff --git a b\n"...)
					out = append(append(out, names[0]...), names[1]...)
					named = true
				}
				_, heading, _ := bytes.Cut(line[parents+1:], line[:parents+1])
				out = append(append(out, plainHunk(body, heading)...), body...)
			}
			diff = diff[len(line)+n:]
			continue
		}
		diff = diff[len(line):]
	}
	return out
}

// combinedHunk reads the lines of a hunk, which have a column for each parent,
// and gives them as those of a plain one; nil if nothing in it is the merge's own.
func combinedHunk(b []byte, parents int) (body []byte, n int) {
	own := false
	for n < len(b) {
		line := b[n : n+lineLen(b[n:])]
		if line[0] == '\\' {
			n += len(line)
			continue
		}
		if len(line) <= parents || line[0] == '@' || line[0] == 'd' {
			break
		}
		columns := line[:parents]
		added, removed := bytes.Count(columns, []byte("+")), bytes.Count(columns, []byte("-"))
		if added+removed+bytes.Count(columns, []byte(" ")) != parents {
			break
		}
		n += len(line)
		op := byte(' ')
		switch {
		case added == parents:
			op = '+'
		case removed == parents:
			op = '-'
		case removed > 0:
			continue
		}
		own = own || op != ' '
		body = append(append(body, op), line[parents:]...)
	}
	if !own {
		return nil, n
	}
	if !bytes.HasSuffix(body, []byte("\n")) {
		body = append(body, '\n')
	}
	return body, n
}

// plainHunk is the heading of a hunk that has these lines. Where they stand
// does not count.
func plainHunk(body, heading []byte) []byte {
	old, new := 0, 0
	for b := body; len(b) > 0; b = b[lineLen(b):] {
		switch b[0] {
		case '-':
			old++
		case '+':
			new++
		default:
			old, new = old+1, new+1
		}
	}
	return fmt.Appendf(nil, "@@ -1,%d +1,%d @@%s\n", old, new, bytes.TrimRight(heading, "\n"))
}
