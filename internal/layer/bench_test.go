//go:build bench

package layer

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/git/gittest"
)

// TestArchiveCost prints how long it takes to know the past: of the corpus, and
// of a generated layer with 45,000 versions of patch files; at first, and when
// nothing was added.
func TestArchiveCost(t *testing.T) {
	var repos []*git.Repo
	for _, name := range []string{"openembedded-core", "meta-openembedded", "meta-virtualization", "meta-selinux"} {
		r, err := git.OpenAny(t.Context(), filepath.Join(corpus(t), "repos", name+".bundle"), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		repos = append(repos, r)
	}
	cost(t, "corpus", repos)
	r, err := git.Open(t.Context(), generated(t, 45, 1000))
	if err != nil {
		t.Fatal(err)
	}
	cost(t, "generated", []*git.Repo{r})
}

// cost opens the archives of some repositories twice.
func cost(t *testing.T, what string, repos []*git.Repo) {
	t.Helper()
	dir := t.TempDir()
	for _, when := range []string{"first", "again"} {
		begin, versions := time.Now(), 0
		for i, r := range repos {
			tips, err := r.Tips(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var revs []string
			for _, tip := range tips {
				revs = append(revs, tip.Hash)
			}
			a, err := OpenArchive(t.Context(), r, filepath.Join(dir, fmt.Sprint(i)), revs, nil)
			if err != nil {
				t.Fatal(err)
			}
			versions += a.Len()
		}
		fmt.Printf("archive, %-10s %-6s       %d patch versions, %.2f s\n", what, when, versions, time.Since(begin).Seconds())
	}
}

// generated is a repository with so many commits, each of which makes all of
// its patch files anew.
func generated(t *testing.T, commits, files int) string {
	t.Helper()
	r := gittest.New(t)
	var b strings.Builder
	for c := range commits {
		fmt.Fprintf(&b, "commit refs/heads/main\ncommitter a <a@example.org> %d +0000\ndata 1\nx\n", 1700000000+c*86400)
		for f := range files {
			text := fix("Upstream-Status: Pending", fmt.Sprint(c+1), fmt.Sprintf("go(%d, %d)", c, f))
			text += fmt.Sprintf("@@ -%d,20 +%d,40 @@\n", f+100, f+110)
			for line := range 20 {
				text += fmt.Sprintf(" context %d\n+added(%d, %d, %d);\n", line, c, f, line)
			}
			fmt.Fprintf(&b, "M 100644 inline r/foo%d/%d.patch\ndata %d\n%s\n", f%100, f, len(text), text)
		}
	}
	cmd := exec.CommandContext(t.Context(), "git", "-C", r.Path, "fast-import", "--quiet")
	cmd.Stdin = strings.NewReader(b.String())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git fast-import: %v\n%s", err, out)
	}
	return r.Path
}
