package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pelletier/go-toml/v2"

	"github.com/upstreamd/upstreamd/internal/mailing/imap/imapdtest"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/internal/store/storetest"
)

// numbered are mails of a list, from one number to another.
func numbered(from, to int) [][]byte {
	var all [][]byte
	for n := from; n <= to; n++ {
		all = append(all, fmt.Appendf(nil, "Message-ID: <%d@example.org>\r\nFrom: Ann <ann@example.org>\r\nTo: zlib@lists.example.org\r\n"+
			"Date: Fri, 2 Jan 2026 03:04:%02d +0000\r\nSubject: mail %d\r\n\r\ntext %d\r\n", n, n%60, n, n))
	}
	return all
}

// A mailbed is a store that is filled from a dovecot, through a proxy.
type mailbed struct {
	t       *testing.T
	db      *store.DB
	dovecot *imapdtest.Dovecot
	proxy   *imapdtest.Proxy
	config  *config
}

func newMailbed(t *testing.T, db *store.DB, mailboxes map[string][][]byte) *mailbed {
	t.Helper()
	b := &mailbed{t: t, db: db, dovecot: imapdtest.StartDovecot(t, mailboxes)}
	b.proxy = imapdtest.StartProxy(t, b.dovecot.Port, noFault)
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte(b.dovecot.Password), 0o600); err != nil {
		t.Fatal(err)
	}
	b.config = &config{Accounts: []accountConfig{{
		Name: "work", Host: b.dovecot.Host, Port: b.proxy.Port, TLS: "tls", CAFile: b.dovecot.CAFile,
		User: b.dovecot.User, SecretFile: password, Mailboxes: []string{"*"}, Connections: 4,
	}}}
	b.start()
	return b
}

func noFault(int) imapdtest.Fault { return imapdtest.Fault{} }

// start tells the store of the configuration.
func (b *mailbed) start() {
	b.t.Helper()
	sources, err := b.config.sources()
	if err == nil {
		err = b.db.SyncSources(b.t.Context(), sources)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// pass makes one pass of the collect stage.
func (b *mailbed) pass() pipeline.Report {
	b.t.Helper()
	rep, err := pipeline.NewCollector(b.db, b.db, b.config.dial, b.config.settings(nil)).Stage().Run(b.t.Context(), "")
	if err != nil {
		b.t.Fatal(err)
	}
	return rep
}

// collects makes a pass that must go well and bring so many mails that were not
// known.
func (b *mailbed) collects(what string, count int) {
	b.t.Helper()
	rep := b.pass()
	want := pipeline.Report{}
	if count > 0 {
		want.Done = fmt.Sprintf("%d mails", count)
	}
	if diff := cmp.Diff(want, rep); diff != "" {
		b.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// A delivered is how the store has a mail: in which mailbox, by which UID.
type delivered struct {
	Mailbox     string
	UIDValidity int64 `json:"uidvalidity"`
	UID         int64
	Sum         string `json:"raw_id"` // natural key
}

// deliveries are all there are, and how often each: once, if all is well.
func (b *mailbed) deliveries() map[delivered]int {
	b.t.Helper()
	var all bytes.Buffer
	if err := b.db.Dump(b.t.Context(), &all); err != nil {
		b.t.Fatal(err)
	}
	found := map[delivered]int{}
	for line := range bytes.Lines(all.Bytes()) {
		if !bytes.Contains(line, []byte(`"table":"delivery"`)) {
			continue
		}
		var d delivered
		if err := json.Unmarshal(line, &d); err != nil {
			b.t.Fatal(err)
		}
		found[d]++
	}
	return found
}

// holds says whether the deliveries are these, whatever the UIDVALIDITYs are:
// of each mailbox, in each of its epochs, mails by UID.
func (b *mailbed) holds(what string, want map[string][]map[int][]byte) {
	b.t.Helper()
	got := map[string]map[int64]map[int]string{}
	for d, times := range b.deliveries() {
		if got[d.Mailbox] == nil {
			got[d.Mailbox] = map[int64]map[int]string{}
		}
		epoch := got[d.Mailbox]
		if epoch[d.UIDValidity] == nil {
			epoch[d.UIDValidity] = map[int]string{}
		}
		if _, again := epoch[d.UIDValidity][int(d.UID)]; again || times != 1 {
			b.t.Errorf("%s: %v is there twice", what, d)
		}
		epoch[d.UIDValidity][int(d.UID)] = d.Sum
	}
	for mailbox, epochs := range want {
		if len(got[mailbox]) != len(epochs) {
			b.t.Errorf("%s: %s has %d epochs, want %d", what, mailbox, len(got[mailbox]), len(epochs))
		}
		for i, epoch := range epochs {
			sums := map[int]string{}
			for uid, mail := range epoch {
				sum := sha256.Sum256(mail)
				sums[uid] = hex.EncodeToString(sum[:])
			}
			diff := ""
			for _, has := range got[mailbox] {
				if diff = cmp.Diff(sums, has); diff == "" {
					break
				}
			}
			if diff != "" {
				b.t.Errorf("%s: epoch %d of %s (-want +got):\n%s", what, i+1, mailbox, diff)
			}
		}
	}
	if len(got) != len(want) {
		b.t.Errorf("%s: %d mailboxes, want %d", what, len(got), len(want))
	}
}

// byUID numbers mails from 1.
func byUID(mails [][]byte) map[int][]byte {
	m := map[int][]byte{}
	for i, mail := range mails {
		m[i+1] = mail
	}
	return m
}

// TestCollectDovecot goes through the life of an account: what the server has
// is what the store has, each delivery once, and what went from the server
// stays.
func TestCollectDovecot(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newMailbed(t, db, map[string][][]byte{"INBOX": numbered(1, 5), "lists": numbered(1, 60), "old": numbered(50, 70), "empty": nil})
		b.collects("the first pass", 70)
		all := map[string][]map[int][]byte{
			"INBOX": {byUID(numbered(1, 5))}, "lists": {byUID(numbered(1, 60))}, "old": {byUID(numbered(50, 70))},
		}
		b.holds("the first pass", all)
		b.collects("nothing new", 0)

		b.dovecot.Append("lists", numbered(80, 80)[0])
		b.collects("a new mail", 1)
		all["lists"] = []map[int][]byte{byUID(append(numbered(1, 60), numbered(80, 80)...))}
		b.holds("a new mail", all)

		b.dovecot.Expunge("lists", "1:30")
		b.dovecot.Recreate("old", append(numbered(55, 60), numbered(90, 92)...)...)
		b.collects("a mailbox that was made anew", 3)
		all["old"] = append(all["old"], byUID(append(numbered(55, 60), numbered(90, 92)...)))
		b.holds("a mailbox that was made anew", all)

		b.config.Accounts[0].Mailboxes = []string{"lists", "nowhere", "no*match"}
		rep := b.pass()
		if len(rep.Problems) != 1 || !strings.Contains(rep.Problems[0], `"nowhere"`) || !strings.Contains(rep.Problems[0], `"no*match"`) || !strings.Contains(rep.Problems[0], "INBOX") {
			t.Errorf("mailboxes that are not there: %q", rep.Problems)
		}
	})
}

// TestCollectFaults breaks every connection of a pass, at places all over the
// session. Whatever a pass came to, the next goes on from there, and in the end
// all is there once.
func TestCollectFaults(t *testing.T) {
	mails := numbered(1, 900)
	want := map[string][]map[int][]byte{"lists": {byUID(mails[:600])}, "other": {byUID(mails[600:])}}
	samples := int64(12)
	if testing.Short() {
		samples = 3
	}
	dovecot := newMailbed(t, storetest.SQLite(t), map[string][][]byte{"lists": mails[:600], "other": mails[600:]})
	dovecot.config.Accounts[0].Mailboxes = []string{"lists", "other"}
	dovecot.collects("without faults", 900)
	total, _ := dovecot.proxy.Bytes()
	for i := range samples {
		b := *dovecot
		b.db = storetest.SQLite(t)
		b.start()
		after := 1 + (i*total/2)/samples
		what := fmt.Sprintf("cut after %d of %d bytes", after, total)
		b.proxy.Plan(func(n int) imapdtest.Fault {
			if n < 3 { // the reader does not wait long for the first ones
				return imapdtest.Fault{After: after, Reset: n%2 == 1}
			}
			return imapdtest.Fault{}
		})
		for range 5 {
			if b.pass().Problems == nil {
				break
			}
		}
		b.collects(what, 0)
		b.holds(what, want)
	}
}

// TestCollectSince: older mail is left out, and read when it is wanted later.
func TestCollectSince(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		mails := numbered(1, 40)
		b := newMailbed(t, db, map[string][][]byte{"lists": mails})
		var received []time.Time
		for n := range 40 {
			received = append(received, time.Date(2026, 3, 1+(n*7)%20, 12, 0, 0, 0, time.UTC))
		}
		b.dovecot.Date("lists", received...)
		since := func(day int) map[string][]map[int][]byte {
			b.config.Accounts[0].Since = &toml.LocalDate{Year: 2026, Month: 3, Day: day}
			kept := map[int][]byte{}
			for i, at := range received {
				if at.Day() >= day {
					kept[i+1] = mails[i]
				}
			}
			return map[string][]map[int][]byte{"lists": {kept}}
		}
		want := since(15)
		b.collects("since the 15th", 12)
		b.holds("since the 15th", want)
		b.collects("nothing new", 0)

		want = since(9) // while connections break
		b.proxy.Plan(func(n int) imapdtest.Fault {
			if n == 0 {
				return imapdtest.Fault{After: 5500}
			}
			return imapdtest.Fault{}
		})
		b.collects("since the 9th", 12)
		b.holds("since the 9th", want)

		since(18)
		b.collects("later again", 0)
		b.holds("what was read stays", want)
		want = since(1)
		b.config.Accounts[0].Since = nil
		b.collects("all", 16)
		b.holds("all", want)
		b.collects("nothing new", 0)
	})
}

// TestServePush: the daemon hears of new mail at once, long before the schedule
// would look for it.
func TestServePush(t *testing.T) {
	d := imapdtest.StartDovecot(t, map[string][][]byte{"INBOX": numbered(1, 3)})
	s := &site{t: t, dir: t.TempDir(), bin: binary(t)}
	path := filepath.Join(s.dir, "upstreamd.toml")
	token := filepath.Join(s.dir, "token") // an OAuth2 account, while we are here
	for name, text := range map[string]string{token: d.Token(time.Hour), path: fmt.Sprintf(`
[[accounts]]
name = "work"
host = %q
port = %d
ca_file = %q
user = %q
token_command = ["cat", %q]
mailboxes = ["INBOX"]
`, d.Host, d.Port, d.CAFile, d.User, token)} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if s.config, err = loadConfig(path); err != nil {
		t.Fatal(err)
	}
	daemon := s.serve()
	said := func(words string) func() bool {
		return func() bool { return strings.Contains(daemon.stderr.String(), words) }
	}
	until(t, "the first pass", said(`input="account work" done="3 mails"`))
	// The daemon may begin to wait only now: mail comes until it is noticed. The
	// schedule would look after two minutes, which is past our patience.
	n, sent := 4, time.Time{}
	until(t, "new mail", func() bool {
		if time.Since(sent) > 5*time.Second {
			d.Append("INBOX", numbered(n, n)[0])
			n, sent = n+1, time.Now()
		}
		return strings.Count(daemon.stderr.String(), `input="account work" done=`) > 1
	})
	daemon.stop()
	if log := daemon.stderr.String(); strings.Contains(log, "eyJ") || complaints(log) != "" {
		t.Errorf("the log complains, or holds a token:\n%s", log)
	}
}

// TestTokenCommand: a token that the server refuses is asked for once more, and
// an account that cannot log in says so without it.
func TestTokenCommand(t *testing.T) {
	d := imapdtest.StartDovecot(t, map[string][][]byte{"INBOX": numbered(1, 3)})
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	expired := d.Token(-time.Minute)
	one, two := write("one", expired, 0o600), write("two", d.Token(time.Hour), 0o600)
	command := write("command", "#!/bin/sh\necho asked >>"+dir+"/log\ncat "+one+"\nmv "+two+" "+one+" 2>/dev/null\ntrue\n", 0o700)
	asked := func() int {
		b, _ := os.ReadFile(filepath.Join(dir, "log"))
		return strings.Count(string(b), "asked")
	}
	c, err := parseConfig([]byte(fmt.Sprintf("[[accounts]]\nname = \"work\"\nhost = %q\nport = %d\nca_file = %q\nuser = %q\ntoken_command = [%q]\nmailboxes = [\"INBOX\"]\n",
		d.Host, d.Port, d.CAFile, d.User, command)))
	if err != nil {
		t.Fatal(err)
	}
	c.complete(dir)
	if err := c.check(); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{2, 2} { // then it is kept
		conn, err := c.dial(t.Context(), "work")
		if err != nil || asked() != want {
			t.Fatalf("connection %d: %v, asked %d times, want %d", i, err, asked(), want)
		}
		conn.Close()
	}
	write("one", expired, 0o600)
	c.complete(dir) // forgets
	if _, err := c.dial(t.Context(), "work"); err == nil || strings.Contains(err.Error(), expired) || !strings.Contains(err.Error(), "login refused") {
		t.Errorf("no good token: %v", err)
	}
}

// TestPlainWarns: mail without TLS wants to be said so, and is warned of.
func TestPlainWarns(t *testing.T) {
	c := &config{Accounts: []accountConfig{
		{Name: "near", Host: "127.0.0.1", TLS: "none"}, {Name: "far", Host: "imap.example.org", TLS: "none"}, {Name: "good", Host: "imap.example.org", TLS: "tls"},
	}}
	var said bytes.Buffer
	c.warn(&said)
	if got := said.String(); strings.Count(got, "warning:") != 1 || !strings.Contains(got, `"far": tls = "none"`) || !strings.Contains(got, "the password and all mail") {
		t.Errorf("warnings: %q", got)
	}
}
