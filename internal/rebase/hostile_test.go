package rebase_test

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/git/gittest"
	"github.com/upstreamd/upstreamd/internal/rebase"
)

// hostileTime is how long one hostile patch may take, on a busy machine too.
const hostileTime = 45 * time.Second

// made is a patch that makes the file path.
func made(path, mode, text string) string {
	return fmt.Sprintf("diff --git a/%[1]s b/%[1]s\nnew file mode %[2]s\n--- /dev/null\n+++ b/%[1]s\n@@ -0,0 +1 @@\n+%[3]s\n", path, mode, text)
}

// edited is a patch that changes the file path as the repository of the test
// has it, moved by a line so that it is made anew.
func edited(path string) string {
	return fmt.Sprintf("--- a/%[1]s\n+++ b/%[1]s\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n", path)
}

// renamed is a patch that renames a file as it is.
func renamed(from, to string) string {
	return fmt.Sprintf("diff --git a/%[1]s b/%[2]s\nsimilarity index 100%%\nrename from %[1]s\nrename to %[2]s\n", from, to)
}

// binary is a patch with a literal that is said to have size bytes.
func binary(size int, data []byte) string {
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	w.Write(data)
	w.Close()
	var b strings.Builder
	fmt.Fprintf(&b, "diff --git a/bin b/bin\nnew file mode 100644\nindex %040d..%040d\nGIT binary patch\nliteral %d\n", 0, 1, size)
	for chunk := packed.Bytes(); len(chunk) > 0; {
		n := min(52, len(chunk))
		b.WriteByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[n-1])
		b.WriteString(base85(chunk[:n]) + "\n")
		chunk = chunk[n:]
	}
	return b.String() + "\nliteral 0\nHcmV?d00001\n\n"
}

// base85 writes bytes as git does.
func base85(b []byte) string {
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"
	var out strings.Builder
	for ; len(b) > 0; b = b[min(4, len(b)):] {
		var four [4]byte
		copy(four[:], b)
		n := uint32(four[0])<<24 | uint32(four[1])<<16 | uint32(four[2])<<8 | uint32(four[3])
		var five [5]byte
		for i := 4; i >= 0; i-- {
			five[i], n = digits[n%85], n/85
		}
		out.Write(five[:])
	}
	return out.String()
}

// oddNames are names that a tree may have and a shell, a terminal or another
// system takes for something else.
var oddNames = []string{
	" ", "-x", "--output=x", "-p0", "a\\..\\..\\esc", "..\\esc", "C:/x", "C:\\x", "nul", "x\x01y", "x\x1b[31my", "a b", "a\tb", "\"q\"", "'",
	"`touch ran`", "$(touch ran)", ";touch ran", "|x", "~/x", "*", "?", "[a]", ":(top)x", ":x", "!x", "#x", "\xff\xfe", "\u202egnp.c",
}

// hostile are patches of people who mean harm, or whose tools do. TARGET is a
// directory beside the mirror.
func hostile() map[string]string {
	many := func(n int, f func(i int) string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(f(i))
		}
		return b.String()
	}
	deep := strings.Repeat("d/", 2000) + "f"
	set := map[string]string{
		"symbolic link alone":      made("link", "120000", "TARGET"),
		"write behind a new link":  made("link", "120000", "TARGET") + made("link/x", "100644", "x"),
		"link out, as a directory": made("dir2", "120000", "../../target") + made("dir2/x", "100755", "x"),
		"other target of a link":   "diff --git a/old-link b/old-link\nindex 1..2 120000\n--- a/old-link\n+++ b/old-link\n@@ -1 +1 @@\n-f\n\\ No newline at end of file\n+TARGET\n\\ No newline at end of file\n",
		"write through a link":     edited("old-link") + made("old-link/x", "100644", "x"),
		"file becomes a link":      "diff --git a/f b/f\nold mode 100644\nnew mode 120000\n" + edited("f"),
		"submodule":                made("sub", "160000", "Subproject commit 1111111111111111111111111111111111111111"),
		"file in a new submodule":  made("sub", "160000", "Subproject commit 1111111111111111111111111111111111111111") + made("sub/.git/hooks/x", "100755", "x"),
		"mode of a directory":      "diff --git a/f b/f\nold mode 100644\nnew mode 040000\n",
		"setuid":                   made("suid", "104755", "x"),
		"hook of a bare directory": made("hooks/post-checkout", "100755", "touch TARGET/ran") + made("config", "100644", "[core]") + made("refs/heads/main", "100644", "0") + made("HEAD", "100644", "x") + made("objects/x", "100644", "x"),
		"its own object store":     made("objects/info/alternates", "100644", "TARGET"),
		"gitmodules":               made(".gitmodules", "100644", "[submodule \"x\"]"),
		"attributes":               made(".gitattributes", "100644", "* filter=evil diff=evil merge=evil text eol=crlf ident") + edited("f"),
		"binary bomb":              binary(1<<30, make([]byte, 64<<20)),
		"binary that lies":         binary(3, []byte("more than three")),
		"delta of a terabyte":      "diff --git a/f b/f\nindex d00491fd7e5bb6fa28c517a0bb32b8b506539d4d..0000000000000000000000000000000000000001\nGIT binary patch\ndelta 5\nMcmZQ#\n\n",
		"rename loop":              renamed("f", "dir/g") + renamed("dir/g", "f"),
		"rename to itself":         renamed("f", "f"),
		"rename out":               renamed("f", "../target/f"),
		"rename into git":          renamed("f", ".git/config"),
		"copy from outside":        "diff --git a/x b/x\nsimilarity index 100%\ncopy from ../../../../../../etc/passwd\ncopy to x\n",
		"many renames":             many(3000, func(i int) string { return renamed("f", fmt.Sprint("r", i)) }),
		"5001 files":               many(5001, func(i int) string { return made(fmt.Sprint("many/", i), "100644", "x") }),
		"5000 files that are not":  many(2400, func(i int) string { return edited(fmt.Sprint("none/", i)) }),
		"17 MB":                    made("big", "100644", strings.Repeat("x", 17<<20)),
		"long line":                made("wide", "100644", strings.Repeat("x", 8<<20)),
		"deep":                     made(deep, "100644", "x"),
		"name of 5000 bytes":       made(strings.Repeat("n", 5000), "100644", "x"),
		"NUL bytes":                "--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n one\n-two\n+2\x00\x00\n three\n",
		"NUL in a name":            made("x\x00y", "100644", "x"),
		"CRLF":                     strings.ReplaceAll(edited("f"), "\n", "\r\n"),
		"CR alone":                 strings.ReplaceAll(edited("f"), "\n", "\r"),
		"empty":                    "",
		"blank":                    "\n\n\n",
		"names alone":              "--- a/f\n+++ b/f\n",
		"numbers beyond all":       "--- a/f\n+++ b/f\n@@ -1,99999999999999999999 +1,4294967296 @@\n-one\n+2\n",
		"numbers at the limit":     "--- a/f\n+++ b/f\n@@ -2147483647,3 +2147483647,3 @@\n one\n-two\n+2\n three\n",
		"hunks in each other":      "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n@@ -2,2 +2,2 @@\n-two\n+II\n three\n@@ -1,1 +1,1 @@\n-one\n+1\n",
		"made with context":        "diff --git a/x b/x\nnew file mode 100644\n--- /dev/null\n+++ b/x\n@@ -1,2 +1,3 @@\n one\n+x\n three\n",
		"made with context, there": "diff --git a/f b/f\nnew file mode 100644\n--- /dev/null\n+++ b/f\n@@ -1,2 +1,3 @@\n one\n+x\n three\n",
		"made and removed":         made("x", "100644", "x") + "diff --git a/x b/x\ndeleted file mode 100644\n--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n",
		"file below a file":        made("f/x", "100644", "x"),
		"file over a directory":    made("dir", "100644", "x"),
		"markers as text":          "--- a/f\n+++ b/f\n@@ -1,3 +1,4 @@\n 1\n-two\n+<<<<<<< x\n+>>>>>>> y\n 3\n",
	}
	for _, name := range append([]string{ // in the manner of git's t4135, and worse
		"../esc", "a/../../esc", "dir/../../../esc", "..", ".", "/tmp/esc", "//TARGET/x", "TARGET/x",
		".git/hooks/d", ".GIT/hooks/d", ".Git/config", "x/.git/config", "git~1/x", ".git::$INDEX_ALLOCATION/x", ".git /x", ".git./x", ".g\u200cit/x", "\u200c.git/x",
		"\"..\\057esc\"", "\"a\\nb\"", "\".git\\057x\"", "\"\\056\\056/esc\"", "a\\..\\..\\esc", "..\\esc", "aux.c",
	}, oddNames...) {
		set["makes "+name] = made(name, "100755", "x")
		set["edits "+name] = edited(name)
	}
	return set
}

// sums are the SHA-256 of every file below dir, and every directory.
func sums(t testing.TB, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			all[path] = "directory"
			return err
		}
		b, err := os.ReadFile(path)
		all[path] = fmt.Sprintf("%v %x", e.Type(), sha256.Sum256(b))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A ground is a bare mirror and what a patch could reach from there.
type ground struct {
	dir  string // everything
	repo *git.Repo
}

func newGround(t testing.TB) ground {
	t.Helper()
	src := gittest.New(t)
	if err := os.Symlink("f", filepath.Join(src.Path, "old-link")); err != nil {
		t.Fatal(err)
	}
	old, now := map[string]string{"f": "one\ntwo\nthree\n"}, map[string]string{"f": "zero\none\ntwo\nthree\n"}
	for _, name := range append(oddNames, "dir/g") { // patches of these conflict
		old[name], now[name] = old["f"], "one\ntwo, changed\nthree\n"
	}
	src.Commit(old, "old")
	src.Commit(now, "new")
	g := ground{dir: t.TempDir()}
	src.Git("clone", "--quiet", "--bare", "--template=", src.Path, filepath.Join(g.dir, "m.git"))
	for _, dir := range []string{"tmp", "target", "cwd", "home", "m.git/hooks"} {
		if err := os.MkdirAll(filepath.Join(g.dir, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("TMPDIR", filepath.Join(g.dir, "tmp"))
	t.Setenv("HOME", filepath.Join(g.dir, "home"))
	t.Chdir(filepath.Join(g.dir, "cwd"))
	var err error
	if g.repo, err = git.Open(t.Context(), filepath.Join(g.dir, "m.git")); err != nil {
		t.Fatal(err)
	}
	return g
}

// No hostile patch changes the mirror or any file around it, leaves anything
// behind, or takes long; and what is to be written of it has names that stay
// below where it is written.
func TestHostilePatches(t *testing.T) {
	g := newGround(t)
	before := sums(t, g.dir)
	worked := 0
	for name, text := range hostile() {
		text = strings.ReplaceAll(text, "TARGET", filepath.Join(g.dir, "target"))
		start := time.Now()
		for strip := range 3 {
			in := []rebase.Input{{Name: name, Data: []byte(text), Strip: strip}, {Name: "good.patch", Data: []byte(edited("f")), Strip: 1}}
			done, err := rebase.Refresh(t.Context(), g.repo, "main^", "main", in)
			if err != nil {
				t.Fatalf("%s, -p%d: %v", name, strip, err)
			}
			checkHostile(t, fmt.Sprintf("%s, -p%d", name, strip), done)
			worked += len(done[0].Work)
			if len(text) > 1<<20 || strings.Count(text, "\n") > 1000 {
				break // once is enough of the big ones
			}
		}
		if took := time.Since(start); took > hostileTime {
			t.Errorf("%s took %v", name, took)
		}
		if diff := cmp.Diff(before, sums(t, g.dir)); diff != "" {
			t.Fatalf("%s changed files:\n%s", name, diff)
		}
	}
	if worked < 20 { // that of names which only look odd
		t.Errorf("only %d files to work on", worked)
	}
}

// checkHostile checks what came of a hostile patch and the good one behind it.
func checkHostile(t *testing.T, name string, done []rebase.Refreshed) {
	t.Helper()
	r := done[0]
	if (r.Outcome == "") != (r.Err != nil) {
		t.Errorf("%s: outcome %q, error %v", name, r.Outcome, r.Err)
	}
	if r.Data != nil && r.Outcome != rebase.Applies && r.Outcome != rebase.Offset && r.Outcome != rebase.Fuzz && r.ThreeWay != "clean" {
		t.Errorf("%s: %s, and has data", name, r.Outcome)
	}
	for _, w := range r.Work {
		lower := strings.ToLower(w.Path)
		if !filepath.IsLocal(w.Path) || strings.Contains(lower, ".git/") || strings.Contains(lower, "git~1") || strings.ContainsAny(w.Path, "\\\x00\n\x1b:\u202e") {
			t.Errorf("%s: work on %q", name, w.Path)
		}
	}
	if good := done[1]; good.Outcome == "" || r.Data == nil && r.Outcome != rebase.Merged && good.Outcome != rebase.Fuzz {
		t.Errorf("%s: the good patch behind it: %s %v %s", name, good.Outcome, good.Err, good.Detail)
	}
}

// FuzzRefresh wants of any patch what TestHostilePatches wants.
func FuzzRefresh(f *testing.F) {
	g := newGround(f)
	for _, seed := range []string{edited("f"), edited("dir/g"), renamed("f", "x") + edited("dir/g"), made("x", "100755", "x"), "Subject: x\n---\n f | 2 +-\n 1 file changed\n\n" + edited("f") + "-- \n2.39\n"} {
		f.Add([]byte(seed), 1)
	}
	before := sums(f, g.dir)
	f.Fuzz(func(t *testing.T, data []byte, strip int) {
		in := []rebase.Input{{Name: "x.patch", Data: data, Strip: max(0, min(strip, 3))}, {Name: "good.patch", Data: []byte(edited("f")), Strip: 1}}
		done, err := rebase.Refresh(t.Context(), g.repo, "main^", "main", in)
		if err != nil {
			t.Fatal(err)
		}
		checkHostile(t, "x.patch", done)
		if diff := cmp.Diff(before, sums(t, g.dir)); diff != "" {
			t.Fatalf("changed files:\n%s", diff)
		}
	})
}
