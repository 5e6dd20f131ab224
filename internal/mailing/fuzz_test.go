package mailing

import (
	"strings"
	"testing"
)

// FuzzHeader: no header field can give text that is not fit to store, or more
// than its limits.
func FuzzHeader(f *testing.F) {
	for _, s := range []string{
		"From: Ann (Example) <ann@example.org>, =?utf-8?q?B=C3=B6b?= <b@c>", "Date: Fri, 2 Jan 2026 03:04:05 +0000 (UTC)", "Subject: =?iso-8859-1?q?=FC?=",
		"References: <a@b> <c@d>", "List-Id: A list <a.b.c>", "Received: from a by b; Fri, 2 Jan 2026 03:04:05 +0000", "no field\nTo: x@y, \"a, b\" <z@w>",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, head string) {
		m := &Message{}
		m.header = m.readHeader([]byte(head))
		m.envelope()
		if len(m.To) > maxAddresses || len(m.Cc) > maxAddresses || len(m.References) > maxRefs || len(m.MessageID) > maxMessageID {
			t.Error("over a limit")
		}
		for _, s := range append([]string{m.MessageID, m.InReplyTo, m.Subject, m.RawFrom, m.From.Name, m.From.Email, m.ListID}, m.References...) {
			if s != clean(s) || strings.ContainsAny(s, "\n") {
				t.Errorf("not clean: %q", s)
			}
		}
		if y := m.Date.Year(); y < 1 || y > 9999 {
			t.Errorf("year %d", y)
		}
	})
}

// FuzzText: undoing what mail programs do to a text invents nothing, and
// keeps the lines that it must not touch.
func FuzzText(f *testing.F) {
	for _, s := range []string{
		"a \nb\n", "> q \n> r \n-- \nsig \n", "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-a \nb\n+c\n", "--- >8 ---\nFrom: a@b\nSubject: t\n u\n", " \n  \n",
		"text\n-=-=-=-=-=-=-=-=-=-=-=-\nLinks: You receive all messages\n",
	} {
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, text string, delSp bool) {
		text = clean(text)
		m := &Message{}
		out := m.flowed(text, delSp)
		if len(out) > len(text)+1 {
			t.Errorf("%d bytes of %d", len(out), len(text))
		}
		quoted := func(s string) (n int) {
			for line := range strings.Lines(s) {
				if strings.HasPrefix(line, ">") {
					n++
				}
			}
			return n
		}
		if quoted(out) < quoted(text) {
			t.Errorf("a quoted line is gone: %q of %q", out, text)
		}
		rest, footer, _ := cutFooter(text)
		if rest+footer != text {
			t.Errorf("%q and %q are not %q", rest, footer, text)
		}
		if below, found := belowScissors(text); found && !strings.HasSuffix(text, below) {
			t.Errorf("%q is not the end of %q", below, text)
		}
	})
}
