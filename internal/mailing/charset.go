package mailing

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message/charset"
)

// charsetReader decodes the words of a header.
func charsetReader(name string, r io.Reader) (io.Reader, error) {
	return charset.Reader(strings.ToLower(name), r)
}

// toUTF8 decodes text of a declared charset. Bytes that are valid UTF-8 are
// UTF-8 whatever was declared: programs that add patches to mails often leave
// a wrong charset behind. Never fails: the error is a warning.
func toUTF8(b []byte, name string) ([]byte, error) {
	name = strings.ToLower(strings.TrimSpace(name))
	if !shifts(name) && utf8.Valid(b) {
		return b, nil
	}
	var bad error
	switch name {
	case "", "utf-8", "us-ascii", "ascii":
	default:
		r, err := charset.Reader(name, bytes.NewReader(b))
		if err == nil {
			var d []byte
			if d, err = io.ReadAll(io.LimitReader(r, maxDecoded)); err == nil {
				return d, nil
			}
		}
		bad = fmt.Errorf("charset %.40q: %w", name, err)
	}
	if utf8.Valid(b) || mostlyUTF8(b) {
		return b, bad // clean replaces the few bad bytes
	}
	return []byte(latin1(string(b))), bad
}

// shifts says if a charset writes other letters by ASCII bytes.
func shifts(name string) bool {
	for _, p := range []string{"iso-2022-", "hz-", "utf-16", "utf-32", "utf-7", "utf16", "ucs-"} {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

// mostlyUTF8 says if b is UTF-8 with a few bytes broken, not another charset.
func mostlyUTF8(b []byte) bool {
	good, bad := 0, 0
	for len(b) > 0 {
		if b[0] < utf8.RuneSelf {
			b = b[1:]
			continue
		}
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			bad++
		} else {
			good++
		}
		b = b[n:]
	}
	return good > bad
}
