package patch

import (
	"bytes"
	"strconv"
	"strings"
)

const devNull = "/dev/null"

// readHead reads the names, modes and blob hashes above the first hunk.
// go-gitdiff always takes one component off git names, even where a patch was
// made without prefixes, so names are read here.
func (f *File) readHead(head []byte) {
	var old, new, index, git string
	var binary [2]string
	for len(head) > 0 {
		var raw []byte
		raw, head = cutLine(head)
		line := strings.TrimRight(string(raw), "\r\n")
		key, value, _ := strings.Cut(line, " ")
		switch {
		case strings.HasPrefix(line, "diff --git "):
			git = strings.TrimPrefix(line, "diff --git ")
		case key == "---":
			old = name(value)
		case key == "+++":
			new = name(value)
		case key == "Index:":
			index = name(value)
		case key == "index":
			blobs, _, _ := strings.Cut(value, " ")
			f.OldBlob, f.NewBlob, _ = strings.Cut(blobs, "..")
		default:
			if strings.HasPrefix(line, "Binary files ") {
				binary = binaryNames(line)
			}
			f.readMode(line)
		}
	}
	if old == "" && new == "" {
		if old, new = gitNames(git); old == "" && new == "" {
			old, new = binary[0], binary[1]
		}
	}
	if old == "" && new == "" || old == new && strings.HasSuffix(index, "/"+new) { // CVS gives the folder in Index: alone
		old, new = index, index
	}
	f.setNames(old, new)
}

// binaryNames reads "Binary files x and y differ"; a name that holds " and "
// leaves none.
func binaryNames(line string) (names [2]string) {
	line = strings.TrimSuffix(strings.TrimPrefix(line, "Binary files "), " differ")
	if old, new, ok := strings.Cut(line, " and "); ok && !strings.Contains(new, " and ") {
		names[0], names[1] = name(old), name(new)
	}
	return names
}

// readMode reads the lines that git writes for modes, renames and binary files.
func (f *File) readMode(line string) {
	for _, h := range []struct {
		prefix string
		set    func(string)
	}{
		{"old mode ", func(s string) { f.OldMode = s }},
		{"new mode ", func(s string) { f.NewMode = s }},
		{"new file mode ", func(s string) { f.NewMode, f.Old = s, devNull }},
		{"deleted file mode ", func(s string) { f.OldMode, f.New = s, devNull }},
		{"rename from ", func(s string) { f.Rename, f.Old = true, name(s) }},
		{"rename to ", func(s string) { f.Rename, f.New = true, name(s) }},
		{"copy from ", func(s string) { f.Copy, f.Old = true, name(s) }},
		{"copy to ", func(s string) { f.Copy, f.New = true, name(s) }},
		{"Binary files ", func(string) { f.Binary = true }},
		{"GIT binary patch", func(string) { f.Binary = true }},
	} {
		if rest, ok := strings.CutPrefix(line, h.prefix); ok {
			h.set(rest)
			return
		}
	}
}

// setNames takes the prefixes off both names; names that rename and copy
// lines gave have none.
func (f *File) setNames(old, new string) {
	created, deleted := f.Old == devNull || old == devNull, f.New == devNull || new == devNull
	if f.Rename || f.Copy {
		return
	}
	f.Old, f.New = stripPair(old, new)
	if created {
		f.Old = ""
	}
	if deleted {
		f.New = ""
	}
}

// stripPair takes the first component off two names if it is a prefix that
// the diff tool made up: a/ and b/, or x-1.0.orig/ and x-1.0/. A name like
// file.c.orig or file.c~ becomes that of its fellow.
func stripPair(old, new string) (string, string) {
	if old == devNull || new == devNull || old == "" || new == "" {
		return stripAB(old), stripAB(new)
	}
	o1, oRest, okO := strings.Cut(old, "/")
	n1, nRest, okN := strings.Cut(new, "/")
	switch {
	case okO && okN && oRest == nRest && (o1 != n1 || isAB(o1)):
		return oRest, nRest
	case okO && okN && isAB(o1) && isAB(n1):
		return oRest, nRest
	case strings.HasPrefix(old, new) && len(old) <= len(new)+10:
		return new, new
	case strings.HasPrefix(new, old) && len(new) <= len(old)+10:
		return old, old
	}
	return old, new
}

// isAB says whether a first component is one of those that git writes
// (diff.mnemonicPrefix: i, w, c, o).
func isAB(s string) bool {
	return len(s) == 1 && strings.Contains("abciwo", s)
}

// stripAB takes a/ or b/ off one name.
func stripAB(s string) string {
	if first, rest, ok := strings.Cut(s, "/"); ok && isAB(first) {
		return rest
	}
	return s
}

// stripLoneNames takes off created and deleted files the tree name that the
// other files of the same patch had (x-1.0/new.c where others said
// x-1.0.orig/old.c). It knows them by the files' own paths.
func stripLoneNames(files []*File) {
	dirs := map[string]bool{}
	for _, f := range files {
		if f.Old != "" && f.New != "" {
			first, _, _ := strings.Cut(f.New, "/")
			dirs[first] = true
		}
	}
	if len(dirs) == 0 {
		return
	}
	strip := func(s string) string {
		first, rest, ok := strings.Cut(s, "/")
		second, _, _ := strings.Cut(rest, "/")
		if ok && !dirs[first] && dirs[second] {
			return rest
		}
		return s
	}
	for _, f := range files {
		if f.Old == "" || f.New == "" {
			f.Old, f.New = strip(f.Old), strip(f.New)
		}
	}
}

// name reads one file name as diff tools write it: perhaps quoted as git does,
// perhaps followed by a tab or blanks and a time.
func name(s string) string {
	if strings.HasPrefix(s, `"`) {
		if end := quoteEnd(s); end > 0 {
			if u, err := strconv.Unquote(s[:end]); err == nil {
				return clean(u)
			}
		}
	}
	s, _, _ = strings.Cut(s, "\t")
	return clean(cutTime(strings.TrimRight(s, " \r\n")))
}

// quoteEnd is the offset after the closing quote of a quoted name, or 0.
func quoteEnd(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return 0
}

// cutTime takes off a time that follows a name after blanks ("x.c 2012-03-04
// 05:06:07", "x.c (revision 12)"), as a mailer leaves it that ate the tab.
func cutTime(s string) string {
	for i := 0; i+11 < len(s); i++ {
		if s[i] == ' ' && (isDate(s[i+1:]) || strings.HasPrefix(s[i+1:], "(revision ")) {
			return strings.TrimRight(s[:i], " ")
		}
	}
	return s
}

// isDate says whether s begins like 2012-03-04.
func isDate(s string) bool {
	for i, c := range []byte("dddd-dd-dd") {
		if i >= len(s) || (c == 'd' && (s[i] < '0' || s[i] > '9')) || (c == '-' && s[i] != '-') {
			return false
		}
	}
	return true
}

// clean makes a name comparable: no ./ in front, no doubled slashes.
func clean(s string) string {
	for strings.HasPrefix(s, "./") {
		s = s[2:]
	}
	for strings.Contains(s, "//") {
		s = strings.ReplaceAll(s, "//", "/")
	}
	return strings.ToValidUTF8(s, "\ufffd")
}

// gitNames splits "a/x b/x". Names may hold blanks, so both halves are
// compared; a rename has its own lines.
func gitNames(s string) (old, new string) {
	if strings.HasPrefix(s, `"`) {
		if end := quoteEnd(s); end > 0 {
			return name(s[:end]), name(strings.TrimSpace(s[end:]))
		}
	}
	if half := len(s) / 2; len(s)%2 == 1 && s[half] == ' ' {
		o, n := s[:half], s[half+1:]
		if stripAB(o) == stripAB(n) {
			return clean(o), clean(n)
		}
	}
	o, n, _ := strings.Cut(s, " ")
	return clean(o), name(n)
}

// text makes a valid string of bytes that may be in an old charset.
func text(b []byte) string { return string(bytes.ToValidUTF8(b, []byte("\ufffd"))) }
