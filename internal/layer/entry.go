package layer

import (
	"bytes"
	"slices"
	"strings"
)

// An Entry is one word of a value that a metadata file assigns, such as
// file://fix.patch;striplevel=2 in SRC_URI: what [RemoveEntry] can take out.
type Entry struct {
	Text string // as it is written, variables unexpanded
	Line int    // from 1
	from int    // offset of the word in the file
	in   block
}

// A block is the text of one assignment.
type block struct {
	from, to    int  // offsets of its lines, the last newline included
	open, close int  // offsets of the quotes
	appends     bool // it adds to what was there
}

// Entries finds the words of all values that a recipe, append or include file
// assigns, in the order of the file. Python, shell and :remove are left out.
// A file that cannot be read has none.
func Entries(b []byte) []Entry {
	p, err := parse(b)
	if err != nil || bytes.ContainsRune(b, '\r') {
		return nil
	}
	starts := lineStarts(b)
	var out []Entry
	for _, st := range p.statements {
		if st.kind != assignment || st.flag != "" || st.line < 1 || st.line >= len(starts) {
			continue
		}
		if k, ok := splitKeyword(st.name, true); ok && k.op == 'r' {
			continue
		}
		if bl, ok := blockAt(b, starts, st); ok {
			out = append(out, bl.words(b, st.line)...)
		}
	}
	return out
}

// lineStarts are the offsets of lines, and the end.
func lineStarts(b []byte) []int {
	starts := []int{0}
	for i, c := range b {
		if c == '\n' {
			starts = append(starts, i+1)
		}
	}
	if starts[len(starts)-1] != len(b) {
		starts = append(starts, len(b))
	}
	return starts
}

// blockAt finds the lines of an assignment and the quotes in them. It is not ok
// where comments stand between the lines: these are not edited.
func blockAt(b []byte, starts []int, st statement) (block, bool) {
	first := st.line - 1
	last := first
	for {
		text := bytes.TrimRight(b[starts[last]:starts[last+1]], " \t\n\r\f\v")
		if last > first && bytes.HasPrefix(text, []byte("#")) {
			return block{}, false
		}
		if !bytes.HasSuffix(text, []byte(`\`)) || last+2 >= len(starts) {
			break
		}
		last++
	}
	bl := block{from: starts[first], to: starts[last+1]}
	text := bytes.TrimRight(b[bl.from:bl.to], " \t\n\r\f\v")
	if len(text) < 2 {
		return block{}, false
	}
	bl.close = bl.from + len(text) - 1
	at := bytes.IndexByte(text, b[bl.close])
	if bl.open = bl.from + at; at < 0 || bl.open == bl.close || b[bl.close] != '"' && b[bl.close] != '\'' {
		return block{}, false
	}
	_, keyword := splitKeyword(st.name, true)
	bl.appends = keyword || slices.Contains([]string{"+=", "=+", ".=", "=."}, st.op)
	return bl, true
}

// words are the entries of the value. Line is that of the assignment.
func (bl block) words(b []byte, line int) []Entry {
	var out []Entry
	for i := bl.open + 1; i < bl.close; {
		if n := blank(b[i:bl.close]); n > 0 {
			line += bytes.Count(b[i:i+n], []byte("\n"))
			i += n
			continue
		}
		from := i
		for i < bl.close && blank(b[i:bl.close]) == 0 {
			i++
		}
		out = append(out, Entry{Text: string(b[from:i]), Line: line, from: from, in: bl})
	}
	return out
}

// blank is how many bytes at the start part words: white space, also that of a
// line that goes on in the next one.
func blank(b []byte) int {
	switch b[0] {
	case ' ', '\t', '\n':
		return 1
	case '\\':
		rest := bytes.TrimLeft(b[1:], " \t")
		if bytes.HasPrefix(rest, []byte("\n")) {
			return len(b) - len(rest)
		}
	}
	return 0
}

// RemoveEntry takes one of the [Entries] of b out. Its line goes if nothing
// else is on it, and the whole assignment if it only added this.
func RemoveEntry(b []byte, e Entry) []byte {
	words := e.in.words(b, 0)
	if len(words) == 1 && e.in.appends {
		return cutLines(b, e.in.from, e.in.to)
	}
	from, to := e.from, e.from+len(e.Text)
	begin := bytes.LastIndexByte(b[:from], '\n') + 1
	end := to + bytes.IndexByte(append(b[to:len(b):len(b)], '\n'), '\n')
	before := b[begin:from]
	after := b[to:end]
	switch {
	case begin > e.in.open && end <= e.in.close && isBlank(before) && isBlank(after): // a line of its own
		return cutOut(b, begin, min(end+1, len(b)))
	case begin > e.in.open && isBlank(before) && e.in.close < end && isBlank(b[to:e.in.close]) && len(words) > 1: // the last one, with the quote
		prev := words[len(words)-2]
		return cutOut(b, prev.from+len(prev.Text), e.in.close)
	case isBlank(b[max(begin, e.in.open+1):from]) && begin <= e.in.open && from == e.in.open+1: // right behind the quote
		for to < e.in.close && (b[to] == ' ' || b[to] == '\t') && b[to+1] != '\\' {
			to++
		}
		return cutOut(b, from, to)
	}
	for from > max(begin, e.in.open+1) && (b[from-1] == ' ' || b[from-1] == '\t') {
		from--
	}
	return cutOut(b, from, to)
}

// isBlank says whether only white space and a backslash at the end are there.
func isBlank(b []byte) bool {
	return len(bytes.TrimSuffix(bytes.Trim(b, " \t"), []byte(`\`))) == 0
}

// cutLines removes lines, and one of two empty ones that would meet.
func cutLines(b []byte, from, to int) []byte {
	above := from == 0 || bytes.HasSuffix(b[:from], []byte("\n\n"))
	if above && to < len(b) && b[to] == '\n' {
		to++
	}
	return cutOut(b, from, to)
}

// cutOut is b without what is between two offsets.
func cutOut(b []byte, from, to int) []byte {
	return append(bytes.Clone(b[:from]), b[to:]...)
}

// Names says whether an entry can be the one that stands for a file: name is
// as SRC_URI has it, without parameters, and variables stand for anything.
func (e Entry) Names(name string) bool {
	text, _, _ := strings.Cut(e.Text, ";")
	text, ok := strings.CutPrefix(text, "file://")
	if !ok {
		return false
	}
	return wild(strings.TrimPrefix(text, "./"), name)
}

// Literal says whether no variable is in the entry.
func (e Entry) Literal() bool { return !strings.Contains(e.Text, "${") }

// wild says whether text, in which ${...} stands for anything, can be name.
func wild(text, name string) bool {
	const most = 8 // variables
	parts := []string{}
	for len(parts) < most {
		before, rest, found := strings.Cut(text, "${")
		parts = append(parts, before)
		if !found {
			break
		}
		_, text, found = strings.Cut(rest, "}")
		if !found {
			return false
		}
	}
	if len(parts) == 1 {
		return text == name
	}
	rest, ok := strings.CutPrefix(name, parts[0])
	for _, p := range parts[1 : len(parts)-1] {
		i := strings.Index(rest, p)
		if !ok || i < 0 {
			return false
		}
		rest = rest[i+len(p):]
	}
	return ok && strings.HasSuffix(rest, parts[len(parts)-1])
}
