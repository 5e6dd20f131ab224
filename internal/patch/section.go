package patch

import (
	"bytes"
	"strconv"
)

// A section is the part of a diff that is about one file, as offsets into it.
type section struct {
	start, end int    // end is after the last hunk or binary block; a footer is outside
	hunks      []span // each begins with its @@ line
	damage     string
}

// Damages: a hunk with fewer lines than its header says, and one whose lines
// do not come out as its header says.
const (
	cutShort    = "hunk cut short"
	wrongCounts = "hunk with wrong line counts"
)

// A span is a range of bytes.
type span struct{ start, end int }

var sectionStarts = [][]byte{
	[]byte("diff --git "), []byte("diff -"), []byte("diff --cc "), []byte("diff --combined "),
	[]byte("Index: "), []byte("=== modified "), []byte("=== added "), []byte("=== removed "),
}

// startsSection says whether a file section begins at the start of b.
func startsSection(b []byte) bool {
	switch b[0] {
	case 'd', 'I', '=':
		for _, s := range sectionStarts {
			if bytes.HasPrefix(b, s) {
				return true
			}
		}
	case '-':
		return startsNames(b)
	}
	return false
}

// startsNames says whether b begins with the lines --- and +++ of a plain diff.
func startsNames(b []byte) bool {
	if !bytes.HasPrefix(b, []byte("--- ")) {
		return false
	}
	_, rest := cutLine(b)
	return bytes.HasPrefix(rest, []byte("+++ "))
}

// diffStart is the offset of the first file section of b, or -1. A heading
// that only looks like one ("Index: " in prose) must be followed by names.
func diffStart(b []byte) int {
	for pos := 0; pos < len(b); {
		line, _ := cutLine(b[pos:])
		if startsSection(b[pos:]) && (b[pos] == '-' || headsDiff(b[pos:])) {
			return pos
		}
		pos += len(line)
	}
	return -1
}

// headsDiff says whether one of the lines that may follow a section's first
// line comes within the next few.
func headsDiff(b []byte) bool {
	if bytes.HasPrefix(b, []byte("diff --git ")) {
		return true
	}
	_, rest := cutLine(b)
	for i := 0; i < 6 && len(rest) > 0; i++ {
		if startsNames(rest) || bytes.HasPrefix(rest, []byte("Binary files ")) {
			return true
		}
		_, rest = cutLine(rest)
	}
	return false
}

// sections splits a diff by files. Hunk lines are counted, so a removed line
// "-- x" is not taken for a header.
func sections(b []byte) (list []section) {
	var cur *section
	named := false // the current section has had its --- and +++ lines
	for pos := 0; pos < len(b); {
		line, _ := cutLine(b[pos:])
		next := pos + len(line)
		headed := cur != nil && !named && len(cur.hunks) == 0 // so far it has nothing but a heading
		switch {
		case headed && bytes.HasPrefix(line, []byte("diff -")) && b[cur.start] == 'I':
			cur.end = next // CVS writes "Index:" and then the command line
		case startsSection(b[pos:]) && !(headed && b[pos] == '-'):
			if len(list) > MaxFiles {
				return list
			}
			list = append(list, section{start: pos, end: next})
			cur = &list[len(list)-1]
			named = b[pos] == '-'
			if named {
				next = pos + namesLen(b[pos:])
				cur.end = next
			}
		case cur == nil:
		case startsNames(b[pos:]):
			next = pos + namesLen(b[pos:])
			cur.end, named = next, true
		case bytes.HasPrefix(line, []byte("@@ -")):
			n, damage := hunkLen(b[pos:])
			next = pos + n
			cur.hunks = append(cur.hunks, span{pos, next})
			cur.end = next
			if damage != "" {
				cur.damage = damage
			}
		case bytes.HasPrefix(line, []byte("@@@ -")):
			cur.damage = "combined diff of a merge"
		case bytes.HasPrefix(line, []byte("GIT binary patch")):
			next = pos + binaryLen(b[pos:])
			cur.end, named = next, true
		case len(cur.hunks) == 0 && extendedHeader(line):
			cur.end = next
		}
		pos = next
	}
	return list
}

// startsFile says whether a whole header of a plain diff stands at the start of
// b. Inside a hunk that wants more lines it can only be the next file.
func startsFile(b []byte) bool {
	return startsNames(b) && bytes.HasPrefix(b[namesLen(b):], []byte("@@ -"))
}

// namesLen is the length of the --- and +++ lines at the start of b.
func namesLen(b []byte) int {
	first, rest := cutLine(b)
	second, _ := cutLine(rest)
	return len(first) + len(second)
}

var extendedHeaders = [][]byte{
	[]byte("index "), []byte("old mode "), []byte("new mode "), []byte("deleted file mode "),
	[]byte("new file mode "), []byte("copy from "), []byte("copy to "), []byte("rename "),
	[]byte("similarity index "), []byte("dissimilarity index "), []byte("Binary files "), []byte("===="),
}

// extendedHeader says whether a line belongs to the head of a section.
func extendedHeader(line []byte) bool {
	for _, h := range extendedHeaders {
		if bytes.HasPrefix(line, h) {
			return true
		}
	}
	return false
}

// binaryLen is the length of a GIT binary patch block: up to two literal or
// delta parts, each ended by an empty line.
func binaryLen(b []byte) int {
	first, rest := cutLine(b)
	n := len(first)
	for part := 0; part < 2; part++ {
		if !bytes.HasPrefix(rest, []byte("literal ")) && !bytes.HasPrefix(rest, []byte("delta ")) {
			return n
		}
		for len(rest) > 0 {
			line, after := cutLine(rest)
			n, rest = n+len(line), after
			if len(bytes.TrimRight(line, "\r\n")) == 0 {
				break
			}
		}
	}
	return n
}

// hunkLen counts the hunk at the start of b by its header. It stops early,
// and says why, at a line that cannot belong to a hunk.
func hunkLen(b []byte) (n int, damage string) {
	line, rest := cutLine(b)
	n = len(line)
	h, ok := hunkHeader(line)
	if !ok {
		return n, "unreadable hunk header"
	}
	old, new := h.OldLines, h.NewLines
	for old > 0 || new > 0 {
		if len(rest) == 0 || (old+new > 2 && startsFile(rest)) {
			return n, cutShort
		}
		line, rest = cutLine(rest)
		switch lineOp(bytes.TrimSuffix(line, []byte("\n"))) {
		case ' ':
			old, new = old-1, new-1
		case '-':
			old--
		case '+':
			new--
		case '\\':
		default:
			return n, cutShort
		}
		n += len(line)
	}
	if bytes.HasPrefix(rest, []byte("\\ ")) {
		line, _ = cutLine(rest)
		n += len(line)
	}
	if old < 0 || new < 0 || goesOn(b[n:]) {
		damage = wrongCounts
	}
	return n, damage
}

// goesOn says whether changed lines stand at the start of b, which follows a
// hunk that has all its lines. A mail's footer ("-- ", "-=-=-") is none.
func goesOn(b []byte) bool {
	if len(b) < 2 {
		return false
	}
	return b[0] == '+' && b[1] != '+' || b[0] == '-' && b[1] != '-' && b[1] != '='
}

// lineOp tells what a hunk line, without its newline, does: ' ', '+', '-',
// '\\', or 0 if it is none. An empty line is context whose only blank a mailer
// or an editor took away; so is one that starts with a tab.
func lineOp[T string | []byte](line T) byte {
	if len(line) == 0 {
		return ' '
	}
	switch line[0] {
	case ' ', '+', '-', '\\':
		return line[0]
	case '\t':
		return ' '
	case '\r':
		if len(line) == 1 {
			return ' '
		}
	}
	return 0
}

// hunkHeader reads "@@ -12,7 +12,9 @@ heading".
func hunkHeader(line []byte) (h Hunk, ok bool) {
	s, ok := bytes.CutPrefix(line, []byte("@@ -"))
	if !ok {
		return h, false
	}
	ranges, heading, ok := bytes.Cut(s, []byte(" @@"))
	if !ok {
		return h, false
	}
	old, new, ok := bytes.Cut(ranges, []byte(" +"))
	if !ok {
		return h, false
	}
	var ok1, ok2 bool
	h.OldStart, h.OldLines, ok1 = hunkRange(old)
	h.NewStart, h.NewLines, ok2 = hunkRange(new)
	h.Section = text(bytes.TrimSpace(heading))
	return h, ok1 && ok2
}

// hunkRange reads "12,7" or "12".
func hunkRange(b []byte) (start, n int, ok bool) {
	first, second, two := bytes.Cut(bytes.TrimSpace(b), []byte(","))
	const most = 1 << 31 // so that sums do not overflow
	start, err := strconv.Atoi(string(first))
	if err != nil || start < 0 || start > most {
		return 0, 0, false
	}
	n = 1
	if two {
		if n, err = strconv.Atoi(string(second)); err != nil || n < 0 || n > most {
			return 0, 0, false
		}
	}
	return start, n, true
}
