// Package imapdtest starts real IMAP servers for tests: dovecot and
// public-inbox-imapd, each with its files in the test's own directory. A test
// is skipped where the program is missing, and fails where CI=true says that
// nothing may be missing (scripts/install-test-tools installs both).
package imapdtest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A Dovecot is a running dovecot. Any user name logs in with Password; the mail
// is that of User, or of "anon" for anonymous logins.
type Dovecot struct {
	Host     string // localhost
	Port     int    // TLS from the start
	Plain    int    // without TLS, or by STARTTLS
	CAFile   string // the server's own certificate
	User     string
	Password string

	t   testing.TB
	dir string
}

const dovecotConf = `base_dir = $D/run
state_dir = $D/run
log_path = $D/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <$D/cert.pem
ssl_key = <$D/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login anonymous
auth_anonymous_username = anon
mail_location = maildir:$D/mail/%u
first_valid_uid = 1
passdb {
  driver = static
  args = password=secret
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=$D/mail/%u
}
service imap-login {
  chroot =
  inet_listener imap {
    port = $PLAIN
  }
  inet_listener imaps {
    port = $TLS
    ssl = yes
  }
}
service anvil {
  chroot =
}
`

// StartDovecot starts a dovecot with these mailboxes of User, oldest message
// first; "INBOX" is always there. It ends with the test.
func StartDovecot(t testing.TB, mailboxes map[string][][]byte) *Dovecot {
	t.Helper()
	program := need(t, "dovecot", "/usr/sbin/dovecot")
	if os.Getuid() != 0 {
		skip(t, "dovecot must be started by root")
	}
	dir, err := os.MkdirTemp("", "dovecot") // its socket names must be short
	check(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	check(t, os.Chmod(dir, 0o755))
	d := &Dovecot{Host: "localhost", Port: freePort(t), Plain: freePort(t), User: "ann", Password: "secret", t: t, dir: dir}
	d.CAFile = filepath.Join(dir, "cert.pem")
	check(t, WriteCertificate(d.CAFile, filepath.Join(dir, "key.pem"), "localhost"))
	check(t, os.MkdirAll(filepath.Join(dir, "run"), 0o755))
	for name, mails := range mailboxes {
		for i, m := range mails {
			d.deliver(name, fmt.Sprintf("%010d.M%06d.localhost", 1_600_000_000+i, i), m)
		}
	}
	d.own(filepath.Join(dir, "mail"))
	conf := strings.NewReplacer("$D", dir, "$PLAIN", strconv.Itoa(d.Plain), "$TLS", strconv.Itoa(d.Port)).Replace(dovecotConf)
	check(t, os.WriteFile(d.conf(), []byte(conf), 0o644))
	run(t, exec.Command(program, "-F", "-c", d.conf()), filepath.Join(dir, "out"))
	await(t, d.Port, filepath.Join(dir, "dovecot.log"))
	return d
}

func (d *Dovecot) conf() string { return filepath.Join(d.dir, "dovecot.conf") }

// maildir is the directory of one mailbox of the user.
func (d *Dovecot) maildir(name string) string {
	root := filepath.Join(d.dir, "mail", d.User)
	if name == "INBOX" {
		return root
	}
	return filepath.Join(root, "."+strings.ReplaceAll(name, "/", "."))
}

func (d *Dovecot) deliver(mailbox, file string, mail []byte) {
	d.t.Helper()
	box := d.maildir(mailbox)
	for _, sub := range []string{"cur", "new", "tmp"} {
		check(d.t, os.MkdirAll(filepath.Join(box, sub), 0o755))
	}
	check(d.t, os.WriteFile(filepath.Join(box, "new", file), mail, 0o644))
}

// own gives everything below dir to dovecot's user.
func (d *Dovecot) own(dir string) {
	d.t.Helper()
	check(d.t, os.MkdirAll(dir, 0o755))
	out, err := exec.Command("chown", "-R", "nobody:nogroup", dir).CombinedOutput()
	if err != nil {
		d.t.Fatalf("chown: %v: %s", err, out)
	}
}

// Append delivers one more message to a mailbox.
func (d *Dovecot) Append(mailbox string, mail []byte) {
	d.t.Helper()
	d.deliver(mailbox, fmt.Sprintf("%d.M1.localhost", time.Now().UnixNano()), mail)
	d.own(d.maildir(mailbox))
}

// Recreate deletes a mailbox and makes it again, with another UIDVALIDITY.
func (d *Dovecot) Recreate(mailbox string, mails ...[]byte) {
	d.t.Helper()
	for _, verb := range []string{"delete", "create"} {
		out, err := exec.Command("doveadm", "-c", d.conf(), "mailbox", verb, "-u", d.User, mailbox).CombinedOutput()
		if err != nil {
			d.t.Fatalf("doveadm mailbox %s: %v: %s", verb, err, out)
		}
	}
	for _, m := range mails {
		d.Append(mailbox, m)
	}
}

// A PublicInbox is a running public-inbox-imapd. It wants no password and no
// TLS.
type PublicInbox struct {
	Host    string
	Port    int
	Mailbox string
}

// StartPublicInbox starts a public-inbox-imapd that serves the messages of one
// list. It ends with the test. Loading takes about half a second a message.
func StartPublicInbox(t testing.TB, mails [][]byte) *PublicInbox {
	t.Helper()
	program := need(t, "public-inbox-imapd", "/usr/bin/public-inbox-imapd")
	need(t, "public-inbox-init", "/usr/bin/public-inbox-init")
	dir := t.TempDir()
	env := append(os.Environ(), "HOME="+dir, "PI_DIR="+dir+"/.public-inbox", "GIT_CONFIG_GLOBAL="+dir+"/.gitconfig",
		"ORIGINAL_RECIPIENT=test@lists.example.org")
	step := func(stdin string, name string, args ...string) {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Env, cmd.Dir, cmd.Stdin = env, dir, strings.NewReader(stdin)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", name, err, out)
		}
	}
	step("", "git", "config", "--global", "user.email", "test@example.org")
	step("", "git", "config", "--global", "user.name", "test")
	step("", "public-inbox-init", "-V2", "--ng", "org.example.test", "test", dir+"/test", "http://localhost/test", "test@lists.example.org")
	step("", "git", "config", "-f", dir+"/.public-inbox/config", "publicinboxmda.spamcheck", "none")
	for _, m := range mails {
		step(string(m), "public-inbox-mda", "--no-precheck")
	}
	p := &PublicInbox{Host: "127.0.0.1", Port: freePort(t), Mailbox: "org.example.test.0"}
	cmd := exec.Command(program, "-l", fmt.Sprintf("imap://127.0.0.1:%d", p.Port), "-W0")
	cmd.Env, cmd.Dir = env, dir
	log := filepath.Join(dir, "imapd.log")
	run(t, cmd, log)
	await(t, p.Port, log)
	return p
}

// need finds a program, or skips the test.
func need(t testing.TB, name, usual string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	if _, err := os.Stat(usual); err == nil {
		return usual
	}
	skip(t, name+" is not installed: scripts/install-test-tools does it")
	return ""
}

func skip(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip(why)
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// run starts a program and ends it, with all its children, after the test.
func run(t testing.TB, cmd *exec.Cmd, log string) {
	t.Helper()
	out, err := os.Create(log)
	check(t, err)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	check(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		stuck := time.AfterFunc(5*time.Second, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
		_ = cmd.Wait() // it was told to end
		stuck.Stop()
		out.Close()
	})
}

func freePort(t testing.TB) int {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port
}

// await waits until a server listens.
func await(t testing.TB, port int, log string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			conn.Close()
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			said, _ := os.ReadFile(log)
			t.Fatalf("no server on port %d: %v\n%s", port, err, said)
		}
	}
}
