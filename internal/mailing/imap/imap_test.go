package imap

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/mailing"
	"github.com/upstreamd/upstreamd/internal/mailing/imap/imapdtest"
	"github.com/upstreamd/upstreamd/internal/mailing/imap/imaptest"
)

// mail is message n of a list, as a server sends it.
func mail(n int) []byte {
	return fmt.Appendf(nil, "Message-ID: <%d@example.org>\r\nFrom: Ann <ann@example.org>\r\nTo: test@lists.example.org\r\n"+
		"Date: Fri, 2 Jan 2026 03:04:%02d +0000\r\nSubject: mail %d\r\n\r\ntext %d\r\n", n, n%60, n, n)
}

func mails(from, to int) [][]byte {
	var l [][]byte
	for n := from; n <= to; n++ {
		l = append(l, mail(n))
	}
	return l
}

func mustDial(t *testing.T, a Account) *Client {
	t.Helper()
	c, err := Dial(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// fetch reads a mailbox after a UID, in batches of three.
func fetch(t *testing.T, c *Client, mailbox string, after uint32) (State, []Raw) {
	t.Helper()
	st, err := c.Open(t.Context(), mailbox)
	if err != nil {
		t.Fatal(err)
	}
	var got []Raw
	err = c.Fetch(t.Context(), Range{After: after, UpTo: st.UIDNext - 1}, 3, func(b Batch) error {
		if len(b.Mails) > 3 || len(b.Withheld) > 0 {
			t.Errorf("batch of %d, want 3 at most; withheld %v", len(b.Mails), b.Withheld)
		}
		got = append(got, b.Mails...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return st, got
}

// wantMails compares what was fetched. Servers may add header fields of their
// own, so only what every server keeps is looked at.
func wantMails(t *testing.T, got []Raw, want [][]byte) {
	t.Helper()
	ids := func(raw []byte) string { return mailing.Parse(raw).MessageID }
	var have, should []string
	for i, r := range got {
		have = append(have, ids(r.Bytes))
		if i > 0 && r.UID <= got[i-1].UID {
			t.Errorf("UID %d after %d", r.UID, got[i-1].UID)
		}
		if !bytes.Contains(r.Bytes, []byte("\r\n\r\ntext ")) {
			t.Errorf("UID %d: body is not there: %q", r.UID, r.Bytes)
		}
	}
	for _, w := range want {
		should = append(should, ids(w))
	}
	if diff := cmp.Diff(should, have); diff != "" {
		t.Errorf("mails (-want +got):\n%s", diff)
	}
}

func memory(t *testing.T, o imaptest.Options) (*imaptest.Server, Account) {
	t.Helper()
	if o.User == "" {
		o.User, o.Password = "ann", "secret"
	}
	s, err := imaptest.Serve(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, Account{Name: "test", Host: "127.0.0.1", Port: s.Addr().Port, TLS: "none", User: o.User, Password: o.Password}
}

// secureMemory is a server in process with a certificate of its own.
func secureMemory(t *testing.T, startTLS bool) Account {
	t.Helper()
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	if err := imapdtest.WriteCertificate(cert, key, "localhost"); err != nil {
		t.Fatal(err)
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	_, a := memory(t, imaptest.Options{TLS: &tls.Config{Certificates: []tls.Certificate{pair}}, StartTLS: startTLS, Mailboxes: map[string][][]byte{"lists": mails(1, 4)}})
	a.Host, a.CAFile, a.TLS = "localhost", cert, "tls"
	if startTLS {
		a.TLS = "starttls"
	}
	return a
}

func TestMemory(t *testing.T) {
	s, a := memory(t, imaptest.Options{Mailboxes: map[string][][]byte{"lists": mails(1, 10), "empty": nil}})
	c := mustDial(t, a)
	names, err := c.Mailboxes(t.Context(), "*")
	if diff := cmp.Diff([]string{"empty", "lists"}, names); diff != "" || err != nil {
		t.Errorf("Mailboxes: %v\n%s", err, diff)
	}
	st, got := fetch(t, c, "lists", 0)
	wantMails(t, got, mails(1, 10))
	if !bytes.Equal(got[0].Bytes, mail(1)) || got[0].InternalDate.IsZero() {
		t.Errorf("first is %q of %v", got[0].Bytes, got[0].InternalDate)
	}
	if err := s.Append("lists", mail(11), mail(12)); err != nil {
		t.Fatal(err)
	}
	_, got = fetch(t, c, "lists", st.UIDNext-1)
	wantMails(t, got, mails(11, 12))
	_, got = fetch(t, c, "lists", got[1].UID)
	wantMails(t, got, nil)
	_, got = fetch(t, c, "empty", 0)
	wantMails(t, got, nil)

	if err := s.Recreate("lists", mail(20)); err != nil {
		t.Fatal(err)
	}
	again, got := fetch(t, mustDial(t, a), "lists", 0)
	wantMails(t, got, mails(20, 20))
	if again.UIDValidity == st.UIDValidity {
		t.Errorf("UIDVALIDITY is %d as before", st.UIDValidity)
	}
}

func TestTLS(t *testing.T) {
	for _, startTLS := range []bool{false, true} {
		a := secureMemory(t, startTLS)
		_, got := fetch(t, mustDial(t, a), "lists", 0)
		wantMails(t, got, mails(1, 4))
	}
}

func TestDovecot(t *testing.T) {
	d := imapdtest.StartDovecot(t, map[string][][]byte{"INBOX": mails(1, 2), "lists": mails(1, 10)})
	a := Account{Name: "work", Host: d.Host, Port: d.Port, CAFile: d.CAFile, User: d.User, Password: d.Password}
	for _, tt := range []struct {
		auth, tls string
		port      int
	}{{"plain", "tls", d.Port}, {"login", "tls", d.Port}, {"", "tls", d.Port}, {"plain", "starttls", d.Plain}, {"login", "none", d.Plain}} {
		b := a
		b.Auth, b.TLS, b.Port = tt.auth, tt.tls, tt.port
		_, got := fetch(t, mustDial(t, b), "lists", 0)
		wantMails(t, got, mails(1, 10))
	}
	anon := a
	anon.Auth, anon.User, anon.Password = "anonymous", "", ""
	if st, err := mustDial(t, anon).Open(t.Context(), "INBOX"); err != nil || st.Messages != 0 {
		t.Errorf("anonymous: %v, %v", st, err)
	}

	c := mustDial(t, a)
	st, _ := fetch(t, c, "lists", 0)
	d.Append("lists", mail(11))
	_, got := fetch(t, c, "lists", st.UIDNext-1)
	wantMails(t, got, mails(11, 11))
	d.Recreate("lists", mail(20))
	again, got := fetch(t, mustDial(t, a), "lists", 0)
	wantMails(t, got, mails(20, 20))
	if again.UIDValidity == st.UIDValidity {
		t.Errorf("UIDVALIDITY is %d as before", st.UIDValidity)
	}

	if _, err := c.Open(t.Context(), "lost"); !errors.Is(err, ErrMailbox) || !strings.Contains(err.Error(), "INBOX, lists") {
		t.Errorf("no such mailbox: %v", err)
	}
	a.Password = "wrong-one"
	if _, err := Dial(t.Context(), a); !errors.Is(err, ErrAuth) || strings.Contains(err.Error(), "wrong-one") {
		t.Errorf("wrong password: %v", err)
	}
}

func TestPublicInbox(t *testing.T) {
	p := imapdtest.StartPublicInbox(t, mails(1, 3))
	for _, auth := range []string{"anonymous", "login"} {
		c := mustDial(t, Account{Name: "archive", Host: p.Host, Port: p.Port, TLS: "none", Auth: auth, User: "any", Password: "any"})
		names, err := c.Mailboxes(t.Context(), "*")
		if err != nil || !slices.Contains(names, p.Mailbox) {
			t.Errorf("Mailboxes = %q, %v, want %s among them", names, err, p.Mailbox)
		}
		_, got := fetch(t, c, p.Mailbox, 0)
		wantMails(t, got, mails(1, 3))
		if _, err := c.Open(t.Context(), "org.example.none.0"); !errors.Is(err, ErrMailbox) {
			t.Errorf("no such mailbox: %v", err)
		}
	}
	c := mustDial(t, Account{Name: "archive", Host: p.Host, Port: p.Port, TLS: "none", Auth: Anonymous})
	for _, name := range []string{p.List, "org.*"} { // both with its parents, which can be opened and are empty
		names, err := c.Expand(t.Context(), []string{name})
		if err != nil || !slices.Contains(names, p.Mailbox) {
			t.Errorf("Expand(%s) = %q, %v", name, names, err)
		}
		n := 0
		for _, m := range names {
			_, got := fetch(t, c, m, 0)
			n += len(got)
		}
		if n != 3 {
			t.Errorf("%d mails in %q, want 3", n, names)
		}
	}
	if _, err := c.Open(t.Context(), p.Mailbox); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		since time.Time
		want  int
	}{{time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), 3}, {time.Now().AddDate(0, 0, 2), 0}} {
		n := 0
		err := c.Fetch(t.Context(), Range{UpTo: 3, Since: tt.since}, 10, func(b Batch) error { n += len(b.Mails); return nil })
		if err != nil || n != tt.want {
			t.Errorf("since %v: %d mails, %v, want %d", tt.since, n, err, tt.want)
		}
	}
}

func TestDialErrors(t *testing.T) {
	_, plain := memory(t, imaptest.Options{})
	secure := secureMemory(t, false)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := closed.Addr().(*net.TCPAddr).Port
	closed.Close()
	for _, tt := range []struct {
		name   string
		from   Account
		change func(*Account)
		want   error
		says   string
	}{
		{"wrong password", plain, func(a *Account) { a.Password = "no" }, ErrAuth, "check user, secret"},
		{"nobody there", plain, func(a *Account) { a.Port = gone }, ErrUnreachable, "check host and port"},
		{"unknown authority", secure, func(a *Account) { a.CAFile = "" }, ErrTLS, "set ca_file"},
		{"another host's certificate", secure, func(a *Account) { a.Host = "127.0.0.1" }, ErrTLS, "set host"},
		{"no TLS on the port", plain, func(a *Account) { a.TLS = "tls" }, ErrTLS, "speaks no TLS"},
		{"no STARTTLS", plain, func(a *Account) { a.TLS = "starttls" }, ErrTLS, "no STARTTLS there"},
		{"ca_file missing", secure, func(a *Account) { a.CAFile = "/nowhere.pem" }, nil, "ca_file"},
		{"ca_file is no certificate", secure, func(a *Account) { a.CAFile = "imap_test.go" }, nil, "no certificate in it"},
		{"misspelt tls", plain, func(a *Account) { a.TLS = "ssl" }, nil, `not "ssl"`},
		{"misspelt auth", plain, func(a *Account) { a.Auth = "cram" }, nil, `not "cram"`},
	} {
		a := tt.from
		tt.change(&a)
		c, err := Dial(t.Context(), a)
		if err == nil {
			c.Close()
		}
		if err == nil || tt.want != nil && !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v, want %v, %q", tt.name, err, tt.want, tt.says)
		}
	}
}

func TestMailboxNames(t *testing.T) {
	_, a := memory(t, imaptest.Options{Mailboxes: map[string][][]byte{`a "b" \c`: mails(1, 1), "ünï/x": mails(1, 1)}})
	c := mustDial(t, a)
	for _, name := range []string{`a "b" \c`, "ünï/x"} {
		if _, err := c.Open(t.Context(), name); err != nil {
			t.Errorf("Open(%q): %v", name, err)
		}
	}
	for _, name := range []string{"", "a\r\nT9 DELETE lists", "a\x00", strings.Repeat("a", 2000)} {
		if _, err := c.Open(t.Context(), name); !errors.Is(err, ErrMailbox) {
			t.Errorf("Open(%.20q): %v", name, err)
		}
	}
}

// TestReadOnly looks at the wire: nothing that could change a mailbox goes out.
func TestReadOnly(t *testing.T) {
	var wire lockedBuffer
	_, a := memory(t, imaptest.Options{Mailboxes: map[string][][]byte{"lists": mails(1, 5)}, Log: &wire})
	c := mustDial(t, a)
	fetch(t, c, "lists", 0)
	c.Close()
	said := strings.ToUpper(wire.String())
	for _, verb := range []string{" SELECT ", " STORE ", " EXPUNGE", " BODY[] ", "BODY[]<", " MOVE ", " COPY ", " APPEND ", ":*"} {
		for line := range strings.Lines(said) {
			if strings.HasPrefix(line, "T") && !serverSays.MatchString(line) && strings.Contains(line, verb) {
				t.Errorf("client said %q", line)
			}
		}
	}
	if !strings.Contains(said, " EXAMINE ") || !strings.Contains(said, "BODY.PEEK[]") {
		t.Errorf("wire log is not what it should be:\n%s", said)
	}
}

// TestUnchanged does all that this package does to a mailbox of dovecot, and
// looks at its files: no flag, no text and no place has changed.
func TestUnchanged(t *testing.T) {
	d := imapdtest.StartDovecot(t, map[string][][]byte{"lists": mails(1, 6)})
	d.Flag("lists", "2", "\\Flagged")
	d.Flag("lists", "3", "\\Seen")
	d.Append("lists", mail(7)) // and one that nobody has looked at
	before := d.Files("lists")
	a := Account{Name: "work", Host: d.Host, Port: d.Port, CAFile: d.CAFile, User: d.User, Password: d.Password}
	c := mustDial(t, a)
	if _, err := c.Expand(t.Context(), []string{"lists", "*"}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, got := fetch(t, c, "lists", 0)
		wantMails(t, got, mails(1, 7))
		if err := c.Idle(t.Context(), time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Fetch(t.Context(), Range{UpTo: 7, Since: time.Unix(0, 0)}, 2, func(Batch) error { return nil }); err != nil {
		t.Fatal(err)
	}
	c.Close()
	if diff := cmp.Diff(before, d.Files("lists")); diff != "" || len(before) != 7 {
		t.Errorf("%d files (-before +after):\n%s", len(before), diff)
	}
}

var serverSays = regexp.MustCompile(`^T\d+ (?:OK|NO|BAD) `)

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestOversize(t *testing.T) {
	big := append(mail(2), bytes.Repeat([]byte("0123456789abcdef\r\n"), (mailing.MaxRaw+1<<20)/18)...)
	_, a := memory(t, imaptest.Options{Mailboxes: map[string][][]byte{"lists": {mail(1), big, mail(3)}}})
	_, got := fetch(t, mustDial(t, a), "lists", 0)
	if len(got) != 3 || got[0].Oversize || !got[1].Oversize || got[2].Oversize {
		t.Fatalf("%d mails, want 3, the second oversize", len(got))
	}
	if len(got[1].Bytes) > 1000 || mailing.Parse(got[1].Bytes).MessageID != "2@example.org" || got[1].Size != int64(len(big)) {
		t.Errorf("oversize: %d bytes kept of %d: %.200q", len(got[1].Bytes), got[1].Size, got[1].Bytes)
	}
}

func TestStop(t *testing.T) {
	_, a := memory(t, imaptest.Options{Mailboxes: map[string][][]byte{"lists": mails(1, 9)}})
	c := mustDial(t, a)
	if _, err := c.Open(t.Context(), "lists"); err != nil {
		t.Fatal(err)
	}
	enough := errors.New("enough")
	n := 0
	if err := c.Fetch(t.Context(), Range{UpTo: 9}, 2, func(Batch) error { n++; return enough }); err != enough || n != 1 {
		t.Errorf("Fetch = %v after %d batches, want the callback's error after one", err, n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := c.Fetch(ctx, Range{UpTo: 9}, 2, func(Batch) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
