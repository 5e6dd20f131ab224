package patch

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestSplit(t *testing.T) {
	const diff = "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n"
	for _, tt := range []struct{ name, text, head, diff, tail, between string }{
		{"a mail", "Subject: x\n---\n f | 2 +-\n\n" + diff + "-- \n2.39.5\n\n", "Subject: x\n---\n f | 2 +-\n\n", diff, "-- \n2.39.5\n\n", ""},
		{"a diff alone", diff, "", diff, "", ""},
		{"a byte order mark", "\ufeffx\n" + diff, "\ufeffx\n", diff, "", ""},
		{"a header with CRLF", strings.ReplaceAll("x\n"+diff, "\n", "\r\n"), "x\r\n", strings.ReplaceAll(diff, "\n", "\r\n"), "", ""},
		{"blank lines between", diff + "\n" + diff, "", diff + "\n" + diff, "", ""},
		{"two mails", "x\n" + diff + "-- \n2.39.5\n\nFrom y\n" + diff, "x\n", diff + "-- \n2.39.5\n\nFrom y\n" + diff, "", "-- \n2.39.5\n\nFrom y"},
		{"a removed line like a signature", "--- a/f\n+++ b/f\n@@ -1,2 +1 @@\n a\n-- \n", "", "--- a/f\n+++ b/f\n@@ -1,2 +1 @@\n a\n-- \n", "", ""},
	} {
		p, err := Split([]byte(tt.text))
		got := []string{string(p.Head), string(p.Diff), string(p.Tail), string(p.Between)}
		if diff := cmp.Diff([]string{tt.head, tt.diff, tt.tail, tt.between}, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", tt.name, err, diff)
		}
	}
	if _, err := Split([]byte("words\n")); !errors.Is(err, ErrNoDiff) {
		t.Errorf("Split of words = %v", err)
	}
	if _, err := Split(make([]byte, MaxBytes+1)); !errors.Is(err, ErrTooBig) {
		t.Errorf("Split of too much = %v", err)
	}
}

// FuzzSplit wants the parts of a text to be that text, and its diff to be what
// Parse reads.
func FuzzSplit(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Split(b)
		if err != nil {
			return
		}
		whole := bytes.Join([][]byte{p.Head, p.Diff, p.Tail}, nil)
		if utf8.Valid(b) && bytes.IndexByte(b, '\n') >= 0 && !bytes.Equal(whole, b) {
			t.Errorf("parts = %q, want %q", whole, b)
		}
		if again, err := Split(whole); err != nil || !bytes.Equal(again.Diff, p.Diff) {
			t.Errorf("again: %q, %v, want %q", again.Diff, err, p.Diff)
		}
	})
}
