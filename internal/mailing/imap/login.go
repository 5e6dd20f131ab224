package imap

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-sasl"
)

// Ways to log in, as Account.Auth names them.
const (
	Plain       = "plain"
	Login       = "login"
	Anonymous   = "anonymous"
	XOAuth2     = "xoauth2"
	OAuthBearer = "oauthbearer"
)

// Ways are all of them.
var ways = []string{Plain, Login, Anonymous, XOAuth2, OAuthBearer}

// authenticate logs in with a password or token.
func (c *Client) authenticate(ctx context.Context, a Account, secret string) error {
	err := c.do(ctx, answerLimit, func() error { return c.login(a, secret) })
	var no *imap.Error
	if !errors.As(err, &no) {
		return err
	}
	said := no.Text
	if secret != "" { // a server may repeat what it was told
		said = strings.ReplaceAll(said, secret, "…")
	}
	what := "user, secret and auth"
	if a.Token != nil {
		what = "user and auth, and that the token is one for reading mail"
	}
	return fmt.Errorf("account %s: %w: server says %q to user %q; check %s", a.Name, ErrAuth, said, a.User, what)
}

// login logs in by the way that the account wants, or else by the best that
// the server has.
func (c *Client) login(a Account, secret string) error {
	has := func(mechanism string) bool { return c.c.Caps().Has(imap.AuthCap(mechanism)) }
	way := a.Auth
	switch {
	case way != "":
	case a.Token != nil && has(sasl.OAuthBearer):
		way = OAuthBearer
	case a.Token != nil:
		way = XOAuth2
	case has(sasl.Plain):
		way = Plain
	default:
		way = Login
	}
	switch way {
	case Plain:
		return c.c.Authenticate(sasl.NewPlainClient("", a.User, secret))
	case Login:
		if c.c.Caps().Has(imap.CapLoginDisabled) {
			return &imap.Error{Type: imap.StatusResponseTypeNo, Text: "LOGINDISABLED"} // it said so before the password was sent
		}
		return c.c.Login(a.User, secret).Wait()
	case XOAuth2:
		return c.c.Authenticate(bearer{"XOAUTH2", "user=" + a.User + "\x01auth=Bearer " + secret + "\x01\x01"})
	case OAuthBearer:
		user := strings.NewReplacer("=", "=3D", ",", "=2C").Replace(a.User)
		return c.c.Authenticate(bearer{sasl.OAuthBearer, fmt.Sprintf("n,a=%s,\x01host=%s\x01port=%d\x01auth=Bearer %s\x01\x01", user, a.Host, a.Port, secret)})
	}
	return c.c.Authenticate(sasl.NewAnonymousClient("upstreamd"))
}

// A bearer presents an OAuth2 access token: OAUTHBEARER is RFC 7628, XOAUTH2
// what Google and Microsoft had before. A server that refuses the token says
// why in a challenge, and then no, once that was answered.
type bearer struct{ mechanism, response string }

// Start implements sasl.Client.
func (b bearer) Start() (mechanism string, response []byte, err error) {
	return b.mechanism, []byte(b.response), nil
}

// Next implements sasl.Client.
func (b bearer) Next([]byte) ([]byte, error) { return []byte{1}, nil }
