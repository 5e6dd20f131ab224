package layer

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/git/gittest"
)

// A world is two layers as files: path to text, of a symbolic link "-> target".
type world map[string]string

// pieces are what a random edit puts into files. Every path of a recipe's
// answer is there: includes by name, by variable and by what is unknown,
// classes, appends with and without %, search paths, links, and configuration.
var pieces = map[string][]string{
	"conf/layer.conf": {
		"BBPATH .= \":${LAYERDIR}\"\nBBFILES += \"${LAYERDIR}/recipes-*/*/*.bb ${LAYERDIR}/recipes-*/*/*.bbappend\"\nBBFILE_COLLECTIONS += \"%\"\nLAYERSERIES_COMPAT_% = \"scarthgap\"\n",
		"BBPATH =. \"${LAYERDIR}:\"\nBBFILES += \"${LAYERDIR}/recipes-*/*/*.bb\"\nBBFILE_COLLECTIONS += \"%\"\nLAYERSERIES_COMPAT_% = \"dunfell\"\nBBMASK = \"foo_2\"\n",
	},
	"conf/bitbake.conf":        {"DISTRO_FEATURES = \"x\"\nrequire conf/extra.conf\nINHERIT += \"glob\"\n", "DISTRO_FEATURES = \"\"\n"},
	"conf/extra.conf":          {"PE = \"1\"\n", "PE = \"2\"\n"},
	"classes/glob.bbclass":     {"PR = \"g\"\n", "SRC_URI += \"file://glob.patch\"\n"},
	"classes/base.bbclass":     {"", "PR = \"b\"\n"},
	"classes/tool.bbclass":     {"SRC_URI += \"https://example.org/a\"\n", "inherit more\n"},
	"classes/more.bbclass":     {"PV .= \"+more\"\n", "def cut(v):\n    return v[0:1]\n"},
	"recipes-a/foo/foo_1.0.bb": {"inherit tool\nrequire foo.inc\nSRC_URI += \"file://a.patch\"\n", "require ${@no()}.inc\n", "SRC_URI = \"file://dir file://sub/a.patch git://x\"\nSRCREV = \"${AUTOREV}\"\n", "-> ../bar/bar_git.bb", "-> ../../../elsewhere"},
	"recipes-a/foo/foo_2.0.bb": {"require recipes-b/bar/${BPN}.inc\nSRC_URI:append:libc-musl = \" file://glob.patch\"\n", "inherit_defer tool\ninclude foo.inc\n"},
	"recipes-a/bar/bar_git.bb": {"PV = \"${@cut('12')}\"\ninherit more\nSRC_URI = \"file://a.patch ${@bb.utils.contains('DISTRO_FEATURES', 'x', 'file://x.patch', '', d)}\"\n", "include_all shared.inc\n", "\x00"},
	"recipes-a/foo/foo.inc":    {"SRC_URI = \"file://b.patch\"\n", "require foo.inc\n", "PV = \"7\"\n"},
	"recipes-b/bar/foo.inc":    {"PV = \"8\"\n", ""},
	"shared.inc":               {"PV = \"9\"\n", "PR = \"9\"\n"},

	"recipes-a/foo/foo_%.bbappend":      {"FILESEXTRAPATHS:prepend := \"${THISDIR}/more:\"\n", "SRC_URI += \"file://x.patch\"\n"},
	"recipes-a/foo/foo_1.0.bbappend":    {"PR = \"a\"\n", "FILESEXTRAPATHS:prepend := \"${THISDIR}/linked:\"\n"},
	"recipes-a/foo/foo/a.patch":         {"one", "two", "-> ../more/a.patch", "-> /etc/passwd"},
	"recipes-a/foo/foo-1.0/a.patch":     {"three"},
	"recipes-a/foo/files/b.patch":       {"four", "-> b.patch"},
	"recipes-a/foo/files/x.patch":       {"five", "-> gone.patch"},
	"recipes-a/foo/more/a.patch":        {"six", "one"},
	"recipes-a/foo/linked":              {"-> more", "-> foo", "a file"},
	"recipes-a/foo/files/dir/some":      {"text"},
	"recipes-a/foo/files/sub/a.patch":   {"seven"},
	"recipes-a/bar/bar/a.patch":         {"one", "eight"},
	"recipes-a/bar/files/glob.patch":    {"nine"},
	"recipes-a/foo/files/glob.patch.gz": {"ten"},
}

// edit changes one file.
func (w world) edit(r *rand.Rand) string {
	source := []string{"core", "ours"}[r.IntN(2)]
	rel := sortedKeys(pieces)[r.IntN(len(pieces))]
	name := source + "/" + rel
	n := r.IntN(len(pieces[rel]) + 1)
	if n == len(pieces[rel]) {
		delete(w, name)
		return "remove " + name
	}
	text := strings.ReplaceAll(pieces[rel][n], "%", source)
	if strings.HasSuffix(rel, ".patch") && !strings.HasPrefix(text, "-> ") {
		text = "Fix " + text + "\n\nUpstream-Status: Pending\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+" + text + "\n"
	}
	w[name] = text
	return fmt.Sprintf("%s = %.40q", name, text)
}

// scan scans the world with a memo, and returns the next one.
func (w world) scan(t *testing.T, m *memo) (*Scan, *renewal) {
	t.Helper()
	tr, blobs := newTree(), memory{}
	s := &Scan{order: []string{"core", "ours"}, local: []string{"ours"}}
	for _, source := range s.order {
		var entries []git.Entry
		for _, name := range sortedKeys(w) {
			rel, ok := strings.CutPrefix(name, source+"/")
			if !ok {
				continue
			}
			e := git.Entry{Mode: "100644", Type: "blob", Path: rel}
			text, link := strings.CutPrefix(w[name], "-> ")
			if link {
				e.Mode = "120000"
			}
			sum := sha1.Sum([]byte(text))
			e.Hash, e.Size = hex.EncodeToString(sum[:]), int64(len(text))
			blobs[e.Hash] = text
			entries = append(entries, e)
		}
		tr.add(source, entries, blobs)
	}
	tr.finish()
	renew := m.renew(tr)
	s.read(t.Context(), tr, renew, []Source{{Name: "core"}, {Name: "ours", Local: true}}, Options{Overrides: DefaultOverrides()})
	return s, renew
}

// TestMemo edits layers at random: a scan that remembers is always the same as
// one that reads everything, whatever edits lie between them.
func TestMemo(t *testing.T) {
	saved, read := 0, 0
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		w := world{}
		for range 40 {
			w.edit(r)
		}
		_, first := w.scan(t, nil)
		known := &first.next
		var edits []string
		for step := range 25 {
			edits = append(edits, w.edit(r))
			want, _ := w.scan(t, nil)
			got, renew := w.scan(t, known)
			same := cmp.AllowUnexported(Scan{}, patchLines{})
			if diff := cmp.Diff(want, got, same); diff != "" {
				t.Fatalf("seed %d, step %d, after %s\n(-everything read +remembered):\n%s", seed, step, strings.Join(edits, "\n"), diff)
			}
			saved, read = saved+renew.all-renew.fresh, read+renew.fresh
			if r.IntN(3) == 0 { // else the memo gets older
				known, edits = throughFile(t, &renew.next), nil
			}
		}
	}
	t.Logf("%d recipes and patches remembered, %d read", saved, read)
	if saved < read {
		t.Errorf("%d recipes and patches remembered and %d read: the memo is of little use", saved, read)
	}
}

// throughFile writes a memo and reads it again.
func throughFile(t *testing.T, m *memo) *memo {
	t.Helper()
	file := filepath.Join(t.TempDir(), "layers", "a.memo")
	if err := m.write(file); err != nil {
		t.Fatal(err)
	}
	got := readMemo(file)
	if got == nil {
		t.Fatal("a memo that was written cannot be read")
	}
	return got
}

// TestMemoFile: Run keeps a memo in its file, and makes a damaged one anew.
func TestMemoFile(t *testing.T) {
	repo := gittest.New(t)
	files := map[string]string{"conf/layer.conf": strings.ReplaceAll(pieces["conf/layer.conf"][0], "%", "c")}
	for i := range 50 {
		files[fmt.Sprintf("recipes-a/p%d/p%d_1.bb", i, i)] = "SRC_URI = \"file://a.patch\"\n"
	}
	repo.Commit(files, "first")
	r, err := git.Open(t.Context(), repo.Path)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "cache", "a.memo")
	run := func() (pvs []string, written []byte) {
		t.Helper()
		s, err := Run(t.Context(), []Source{{Name: "c", Repo: r, Rev: "main"}}, Options{Memo: file})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range s.Recipes {
			pvs = append(pvs, r.PV)
		}
		slices.Sort(pvs)
		written, err = os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return slices.Compact(pvs), written
	}
	_, whole := run()
	repo.Commit(map[string]string{"recipes-a/p7/p7_1.bb": "PV = \"2\"\n"}, "one recipe")
	if pvs, after := run(); !slices.Equal(pvs, []string{"1", "2"}) || !bytes.Equal(whole, after) {
		t.Errorf("after one change PVs are %q; file written anew: %v", pvs, !bytes.Equal(whole, after))
	}
	for name, damage := range map[string]func([]byte) []byte{
		"cut":     func(b []byte) []byte { return b[:len(b)/2] },
		"changed": func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
		"empty":   func([]byte) []byte { return nil },
		"old":     func(b []byte) []byte { return append([]byte("upstreamd layer memo 0 \n"), b[len(memoMagic()):]...) },
	} {
		if err := os.WriteFile(file, damage(bytes.Clone(whole)), 0o600); err != nil {
			t.Fatal(err)
		}
		if pvs, after := run(); !slices.Equal(pvs, []string{"1", "2"}) || readMemo(file) == nil {
			t.Errorf("with a file that is %s: PVs are %q, new file of %d bytes", name, pvs, len(after))
		}
	}
}

// FuzzMemo: whatever is in the file, reading it is no panic.
func FuzzMemo(f *testing.F) {
	m := &memo{
		files: map[string]string{"/c/a_1.bb": "ab"}, links: map[string]string{"/c/l": "/c/d"},
		recipes: map[string]map[string]rememberedFile{"k": {"/c/a_1.bb": {Recipe{PN: "a"}, []string{"a_1.bb"}}}},
		patches: map[string]readPatch{"ab/x.patch": {Patch{Subject: "x"}, patchLines{"h", "c", []uint64{1}}}},
	}
	for _, part := range []any{m.keptFiles(), m.keptRecipes(), m.keptPatches()} {
		b, err := pack(part)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got := &memo{}
		errs := []error{got.loadFiles(b), got.loadRecipes(b), got.loadPatches(b)}
		if len(got.files) > len(b)*1024 && errs[0] == nil {
			t.Error("more files than bytes can hold")
		}
		_ = maps.Clone(got.recipes)
	})
}
