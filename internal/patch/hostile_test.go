//go:build unix

package patch

import (
	"errors"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf16"
)

// hostile are texts made to cost much: a head, and what is repeated after it.
func hostile() map[string][2]string {
	const names = "diff --git a/x b/x\n--- a/x\n+++ b/x\n"
	return map[string][2]string{
		"tiny lines":       {names + "@@ -0,0 +1,2000000000 @@\n", "+\n"},
		"hunks":            {names, "@@ -1 +1 @@\n-a\n+b\n"},
		"unreadable hunks": {names, "@@ -x\n"},
		"truncated hunks":  {names, "@@ -1,9 +1,9 @@\n a\nb\n"},
		"wrapped hunk":     {names + "@@ -1,2000000000 +1,2000000000 @@\n", strings.Repeat(" word", 12) + "\nword\n"},
		"files":            {"", names + "@@ -1 +1 @@\n-a\n+b\n"},
		"names":            {"", "--- a\n+++ b\n"},
		"one line":         {names + "@@ -1 +1 @@\n-", "a"},
		"long name":        {"--- ", "a"},
		"deep name":        {names + "@@ -1 +1 @@\n-a\n+b\n--- a/x\n+++ b", "/a"},
		"slashes":          {"--- a/x\n+++ b", "/"},
		"blobs":            {"diff --git a/x b/x\nindex ", "a "},
		"modes":            {"diff --git a/x b/x\n", "old mode 100644\n"},
		"git names":        {"diff --git ", "a "},
		"quoted name":      {"diff --git \"", "\\"},
		"times":            {"--- ", " 2012-03-0"},
		"NUL":              {names, "\x00"},
		"CR":               {"", "diff --git a/x b/x\r"},
		"Index:":           {"", "Index: x\n"},
		"added":            {"", "=== added x\n"},
		"names alone":      {"", "--- x\n"},
		"folded field":     {"Subject: x\n", " a\n"},
		"folded text":      {"Description: x\n", " a\n"},
		"brackets":         {"Subject: ", "[a] "},
		"open brackets":    {"Subject: ", "["},
		"replies":          {"Subject: ", "re: "},
		"encoded words":    {"Subject: ", "=?utf-8?q?a?= "},
		"quoted person":    {"From: ", `"\`},
		"status words":     {"", "upstream "},
		"status lines":     {"", "upstream\n"},
		"trailers":         {"", "A: b\n"},
		"CVE lines":        {"", "CVE: CVE-2020-1234\n"},
		"CVE line":         {"CVE: ", "CVE-2020-1234 "},
		"binary":           {"diff --git a/x b/x\nGIT binary patch\nliteral 10\n", "zcmV?d00001\n"},
		"binary blocks":    {"", "diff --git a/x b/x\nGIT binary patch\nliteral 10\n\nliteral 3\n"},
		"combined":         {"diff --cc x\n--- a/x\n+++ b/x\n", "@@@ -1 -1 +1 @@@\n--a\n++b\n"},
		"removed names":    {names + "@@ -1,2000000000 +1,2000000000 @@\n", "--- a\n"},
		"no newline":       {names + "@@ -1,2 +1,2 @@\n", "\\ No newline at end of file\n"},
		"mbox marks":       {"", "From 0123456789012345678901234567890123456789 x\n"},
		"git show":         {"commit 0123456789012345678901234567890123456789\n", "    a\n"},
	}
}

// filled is a hostile text of size bytes.
func filled(part [2]string, size int) []byte {
	return []byte(part[0] + strings.Repeat(part[1], size/len(part[1])))[:size]
}

// cpuTime is how long this process has worked: a busy machine does not count.
func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestHostile wants time and memory to grow with the size of a text and no
// faster, whatever is in it.
func TestHostile(t *testing.T) {
	const size = 512 << 10
	for name, part := range hostile() {
		b := filled(part, size)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := cpuTime(t)
		p, _ := Parse(b)
		p.ID()
		FindUpstreamStatus(b)
		CVEs(b)
		SignedOff(b)
		took := cpuTime(t) - start
		runtime.ReadMemStats(&after)
		if took > 4*time.Second {
			t.Errorf("%s: %v", name, took)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 120*size {
			t.Errorf("%s: %d KB of memory for %d KB", name, used>>10, size>>10)
		}
	}
}

// TestTooBig wants what is beyond the limits to be refused at once, and what
// is within them to be given where a part could be read.
func TestTooBig(t *testing.T) {
	texts := hostile()
	for _, name := range []string{"tiny lines", "hunks", "one line", "files", "NUL"} {
		b := filled(texts[name], 50<<20)
		start := cpuTime(t)
		p, err := Parse(b)
		if took := cpuTime(t) - start; !errors.Is(err, ErrTooBig) || len(p.Files) > 0 || took > time.Second {
			t.Errorf("50 MB of %s: %v after %v, want ErrTooBig at once", name, err, took)
		}
	}
	for name, want := range map[string]struct{ files, lines int }{
		"tiny lines": {1, MaxLines - 4}, // names and @@ are lines too
		"hunks":      {1, 2 * (MaxLines - 3) / 3},
		"files":      {MaxFiles, 2 * MaxFiles},
	} {
		p, err := Parse(filled(texts[name], MaxBytes))
		lines := 0
		for _, f := range p.Files {
			for _, h := range f.Hunks {
				lines += len(h.Lines)
			}
		}
		if !errors.Is(err, ErrTooBig) || len(p.Files) != want.files || lines != want.lines {
			t.Errorf("16 MB of %s: %d files, %d lines, %v; want %d, %d, ErrTooBig", name, len(p.Files), lines, err, want.files, want.lines)
		}
	}
}

// TestOtherText wants a patch to be read that an editor or a shell wrote in
// UTF-16, with CR alone, or with a mark of the byte order.
func TestOtherText(t *testing.T) {
	const text = "Subject: für alle\n\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-ä\n+ö\n"
	want, _ := Parse([]byte(text))
	wide := func(order func(uint16) [2]byte) []byte {
		var b []byte
		for _, u := range utf16.Encode([]rune("\ufeff" + strings.ReplaceAll(text, "\n", "\r\n"))) {
			two := order(u)
			b = append(b, two[0], two[1])
		}
		return b
	}
	for name, b := range map[string][]byte{
		"UTF-16, little end first": wide(func(u uint16) [2]byte { return [2]byte{byte(u), byte(u >> 8)} }),
		"UTF-16, big end first":    wide(func(u uint16) [2]byte { return [2]byte{byte(u >> 8), byte(u)} }),
		"CR alone":                 []byte(strings.ReplaceAll(text, "\n", "\r")),
		"UTF-8 with a mark":        []byte("\ufeff" + text),
	} {
		if p, err := Parse(b); err != nil || describe(p) != describe(want) || p.ID() != want.ID() {
			t.Errorf("%s: %v\n%s", name, err, describe(p))
		}
	}
}
