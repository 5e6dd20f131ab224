package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pelletier/go-toml/v2"

	"github.com/upstreamd/upstreamd/internal/demo"
)

// A site is the generated world on disk, its IMAP server, a configuration that
// reads both, and the real program.
type site struct {
	t      *testing.T
	world  *demo.World
	dir    string
	bin    string
	config *config  // as it was written last
	env    []string // further environment of the program
}

// newSite builds the world. Before its mails are served change, which may be
// nil, can take some away.
func newSite(t *testing.T, change func(*demo.World)) *site {
	t.Helper()
	s := &site{t: t, dir: t.TempDir(), bin: binary(t)}
	var err error
	if s.world, err = demo.Build(t.Context(), s.dir, time.Now()); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(s.world)
	}
	addr, ca, stop, err := s.world.ServeIMAP(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	path, err := writeDemoConfig(s.world, &demoRun{dir: s.dir, address: "127.0.0.1:0"}, addr, ca)
	if err != nil {
		t.Fatal(err)
	}
	if s.config, err = loadConfig(path); err != nil {
		t.Fatal(err)
	}
	return s
}

// configure edits the configuration and writes it.
func (s *site) configure(edit func(*config)) {
	s.t.Helper()
	edit(s.config)
	b, err := toml.Marshal(*s.config)
	if err == nil {
		err = os.WriteFile(s.config.path, b, 0o644)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// layer, project and account are sections of the configuration.
func (c *config) layer(name string) *layerConfig {
	for i := range c.Layers {
		if c.Layers[i].Name == name {
			return &c.Layers[i]
		}
	}
	return nil
}

func (c *config) project(name string) *projectConfig {
	for i := range c.Projects {
		if c.Projects[i].Name == name {
			return &c.Projects[i]
		}
	}
	return nil
}

// An outcome is how a run of the program ended.
type outcome struct {
	stdout, stderr string
	code           int
}

// command is the program with arguments, not started yet.
func (s *site) command(args ...string) *exec.Cmd {
	cmd := exec.Command(s.bin, append(args, "--config", s.config.path)...)
	cmd.Env = append(append(os.Environ(), "HOME="+s.dir), s.env...)
	return cmd
}

// run runs the program to its end.
func (s *site) run(args ...string) outcome {
	s.t.Helper()
	cmd := s.command(args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	late := time.AfterFunc(2*time.Minute, func() {
		s.t.Errorf("upstreamd %s does not end", strings.Join(args, " "))
		_ = cmd.Process.Kill()
	})
	err := cmd.Wait()
	late.Stop()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.t.Fatal(err)
	}
	return outcome{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// succeed runs the program, which must say nothing on standard error.
func (s *site) succeed(args ...string) string {
	s.t.Helper()
	o := s.run(args...)
	if o.code != exitOK || o.stderr != "" {
		s.t.Fatalf("upstreamd %s: exit code %d\n%s%s", strings.Join(args, " "), o.code, o.stdout, o.stderr)
	}
	return o.stdout
}

// state keeps database and cache in a directory of their own from now on.
func (s *site) state(dir string) {
	s.env = []string{"UPSTREAMD_DATABASE_PATH=" + filepath.Join(dir, "upstreamd.db"), "UPSTREAMD_CACHE_DIR=" + filepath.Join(dir, "cache")}
}

// git runs git in one of the world's repositories.
func (s *site) git(repo string, args ...string) string {
	s.t.Helper()
	cmd := exec.Command("git", append([]string{"-C", s.world.Repos[repo]}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=Edwin", "GIT_AUTHOR_EMAIL=edwin@example.org", "GIT_COMMITTER_NAME=Edwin", "GIT_COMMITTER_EMAIL=edwin@example.org")
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSuffix(string(out), "\n")
}

// commit puts a commit on a branch in which edit has changed a work tree.
func (s *site) commit(repo, branch, message string, edit func(dir string)) {
	s.t.Helper()
	dir := filepath.Join(s.t.TempDir(), "work")
	s.git(repo, "worktree", "add", "--quiet", "--force", dir, branch)
	edit(dir)
	s.git(repo, "-C", dir, "add", "--all")
	s.git(repo, "-C", dir, "commit", "--quiet", "--message="+message)
	s.git(repo, "worktree", "remove", "--force", dir)
}

// write writes a file below a directory.
func (s *site) write(path, text string) {
	s.t.Helper()
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = os.WriteFile(path, []byte(text), 0o644)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// takesMissing lets extfs-tools apply the patch that it missed.
func (s *site) takesMissing() {
	s.t.Helper()
	p := s.git("meta-harbor", "show", "main:recipes-devtools/extfs-tools/extfs-tools/0004-mkextfs-add-an-option-for-file-contexts.patch")
	s.commit("extfs-tools", "main", "mkextfs: add an option for file contexts", func(dir string) {
		cmd := exec.Command("git", "-C", dir, "apply", "-")
		cmd.Stdin = strings.NewReader(p + "\n")
		if out, err := cmd.CombinedOutput(); err != nil {
			s.t.Fatalf("%v\n%s", err, out)
		}
	})
}
