package layer

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/git/gittest"
)

// TestRun reads a layer from a repository, below a directory, at a revision
// that is not the newest, with the dates and people of its patch files.
func TestRun(t *testing.T) {
	repo := gittest.New(t)
	const recipe = "meta-x/recipes-a/foo/foo_1.0.bb"
	const patch = "Upstream-Status: Submitted [list]\nCVE: CVE-2026-1234\nSigned-off-by: A <a@example.org>\n---\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+%\n"
	repo.Commit(map[string]string{
		"meta-x/conf/layer.conf":           "BBFILES += \"${LAYERDIR}/recipes-*/*/*.bb\"\nBBFILE_COLLECTIONS += \"x\"\nBBFILE_PRIORITY_x = \"7\"\nLAYERDEPENDS_x = \"core (>= 3) y:2\"\nLAYERSERIES_COMPAT_x = \"scarthgap\"\n",
		"meta-y/conf/layer.conf":           "BBFILE_COLLECTIONS += \"y\"\n",
		recipe:                             "SRC_URI = \"file://linked.patch file://a.patch\"\n",
		"meta-x/recipes-a/foo/foo/a.patch": strings.ReplaceAll(patch, "%", "b"),
	}, "first")
	if err := os.Symlink("foo/a.patch", filepath.Join(repo.Path, "meta-x/recipes-a/foo/linked.patch")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("..", filepath.Join(repo.Path, "meta-x/recipes-a/foo/files")); err != nil {
		t.Fatal(err)
	}
	repo.Commit(map[string]string{recipe: "SRC_URI = \"file://foo/linked.patch file://a.patch\"\n"}, "second")
	at := repo.Commit(map[string]string{"meta-x/recipes-a/foo/foo/a.patch": strings.ReplaceAll(patch, "%", "c")}, "third")
	repo.Commit(map[string]string{recipe: gittest.Gone}, "later")

	r, err := git.Open(t.Context(), repo.Path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Run(t.Context(), []Source{{Name: "ours", Repo: r, Rev: at, Subdir: "meta-x", Local: true}}, Options{History: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Layers) != 1 || s.Layers[0].Name != "ours/meta-x" || s.Layers[0].Priority != 7 || !slices.Equal(s.Layers[0].Depends, []string{"core", "y"}) {
		t.Errorf("layers = %+v", s.Layers)
	}
	if len(s.Recipes) != 1 {
		t.Fatalf("recipes = %+v, want one", s.Recipes)
	}
	found := s.Recipes[0].PatchFiles
	if len(found) != 2 || found[0].Path != "ours:meta-x/recipes-a/foo/foo/a.patch" || found[0].Path != found[1].Path {
		t.Errorf("patch files = %+v, want the same file twice, once through symbolic links", found)
	}
	i := slices.IndexFunc(s.Patches, func(p Patch) bool { return p.Path == "meta-x/recipes-a/foo/foo/a.patch" })
	if i < 0 {
		t.Fatalf("patches = %+v", s.Patches)
	}
	p := s.Patches[i]
	if p.Lines != 2 || p.Plan != "" || p.Recipe != "foo" || p.Status.Kind != "Submitted" || !p.Status.WellFormed || !p.SignedOff || !slices.Equal(p.CVE, []string{"CVE-2026-1234"}) {
		t.Errorf("patch = %+v", p)
	}
	touched, by := p.Life.Touched()
	if p.Life.Added().IsZero() || !touched.After(p.Life.Added()) || by.Email == "" {
		t.Errorf("life %+v", p.Life)
	}
	if _, err := Run(t.Context(), []Source{{Name: "a/b", Repo: r}}, Options{}); err == nil {
		t.Error("a source named a/b is no error")
	}
}

// corpus is the folder of real data; the test is skipped where there is none.
func corpus(t testing.TB) string {
	dir := os.Getenv("UPSTREAMD_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	if _, err := os.Stat(filepath.Join(dir, "layers")); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the corpus is missing: %v", err)
		}
		t.Skipf("no corpus: %v", err)
	}
	return dir
}

// TestTruth compares scans with what bitbake said of the same layers.
func TestTruth(t *testing.T) {
	if testing.Short() {
		t.Skip("reads real layers")
	}
	dir := corpus(t)
	for _, tt := range []struct {
		name, truth     string
		local, upstream []string
	}{
		{"scarthgap", "truth-scarthgap.jsonl", nil, []string{
			"openembedded-core@scarthgap", "meta-openembedded@scarthgap", "meta-virtualization@scarthgap", "meta-selinux@nilrt/master/next"}},
		{"dunfell", "truth-dunfell-local.jsonl",
			[]string{"xenclient-oe@master", "meta-measured@master", "meta-openxt-haskell-platform@master", "meta-openxt-ocaml-platform@master"},
			[]string{"openembedded-core@dunfell", "meta-openembedded@dunfell", "meta-virtualization@dunfell", "meta-selinux@nilrt/master/dunfell"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sources := append(open(t, dir, tt.local, true), open(t, dir, tt.upstream, false)...)
			s, err := Run(t.Context(), sources, Options{})
			if err != nil {
				t.Fatal(err)
			}
			compareTruth(t, s, filepath.Join(dir, "layers", tt.truth))
			if tt.local != nil {
				compareDuplicates(t, s, filepath.Join(dir, "layers", "dup-recipes.jsonl"))
			}
		})
	}
}

// open opens bundles, each NAME@BRANCH.
func open(t testing.TB, dir string, specs []string, local bool) []Source {
	t.Helper()
	var out []Source
	for _, spec := range specs {
		name, branch, _ := strings.Cut(spec, "@")
		r, err := git.OpenAny(t.Context(), filepath.Join(dir, "repos", name+".bundle"), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, Source{Name: name, Repo: r, Rev: "refs/heads/" + branch, Local: local})
	}
	return out
}

// A truthRow is one recipe as bitbake saw it.
type truthRow struct {
	Repo, File, PN, PV, Source string
	Patches                    []string
	Effective                  []string                `json:"patches_effective"`
	Conditional                []struct{ Name string } `json:"patches_conditional"`
}

func readRows[T any](t *testing.T, file string) []T {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var rows []T
	for line := range strings.Lines(string(b)) {
		var row T
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows
}

// compareTruth wants every PN, and nearly every PV and list of patches.
func compareTruth(t *testing.T, s *Scan, file string) {
	byFile := map[string]Recipe{}
	for _, r := range s.Recipes {
		byFile[r.Source+":"+r.File] = r
	}
	var all, found, pn, pv, patches, effective int
	for _, want := range readRows[truthRow](t, file) {
		got, ok := byFile[want.Repo+":"+want.File]
		all++
		if ok {
			found++
		}
		if got.PN == want.PN {
			pn++
		}
		if got.PV == want.PV {
			pv++
		}
		// Bitbake said nothing of the patches of recipes that it skipped.
		if want.Source != "bitbake" || slices.Equal(got.Patches, want.Patches) {
			patches++
		}
		if want.Source != "bitbake" || slices.Equal(got.PatchesEffective, want.Effective) {
			effective++
		}
	}
	for _, c := range []struct {
		what       string
		got, least int
	}{
		{"found", found, all}, {"PN", pn, all}, {"PV", pv, all * 995 / 1000},
		{"patches", patches, all * 995 / 1000}, {"effective patches", effective, all * 995 / 1000},
	} {
		t.Logf("%s: %d of %d", c.what, c.got, all)
		if c.got < c.least {
			t.Errorf("%s: %d of %d, want at least %d", c.what, c.got, all, c.least)
		}
	}
}

// compareDuplicates wants every fork, renamed and derived recipe and append: one
// dangling append there lies where BBFILES does not look.
func compareDuplicates(t *testing.T, s *Scan, file string) {
	type row struct {
		Kind      string `json:"kind"`
		LocalRepo string `json:"local_repo"`
		Local     string `json:"local_file"`
		Repo      string `json:"upstream_repo"`
		File      string `json:"upstream_file"`
		Relation  string `json:"relation"`
	}
	have := map[row]bool{}
	for _, d := range s.Duplicates() {
		r := row{d.Kind, d.LocalSource, d.LocalFile, d.UpstreamSource, d.UpstreamFile, d.Relation}
		if d.Kind != "fork" {
			r.Relation = ""
		}
		have[r] = true
	}
	missing := map[string]int{}
	for _, want := range readRows[row](t, file) {
		if !have[want] {
			missing[want.Kind]++
			if want.Kind != "append-dangling" {
				t.Errorf("not found: %+v", want)
			}
		}
	}
	if missing["append-dangling"] > 1 {
		t.Errorf("not found: %v", missing)
	}
}
