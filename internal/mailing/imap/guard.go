package imap

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/upstreamd/upstreamd/internal/mailing"
)

// Bounds of one response of a server. No honest one comes near them.
const (
	maxLine    = 1 << 20                // bytes of a response without its literals
	maxLiteral = mailing.MaxRaw + 1<<20 // bytes of one literal
	maxNesting = 50                     // lists in lists: the library reads them by recursion
)

// A guard is a connection above TLS that looks at what the server says before
// the IMAP library does, and breaks it off at a line, a literal or nesting
// beyond all bounds: the library has none of its own, and memory or stack would
// be gone before it says that something is wrong.
type guard struct {
	net.Conn
	ahead io.Reader   // read before the connection; nil if nothing
	fail  func(error) // breaks the connection
	seen  response
}

// Read implements net.Conn.
func (g *guard) Read(b []byte) (int, error) {
	if g.ahead != nil {
		if n, _ := g.ahead.Read(b); n > 0 {
			return n, nil
		}
		g.ahead = nil
	}
	n, err := g.Conn.Read(b)
	if e := g.seen.look(b[:n]); e != nil {
		g.fail(e)
		return 0, e
	}
	return n, err
}

// A response is how far a response of the server has been looked at. It knows
// just so much of RFC 9051's grammar as to tell text from data, and data from
// the literals in it.
type response struct {
	line     int    // bytes of this response, without its literals
	word     []byte // of the first two words, the one that is being read
	words    int    // read before it
	text     bool   // the rest of the line is for people
	quoted   bool
	escaped  bool
	depth    int
	announce int64 // length in braces that is being read, -1 outside
	closed   bool  // its brace has been
	literal  int64 // bytes of a literal still to come
}

// look reads on, and says what is beyond bounds.
func (r *response) look(b []byte) error {
	for len(b) > 0 {
		if r.literal > 0 {
			n := min(r.literal, int64(len(b)))
			b, r.literal = b[n:], r.literal-n
			continue
		}
		if r.text { // nothing in it counts but where it ends
			end := bytes.IndexByte(b, '\n')
			if end < 0 {
				end = len(b) - 1
			}
			r.line += end
			b = b[end:]
		}
		if r.line++; r.line > maxLine {
			return fmt.Errorf("%w: a line of more than %d bytes", ErrLimit, maxLine)
		}
		if err := r.next(b[0]); err != nil {
			return err
		}
		b = b[1:]
	}
	return nil
}

// next reads one byte outside of literals.
func (r *response) next(c byte) error {
	switch {
	case r.line == 1:
		*r = response{line: 1, text: c == '+', word: append(r.word[:0], c), announce: -1}
	case c == '\n':
		r.end()
	case r.text:
	case r.quoted:
		return r.quote(c)
	default:
		return r.data(c)
	}
	return nil
}

// end ends a line: the response, or the part of it before a literal.
func (r *response) end() {
	if r.closed && r.announce >= 0 && !r.text {
		r.literal, r.announce, r.closed = r.announce, -1, false
		return
	}
	r.line, r.text = 0, false
}

// quote reads a byte of a quoted string, which no line end can be in.
func (r *response) quote(c byte) error {
	switch {
	case c == '\r':
		return fmt.Errorf("%w: a quoted string does not end", ErrLimit)
	case r.escaped:
		r.escaped = false
	case c == '\\':
		r.escaped = true
	case c == '"':
		r.quoted = false
	}
	return nil
}

// data reads a byte of what is for the program.
func (r *response) data(c byte) error {
	if r.words < 2 {
		r.wording(c)
	}
	if r.announce >= 0 || c == '{' {
		if err := r.brace(c); err != nil {
			return err
		}
	}
	switch c {
	case '"':
		r.quoted = true
	case '(':
		if r.depth++; r.depth > maxNesting {
			return fmt.Errorf("%w: more than %d lists in each other", ErrLimit, maxNesting)
		}
	case ')':
		r.depth--
	}
	return nil
}

// wording reads the first two words: the second says whether text follows.
func (r *response) wording(c byte) {
	if !strings.ContainsRune(" ()[]{}\"\\%*\r", rune(c)) {
		if len(r.word) < 16 {
			r.word = append(r.word, c)
		}
		return
	}
	if r.words++; r.words == 2 {
		switch strings.ToUpper(string(r.word)) {
		case "OK", "NO", "BAD", "BYE", "PREAUTH":
			r.text = true
		}
	}
	r.word = r.word[:0]
}

// brace reads the length of a literal: {123} before the end of the line.
func (r *response) brace(c byte) error {
	switch {
	case c == '{':
		r.announce, r.closed = 0, false
	case c == '}':
		r.closed = true
	case c >= '0' && c <= '9' && !r.closed:
		r.announce = r.announce*10 + int64(c-'0')
	case c == '\r' && r.closed:
	default:
		r.announce = -1
	}
	if r.announce > maxLiteral {
		return fmt.Errorf("%w: a message of %d bytes or more", ErrLimit, r.announce)
	}
	return nil
}
