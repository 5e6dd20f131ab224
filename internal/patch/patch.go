// Package patch describes one patch as text: its subject, author, trailers,
// Upstream-Status tag and diff. It knows nothing of mail transport, git
// repositories or layers.
//
// A [Patch] is read with [Parse] and is not changed afterwards. Two patches
// that make the same change have the same [Patch.ID], whatever their line
// numbers or whitespace, as with git patch-id --stable.
//
// Patches come from strangers and from twenty years of layers, so reading is
// tolerant: hunks are read by counting their lines, a damaged file section is
// kept with its reason, and mail footers, CRLF and quilt headers are taken as
// they come. Time and memory grow with the size of the text and no faster.
package patch

import (
	"bytes"
	"errors"
	"slices"
	"time"

	"golang.org/x/text/encoding/unicode"
)

// Limits of one patch; what is beyond them is refused with [ErrTooBig].
const (
	MaxBytes = 16 << 20
	MaxLines = 2 << 20
	MaxFiles = 5000
)

var (
	// ErrNoDiff means that a text holds no diff.
	ErrNoDiff = errors.New("no diff")
	// ErrTooBig means that a patch is over [MaxBytes], [MaxLines] or [MaxFiles].
	ErrTooBig = errors.New("patch too big (16 MiB, 2 million lines and 5,000 files are the limits)")
)

// A Patch is one patch as text.
type Patch struct {
	Subject  string    // title without [PATCH..] prefixes and Re:, on one line, valid UTF-8
	Author   Person    // an in-body From: wins over the header's
	Date     time.Time // author date; zero if none can be read
	Body     string    // message text below the title and above a --- line or the diff
	Notes    string    // text between the --- line and the diff: diffstat, remarks
	Trailers []Trailer // of Body, in order
	Files    []*File
	From     string // 40-hex of a git "From <sha>" or "commit <sha>" line, or ""
	Diff     []byte // just the diff text, mail footer included, CRLF made LF if the whole patch had it, lines that a mailer broke joined
}

// A Person is an author or committer; either part may be empty.
type Person struct{ Name, Email string }

// A Trailer is one "Key: Value" line of a message. The git line
// "(cherry picked from commit X)" has the key "cherry-picked-from".
type Trailer struct{ Key, Value string }

// A File is the change to one file.
type File struct {
	Old, New string // paths without a/ b/; "" = absent (created, deleted)
	OldMode  string // octal digits as git writes them, "" if not said
	NewMode  string
	Rename   bool
	Copy     bool
	Binary   bool
	OldBlob  string // abbreviated blob hashes of git's index line, or ""
	NewBlob  string
	Hunks    []Hunk
	Damage   string // why part of this section could not be read, or ""
}

// Path is the path that the file has after the change, or had before it was deleted.
func (f *File) Path() string {
	if f.New != "" {
		return f.New
	}
	return f.Old
}

// A Hunk is one run of changed lines with its context. Positions count from 1
// (0 for an absent file).
type Hunk struct {
	OldStart, OldLines, NewStart, NewLines int
	Section                                string // heading after the second @@
	Lines                                  []Line
}

// A Line is one line of a hunk.
type Line struct {
	Op   byte   // ' ', '+' or '-'
	Text string // without newline
}

// Parse reads one patch file or one mail's decoded text. Where there is no
// diff it returns the header that it found and ErrNoDiff.
func Parse(b []byte) (*Patch, error) {
	if len(b) > MaxBytes {
		return &Patch{}, ErrTooBig
	}
	b = plainText(b)
	start := diffStart(b)
	if crlf(b, start) {
		b = bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))
		start = diffStart(b)
	}
	p := &Patch{}
	if start < 0 {
		p.readHeader(b)
		return p, ErrNoDiff
	}
	p.readHeader(b[:start])
	p.Diff = b[start:]
	var err error
	p.Files, err = ParseDiff(p.Diff)
	if slices.ContainsFunc(p.Files, func(f *File) bool { return f.Damage == cutShort }) {
		if whole, ok := unwrap(p.Diff); ok {
			p.Diff = whole
			p.Files, err = ParseDiff(p.Diff)
		}
	}
	return p, err
}

// plainText makes UTF-8 of a file that begins as UTF-16, which some shells
// write, and lines of one whose only line ends are CR.
func plainText(b []byte) []byte {
	if bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff")) {
		if t, err := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder().Bytes(b); err == nil {
			b = t
		}
	}
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	if bytes.IndexByte(b, '\n') < 0 {
		b = bytes.ReplaceAll(b, []byte("\r"), []byte("\n"))
	}
	return b
}

// Missing says which part of the patch could not be read, and why; "" if all of
// it was. A hunk whose header tells wrong counts was read as far as they go.
func (p *Patch) Missing() string {
	for _, f := range p.Files {
		if f.Damage != "" && f.Damage != wrongCounts {
			return f.Path() + ": " + f.Damage
		}
	}
	return ""
}

// crlf says whether the line at pos, the first of the diff, ends with CRLF:
// then a mailer or an editor did it to the whole patch. A patch of a CRLF
// file has CR only in its content.
func crlf(b []byte, pos int) bool {
	line, _ := cutLine(b[max(pos, 0):])
	return bytes.HasSuffix(line, []byte("\r\n"))
}

// cutLine splits b after its first newline.
func cutLine(b []byte) (line, rest []byte) {
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		return b[:i+1], b[i+1:]
	}
	return b, nil
}
