package diffmatch

import (
	"bytes"
	"slices"

	"github.com/upstreamd/upstreamd/internal/patch"
)

// A scanner makes shapes of the diffs that git writes for commits, several
// times as fast as by way of patch.ParseDiff: it hashes the lines where they
// stand. Whatever it does not expect from git, it leaves to ParseDiff, so its
// answer is always that of shapeOf(patch.ParseDiff(diff)). It keeps buffers
// from diff to diff.
type scanner struct {
	hasher
	heads []byte        // of all files, without their hunks
	files []scannedFile // in the same order
	hunks []hunkShape
	ops   []byte
	keys  []uint64
	total int // lines of hunks, empty ones and context included
	cut   bool
	ids   idSum
}

// A scannedFile is what a diff does to the lines of one file.
type scannedFile struct {
	hunks  int // where its hunks end
	lines  int
	blanks []byte
}

// shape is the shape of a diff, and the first 8 bytes of its patch-id.
func (s *scanner) shape(diff []byte) (sh *shape, id uint64) {
	if s.scan(diff) {
		if files, _ := patch.ParseDiff(s.heads); len(files) == len(s.files) {
			return s.join(files), s.ids.id()
		}
	}
	files, _ := patch.ParseDiff(diff) // what cannot be read is not there
	return shapeOf(files), shortID(patch.DiffID(diff))
}

// join puts the files and their hunks together.
func (s *scanner) join(files []*patch.File) *shape {
	sh := &shape{files: make([]fileShape, 0, len(files)), cut: s.cut}
	hunks := append(make([]hunkShape, 0, len(s.hunks)), s.hunks...)
	ops, keys := bytes.Clone(s.ops), append(make([]uint64, 0, len(s.keys)), s.keys...)
	for i := range hunks { // from now on of memory that stays
		n := len(hunks[i].ops)
		hunks[i].ops, hunks[i].keys = ops[:n:n], keys[:n:n]
		ops, keys = ops[n:], keys[n:]
	}
	from := 0
	for i, f := range files {
		to := s.files[i].hunks
		fs := fileShape{path: f.Path(), gone: f.New == "", hunks: hunks[from:to:to], lines: s.files[i].lines}
		from = to
		if f.Old != "" && f.New != "" && f.Old != f.New {
			fs.old = f.Old
		}
		if m := s.marks(f, fs.lines == 0, s.files[i].blanks); len(m.ops) > 0 {
			fs.hunks = append(fs.hunks, m)
			fs.lines += len(m.ops)
		}
		sh.lines += fs.lines
		sh.files = append(sh.files, fs)
	}
	return sh
}

// headLines begin the lines that git writes above the hunks of a file.
var headLines = [][]byte{
	[]byte("index "), []byte("new file mode "), []byte("deleted file mode "), []byte("old mode "), []byte("new mode "),
	[]byte("Binary files "),
}

var fileStart = []byte("diff --git ")

// scan reads a diff; !ok if there is anything in it that git does not write.
func (s *scanner) scan(diff []byte) (ok bool) {
	s.heads, s.files, s.hunks, s.ops, s.keys, s.total, s.cut = s.heads[:0], s.files[:0], s.hunks[:0], s.ops[:0], s.keys[:0], 0, false
	s.ids.begin()
	for len(diff) > 0 {
		if !bytes.HasPrefix(diff, fileStart) {
			return false
		}
		if len(s.files) == patch.MaxFiles {
			return false
		}
		n, named := headLen(diff)
		s.heads = append(s.heads, diff[:n]...)
		s.ids.head(diff[:n])
		if diff = diff[n:]; named != (len(diff) > 0 && diff[0] == '@') || s.heads[len(s.heads)-1] != '\n' {
			return false // names and hunks belong together
		}
		var f scannedFile
		for len(diff) > 0 && diff[0] == '@' {
			if n = s.hunk(diff, &f); n == 0 {
				return false
			}
			diff = diff[n:]
		}
		s.ids.ended = named
		f.hunks = len(s.hunks)
		s.files = append(s.files, f)
	}
	return len(s.files) > 0
}

// headLen is the length of what stands above the hunks at the start of b. named
// says that it ends with the lines --- and +++.
func headLen(b []byte) (n int, named bool) {
	n = lineLen(b)
	for known := true; known; {
		known = false
		for _, h := range headLines {
			if bytes.HasPrefix(b[n:], h) {
				known = true
				n += lineLen(b[n:])
				break
			}
		}
	}
	if !bytes.HasPrefix(b[n:], []byte("--- ")) {
		return n, false
	}
	second := n + lineLen(b[n:])
	if !bytes.HasPrefix(b[second:], []byte("+++ ")) {
		return n, false
	}
	return second + lineLen(b[second:]), true
}

// lineLen is the length of the first line with its newline.
func lineLen(b []byte) int {
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		return i + 1
	}
	return len(b)
}

// hunk reads the hunk at the start of b and gives its length, 0 if it is odd.
// The hunk that makes the change too large counts no more than those after it.
func (s *scanner) hunk(b []byte, f *scannedFile) int {
	old, new, heading, n := hunkStart(b)
	from, before := len(s.keys), *f
	for old > 0 || new > 0 {
		if n == 0 || n >= len(b) {
			return 0
		}
		op := b[n]
		switch op {
		case ' ':
			old, new = old-1, new-1
		case '-':
			old--
		case '+':
			new--
		case '\\':
			size := noNewlineLen(b[n:])
			if size == 0 {
				return 0
			}
			n += size
			continue
		default:
			return 0
		}
		if s.total++; s.total > maxLines {
			s.cut = true
			size := lineLen(b[n:])
			s.ids.text = appendPlain(s.ids.text, b[n:n+size])
			n += size
		} else {
			n += 1 + s.add(op, b[n+1:], f)
		}
	}
	if old < 0 || new < 0 {
		return 0
	}
	n += noNewlineLen(b[n:])
	if s.cut {
		s.ops, s.keys, *f = s.ops[:from], s.keys[:from], before
	} else {
		s.hunks = append(s.hunks, hunkShape{heading: s.headingOf(heading), ops: s.ops[from:], keys: s.keys[from:]})
	}
	return n
}

// noNewlineLen is the length of the line "\ No newline at end of file", in
// whatever language, at the start of b; 0 if there is none.
func noNewlineLen(b []byte) int {
	if n := lineLen(b); bytes.HasPrefix(b, []byte("\\ ")) && n > len("\\ No newline") {
		return n
	}
	return 0
}

// add takes in the line at the start of b and gives its length.
func (s *scanner) add(op byte, b []byte, f *scannedFile) int {
	if op != ' ' {
		s.ids.text = append(s.ids.text, op)
	}
	key, n := s.lineOf(b)
	switch {
	case key != 0:
		s.ops, s.keys = append(s.ops, op), append(s.keys, key)
		if op != ' ' {
			f.lines++
		}
	case op != ' ':
		f.blanks = append(f.blanks, op)
	}
	return n
}

// What a byte does: it counts for key and patch-id, is a blank to both, or
// needs a closer look.
const (
	counts = 1
	odd    = 2
)

// byteKinds says it of each byte.
var byteKinds = func() (kinds [256]byte) {
	for c := range kinds {
		switch {
		case c > ' ' && c < 0x7f:
			kinds[c] = counts
		case c != ' ' && c != '\t' && c != '\r' && c != '\n':
			kinds[c] = odd
		}
	}
	return kinds
}()

// lineOf is the key of the line at the start of b, and its length with the
// newline. What the line has for the patch-id goes to ids.
func (s *scanner) lineOf(b []byte) (key uint64, size int) {
	b = b[:lineLen(b)]
	start := len(s.ids.text)
	s.ids.text = slices.Grow(s.ids.text, len(b))
	text := s.ids.text[start : start+len(b)]
	n, seen := 0, byte(0)
	for _, c := range b {
		kind := byteKinds[c]
		text[n] = c // the next one that counts goes to the same place if this one does not
		n += int(kind & counts)
		seen |= kind
	}
	if seen&odd != 0 {
		s.ids.text = appendPlain(s.ids.text, b)
		return s.line(string(bytes.TrimSuffix(b, []byte("\n")))), len(b)
	}
	s.ids.text = s.ids.text[:start+n]
	if n == 0 {
		return 0, len(b)
	}
	return lineKey(text[:n]), len(b)
}

// headingOf is the key of what stands behind the second @@.
func (s *scanner) headingOf(b []byte) uint64 {
	if b = bytes.TrimSpace(b); len(b) == 0 {
		return 0
	}
	return s.heading(string(bytes.ToValidUTF8(b, []byte("\ufffd")))) // as patch does
}

// hunkStart reads "@@ -12,7 +12,9 @@ heading" and its newline; n is 0 if it is
// anything else.
func hunkStart(b []byte) (old, new int, heading []byte, n int) {
	n = lineLen(b)
	line, ok := bytes.CutSuffix(b[:n], []byte("\n"))
	if ok {
		line, ok = bytes.CutPrefix(line, []byte("@@ -"))
	}
	if !ok {
		return 0, 0, nil, 0
	}
	old, line, ok = hunkRange(line)
	if ok && bytes.HasPrefix(line, []byte(" +")) {
		if new, line, ok = hunkRange(line[2:]); ok && bytes.HasPrefix(line, []byte(" @@")) {
			return old, new, line[3:], n
		}
	}
	return 0, 0, nil, 0
}

// hunkRange reads "12,7" or "12" and gives the number of lines.
func hunkRange(b []byte) (lines int, rest []byte, ok bool) {
	_, b, ok = digits(b)
	if !ok || len(b) == 0 || b[0] != ',' {
		return 1, b, ok
	}
	return digits(b[1:])
}

// digits reads a number of up to nine digits.
func digits(b []byte) (n int, rest []byte, ok bool) {
	i := 0
	for i < len(b) && i < 10 && b[i] >= '0' && b[i] <= '9' {
		n = 10*n + int(b[i]-'0')
		i++
	}
	return n, b[i:], i > 0 && i < 10
}
