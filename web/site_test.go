package web_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/upstreamd/upstreamd/internal/auth"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/internal/store/storetest"
	"github.com/upstreamd/upstreamd/web"
)

// A site is a server on an empty store, with a clock of its own.
type site struct {
	db     *store.DB
	url    string
	log    *safeLog
	nudged int
	diff   func() []byte // of the merged commit; nil is as it is
	lost   string        // message-id of a mail that cannot be read; ""

	mu  sync.Mutex
	now time.Time
}

const password = "correct horse battery staple"

// begin is when the clocks of tests start.
var begin = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func newSite(t *testing.T, change func(*web.Config)) *site {
	t.Helper()
	s := &site{db: storetest.SQLite(t), log: &safeLog{}, now: time.Now()}
	c := web.Config{
		Store: s.db, Sessions: s.db.Sessions(), People: []string{"Ada Larsen", "Bruno Keller"},
		Nudge: func() { s.nudged++ }, Log: slog.New(slog.NewTextHandler(s.log, nil)), Now: s.clock,
	}
	if change != nil {
		change(&c)
	}
	server, err := web.New(c)
	if err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewServer(server)
	t.Cleanup(ts.Close)
	s.url = ts.URL
	return s
}

func (s *site) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *site) advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

// account adds an account with the password of all tests.
func (s *site) account(t *testing.T, name string) store.Account {
	t.Helper()
	a, err := s.db.AddAccount(t.Context(), name, s.clock())
	if err != nil {
		t.Fatal(err)
	}
	phc, err := auth.Hash(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.db.SetPassword(t.Context(), a.ID, phc); err != nil {
		t.Fatal(err)
	}
	return a
}

// A browser keeps cookies and does not follow redirects.
type browser struct {
	t      *testing.T
	site   *site
	client *http.Client
	header http.Header // sent with every request
}

func (s *site) browser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, site: s, header: http.Header{}, client: &http.Client{
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// member is a browser that is logged in.
func (s *site) member(t *testing.T) *browser {
	t.Helper()
	if _, err := s.db.Account(t.Context(), "ada"); err != nil {
		s.account(t, "ada")
	}
	b := s.browser(t)
	if a := b.post("/login", "name", "ada", "password", password); a.code != http.StatusSeeOther {
		t.Fatalf("login = %d\n%s", a.code, a.body)
	}
	return b
}

// A reply is what came back.
type reply struct {
	code   int
	header http.Header
	body   string
}

func (a reply) location() string { return a.header.Get("Location") }

func (b *browser) get(path string) reply { return b.do("GET", path, nil) }

// post sends a form of names and values in turn.
func (b *browser) post(path string, form ...string) reply {
	v := url.Values{}
	for i := 0; i+1 < len(form); i += 2 {
		v.Add(form[i], form[i+1])
	}
	return b.do("POST", path, v)
}

func (b *browser) do(method, path string, form url.Values) reply {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.site.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	for k, v := range b.header {
		req.Header[k] = v
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return reply{res.StatusCode, res.Header, string(body)}
}

// A safeLog is a log that several goroutines write.
type safeLog struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *safeLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *safeLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
