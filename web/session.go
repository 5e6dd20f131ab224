package web

import (
	"time"

	"github.com/alexedwards/scs/v2"
)

// How long a session lasts: at most a week, and a day without a request.
const (
	sessionLife = 7 * 24 * time.Hour
	sessionIdle = 24 * time.Hour
	seenEvery   = 10 * time.Minute // so often a session's last sign is written
)

// What a session holds.
const (
	keyAccount = "account" // int64, id of the account
	keyStamp   = "stamp"   // string, auth.Stamp of the password when it began
	keySeen    = "seen"    // int64, Unix seconds of the last sign
	keyNotice  = "notice"  // string, what was just done; shown once
)

// newSessions is the keeper of sessions. The name of the cookie binds it to
// the host where it comes by https.
func newSessions(c Config) *scs.SessionManager {
	m := scs.New()
	m.Store = c.Sessions
	m.Lifetime = sessionLife
	m.Cookie.Name = cookieName(c.TLS, "upstreamd")
	m.Cookie.Secure = c.TLS
	return m
}

// cookieName is a cookie's name; over https it is bound to the host.
func cookieName(tls bool, name string) string {
	if tls {
		return "__Host-" + name
	}
	return name
}
