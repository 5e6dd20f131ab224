package git_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/git/gittest"
)

// open opens the work tree of src.
func open(t *testing.T, src *gittest.Repo) *git.Repo {
	t.Helper()
	r, err := git.Open(t.Context(), src.Path)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTipsAndAncestry(t *testing.T) {
	src := gittest.New(t)
	one := src.Commit(map[string]string{"a": "1\n"}, "one")
	src.Tag("v1")
	src.Git("tag", "-a", "-m", "tag of a tag", "v1-again", "v1")
	src.Git("tag", "tree", "v1^{tree}")
	src.Git("tag", "-a", "-m", "a tree", "tree2", "tree")
	src.Git("tag", "-a", "-m", "a tree", "tree3", "tree2")
	two := src.Commit(map[string]string{"a": "2\n"}, "two")
	src.Branch("next")
	three := src.Commit(nil, "three")
	r := open(t, src)

	tips, err := r.Tips(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, tip := range tips {
		got = append(got, tip.Ref+" "+tip.Hash+" "+tip.Time.Format("15:04"))
	}
	want := []string{
		"refs/heads/main " + two + " 03:05", "refs/heads/next " + three + " 03:06",
		"refs/tags/v1 " + one + " 03:04", "refs/tags/v1-again " + one + " 03:04",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Tips (-want +got):\n%s", diff)
	}
	refs, err := r.Containing(t.Context(), two)
	if diff := cmp.Diff([]string{"refs/heads/main", "refs/heads/next"}, refs); diff != "" || err != nil {
		t.Errorf("Containing: %v\n%s", err, diff)
	}
	for _, tt := range []struct {
		a, b string
		want bool
	}{{one, two, true}, {two, two, true}, {two, one, false}} {
		if got, err := r.IsAncestor(t.Context(), tt.a, tt.b); got != tt.want || err != nil {
			t.Errorf("IsAncestor(%.7s, %.7s) = %v, %v", tt.a, tt.b, got, err)
		}
	}
}

func TestResolve(t *testing.T) {
	src := gittest.New(t)
	want := src.Commit(map[string]string{"a": "1\n"}, "one")
	src.Tag("v1")
	src.Git("update-ref", "refs/heads/--output=x", want)
	r := open(t, src)
	for _, rev := range []string{"v1", "refs/tags/v1", "main", want[:10], "refs/heads/--output=x"} {
		if got, err := r.Resolve(t.Context(), rev); got != want || err != nil {
			t.Errorf("Resolve(%q) = %q, %v", rev, got, err)
		}
	}
	for _, rev := range []string{"", "none", "--output=x", "-h", "^main", "main..v1", "main:a", "a\nb", strings.Repeat("0", 40)} {
		if got, err := r.Resolve(t.Context(), rev); !errors.Is(err, git.ErrNotFound) {
			t.Errorf("Resolve(%q) = %q, %v, want ErrNotFound", rev, got, err)
		}
	}
}

func TestOpenLooksAtThePathAlone(t *testing.T) {
	src := gittest.New(t)
	src.Commit(map[string]string{"dir/a": "1\n"}, "one")
	for _, path := range []string{src.Path + "/dir", src.Path + "/none", src.Path + "/dir/a"} {
		if _, err := git.Open(t.Context(), path); !errors.Is(err, git.ErrNotFound) {
			t.Errorf("Open(%s) = %v, want ErrNotFound", path, err)
		}
	}
	linked := filepath.Join(t.TempDir(), "linked")
	src.Git("worktree", "add", "--quiet", linked)
	r, err := git.Open(t.Context(), linked)
	if err != nil {
		t.Fatal(err)
	}
	s, err := r.Scratch(t.Context(), "HEAD") // needs the objects of the main repository
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
}

// The configuration and attributes of a repository that is read are not ours.
func TestHostileConfigHasNoEffect(t *testing.T) {
	src := gittest.New(t)
	src.Commit(map[string]string{"a.txt": "1\n"}, "one")
	src.Commit(map[string]string{"a.txt": "2\n", ".gitattributes": "*.txt diff=evil -text\n* binary\n"}, "two")
	ran := filepath.Join(t.TempDir(), "ran")
	for _, key := range []string{
		"core.fsmonitor", "core.pager", "core.sshCommand", "core.askPass", "core.gitProxy", "core.editor", "core.alternateRefsCommand",
		"diff.external", "diff.evil.textconv", "diff.evil.command", "pager.log", "gpg.program", "credential.helper", "alias.log", "interactive.diffFilter",
	} {
		src.Git("config", key, "touch "+ran+";")
	}
	for key, value := range map[string]string{
		"log.showSignature": "true", "diff.noprefix": "true", "diff.renames": "copies", "color.ui": "always", "log.date": "relative",
		"diff.context": "0", "diff.mnemonicPrefix": "true", "core.abbrev": "4", "log.follow": "true", "format.pretty": "oneline", "core.worktree": src.Path,
	} {
		src.Git("config", key, value)
	}
	r := open(t, src)
	var diffs []string
	err := r.Log(t.Context(), git.LogQuery{Diff: true, Paths: []string{"a.txt"}}, func(c *git.Commit) error {
		diffs = append(diffs, string(c.Diff))
		return nil
	})
	if err != nil || len(diffs) != 2 || !strings.HasSuffix(diffs[0], "--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-1\n+2\n") {
		t.Errorf("Log = %v, %q", err, diffs)
	}
	if s, err := r.Scratch(t.Context(), "HEAD"); err != nil {
		t.Error(err)
	} else if s.Apply(t.Context(), []byte(diffs[0]), git.ApplyOptions{Strip: 1, Reverse: true}) != nil || s.Close() != nil {
		t.Error("patch does not apply")
	}
	if _, err := os.Stat(ran); err == nil {
		t.Error("a command of the repository's configuration was run")
	}
}

func TestTreeAndBlobs(t *testing.T) {
	src := gittest.New(t)
	big := strings.Repeat("x", 16<<20+1)
	src.Commit(map[string]string{"a": "1\n", "dir/with space": "2", "dir/ü\n\tx": "", "big": big}, "one")
	src.Git("update-index", "--add", "--cacheinfo", "160000,"+src.Hash("HEAD")+",sub")
	link := strings.TrimSpace(src.Git("hash-object", "-w", "a")) // any blob
	src.Git("update-index", "--add", "--cacheinfo", "120000,"+link+",link")
	src.CommitIndex("two")
	r := open(t, src)
	entries, err := r.Tree(t.Context(), "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, strings.Join([]string{e.Mode, e.Type, e.Path}, " "))
	}
	want := []string{"100644 blob a", "100644 blob big", "100644 blob dir/with space", "100644 blob dir/ü\n\tx", "120000 blob link", "160000 commit sub"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Tree (-want +got):\n%s", diff)
	}
	b, err := r.Batch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for _, tt := range []struct {
		spec, want string
		err        error
	}{
		{"HEAD:a", "1\n", nil},
		{"HEAD:none", "", git.ErrNotFound},
		{"HEAD:big", "", git.ErrTooBig},
		{"HEAD:dir", "", git.ErrNotFound},
		{"HEAD:sub", "", git.ErrNotFound},
		{"HEAD:dir/with space", "2", nil},
		{"none of this exists missing", "", git.ErrNotFound},
		{"a\nb", "", git.ErrNotFound},
		{"HEAD:../a", "", git.ErrNotFound},
		{"HEAD:./a", "", git.ErrNotFound},
		{"HEAD:dir/../a", "", git.ErrNotFound},
		{"HEAD:/etc/passwd", "", git.ErrNotFound},
		{":/one", "", git.ErrNotFound},
		{"-h", "", git.ErrNotFound},
		{entries[3].Hash, "", nil},
		{"HEAD", "", git.ErrNotFound},
		{"HEAD:a", "1\n", nil},
	} {
		if got, err := b.Blob(tt.spec); string(got) != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("Blob(%q) = %.20q, %v, want %q, %v", tt.spec, got, err, tt.want, tt.err)
		}
	}
}

func TestOpenAnyFollowsTheBundle(t *testing.T) {
	src := gittest.New(t)
	src.Commit(map[string]string{"a": "1\n"}, "one")
	src.Branch("nested/work")
	want := src.Commit(map[string]string{"a": "2\n"}, "two")
	cache, bundle := t.TempDir(), filepath.Join(t.TempDir(), "my.bundle")
	for range 2 {
		src.Bundle(bundle)
		r, err := git.OpenAny(t.Context(), bundle, cache)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := r.Resolve(t.Context(), "HEAD"); got != want || err != nil {
			t.Errorf("HEAD = %q, %v, want %q", got, err, want)
		}
		src.Git("reset", "--quiet", "--hard", "main") // a rewritten branch in the next bundle
		want = src.Commit(map[string]string{"a": "3, and longer\n"}, "three")
	}
	if err := os.WriteFile(bundle, []byte("# v2 git bundle\nbroken"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := git.OpenAny(t.Context(), bundle, cache); err == nil {
		t.Error("OpenAny of a broken bundle: no error")
	}
}
