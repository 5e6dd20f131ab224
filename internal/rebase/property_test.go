package rebase_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/git/gittest"
	"github.com/upstreamd/upstreamd/internal/rebase"
)

// A story is a repository whose commits edit its files here and there.
type story struct {
	src   *gittest.Repo
	rnd   *rand.Rand
	files map[string][]string
	lines int // made so far
}

func newStory(t *testing.T, seed uint64) *story {
	s := &story{src: gittest.New(t), rnd: rand.New(rand.NewPCG(seed, 6)), files: map[string][]string{}}
	for _, name := range []string{"a.c", "dir/b.c", "dir/c c.txt"} {
		for range 20 + s.rnd.IntN(60) {
			s.files[name] = append(s.files[name], s.line())
		}
	}
	s.commit()
	return s
}

// line is a new line; some lines are alike, as braces are.
func (s *story) line() string {
	s.lines++
	if s.rnd.IntN(5) == 0 {
		return []string{"", "}", "\treturn 0;", "{"}[s.rnd.IntN(4)]
	}
	return fmt.Sprintf("line %d of this text", s.lines)
}

func (s *story) commit() string {
	write := map[string]string{}
	for name, lines := range s.files {
		write[name] = strings.Join(lines, "\n") + "\n"
	}
	return s.src.Commit(write, fmt.Sprintf("commit %d\n\nUpstream-Status: Pending\n", s.lines))
}

// edit changes, adds and removes lines at up to three places, and now and then
// makes a file.
func (s *story) edit() string {
	if s.rnd.IntN(6) == 0 {
		s.files[fmt.Sprintf("new/%d", s.lines)] = []string{s.line(), fmt.Sprint("made at ", s.lines)}
	}
	for range 1 + s.rnd.IntN(3) {
		name := []string{"a.c", "dir/b.c", "dir/c c.txt"}[s.rnd.IntN(3)]
		lines := s.files[name]
		at := s.rnd.IntN(len(lines))
		gone := min(s.rnd.IntN(3), len(lines)-at)
		var added []string
		for range 1 + s.rnd.IntN(3) {
			added = append(added, s.line(), fmt.Sprint("edit ", s.lines))
		}
		s.files[name] = append(append(append([]string{}, lines[:at]...), added...), lines[at+gone:]...)
	}
	return s.commit()
}

func (s *story) open(t *testing.T) *git.Repo {
	t.Helper()
	repo, err := git.Open(t.Context(), s.src.Path)
	if err != nil {
		t.Fatal(err)
	}
	return repo
}

// A patch made of a commit applies before it, and is merged after it, by it.
func TestEveryCommitIsMergedInItself(t *testing.T) {
	for seed := range uint64(4) {
		s := newStory(t, seed)
		var commits []string
		for range 12 {
			commits = append(commits, s.edit())
		}
		repo := s.open(t)
		for _, c := range commits {
			inItself(t, repo, c, s.src.Patch(c))
		}
	}
}

func inItself(t *testing.T, repo *git.Repo, commit string, data []byte) {
	t.Helper()
	in := []rebase.Input{{Name: commit, Data: data, Strip: 1}}
	before, err := rebase.Queue(t.Context(), repo, "", commit+"^", in)
	if err != nil {
		t.Fatal(err)
	}
	after, err := rebase.Queue(t.Context(), repo, commit+"^", commit, in)
	if err != nil {
		t.Fatal(err)
	}
	if r := before[0]; r.Outcome != rebase.Applies {
		t.Errorf("before %s: %+v", commit, r)
	}
	if r := after[0]; r.Outcome != rebase.Merged || r.Commit != commit {
		t.Errorf("after %s: %+v", commit, r)
	}
}

// What Refresh writes for a queue, git am takes in that order, author and
// subject as they were, and the diff is what git would make of it.
func TestRefreshedPatchesAreForGit(t *testing.T) {
	fresh := 0
	for seed := range uint64(8) {
		s := newStory(t, 100+seed)
		from := s.src.Hash("HEAD")
		start := map[string][]string{}
		for name, lines := range s.files {
			start[name] = lines
		}
		s.src.Branch("carried")
		var patches []rebase.Input
		for range 5 {
			c := s.edit()
			patches = append(patches, rebase.Input{Name: c + ".patch", Data: s.src.Patch(c), Strip: 1})
		}
		s.src.Checkout("main")
		s.files = start
		for range 3 {
			s.edit()
		}
		done, err := rebase.Refresh(t.Context(), s.open(t), from, "main", patches)
		if err != nil {
			t.Fatal(err)
		}
		fresh += checkAm(t, s.src.Path, "main", patches, done)
	}
	if fresh < 10 {
		t.Errorf("only %d patches were made anew", fresh)
	}
}

// checkAm gives the refreshed patches to git am in a clone of the repository,
// and returns how many have a new diff.
func checkAm(t *testing.T, repo, rev string, patches []rebase.Input, done []rebase.Refreshed) int {
	t.Helper()
	dir := t.TempDir()
	run := func(stdin []byte, args ...string) string {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "core.autocrlf=false"}, args...)...)
		cmd.Stdin = strings.NewReader(string(stdin))
		cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %s: %v\n%s\n%s", strings.Join(args, " "), err, out, stdin)
		}
		return string(out)
	}
	run(nil, "clone", "--quiet", "--no-checkout", repo, ".")
	run(nil, "checkout", "--quiet", "--detach", strings.TrimSpace(run(nil, "rev-parse", rev+"^{commit}")))
	fresh := 0
	for i, r := range done {
		if r.Data == nil {
			continue
		}
		sameAround(t, patches[i].Data, r.Data)
		run(r.Data, "am", "--quiet", "--keep-cr")
		if !r.New {
			continue
		}
		fresh++
		diff := run(nil, "diff", "--no-renames", "--full-index", "HEAD^", "HEAD")
		if got, want := bare(string(r.Data)), bare(diff); got != want && !strings.Contains(got, "\nrename from ") {
			t.Errorf("%s: refreshed:\n%s\ngit diff:\n%s", r.Name, got, want)
		}
	}
	return fresh
}

var indexLine = regexp.MustCompile(`(?m)^(index [0-9a-f]{7})[0-9a-f]*\.\.([0-9a-f]{7})[0-9a-f]*`)

// bare is the diff of a patch, with short hashes.
func bare(data string) string {
	_, diff, _ := strings.Cut("\n"+data, "\ndiff --git ")
	diff, _, _ = strings.Cut(diff, "\n-- \n")
	return strings.TrimSpace(indexLine.ReplaceAllString(diff, "$1..$2"))
}

// The same with commits of real projects: each in itself, and carried back to
// where the project was some time before, which is a queue with all outcomes.
func TestRealCommits(t *testing.T) {
	corpus, err := filepath.Abs(corpusDir(t))
	if err != nil {
		t.Fatal(err)
	}
	bundles, _ := filepath.Glob(filepath.Join(corpus, "repos", "*.bundle"))
	if len(bundles) == 0 {
		t.Fatal("no bundles")
	}
	if testing.Short() {
		bundles = bundles[:2]
	}
	cache := t.TempDir()
	count := map[string]int{}
	for _, path := range bundles {
		if info, err := os.Stat(path); err != nil || info.Size() > 8<<20 {
			continue // others take too long
		}
		repo, err := git.OpenAny(t.Context(), path, cache)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range sample(t, repo, 3) {
			inItself(t, repo, c.Hash, mail(c))
			back := fmt.Sprintf("%s~%d", c.Hash, 20)
			if _, err := repo.Resolve(t.Context(), back); errors.Is(err, git.ErrNotFound) {
				continue
			}
			in := []rebase.Input{{Name: c.Hash + ".patch", Data: mail(c), Strip: 1}}
			done, err := rebase.Refresh(t.Context(), repo, c.Hash+"^", back, in)
			if err != nil {
				t.Fatal(err)
			}
			count[done[0].Outcome]++
			checkAm(t, path, back, in, done)
		}
	}
	t.Logf("carried back: %v", count)
}

func corpusDir(t *testing.T) string {
	t.Helper()
	corpus := os.Getenv("UPSTREAMD_CORPUS")
	if corpus == "" {
		corpus = filepath.Join("..", "..", "..", "shared", "data")
	}
	if _, err := os.Stat(corpus); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no corpus: %v", err)
		}
		t.Skipf("no corpus: %v", err)
	}
	return corpus
}

// sample is n commits of the newest thousand that are not merges and change
// text alone.
func sample(t *testing.T, repo *git.Repo, n int) []*git.Commit {
	t.Helper()
	var all []*git.Commit
	err := repo.Log(context.Background(), git.LogQuery{Diff: true, Max: 1000}, func(c *git.Commit) error {
		diff := string(c.Diff)
		if len(c.Parents) == 1 && strings.Contains(diff, "\n@@ ") && !c.DiffTruncated && !strings.Contains(diff, "\nBinary files ") {
			all = append(all, c)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var some []*git.Commit
	for i := range min(n, len(all)) {
		some = append(some, all[i*len(all)/n])
	}
	return some
}

// mail is a commit as a mail.
func mail(c *git.Commit) []byte {
	return fmt.Appendf(nil, "From %s Mon Sep 17 00:00:00 2001\nFrom: Ann Example <ann@example.org>\nDate: Fri, 2 Jan 2026 03:04:05 +0000\nSubject: [PATCH] a change\n\nUpstream-Status: Pending\n---\n%s", c.Hash, c.Diff)
}
