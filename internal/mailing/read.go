package mailing

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
)

// ErrNoMail means that a path holds nothing that could be mail.
var ErrNoMail = errors.New("no mail there")

// maxDirs is how deep directories of mail may be nested.
const maxDirs = 8

// Read hands every message at path to f, in order: the messages of an mbox
// (plain or gzip), of a maildir (cur and new), of all files in and below any
// other directory, or the one message of a file. where names the message in
// words for people, "lists.mbox:17". f may keep raw, which holds at most
// [MaxRaw]+1 bytes of a message: one more than allowed says that it was cut.
// Read stops at f's first error and returns it. A file of a directory that
// cannot be read hinders no other; the errors of all are joined.
func Read(path string, f func(raw []byte, where string) error) error {
	fi, err := os.Stat(path)
	switch {
	case err != nil:
		return err
	case fi.IsDir():
		return readDir(path, maxDirs, f)
	case !fi.Mode().IsRegular(): // a pipe may wait for ever, a device has no end
		return fmt.Errorf("%s: not a regular file: %w", path, ErrNoMail)
	}
	return readFile(path, f)
}

func readDir(path string, depth int, f func(raw []byte, where string) error) error {
	var stop error // of f
	keep := func(raw []byte, where string) error {
		stop = f(raw, where)
		return stop
	}
	var dirs []string
	for _, sub := range []string{"cur", "new"} {
		if fi, err := os.Stat(filepath.Join(path, sub)); err == nil && fi.IsDir() {
			dirs = append(dirs, filepath.Join(path, sub))
		}
	}
	if len(dirs) == 0 {
		if IsGit(path) {
			return fmt.Errorf("%s: a git repository: %w", path, ErrNoMail)
		}
		dirs = []string{path}
	}
	var errs []error
	for _, dir := range dirs {
		entries, err := os.ReadDir(dir)
		errs = append(errs, err)
		for _, e := range entries {
			name := filepath.Join(dir, e.Name())
			switch {
			case e.Name()[0] == '.':
				continue
			case e.Type().IsRegular():
				err = readFile(name, keep)
			case e.IsDir() && dir == path && depth > 0:
				err = readDir(name, depth-1, keep)
			default:
				continue
			}
			if stop != nil {
				return stop
			}
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// IsGit says if a directory is a git repository, bare or not, or a v2
// public-inbox, which holds several.
func IsGit(path string) bool {
	for _, mark := range []string{".git", "HEAD", "all.git", "git/0.git", "0.git"} {
		if _, err := os.Stat(filepath.Join(path, mark)); err == nil {
			return true
		}
	}
	return false
}

func readFile(path string, f func(raw []byte, where string) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	r := bufio.NewReaderSize(file, 256<<10)
	if magic, _ := r.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(r)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		r = bufio.NewReaderSize(z, 256<<10)
	}
	if start, _ := r.Peek(5); string(start) == "From " {
		n := 0
		err = ReadMbox(r, func(raw []byte) error {
			n++
			return f(raw, fmt.Sprintf("%s:%d", path, n))
		})
	} else {
		var raw []byte
		if raw, err = io.ReadAll(io.LimitReader(r, MaxRaw+1)); err == nil {
			if len(bytes.TrimSpace(raw)) == 0 {
				return nil // an mbox that nothing came to yet
			}
			return f(raw, path)
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

var (
	fromLine   = regexp.MustCompile(`^From \S.*\d{1,2}:\d{2}.*\d{4}|^From \S+@\S+\s*$`)
	strictFrom = regexp.MustCompile(`^From \S+(?: at \S+)? +(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} +\d{1,2} \d{2}:\d{2}:\d{2} (?:\S+ )?\d{4}\s*$`)
	quotedFrom = regexp.MustCompile(`(?m)^>(>*From )`)
)

// ReadMbox hands every message of an mbox to f, without the separator line.
//
// Whether a line "From " separates two messages is decided by evidence, as not
// every writer quotes such lines in a text: it counts with a date in it and a
// header field below, or with a header below that only a mail has; it stands
// after an empty line unless it is written exactly as mail programs do. When in
// doubt the message is parted, as a mail that is part of another is lost.
//
// In the text one ">" before "From " is taken away, as mboxrd wants; mboxo
// cannot be told from it and reads the same but for lines that really began
// with ">From ". A text that has a line "From " was not quoted, and stays.
func ReadMbox(r io.Reader, f func(raw []byte) error) error {
	m := mboxReader{lines: bufio.NewReaderSize(r, 64<<10), f: f}
	return m.read()
}

type mboxReader struct {
	lines *bufio.Reader
	f     func([]byte) error
	cur   []byte
	any   bool // a message has begun
	bare  bool // the message has a line that begins with From and is not quoted
}

func (m *mboxReader) read() error {
	empty, start := true, true // the line before was empty; a line begins
	for {
		line, err := m.lines.ReadSlice('\n')
		whole, candidate := err == nil, start && bytes.HasPrefix(line, []byte("From ")) && (empty || strictFrom.Match(line))
		if candidate {
			line = bytes.Clone(line) // separates looks ahead in the same buffer
		}
		switch {
		case candidate && m.separates(line):
			if err := m.flush(); err != nil {
				return err
			}
			m.any = true
			empty = false
		case len(m.cur) <= MaxRaw:
			m.bare = m.bare || start && bytes.HasPrefix(line, []byte("From "))
			m.cur = append(m.cur, line[:min(len(line), MaxRaw+1-len(m.cur))]...)
			empty = start && len(bytes.TrimRight(line, "\r\n")) == 0
		}
		start = whole
		if err == io.EOF {
			return m.flush()
		}
		if err != nil && err != bufio.ErrBufferFull {
			return err // what was read of the message at hand is not the message
		}
	}
}

// separates says if a From line that stands right is a separator.
func (m *mboxReader) separates(line []byte) bool {
	if !m.any && len(m.cur) == 0 {
		return true
	}
	next, _ := m.lines.Peek(4 << 10)
	if fromLine.Match(line) {
		first, _, _ := bytes.Cut(next, []byte("\n"))
		return isField(first) || bytes.HasPrefix(first, []byte(">From ")) || len(bytes.TrimSpace(first)) == 0
	}
	return beginsMail(next)
}

var mailField = regexp.MustCompile(`(?i)^(?:from|date|subject|message-id|received|return-path):[ \t]*\S`)

// beginsMail says if a text begins with a header that only a mail has: fields
// alone, and three of those that every mail has.
func beginsMail(text []byte) bool {
	known := 0
	for line := range bytes.Lines(text) {
		line = bytes.TrimRight(line, "\r\n")
		switch {
		case len(line) == 0 || known >= 3:
			return known >= 3
		case line[0] == ' ' || line[0] == '\t':
		case !isField(line):
			return false
		case mailField.Match(line):
			known++
		}
	}
	return known >= 3
}

// flush hands the message out that has been read.
func (m *mboxReader) flush() error {
	raw, bare := m.cur, m.bare
	m.cur, m.bare = nil, false
	if len(raw) == 0 && !m.any || len(bytes.TrimSpace(raw)) == 0 {
		return nil
	}
	if bytes.HasSuffix(raw, []byte("\n\n")) {
		raw = raw[:len(raw)-1]
	}
	if !bare && bytes.Contains(raw, []byte(">From ")) {
		raw = quotedFrom.ReplaceAll(raw, []byte("$1"))
	}
	return m.f(raw)
}
