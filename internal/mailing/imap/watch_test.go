package imap

import (
	"context"
	"errors"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/mailing/imap/imapdtest"
	"github.com/upstreamd/upstreamd/internal/mailing/imap/imaptest"
)

// patience is how long a slow machine may take.
const patience = 30 * time.Second

// eventually waits until something is so.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !so(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("%s: not in %v", what, patience)
		}
	}
}

// A watching is a Watch under way.
type watching struct {
	news    chan struct{}
	trouble chan error
	stop    context.CancelFunc
	done    chan error
}

func startWatch(t *testing.T, a Account, most int, names ...string) *watching {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	w := &watching{make(chan struct{}, 1000), make(chan error, 1000), cancel, make(chan error, 1)}
	go func() {
		w.done <- Watch(ctx, Watched{
			Account: func() (Account, error) { return a, nil }, Names: names, Most: most,
			News: func() { w.news <- struct{}{} }, Trouble: func(err error) { w.trouble <- err },
			renew: time.Minute, calm: time.Millisecond, pause: func(context.Context, int) {},
		})
	}()
	t.Cleanup(func() { w.end(t) })
	return w
}

// end stops the watch and waits for its end, which must be quick.
func (w *watching) end(t *testing.T) {
	t.Helper()
	w.stop()
	select {
	case err := <-w.done:
		if err != nil {
			t.Errorf("Watch: %v", err)
		}
		w.done <- nil // for the next to ask
	case <-time.After(patience):
		t.Error("Watch does not end")
	}
}

// hears waits for news.
func (w *watching) hears(t *testing.T, what string) {
	t.Helper()
	select {
	case <-w.news:
	case err := <-w.done:
		t.Fatalf("%s: Watch ended: %v", what, err)
	case <-time.After(patience):
		t.Fatalf("%s: no news", what)
	}
}

// idleCommand is what a client says; a server lists IDLE among what it can do.
var idleCommand = regexp.MustCompile(`T\d+ IDLE\r\n`)

func TestWatch(t *testing.T) {
	var wire lockedBuffer
	idles := func() int { return len(idleCommand.FindAllString(wire.String(), -1)) }
	s, a := memory(t, imaptest.Options{Mailboxes: map[string][][]byte{"a": mails(1, 2), "b": nil, "c": nil}, Log: &wire})
	p := imapdtest.StartProxy(t, a.Port, func(int) imapdtest.Fault { return imapdtest.Fault{} })
	a.Port = p.Port
	w := startWatch(t, a, 2, "b", "nowhere*", "a", "c")
	eventually(t, "two mailboxes are watched", func() bool { return idles() == 2 })
	if n := p.Connections(); n != 3 { // one looked which mailboxes there are
		t.Errorf("%d connections, want 3", n)
	}
	n := 10
	for _, name := range []string{"a", "b", "a"} {
		appendUntil(t, w, func() {
			if err := s.Append(name, mail(n)); err != nil {
				t.Fatal(err)
			}
			n++
		})
	}

	// What comes while the connections are lost is told of when they are back.
	p.Plan(func(int) imapdtest.Fault { return imapdtest.Fault{After: 1} })
	before := idles()
	p.Cut()
	if err := <-w.trouble; !errors.Is(err, ErrUnreachable) {
		t.Errorf("trouble: %v", err)
	}
	if err := s.Append("b", mail(20)); err != nil {
		t.Fatal(err)
	}
	p.Plan(func(int) imapdtest.Fault { return imapdtest.Fault{} })
	w.hears(t, "mail that came while there was no connection")
	eventually(t, "both are watched again", func() bool { return idles() >= before+2 })

	begun := time.Now()
	w.end(t)
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("it took %v to end", took)
	}
}

// TestRenew: IDLE is begun anew before a server may be tired of it.
func TestRenew(t *testing.T) {
	var wire lockedBuffer
	_, a := memory(t, imaptest.Options{Mailboxes: map[string][][]byte{"lists": nil}, Log: &wire})
	c := mustDial(t, a)
	if _, err := c.Open(t.Context(), "lists"); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := c.Idle(t.Context(), time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
	if said := wire.String(); len(idleCommand.FindAllString(said, -1)) != 3 || strings.Count(said, "DONE\r\n") != 3 {
		t.Errorf("wire:\n%s", said)
	}
	if renewAfter >= 29*time.Minute {
		t.Error("RFC 2177 wants less than 29 minutes")
	}
}

func TestWatchRealServers(t *testing.T) {
	t.Run("dovecot", func(t *testing.T) {
		d := imapdtest.StartDovecot(t, map[string][][]byte{"lists": mails(1, 2)})
		p := imapdtest.StartProxy(t, d.Port, func(int) imapdtest.Fault { return imapdtest.Fault{} })
		w := startWatch(t, Account{Name: "work", Host: d.Host, Port: p.Port, CAFile: d.CAFile, User: d.User, Password: d.Password}, 1, "lists")
		eventually(t, "connected", func() bool { return p.Connections() == 2 })
		n := 3
		appendUntil(t, w, func() { d.Append("lists", mail(n)); n++ })
	})
	t.Run("public-inbox", func(t *testing.T) {
		pi := imapdtest.StartPublicInbox(t, mails(1, 2))
		w := startWatch(t, Account{Name: "archive", Host: pi.Host, Port: pi.Port, TLS: "none", Auth: Anonymous}, 1, pi.List)
		n := 3
		appendUntil(t, w, func() { pi.Append(mail(n)); n++ })
	})
}

// appendUntil sends mail until there are news. The first may come before the
// mailbox is watched, and the server in process loses what comes just when an
// IDLE begins: the schedule finds such mail.
func appendUntil(t *testing.T, w *watching, send func()) {
	t.Helper()
	for range 15 {
		send()
		select {
		case <-w.news:
			return
		case <-time.After(patience / 15):
		}
	}
	t.Error("no news")
}

func TestNoIdle(t *testing.T) {
	const (
		login = "%s OK [CAPABILITY IMAP4rev1] in\r\n"
		open  = "* 1 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 2] ok\r\n%s OK [READ-ONLY] ok\r\n"
	)
	port := serve(t, func(c net.Conn) { answer(c, []string{login, open}) })
	c := mustDial(t, Account{Name: "old", Host: "127.0.0.1", Port: port, TLS: "none", Auth: Login, User: "u", Password: "p"})
	if _, err := c.Open(t.Context(), "lists"); err != nil {
		t.Fatal(err)
	}
	if err := c.Idle(t.Context(), time.Minute); !errors.Is(err, ErrNoIdle) {
		t.Errorf("Idle: %v", err)
	}
}

func TestBackOff(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tries := range []int{0, 1, 20, 63, 1000} { // shifts must not overflow
		backOff(ctx, tries)
	}
}

func TestExpand(t *testing.T) {
	s, a := memory(t, imaptest.Options{Mailboxes: map[string][][]byte{
		"INBOX": nil, "lists/zlib": nil, "lists/curl": nil, "org.list.0": nil, "org.list.1": nil, "org.list.3": nil, "years.2024": nil, "both": nil, "both.0": nil,
	}})
	c := mustDial(t, a)
	expand := func(names ...string) []string {
		t.Helper()
		got, err := c.Expand(t.Context(), names)
		if err != nil {
			t.Errorf("Expand(%q): %v", names, err)
		}
		return got
	}
	for _, tt := range []struct{ names, want []string }{
		{[]string{"INBOX", "nowhere"}, []string{"INBOX", "nowhere"}},
		{[]string{"lists/*", "INBOX", "lists/zlib"}, []string{"lists/curl", "lists/zlib", "INBOX"}},
		{[]string{"org.list"}, []string{"org.list.0", "org.list.1"}},
		{[]string{"years", "both"}, []string{"years", "both", "both.0"}},
	} {
		if diff := cmp.Diff(tt.want, expand(tt.names...)); diff != "" {
			t.Errorf("Expand(%q) (-want +got):\n%s", tt.names, diff)
		}
	}
	if err := s.Append("org.list.2", mail(1)); err != nil { // the list grew
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"org.list.0", "org.list.1", "org.list.2", "org.list.3"}, expand("org.list")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got, err := c.Expand(t.Context(), []string{"nolist/*", "INBOX"})
	if !errors.Is(err, ErrMailbox) || !strings.Contains(err.Error(), `"nolist/*"`) || !cmp.Equal(got, []string{"INBOX"}) {
		t.Errorf("Expand = %q, %v", got, err)
	}
	if _, err := c.Expand(t.Context(), []string{"a\r\nb"}); !errors.Is(err, ErrMailbox) {
		t.Errorf("Expand: %v", err)
	}
}
