package rebase_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/git/gittest"
	"github.com/upstreamd/upstreamd/internal/rebase"
)

// TestQueue tries the queues of testdata/*.txtar. Files N/path are what commit
// N writes (GONE removes one); the patches move from the first commit to the
// last; "want" has a line for each patch and, below it, for each hunk: file,
// number, outcome, line, and the commits that are blamed.
func TestQueue(t *testing.T) {
	cases, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(cases) == 0 {
		t.Fatal("no cases", err)
	}
	for _, name := range cases {
		t.Run(filepath.Base(name), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			c := newCase(t, archive)
			results, err := rebase.Queue(t.Context(), c.repo, c.from(), c.commits[len(c.commits)-1], c.patches)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, c.describe(results)); diff != "" {
				t.Errorf("results (-want +got):\n%s", diff)
			}
		})
	}
}

// A queueCase is one file of testdata.
type queueCase struct {
	repo    *git.Repo
	commits []string
	patches []rebase.Input
	want    string
}

var (
	commitFile = regexp.MustCompile(`^(\d)/(.*)`)
	stripLevel = regexp.MustCompile(` -p(\d)`)
	inDir      = regexp.MustCompile(` in (\S+)`)
)

func newCase(t *testing.T, archive *txtar.Archive) *queueCase {
	t.Helper()
	c := &queueCase{}
	src := gittest.New(t)
	trees := map[int]map[string]string{}
	for _, f := range archive.Files {
		if m := commitFile.FindStringSubmatch(f.Name); m != nil {
			n, _ := strconv.Atoi(m[1])
			if trees[n] == nil {
				trees[n] = map[string]string{}
			}
			trees[n][m[2]] = string(f.Data)
			if string(f.Data) == "GONE\n" {
				trees[n][m[2]] = gittest.Gone
			}
		} else if f.Name == "want" {
			c.want = string(f.Data)
		} else {
			in := rebase.Input{Name: f.Name, Data: f.Data, Strip: 1}
			if m := stripLevel.FindStringSubmatch(f.Name); m != nil {
				in.Strip, _ = strconv.Atoi(m[1])
			}
			if m := inDir.FindStringSubmatch(f.Name); m != nil {
				in.Dir = m[1]
			}
			c.patches = append(c.patches, in)
		}
	}
	for n := 1; trees[n] != nil; n++ {
		c.commits = append(c.commits, src.Commit(trees[n], fmt.Sprintf("commit %d", n)))
	}
	var err error
	if c.repo, err = git.Open(t.Context(), src.Path); err != nil {
		t.Fatal(err)
	}
	return c
}

// from is the first commit; with one commit alone nothing is known before.
func (c *queueCase) from() string {
	if len(c.commits) == 1 {
		return ""
	}
	return c.commits[0]
}

func (c *queueCase) describe(results []rebase.Result) string {
	number := func(hash string) string {
		for i, h := range c.commits {
			if h == hash {
				return strconv.Itoa(i + 1)
			}
		}
		return hash
	}
	var b strings.Builder
	for _, r := range results {
		if r.Err != nil {
			fmt.Fprintf(&b, "%s: error %v\n", r.Name, r.Err)
			continue
		}
		fmt.Fprintf(&b, "%s: %s", r.Name, r.Outcome)
		if r.Commit != "" {
			fmt.Fprintf(&b, " by %s", number(r.Commit))
		}
		if r.Detail != "" {
			fmt.Fprintf(&b, "; %s", r.Detail)
		}
		if r.ThreeWay != "" {
			fmt.Fprintf(&b, "; three-way %s", r.ThreeWay)
		}
		b.WriteByte('\n')
		for _, h := range r.Hunks {
			fmt.Fprintf(&b, "  %s %d %s %d", h.File, h.Hunk, h.Outcome, h.Line)
			for i, commit := range h.Blame {
				if i == 0 {
					b.WriteString(" by")
				}
				b.WriteString(" " + number(commit))
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func TestQueueUnknownRevision(t *testing.T) {
	src := gittest.New(t)
	src.Commit(map[string]string{"a": "1\n"}, "one")
	repo, err := git.Open(t.Context(), src.Path)
	if err != nil {
		t.Fatal(err)
	}
	for _, revs := range [][2]string{{"none", "main"}, {"main", "none"}, {"main", ""}, {"main", "--all"}} {
		if _, err := rebase.Queue(t.Context(), repo, revs[0], revs[1], nil); !errors.Is(err, git.ErrNotFound) {
			t.Errorf("Queue(%q) = %v, want ErrNotFound", revs, err)
		}
	}
}

// A patch made of a real commit applies before it, and is merged after it, by
// it and nothing else.
func TestQueueOfRealCommits(t *testing.T) {
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
	repo, err := git.OpenAny(t.Context(), filepath.Join(corpus, "repos", "zlib.bundle"), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	n, tried := 0, 0
	err = repo.Log(t.Context(), git.LogQuery{Diff: true}, func(c *git.Commit) error {
		n++
		if n%10 != 0 || len(c.Parents) != 1 || strings.Contains(string(c.Diff), "\nBinary files ") {
			return nil
		}
		tried++
		in := []rebase.Input{{Name: c.Hash, Data: c.Diff, Strip: 1}}
		before, err := rebase.Queue(t.Context(), repo, "", c.Parents[0], in)
		if err != nil {
			return err
		}
		if before[0].Outcome != rebase.Applies {
			t.Errorf("before %s: %+v", c.Hash, before[0])
		}
		after, err := rebase.Queue(t.Context(), repo, c.Parents[0], c.Hash, in)
		if err != nil {
			return err
		}
		if r := after[0]; r.Outcome != rebase.Merged && strings.Contains(string(c.Diff), "\n@@ ") {
			t.Errorf("after %s: %+v", c.Hash, r)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d commits", tried)
}
