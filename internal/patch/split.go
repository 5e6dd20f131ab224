package patch

import "bytes"

// Parts are a patch file, byte for byte, in the order in which they stand.
type Parts struct {
	Head []byte // above the diff: a mail's header and text, with the --- line and the diffstat
	Diff []byte
	Tail []byte // below the diff: the signature of git format-patch, a list's footer

	// Between is the text within Diff that belongs to no file of it, but for
	// blank lines: the headers of further mails, for instance.
	Between []byte
}

// Split splits a patch file around its diff. One that is not UTF-8 text with
// newlines is first made that. The error is [ErrNoDiff] or [ErrTooBig].
func Split(b []byte) (Parts, error) {
	if len(b) > MaxBytes {
		return Parts{}, ErrTooBig
	}
	text := plainText(b)
	start := diffStart(text)
	if start < 0 {
		return Parts{}, ErrNoDiff
	}
	diff := text[start:]
	p := Parts{Head: text[:start]}
	if bytes.HasSuffix(b, text) { // but for a byte order mark
		p.Head = b[:len(b)-len(diff)]
	}
	end := 0
	for i, s := range sections(diff) {
		if i > 0 {
			p.Between = append(p.Between, bytes.TrimSpace(diff[end:s.start])...)
		}
		end = s.end
	}
	p.Diff, p.Tail = diff[:end], diff[end:]
	return p, nil
}
