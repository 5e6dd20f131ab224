package imapdtest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A Dovecot is a running dovecot. Any user name logs in with Password, and User
// with a [Dovecot.Token]; the mail is that of User, or of "anon" for anonymous
// logins.
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
auth_mechanisms = plain login anonymous xoauth2 oauthbearer
auth_failure_delay = 0
auth_anonymous_username = anon
mail_location = maildir:$D/mail/%u
first_valid_uid = 1
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = $D/oauth2.conf
}
passdb {
  driver = static
  mechanisms = plain login anonymous
  args = password=secret
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=$D/mail/%u allow_all_users=yes
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
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
`

// oauth2Conf has dovecot look at tokens itself: they are signed with oauth2Key.
const oauth2Conf = `introspection_mode = local
local_validation_key_dict = fs:posix:prefix=$D/keys/
username_attribute = email
`

const oauth2Key = "a key of more than 32 bytes, only for tests"

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
		d.Fill(name, slices.Values(mails))
	}
	d.own(filepath.Join(dir, "mail"))
	fill := strings.NewReplacer("$D", dir, "$PLAIN", strconv.Itoa(d.Plain), "$TLS", strconv.Itoa(d.Port))
	keys := filepath.Join(dir, "keys", "default", "HS256")
	check(t, os.MkdirAll(keys, 0o755))
	for path, text := range map[string]string{
		d.conf():                          fill.Replace(dovecotConf),
		filepath.Join(dir, "oauth2.conf"): fill.Replace(oauth2Conf),
		filepath.Join(keys, "default"):    base64.StdEncoding.EncodeToString([]byte(oauth2Key)),
	} {
		check(t, os.WriteFile(path, []byte(text), 0o644))
	}
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

// Fill delivers many messages to a mailbox that nobody has opened yet.
func (d *Dovecot) Fill(mailbox string, mails iter.Seq[[]byte]) {
	d.t.Helper()
	i := 0
	for m := range mails {
		d.deliver(mailbox, fmt.Sprintf("%010d.M%06d.localhost", 1_600_000_000+i, i), m)
		i++
	}
	d.own(d.maildir(mailbox))
}

// Append delivers one more message to a mailbox.
func (d *Dovecot) Append(mailbox string, mail []byte) {
	d.t.Helper()
	d.deliver(mailbox, fmt.Sprintf("%d.M1.localhost", time.Now().UnixNano()), mail)
	d.own(d.maildir(mailbox))
}

// Token is an OAuth2 access token for User, good for so long from now, or no
// longer: a JSON Web Token.
func (d *Dovecot) Token(life time.Duration) string {
	encode := base64.RawURLEncoding.EncodeToString
	now := time.Now()
	claims := fmt.Sprintf(`{"sub":%q,"email":%q,"iat":%d,"exp":%d}`, d.User, d.User, now.Add(-time.Hour).Unix(), now.Add(life).Unix())
	signed := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode([]byte(claims))
	mac := hmac.New(sha256.New, []byte(oauth2Key))
	mac.Write([]byte(signed))
	return signed + "." + encode(mac.Sum(nil))
}

// Expunge deletes messages from a mailbox by their UIDs, "3:5,9", as another
// client would.
func (d *Dovecot) Expunge(mailbox, uids string) {
	d.t.Helper()
	d.doveadm("expunge", "-u", d.User, "mailbox", mailbox, "uid", uids)
}

// Date sets when the server received the messages of a mailbox, one after the
// other, before anybody has opened it.
func (d *Dovecot) Date(mailbox string, received ...time.Time) {
	d.t.Helper()
	files, err := filepath.Glob(filepath.Join(d.maildir(mailbox), "new", "*"))
	check(d.t, err)
	for i, at := range received {
		check(d.t, os.Chtimes(files[i], at, at))
	}
}

// Files is the mailbox as it is on the disk: the file of each message, whose
// name holds its flags, and its text. A message that nobody has opened for
// writing is in new, others are in cur.
func (d *Dovecot) Files(mailbox string) map[string]string {
	d.t.Helper()
	files := map[string]string{}
	for _, sub := range []string{"new", "cur"} {
		found, err := filepath.Glob(filepath.Join(d.maildir(mailbox), sub, "*"))
		check(d.t, err)
		for _, f := range found {
			text, err := os.ReadFile(f)
			check(d.t, err)
			files[filepath.Join(sub, filepath.Base(f))] = string(text)
		}
	}
	return files
}

// Flag sets flags of messages by their UIDs, as another client would.
func (d *Dovecot) Flag(mailbox, uids string, flags ...string) {
	d.t.Helper()
	d.doveadm("flags", "add", "-u", d.User, strings.Join(flags, " "), "mailbox", mailbox, "uid", uids)
}

func (d *Dovecot) doveadm(args ...string) string {
	d.t.Helper()
	out, err := exec.Command("doveadm", append([]string{"-c", d.conf()}, args...)...).CombinedOutput()
	if err != nil {
		d.t.Fatalf("doveadm %s: %v: %s", args[0], err, out)
	}
	return string(out)
}

// Recreate deletes a mailbox and makes it again, with another UIDVALIDITY.
func (d *Dovecot) Recreate(mailbox string, mails ...[]byte) {
	d.t.Helper()
	for _, verb := range []string{"delete", "create"} {
		d.doveadm("mailbox", verb, "-u", d.User, mailbox)
	}
	for _, m := range mails {
		d.Append(mailbox, m)
	}
}
