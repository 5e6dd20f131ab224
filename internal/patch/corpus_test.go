package patch

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// corpus is the folder of real data; the test is skipped where there is none.
func corpus(t testing.TB) string {
	dir := os.Getenv("UPSTREAMD_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the corpus is missing: %v", err)
		}
		t.Skipf("no corpus: %v", err)
	}
	return dir
}

// TestIDOfCommits compares our patch-ids with git's on real commits.
func TestIDOfCommits(t *testing.T) {
	if testing.Short() {
		t.Skip("reads five repositories")
	}
	bundles := []string{"zlib", "jq", "ndctl", "libssh2", "meta-selinux"}
	total := 0
	for _, name := range bundles {
		dir := filepath.Join(t.TempDir(), name)
		run(t, nil, "git", "clone", "-q", "--bare", filepath.Join(corpus(t), "repos", name+".bundle"), dir)
		log := run(t, nil, "git", "--git-dir", dir, "log", "-n", "300", "-p", "--no-merges", "--no-renames", "--full-index", "--format=commit %H")
		want := strings.Fields(string(run(t, log, "git", "patch-id", "--stable")))
		ids := map[string]string{}
		for i := 0; i+1 < len(want); i += 2 {
			ids[want[i+1]] = want[i]
		}
		for _, c := range bytes.Split(log, []byte("\ncommit ")) {
			head, diff, _ := bytes.Cut(bytes.TrimPrefix(c, []byte("commit ")), []byte("\n"))
			p, err := Parse(diff)
			if err != nil && !errors.Is(err, ErrNoDiff) {
				t.Errorf("%s %s: %v", name, head, err)
			}
			for _, f := range p.Files {
				if f.Damage != "" {
					t.Errorf("%s %s: %s: %s", name, head, f.Path(), f.Damage)
				}
			}
			if got := p.ID(); got != "" {
				if want := ids[string(head)]; got != want {
					t.Errorf("%s %s: ID = %s, want %s", name, head, got, want)
				}
				total++
			}
		}
	}
	if total < 1000 {
		t.Errorf("only %d commits with hunks were compared", total)
	}
	t.Logf("%d patch-ids compared", total)
}

func run(t *testing.T, in []byte, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Stdin = bytes.NewReader(in)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v", name, strings.Join(args, " "), err)
	}
	return out
}

// TestCorpusPatches wants every hunk header of the real patches to be read as a hunk.
func TestCorpusPatches(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(corpus(t), "diffmatch", "patches", "*", "*.patch"))
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		p, err := Parse(b)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		hunks := 0
		for _, f := range p.Files {
			hunks += len(f.Hunks)
			if f.Damage != "" || f.Path() == "" {
				t.Logf("%s: %q %s", file, f.Path(), f.Damage)
			}
		}
		if want := bytes.Count(p.Diff, []byte("\n@@ -")); hunks != want {
			t.Errorf("%s: %d hunks, want %d", file, hunks, want)
		}
		if p.Subject == "" && !strings.HasPrefix(string(b), "diff ") {
			t.Logf("%s: no subject", file)
		}
	}
	t.Logf("%d patches", len(files))
}
