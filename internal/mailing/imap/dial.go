package imap

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
)

// An Account is where and as whom to read mail. Host and Port are required.
type Account struct {
	Name   string // for errors
	Host   string
	Port   int
	TLS    string // "tls" or "" (from the start), "starttls", or "none": only to this machine itself
	CAFile string // PEM file of certificates to trust instead of the system's; "" is the system's

	Auth     string // "plain", "login", "anonymous"; "" is plain where the server has it, else login
	User     string
	Password string
}

func (a Account) address() string { return net.JoinHostPort(a.Host, strconv.Itoa(a.Port)) }

const dialTimeout = 30 * time.Second

// Dial connects to an account and logs in. The errors match [ErrUnreachable],
// [ErrTLS] or [ErrAuth] and say what to do.
func Dial(ctx context.Context, a Account) (*Client, error) { return dial(ctx, a, silence) }

func dial(ctx context.Context, a Account, silence time.Duration) (*Client, error) {
	config, err := a.tlsConfig()
	if err != nil {
		return nil, fmt.Errorf("account %s: %w", a.Name, err)
	}
	d := net.Dialer{Timeout: dialTimeout}
	raw, err := d.DialContext(ctx, "tcp", a.address())
	if err != nil {
		return nil, fmt.Errorf("account %s: %w: %w; check host and port", a.Name, ErrUnreachable, err)
	}
	c := &Client{name: a.Name, conn: &conn{Conn: raw, silence: silence}}
	if err := c.start(ctx, a, config); err != nil {
		raw.Close()
		return nil, err
	}
	return c, nil
}

// start makes the connection secure and logs in.
func (c *Client) start(ctx context.Context, a Account, config *tls.Config) error {
	if a.TLS == "none" {
		if tcp, ok := c.conn.RemoteAddr().(*net.TCPAddr); !ok || !tcp.IP.IsLoopback() {
			return fmt.Errorf(`account %s: %w: tls = "none" is only for this machine itself, and %s is not`, a.Name, ErrTLS, a.Host)
		}
	}
	err := c.do(ctx, answerLimit, func() error {
		if err := c.secure(ctx, a.TLS, config); err != nil {
			return explain(err, a)
		}
		return c.c.WaitGreeting()
	})
	if err != nil || c.c.State() == imap.ConnStateAuthenticated { // PREAUTH
		return err
	}
	err = c.do(ctx, answerLimit, func() error { return c.login(a) })
	var no *imap.Error
	if errors.As(err, &no) {
		return fmt.Errorf("account %s: %w: server says %q to user %q; check user, secret and auth", a.Name, ErrAuth, no.Text, a.User)
	}
	return err
}

// secure puts TLS and the IMAP library on the connection.
func (c *Client) secure(ctx context.Context, mode string, config *tls.Config) error {
	switch mode {
	case "none":
		c.c = imapclient.New(c.conn, nil)
		return nil
	case "starttls":
		var err error
		c.c, err = imapclient.NewStartTLS(c.conn, &imapclient.Options{TLSConfig: config})
		return err
	}
	over := tls.Client(c.conn, config)
	if err := over.HandshakeContext(ctx); err != nil {
		return err
	}
	c.c = imapclient.New(over, nil)
	return nil
}

// login logs in by the way that the account wants.
func (c *Client) login(a Account) error {
	way := a.Auth
	if way == "" {
		way = "login"
		if c.c.Caps().Has(imap.AuthCap(sasl.Plain)) {
			way = "plain"
		}
	}
	switch way {
	case "plain":
		return c.c.Authenticate(sasl.NewPlainClient("", a.User, a.Password))
	case "login":
		return c.c.Login(a.User, a.Password).Wait()
	}
	return c.c.Authenticate(sasl.NewAnonymousClient("upstreamd"))
}

// tlsConfig checks the account's settings and reads its CA file.
func (a Account) tlsConfig() (*tls.Config, error) {
	switch a.TLS {
	case "", "tls", "starttls", "none":
	default:
		return nil, fmt.Errorf(`tls is "tls", "starttls" or "none", not %q`, a.TLS)
	}
	switch a.Auth {
	case "", "plain", "login", "anonymous":
	default:
		return nil, fmt.Errorf(`auth is "plain", "login" or "anonymous", not %q`, a.Auth)
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
		no      *imap.Error
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
	case errors.As(err, &no), strings.Contains(err.Error(), "PREAUTH"):
		return fmt.Errorf(`%w with %s: no STARTTLS there; try tls = "tls" with port 993`, ErrTLS, a.address())
	default:
		return err
	}
	return fmt.Errorf("%w with %s: %w; %s", ErrTLS, a.address(), err, hint)
}
