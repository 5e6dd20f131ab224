//go:build bench

package rebase_test

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/upstreamd/upstreamd/internal/git"
)

// A corpus is the repositories of a bench, each cloned once.
type corpus struct {
	dir      string
	projects map[string]*project // by recipe
}

// A project is one repository and its tags, the oldest first.
type project struct {
	name string
	path string // of the bare clone
	repo *git.Repo
	tags []string
}

// A carried is one version of a patch file that a layer has or had.
type carried struct {
	recipe, path, blob string
	data               []byte
}

// openCorpus reads UPSTREAMD_REBASE_RECIPES, pairs RECIPE=BUNDLE with blanks
// between them.
func openCorpus(t *testing.T) *corpus {
	t.Helper()
	dir, recipes := os.Getenv("UPSTREAMD_CORPUS"), os.Getenv("UPSTREAMD_REBASE_RECIPES")
	if dir == "" || recipes == "" {
		t.Skip("scripts/bench-rebase says which recipes and where the corpus is")
	}
	c := &corpus{dir: dir, projects: map[string]*project{}}
	for _, f := range strings.Fields(recipes) {
		recipe, bundle, _ := strings.Cut(f, "=")
		p := &project{name: bundle, path: cloned(t, filepath.Join(dir, "repos", bundle+".bundle"))}
		var err error
		if p.repo, err = git.Open(t.Context(), p.path); err != nil {
			t.Fatal(err)
		}
		p.tags = strings.Fields(gitOut(t, p.path, "for-each-ref", "--sort=creatordate", "--format=%(refname)", "refs/tags"))
		c.projects[recipe] = p
	}
	return c
}

func cloned(t *testing.T, bundle string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), filepath.Base(bundle)+".git")
	if out, err := exec.Command("git", "clone", "-q", "--mirror", bundle, path).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

func gitOut(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := exec.Command("git", append([]string{"-C", dir}, args...)...).Output()
	if err != nil {
		t.Fatalf("git %s: %v", args, err)
	}
	return string(out)
}

// carried are the patch files of the recipes in all branches of the layers and
// in their history, each content once.
func (c *corpus) carried(t *testing.T, layers ...string) []carried {
	t.Helper()
	var all []carried
	seen := map[string]bool{}
	for _, layer := range layers {
		dir := cloned(t, filepath.Join(c.dir, "repos", layer+".bundle"))
		for line := range strings.Lines(gitOut(t, dir, "log", "--all", "--raw", "--no-renames", "--no-abbrev", "--format=", "--", "*.patch")) {
			head, path, _ := strings.Cut(strings.TrimSpace(line), "\t")
			f := strings.Fields(head)
			parts := strings.Split(path, "/")
			i := slices.IndexFunc(parts[:len(parts)-1], func(s string) bool { return c.projects[s] != nil })
			if len(f) != 5 || i < 0 || f[4] == "D" || seen[f[3]] {
				continue
			}
			seen[f[3]] = true
			all = append(all, carried{parts[i], path, f[3], []byte(gitOut(t, dir, "cat-file", "blob", f[3]))})
		}
	}
	return all
}

// A pair is one patch and one tag.
type pairing struct {
	carried
	*project
	tag string
}

// sample takes n pairs: of each patch the same number of tags, if it has so
// many, in an order that depends on nothing but their names.
func (c *corpus) sample(patches []carried, n int) []pairing {
	type ranked struct {
		pairing
		rank int
		key  string
	}
	var all []ranked
	for _, p := range patches {
		project := c.projects[p.recipe]
		var mine []ranked
		for _, tag := range project.tags {
			mine = append(mine, ranked{pairing{p, project, tag}, 0, fmt.Sprintf("%x", sha256.Sum256([]byte(p.blob+tag)))})
		}
		slices.SortFunc(mine, func(a, b ranked) int { return cmp.Compare(a.key, b.key) })
		for i := range mine {
			mine[i].rank = i
		}
		all = append(all, mine...)
	}
	slices.SortFunc(all, func(a, b ranked) int { return cmp.Or(a.rank-b.rank, cmp.Compare(a.key, b.key)) })
	var pairs []pairing
	for _, r := range all[:min(n, len(all))] {
		pairs = append(pairs, r.pairing)
	}
	return pairs
}

var corpusIndex = regexp.MustCompile(`(?m)^index ([0-9a-f]{7,40})\.\.[0-9a-f]{7,40}`)

// home is the newest tag whose tree has every blob that the patch says it was
// made on, or "".
func (p *project) home(t *testing.T, data []byte, blobs map[string]string) string {
	t.Helper()
	var want []string
	for _, m := range corpusIndex.FindAllSubmatch(data, -1) {
		if id := string(m[1]); strings.Trim(id, "0") != "" {
			want = append(want, id)
		}
	}
	for _, tag := range slices.Backward(p.tags) {
		key := p.name + tag
		if blobs[key] == "" {
			blobs[key] = "\n" + gitOut(t, p.path, "ls-tree", "-r", "--format=%(objectname)", tag)
		}
		if len(want) > 0 && !slices.ContainsFunc(want, func(id string) bool { return !strings.Contains(blobs[key], "\n"+id) }) {
			return tag
		}
	}
	return ""
}

// hashOf is a hash of all files below a directory.
func hashOf(t *testing.T, dir string) string {
	t.Helper()
	h := sha256.New()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		fmt.Fprintf(h, "%s %d\n", path, len(data))
		h.Write(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// command runs a command and says whether it succeeded, and what it printed.
func command(dir string, env []string, stdin []byte, args ...string) (string, bool) {
	c := exec.Command(args[0], args[1:]...)
	c.Dir, c.Stdin = dir, bytes.NewReader(stdin)
	c.Env = append(os.Environ(), "LC_ALL=C", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.org")
	c.Env = append(c.Env, env...)
	out, err := c.CombinedOutput()
	return string(out), err == nil
}
