package mailing

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func mboxOf(t *testing.T, r io.Reader) (mails []string) {
	t.Helper()
	if err := ReadMbox(r, func(raw []byte) error { mails = append(mails, string(raw)); return nil }); err != nil {
		t.Fatal(err)
	}
	return mails
}

func TestReadMbox(t *testing.T) {
	for _, tt := range []struct {
		name, mbox string
		want       []string
	}{
		{"empty", "", nil},
		{"two", "From a@b Fri Jan  2 03:04:05 2026\nA: 1\n\none\n\nFrom a@b Fri Jan  2 03:04:05 2026\nA: 2\n\ntwo\n", []string{"A: 1\n\none\n", "A: 2\n\ntwo\n"}},
		{"no empty line between", "From mboxrd@z Thu Jan  1 00:00:00 1970\nA: 1\n\none\nFrom mboxrd@z Thu Jan  1 00:00:00 1970\nA: 2\n\ntwo\n", []string{"A: 1\n\none\n", "A: 2\n\ntwo\n"}},
		{"git format-patch", "From 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001\nFrom: a\n\none\n-- \n2.39\n\nFrom 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001\nFrom: a\n\ntwo\n", []string{"From: a\n\none\n-- \n2.39\n", "From: a\n\ntwo\n"}},
		{"quoted", "From a Fri Jan  2 03:04:05 2026\nA: 1\n\n>From here\n>>From there\n> From\n", []string{"A: 1\n\nFrom here\n>From there\n> From\n"}},
		{"text that begins with From", "From a Fri Jan  2 03:04:05 2026\nA: 1\n\nFrom here on\n\nFrom 9:00 to 2026 it works\nA text\n", []string{"A: 1\n\nFrom here on\n\nFrom 9:00 to 2026 it works\nA text\n"}},
		{"not quoted at all", "From a Fri Jan  2 03:04:05 2026\nA: 1\n\nFrom here\n>From there\n", []string{"A: 1\n\nFrom here\n>From there\n"}},
		{"pipermail", "From a at b  Fri Jan  2 03:04:05 2026\nA: 1\n\none\nFrom c at d  Fri Jan  2 03:04:05 2026\nA: 2\n", []string{"A: 1\n\none\n", "A: 2\n"}},
		{"separator without a date", "From a\nA: 1\n\none\n\nFrom nobody\nFrom: a\nDate: b\nSubject: c\n\ntwo\n", []string{"A: 1\n\none\n", "From: a\nDate: b\nSubject: c\n\ntwo\n"}},
		{"a mail in the text, with an unquoted separator", "From a Fri Jan  2 03:04:05 2026\nA: 1\n\nsee:\n\nFrom b Fri Jan  2 03:04:05 2026\nB: 2\n\ntwo\n", []string{"A: 1\n\nsee:\n", "B: 2\n\ntwo\n"}},
		{"CRLF", "From a@b Fri Jan  2 03:04:05 2026\r\nA: 1\r\n\r\none\r\n\r\nFrom a@b Fri Jan  2 03:04:05 2026\r\nA: 2\r\n", []string{"A: 1\r\n\r\none\r\n\r\n", "A: 2\r\n"}},
		{"no newline at the end", "From a\nA: 1\n\none", []string{"A: 1\n\none"}},
		{"long line", "From a\nA: 1\n\n" + strings.Repeat("x", 200_000) + "From a@b Fri Jan  2 03:04:05 2026\n", []string{"A: 1\n\n" + strings.Repeat("x", 200_000) + "From a@b Fri Jan  2 03:04:05 2026\n"}},
	} {
		if diff := cmp.Diff(tt.want, mboxOf(t, strings.NewReader(tt.mbox))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestReadMboxBounds(t *testing.T) {
	big := "From a\nMessage-ID: <1@b>\n\n" + strings.Repeat("0123456789abcde\n", MaxRaw/16+1000) + "\nFrom a@b Fri Jan  2 03:04:05 2026\nA: 2\n"
	mails := mboxOf(t, strings.NewReader(big))
	if len(mails) != 2 || len(mails[0]) != MaxRaw+1 || mails[1] != "A: 2\n" {
		t.Fatalf("%d mails, the first of %d bytes, want 2, %d", len(mails), len(mails[0]), MaxRaw+1)
	}
	if m := parse([]byte(mails[0])); m.Text != "" || m.MessageID != "1@b" {
		t.Errorf("oversize: %d bytes of text of %s", len(m.Text), m.MessageID)
	}
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	mail := func(n string) string { return "Message-ID: <" + n + "@b>\n\ntext\n" }
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	io.WriteString(w, "From a\n"+mail("1")+"\nFrom a@b Fri Jan  2 03:04:05 2026\n"+mail("2"))
	w.Close()
	gz := write("m.mbox.gz", z.String())
	for _, name := range []string{"cur/1:2,S", "cur/2:2,", "new/3", "tmp/4", "cur/.hidden"} {
		write("maildir/"+name, mail(filepath.Base(name)[:1]))
	}
	write("flat/2.eml", mail("2"))
	write("flat/1.eml", mail("1"))
	write("tree/b/c/3.eml", mail("3"))
	write("tree/b/box/new/2", mail("2"))
	write("tree/1.eml", mail("1"))
	write("bare.git/HEAD", "ref: refs/heads/master\n")
	for _, tt := range []struct {
		path string
		want []string
	}{
		{gz, []string{"m.mbox.gz:1 1@b", "m.mbox.gz:2 2@b"}},
		{write("one.eml", mail("1")), []string{"one.eml 1@b"}},
		{dir + "/maildir", []string{"maildir/cur/1:2,S 1@b", "maildir/cur/2:2, 2@b", "maildir/new/3 3@b"}},
		{dir + "/flat", []string{"flat/1.eml 1@b", "flat/2.eml 2@b"}},
		{dir + "/tree", []string{"tree/1.eml 1@b", "tree/b/box/new/2 2@b", "tree/b/c/3.eml 3@b"}},
	} {
		var got []string
		err := Read(tt.path, func(raw []byte, where string) error {
			got = append(got, strings.TrimPrefix(where, dir+"/")+" "+parse(raw).MessageID)
			return nil
		})
		if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
			t.Errorf("Read(%s): %v (-want +got):\n%s", tt.path, err, diff)
		}
	}
	if err := Read(dir+"/bare.git", nil); !errors.Is(err, ErrNoMail) {
		t.Errorf("git repository: %v", err)
	}
	if err := Read(dir+"/none", nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if err := Read(write("cut.gz", z.String()[:z.Len()-30]), func([]byte, string) error { return nil }); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("cut file: %v", err)
	}
	write("flat/1.gz", "\x1f\x8b no gzip")
	var read int
	if err := Read(dir+"/flat", func([]byte, string) error { read++; return nil }); !errors.Is(err, gzip.ErrHeader) || read != 2 {
		t.Errorf("directory with a broken file: %d mails, %v", read, err)
	}
	if err := Read("/dev/null", nil); !errors.Is(err, ErrNoMail) {
		t.Errorf("device: %v", err)
	}
	stop := errors.New("stop")
	if err := Read(dir+"/flat", func([]byte, string) error { return stop }); err != stop {
		t.Errorf("callback's error in a directory: %v", err)
	}
	if err := Read(gz, func([]byte, string) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("callback's error: %v", err)
	}
}

// FuzzReadMbox: nothing is invented, and mails that were written as mboxrd come
// back as they were.
func FuzzReadMbox(f *testing.F) {
	f.Add([]byte("From a\nA: 1\n\n>From b\n\nFrom a@b Fri Jan  2 03:04:05 2026\nB: 2\n"))
	f.Add([]byte("A: 1\n\n>>From b\nFrom c\n\n\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		total := 0
		err := ReadMbox(bytes.NewReader(b), func(raw []byte) error { total += len(raw); return nil })
		if err != nil || total > len(b) {
			t.Errorf("%d bytes of %d, %v", total, len(b), err)
		}
		mail := "A: 1\n\n" + strings.TrimLeft(string(b), "\r\n") + "\n"
		quoted := regexp.MustCompile(`(?m)^(>*From )`).ReplaceAllString(mail, ">$1")
		separator := "From mboxrd@z Thu Jan  1 00:00:00 1970\n"
		if got := mboxOf(t, strings.NewReader(separator+quoted+"\n"+separator+quoted+"\n")); len(got) != 2 || got[0] != mail || got[1] != mail {
			t.Errorf("%q came back as %q", mail, got)
		}
	})
}
