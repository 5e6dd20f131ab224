package imap

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// An Account is where and as whom to read mail. Host and Port are required.
type Account struct {
	Name   string // for errors
	Host   string
	Port   int
	TLS    string // "tls" or "" (from the start), "starttls", or "none"
	CAFile string // PEM file of certificates to trust instead of the system's; "" is the system's

	Auth     string // [Plain] or another; "" is the best that the server has for a password or token
	User     string
	Password string
	// Token returns an OAuth2 access token, instead of a password. Rejected is
	// one that the server has just refused, "" if none: the same again means
	// that there is no other.
	Token func(ctx context.Context, rejected string) (string, error)

	silence time.Duration // tests: another than the constant
}

func (a Account) address() string { return net.JoinHostPort(a.Host, strconv.Itoa(a.Port)) }

const dialTimeout = 30 * time.Second

// alive finds connections whose other end is gone without a word, within two
// minutes, also while nothing is due.
var alive = net.KeepAliveConfig{Enable: true, Idle: 45 * time.Second, Interval: 15 * time.Second, Count: 4}

// Dial connects to an account and logs in. A token that the server refuses is
// asked for once more. The errors match [ErrUnreachable], [ErrTLS] or [ErrAuth]
// and say what to do.
func Dial(ctx context.Context, a Account) (*Client, error) {
	if a.silence == 0 {
		a.silence = silence
	}
	if a.Token == nil {
		return connect(ctx, a, a.Password)
	}
	rejected := ""
	var refusal error
	for {
		token, err := a.Token(ctx, rejected)
		switch {
		case err != nil:
			return nil, fmt.Errorf("account %s: token: %w", a.Name, err)
		case refusal != nil && token == rejected:
			return nil, refusal
		}
		c, err := connect(ctx, a, token)
		if !errors.Is(err, ErrAuth) || refusal != nil {
			return c, err
		}
		rejected, refusal = token, err
	}
}

// connect connects and logs in with a password or token.
func connect(ctx context.Context, a Account, secret string) (*Client, error) {
	config, err := a.tlsConfig()
	if err != nil {
		return nil, fmt.Errorf("account %s: %w", a.Name, err)
	}
	d := net.Dialer{Timeout: dialTimeout, KeepAliveConfig: alive}
	raw, err := d.DialContext(ctx, "tcp", a.address())
	if err != nil {
		return nil, fmt.Errorf("account %s: %w: %w; check host and port", a.Name, ErrUnreachable, err)
	}
	c := &Client{name: a.Name, conn: &conn{Conn: raw, silence: a.silence}, news: make(chan struct{}, 1)}
	if err := c.start(ctx, a, config); err == nil && c.c.State() != imap.ConnStateAuthenticated { // else PREAUTH
		err = c.authenticate(ctx, a, secret)
		if err == nil {
			return c, nil
		}
		c.c.Close()
		return nil, err
	} else if err != nil {
		raw.Close()
		return nil, err
	}
	return c, nil
}

// start makes the connection secure and hears the greeting.
func (c *Client) start(ctx context.Context, a Account, config *tls.Config) error {
	if tcp, ok := c.conn.RemoteAddr().(*net.TCPAddr); a.TLS == "none" && a.Token != nil && (!ok || !tcp.IP.IsLoopback()) {
		return fmt.Errorf(`account %s: %w: a token is not sent to %s with tls = "none", where all can read it; use "tls" or "starttls"`, a.Name, ErrTLS, a.Host)
	}
	return c.do(ctx, answerLimit, func() error {
		if err := c.secure(ctx, a, config); err != nil {
			return explain(err, a)
		}
		return c.c.WaitGreeting()
	})
}

// secure puts TLS, the guard and the IMAP library on the connection.
func (c *Client) secure(ctx context.Context, a Account, config *tls.Config) error {
	watched := &guard{Conn: c.conn, fail: c.conn.fail}
	if a.TLS == "starttls" {
		if err := c.askForTLS(a); err != nil {
			return err
		}
		watched.ahead = strings.NewReader("* OK\r\n") // the greeting is over
	}
	if a.TLS != "none" {
		over := tls.Client(c.conn, config)
		if err := over.HandshakeContext(ctx); err != nil {
			return err
		}
		watched.Conn = over
	}
	c.c = imapclient.New(watched, &imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{Mailbox: c.hear}})
	return nil
}

// maxChat bounds the lines, and the bytes of each, that a server may say before
// TLS.
const maxChat = 1000

// askForTLS has the server wait for a TLS handshake. It reads no byte more than
// the answer: what somebody has put behind it is taken for the handshake, which
// fails then.
func (c *Client) askForTLS(a Account) error {
	greeting, err := c.readLine()
	if err != nil {
		return err
	}
	if !hasWord(greeting, "* OK") { // PREAUTH would forbid TLS
		return fmt.Errorf(`%w with %s: it greets with %.60q; try tls = "tls" with port 993`, ErrTLS, a.address(), greeting)
	}
	if _, err := io.WriteString(c.conn, "u STARTTLS\r\n"); err != nil {
		return err
	}
	for range maxChat {
		line, err := c.readLine()
		switch {
		case err != nil:
			return err
		case hasWord(line, "u OK"):
			return nil
		case !strings.HasPrefix(line, "* "):
			return fmt.Errorf(`%w with %s: no STARTTLS there; try tls = "tls" with port 993`, ErrTLS, a.address())
		}
	}
	return fmt.Errorf("%w: more was said before TLS than need be", ErrLimit)
}

// readLine reads a line of the bare connection, and nothing behind it.
func (c *Client) readLine() (string, error) {
	var line []byte
	for b := make([]byte, 1); len(line) < maxChat; line = append(line, b[0]) {
		if _, err := io.ReadFull(c.conn, b); err != nil {
			return "", fmt.Errorf("%w: connection lost before TLS: %w", ErrUnreachable, err)
		}
		if b[0] == '\n' {
			return strings.TrimSuffix(string(line), "\r"), nil
		}
	}
	return "", fmt.Errorf("%w: a long line before TLS", ErrLimit)
}

// hasWord says if a line begins with these words, in any case.
func hasWord(line, words string) bool {
	return len(line) >= len(words) && strings.EqualFold(line[:len(words)], words) && (len(line) == len(words) || line[len(words)] == ' ')
}

// tlsConfig checks the account's settings and reads its CA file.
func (a Account) tlsConfig() (*tls.Config, error) {
	switch a.TLS {
	case "", "tls", "starttls", "none":
	default:
		return nil, fmt.Errorf(`tls is "tls", "starttls" or "none", not %q`, a.TLS)
	}
	if a.Auth != "" && !slices.Contains(ways, a.Auth) {
		return nil, fmt.Errorf("auth is one of %s, not %q", strings.Join(ways, ", "), a.Auth)
	}
	config := &tls.Config{ServerName: a.Host, MinVersion: tls.VersionTLS12}
	if a.CAFile == "" {
		return config, nil
	}
	pem, err := os.ReadFile(a.CAFile)
	if err != nil {
		return nil, fmt.Errorf("ca_file: %w", err)
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("ca_file %s: no certificate in it", a.CAFile)
	}
	return config, nil
}

// explain says of a connection that could not be made secure what was wrong,
// and what to do. Other errors it leaves alone.
func explain(err error, a Account) error {
	var (
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		invalid *tls.CertificateVerificationError
		noTLS   tls.RecordHeaderError
		alert   tls.AlertError
		hint    string
	)
	switch {
	case errors.As(err, &unknown):
		hint = "the certificate is signed by nobody known: set ca_file to the certificate of its authority, or to its own if it is self-signed"
	case errors.As(err, &name):
		hint = "set host to a name that the certificate is for"
	case errors.As(err, &invalid):
		hint = "the server needs another certificate"
	case errors.As(err, &noTLS):
		hint = `the server speaks no TLS on this port: 993 is usual for tls = "tls", 143 for tls = "starttls"`
	case errors.As(err, &alert):
		hint = "the server refused the TLS handshake"
	default:
		return err
	}
	return fmt.Errorf("%w with %s: %w; %s", ErrTLS, a.address(), err, hint)
}
