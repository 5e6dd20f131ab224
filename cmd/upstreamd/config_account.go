package main

import (
	"fmt"
	"io"
	"net"
	"os/exec"
	"strings"
	"time"

	"github.com/upstreamd/upstreamd/internal/secret"
)

// defaultConnections is how many connections an account gets, and
// maxConnections how many it may be given: Gmail allows 15 in all, dovecot 10.
const (
	defaultConnections = 4
	maxConnections     = 10
)

// readers is how many of an account's connections read mailboxes, and watchers
// how many wait for new mail.
func (a accountConfig) readers() int  { return a.Connections - a.watchers() }
func (a accountConfig) watchers() int { return a.Connections / 2 }

// since is the day before which mail is left out, zero if none is.
func (a accountConfig) since() time.Time {
	if a.Since == nil {
		return time.Time{}
	}
	return a.Since.AsTime(time.UTC)
}

// withToken says whether the account logs in by OAuth2.
func (a accountConfig) withToken() bool { return len(a.TokenCommand) > 0 || a.TokenFile != "" }

func checkAccount(bad complain, at string, a accountConfig) {
	needs(bad, at, "host", a.Host)
	oneOf(bad, at, "tls", a.TLS, "tls", "starttls", "none")
	if a.Port < 1 || a.Port > 65535 {
		bad("%s: port is %d, want 1 to 65535", at, a.Port)
	}
	if a.Connections < 1 || a.Connections > maxConnections {
		bad("%s: connections is %d, want 1 to %d", at, a.Connections, maxConnections)
	}
	if len(a.Mailboxes) == 0 {
		bad("%s: needs mailboxes, the names of those to read", at)
	}
	for _, m := range a.Mailboxes {
		if m == "" || strings.ContainsFunc(m, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			bad("%s: mailboxes: %q cannot be the name of one", at, m)
		}
	}
	if a.Since != nil && a.Since.AsTime(time.UTC).After(time.Now()) {
		bad("%s: since is %v, which has not come yet", at, a.Since)
	}
	checkLogin(bad, at, a)
}

// checkLogin says what is wrong with the account's auth and its secrets.
func checkLogin(bad complain, at string, a accountConfig) {
	if a.Auth != "" {
		oneOf(bad, at, "auth", a.Auth, "plain", "login", "anonymous", "oauthbearer", "xoauth2")
	}
	switch oauth := a.Auth == "oauthbearer" || a.Auth == "xoauth2"; {
	case a.Auth == "anonymous":
		if a.User != "" || a.SecretFile != "" || a.withToken() {
			bad(`%s: auth = "anonymous" wants no user, secret_file or token: take them away, or auth`, at)
		}
		return
	case a.SecretFile != "" && a.withToken():
		bad("%s: has a secret_file and a token: give a password or a token, not both", at)
	case len(a.TokenCommand) > 0 && a.TokenFile != "":
		bad("%s: give either token_command or token_file, not both", at)
	case oauth && !a.withToken():
		bad("%s: auth = %q needs token_command or token_file", at, a.Auth)
	case a.withToken() && !oauth && a.Auth != "":
		bad(`%s: a token needs auth = "oauthbearer" or "xoauth2", or none, not %q`, at, a.Auth)
	case a.withToken() && a.TLS == "none" && !isLoopback(a.Host):
		bad(`%s: a token is not sent with tls = "none", where all can read it`, at)
	case !a.withToken() && a.SecretFile == "":
		bad(`%s: needs secret_file, or token_command or token_file, or auth = "anonymous"`, at)
	}
	needs(bad, at, "user", a.User)
	for key, path := range map[string]string{"secret_file": a.SecretFile, "token_file": a.TokenFile} {
		if path == "" {
			continue
		}
		if _, err := secret.ReadFile(path); err != nil {
			bad("%s: %s: %v", at, key, err)
		}
	}
	if len(a.TokenCommand) > 0 {
		if _, err := exec.LookPath(a.TokenCommand[0]); err != nil {
			bad("%s: token_command: there is no program %q; give its whole path, and each argument as a string of its own", at, a.TokenCommand[0])
		}
	}
}

// isLoopback says whether a host is this machine itself.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// warnings are what is allowed and still wants a person's attention.
func (c *config) warnings() []string {
	var all []string
	for _, a := range c.Accounts {
		if a.TLS == "none" && !isLoopback(a.Host) {
			what := "the password and all mail"
			if a.Auth == "anonymous" {
				what = "all mail"
			}
			all = append(all, fmt.Sprintf(`[[accounts]] %q: tls = "none": on the way from %s others can read and change %s; use "tls" or "starttls" if the server has them`, a.Name, a.Host, what))
		}
	}
	return all
}

// warn prints the warnings.
func (c *config) warn(stderr io.Writer) {
	for _, w := range c.warnings() {
		fmt.Fprintf(stderr, "warning: %s\n", w)
	}
}
