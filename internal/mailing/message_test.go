package mailing

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// TestParse runs testdata/parse: what is read of one mail each.
func TestParse(t *testing.T) {
	files, err := filepath.Glob("testdata/parse/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		raw, want := a.Files[0].Data, string(a.Files[1].Data)
		if diff := cmp.Diff(want, show(parse(raw))); diff != "" {
			t.Errorf("%s: %s(-want +got):\n%s", file, a.Comment, diff)
		}
		crlf := bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n")) // as IMAP sends it
		if diff := cmp.Diff(want, show(parse(crlf))); diff != "" {
			t.Errorf("%s with CRLF: %s(-want +got):\n%s", file, a.Comment, diff)
		}
	}
}

// show is a message as the cases write it; what is empty is left out.
func show(m *Message) string {
	var b strings.Builder
	line := func(key, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s: %s\n", key, value)
		}
	}
	line("id", m.MessageID)
	line("inner", m.InnerID)
	line("in reply to", m.InReplyTo)
	line("references", strings.Join(m.References, " "))
	line("from", m.From.String())
	if m.Author != m.From {
		line("author", m.Author.String())
	}
	if p := parseAddresses(m.RawFrom); len(p) == 1 && p[0] != m.From {
		line("raw from", m.RawFrom)
	}
	date := "none"
	if !m.Date.IsZero() {
		date = m.Date.UTC().Format(time.RFC3339)
	}
	line("date", date)
	fmt.Fprintf(&b, "subject: %s\n", m.Subject)
	line("patch subject", m.PatchSubject)
	line("list", m.ListID)
	line("archive", m.Archive)
	line("change-id", m.ChangeID)
	line("base-commit", m.BaseCommit)
	for _, p := range m.Problems {
		line("problem", p)
	}
	fmt.Fprintf(&b, "text:\n%s", m.Text)
	return b.String()
}

// TestLimits holds mails that are made to cost: each is read in short time, and
// says what was left out.
func TestLimits(t *testing.T) {
	head := "Message-ID: <1@example.com>\nFrom: j@example.com\nDate: Fri, 2 Jan 2026 03:04:05 +0000\nSubject: s\n"
	nested := "text\n"
	for i := range 60 {
		nested = fmt.Sprintf("Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n%s\n--b%d--\n", i, i, nested, i)
	}
	for _, tt := range []struct{ name, raw, problem string }{
		{"32 MiB", head + "\n" + strings.Repeat("0123456789abcde\n", MaxRaw/16), "larger than 32 MiB"},
		{"header", head + strings.Repeat("X-A: 0123456789\n", 1<<16) + "\ntext\n", "header larger than 100 KiB"},
		{"one header line", head + "X-A: " + strings.Repeat("a", 1<<20) + "\n\ntext\n", "header larger than 100 KiB"},
		{"parts", head + "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\n\nx\n", 5000) + "--b--\n", "more than 1000 parts"},
		{"depth", head + nested, "or 20 levels"},
		{"addresses", head + "To: " + strings.Repeat("a@b.c, ", 9000) + "a@b.c\n\ntext\n", "To has 9001 addresses"},
		{"encoded words", head + "To: " + strings.Repeat("=?utf-8?q?a?= ", 6000) + "\n\ntext\n", ""},
		{"comments", head + "To: " + strings.Repeat("(", 90000) + "\n\ntext\n", ""},
		{"quotes", head + "\n" + strings.Repeat("Reviewed-by: a <a@b.c>\n", 1<<16), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			start := worked(t)
			m := parse([]byte(tt.raw))
			Trailers(m.Text)
			ReadReply(m.Text)
			if took := worked(t) - start; took > 10*time.Second { // 2 s without the race detector
				t.Errorf("took %v", took)
			}
			if got := strings.Join(m.Problems, "; "); !strings.Contains(got, tt.problem) {
				t.Errorf("problems %.200q, want %q", got, tt.problem)
			}
			if m.MessageID != "1@example.com" {
				t.Errorf("MessageID %q", m.MessageID)
			}
		})
	}
}

// worked is the processor time that this process has used: other work on the
// machine does not count.
func worked(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// corpus finds the real mails, or skips the test.
func corpus(t testing.TB, name string) string {
	t.Helper()
	root := os.Getenv("UPSTREAMD_CORPUS")
	if root == "" {
		root = "../../../shared/data"
	}
	path := filepath.Join(root, name)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("no corpus: set UPSTREAMD_CORPUS")
	}
	return path
}

// TestOddMails reads all odd, broken and hostile mails of the corpus. None is
// lost: each has an identity, and says why where it has no text.
func TestOddMails(t *testing.T) {
	n := 0
	err := filepath.WalkDir(corpus(t, "mail-odd"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return Read(path, func(raw []byte, where string) error {
			n++
			m := parse(raw)
			if m.MessageID == "" || m.MadeUp && len(m.Problems) == 0 {
				t.Errorf("%s: no identity", where)
			}
			if m.From == (Person{}) && m.Subject == "" && m.Text == "" && len(m.Problems) == 0 {
				t.Errorf("%s: nothing read and no reason", where)
			}
			for _, s := range []string{m.MessageID, m.Subject, m.Text, m.From.Name, m.From.Email, m.RawFrom, m.ListID} {
				if s != clean(s) {
					t.Errorf("%s: not clean: %.80q", where, s)
				}
			}
			return nil
		})
	})
	if err != nil || n < 387 {
		t.Errorf("%d mails read, %v; want 387 at least", n, err)
	}
}

func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/parse/*.txtar")
	for _, file := range files {
		if a, err := txtar.ParseFile(file); err == nil {
			f.Add(a.Files[0].Data)
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := parse(raw)
		if m.MessageID == "" {
			t.Error("no MessageID")
		}
		for _, s := range []string{m.MessageID, m.Subject, m.Text, m.Footer, m.From.String(), m.Author.String(), m.ListID, m.ChangeID} {
			if s != clean(s) {
				t.Errorf("not clean: %q", s)
			}
		}
		Trailers(m.Text)
		ReadReply(m.Text)
	})
}
