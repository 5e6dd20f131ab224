package secret

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// commandTime is how long a command may take to print a secret: it may have to
// ask a server for it.
const commandTime = 30 * time.Second

// Command runs a program, argv[0], and returns the one line that it prints,
// without the white space around it. The program is run without a shell and
// without input, in a process group of its own, and is killed with its children
// when it takes too long. It has our environment but for our own settings
// (UPSTREAMD_*), which may hold secrets that are none of its business.
//
// An error names the program and how it ended, and never what it printed.
func Command(ctx context.Context, argv []string) (string, error) {
	return command(ctx, argv, commandTime)
}

func command(ctx context.Context, argv []string, most time.Duration) (string, error) {
	if len(argv) == 0 || argv[0] == "" {
		return "", errors.New("no program named")
	}
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	var out limited
	cmd.Stdout, cmd.Env = &out, environment()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	if errors.Is(err, exec.ErrWaitDelay) {
		_ = cmd.Cancel() // what it left behind, which still holds its output
	}
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return "", fmt.Errorf("%s: no answer within %v; it must not ask for anything", argv[0], most)
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil && cmd.ProcessState == nil:
		return "", fmt.Errorf("%s: it cannot be started: %w", argv[0], plain(err))
	case cmd.ProcessState != nil && !cmd.ProcessState.Success():
		return "", fmt.Errorf("%s: %v; run it by hand, as the same user, to see why", argv[0], cmd.ProcessState)
	case err != nil && !errors.Is(err, exec.ErrWaitDelay):
		return "", fmt.Errorf("%s: %w", argv[0], err)
	}
	s, err := oneLine(out.String())
	if err != nil {
		return "", fmt.Errorf("%s: %w", argv[0], err)
	}
	return s, nil
}

// plain is the cause of an error without the path, which is said already.
func plain(err error) error {
	var path *os.PathError
	var look *exec.Error
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &look):
		return look.Err
	}
	return err
}

// environment is ours without our own settings.
func environment() []string {
	var env []string
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "UPSTREAMD_") {
			env = append(env, e)
		}
	}
	return env
}

// oneLine is a secret as it was printed. More than a line, or what could not
// be sent in one, is none: it may be a message.
func oneLine(s string) (string, error) {
	s = strings.TrimSpace(s)
	switch {
	case s == "":
		return "", errors.New("it printed nothing")
	case len(s) > limit:
		return "", errors.New("it printed more than a secret")
	case strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return "", errors.New("it printed more than one line")
	}
	return s, nil
}

// limited keeps the beginning of what is written to it, and takes all.
type limited struct{ bytes.Buffer }

// Write implements io.Writer.
func (l *limited) Write(p []byte) (int, error) {
	if room := limit + 1 - l.Len(); room > 0 {
		l.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}
