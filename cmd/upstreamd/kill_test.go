package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/demo"
)

// killSeed makes the moments of TestKill; the test logs each.
const killSeed = 20260520

// TestKill kills the program at moments spread over its run, with no chance to
// tidy up, and runs it again: it ends in the state of a run that nobody
// disturbed. So does a later run that is killed after upstream has moved.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("half a minute")
	}
	const list = "lists/extfs-devel"
	var late [][]byte
	s := newSite(t, func(w *demo.World) {
		mails := w.Mailboxes[list]
		late, w.Mailboxes[list] = mails[len(mails)-20:], mails[:len(mails)-20]
	})
	mbox := filepath.Join(s.dir, "late.mbox")
	s.writeMbox(mbox, late[:1])
	s.configure(func(c *config) { c.Lists[0].Files = []string{mbox} })
	r := rand.New(rand.NewPCG(killSeed, 0))

	whole := filepath.Join(t.TempDir(), "whole")
	s.state(whole)
	took := s.timed("sync")
	first := s.succeed("dump", "--logical")
	const kills = 12
	for i := range kills {
		s.state(filepath.Join(t.TempDir(), "state"))
		s.killAndRepeat(moment(r, i, kills, took), first)
	}

	s.takesMissing()
	s.git("extfs-tools", "update-ref", "refs/heads/next", s.world.Commits["extfs-tools/labels-1-merged"])
	s.commit("meta-harbor", "main", "extfs-tools: move on", func(dir string) {
		old := filepath.Join(dir, "recipes-devtools/extfs-tools/extfs-tools_1.47.2.bb")
		if err := os.Rename(old, filepath.Join(dir, "recipes-devtools/extfs-tools/extfs-tools_1.48.0.bb")); err != nil {
			t.Fatal(err)
		}
	})
	s.writeMbox(mbox, late)
	const more = 8
	var states []string
	for range more {
		dir := filepath.Join(t.TempDir(), "state")
		if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
			t.Fatal(err)
		}
		states = append(states, dir)
	}
	s.state(whole)
	took = s.timed("sync")
	second := s.succeed("dump", "--logical")
	if first == second {
		t.Fatal("nothing moved")
	}
	for i, dir := range states {
		s.state(dir)
		s.killAndRepeat(moment(r, i, more, took), second)
	}
}

// moment is a random one in the i-th of n parts of a time.
func moment(r *rand.Rand, i, n int, of time.Duration) time.Duration {
	part := float64(of) / float64(n)
	return time.Duration(part * (float64(i) + r.Float64()))
}

// timed runs the program and returns how long it took.
func (s *site) timed(args ...string) time.Duration {
	s.t.Helper()
	begun := time.Now()
	s.succeed(args...)
	return time.Since(begun)
}

// killAndRepeat kills a sync after a time, and compares what a second one
// makes of what is left.
func (s *site) killAndRepeat(after time.Duration, want string) {
	s.t.Helper()
	cmd := s.command("sync")
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	killed := time.AfterFunc(after, func() { _ = cmd.Process.Kill() }) // it may have ended
	_ = cmd.Wait()
	killed.Stop()
	s.t.Logf("killed after %s: %s", after.Round(time.Millisecond), cmd.ProcessState)
	again := s.run("sync")
	if again.code != exitOK || again.stderr != "" {
		s.t.Errorf("killed after %s, the next run: exit code %d\n%s%s", after, again.code, again.stdout, again.stderr)
		return
	}
	if diff := cmp.Diff(want, s.succeed("dump", "--logical")); diff != "" {
		s.t.Errorf("killed after %s (-undisturbed +killed):\n%s", after, diff)
	}
}

// writeMbox writes mails as an mbox.
func (s *site) writeMbox(path string, mails [][]byte) {
	s.t.Helper()
	text := ""
	for _, m := range mails {
		text += fmt.Sprintf("From someone@example.org Thu Jan  1 00:00:00 2026\n%s\n", m)
	}
	s.write(path, text)
}
