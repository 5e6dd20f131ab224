package query

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var now = time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)

func day(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC) }

func TestParse(t *testing.T) {
	word := func(f Field, text string, words ...string) Term { return Term{Field: f, Text: text, Words: words} }
	not := func(t Term) Term { t.Not = true; return t }
	prefix := func(t Term) Term { t.Prefix = true; return t }
	for _, tt := range []struct {
		text string
		want Query
	}{
		{"zlib", Query{Terms: []Term{word(Any, "zlib", "zlib")}}},
		{"  ZLib  Fix ", Query{Terms: []Term{word(Any, "zlib", "zlib"), word(Any, "fix", "fix")}}},
		{`"buffer overflow" -rfc`, Query{Terms: []Term{word(Any, "buffer overflow", "buffer", "overflow"), not(word(Any, "rfc", "rfc"))}}},
		{"from:Ann@Example.org", Query{Terms: []Term{word(From, "ann@example.org", "ann", "example", "org")}}},
		{`-subject:"two words"`, Query{Terms: []Term{not(word(Subject, "two words", "two", "words"))}}},
		{"file:drivers/net/foo_bar.c", Query{Terms: []Term{word(File, "drivers/net/foo_bar.c", "drivers", "net", "foo", "bar", "c")}}},
		{"msgid:<A.1@b>", Query{Terms: []Term{word(MessageID, "A.1@b", "a", "1", "b")}}},
		{"m:https://lore.example.org/l/A.1@b/", Query{Terms: []Term{word(MessageID, "A.1@b", "https", "lore", "example", "org", "l", "a", "1", "b")}}},
		{"is:Patch list:oe-core", Query{Terms: []Term{word(Kind, "patch", "patch"), word(List, "oe-core", "oe", "core")}}},
		{"xfs_buf*", Query{Terms: []Term{prefix(word(Any, "xfs_buf*", "xfs", "buf"))}}},
		{"zlib: fix - build", Query{Terms: []Term{word(Any, "zlib:", "zlib"), word(Any, "fix", "fix"), word(Any, "build", "build")}}},
		{"https://example.org/x", Query{Terms: []Term{word(Any, "https://example.org/x", "https", "example", "org", "x")}}},
		{"CVE-2024-1234", Query{Terms: []Term{word(Any, "cve-2024-1234", "cve", "2024", "1234")}}},
		{"since:2025-03-01", Query{Since: day(2025, 3, 1)}},
		{"since:2025 before:2025-07", Query{Since: day(2025, 1, 1), Before: day(2025, 7, 1)}},
		{"since:2w", Query{Since: now.AddDate(0, 0, -14)}},
		{"grün 日本", Query{Terms: []Term{word(Any, "grün", "grün"), word(Any, "日本", "日本")}}},
	} {
		got, err := Parse(tt.text, now)
		if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
			t.Errorf("Parse(%q): %v (-want +got):\n%s", tt.text, err, diff)
		}
	}
}

func TestParseWrong(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", "nothing to look for"},
		{" - . ", "nothing to look for"},
		{`"`, "not closed"},
		{`fix "buffer`, "not closed"},
		{`from:"`, "not closed"},
		{`""`, "no word to look for"},
		{"from:@", "no word to look for"},
		{"form:ann", `there is no field "form:": there are subject:, from:`},
		{"is:merged", "want is:patch"},
		{"ka*", "at least 3 letters"},
		{"from:xfs_bu*", "at least 3 letters"},
		{"since:yesterday", "want a date like"},
		{"since:99999d", "want a date like"},
		{"-since:2w", "cannot be turned round"},
		{strings.Repeat("a ", 21), "more than 20 terms"},
		{strings.Repeat("a", 1001), "longer than 1000"},
	} {
		_, err := Parse(tt.text, now)
		if !errors.Is(err, ErrSyntax) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Parse(%q) = %v, want %q", tt.text, err, tt.want)
		}
	}
}

func TestWords(t *testing.T) {
	long := strings.Repeat("ä", 40)
	got := Words("A-b_c  D9é\x00\xff" + long + "! 北")
	if diff := cmp.Diff([]string{"a", "b", "c", "d9é", long[:64], "北"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`a "b c" -d`, `from:x since:2w`, `-subject:"x" y*`, `""`, "a:b", "-", `-"`, "is:patch"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := Parse(text, now)
		if err != nil {
			if !errors.Is(err, ErrSyntax) {
				t.Error(err)
			}
			return
		}
		for _, term := range q.Terms {
			if len(term.Words) == 0 {
				t.Errorf("a term without words: %+v", term)
			}
			for _, w := range term.Words {
				if w == "" || len(w) > maxWord || strings.ContainsAny(w, ` "'\*:()-`) {
					t.Errorf("word %q", w)
				}
			}
		}
	})
}
