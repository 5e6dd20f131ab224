package imap

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// serve runs a server of one connection.
func serve(t *testing.T, f func(net.Conn)) (port int) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var done sync.WaitGroup
	done.Go(func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		f(conn)
	})
	t.Cleanup(func() { ln.Close(); done.Wait() })
	return ln.Addr().(*net.TCPAddr).Port
}

// TestHostile holds servers that break the protocol on purpose. Each answer
// stands for the command at its place: login, EXAMINE, FETCH of sizes, FETCH of
// bodies. %s is the tag; "" is silence.
func TestHostile(t *testing.T) {
	const (
		login = "%s OK [CAPABILITY IMAP4rev1] in\r\n"
		open  = "* 1 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 2] ok\r\n%s OK [READ-ONLY] ok\r\n"
		sizes = "* 1 FETCH (UID 1 RFC822.SIZE 10 INTERNALDATE \"02-Jan-2026 03:04:05 +0000\")\r\n%s OK done\r\n"
	)
	for _, tt := range []struct {
		name    string
		answers []string
		want    error
	}{
		{"huge literal", []string{login, open, sizes, "* 1 FETCH (UID 1 BODY[] {4294967296}\r\nabc"}, ErrLimit},
		{"negative literal", []string{login, open, sizes, "* 1 FETCH (UID 1 BODY[] {-1}\r\nabc)\r\n%s OK\r\n"}, ErrUnreachable},
		{"endless line", []string{login, "* OK " + strings.Repeat("x", 2<<20)}, ErrLimit},
		{"endless list of sizes", []string{login, open, strings.Repeat(strings.TrimSuffix(sizes, "%s OK done\r\n"), 20000)}, ErrLimit},
		{"body longer than said", []string{login, open, sizes, "* 1 FETCH (UID 1 BODY[] {2000000}\r\n" + strings.Repeat("x", 2000000) + ")\r\n%s OK\r\n"}, ErrLimit},
		{"silence", []string{login, open, ""}, ErrUnreachable},
		{"good-bye", []string{login, "* BYE shutting down\r\n"}, ErrUnreachable},
		{"no UIDVALIDITY", []string{login, "* 1 EXISTS\r\n* OK [UIDNEXT 2] ok\r\n%s OK done\r\n"}, nil},
		{"nonsense", []string{login, "HTTP/1.1 200 OK\r\n\r\n"}, ErrUnreachable},
		{"too deep", []string{login, open, "* 1 FETCH (BODYSTRUCTURE " + strings.Repeat("(", 900000)}, ErrLimit},
		{"literal of a mailbox name", []string{login, "* LIST () NIL {2000000000}\r\nabc"}, ErrLimit},
		{"silence after a no", []string{login, open, sizes, "%s NO [EXPUNGEISSUED] gone\r\n"}, ErrUnreachable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			port := serve(t, func(c net.Conn) { answer(c, tt.answers) })
			got, err := readHostile(t.Context(), port)
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			if len(got) > 0 {
				t.Errorf("got %d mails of a broken answer", len(got))
			}
		})
	}
	t.Run("a search that finds more than all", func(t *testing.T) {
		port := serve(t, func(c net.Conn) {
			answer(c, []string{strings.Replace(login, "IMAP4rev1", "IMAP4rev1 IMAP4rev2 ESEARCH", 1), open, "* ESEARCH (TAG \"%s\") UID ALL 1:4294967295\r\n%s OK done\r\n",
				sizes, "* 1 FETCH (UID 1 BODY[] {3}\r\nabc)\r\n%s OK done\r\n"})
		})
		c := mustDial(t, Account{Name: "odd", Host: "127.0.0.1", Port: port, TLS: "none", Auth: "login", User: "u", Password: "p"})
		if _, err := c.Open(t.Context(), "lists"); err != nil {
			t.Fatal(err)
		}
		n := 0
		err := c.Fetch(t.Context(), Range{UpTo: 1, Since: time.Unix(0, 0)}, 10, func(b Batch) error { n += len(b.Mails); return nil })
		if err != nil || n != 1 {
			t.Errorf("%d mails, %v", n, err)
		}
	})
	t.Run("a mail that is listed and never given", func(t *testing.T) {
		const ok = "%s OK done\r\n"
		port := serve(t, func(c net.Conn) {
			answer(c, []string{login, strings.Replace(open, "UIDNEXT 2", "UIDNEXT 4", 1),
				"* 1 FETCH (UID 1 RFC822.SIZE 3)\r\n* 2 FETCH (UID 2 RFC822.SIZE 3)\r\n* 3 FETCH (UID 3 RFC822.SIZE 3)\r\n" + ok,
				"* 3 FETCH (UID 3 BODY[] {3}\r\nabc)\r\n%s NO [EXPUNGEISSUED] some are gone\r\n", ok, // of NOOP
				"* 1 FETCH (UID 1 RFC822.SIZE 3)\r\n" + ok, "* 1 FETCH (UID 1 BODY[] NIL)\r\n" + ok})
		})
		c := mustDial(t, Account{Name: "odd", Host: "127.0.0.1", Port: port, TLS: "none", Auth: "login", User: "u", Password: "p"})
		if _, err := c.Open(t.Context(), "lists"); err != nil {
			t.Fatal(err)
		}
		var got []Batch
		err := c.Fetch(t.Context(), Range{UpTo: 3}, 10, func(b Batch) error { got = append(got, b); return nil })
		want := []Batch{{Mails: []Raw{{UID: 3, Size: 3, Bytes: []byte("abc")}}, UpTo: 3, Withheld: []uint32{1}}}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	})
	t.Run("mails not asked for", func(t *testing.T) {
		port := serve(t, func(c net.Conn) {
			answer(c, []string{login, open, "* 2 FETCH (UID 99 RFC822.SIZE 10)\r\n" + sizes,
				"* 2 FETCH (UID 99 BODY[] {3}\r\nxyz)\r\n* 1 FETCH (UID 1 BODY[] {3}\r\nabc)\r\n%s OK done\r\n"})
		})
		got, err := readHostile(t.Context(), port)
		if err != nil || len(got) != 1 || got[0].UID != 1 || string(got[0].Bytes) != "abc" {
			t.Errorf("got %v, %v", got, err)
		}
	})
}

// answer plays a server by a script.
func answer(c net.Conn, script []string) {
	fmt.Fprint(c, "* OK [CAPABILITY IMAP4rev1] hello\r\n")
	buf := make([]byte, 4096)
	for _, s := range script {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		tag, _, _ := strings.Cut(string(buf[:n]), " ")
		fmt.Fprint(c, strings.ReplaceAll(s, "%s", tag))
	}
	for { // until the client has had enough
		if _, err := c.Read(buf); err != nil {
			return
		}
	}
}

func readHostile(ctx context.Context, port int) (got []Raw, err error) {
	a := Account{Name: "odd", Host: "127.0.0.1", Port: port, TLS: "none", Auth: "login", User: "u", Password: "p", silence: 400 * time.Millisecond}
	c, err := Dial(ctx, a)
	if err != nil {
		return nil, err
	}
	defer c.c.Close()
	st, err := c.Open(ctx, "lists")
	if err != nil {
		return nil, err
	}
	err = c.Fetch(ctx, Range{UpTo: st.UIDNext - 1}, 4, func(b Batch) error { got = append(got, b.Mails...); return nil })
	return got, err
}
