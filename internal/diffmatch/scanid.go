package diffmatch

import (
	"bytes"
	"crypto/sha1"
	"encoding/binary"
)

// An idSum adds up the patch-id of a diff that a scanner reads: what
// patch.DiffID computes, of the bytes without blanks that the keys of the lines
// are made of as well. The algorithm is that of git's builtin/patch-id.c for
// the lines that git itself writes.
type idSum struct {
	text  []byte // of the current file, without blanks
	sum   [sha1.Size]byte
	pre   []byte // blob hashes, which stand for a binary file's content
	post  []byte
	ended bool // the file ended with a hunk
	skip  bool // the file was binary: the line that begins the next one does not count
}

func (s *idSum) begin() { *s = idSum{text: s.text[:0]} }

// head takes the lines above the hunks of a file.
func (s *idSum) head(b []byte) {
	if s.ended {
		s.flush()
		s.ended = false
	}
	for len(b) > 0 {
		n := lineLen(b)
		line := b[:n]
		b = b[n:]
		switch {
		case bytes.HasPrefix(line, fileStart):
			if !s.skip {
				s.text = appendPlain(s.text, line)
			}
			s.skip = false
		case bytes.HasPrefix(line, []byte("index ")):
			if pre, post, two := bytes.Cut(line[len("index "):], []byte("..")); two {
				post, _, _ = bytes.Cut(bytes.TrimSuffix(post, []byte("\n")), []byte(" "))
				s.pre, s.post = pre, post
			}
		case bytes.HasPrefix(line, []byte("Binary files ")):
			s.text = append(append(s.text, s.pre...), s.post...)
			s.flush()
			s.skip = true
		default:
			s.text = appendPlain(s.text, line)
		}
	}
}

// flush adds the hash of one file to the sum, byte by byte with carry.
func (s *idSum) flush() {
	h := sha1.Sum(s.text)
	s.text = s.text[:0]
	carry := 0
	for i := range h {
		carry += int(s.sum[i]) + int(h[i])
		s.sum[i] = byte(carry)
		carry >>= 8
	}
}

// id is the first 8 bytes of the patch-id.
func (s *idSum) id() uint64 {
	s.flush()
	return binary.BigEndian.Uint64(s.sum[:])
}

// appendPlain appends a line without its blanks; like a C string it ends at a NUL.
func appendPlain(to, line []byte) []byte {
	for _, c := range line {
		if c == 0 {
			break
		}
		if c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			to = append(to, c)
		}
	}
	return to
}
