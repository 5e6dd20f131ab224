package layer

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

// fix is a patch of ten changed lines; where and word make it another one.
func fix(head, where, word string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Subject: fix\n\n%s\n---\n--- a/foo.c\n+++ b/foo.c\n@@ -%s,1 +%s,11 @@\n int main(void)\n", head, where, where)
	for i := range 9 {
		fmt.Fprintf(&b, "+\tcheck(%d);\n", i)
	}
	return b.String() + "+\t" + word + ";\n"
}

// versions tells what an archive has that is like a patch file.
func versions(t *testing.T, a *Archive, file string, names *strings.Replacer) (lines []string) {
	t.Helper()
	p, err := patch.Parse([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	found, err := a.Find(t.Context(), []Wanted{{Patch: p}})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range found[0] {
		line := fmt.Sprintf("%s %s %.2f", v.Path, v.Match, v.Similarity)
		for _, m := range v.Came {
			line += " +" + m.Commit
		}
		for _, m := range v.Went {
			line += " -" + m.Commit
		}
		lines = append(lines, names.Replace(line))
	}
	return lines
}

// TestArchive: an upstream layer gets a patch, edits its tags, edits it, moves
// it and drops it. The archive follows the history, also where it is rewritten.
func TestArchive(t *testing.T) {
	up := gittest.New(t)
	file := filepath.Join(t.TempDir(), "a", "x.archive")
	const at = "recipes-a/foo/foo/fix.patch"
	add := up.Commit(map[string]string{at: fix("Upstream-Status: Pending", "1", "go"), "other.patch": fix("", "1", "no")}, "add")
	up.Commit(map[string]string{at: fix("Upstream-Status: Backport", "7", "go"), "README": "fix.patch"}, "tag")
	up.Commit(map[string]string{at: fix("Upstream-Status: Backport", "7", "go = 1")}, "edit")
	move := up.Commit(map[string]string{at: gittest.Gone, "recipes-a/foo/foo-2/fix.diff": fix("", "7", "go")}, "move")
	drop := up.Commit(map[string]string{"recipes-a/foo/foo-2/fix.diff": gittest.Gone}, "drop")
	repo, err := git.Open(t.Context(), up.Path)
	if err != nil {
		t.Fatal(err)
	}
	open := func(rev string) *Archive {
		t.Helper()
		a, err := OpenArchive(t.Context(), repo, file, []string{rev}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	names := strings.NewReplacer(add, "add", move, "move", drop, "drop")
	want := []string{
		"recipes-a/foo/foo-2/fix.diff patch-id 1.00 +move -drop",
		"recipes-a/foo/foo/fix.patch patch-id 1.00 +add -move",
		"other.patch near 0.82 +add",
	}
	// The same lines elsewhere in the file are the same change; one line of ten
	// that differs makes it near, as 9 of 11.
	if diff := cmp.Diff(want, versions(t, open("main"), fix("", "3", "go"), names)); diff != "" {
		t.Errorf("alike (-want +got):\n%s", diff)
	}
	if got := versions(t, open("main"), fix("", "3", "quite another")+"@@ -80,1 +90,3 @@\n z\n+u\n+v\n", names); len(got) != 0 {
		t.Errorf("alike to another patch: %q", got)
	}

	up.Checkout(add)
	up.Branch("main")
	if diff := cmp.Diff([]string{"recipes-a/foo/foo/fix.patch patch-id 1.00 +add", "other.patch near 0.82 +add"}, versions(t, open("main"), fix("", "3", "go"), names)); diff != "" {
		t.Errorf("after the branch was taken back (-want +got):\n%s", diff)
	}
	if a := open(move); a.Len() != 5 {
		t.Errorf("%d versions up to the move, want 5", a.Len())
	}
	for name, damage := range map[string]func([]byte) []byte{
		"cut":     func(b []byte) []byte { return b[:len(b)/2] },
		"changed": func(b []byte) []byte { b[len(b)-30] ^= 1; return b },
		"empty":   func([]byte) []byte { return nil },
		"old":     func(b []byte) []byte { return append([]byte("upstreamd patch archive 1\n"), b[len(archiveMagic):]...) },
	} {
		b, err := os.ReadFile(file)
		if err == nil {
			err = os.WriteFile(file, damage(b), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		if a := open(drop); !a.changed || len(versions(t, a, fix("", "3", "go"), names)) != 3 {
			t.Errorf("with a file that is %s: not made anew", name)
		}
		if a := open(drop); a.changed {
			t.Errorf("after a file that was %s: made once more", name)
		}
	}
}

// FuzzArchiveFile: whatever is in the file, reading it is no panic.
func FuzzArchiveFile(f *testing.F) {
	file := filepath.Join(f.TempDir(), "a")
	a := &Archive{tips: []string{"t"}, events: []event{{&commit{hash: "c"}, "p", "", "b"}}, sketch: map[string]sketch{"b": {Hunks: 1, Lines: []uint64{3}}}}
	if err := a.write(file); err != nil {
		f.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		file := filepath.Join(t.TempDir(), "b")
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if a, err := readArchive(file); err == nil && len(a.tips) > len(b) {
			t.Fatal("more tips than bytes")
		}
	})
}

// TestLookBack: a scan finds the patch that the other layer had once.
func TestLookBack(t *testing.T) {
	conf := map[string]string{"conf/layer.conf": "BBFILES += \"${LAYERDIR}/recipes-*/*/*.bb\"\nBBFILE_COLLECTIONS += \"%\"\n"}
	up, ours := gittest.New(t), gittest.New(t)
	came := up.Commit(map[string]string{"conf/layer.conf": strings.ReplaceAll(conf["conf/layer.conf"], "%", "up"), "recipes-a/foo/foo/fix.patch": fix("", "1", "go")}, "add")
	went := up.Commit(map[string]string{"recipes-a/foo/foo/fix.patch": gittest.Gone}, "drop")
	ours.Commit(map[string]string{"conf/layer.conf": strings.ReplaceAll(conf["conf/layer.conf"], "%", "ours"), "recipes-a/foo/files/ours.patch": fix("Upstream-Status: Pending", "1", "go")}, "add")
	var sources []Source
	for name, r := range map[string]*gittest.Repo{"up": up, "ours": ours} {
		repo, err := git.Open(t.Context(), r.Path)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, Source{Name: name, Repo: repo, Local: name == "ours"})
	}
	o := Options{Archive: func(ctx context.Context, src Source) (*Archive, error) {
		return OpenArchive(ctx, src.Repo, "", []string{"main"}, nil)
	}}
	s, err := Run(t.Context(), sources, o)
	if err != nil {
		t.Fatal(err)
	}
	blob := func(r *gittest.Repo, spec string) string { return strings.TrimSpace(r.Git("rev-parse", spec)) }
	want := []Duplicate{{
		Kind: "patch", LocalSource: "ours", LocalFile: "recipes-a/foo/files/ours.patch", UpstreamSource: "up",
		UpstreamFile: "recipes-a/foo/foo/fix.patch", Match: "patch-id", Similarity: 1, Came: came, Went: went,
		LocalBlob: blob(ours, "main:recipes-a/foo/files/ours.patch"), UpstreamBlob: blob(up, came+":recipes-a/foo/foo/fix.patch"),
	}}
	if diff := cmp.Diff(want, s.Duplicates()); diff != "" {
		t.Errorf("duplicates (-want +got):\n%s", diff)
	}
}
