package main

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/store/storetest"
)

// patient is how long a test waits for what happens in milliseconds on a
// machine that is not busy.
const patient = 90 * time.Second

// until waits until f is true.
func until(t *testing.T, what string, f func() bool) {
	t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patient); !f(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %s", what, patient)
		}
	}
}

// A daemon is a running "upstreamd serve", with a browser.
type daemon struct {
	t      *testing.T
	cmd    *exec.Cmd
	base   string
	stdout output
	stderr output
	ended  chan error
	http.Client
}

// An output is what a running program has written so far.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// serve starts a daemon on a free port and waits until it is ready.
func (s *site) serve() *daemon {
	s.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	d := &daemon{t: s.t, cmd: s.command("serve", "-v"), base: "http://" + address, ended: make(chan error, 1)}
	d.cmd.Env = append(d.cmd.Env, "UPSTREAMD_SERVER_ADDRESS="+address, "UPSTREAMD_SERVER_BASE_URL="+d.base)
	d.cmd.Stdout, d.cmd.Stderr = &d.stdout, &d.stderr
	if d.Jar, err = cookiejar.New(nil); err != nil {
		s.t.Fatal(err)
	}
	if err := d.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() { d.ended <- d.cmd.Wait() }()
	s.t.Cleanup(func() {
		_ = d.cmd.Process.Kill() // most have ended before
		if s.t.Failed() {
			s.t.Logf("daemon:\n%s%s", &d.stdout, &d.stderr)
		}
	})
	until(s.t, "/readyz", func() bool {
		a, err := d.Get(d.base + "/readyz")
		if err != nil {
			return false
		}
		a.Body.Close()
		return a.StatusCode == http.StatusOK
	})
	return d
}

// stop ends the daemon as a service manager does.
func (d *daemon) stop() {
	d.t.Helper()
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		d.t.Fatal(err)
	}
	select {
	case err := <-d.ended:
		if err != nil {
			d.t.Errorf("stopped by SIGTERM: %v", err)
		}
	case <-time.After(10 * time.Second):
		d.t.Error("not stopped within ten seconds")
	}
}

// page gets a page, which must be there.
func (d *daemon) page(path string) string {
	d.t.Helper()
	return d.read(d.Get(d.base + path))
}

// post sends a form as a browser does.
func (d *daemon) post(path string, form url.Values) string {
	d.t.Helper()
	r, err := http.NewRequest(http.MethodPost, d.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", d.base)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return d.read(d.Do(r))
}

func (d *daemon) read(a *http.Response, err error) string {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err != nil || a.StatusCode != http.StatusOK {
		d.t.Errorf("%s %s: %s %v", a.Request.Method, a.Request.URL, a.Status, err)
	}
	return string(b)
}

// login goes the way of the first start: by the link that serve printed.
func (d *daemon) login() {
	d.t.Helper()
	link := regexp.MustCompile(`http\S+/set-password\?token=\S+`).FindString(d.stdout.String())
	if link == "" {
		d.t.Fatalf("no link to log in:\n%s", &d.stdout)
	}
	u, err := url.Parse(link)
	if err != nil {
		d.t.Fatal(err)
	}
	if got := d.page(u.RequestURI()); !strings.Contains(got, "<form") {
		d.t.Fatalf("the link leads to no form:\n%s", got)
	}
	const password = "herring under a fur coat"
	d.post("/set-password", url.Values{"token": {u.Query().Get("token")}, "password": {password}, "again": {password}})
}

var href = regexp.MustCompile(`(?:href|src)="(/[^"#]*)`)

// crawl gets every page and file that pages lead to.
func (d *daemon) crawl() (pages int) {
	d.t.Helper()
	seen, todo := map[string]bool{"/": true}, []string{"/"}
	for ; pages < len(todo); pages++ {
		for _, m := range href.FindAllStringSubmatch(d.page(todo[pages]), -1) {
			path := strings.ReplaceAll(m[1], "&amp;", "&")
			if !seen[path] && len(todo) < 600 {
				seen[path] = true
				todo = append(todo, path)
			}
		}
	}
	return pages
}

// todo is what has to be done, as JSON lines.
func (s *site) todo() string {
	s.t.Helper()
	o := s.run("status", "--json", "--limit", "0")
	if o.stderr != "" {
		s.t.Fatalf("status: %s", o.stderr)
	}
	return o.stdout
}

// eachDatabase runs f on a site with SQLite and on one with PostgreSQL. Want is
// the dump of a sync.
func eachDatabase(t *testing.T, f func(s *site, want string)) {
	run := func(t *testing.T, url string) {
		s := newSite(t, nil)
		s.state(filepath.Join(t.TempDir(), "reference"))
		s.succeed("sync")
		want := s.succeed("dump", "--logical")
		s.env = nil
		if url != "" {
			s.configure(func(c *config) { c.Database = databaseConfig{URL: url} })
		}
		f(s, want)
	}
	t.Run("sqlite", func(t *testing.T) { run(t, "") })
	t.Run("postgres", func(t *testing.T) { run(t, storetest.PostgresURL(t)) })
}

// TestServe: the daemon reaches by its schedule what a sync does, shows it,
// takes a decision and news, and stops when told.
func TestServe(t *testing.T) {
	if testing.Short() {
		t.Skip("half a minute")
	}
	eachDatabase(t, func(s *site, want string) {
		t := s.t
		d := s.serve()
		got := ""
		until(t, "the state of a sync", func() bool {
			got = s.succeed("dump", "--logical")
			return got == want || t.Failed()
		})
		d.login()
		if pages := d.crawl(); pages < 100 {
			t.Errorf("pages lead to %d pages only", pages)
		}

		const title = "Makefile: respect LDFLAGS"
		if !strings.Contains(s.todo(), title) {
			t.Fatalf("nothing to do about %q:\n%s", title, s.todo())
		}
		changes := regexp.MustCompile(`href="(/changes/\d+)"`).FindStringSubmatch(d.page("/changes?q=LDFLAGS"))
		if changes == nil {
			t.Fatal("no such change on the pages")
		}
		subject := regexp.MustCompile(`name="subject" value="([^"]+)"`).FindStringSubmatch(d.page(changes[1]))
		if subject == nil {
			t.Fatal("no form on the page of the change")
		}
		d.post(changes[1]+"/decisions", url.Values{"kind": {"never-upstream"}, "subject": {subject[1]}, "note": {"upstream is dead"}})
		until(t, "a decision is judged", func() bool { return !strings.Contains(s.todo(), title) })

		s.takesMissing()
		s.succeed("nudge")
		until(t, "a new commit is found", func() bool {
			return regexp.MustCompile(`mkextfs: add an option for file contexts.*"status":"merged"`).MatchString(s.todo())
		})
		d.stop()
		if log := d.stderr.String(); strings.Contains(log, "level=ERROR") || strings.Contains(log, "level=WARN") {
			t.Errorf("the log complains:\n%s", log)
		}
	})
}

// TestServeTwice: on SQLite the second daemon says who has the database; on
// PostgreSQL two share the work, each with a cache of its own, and when one is
// killed the other does it all.
func TestServeTwice(t *testing.T) {
	if testing.Short() {
		t.Skip("a minute")
	}
	eachDatabase(t, func(s *site, want string) {
		t := s.t
		one := s.serve()
		if s.config.Database.Path != "" {
			for _, command := range []string{"serve", "sync"} {
				o := s.run(command)
				if o.code != exitTemporary || !strings.Contains(o.stderr, "in use by another upstreamd (process ") || !strings.Contains(o.stderr, "stop the other one first") {
					t.Errorf("%s beside a daemon: exit code %d, %q", command, o.code, o.stderr)
				}
			}
			one.stop()
			s.succeed("sync")
			return
		}
		s.env = []string{"UPSTREAMD_CACHE_DIR=" + filepath.Join(s.dir, "another", "cache")}
		two := s.serve()
		worked := func(d *daemon) bool { return strings.Contains(d.stderr.String(), "level=DEBUG msg=stage") }
		until(t, "both work", func() bool {
			if worked(one) && worked(two) {
				return true
			}
			s.succeed("nudge")
			return false
		})
		got := ""
		until(t, "the state of a sync", func() bool {
			got = s.succeed("dump", "--logical")
			return got == want || t.Failed()
		})
		if err := one.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := <-one.ended; err == nil || errors.Is(err, os.ErrProcessDone) {
			t.Errorf("killed: %v", err)
		}
		s.takesMissing()
		until(t, "the survivor finds a new commit", func() bool {
			s.succeed("nudge")
			return regexp.MustCompile(`mkextfs: add an option for file contexts.*"status":"merged"`).MatchString(s.todo())
		})
		if diff := cmp.Diff("", complaints(two.stderr.String())); diff != "" {
			t.Errorf("the log of the survivor complains:\n%s", diff)
		}
		two.stop()
	})
}

// complaints are the lines of a log that need somebody's eye, but for one that
// says that another process died.
func complaints(log string) string {
	var all strings.Builder
	for line := range strings.Lines(log) {
		if (strings.Contains(line, "level=ERROR") || strings.Contains(line, "level=WARN")) && !strings.Contains(line, "a process died") {
			all.WriteString(line)
		}
	}
	return all.String()
}
