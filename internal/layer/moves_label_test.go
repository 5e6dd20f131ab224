package layer_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/layer"
)

// labelledPatches is the part of the labelled patches whose outcome has to be
// the label's. Of the rest nearly all are called refreshed by the labels for a
// mail's signature below the diff ("-- ", which looks like a removed line).
const labelledPatches = 0.94

// TestLabelledPatches lets the labelled moves happen one after the other in a
// repository of its own, with the real patch files, and compares what became of
// each patch with what people labelled.
func TestLabelledPatches(t *testing.T) {
	labels := readLabels[labelledPatch](t, "labels.jsonl.gz")
	repo, moved := replay(t, labels)
	moves, err := layer.Moves(t.Context(), layer.Source{Name: "core", Repo: repo}, layer.MoveOptions{})
	if err != nil {
		t.Fatal(err)
	}
	at := map[int64]layer.Move{}
	for _, m := range moves {
		at[m.At.Unix()] = m
	}
	right, all, wrong := 0, 0, map[string]int{}
	for i, p := range labels {
		want, got := p.Outcome, "absent"
		if p.Refresh == "offsets" {
			want = layer.PatchOffsets
		}
		for _, x := range at[moved[i]].Patches {
			if x.BlobBefore == p.BlobBefore {
				got = x.Outcome
			}
		}
		if all++; got == want {
			right++
		} else {
			wrong[want+" as "+got]++
		}
	}
	t.Logf("%d of %d labelled patches agree (%.3f): %v", right, all, float64(right)/float64(all), wrong)
	if float64(right) < labelledPatches*float64(all) {
		t.Errorf("less than %v", labelledPatches)
	}
}

// replay makes the repository, and says at what time each label's move is.
func replay(t *testing.T, labels []labelledPatch) (*git.Repo, []int64) {
	t.Helper()
	dir := t.TempDir()
	corpus := os.Getenv("UPSTREAMD_CORPUS")
	if corpus == "" {
		corpus = filepath.Join("..", "..", "..", "shared", "data")
	}
	if out, err := exec.Command("tar", "-xJf", filepath.Join(corpus, "rebase", "patches.tar.xz"), "-C", dir).CombinedOutput(); err != nil {
		t.Fatalf("tar: %v\n%s", err, out)
	}
	var stream bytes.Buffer
	file := func(name string, data []byte) {
		fmt.Fprintf(&stream, "M 100644 inline %q\ndata %d\n%s\n", name, len(data), data)
	}
	commit := func(when int64) {
		fmt.Fprintf(&stream, "commit refs/heads/main\ncommitter A <a@example.org> %d +0000\ndata 0\n", when)
		stream.WriteString("deleteall\n")
	}
	moved := make([]int64, len(labels))
	when := int64(1_600_000_000)
	for i := 0; i < len(labels); {
		to := i
		for to < len(labels) && labels[to].Commit == labels[i].Commit && labels[to].After == labels[i].After {
			to++
		}
		group := labels[i:to]
		when += 100
		for side, recipe := range []string{"foo_1.bb", "foo_2.bb"} {
			commit(when + int64(side))
			uris := ""
			for n, p := range group {
				name, blob := p.PathBefore, p.BlobBefore
				if side == 1 {
					name, blob = p.PathAfter, p.BlobAfter
				}
				moved[i+n] = when + 1
				if blob == "" {
					continue
				}
				data, err := os.ReadFile(filepath.Join(dir, "patches", blob+".patch"))
				if err != nil {
					t.Fatal(err)
				}
				name = path.Base(name)
				if !strings.Contains(uris+" ", "file://"+name+" ") {
					file("r/foo/"+name, data)
					uris += " file://" + name
				}
			}
			file("r/"+recipe, []byte("SRC_URI = \""+uris+"\"\n"))
		}
		i = to
	}
	stream.WriteString("done\n")
	at := filepath.Join(dir, "repo.git")
	if _, err := git.FastImport(t.Context(), at, &stream); err != nil {
		t.Fatal(err)
	}
	repo, err := git.Open(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := repo.Resolve(t.Context(), "HEAD"); err != nil {
		t.Fatal(err)
	}
	return repo, moved
}
