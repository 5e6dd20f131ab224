package patch

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
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

// TestIDOfCommits compares our patch-ids, and what we read, with git's on 5,000
// real commits, and on fewer in each of the other forms that git writes.
func TestIDOfCommits(t *testing.T) {
	if testing.Short() {
		t.Skip("reads eight repositories")
	}
	names := []string{"zlib", "jq", "ndctl", "libssh2", "libtiff", "linux-pam", "mdadm", "meta-selinux"}
	forms := [][]string{
		{"-n", "640", "--no-renames", "--full-index"},
		{"-n", "100", "-U0", "-M", "-C"},
		{"-n", "100", "--no-prefix", "--binary", "--stat"},
		{"-n", "100", "-U10", "--inter-hunk-context=10", "-B", "-M", "--summary", "-w"},
	}
	var compared [4]atomic.Int64
	t.Run("repositories", func(t *testing.T) {
		for _, name := range names {
			bundle := filepath.Join(corpus(t), "repos", name+".bundle")
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				dir := filepath.Join(t.TempDir(), name)
				run(t, nil, "git", "clone", "-q", "--bare", bundle, dir)
				for i, form := range forms {
					args := append([]string{"--git-dir", dir, "log", "-p", "--no-merges", "--format=commit %H"}, form...)
					compared[i].Add(int64(compareIDs(t, run(t, nil, "git", args...))))
				}
			})
		}
	})
	for i, want := range []int64{5000, 700, 700, 700} {
		if n := compared[i].Load(); n < want {
			t.Errorf("git log %v: only %d commits with a diff, want %d", forms[i], n, want)
		} else {
			t.Logf("git log %v: %d patch-ids are equal", forms[i], n)
		}
	}
}

// compareIDs compares the patch-ids of the commits of a git log, and gives
// their number. What git prints nothing for must have no id either.
func compareIDs(t *testing.T, log []byte) (n int) {
	t.Helper()
	want := map[string]string{}
	list := strings.Fields(string(run(t, log, "git", "patch-id", "--stable")))
	for i := 0; i+1 < len(list); i += 2 {
		want[list[i+1]] = list[i]
	}
	for _, c := range bytes.Split(log, []byte("\ncommit ")) {
		head, diff, _ := bytes.Cut(bytes.TrimPrefix(c, []byte("commit ")), []byte("\n"))
		hash := string(head)
		p, err := Parse(diff)
		if err != nil && !errors.Is(err, ErrNoDiff) {
			t.Errorf("%s: %v", hash, err)
		}
		for _, f := range p.Files {
			if f.Damage != "" {
				t.Errorf("%s: %s: %s", hash, f.Path(), f.Damage)
			}
		}
		if got := DiffID(diff); got != want[hash] {
			t.Errorf("%s: DiffID = %q, git says %q", hash, got, want[hash])
		}
		if got := p.ID(); got != "" && got != want[hash] {
			t.Errorf("%s: ID = %q, git says %q", hash, got, want[hash])
		}
		if want[hash] != "" {
			n++
		}
	}
	return n
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
