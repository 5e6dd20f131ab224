package main

import (
	"database/sql"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/upstreamd/upstreamd/internal/demo"
)

// oddMails are mails that have something wrong, with a word of the reason that
// is kept with each. They come between the others.
var oddMails = []struct{ name, mail, reason string }{
	{"binary garbage", "\x00\x01\x02\xff\xfe\x80GIF89a\x00\x00;\x00\xff\r\n\x00\x00", `"kind":"quarantined"`},
	{"header only", "From: Ann <ann@example.com>\r\nSubject: only a header\r\nMessage-ID: <header@example.com>\r\n", ""},
	{"a line of 1 MB", "From: Ann <ann@example.com>\r\nMessage-ID: <long@example.com>\r\nSubject: " + strings.Repeat("long ", 200_000) + "\r\n\r\ntext\r\n", "header"},
	{"a patch that stops", "From: Ann <ann@example.com>\r\nMessage-ID: <stops@example.com>\r\nSubject: [PATCH] stops\r\n\r\n---\r\ndiff --git a/x b/x\r\n--- a/x\r\n+++ b/x\r\n@@ -1,9 +1,9 @@\r\n-a\r\n", ""},
	{"no multipart", "From: Ann <ann@example.com>\r\nMessage-ID: <parts@example.com>\r\nSubject: parts\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--y\r\n", ""},
}

// oddFiles are files of a recipe that have something wrong.
var oddFiles = map[string]string{
	"recipes-odd/odd/odd_1.0.bb":           "SUMMARY = \"odd\"\nSRC_URI = \"file://no-hunks.patch file://empty.patch file://nul.patch file://latin1.patch file://gone.patch\"\n",
	"recipes-odd/odd/garbled_1.0.bb":       "SUMMARY = \"garbled\nSRC_URI[x = }\nrequire ${@bad python(\ninherit ${\npython () {\n  d.setVar('X'\n\n",
	"recipes-odd/odd/binary_1.bb":          "\x00\x01\x02\xff\xfe\x7fELF\x00\x00",
	"recipes-odd/odd/odd/no-hunks.patch":   "From: Ann <ann@example.com>\nSubject: [PATCH] no hunks\n\nUpstream-Status: Pending\n---\n",
	"recipes-odd/odd/odd/empty.patch":      "",
	"recipes-odd/odd/odd/nul.patch":        "Subject: [PATCH] nul\n\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\x00b\n+c\x00d\n",
	"recipes-odd/odd/odd/latin1.patch":     "From: J\xfcrgen <j@example.com>\nSubject: [PATCH] gr\xfc\xdfe\n\nUpstream-Status: Pending [f\xfcr alle]\n---\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-\xe4\n+\xf6\n",
	"recipes-odd/odd/odd_%.bbappend":       "FILESEXTRAPATHS:prepend := \"${THISDIR}/odd:\"\n",
	"conf/odd.inc":                         "include conf/odd.inc\n",
	"recipes-odd/odd/dir.patch/README.txt": "a directory with the name of a patch",
}

// TestOddContent: what cannot be read is kept with the reason, on a run that
// calls nothing a failure, and everything else is as it was without it.
func TestOddContent(t *testing.T) {
	s := newSite(t, nil)
	s.state(filepath.Join(t.TempDir(), "reference"))
	s.succeed("sync")
	reference := s.succeed("dump", "--logical")

	odd := newSite(t, func(w *demo.World) {
		mails := w.Mailboxes["lists/extfs-devel"]
		for i, o := range oddMails {
			at := (i + 1) * 5
			mails = append(mails[:at:at], append([][]byte{[]byte(o.mail)}, mails[at:]...)...)
		}
		w.Mailboxes["lists/extfs-devel"] = append(mails, nil)
	})
	odd.commit("meta-harbor", "main", "odd: add", func(dir string) {
		for path, text := range oddFiles {
			odd.write(filepath.Join(dir, path), text)
		}
	})
	out := odd.succeed("sync")
	for _, want := range []string{`1[23]\d mails `, `5\d recipes`, `[23] quarantined`} {
		if !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("sync does not say %q:\n%s", want, out)
		}
	}
	dump := odd.succeed("dump", "--logical")
	for _, o := range oddMails {
		if o.reason != "" && lineWithAll(dump, `"table":"message"`, o.reason) == "" {
			t.Errorf("%s: no message with %q", o.name, o.reason)
		}
	}
	for path := range oddFiles {
		if strings.HasSuffix(path, ".patch") && lineWithAll(dump, `"table":"carried"`, path) == "" {
			t.Errorf("%s is not carried", path)
		}
		if strings.HasSuffix(path, ".bb") && lineWithAll(dump, `"table":"recipe"`, path) == "" {
			t.Errorf("%s is no recipe", path)
		}
	}
	for _, path := range []string{"no-hunks.patch", "empty.patch"} {
		if line := lineWithAll(dump, `"table":"sighting"`, path); !strings.Contains(line, "not readable as a patch") {
			t.Errorf("%s: no reason: %s", path, line)
		}
	}
	if again := odd.succeed("sync"); strings.Count(again, "nothing new") != 11 {
		t.Errorf("a second sync found:\n%s", again)
	}
	judged := func(dump string) map[string]string {
		rows := map[string]string{}
		for line := range strings.Lines(dump) {
			var row struct {
				Table, Status string
				StandingID    string `json:"standing_id"`
			}
			if json.Unmarshal([]byte(line), &row) == nil && row.Table == "status" {
				rows[days.ReplaceAllString(row.StandingID, "")] = row.Status
			}
		}
		return rows
	}
	got := judged(dump)
	for standing, want := range judged(reference) {
		if got[standing] != want {
			t.Errorf("%s is %q with odd things around, and %q without", standing, got[standing], want)
		}
	}
}

// TestOddMail imports all odd, broken and hostile mails of the corpus, as files,
// in two orders: each is stored, each has an outcome, and what cannot be read
// says why.
func TestOddMail(t *testing.T) {
	odd := filepath.Join(corpus(t), "mail-odd")
	entries, err := os.ReadDir(odd)
	if err != nil {
		t.Fatal(err)
	}
	var dirs []string
	for _, e := range entries {
		if e.IsDir() {
			dirs = append(dirs, filepath.Join(odd, e.Name()))
		}
	}
	var dumps []string
	bin := binary(t)
	for range 2 {
		s := &site{t: t, dir: t.TempDir(), bin: bin, config: &config{}}
		s.config.path = filepath.Join(s.dir, "upstreamd.toml")
		s.write(s.config.path, "")
		s.succeed(append([]string{"import"}, dirs...)...)
		s.succeed("reparse")
		dumps = append(dumps, s.succeed("dump", "--logical"))
		slices.Reverse(dirs)
	}
	if dumps[0] != dumps[1] {
		t.Error("another order gives another state")
	}
	mails, outcomes := 0, map[string]int{}
	for line := range strings.Lines(dumps[0]) {
		var row struct{ Table, Kind, Reason string }
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		switch row.Table {
		case "raw_mail":
			mails++
		case "unread":
			t.Errorf("not read: %s", line)
		case "message":
			outcomes[row.Kind]++
			if row.Kind == "quarantined" && row.Reason == "" {
				t.Errorf("no reason: %s", line)
			}
		}
	}
	total := 0
	for kind, n := range outcomes {
		total += n
		if !slices.Contains([]string{"patch", "cover", "reply", "other", "copy", "quarantined"}, kind) {
			t.Errorf("%d mails are %q", n, kind)
		}
	}
	if mails < 370 || total != mails { // some are the same mail in two projects
		t.Errorf("%d mails, %d outcomes: %v", mails, total, outcomes)
	}
	t.Logf("%d mails: %v", mails, outcomes)
}

// days are the digits of a generated message-id, which are a moment: two worlds
// are not made at the same one.
var days = regexp.MustCompile(`\d{14}\.`)

func lineWithAll(text string, words ...string) string {
lines:
	for line := range strings.Lines(text) {
		for _, w := range words {
			if !strings.Contains(line, w) {
				continue lines
			}
		}
		return line
	}
	return ""
}

// TestBadPlaces: a database or a cache that cannot be used stops a run at once,
// with the reason, what to do, and no password.
func TestBadPlaces(t *testing.T) {
	s := newSite(t, nil)
	file := func(name, text string) string {
		path := filepath.Join(s.dir, name)
		s.write(path, text)
		return path
	}
	newer := filepath.Join(s.dir, "newer", "upstreamd.db")
	s.env = []string{"UPSTREAMD_DATABASE_PATH=" + newer}
	s.run("status")
	db, err := sql.Open("sqlite3", newer)
	if err == nil {
		_, err = db.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)")
	}
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		env  string
		want []string
	}{
		{"no database", "UPSTREAMD_DATABASE_PATH=" + file("text.db", strings.Repeat("no database at all\n", 100)),
			[]string{"text.db", "the file is no SQLite database, or it is damaged: restore a backup"}},
		{"a newer schema", "UPSTREAMD_DATABASE_PATH=" + newer, []string{"newer/upstreamd.db", "written by a newer upstreamd"}},
		{"a directory as database", "UPSTREAMD_DATABASE_PATH=" + s.dir, []string{"is a directory"}},
		{"no place for a database", "UPSTREAMD_DATABASE_PATH=" + file("plain", "") + "/upstreamd.db", []string{"plain", "not a directory"}},
		{"no place for a cache", "UPSTREAMD_CACHE_DIR=" + file("plain2", "") + "/cache", []string{"plain2", "[cache] dir"}},
		{"PostgreSQL is down", "UPSTREAMD_DATABASE_URL=postgres://someone:hunter2@" + closedPort(t) + "/upstreamd",
			[]string{"database upstreamd on 127.0.0.1", "connection refused", "is PostgreSQL running"}},
		{"no PostgreSQL URL", "UPSTREAMD_DATABASE_URL=postgres://someone:hunter2@[::1/upstreamd", []string{"database"}},
	} {
		for _, command := range []string{"sync", "serve"} {
			t.Run(tt.name+" "+command, func(t *testing.T) {
				s.env = []string{tt.env}
				if strings.Contains(tt.env, "_URL") {
					s.env = append(s.env, "UPSTREAMD_DATABASE_PATH=")
				}
				o := s.run(command)
				if o.code != exitFailure && o.code != exitTemporary {
					t.Errorf("exit code %d", o.code)
				}
				for _, want := range tt.want {
					if !strings.Contains(o.stderr, want) {
						t.Errorf("%q lacks %q", o.stderr, want)
					}
				}
				if strings.Contains(o.stderr, "hunter2") || strings.Contains(o.stderr, "goroutine ") || strings.Count(o.stderr, "\n") > 4 {
					t.Errorf("not fit to print:\n%s", o.stderr)
				}
			})
		}
	}
}

// TestLostCache: a cache that goes away while its upstreams cannot be reached
// takes no knowledge with it, and comes back by itself.
func TestLostCache(t *testing.T) {
	s := newSite(t, nil)
	s.succeed("sync")
	before := s.succeed("dump", "--logical")
	if err := os.RemoveAll(s.config.Cache.Dir); err != nil {
		t.Fatal(err)
	}
	away := filepath.Join(s.dir, "away")
	if err := os.Rename(filepath.Join(s.dir, "repos"), away); err != nil {
		t.Fatal(err)
	}
	if o := s.run("sync"); o.code != exitFailure || strings.Count(o.stderr, "there is no such directory or file") != 5 {
		t.Errorf("exit code %d\n%s", o.code, o.stderr)
	}
	if got := withoutSources(s.succeed("dump", "--logical")); got != withoutSources(before) {
		t.Errorf("what is known has changed")
	}
	if err := os.Rename(away, filepath.Join(s.dir, "repos")); err != nil {
		t.Fatal(err)
	}
	s.succeed("sync")
	if s.succeed("dump", "--logical") != before {
		t.Error("what is known has changed when all is well again")
	}
}

func withoutSources(dump string) string {
	var kept strings.Builder
	for line := range strings.Lines(dump) {
		if !strings.Contains(line, `"table":"source"`) {
			kept.WriteString(line)
		}
	}
	return kept.String()
}
