package patch

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// MaxInner is how many patch files of one patch are looked at.
const MaxInner = 200

// ErrNoFit means that the hunks of a patch are not for a given text.
var ErrNoFit = errors.New("the hunks do not fit")

// An Inner is a patch file that another patch adds or edits: the second change
// of a patch to a layer, which is meant for the project that the layer builds.
type Inner struct {
	Path string // in the layer, after the change
	Text []byte // of the patch file after the change; nil where the diff has only parts of it
	// Old and New are the abbreviated blob hashes before and after, of git's
	// index line; "" where it has none. Old is "" for a new file.
	Old, New string

	hunks []Hunk
}

// Nested are the patch files (*.patch, *.diff) that a patch adds or edits, in
// its order. Of an edited one the diff has only parts: [Inner.Apply] makes it
// whole where its old text is at hand.
func Nested(p *Patch) []Inner {
	var list []Inner
	for _, f := range p.Files {
		if len(list) == MaxInner {
			break
		}
		if !isPatchFile(f.New) || f.Binary || len(f.Hunks) == 0 {
			continue // deleted, or only moved
		}
		in := Inner{Path: f.New, Old: blobName(f.OldBlob), New: blobName(f.NewBlob), hunks: f.Hunks}
		if f.Old == "" && f.Damage == "" {
			in.Text, _ = apply(nil, f.Hunks)
		}
		list = append(list, in)
	}
	return list
}

func isPatchFile(path string) bool {
	return strings.HasSuffix(path, ".patch") || strings.HasSuffix(path, ".diff")
}

// blobName is a blob's hash as git can look it up; "" for the zeros of a file
// that is not there, and for what is no hash of at least 7 digits.
func blobName(s string) string {
	if len(s) < 7 || len(s) > 64 || strings.Trim(s, "0123456789abcdef") != "" || strings.Trim(s, "0") == "" {
		return ""
	}
	return s
}

// Apply is the text of the patch file after the change, made of its text
// before. The hunks must fit exactly; where the index line names the result, it
// must be that one. The error matches [ErrNoFit].
func (in Inner) Apply(old []byte) ([]byte, error) {
	text, err := apply(old, in.hunks)
	if err != nil || in.New == "" || isBlob(text, in.New) {
		return text, err
	}
	// A diff does not say of every last line whether a newline ends it.
	if cut := bytes.TrimSuffix(text, []byte("\n")); isBlob(cut, in.New) {
		return cut, nil
	}
	return nil, fmt.Errorf("%s: the result is not %s: %w", in.Path, in.New, ErrNoFit)
}

// apply puts hunks into a text, where their line numbers say and nowhere else.
func apply(old []byte, hunks []Hunk) ([]byte, error) {
	lines := bytes.SplitAfter(old, []byte("\n"))
	if len(lines[len(lines)-1]) == 0 {
		lines = lines[:len(lines)-1]
	}
	var out bytes.Buffer
	at := 0 // lines of old that are done
	for i, h := range hunks {
		start := h.OldStart - 1
		if h.OldLines == 0 {
			start = h.OldStart // the hunk stands behind this line
		}
		if start < at || start > len(lines) {
			return nil, fmt.Errorf("hunk %d at line %d: %w", i+1, h.OldStart, ErrNoFit)
		}
		for ; at < start; at++ {
			out.Write(lines[at])
		}
		for _, l := range h.Lines {
			if l.Op == '+' {
				out.WriteString(l.Text + "\n")
				continue
			}
			if at >= len(lines) || !sameLine(lines[at], l.Text) {
				return nil, fmt.Errorf("hunk %d: line %d is another: %w", i+1, at+1, ErrNoFit)
			}
			if l.Op == ' ' {
				out.Write(lines[at])
			}
			at++
		}
		if out.Len() > MaxBytes {
			return nil, ErrTooBig
		}
	}
	for ; at < len(lines); at++ {
		out.Write(lines[at])
	}
	return out.Bytes(), nil
}

// sameLine compares a line of a file with one of a hunk, from which mailers
// may have taken blanks at the end.
func sameLine(have []byte, want string) bool {
	return strings.TrimRight(string(have), " \t\r\n") == strings.TrimRight(want, " \t\r")
}

// isBlob says whether git names a text by a hash that begins so.
func isBlob(text []byte, name string) bool {
	whole := append(fmt.Appendf(nil, "blob %d\x00", len(text)), text...)
	one, two := sha1.Sum(whole), sha256.Sum256(whole)
	return strings.HasPrefix(hex.EncodeToString(one[:]), name) || strings.HasPrefix(hex.EncodeToString(two[:]), name)
}
