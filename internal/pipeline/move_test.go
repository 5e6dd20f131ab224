package pipeline_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/internal/store/storetest"
)

// Paths in the product's layer.
const (
	extfs  = "recipes-devtools/extfs-tools/extfs-tools/"
	recipe = "recipes-devtools/extfs-tools/extfs-tools_1.47.2.bb"
)

// Titles of changes.
const (
	hashNames = "lib/xattr: hash names byte by byte as unsigned"
	labels1   = "populate: read security labels of files"
	labels3   = "mkextfs: add an option for file contexts"
	nearAlloc = "lib/alloc: keep attribute blocks near their inodes"
	dumpHex   = "dumpextfs: print values that are not text in hex"
	hardLinks = "populate: find hard links by device and inode"
	lengths   = "extfsck: check the length of security labels"
)

// A move is what happens upstream or at home after the first sync, and how
// changes stand then: "title | place" to "status, action".
type move struct {
	name     string
	happens  func(*town)
	want     map[string]string
	problems string // a word of the one problem; "" for none
}

var moves = []move{
	{"upstream takes the patch that was missing", func(tn *town) {
		tn.applied("extfs-tools", "main", extfs+"0004-mkextfs-add-an-option-for-file-contexts.patch")
	}, map[string]string{labels3 + " | meta-harbor@main": "merged, correct tag"}, ""},

	{"upstream releases it, and the recipe follows", func(tn *town) {
		tn.applied("extfs-tools", "main", extfs+"0004-mkextfs-add-an-option-for-file-contexts.patch")
		tn.git("extfs-tools", "tag", "-a", "-m", "1.49.0", "v1.49.0", "main")
		tn.commit("meta-harbor", "main", "extfs-tools: 1.49.0", func(dir string) {
			tn.rename(dir, recipe, strings.Replace(recipe, "1.47.2", "1.49.0", 1))
		})
	}, map[string]string{
		labels3 + " | meta-harbor@main":       "droppable, drop",
		labels3 + " | meta-harbor-4@harbor-4": "merged, correct tag",
	}, ""},

	{"the recipe moves to the newest version", func(tn *town) {
		tn.commit("meta-harbor", "main", "extfs-tools: 1.48.0", func(dir string) {
			tn.rename(dir, recipe, strings.Replace(recipe, "1.47.2", "1.48.0", 1))
		})
	}, map[string]string{
		labels1 + " | meta-harbor@main":         "droppable, drop",
		nearAlloc + " | meta-harbor@main":       "local, post",
		nearAlloc + " | meta-harbor-4@harbor-4": "local, rebase",
	}, ""},

	{"the conflict is resolved on the way", func(tn *town) {
		tn.commit("meta-harbor", "main", "extfs-tools: 1.48.0, without the patch in the way", func(dir string) {
			tn.edit(filepath.Join(dir, recipe), "file://lib-alloc-keep-attribute-blocks-near-their-inodes.patch", "")
			tn.remove(dir, extfs+"lib-alloc-keep-attribute-blocks-near-their-inodes.patch")
			tn.rename(dir, recipe, strings.Replace(recipe, "1.47.2", "1.48.0", 1))
		})
	}, map[string]string{nearAlloc + " | meta-harbor@main": "dropped"}, ""},

	{"a recipe at home is ahead of all tags", func(tn *town) {
		tn.git("extfs-tools", "tag", "-d", "v1.48.0")
		tn.git("extfs-tools", "tag", "-d", "v1.47.3")
		tn.commit("meta-harbor", "main", "extfs-tools: 1.60", func(dir string) {
			tn.rename(dir, recipe, strings.Replace(recipe, "1.47.2", "1.60.0", 1))
		})
	}, map[string]string{nearAlloc + " | meta-harbor@main": "local, post"}, ""},

	{"upstream rewrites main and takes the release back", func(tn *town) {
		tn.git("extfs-tools", "update-ref", "refs/heads/main", tn.commits["extfs-tools/labels-1-merged"]+"^")
		tn.git("extfs-tools", "branch", "-D", "next")
		tn.git("extfs-tools", "tag", "-d", "v1.48.0")
	}, map[string]string{
		labels1 + " | meta-harbor@main":   "applied (claimed), ping",
		dumpHex + " | meta-harbor@main":   "applied (claimed), wait",
		nearAlloc + " | meta-harbor@main": "local, post",
	}, "no branch next"},

	{"the staging branch becomes main", func(tn *town) {
		tn.git("extfs-tools", "update-ref", "refs/heads/main", "refs/heads/next")
	}, map[string]string{dumpHex + " | meta-harbor@main": "merged, correct tag"}, ""},

	{"the staging branch is made anew without it", func(tn *town) {
		tn.git("extfs-tools", "update-ref", "refs/heads/next", "refs/heads/main")
	}, map[string]string{dumpHex + " | meta-harbor@main": "applied (claimed), wait"}, ""},

	{"a tag moves to before the fix", func(tn *town) {
		tn.git("extfs-tools", "tag", "-f", "-a", "-m", "again", "v1.47.2", tn.commits["extfs-tools/hash-names-merged"]+"^")
	}, map[string]string{hashNames + " | meta-harbor@main": "merged, correct tag"}, ""},

	{"upstream takes it out again", func(tn *town) {
		tn.commit("extfs-tools", "main", "Revert \"populate: read security labels of files\"\n\nThis reverts commit "+
			tn.commits["extfs-tools/labels-1-merged"]+".", func(dir string) {
			tn.reverted("extfs-tools", dir, tn.commits["extfs-tools/labels-2-merged"])
			tn.reverted("extfs-tools", dir, tn.commits["extfs-tools/labels-1-merged"])
		})
	}, map[string]string{labels1 + " | meta-harbor@main": "reverted, revise"}, ""},

	{"the layer drops a patch", func(tn *town) {
		tn.commit("meta-harbor", "main", "extfs-tools: drop what is upstream", func(dir string) {
			tn.edit(filepath.Join(dir, recipe), "file://0001-lib-xattr-hash-names-byte-by-byte-as-unsigned.patch", "")
			tn.remove(dir, extfs+"0001-lib-xattr-hash-names-byte-by-byte-as-unsigned.patch")
		})
	}, map[string]string{
		hashNames + " | meta-harbor@main":       "dropped",
		hashNames + " | meta-harbor-4@harbor-4": "merged, correct tag",
	}, ""},

	{"the layer corrects a tag", func(tn *town) {
		tn.commit("meta-harbor", "main", "extfs-tools: say where it is from", func(dir string) {
			tn.edit(filepath.Join(dir, extfs+"0002-populate-read-security-labels-of-files.patch"),
				"Upstream-Status: Submitted [", "Upstream-Status: Backport [")
		})
	}, map[string]string{labels1 + " | meta-harbor@main": "merged, wait"}, ""},

	{"the layer makes another patch of it", func(tn *town) {
		tn.commit("meta-harbor", "main", "extfs-tools: another way", func(dir string) {
			from := tn.git("extfs-tools", "format-patch", "--stdout", "-1", tn.commits["extfs-tools/label-length"])
			tn.write(dir, extfs+"tests-run-without-valgrind.patch", strings.Replace(from, "\n---\n", "\nUpstream-Status: Pending\n---\n", 1)+"\n")
		})
	}, map[string]string{lengths + " | meta-harbor@main": "reverted, revise"}, ""},

	{"the layer's branch is deleted", func(tn *town) {
		tn.git("meta-harbor", "branch", "-D", "harbor-4")
	}, map[string]string{
		hashNames + " | meta-harbor-4@harbor-4": "merged, correct tag",
		hashNames + " | meta-harbor@main":       "droppable, drop",
	}, "no branch harbor-4"},

	{"a layer is not configured any more", func(tn *town) {
		tn.set.Layers = slices.DeleteFunc(tn.set.Layers, func(l pipeline.Layer) bool { return l.Name == "meta-harbor-4" })
	}, map[string]string{
		hashNames + " | meta-harbor-4@harbor-4": "nothing",
		hashNames + " | meta-harbor@main":       "droppable, drop",
	}, ""},

	{"a project is not configured any more", func(tn *town) {
		tn.set.Projects = slices.DeleteFunc(tn.set.Projects, func(p pipeline.Project) bool { return p.Name == "extfs-tools" })
		tn.set.Lists[0].Projects = nil
	}, map[string]string{
		hashNames + " | meta-harbor@main": "applied (claimed), ping",
		nearAlloc + " | meta-harbor@main": "local, post",
		dumpHex + " | meta-harbor@main":   "applied (claimed), wait",
	}, ""},

	{"a project serves other recipes", func(tn *town) {
		tn.set.Projects[0].Recipes = []string{"another"}
	}, map[string]string{nearAlloc + " | meta-harbor@main": "local, post", dumpHex + " | meta-harbor@main": "queued, wait"}, ""},

	{"a list is not configured any more", func(tn *town) {
		tn.set.Lists = tn.set.Lists[1:]
	}, map[string]string{
		hardLinks + " | meta-harbor@main":                                    "ignored, ping",
		"man: say that mkextfs keeps labels | extfs-devel.lists.example.org": "in review, wait",
	}, ""},

	{"the team has more patience", func(tn *town) {
		tn.set.Rules.Patience *= 2
	}, map[string]string{hardLinks + " | meta-harbor@main": "in review, wait"}, ""},
}

// TestMoves: when something has moved, the next pass says what is right then:
// what a sync into an empty database would say.
func TestMoves(t *testing.T) {
	for _, tt := range slices.Concat(moves, alikeMoves) {
		t.Run(tt.name, func(t *testing.T) {
			tn, db := newTown(t), storetest.SQLite(t)
			tn.sync(db)
			tt.happens(tn)
			_, problems := tn.pass(db)
			if len(problems) > 1 || len(problems) == 1 != (tt.problems != "") || !strings.Contains(strings.Join(problems, ""), tt.problems) {
				t.Errorf("problems %q, want one with %q", problems, tt.problems)
			}
			for of, want := range tt.want {
				title, place, _ := strings.Cut(of, " | ")
				if got := at(t, db, title, place); got != want {
					t.Errorf("%s: %q, want %q: %s", of, got, want, told(t, db, title, place))
				}
			}
			if again, _ := tn.pass(db); len(again) > 0 {
				t.Errorf("a second pass found %v", again)
			}
			if tt.problems != "" {
				return // what was there before is kept
			}
			fresh := storetest.SQLite(t)
			tn.sync(fresh)
			kept := func(db *store.DB) []string {
				return slices.DeleteFunc(standings(t, db, store.ChangeQuery{All: true}), func(line string) bool {
					return strings.Contains(line, "| dropped") // an empty database cannot know of it
				})
			}
			if diff := cmp.Diff(kept(fresh), kept(db)); diff != "" {
				t.Errorf("what a new database says (-) and ours (+):\n%s", diff)
			}
		})
	}
}

// applied lets a project apply a patch that the layer carries.
func (tn *town) applied(repo, branch, path string) {
	p := tn.git("meta-harbor", "show", "main:"+path) + "\n"
	tn.commit(repo, branch, "mkextfs: add an option for file contexts", func(dir string) { tn.pipe(dir, p, "apply", "-") })
}

// reverted takes a commit's change back in a work tree.
func (tn *town) reverted(repo, dir, commit string) {
	tn.pipe(dir, tn.git(repo, "show", commit)+"\n", "apply", "-R", "-")
}

func (tn *town) pipe(dir, input string, args ...string) {
	tn.t.Helper()
	cmd := exec.Command("git", append([]string{"-C", dir}, args...)...)
	cmd.Stdin = strings.NewReader(input)
	if out, err := cmd.CombinedOutput(); err != nil {
		tn.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

func (tn *town) rename(dir, from, to string) {
	tn.t.Helper()
	if err := os.Rename(filepath.Join(dir, from), filepath.Join(dir, to)); err != nil {
		tn.t.Fatal(err)
	}
}

func (tn *town) remove(dir, path string) {
	tn.t.Helper()
	if err := os.Remove(filepath.Join(dir, path)); err != nil {
		tn.t.Fatal(err)
	}
}

func (tn *town) write(dir, path, text string) {
	tn.t.Helper()
	if err := os.WriteFile(filepath.Join(dir, path), []byte(text), 0o644); err != nil {
		tn.t.Fatal(err)
	}
}
