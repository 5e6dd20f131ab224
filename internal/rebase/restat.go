package rebase

import (
	"bytes"
	"regexp"
)

var (
	statLine = regexp.MustCompile(`^ \S.*\| +(\d+( [+-]+)?|Bin( \d+ -> \d+ bytes)?|Unmerged)\s*$`)
	statSum  = regexp.MustCompile(`^ \d+ files? changed(, \d+ [a-z]+\([+-]\))*\s*$`)
	statMore = regexp.MustCompile(`^ (create mode \d+|delete mode \d+|rename|copy|mode change \d+ => \d+|rewrite) `)
	statBar  = regexp.MustCompile(`(\d) [+-]+`)
)

// restat replaces the diffstat below the --- line of a patch's head where
// stat, the true one, tells something else. A head without one is left alone.
func restat(head, stat []byte) []byte {
	lines := bytes.SplitAfter(head, []byte("\n"))
	first, after := -1, -1 // the lines of the diffstat
	below := false
	for i, l := range lines {
		l = bytes.TrimRight(l, "\r\n")
		switch {
		case !below:
			below = bytes.Equal(bytes.TrimRight(l, " "), []byte("---"))
		case statLine.Match(l):
			if first < 0 || after > 0 {
				first, after = i, -1
			}
		case statSum.Match(l) && first >= 0 && after < 0:
			after = i + 1
		case after == i && i > 0 && statMore.Match(l):
			after = i + 1
		case after < 0:
			first = -1
		}
	}
	if first < 0 || after < 0 {
		return head
	}
	old := bytes.Join(lines[first:after], nil)
	if bytes.Equal(told(old), told(stat)) {
		return head
	}
	if bytes.HasSuffix(lines[first], []byte("\r\n")) {
		stat = bytes.ReplaceAll(stat, []byte("\n"), []byte("\r\n"))
	}
	return bytes.Join([][]byte{bytes.Join(lines[:first], nil), stat, bytes.Join(lines[after:], nil)}, nil)
}

// told is what a diffstat says, whatever its width.
func told(stat []byte) []byte {
	return bytes.Join(bytes.Fields(statBar.ReplaceAll(stat, []byte("$1"))), []byte(" "))
}
