//go:build bench

package rebase_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/upstreamd/upstreamd/internal/patch"
	"github.com/upstreamd/upstreamd/internal/rebase"
)

const pairCount = 1000

// TestMechanical compares outcomes with what git and GNU patch do.
func TestMechanical(t *testing.T) {
	c := openCorpus(t)
	pairs := c.sample(c.carried(t, "openembedded-core", "meta-openembedded"), pairCount)
	from := make([]string, len(pairs))
	blobs := map[string]string{}
	for i, p := range pairs {
		from[i] = p.home(t, p.data, blobs)
	}
	before := map[string]string{}
	for _, p := range c.projects {
		before[p.path] = hashOf(t, p.path)
	}
	results := timed(t, pairs, from)
	for path, hash := range before {
		if hashOf(t, path) != hash {
			t.Errorf("%s was written to", path)
		}
	}
	tally := map[string]int{}
	merges := clones{}
	for i, p := range pairs {
		r := results[i]
		what := fmt.Sprintf("%s %s on %s", filepath.Base(p.path()), p.blob[:10], filepath.Base(p.tag))
		want, files := p.truth(t)
		agrees := want == r.Outcome || want == "" && !slices.Contains([]string{rebase.Applies, rebase.Offset, rebase.Fuzz}, r.Outcome)
		if r.Err != nil {
			agrees = want == ""
		}
		tally["outcome "+cmpOr(want, "none")+" "+yes(agrees)]++
		if !agrees {
			t.Logf("mechanical: %s: %s, should be %s %v", what, r.Outcome, cmpOr(want, "none"), r.Err)
		}
		if r.ThreeWay != "" && from[i] != "" && files { // elsewhere nothing was merged
			out, ok := merges.am(t, p)
			mine := r.ThreeWay == "clean"
			tally["three-way "+map[bool]string{true: "clean", false: "not clean"}[ok]+" "+yes(mine == ok)]++
			if mine != ok {
				t.Logf("three-way: %s: %s %q %s; git am -3: %v %.200q", what, r.Outcome, r.ThreeWay, r.Detail, ok, out)
			}
		}
	}
	for _, k := range sortedKeys(tally) {
		t.Logf("mechanical %-32s %d", k, tally[k])
	}
}

func (p pairing) path() string { return p.carried.path }

func cmpOr(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

func yes(b bool) string { return map[bool]string{true: "agrees", false: "DIFFERS"}[b] }

func sortedKeys(m map[string]int) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// timed tries all pairs, each as a queue of its own, two at a time.
func timed(t *testing.T, pairs []pairing, from []string) []rebase.Result {
	t.Helper()
	results := make([]rebase.Result, len(pairs))
	begin, cpu := time.Now(), cpuTime()
	next := make(chan int)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for i := range next {
				p := pairs[i]
				rs, err := rebase.Queue(t.Context(), p.repo, from[i], p.tag, []rebase.Input{{Name: p.blob, Data: p.data, Strip: 1}})
				if err != nil {
					t.Errorf("%s on %s: %v", p.path(), p.tag, err)
					rs = make([]rebase.Result, 1)
				}
				results[i] = rs[0]
			}
		})
	}
	for i := range pairs {
		next <- i
	}
	close(next)
	wg.Wait()
	t.Logf("speed: %d pairs in %.1f s, %.1f s of CPU time", len(pairs), time.Since(begin).Seconds(), cpuTime()-cpu)
	return results
}

// cpuTime is that of this process and all that it started, in seconds.
func cpuTime() float64 {
	sum := 0.0
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if err := syscall.Getrusage(who, &u); err == nil {
			sum += float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
		}
	}
	return sum
}

// truth is the outcome by git apply and GNU patch, "" if neither applies the
// patch; files says that the tag has all that it changes.
func (p pairing) truth(t *testing.T) (outcome string, files bool) {
	t.Helper()
	dir := t.TempDir()
	defer os.RemoveAll(dir)
	if err := os.Mkdir(filepath.Join(dir, "objects"), 0o777); err != nil {
		t.Fatal(err)
	}
	env := []string{"GIT_DIR=" + p.project.path, "GIT_INDEX_FILE=" + filepath.Join(dir, "index"), "GIT_WORK_TREE=" + dir,
		"GIT_OBJECT_DIRECTORY=" + dir + "/objects", "GIT_ALTERNATE_OBJECT_DIRECTORIES=" + filepath.Join(p.project.path, "objects")}
	if out, ok := command(dir, env, nil, "git", "read-tree", p.tag); !ok {
		t.Fatal(out)
	}
	out, ok := command(dir, env, p.data, "git", "apply", "--cached", "--check", "-v", "--whitespace=nowarn", "-")
	if ok && strings.Contains(out, "succeeded at") {
		return rebase.Offset, true
	} else if ok {
		return rebase.Applies, true
	}
	parsed, err := patch.Parse(p.data)
	if err != nil {
		return "", false
	}
	work := filepath.Join(dir, "work")
	files = true
	for _, f := range parsed.Files {
		for _, name := range []string{f.Old, f.New} {
			if name == "" || !filepath.IsLocal(name) {
				continue
			}
			text, there := command(dir, env, nil, "git", "cat-file", "blob", p.tag+":"+name)
			if !there {
				files = files && name != f.Old
				continue
			}
			os.MkdirAll(filepath.Dir(filepath.Join(work, name)), 0o777)
			if err := os.WriteFile(filepath.Join(work, name), []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	os.MkdirAll(work, 0o777)
	if _, ok := command(work, nil, p.data, "patch", "-p1", "-F2", "-f", "-N", "-s", "--no-backup-if-mismatch"); ok {
		return rebase.Fuzz, files
	}
	return "", files
}

// clones are work trees for git am, one for each project.
type clones map[string]string

// am tries git am -3 on the tag.
func (c clones) am(t *testing.T, p pairing) (string, bool) {
	t.Helper()
	dir := c[p.project.path]
	if dir == "" {
		dir = filepath.Join(t.TempDir(), "clone")
		if out, ok := command("/", nil, nil, "git", "clone", "-q", "-n", p.project.path, dir); !ok {
			t.Fatal(out)
		}
		c[p.project.path] = dir
	}
	if out, ok := command(dir, nil, nil, "git", "checkout", "-q", "-f", "--detach", p.tag); !ok {
		t.Fatal(out)
	}
	// A patch without a mail's head is no mail to git: it gets one.
	mail := p.data
	if parts, err := patch.Split(p.data); err == nil {
		mail = append([]byte("From: a <a@example.org>\nSubject: [PATCH] a\n\n---\n"), p.data[len(parts.Head):]...)
	}
	out, ok := command(dir, nil, mail, "git", "am", "-3", "-q")
	command(dir, nil, nil, "git", "am", "--abort")
	command(dir, nil, nil, "git", "reset", "-q", "--hard")
	command(dir, nil, nil, "git", "clean", "-fdxq")
	return out, ok
}
