//go:build bench

package rebase_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/upstreamd/upstreamd/internal/rebase"
)

// A backport is a carried patch with the commits that it is known to be.
type backport struct {
	ID, Path, Family, Repo, Kind string
	Targets                      []string
}

// backports are those of the corpus, by repository.
func backports(t *testing.T, dir string) map[string][]backport {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "diffmatch", "truth.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all := map[string][]backport{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var b backport
		if err := json.Unmarshal(lines.Bytes(), &b); err != nil {
			t.Fatal(err)
		}
		if b.Family == "B" && b.Kind == "positive" && len(b.Targets) == 1 {
			all[b.Repo] = append(all[b.Repo], b)
		}
	}
	return all
}

// TestMerged tries backports on the first tag that contains their commit, which
// has to be called merged, and on the tag before, which must not.
func TestMerged(t *testing.T) {
	c := openCorpus(t)
	right, wrong := [2]int{}, [2]int{} // with the commit, without it
	named, seen := 0, map[string]bool{}
	for _, p := range c.projects {
		if seen[p.name] {
			continue
		}
		seen[p.name] = true
		for _, b := range backports(t, c.dir)[p.name] {
			data, err := os.ReadFile(filepath.Join(c.dir, "diffmatch", b.Path))
			if err != nil {
				t.Fatal(err)
			}
			before, at := p.around(t, b.Targets[0])
			for i, tag := range []string{at, before} {
				if tag == "" {
					continue
				}
				rs, err := rebase.Queue(t.Context(), p.repo, before, tag, []rebase.Input{{Name: b.ID, Data: data, Strip: 1}})
				if err != nil {
					t.Errorf("%s on %s: %v", b.ID, tag, err)
					continue
				}
				r := rs[0]
				if merged := r.Outcome == rebase.Merged; merged == (i == 0) {
					right[i]++
				} else {
					wrong[i]++
					t.Logf("merged: %s on %s: %s %s %q, its commit is %.12s", b.ID, filepath.Base(tag), r.Outcome, r.ThreeWay, r.Detail, b.Targets[0])
				}
				if i == 0 && r.Commit == b.Targets[0] {
					named++
				}
			}
		}
	}
	t.Logf("merged: at the first tag with the commit %d of %d called merged, %d with that commit named; at the tag before %d of %d called merged",
		right[0], right[0]+wrong[0], named, wrong[1], right[1]+wrong[1])
}

// around is the first tag that contains a commit, and the newest tag that is
// among that one's ancestors and does not; "" where there is none.
func (p *project) around(t *testing.T, commit string) (before, at string) {
	t.Helper()
	if _, err := p.repo.Resolve(t.Context(), commit); err != nil {
		return "", ""
	}
	with := strings.Fields(gitOut(t, p.path, "for-each-ref", "--format=%(refname)", "--contains", commit, "refs/tags"))
	i := slices.IndexFunc(p.tags, func(tag string) bool { return slices.Contains(with, tag) })
	if i < 0 {
		return "", ""
	}
	at = p.tags[i]
	for _, tag := range slices.Backward(p.tags[:i]) {
		if ok, err := p.repo.IsAncestor(t.Context(), tag, at); err == nil && ok {
			return tag, at
		}
	}
	return "", at
}
