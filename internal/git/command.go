package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/upstreamd/upstreamd/internal/term"
)

const (
	outputLimit = 256 << 20 // bytes of output kept of one command
	stderrLimit = 4 << 10   // bytes of an error text
	waitDelay   = 5 * time.Second
)

// settings hold for every call. They win over the configuration of the
// repository, which is not ours to trust.
var settings = []string{
	"core.hooksPath=/dev/null",
	"core.fsmonitor=false",
	"core.splitIndex=false",
	"core.attributesFile=/dev/null",
	"core.logAllRefUpdates=false",
	"core.quotePath=false",
	"core.askPass=",
	"credential.helper=",
	"protocol.ext.allow=never",
	"fetch.fsckObjects=true",
	// Mistakes that old but honest repositories have, and that harm nobody.
	"fetch.fsck.badTimezone=ignore",
	"fetch.fsck.missingSpaceBeforeDate=ignore",
	"fetch.fsck.missingSpaceBeforeEmail=ignore",
	"fetch.fsck.missingNameBeforeEmail=ignore",
	"fetch.fsck.missingTaggerEntry=ignore",
	"fetch.fsck.zeroPaddedFilemode=ignore",
	"fetch.fsck.badDateOverflow=ignore",
	"fetch.fsck.zeroPaddedDate=ignore",
	"gc.auto=0",
	"maintenance.auto=false",
	"submodule.recurse=false",
	"fetch.recurseSubmodules=false",
	"safe.bareRepository=explicit",
	// Ownership is no protection for a repository that is only read with the
	// settings here, and a daemon often reads what others own.
	"safe.directory=*",
	"remote.origin.followRemoteHEAD=never",
	"http.followRedirects=false",
	"i18n.logOutputEncoding=UTF-8",
	"log.showSignature=false",
	"log.showRoot=true",
	"log.follow=false",
	"log.mailmap=false",
	"diff.suppressBlankEmpty=false",
	"diff.orderFile=/dev/null",
}

// inherited are the variables that a git call takes over from our own
// environment: to find programs, ssh keys, certificates and proxies.
var inherited = []string{
	"PATH", "HOME", "TMPDIR", "SSH_AUTH_SOCK",
	"SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO",
	"http_proxy", "https_proxy", "no_proxy", "all_proxy",
	"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY",
}

// A command is one call of the git program. Its fields may be changed until
// it is started.
type command struct {
	args  []string // subcommand and arguments
	set   []string // further settings, as key=value
	env   []string // further environment
	dir   string   // directory to run in
	stdin io.Reader
	files []*os.File // left open in the child
	limit int64      // bytes of output; 0 for outputLimit
	space uint64     // bytes of address space; 0 for no limit
}

// A CommandError is a git command that did not succeed. It matches one of the
// errors of this package where the reason is known.
type CommandError struct {
	Command string // the subcommand
	Code    int    // exit code, -1 when killed
	Stderr  string // what git wrote, cut to 4 KiB on one line, safe to print
	reason  error
}

func (e *CommandError) Error() string {
	text := e.Stderr
	if text == "" {
		text = fmt.Sprintf("exit code %d", e.Code)
	}
	return "git " + e.Command + ": " + text
}

func (e *CommandError) Unwrap() error { return e.reason }

// A process is a running git command.
type process struct {
	ctx    context.Context
	name   string
	cmd    *exec.Cmd
	stdout io.ReadCloser
	stderr *headBuffer
}

// exec prepares the process; every git call of the program is made here.
func (c command) exec(ctx context.Context) *exec.Cmd {
	args := []string{"--no-pager", "--no-replace-objects", "--literal-pathspecs"}
	for _, list := range [][]string{settings, c.set} {
		for _, s := range list {
			args = append(args, "-c", s)
		}
	}
	cmd := exec.CommandContext(ctx, "git", append(args, c.args...)...)
	cmd.Dir = c.dir
	cmd.Env = append(baseEnv(), c.env...)
	cmd.Stdin = c.stdin
	cmd.ExtraFiles = c.files
	// git starts children of its own: they end with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = waitDelay
	return cmd
}

func baseEnv() []string {
	env := []string{
		"LC_ALL=C",
		"GIT_CONFIG_NOSYSTEM=1",
		"GIT_CONFIG_GLOBAL=/dev/null",
		"GIT_ATTR_NOSYSTEM=1",
		"GIT_TERMINAL_PROMPT=0",
		"GIT_ASKPASS=true",
		"GIT_OPTIONAL_LOCKS=0",
		"GIT_NO_LAZY_FETCH=1",
		"GIT_PROTOCOL_FROM_USER=0",
		"GIT_ALLOW_PROTOCOL=none",
	}
	for _, name := range inherited {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// start runs c; the caller reads stdout and calls wait.
func (c command) start(ctx context.Context) (*process, error) {
	cmd := c.exec(ctx)
	p := &process{ctx: ctx, name: c.args[0], cmd: cmd, stderr: &headBuffer{limit: stderrLimit}}
	cmd.Stderr = p.stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.stdout = out
	if err := startLimited(cmd, c.space); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrPermission) {
			return nil, fmt.Errorf("%w: %w", ErrNoGit, err)
		}
		return nil, fmt.Errorf("git %s: %w", p.name, err)
	}
	return p, nil
}

// wait ends the process and says how it went.
func (p *process) wait() error {
	err := p.cmd.Wait()
	if err == nil {
		return nil
	}
	if p.ctx.Err() != nil {
		return fmt.Errorf("git %s: %w", p.name, p.ctx.Err())
	}
	text := safeText(p.stderr.String())
	return &CommandError{Command: p.name, Code: p.cmd.ProcessState.ExitCode(), Stderr: text, reason: classify(text)}
}

// kill ends the process when its output is of no more interest.
func (p *process) kill() {
	p.cmd.Cancel()
	p.cmd.Wait()
}

// output runs c and returns what it prints.
func (c command) output(ctx context.Context) ([]byte, error) {
	p, err := c.start(ctx)
	if err != nil {
		return nil, err
	}
	limit := c.limit
	if limit == 0 {
		limit = outputLimit
	}
	out, err := io.ReadAll(io.LimitReader(p.stdout, limit+1))
	if int64(len(out)) > limit {
		p.kill()
		return nil, fmt.Errorf("git %s: output: %w", p.name, ErrTooBig)
	}
	if werr := p.wait(); werr != nil {
		return out, werr
	}
	return out, err
}

// run runs c for its effect.
func (c command) run(ctx context.Context) error {
	_, err := c.output(ctx)
	return err
}

// reasons are texts of git, in the order in which they decide. With LC_ALL=C
// they are stable over many versions.
var reasons = []struct {
	text string
	err  error
}{
	{"couldn't find remote ref", ErrNotFound},
	{"Could not resolve host", ErrUnreachable},
	{"unable to access", ErrUnreachable},
	{"Could not read from remote repository", ErrUnreachable},
	{"unable to connect", ErrUnreachable},
	{"Authentication failed", ErrUnreachable},
	{"could not read Username", ErrUnreachable},
	{"does not appear to be a git repository", ErrUnreachable},
	{"the remote end hung up", ErrUnreachable},
	{"early EOF", ErrUnreachable},
	{"repository '", ErrUnreachable}, // "repository '<url>' not found"
	{"is corrupt", ErrCorrupt},
	{"object file", ErrCorrupt},
	{"unable to unpack", ErrCorrupt},
	{"unable to read tree", ErrCorrupt},
	{"unable to read sha1", ErrCorrupt},
	{"packfile", ErrCorrupt},
	{"missing object", ErrCorrupt},
	{"missing blob", ErrCorrupt},
	{"missing necessary objects", ErrCorrupt},
	{"did not send all necessary objects", ErrCorrupt},
	{"failed to traverse parents", ErrCorrupt},
	{"bad tree object", ErrCorrupt},
	{"bad object refs/", ErrCorrupt},
	{"bad object HEAD", ErrCorrupt},
	{"unexpected line in", ErrCorrupt},
	{"unknown revision", ErrNotFound},
	{"bad revision", ErrNotFound},
	{"bad object", ErrNotFound},
	{"no such commit", ErrNotFound},
	{"malformed object name", ErrNotFound},
	{"Not a valid", ErrNotFound},
	{"Needed a single revision", ErrNotFound},
	{"ambiguous argument", ErrNotFound},
	{"ot a git repository", ErrNotFound},
	{"expected commit type", ErrNotFound},
	{"no such path", ErrNotFound},
}

// classify finds the reason in git's error text; nil when it is not known.
func classify(text string) error {
	for _, r := range reasons {
		if strings.Contains(text, r.text) {
			return r.err
		}
	}
	return nil
}

// safeText is an error text of git, which can quote anything, on one line and
// fit to print.
func safeText(s string) string {
	s = term.Safe(strings.Join(strings.Fields(s), " "))
	return strings.ToValidUTF8(s[:min(len(s), stderrLimit)], "")
}

// A headBuffer keeps the first bytes written to it and swallows the rest.
type headBuffer struct {
	bytes.Buffer
	limit int
}

func (b *headBuffer) Write(p []byte) (int, error) {
	if room := b.limit - b.Len(); room > 0 {
		b.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}
