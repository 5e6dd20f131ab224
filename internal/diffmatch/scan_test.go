package diffmatch

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/git/gittest"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// sameShape wants a scanner to say what shapeOf(patch.ParseDiff(diff)) and
// patch.DiffID, which is tested against git, say. It tells whether the scanner needed ParseDiff for it.
func sameShape(t testing.TB, s *scanner, diff []byte, name string) (alone bool) {
	t.Helper()
	files, _ := patch.ParseDiff(diff)
	want := normal(shapeOf(files))
	got, id := s.shape(diff)
	if diff := cmp.Diff(want, normal(got), cmp.AllowUnexported(shape{}, fileShape{}, hunkShape{})); diff != "" {
		t.Errorf("%s (-ParseDiff +scanner):\n%.2000s", name, diff)
	}
	if want := shortID(patch.DiffID(diff)); id != want {
		t.Errorf("%s: patch-id %x, want %x", name, id, want)
	}
	return s.scan(diff)
}

// oddDiffs are like those of git, but for something.
var oddDiffs = map[string]string{
	"plain":          "diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@ int f(void)\n \tint x;\n-\treturn 0;\n+\treturn 1;\n }\n",
	"two files":      "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\ndiff --git a/y b/y\nold mode 100644\nnew mode 100755\n",
	"no newline":     "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n",
	"odd backslash":  "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -0 +0 @@\n-\n\\0\n+0",
	"cut in hunk":    "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n-a\n+b\n",
	"cut in line":    "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b",
	"cut in head":    "diff --git a/x b/x\n--- a/x\n+++ b/x",
	"cut in @@":      "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@",
	"wrong counts":   "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,1 +1,1 @@\n-a\n-b\n+c\n",
	"no counts":      "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -a +b @@\n-a\n+c\n",
	"huge counts":    "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,99999999999 +1 @@\n-a\n+c\n",
	"half a name":    "diff --git 0\n+++ 0\n@@ -0,2 +0,3 @@\n-\n+\n+\n ",
	"name, no hunk":  "diff --git a/x b/x\n--- a/x\n+++ b/x\ndiff --git a/y b/y\n--- a/y\n",
	"nothing":        "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -0,0 +0,0 @@\n",
	"deleted":        "diff --git a/x b/x\ndeleted file mode 100644\nindex 1..0\n--- a/x\n+++ /dev/null\n@@ -1,2 +0,0 @@\n--- dashes\n-\n",
	"new empty":      "diff --git a/x b/x\nnew file mode 100644\nindex 0000000..e69de29\n",
	"binary":         "diff --git a/x b/x\nindex 1234567890..2234567890 100644\nBinary files a/x and b/x differ\n",
	"git binary":     "diff --git a/x b/x\nindex 1234567890..2234567890 100644\nGIT binary patch\nliteral 1\nIcmZPo000310RR91\n\nliteral 0\nHcmV?d00001\n\n",
	"rename":         "diff --git a/x b/y\nsimilarity index 90%\nrename from x\nrename to y\n--- a/x\n+++ b/y\n@@ -1 +1 @@\n-a\n+b\n",
	"submodule":      "diff --git a/s b/s\nindex 1111111..2222222 160000\n--- a/s\n+++ b/s\n@@ -1 +1 @@\n-Subproject commit 1111111\n+Subproject commit 2222222\n",
	"quoted":         "diff --git \"a/\\303\\274\" \"b/\\303\\274\"\n--- \"a/\\303\\274\"\n+++ \"b/\\303\\274\"\n@@ -1 +1 @@\n-a\n+b\n",
	"blanks in name": "diff --git a/x y b/x y\n--- a/x y\t\n+++ b/x y\t\n@@ -1 +1 @@\n-a\n+b\n",
	"CRLF":           "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@ head\r\n-a\r\n+b\r\n \r\n",
	"control":        "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1,2 @@ \x01\x00 \xfc\n-a\x00b\x7f\x0cc\n+\xfc\xe4\n+caf\xc3\xa9 au lait\n",
	"empty lines":    "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,3 @@\n-\n+\t \n+\n a\n",
	"bare context":   "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n\n-a\n+b\n\tc\n",
	"text between":   "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n-- \nsignature\n",
	"text above":     "hello\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n",
	"combined":       "diff --cc x\nindex 1,2..3\n--- a/x\n+++ b/x\n@@@ -1,1 -1,1 +1,2 @@@\n  a\n++b\n",
	"long":           "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@ " + strings.Repeat("long ", 500) + "\n-" + strings.Repeat("a ", 5000) + "\n+b\n",
	"empty":          "",
	"only newlines":  "\n\n",
}

func TestScanOdd(t *testing.T) {
	var s scanner
	for name, diff := range oddDiffs {
		sameShape(t, &s, []byte(diff), name)
	}
	for _, name := range []string{"plain", "two files", "no newline", "deleted", "new empty", "binary", "submodule", "quoted", "CRLF", "control", "empty lines"} {
		if !s.scan([]byte(oddDiffs[name])) {
			t.Errorf("%s is left to ParseDiff", name)
		}
	}
}

func FuzzScan(f *testing.F) {
	for _, diff := range oddDiffs {
		f.Add([]byte(diff))
	}
	f.Fuzz(func(t *testing.T, diff []byte) {
		if len(diff) < 1<<16 {
			sameShape(t, &scanner{}, diff, "diff")
		}
	})
}

// TestScanLarge wants the bounds of shapes to be those of shapeOf: lines, and
// hunks of several files beyond them.
func TestScanLarge(t *testing.T) {
	hunk := func(n int) string {
		var b strings.Builder
		fmt.Fprintf(&b, "@@ -0,0 +1,%d @@\n", n)
		for i := range n {
			fmt.Fprintf(&b, "+line %d\n", i%977)
		}
		return b.String()
	}
	file := func(name string, hunks ...string) string {
		return "diff --git a/" + name + " b/" + name + "\n--- a/" + name + "\n+++ b/" + name + "\n" + strings.Join(hunks, "")
	}
	many := strings.Builder{}
	for i := range patch.MaxFiles + 3 {
		many.WriteString(file(fmt.Sprint("f", i), "@@ -1 +1 @@\n-a\n+b\n"))
	}
	var s scanner
	for name, diff := range map[string]string{
		"just fits":     file("a", hunk(maxLines)),
		"one too many":  file("a", hunk(maxLines+1)) + file("b", hunk(1)),
		"second hunk":   file("a", hunk(10), hunk(maxLines), hunk(1)) + file("b", hunk(3)),
		"second file":   file("a", hunk(maxLines-5)) + file("b", hunk(3), hunk(3), "@@ -1 +0,0 @@\n-\n") + file("c", hunk(1)),
		"only blanks":   file("a", hunk(maxLines-1)) + file("b", "@@ -0,0 +1,2 @@\n+\n+\n"),
		"many files":    many.String(),
		"5,000 is fine": many.String()[:strings.Index(many.String(), "diff --git a/f5000 ")],
	} {
		if !sameShape(t, &s, []byte(diff), name) && name != "many files" {
			t.Errorf("%s is left to ParseDiff", name)
		}
	}
}

// TestScanGit compares on what git makes of strange files.
func TestScanGit(t *testing.T) {
	repo := gittest.New(t)
	repo.Commit(map[string]string{"a": "1\n2\n3\n", "ü b": "x\n", "bin": "\x00\x01", "tab\tname": "x", "-- x": "y\n"}, "start")
	repo.Commit(map[string]string{
		"a": "1\r\n\n3", "ü b": "caf\xe9\n-- x\n++ y\n@@ -1 +1 @@\n", "bin": "\x00\x02", "tab\tname": "x\n", "-- x": gittest.Gone,
		"dir/late NUL": strings.Repeat("line\n", 3000) + "\x00\n", "empty": "",
	}, "odd")
	os.Symlink("a", filepath.Join(repo.Path, "link"))
	os.Chmod(filepath.Join(repo.Path, "ü b"), 0o755)
	repo.Git("add", "--all")
	repo.CommitIndex("link and mode")
	repo.Git("update-index", "--add", "--cacheinfo", "160000,"+repo.Hash("HEAD")+",sub")
	repo.CommitIndex("submodule")
	r, err := git.Open(context.Background(), repo.Path)
	if err != nil {
		t.Fatal(err)
	}
	if n := scanAll(t, r); n != 4 {
		t.Errorf("%d of 4 commits were read without ParseDiff", n)
	}
}

// scanAll compares all commits of a repository, merges by their own changes,
// and counts those that the scanner reads alone.
func scanAll(t *testing.T, r *git.Repo) (alone int) {
	t.Helper()
	now, err := currentTips(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	hashes, err := r.RevList(context.Background(), hexAll(now.all), nil)
	if err != nil {
		t.Fatal(err)
	}
	in := r.CommitReader(maxDiff + 1)
	defer in.Close()
	var s scanner
	err = in.Read(context.Background(), hashes, func(c *git.Commit) error {
		diff := c.Diff
		if len(c.Parents) > 1 {
			diff = ownChanges(diff)
		}
		if len(diff) == 0 || sameShape(t, &s, diff, c.Hash) {
			alone++
		}
		if t.Failed() {
			return context.Canceled
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return alone
}

// TestScanReal compares on all commits of real projects.
func TestScanReal(t *testing.T) {
	if testing.Short() {
		t.Skip("reads three histories")
	}
	for _, name := range []string{"ndctl", "jq", "mdadm"} {
		repo, err := git.OpenAny(context.Background(), filepath.Join(corpus(t), "repos", name+".bundle"), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d commits read without ParseDiff", name, scanAll(t, repo))
	}
}

// TestOwnChanges reads combined diffs of two and three parents.
func TestOwnChanges(t *testing.T) {
	for _, tt := range []struct{ name, combined, want string }{
		{
			"two parents", "diff --cc x.c\nindex 1,2..3\n--- a/x.c\n+++ b/x.c\n@@@ -1,4 -1,4 +1,4 @@@ int f(void)\n  {\n- \tone;\n -\ttwo;\n--\tboth;\n++\town;\n +\tfrom the first;\n  }\n",
			"diff --git a b\n--- a/x.c\n+++ b/x.c\n@@ -1,4 +1,4 @@ int f(void)\n {\n-\tboth;\n+\town;\n \tfrom the first;\n }\n",
		},
		{
			"nothing own", "diff --cc x.c\nindex 1,2..3\n--- a/x.c\n+++ b/x.c\n@@@ -1,2 -1,2 +1,2 @@@\n  {\n- \tone;\n -\ttwo;\n +\tfrom the first;\n",
			"",
		},
		{
			"three parents, no newline", "diff --cc x\nindex 1,2,3..4\n--- a/x\n+++ b/x\n@@@@ -1,1 -1,1 -1,1 +1,1 @@@@\n---old\n+++new\n \\ No newline at end of file\n",
			"diff --git a b\n--- a/x\n+++ b/x\n@@ -1,1 +1,1 @@\n-old\n+new\n",
		},
		{
			"new file, and one that is binary", "diff --cc b\nindex 1,2..3\nBinary files differ\ndiff --cc n\nnew file mode 100644\nindex 0,0..3\n--- /dev/null\n+++ b/n\n@@@ -1,0 -1,0 +1,1 @@@\n++new\n",
			"diff --git a b\n--- /dev/null\n+++ b/n\n@@ -1,0 +1,1 @@\n+new\n",
		},
		{"cut", "diff --cc x\n--- a/x\n+++ b/x\n@@@ -1,1 -1,1 +1,2 @@@\n++new\n+", "diff --git a b\n--- a/x\n+++ b/x\n@@ -1,0 +1,1 @@\n+new\n"},
		{"plain", oddDiffs["plain"], ""},
	} {
		if diff := cmp.Diff(tt.want, string(ownChanges([]byte(tt.combined)))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// FuzzOwnChanges wants every text to be read, and what comes out to be a diff.
func FuzzOwnChanges(f *testing.F) {
	f.Add([]byte(oddDiffs["combined"]))
	f.Fuzz(func(t *testing.T, b []byte) {
		out := ownChanges(b)
		if len(out) > 0 {
			files, err := patch.ParseDiff(out)
			if err != nil || len(files) == 0 {
				t.Errorf("no diff: %v\n%q", err, out)
			}
		}
	})
}
