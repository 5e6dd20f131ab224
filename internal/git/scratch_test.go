package git_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/git/gittest"
)

// sums are the SHA-256 of every file below dir, and every directory.
func sums(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.Walk(dir, func(path string, fi os.FileInfo, err error) error {
		if err != nil || fi.IsDir() {
			all[path] = "directory"
			return err
		}
		b, err := os.ReadFile(path)
		all[path] = fmt.Sprintf("%v %x", fi.Mode(), sha256.Sum256(b))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestScratchApply(t *testing.T) {
	src := gittest.New(t)
	src.Commit(map[string]string{"a": "1\n2\n3\n", "dir/b": "b\n"}, "one")
	want := src.Commit(map[string]string{"a": "1\ntwo\n3\n", "dir/b": gittest.Gone, "c": "new"}, "two")
	patch := src.Patch("HEAD")
	r := open(t, src)
	before := sums(t, src.Path)
	s, err := r.Scratch(t.Context(), "HEAD^")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	tree := func() string {
		t.Helper()
		hash, err := s.Tree(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return hash
	}
	base := tree()
	if err := s.Apply(t.Context(), patch, git.ApplyOptions{Strip: 1}); err != nil {
		t.Fatal(err)
	}
	if got, want := tree(), strings.TrimSpace(src.Git("rev-parse", want+"^{tree}")); got != want {
		t.Errorf("Tree = %s, want %s", got, want)
	}
	var failed *git.ApplyError
	if err := s.Apply(t.Context(), patch, git.ApplyOptions{Strip: 1}); !errors.As(err, &failed) || !strings.Contains(failed.Output, "a:2") && !strings.Contains(failed.Output, "a") {
		t.Errorf("applied twice: %v", err)
	}
	if err := s.Apply(t.Context(), patch, git.ApplyOptions{Strip: 1, Reverse: true}); err != nil || tree() != base {
		t.Errorf("Reverse: %v, tree %s, want %s", err, tree(), base)
	}
	if err := s.Write(t.Context(), "dir/new", "100755", []byte("x")); err != nil {
		t.Error(err)
	}
	if got, err := s.Blob(t.Context(), "dir/new"); string(got) != "x" || err != nil {
		t.Errorf("Blob = %q, %v", got, err)
	}
	if _, err := s.Blob(t.Context(), "none"); !errors.Is(err, git.ErrNotFound) {
		t.Errorf("Blob of no file = %v", err)
	}
	if err := s.Remove(t.Context(), "dir/new"); err != nil || tree() != base {
		t.Errorf("Remove: %v, tree %s, want %s", err, tree(), base)
	}
	s.Close()
	if diff := cmp.Diff(before, sums(t, src.Path)); diff != "" {
		t.Errorf("the repository has changed:\n%s", diff)
	}
}

func TestScratchLimits(t *testing.T) {
	src := gittest.New(t)
	src.Commit(map[string]string{"a": "1\n"}, "one")
	s, err := open(t, src).Scratch(t.Context(), "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var many strings.Builder
	for i := range 5001 {
		fmt.Fprintf(&many, "diff --git a/%d b/%d\nnew file mode 100644\n--- /dev/null\n+++ b/%d\n@@ -0,0 +1 @@\n+x\n", i, i, i)
	}
	for _, patch := range []string{many.String(), strings.Repeat("x", 16<<20+1)} {
		if err := s.Apply(t.Context(), []byte(patch), git.ApplyOptions{Strip: 1}); !errors.Is(err, git.ErrTooBig) {
			t.Errorf("Apply = %v, want ErrTooBig", err)
		}
	}
	// A delta that claims a result of a terabyte: refused, not swapped for.
	bomb := "diff --git a/a b/a\nindex d00491fd7e5bb6fa28c517a0bb32b8b506539d4d..0000000000000000000000000000000000000001\nGIT binary patch\ndelta 5\nMcmZQ#\n\n"
	var failed *git.ApplyError
	if err := s.Apply(t.Context(), []byte(bomb), git.ApplyOptions{Strip: 1}); !errors.As(err, &failed) {
		t.Errorf("Apply of a binary bomb = %v", err)
	}
}

// No patch of testdata/hostile.txtar, and no odd name, changes the mirror or
// any file around it, with or without a directory where it points.
func TestScratchHostilePatches(t *testing.T) {
	src := gittest.New(t)
	src.Commit(map[string]string{"a": "1\n", "dir/b": "b\n"}, "one")
	around := t.TempDir() // the mirror, the scratch directories, and what a patch could reach from there
	m := mirror(t, filepath.Join(around, "m.git"))
	fetch(t, m, git.Source{URL: src.Path, Local: true})
	tmp := filepath.Join(around, "tmp")
	for _, dir := range []string{tmp, filepath.Join(around, "target"), filepath.Join(m.Dir(), "hooks")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("TMPDIR", tmp)
	archive, err := txtar.ParseFile("testdata/hostile.txtar")
	if err != nil {
		t.Fatal(err)
	}
	patches := archive.Files
	for _, name := range []string{
		"../esc", "/tmp/esc", "..", "a/../../esc", ".git/hooks/d", ".GIT/hooks/d", "git~1/x", ".git", "x/.git/config", "./a", "a/./b",
		"hooks/demo", "config", "refs/heads/evil", "objects/x", "\"..\\057esc\"", "\"a\\nb\"", "\".git\\057x\"", "a\\b", "\u200c.git/x", " ", "-x", "--output=x",
		"dir", "a/x", "C:/x", "nul", "x\x01y",
	} {
		patches = append(patches, txtar.File{Name: "new file " + name, Data: fmt.Appendf(nil,
			"diff --git a/%[1]s b/%[1]s\nnew file mode 100755\n--- /dev/null\n+++ b/%[1]s\n@@ -0,0 +1 @@\n+x\n", name)})
	}
	before := sums(t, around)
	for _, p := range patches {
		data := []byte(strings.ReplaceAll(string(p.Data), "TARGET", filepath.Join(around, "target")))
		for _, strip := range []int{0, 1, 2} {
			s, err := m.Scratch(t.Context(), "main")
			if err != nil {
				t.Fatal(err)
			}
			err = s.Apply(t.Context(), data, git.ApplyOptions{Strip: strip})
			if strings.HasPrefix(p.Name, "refused") && strip == 1 && err == nil {
				t.Errorf("%s: applied", p.Name)
			}
			path := strings.TrimPrefix(p.Name, "new file ")
			written := s.Write(t.Context(), path, "100644", data)
			if _, err := s.Blob(t.Context(), path); (err == nil) != (written == nil) {
				t.Errorf("Write(%q) = %v, Blob = %v", path, written, err)
			}
			if err := s.Remove(t.Context(), path); err != nil && written == nil {
				t.Errorf("Remove(%q) = %v", path, err)
			}
			if _, err := s.Tree(t.Context()); err != nil {
				t.Errorf("%s: %v", p.Name, err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
		if diff := cmp.Diff(before, sums(t, around)); diff != "" {
			t.Fatalf("%s changed files:\n%s", p.Name, diff)
		}
	}
}
