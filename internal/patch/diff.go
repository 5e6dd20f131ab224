package patch

import (
	"bytes"
	"fmt"
	"strings"
)

// ParseDiff reads the text of a diff: of a patch, or of a commit. A section
// that is damaged keeps what can be read of it and says why in File.Damage.
// With ErrTooBig the files up to the limit are returned; a text without any
// file gives ErrNoDiff.
func ParseDiff(b []byte) ([]*File, error) {
	var big error
	if n := withinLimits(b); n < len(b) {
		b, big = b[:n], ErrTooBig
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

// withinLimits is how much of a text is within [MaxBytes] and [MaxLines].
func withinLimits(b []byte) int {
	b = b[:min(len(b), MaxBytes)]
	if bytes.Count(b, []byte("\n")) <= MaxLines {
		return len(b)
	}
	pos := 0
	for range MaxLines {
		pos += bytes.IndexByte(b[pos:], '\n') + 1
	}
	return pos
}

// readSection reads one file's section.
func readSection(b []byte, s section) *File {
	f := &File{Damage: s.damage, Hunks: make([]Hunk, 0, len(s.hunks))}
	f.readHead(sectionHead(b, s))
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

// readHunk reads a hunk that [hunkLen] has measured. Its lines are parts of
// one string, so that many short ones take little memory.
func readHunk(b []byte) Hunk {
	line, rest := cutLine(b)
	h, _ := hunkHeader(line)
	h.Lines = make([]Line, 0, bytes.Count(rest, []byte("\n"))+1)
	for all := string(rest); all != ""; {
		var t string
		t, all, _ = strings.Cut(all, "\n")
		switch op := lineOp(t); {
		case op == '\\':
		case t != "" && t[0] == op:
			h.Lines = append(h.Lines, Line{op, t[1:]})
		default: // a context line that lost its blank
			h.Lines = append(h.Lines, Line{' ', t})
		}
	}
	return h
}
