package git

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// Every git call of the program is made in command.go.
func TestOnlyOneFileRunsGit(t *testing.T) {
	calls := regexp.MustCompile(`exec\.Command(Context)?\([^)]*"git"`)
	var found []string
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "gittest") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		src, err := os.ReadFile(path)
		if calls.Match(src) {
			found = append(found, path)
		}
		return err
	})
	if err != nil || !slices.Equal(found, []string{"../../internal/git/command.go"}) {
		t.Errorf("git is called in %q, %v", found, err)
	}
}

// stub puts a shell script in the place of git.
func stub(t *testing.T, script string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "git"), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":/usr/bin:/bin")
}

func TestGitIsMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if err := (command{args: []string{"version"}}).run(t.Context()); !errors.Is(err, ErrNoGit) {
		t.Errorf("run = %v, want ErrNoGit", err)
	}
}

func TestGitHangs(t *testing.T) {
	stub(t, "sleep 100 & sleep 100; wait\n") // a child holds stdout too
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	err := command{args: []string{"fetch"}}.run(ctx)
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 4*time.Second {
		t.Errorf("run = %v after %v", err, time.Since(start))
	}
}

func TestGitIsKilled(t *testing.T) {
	stub(t, "kill -9 $$\n")
	err := command{args: []string{"fetch"}}.run(t.Context())
	var failed *CommandError
	if !errors.As(err, &failed) || failed.Code != -1 {
		t.Errorf("run = %v", err)
	}
}

func TestGitPrintsTooMuch(t *testing.T) {
	stub(t, "yes\n")
	if _, err := (command{args: []string{"log"}, limit: 1 << 20}).output(t.Context()); !errors.Is(err, ErrTooBig) {
		t.Errorf("output = %v, want ErrTooBig", err)
	}
}

func TestErrorTextIsSafeAndShort(t *testing.T) {
	stub(t, `printf 'fatal: bad revision \033[2J\342\200\256x\n' >&2; head -c 100000 /dev/zero | tr '\0' y >&2; exit 128`)
	err := command{args: []string{"log"}}.run(t.Context())
	if err == nil || !errors.Is(err, ErrNotFound) || strings.ContainsAny(err.Error(), "\x1b\u202e\n") || len(err.Error()) > 5000 {
		t.Errorf("run = %.200q", err)
	}
}

func TestEnvironmentIsClean(t *testing.T) {
	stub(t, "env\n")
	for _, name := range []string{"GIT_DIR", "GIT_EXTERNAL_DIFF", "GIT_CONFIG_COUNT", "GIT_SSH_COMMAND", "SECRET", "LD_PRELOAD_X", "GIT_TRACE"} {
		t.Setenv(name, "evil")
	}
	out, err := command{args: []string{"log"}}.output(t.Context())
	if err != nil || strings.Contains(string(out), "evil") || !strings.Contains(string(out), "GIT_CONFIG_GLOBAL=/dev/null") {
		t.Errorf("environment: %v\n%s", err, out)
	}
}
