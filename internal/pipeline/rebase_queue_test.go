package pipeline

import (
	"crypto/sha1"
	"fmt"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/git/gittest"
	"github.com/upstreamd/upstreamd/internal/layer"
)

// TestQueueTry: patches are tried where S and patchdir say that they are
// applied. One that cannot be tried says why, and stops none of the others; it
// is tried again where its file may yet come.
func TestQueueTry(t *testing.T) {
	source := gittest.New(t)
	source.Commit(map[string]string{"a.c": "int other;\n", "lib/a.c": text(nil)}, "begin")
	source.Tag("v1.0")
	patches := gittest.New(t)
	contents := map[string]string{
		"first.patch":  string(diffOf(t, text(nil), text(map[int]string{10: "ten as we want it"}))),
		"second.patch": string(diffOf(t, text(map[int]string{10: "ten as we want it"}), text(map[int]string{10: "ten as we want it", 12: "twelve as we want it"}))),
		"none.patch":   "no diff at all\n",
	}
	patches.Commit(contents, "patches")
	repo, err := git.Open(t.Context(), source.Path)
	if err != nil {
		t.Fatal(err)
	}
	files, err := git.Open(t.Context(), patches.Path)
	if err != nil {
		t.Fatal(err)
	}
	batch, err := files.Batch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	with := &tools{
		patches: &Patches{layers: map[string]Layer{"ours": {Location: "ours"}}, open: map[string]*git.Batch{"ours": batch}},
		repos:   &repos{open: map[string]*git.Repo{"project": repo}},
	}
	defer with.patches.Close()
	carried := func(name, blob, below string) Carried {
		return Carried{Key: name, Path: name, Layer: "ours", Blob: blob, Strip: 1, Below: below}
	}
	blob := func(name string) string { // as git hashes it
		b := contents[name]
		return fmt.Sprintf("%x", sha1.Sum(fmt.Appendf(nil, "blob %d\x00%s", len(b), b)))
	}
	q := queue{project: Project{Name: "project", Location: "project"}, patches: []Carried{
		carried("first.patch", blob("first.patch"), "lib"),
		carried("lost.patch", strings.Repeat("1", 40), "lib"),
		carried("none.patch", blob("none.patch"), "lib"),
		carried("elsewhere.patch", blob("first.patch"), layer.Unknown),
		carried("up.patch", blob("first.patch"), "../lib"),
		carried("second.patch", blob("second.patch"), "lib"),
		carried("top.patch", blob("first.patch"), ""),
	}}
	to := git.Tip{Ref: "refs/tags/v1.0", Hash: source.Hash("v1.0")}
	flags, err := q.try(t.Context(), tried{role: change.PinnedFlag, to: to}, with)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, f := range flags {
		fmt.Fprintf(&got, "%s %s %s (%s)\n", f.Sighting, f.Outcome, f.Input, f.Detail)
	}
	want := `first.patch applies  (lib/a.c, hunk 1 at line 7)
lost.patch untried again (blob "1111111111111111111111111111111111111111": not found)
none.patch untried  (no diff)
elsewhere.patch untried  (applied, by S and patchdir, elsewhere than inside the project's source)
up.patch untried  ("../lib": not a directory below the top of the source)
second.patch applies  (lib/a.c, hunk 1 at line 9)
top.patch conflict  (a.c, hunk 1 at line 1)
`
	if diff := gocmp.Diff(want, got.String()); diff != "" {
		t.Errorf("flags (-want +got):\n%s", diff)
	}
}
