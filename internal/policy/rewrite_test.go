package policy

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/layer"
)

func TestSetStatus(t *testing.T) {
	diff := "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"
	for _, tt := range []struct{ name, before, after string }{
		{"in place", "x\n\nUpstream-status: pending\n\n" + diff, "x\n\nUpstream-Status: Pending [y]\n\n" + diff},
		{"above the sign-off", "x\n\nSigned-off-by: A <a@b>\n---\n" + diff, "x\n\nUpstream-Status: Pending [y]\nSigned-off-by: A <a@b>\n---\n" + diff},
		{"at the end of the header", "x\n\nwhy\n---\n x | 2\n" + diff, "x\n\nwhy\n\nUpstream-Status: Pending [y]\n---\n x | 2\n" + diff},
		{"without a header", diff, "Upstream-Status: Pending [y]\n\n" + diff},
		{"carriage returns", "x\r\nUpstream-Status: pending\r\n" + diff, "x\r\nUpstream-Status: Pending [y]\r\n" + diff},
	} {
		got, err := SetStatus([]byte(tt.before), "Pending [y]")
		if err != nil || string(got) != tt.after {
			t.Errorf("%s: %q, %v, want %q", tt.name, got, err, tt.after)
		}
	}
	if _, err := SetStatus([]byte(diff), "Pending\nSigned-off-by: x"); err == nil {
		t.Error("a second line was put in")
	}
}

var signer = git.Signer{Author: git.Person{Name: "Ann", Email: "ann@example.org"}, Committer: git.Person{Name: "Ann", Email: "ann@example.org"}}

func diffOf(name string) string {
	return "x\n\nUpstream-Status: Pending\n--- a/" + name + "\n+++ b/" + name + "\n@@ -1 +1 @@\n-a\n+b\n"
}

// dropIn drops one patch file of a scanned layer for some recipes.
func dropIn(t testing.TB, sources []layer.Source, scan *layer.Scan, path string, recipes ...string) (Proposal, *git.Draft, *layer.Scan) {
	t.Helper()
	draft, err := sources[0].Repo.Draft(t.Context(), "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	w := Rewriter{Sources: sources, Target: "ours", Scan: scan, Draft: draft, Signer: signer}
	done, err := w.Run(t.Context(), []Proposal{{Source: "ours", Path: path, Recipe: "zip", Why: []string{"v1 has it."}, For: recipes}})
	if err != nil {
		t.Fatal(err)
	}
	return done[0], draft, w.Scan
}

// TestDrop takes p.patch out of layers that use it in more than one place.
func TestDrop(t *testing.T) {
	p := "recipes/files/p.patch"
	zip := "ours:recipes/zip_1.0.bb"
	for _, tt := range []struct {
		name   string
		files  map[string]string
		state  string // "gone", "kept" or "withdrawn"
		says   string
		differ string // files that changed
	}{
		{"in the recipe", map[string]string{"recipes/zip_1.0.bb": "SRC_URI = \"file://p.patch file://q.patch\"\n"}, "gone", "", "recipes/files/p.patch recipes/zip_1.0.bb"},
		{"in an include", map[string]string{"recipes/zip_1.0.bb": "require zip.inc\n", "recipes/zip.inc": "SRC_URI += \"file://p.patch\"\n"}, "gone", "", "recipes/files/p.patch recipes/zip.inc"},
		{"in an append", map[string]string{
			"recipes/zip_1.0.bb": "SRC_URI = \"file://q.patch\"\n", "recipes/zip_%.bbappend": "FILESEXTRAPATHS_prepend := \"${THISDIR}/files:\"\nSRC_URI_append = \" file://p.patch;striplevel=0\"\n",
		}, "gone", "", "recipes/files/p.patch recipes/zip_%.bbappend"},
		{"by a variable", map[string]string{"recipes/zip_1.0.bb": "X = \"p\"\nSRC_URI = \"file://${X}.patch file://q.patch\"\n"}, "gone", "", "recipes/files/p.patch recipes/zip_1.0.bb"},
		{"also of another recipe", map[string]string{"recipes/zip_1.0.bb": "SRC_URI = \"file://p.patch\"\n", "recipes/zap_1.0.bb": "SRC_URI = \"file://p.patch\"\n"}, "kept", "zap of ours", "recipes/zip_1.0.bb"},
		{"under an override", map[string]string{"recipes/zip_1.0.bb": "SRC_URI = \"file://p.patch\"\nSRC_URI_append_libc-musl = \" file://p.patch\"\n"}, "withdrawn", "zip_1.0.bb would not read", ""},
		{"for something else", map[string]string{"recipes/zip_1.0.bb": "SRC_URI = \"file://p.patch\"\n", "recipes/data.inc": "SRC_URI += \"file://p.patch;apply=no\"\n"}, "kept", "data.inc still names it", "recipes/zip_1.0.bb"},
		{"in an include of two", map[string]string{"recipes/zip_1.0.bb": "require z.inc\n", "recipes/zap_1.0.bb": "require z.inc\n", "recipes/z.inc": "SRC_URI = \"file://p.patch\"\n"}, "withdrawn", "ours:recipes/zap_1.0.bb would not read", ""},
		{"by code", map[string]string{"recipes/zip_1.0.bb": "SRC_URI = \"${@'file://p' + '.patch'}\"\n"}, "withdrawn", "no line was found", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.files[p], tt.files["recipes/files/q.patch"] = diffOf("p"), diffOf("q")
			r, sources, scan := scanned(t, tt.files)
			got, draft, _ := dropIn(t, sources, scan, p, zip)
			defer draft.Close()
			state := "gone"
			if got.Kept != "" {
				state = "kept"
			}
			if got.Withdrawn != "" {
				state = "withdrawn"
			}
			if state != tt.state || !strings.Contains(got.Kept+got.Withdrawn, tt.says) {
				t.Fatalf("%s: kept %q, withdrawn %q, want %s: %s", state, got.Kept, got.Withdrawn, tt.state, tt.says)
			}
			changed, err := draft.Changed(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for n := range changed {
				names = append(names, n)
			}
			slices.Sort(names)
			if strings.Join(names, " ") != tt.differ {
				t.Errorf("changed %q, want %q", names, tt.differ)
			}
			applies(t, r.Path, draft)
		})
	}
}

// applies has git am apply what a draft made, and compares the trees.
func applies(t testing.TB, repo string, draft *git.Draft) {
	t.Helper()
	patches, err := draft.Patches(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(patches) == 0 {
		return
	}
	dir := t.TempDir()
	run := func(args ...string) string {
		cmd := exec.Command("git", args...)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_COMMITTER_NAME=x", "GIT_COMMITTER_EMAIL=x@example.org")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	run("clone", "--quiet", repo, filepath.Join(dir, "c"))
	args := []string{"-C", filepath.Join(dir, "c"), "am", "--quiet"}
	for _, p := range patches {
		file := filepath.Join(dir, p.Name)
		if err := os.WriteFile(file, p.Data, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, file)
	}
	run(args...)
	want, err := draft.Tree(t.Context())
	if got := run("-C", filepath.Join(dir, "c"), "rev-parse", "HEAD^{tree}"); err != nil || got != want {
		t.Errorf("git am made the tree %s, want %s", got, want)
	}
}

// TestDropAny writes recipes at random and drops any patch: SRC_URI is as
// before without it.
func TestDropAny(t *testing.T) {
	left := 25 // each makes a repository and scans it four times
	rapid.Check(t, func(rt *rapid.T) {
		if left--; left < 0 {
			return
		}
		var text strings.Builder
		layerFiles := map[string]string{}
		n := 0
		for range rapid.IntRange(1, 3).Draw(rt, "statements") {
			head := rapid.SampledFrom([]string{`SRC_URI += `, `SRC_URI_append = `, `SRC_URI:append = `, `SRC_URI .= `}).Draw(rt, "head")
			text.WriteString(head + `"` + rapid.SampledFrom([]string{" ", " \\\n  "}).Draw(rt, "begin"))
			for range rapid.IntRange(1, 3).Draw(rt, "words") {
				n++
				name := fmt.Sprintf("p%d.patch", n)
				layerFiles["recipes/files/"+name] = diffOf(name)
				text.WriteString("file://" + name + rapid.SampledFrom([]string{"", ";striplevel=2", ";patchdir=src"}).Draw(rt, "params") + rapid.SampledFrom([]string{" ", " \\\n  "}).Draw(rt, "space"))
			}
			text.WriteString("\"\n")
		}
		layerFiles["recipes/zip_1.0.bb"] = text.String()
		_, sources, scan := scanned(t, layerFiles)
		before := scan.Recipes[0].PatchesEffective
		drop := rapid.SampledFrom(before).Draw(rt, "drop")
		p, draft, after := dropIn(t, sources, scan, "recipes/files/"+drop, "ours:recipes/zip_1.0.bb")
		defer draft.Close()
		want := slices.DeleteFunc(slices.Clone(before), func(s string) bool { return s == drop })
		if p.Withdrawn != "" || p.Kept != "" || !slices.Equal(after.Recipes[0].PatchesEffective, want) || slices.ContainsFunc(after.Patches, func(q layer.Patch) bool { return strings.HasSuffix(q.Path, "/"+drop) }) {
			rt.Fatalf("%s without %s: %q, withdrawn %q, kept %q", text.String(), drop, after.Recipes[0].PatchesEffective, p.Withdrawn, p.Kept)
		}
	})
}
