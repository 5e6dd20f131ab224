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
	"strings"
	"syscall"
	"testing"
	"time"
)

// A PublicInbox is a running public-inbox-imapd. It wants no password and no
// TLS.
type PublicInbox struct {
	Host    string
	Port    int
	List    string // newsgroup
	Mailbox string // its first slice

	step func(stdin, name string, args ...string)
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
	step := func(stdin, name string, args ...string) {
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
	p := &PublicInbox{Host: "127.0.0.1", Port: freePort(t), List: "org.example.test", Mailbox: "org.example.test.0", step: step}
	for _, m := range mails {
		p.Append(m)
	}
	cmd := exec.Command(program, "-l", fmt.Sprintf("imap://127.0.0.1:%d", p.Port), "-W0")
	cmd.Env, cmd.Dir = env, dir
	log := filepath.Join(dir, "imapd.log")
	run(t, cmd, log)
	await(t, p.Port, log)
	return p
}

// Append sends one more message to the list.
func (p *PublicInbox) Append(mail []byte) { p.step(string(mail), "public-inbox-mda", "--no-precheck") }

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
