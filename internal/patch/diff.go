package patch

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// maxHeaderLine bounds the header lines that go-gitdiff is given: it looks for
// the middle of a "diff --git" line in quadratic time.
const maxHeaderLine = 1 << 10

// ParseDiff reads the text of a diff: of a patch, or of a commit. A section
// that is damaged keeps what can be read of it and says why in File.Damage.
// With ErrTooBig the files up to the limit are returned; a text without any
// file gives ErrNoDiff.
func ParseDiff(b []byte) ([]*File, error) {
	var big error
	if len(b) > MaxBytes {
		b, big = b[:MaxBytes], ErrTooBig
	}
	list := sections(b)
	if len(list) > MaxFiles {
		list, big = list[:MaxFiles], ErrTooBig
	}
	files := make([]*File, 0, len(list))
	for _, s := range list {
		files = append(files, readSection(b, s))
	}
	stripLoneNames(files)
	if big != nil {
		return files, fmt.Errorf("%d files, %d bytes: %w", len(files), len(b), big)
	}
	if len(files) == 0 {
		return nil, ErrNoDiff
	}
	return files, nil
}

// readSection reads one file's section by go-gitdiff, or by counting lines
// where that refuses it.
func readSection(b []byte, s section) *File {
	body := b[s.start:s.end]
	f := &File{Damage: s.damage}
	head := sectionHead(b, s)
	f.readHead(head)
	if len(s.hunks) == 0 && !f.Binary {
		return f // nothing but names and modes: they are read
	}
	parsed := parseGit(body, head)
	if parsed != nil && (parsed.IsBinary || len(parsed.TextFragments) == len(s.hunks)) {
		f.Binary = f.Binary || parsed.IsBinary
		f.takeFragments(parsed.TextFragments)
		return f
	}
	f.Hunks = make([]Hunk, 0, len(s.hunks))
	for _, h := range s.hunks {
		f.Hunks = append(f.Hunks, readHunk(b[h.start:h.end]))
	}
	return f
}

// sectionHead is what stands above the first hunk or binary block.
func sectionHead(b []byte, s section) []byte {
	if len(s.hunks) > 0 {
		return b[s.start:s.hunks[0].start]
	}
	body := b[s.start:s.end]
	if i := bytes.Index(body, []byte("\nGIT binary patch")); i >= 0 {
		return body[:i+len("\nGIT binary patch")]
	}
	return body
}

// parseGit reads one section with go-gitdiff; nil means that it was refused.
func parseGit(body, head []byte) *gitdiff.File {
	for rest := head; len(rest) > 0; {
		var line []byte
		if line, rest = cutLine(rest); len(line) > maxHeaderLine {
			return nil
		}
	}
	files, _, err := gitdiff.Parse(bytes.NewBuffer(body)) // a Buffer has ReadString, so nothing is copied twice
	if err != nil || len(files) != 1 {
		return nil
	}
	return files[0]
}

// takeFragments makes hunks of go-gitdiff's fragments.
func (f *File) takeFragments(frags []*gitdiff.TextFragment) {
	f.Hunks = make([]Hunk, 0, len(frags))
	for _, t := range frags {
		h := Hunk{
			OldStart: int(t.OldPosition), OldLines: int(t.OldLines),
			NewStart: int(t.NewPosition), NewLines: int(t.NewLines),
			Section: t.Comment, Lines: make([]Line, len(t.Lines)),
		}
		for i, l := range t.Lines {
			h.Lines[i] = Line{l.Op.String()[0], strings.TrimSuffix(l.Line, "\n")}
		}
		f.Hunks = append(f.Hunks, h)
	}
}

// readHunk reads a hunk that [hunkLen] has measured.
func readHunk(b []byte) Hunk {
	line, rest := cutLine(b)
	h, _ := hunkHeader(line)
	for len(rest) > 0 {
		line, rest = cutLine(rest)
		op := lineOp(line)
		if op == '\\' {
			continue
		}
		t := bytes.TrimSuffix(line, []byte("\n"))
		if len(t) > 0 && t[0] == op {
			t = t[1:]
		}
		h.Lines = append(h.Lines, Line{op, string(t)})
	}
	return h
}
