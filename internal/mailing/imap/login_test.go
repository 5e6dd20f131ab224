package imap

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/upstreamd/upstreamd/internal/mailing/imap/imapdtest"
	"github.com/upstreamd/upstreamd/internal/mailing/imap/imaptest"
)

// A purse has tokens: each one that is rejected is followed by the next.
type purse struct {
	tokens []string
	asked  []string // what was rejected, at each question
}

func (p *purse) token(_ context.Context, rejected string) (string, error) {
	p.asked = append(p.asked, rejected)
	if len(p.tokens) == 0 {
		return "", errors.New("no token today")
	}
	if rejected != "" && rejected == p.tokens[0] && len(p.tokens) > 1 {
		p.tokens = p.tokens[1:]
	}
	return p.tokens[0], nil
}

func TestOAuth2(t *testing.T) {
	d := imapdtest.StartDovecot(t, map[string][][]byte{"lists": mails(1, 3)})
	good, expired := d.Token(time.Hour), d.Token(-time.Minute)
	for _, tt := range []struct {
		name   string
		tokens []string
		asked  int
		ok     bool
	}{
		{"a good one", []string{good}, 1, true},
		{"an expired one, then a good one", []string{expired, good}, 2, true},
		{"expired, and there is no other", []string{expired}, 2, false},
		{"two that are no good", []string{expired, "x" + good, good}, 2, false},
	} {
		for _, auth := range []string{"", XOAuth2, OAuthBearer} {
			p := &purse{tokens: slices.Clone(tt.tokens)}
			a := Account{Name: "work", Host: d.Host, Port: d.Port, CAFile: d.CAFile, User: d.User, Auth: auth, Token: p.token}
			c, err := Dial(t.Context(), a)
			if (err == nil) != tt.ok || len(p.asked) != tt.asked {
				t.Errorf("%s %s: %v, asked %d times, want %d", auth, tt.name, err, len(p.asked), tt.asked)
			}
			if err != nil {
				if !errors.Is(err, ErrAuth) || strings.Contains(err.Error(), good) || strings.Contains(err.Error(), expired) {
					t.Errorf("%s %s: %v", auth, tt.name, err)
				}
				continue
			}
			_, got := fetch(t, c, "lists", 0)
			wantMails(t, got, mails(1, 3))
			c.Close()
		}
	}
	_, err := Dial(t.Context(), Account{Name: "work", Host: d.Host, Port: d.Port, CAFile: d.CAFile, User: d.User, Token: (&purse{}).token})
	if err == nil || !strings.Contains(err.Error(), "account work: token: no token today") {
		t.Errorf("no token: %v", err)
	}
}

// TestLoginHostile: a server gets no secret that it should not get, and shows
// none to others.
func TestLoginHostile(t *testing.T) {
	const greeting = "* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] hello\r\n"
	heard := make(chan string, 1)
	port := serve(t, func(c net.Conn) {
		fmt.Fprint(c, greeting)
		heard <- hears(c)
	})
	a := Account{Name: "odd", Host: "127.0.0.1", Port: port, TLS: "none", User: "ann", Password: "s3cret"}
	if _, err := Dial(t.Context(), a); !errors.Is(err, ErrAuth) || !strings.Contains(err.Error(), "LOGINDISABLED") {
		t.Errorf("LOGINDISABLED: %v", err)
	}
	if said := <-heard; strings.Contains(said, "s3cret") {
		t.Errorf("client said %q", said)
	}

	a.Port = serve(t, func(c net.Conn) { answer(c, []string{"%s NO wrong password s3cret of ann\r\n"}) })
	if _, err := Dial(t.Context(), a); !errors.Is(err, ErrAuth) || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("a server that tells: %v", err)
	}
}

// hears is all that a client says until it goes.
func hears(c net.Conn) string {
	var all strings.Builder
	buf := make([]byte, 4096)
	for {
		n, err := c.Read(buf)
		all.Write(buf[:n])
		if err != nil {
			return all.String()
		}
	}
}

// TestSTARTTLS: nothing that was said before TLS counts, and no secret goes out
// without it.
func TestSTARTTLS(t *testing.T) {
	for _, tt := range []struct {
		name, greeting, answer, says string
	}{
		{"no", "* OK hello\r\n", "u NO not here\r\n", "no STARTTLS there"},
		{"already in", "* PREAUTH welcome\r\n", "", "greets with"},
		{"busy", "* BYE too many\r\n", "", "too many"},
		{"injected", "* OK hello\r\n", "u OK begin\r\n* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] injected\r\n", "speaks no TLS"},
		{"babble", "* OK hello\r\n", strings.Repeat("* OK and\r\n", 2000), "more was said"},
		{"a long line", "* OK " + strings.Repeat("x", 5000), "", "long line"},
		{"gone", "* OK hel", "", "connection lost"},
	} {
		heard := make(chan string, 1)
		port := serve(t, func(c net.Conn) {
			fmt.Fprint(c, tt.greeting)
			if tt.answer == "" {
				if tcp := c.(*net.TCPConn); tt.name == "gone" {
					_ = tcp.CloseWrite()
				}
			} else {
				line := make([]byte, len("u STARTTLS\r\n"))
				_, _ = c.Read(line)
				fmt.Fprint(c, tt.answer)
			}
			heard <- hears(c)
		})
		a := Account{Name: "odd", Host: "127.0.0.1", Port: port, TLS: "starttls", User: "ann", Password: "s3cret", silence: 2 * time.Second}
		if _, err := Dial(t.Context(), a); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.says)
		}
		if said := <-heard; strings.Contains(said, "LOGIN") || strings.Contains(said, "AUTH") {
			t.Errorf("%s: client said %q", tt.name, said)
		}
	}
}

// TestTokenInTheClear: a token goes without TLS to this machine at most.
func TestTokenInTheClear(t *testing.T) {
	_, a := memory(t, imaptest.Options{})
	a.Token = (&purse{tokens: []string{"t0ken"}}).token
	if _, err := Dial(t.Context(), a); !errors.Is(err, ErrAuth) { // it knows no OAuth2
		t.Errorf("to this machine: %v", err)
	}
	c := &Client{name: "far", conn: &conn{Conn: elsewhere{}}}
	if err := c.start(t.Context(), a, nil); !errors.Is(err, ErrTLS) {
		t.Errorf("to another: %v", err)
	}
}

// elsewhere is a connection to another machine.
type elsewhere struct{ net.Conn }

func (elsewhere) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 143} }
