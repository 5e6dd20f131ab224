package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/upstreamd/upstreamd/internal/demo"
)

// A badSource is one that cannot be read, or not as it should be.
type badSource struct {
	name, kind, source string
	breaks             func(*site)
	mends              func(*site)
	want               string // on the terminal, and kept
}

// badSources are added to the generated world all at once.
func badSources() []badSource {
	addLayer := func(c *config, name, location string) {
		c.Layers = append(c.Layers, layerConfig{Name: name, Location: location, Branch: "main", Role: "local"})
	}
	addProject := func(c *config, p projectConfig) { c.Projects = append(c.Projects, p) }
	addList := func(c *config, name, file string) {
		c.Lists = append(c.Lists, listConfig{Name: name, Address: name + "@lists.example.com", Files: []string{file}})
	}
	addAccount := func(c *config, name string, edit func(*accountConfig)) {
		a := c.Accounts[0]
		a.Name, a.Mailboxes = name, slices.Clone(a.Mailboxes)
		edit(&a)
		c.Accounts = append(c.Accounts, a)
	}
	account := func(s *site, name string) *accountConfig {
		i := slices.IndexFunc(s.config.Accounts, func(a accountConfig) bool { return a.Name == name })
		return &s.config.Accounts[i]
	}
	good := func(s *site) string { return s.world.Repos["libbuoy"] }
	return []badSource{
		{"no repository at a path", "project", "nowhere", func(s *site) {
			addProject(s.config, projectConfig{Name: "nowhere", Location: filepath.Join(s.dir, "nowhere.git")})
		}, func(s *site) { s.config.project("nowhere").Location = good(s) }, "correct its location in upstreamd.toml"},

		{"nobody listens", "project", "closed", func(s *site) {
			addProject(s.config, projectConfig{Name: "closed", Location: "https://someone:hunter2@" + closedPort(s.t) + "/x.git"})
		}, func(s *site) { s.config.project("closed").Location = good(s) }, "git ls-remote https://"},

		{"no such branch of a layer", "layer", "branchless", func(s *site) {
			s.config.Layers = append(s.config.Layers, layerConfig{Name: "branchless", Location: s.world.Repos["meta-openwater"], Branch: "nanbield", Role: "upstream"})
		}, func(s *site) { s.config.layer("branchless").Branch = "main" }, "has no branch nanbield: correct it in upstreamd.toml"},

		{"no such branch of a project", "project", "branchless", func(s *site) {
			addProject(s.config, projectConfig{Name: "branchless", Location: good(s), Branches: []string{"main", "stable"}})
		}, func(s *site) { s.config.project("branchless").Branches = []string{"main"} }, "has no branch stable: correct it in upstreamd.toml"},

		{"no such revision of a layer", "layer", "pinned", func(s *site) {
			addLayer(s.config, "pinned", s.world.Repos["meta-openwater-extras"])
			s.config.layer("pinned").Role, s.config.layer("pinned").Revision = "upstream", strings.Repeat("1", 40)
		}, func(s *site) { s.config.layer("pinned").Revision = "" }, "correct revision in upstreamd.toml"},

		{"half a bundle", "project", "bundle", func(s *site) {
			path := filepath.Join(s.dir, "half.bundle")
			s.git("libbuoy", "bundle", "create", "--quiet", path, "--all")
			b, err := os.ReadFile(path)
			if err != nil {
				s.t.Fatal(err)
			}
			s.write(path, string(b[:len(b)/2]))
			addProject(s.config, projectConfig{Name: "bundle", Location: path})
		}, func(s *site) {
			s.git("libbuoy", "bundle", "create", "--quiet", filepath.Join(s.dir, "half.bundle"), "--all")
		}, "half.bundle"},

		{"a repository without commits", "project", "empty", func(s *site) {
			s.initRepo(filepath.Join(s.dir, "empty.git"))
			addProject(s.config, projectConfig{Name: "empty", Location: filepath.Join(s.dir, "empty.git")})
		}, func(s *site) { s.push("libbuoy", filepath.Join(s.dir, "empty.git")) }, "has neither branches nor tags"},

		{"no layer in a layer", "layer", "flat", func(s *site) {
			s.initRepo(filepath.Join(s.dir, "flat.git"))
			s.push("libbuoy", filepath.Join(s.dir, "flat.git"))
			addLayer(s.config, "flat", filepath.Join(s.dir, "flat.git"))
		}, func(s *site) {
			s.config.layer("flat").Location = s.world.Repos["meta-openwater-extras"]
			s.config.layer("flat").Role = "upstream"
		}, "no conf/layer.conf"},

		{"no mbox", "list", "missing", func(s *site) {
			addList(s.config, "missing", filepath.Join(s.dir, "missing.mbox"))
		}, func(s *site) { s.write(filepath.Join(s.dir, "missing.mbox"), plainMail("missing", 1)) }, "there is no such file or directory"},

		{"a repository as mailbox", "list", "repository", func(s *site) {
			addList(s.config, "repository", good(s))
		}, func(s *site) {
			file := filepath.Join(s.dir, "repository.mbox")
			s.write(file, plainMail("repository", 1))
			s.config.Lists[len(s.config.Lists)-2].Files = []string{file}
		}, "not a public-inbox repository: a list's files are mbox files, maildirs or public-inbox archives"},

		{"half a compressed mbox", "list", "half", func(s *site) {
			file := filepath.Join(s.dir, "half.mbox.gz")
			whole := gzipped(s.t, manyMails())
			s.write(file, whole[:len(whole)*2/3])
			addList(s.config, "half", file)
		}, func(s *site) { s.write(filepath.Join(s.dir, "half.mbox.gz"), gzipped(s.t, manyMails())) }, "unexpected EOF"},

		{"wrong password", "account", "password", func(s *site) {
			s.secret("wrong-password", "hunter2")
			addAccount(s.config, "password", func(a *accountConfig) { a.SecretFile = filepath.Join(s.dir, "wrong-password") })
		}, func(s *site) { s.secret("wrong-password", demo.IMAPPassword) }, "check user, secret and auth"},

		{"wrong authority", "account", "authority", func(s *site) {
			s.write(filepath.Join(s.dir, "other-ca.pem"), otherAuthority(s.t))
			addAccount(s.config, "authority", func(a *accountConfig) { a.CAFile = filepath.Join(s.dir, "other-ca.pem") })
		}, func(s *site) { account(s, "authority").CAFile = account(s, "lists").CAFile }, "set ca_file"},

		{"mailbox gone", "account", "mailbox", func(s *site) {
			addAccount(s.config, "mailbox", func(a *accountConfig) { a.Mailboxes = []string{"lists/gone", "lists/buoy-devel"} })
		}, func(s *site) { account(s, "mailbox").Mailboxes = []string{"lists/buoy-devel"} }, "no such mailbox"},

		{"server down", "account", "down", func(s *site) {
			_, port, _ := net.SplitHostPort(closedPort(s.t))
			addAccount(s.config, "down", func(a *accountConfig) { _, _ = fmt.Sscan(port, &a.Port) })
		}, func(s *site) { account(s, "down").Port = account(s, "lists").Port }, "check host and port"},
	}
}

// TestBadSources: each source that cannot be read is named with what to do, on
// the terminal, in the status and in the database; the rest goes on as if it
// were not there; and when it is mended the trouble is over.
func TestBadSources(t *testing.T) {
	s := newSite(t, nil)
	s.state(filepath.Join(t.TempDir(), "reference"))
	s.succeed("sync")
	reference := s.succeed("dump", "--logical")
	s.state(filepath.Join(t.TempDir(), "state"))
	bad := badSources()
	s.configure(func(*config) {
		for _, b := range bad {
			b.breaks(s)
		}
	})
	for _, when := range []string{"first", "second"} {
		o := s.run("sync")
		if o.code != exitFailure {
			t.Errorf("%s sync: exit code %d, want %d", when, o.code, exitFailure)
		}
		dump := s.run("dump", "--logical").stdout
		status := s.run("status")
		for _, b := range bad {
			if line := lineWith(o.stderr, ": "+b.kind+" "+b.source+": "); !strings.Contains(line, b.want) {
				t.Errorf("%s: %s sync: %q lacks %q\n%s", b.name, when, line, b.want, o.stderr)
			}
			if line := lineWith(status.stdout, "Trouble: "+b.kind+" "+b.source+": "); !strings.Contains(line, b.want) {
				t.Errorf("%s: status: %q lacks %q", b.name, line, b.want)
			}
			if kept := lastError(t, dump, b.kind, b.source); !strings.Contains(kept, b.want) {
				t.Errorf("%s: the database has %q, want %q", b.name, kept, b.want)
			}
		}
		if n := strings.Count(strings.TrimSpace(o.stderr), "\n") + 1; n != len(bad) {
			t.Errorf("%d complaints about %d sources:\n%s", n, len(bad), o.stderr)
		}
		for what, text := range map[string]string{"terminal": o.stdout + o.stderr, "status": status.stdout, "dump": dump} {
			if strings.Contains(text, "hunter2") || strings.Contains(text, "goroutine ") {
				t.Errorf("%s: a password or a stack in the %s:\n%s", when, what, text)
			}
		}
		has := strings.Split(dump, "\n")
		for line := range strings.Lines(reference) {
			if !slices.Contains(has, strings.TrimSuffix(line, "\n")) {
				t.Errorf("%s sync: bad sources took away: %s", when, line)
			}
		}
	}
	s.configure(func(*config) {
		for _, b := range bad {
			b.mends(s)
		}
	})
	if o := s.run("sync"); o.code != exitOK || o.stderr != "" {
		t.Errorf("mended: exit code %d\n%s", o.code, o.stderr)
	}
	if status := s.run("status").stdout; strings.Contains(status, "Trouble") {
		t.Errorf("mended: %s", status)
	}
	mended := s.succeed("dump", "--logical")
	s.state(filepath.Join(t.TempDir(), "fresh"))
	s.succeed("sync")
	if got, want := mails(mended), mails(s.succeed("dump", "--logical")); !slices.Equal(got, want) {
		t.Errorf("mended: mails\n%q, want\n%q", got, want)
	}
}

// mails are the message-ids of a dump, sorted.
func mails(dump string) []string {
	var ids []string
	for line := range strings.Lines(dump) {
		var row struct {
			Table     string
			MessageID string `json:"message_id"`
			Kind      string
		}
		if json.Unmarshal([]byte(line), &row) == nil && row.Table == "message" {
			ids = append(ids, row.MessageID+" "+row.Kind)
		}
	}
	slices.Sort(ids)
	return ids
}

func lineWith(text, word string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, word) {
			return line
		}
	}
	return ""
}

// lastError is what a dump says of a source.
func lastError(t *testing.T, dump, kind, name string) string {
	t.Helper()
	for line := range strings.Lines(dump) {
		var row struct {
			Table, Kind, Name string
			LastError         string `json:"last_error"`
		}
		if json.Unmarshal([]byte(line), &row) == nil && row.Table == "source" && row.Kind == kind && row.Name == name {
			return row.LastError
		}
	}
	t.Errorf("no source %s %s", kind, name)
	return ""
}

// closedPort is a host and port where nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (s *site) secret(name, value string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(value+"\n"), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) initRepo(path string) {
	s.t.Helper()
	if out, err := exec.Command("git", "init", "--bare", "--quiet", "--initial-branch=main", path).CombinedOutput(); err != nil {
		s.t.Fatalf("%v\n%s", err, out)
	}
}

func (s *site) push(repo, to string) { s.git(repo, "push", "--quiet", to, "main") }

func plainMail(list string, n int) string {
	return fmt.Sprintf("From x@example.com Thu Jan  1 00:00:00 2026\nFrom: Wim <wim@example.com>\nTo: %s@lists.example.com\n"+
		"Subject: Mail %d\nMessage-ID: <%d.%s@example.com>\nDate: Thu, 01 Jan 2026 00:00:%02d +0000\n\nHello.\n\n", list, n, n, list, n%60)
}

// manyMails are mails that do not compress to nothing.
func manyMails() string {
	var all strings.Builder
	for i := range 200 {
		all.WriteString(plainMail("half", i))
		for j := range 20 {
			fmt.Fprintf(&all, "%x\n", (i*7919+j*104729)*1299709)
		}
		all.WriteString("\n")
	}
	return all.String()
}

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// otherAuthority is a certificate that has signed nothing here.
func otherAuthority(t *testing.T) string {
	t.Helper()
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
}
