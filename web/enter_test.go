package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/upstreamd/upstreamd/internal/auth"
	"github.com/upstreamd/upstreamd/web"
)

func TestLogin(t *testing.T) {
	s := newSite(t, nil)
	s.account(t, "ada")
	b := s.browser(t)
	if a := b.get("/changes?q=x"); a.code != http.StatusSeeOther || a.location() != "/login?next=%2Fchanges%3Fq%3Dx" {
		t.Errorf("GET /changes = %d to %s", a.code, a.location())
	}
	for _, try := range [][2]string{{"ada", "wrong"}, {"nobody", password}, {"", ""}, {"ada", ""}} {
		a := b.post("/login", "name", try[0], "password", try[1])
		if a.code != http.StatusUnauthorized || !strings.Contains(a.body, "Name or password is not right.") {
			t.Errorf("login as %q with %q = %d", try[0], try[1], a.code)
		}
	}
	a := b.post("/login", "name", "ada", "password", password, "next", "/changes?q=x")
	if a.code != http.StatusSeeOther || a.location() != "/changes?q=x" {
		t.Fatalf("login = %d to %s", a.code, a.location())
	}
	cookie := a.header.Get("Set-Cookie")
	for _, want := range []string{"upstreamd=", "HttpOnly", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("cookie %q lacks %s", cookie, want)
		}
	}
	if a := b.get("/sources"); a.code != http.StatusOK {
		t.Errorf("GET /sources after login = %d", a.code)
	}
	if strings.Contains(s.log.String(), password) {
		t.Error("the log has a password")
	}
	if a := b.post("/logout"); a.code != http.StatusSeeOther {
		t.Errorf("logout = %d", a.code)
	}
	if a := b.get("/sources"); a.code != http.StatusSeeOther {
		t.Errorf("GET /sources after logout = %d", a.code)
	}
}

func TestLoginThrottled(t *testing.T) {
	s := newSite(t, nil)
	s.account(t, "ada")
	b := s.browser(t)
	for i := range auth.TriesPerPair {
		b.header.Set("X-Forwarded-For", fmt.Sprint("192.0.2.", i)) // believed of nobody unless configured
		if a := b.post("/login", "name", "ada", "password", "wrong"); a.code != http.StatusUnauthorized {
			t.Fatalf("try %d = %d", i+1, a.code)
		}
	}
	a := b.post("/login", "name", "ada", "password", password)
	if a.code != http.StatusTooManyRequests || a.header.Get("Retry-After") == "" {
		t.Errorf("the right password after %d wrong ones = %d", auth.TriesPerPair, a.code)
	}
	s.advance(auth.Window)
	if a := b.post("/login", "name", "ada", "password", password); a.code != http.StatusSeeOther {
		t.Errorf("the right password a quarter of an hour later = %d", a.code)
	}
}

func TestLoginLeadsNowhereElse(t *testing.T) {
	s := newSite(t, nil)
	s.account(t, "ada")
	for _, next := range []string{
		"//evil.example/", "https://evil.example/", `/\evil.example`, `\\evil.example`, "javascript:alert(1)", "evil", "",
		"/\t/evil.example", "http:evil", "///evil.example", "/%0d%0aSet-Cookie:x=y\r\nX: y",
	} {
		a := s.browser(t).post("/login", "name", "ada", "password", password, "next", next)
		if a.code != http.StatusSeeOther || a.location() != "/" {
			t.Errorf("login with next=%q leads to %q", next, a.location())
		}
	}
}

func TestSessionIsNewAtLogin(t *testing.T) {
	s := newSite(t, nil)
	s.account(t, "ada")
	b := s.browser(t)
	planted := strings.Repeat("A", 43)
	b.header.Set("Cookie", "upstreamd="+planted)
	a := b.post("/login", "name", "ada", "password", password)
	if a.code != http.StatusSeeOther || strings.Contains(a.header.Get("Set-Cookie"), planted) {
		t.Errorf("login = %d, cookie %q", a.code, a.header.Get("Set-Cookie"))
	}
	if a := b.get("/sources"); a.code != http.StatusSeeOther {
		t.Errorf("a planted session was taken over: %d", a.code)
	}
}

func TestSessionEnds(t *testing.T) {
	t.Run("after a day without a request", func(t *testing.T) {
		s := newSite(t, nil)
		b := s.member(t)
		s.advance(23 * time.Hour)
		if a := b.get("/sources"); a.code != http.StatusOK {
			t.Errorf("after 23 hours: %d", a.code)
		}
		s.advance(23 * time.Hour) // 46 since login, 23 since the last request
		if a := b.get("/sources"); a.code != http.StatusOK {
			t.Errorf("after 23 more hours: %d", a.code)
		}
		s.advance(25 * time.Hour)
		if a := b.get("/sources"); a.code != http.StatusSeeOther {
			t.Errorf("after 25 idle hours: %d", a.code)
		}
	})
	t.Run("when the password changes", func(t *testing.T) {
		s := newSite(t, nil)
		one, two := s.member(t), s.member(t)
		token := s.link(t, "ada")
		if a := one.post("/set-password", "token", token, "password", "another long pass phrase", "again", "another long pass phrase"); a.code != http.StatusSeeOther {
			t.Fatalf("set password = %d", a.code)
		}
		if a := one.get("/sources"); a.code != http.StatusOK {
			t.Errorf("who set the password is logged out: %d", a.code)
		}
		if a := two.get("/sources"); a.code != http.StatusSeeOther {
			t.Errorf("another session goes on: %d", a.code)
		}
	})
}

// link makes a one-time link for an account and returns its token.
func (s *site) link(t *testing.T, name string) string {
	t.Helper()
	a, err := s.db.Account(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	token := auth.NewToken()
	if err := s.db.AddLoginLink(t.Context(), a.ID, auth.HashToken(token), s.clock().Add(auth.LinkLife)); err != nil {
		t.Fatal(err)
	}
	return token
}

func TestSetPassword(t *testing.T) {
	s := newSite(t, nil)
	if _, err := s.db.AddAccount(t.Context(), "admin", s.clock()); err != nil {
		t.Fatal(err)
	}
	b := s.browser(t)
	if a := b.post("/login", "name", "admin", "password", ""); a.code != http.StatusUnauthorized {
		t.Errorf("login without a password set = %d", a.code)
	}
	token := s.link(t, "admin")
	path := web.SetPasswordPath(token)
	if a := b.get(path); a.code != http.StatusOK || !strings.Contains(a.body, "admin") {
		t.Fatalf("GET %s = %d", path, a.code)
	}
	for _, tt := range [][3]string{
		{"short", "short", "at least 12"},
		{"correct horse battery", "correct horse batterie", "not the same"},
		{"passwordpassword", "passwordpassword", "first that one would guess"},
	} {
		a := b.post("/set-password", "token", token, "password", tt[0], "again", tt[1])
		if a.code != http.StatusUnprocessableEntity || !strings.Contains(a.body, tt[2]) {
			t.Errorf("password %q, %q = %d, want %q", tt[0], tt[1], a.code, tt[2])
		}
	}
	a := b.post("/set-password", "token", token, "password", password, "again", password)
	if a.code != http.StatusSeeOther || a.location() != "/" {
		t.Fatalf("set password = %d\n%s", a.code, a.body)
	}
	if a := b.get("/sources"); a.code != http.StatusOK {
		t.Errorf("not logged in after setting the password: %d", a.code)
	}
	for _, again := range []string{token, "", "x", auth.NewToken()} {
		if a := b.get(web.SetPasswordPath(again)); a.code != http.StatusNotFound {
			t.Errorf("GET with a used or unknown token = %d", a.code)
		}
		if a := s.browser(t).post("/set-password", "token", again, "password", password, "again", password); a.code != http.StatusNotFound {
			t.Errorf("POST with a used or unknown token = %d", a.code)
		}
	}
	if strings.Contains(s.log.String(), token) || strings.Contains(s.log.String(), password) {
		t.Error("the log has a secret")
	}
}

func TestLinkExpires(t *testing.T) {
	s := newSite(t, nil)
	s.account(t, "ada")
	token := s.link(t, "ada")
	s.advance(auth.LinkLife + time.Second)
	if a := s.browser(t).get(web.SetPasswordPath(token)); a.code != http.StatusNotFound {
		t.Errorf("a link that is too old = %d", a.code)
	}
}

func TestOtherSitesAreRefused(t *testing.T) {
	s := newSite(t, nil)
	b := s.member(t)
	for _, h := range [][2]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"}} {
		b.header = http.Header{h[0]: {h[1]}}
		for _, path := range []string{"/logout", "/display", "/login", "/set-password", "/changes/1/decisions"} {
			if a := b.post(path, "name", "ada", "password", password); a.code != http.StatusForbidden {
				t.Errorf("POST %s with %s: %s = %d", path, h[0], h[1], a.code)
			}
		}
	}
	b.header = http.Header{"Sec-Fetch-Site": {"cross-site"}}
	if a := b.get("/sources"); a.code != http.StatusOK { // a link from elsewhere
		t.Errorf("GET from a link elsewhere = %d", a.code)
	}
	b.header = http.Header{"Sec-Fetch-Site": {"same-origin"}}
	if a := b.post("/display", "theme", "dark", "here", "/sources"); a.code != http.StatusSeeOther || a.location() != "/sources" {
		t.Errorf("POST /display = %d", a.code)
	}
	if a := b.get("/sources"); !strings.Contains(a.body, `data-theme="dark"`) {
		t.Error("the theme is not kept")
	}
}

func TestOverTLS(t *testing.T) {
	s := newSite(t, func(c *web.Config) { c.TLS = true })
	s.account(t, "ada")
	a := s.browser(t).post("/login", "name", "ada", "password", password)
	cookie := a.header.Get("Set-Cookie")
	if !strings.HasPrefix(cookie, "__Host-upstreamd=") || !strings.Contains(cookie, "Secure") {
		t.Errorf("cookie over TLS is %q", cookie)
	}
	if a.header.Get("Strict-Transport-Security") == "" {
		t.Error("no Strict-Transport-Security over TLS")
	}
}

func TestHeaders(t *testing.T) {
	s := newSite(t, nil)
	b := s.member(t)
	for _, path := range []string{"/sources", "/login", "/nothing/here", "/healthz", "/robots.txt"} {
		a := b.get(path)
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
			"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
		} {
			if got := a.header.Get(name); got != want {
				t.Errorf("GET %s: %s is %q, want %q", path, name, got, want)
			}
		}
		if path != "/robots.txt" && a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("GET %s: Cache-Control is %q", path, a.header.Get("Cache-Control"))
		}
	}
}

func TestLimits(t *testing.T) {
	s := newSite(t, nil)
	b := s.member(t)
	if a := b.post("/display", "here", strings.Repeat("x", 100<<10)); a.code != http.StatusRequestEntityTooLarge {
		t.Errorf("a form of 100 KiB = %d", a.code)
	}
	if a := b.do("DELETE", "/sources", nil); a.code != http.StatusMethodNotAllowed {
		t.Errorf("DELETE = %d", a.code)
	}
	if a := b.get("/no/such/page"); a.code != http.StatusNotFound || !strings.Contains(a.body, "There is no such page.") {
		t.Errorf("GET of no page = %d", a.code)
	}
}

func TestHealth(t *testing.T) {
	ready := fmt.Errorf("database is away, user=secret")
	s := newSite(t, func(c *web.Config) { c.Ready = func(context.Context) error { return ready } })
	b := s.browser(t)
	if a := b.get("/healthz"); a.code != http.StatusOK || a.body != "ok\n" {
		t.Errorf("healthz = %d %q", a.code, a.body)
	}
	if a := b.get("/readyz"); a.code != http.StatusServiceUnavailable || a.body != "not ready\n" {
		t.Errorf("readyz = %d %q", a.code, a.body)
	}
	ready = nil
	if a := b.get("/readyz"); a.code != http.StatusOK {
		t.Errorf("readyz = %d", a.code)
	}
}

func TestTrustedProxy(t *testing.T) {
	s := newSite(t, func(c *web.Config) { c.TrustedProxies = []string{"127.0.0.0/8", "::1/128"} })
	s.account(t, "ada")
	b := s.browser(t)
	for i := range 2 * auth.TriesPerPair { // each from an address of its own
		b.header.Set("X-Forwarded-For", fmt.Sprint("192.0.2.", i))
		if a := b.post("/login", "name", "ada", "password", "wrong"); a.code != http.StatusUnauthorized {
			t.Fatalf("try %d = %d", i+1, a.code)
		}
	}
	if !strings.Contains(s.log.String(), "ip=192.0.2.7") {
		t.Error("the address that the proxy names is not the one in the log")
	}
}

func TestNewRefuses(t *testing.T) {
	if _, err := web.New(web.Config{}); err == nil {
		t.Error("New without a store is no error")
	}
	s := newSite(t, nil)
	if _, err := web.New(web.Config{Store: s.db, Sessions: s.db.Sessions(), TrustedProxies: []string{"10.0.0.1"}}); err == nil {
		t.Error("a proxy that is no prefix is no error")
	}
}

// FuzzOwnPath looks for a path that leads to another site after login.
func FuzzOwnPath(f *testing.F) {
	for _, s := range []string{"/", "//x", "/\\x", "/\t/x", "https://x", "/a?b=c#d", "/%2f%2fx", "/..//x", "/./\\x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := web.OwnPath(s)
		base, err := url.Parse("https://here.example/login")
		if err != nil {
			t.Fatal(err)
		}
		to, err := base.Parse(got)
		if err != nil || to.Host != "here.example" || to.Scheme != "https" || strings.ContainsAny(got, "\\\r\n\t") || strings.HasPrefix(got, "//") {
			t.Errorf("ownPath(%q) = %q, leads to %v (%v)", s, got, to, err)
		}
	})
}
