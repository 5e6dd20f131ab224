package layer_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/layer"
)

// A labelledMove is one event of the corpus: what a maintainer did to a recipe
// by one commit.
type labelledMove struct {
	Repo, Commit, Parent, Subject string
	Date                          time.Time
	Recipe                        string
	From                          string `json:"from_pv"`
	To                            string `json:"to_pv"`
	Event                         string
	Before                        string `json:"recipe_before"`
	After                         string `json:"recipe_after"`
}

// A labelledPatch is what became of one patch file by such an event.
type labelledPatch struct {
	labelledMove
	PathBefore string   `json:"path_before"`
	PathAfter  string   `json:"path_after"`
	BlobBefore string   `json:"blob_before"`
	BlobAfter  string   `json:"blob_after"`
	Outcome    string   `json:"outcome"`
	Refresh    string   `json:"refresh"`
	Words      []string `json:"drop_evidence"`
}

// readLabels reads a file of the corpus of moved versions.
func readLabels[T any](t testing.TB, name string) (all []T) {
	t.Helper()
	corpus := os.Getenv("UPSTREAMD_CORPUS")
	if corpus == "" {
		corpus = filepath.Join("..", "..", "..", "shared", "data")
	}
	f, err := os.Open(filepath.Join(corpus, "rebase", name))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("no corpus of moved versions: ", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var one T
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	return all
}

// TestMovesOfHistories compares what is read off whole histories with what
// people labelled. UPSTREAMD_HISTORIES names a directory with bare clones
// NAME.git of the layers that the labels are of.
func TestMovesOfHistories(t *testing.T) {
	dir := os.Getenv("UPSTREAMD_HISTORIES")
	if dir == "" {
		t.Skip("UPSTREAMD_HISTORIES names no directory of whole histories")
	}
	events := readLabels[labelledMove](t, "events.jsonl.gz")
	patches := readLabels[labelledPatch](t, "labels.jsonl.gz")
	for _, name := range []string{"openembedded-core", "meta-openembedded"} {
		t.Run(name, func(t *testing.T) {
			repo, err := git.Open(t.Context(), filepath.Join(dir, name+".git"))
			if err != nil {
				t.Skip(err)
			}
			scoreMoves(t, repo, name, events, patches)
		})
	}
}

func scoreMoves(t *testing.T, repo *git.Repo, name string, events []labelledMove, patches []labelledPatch) {
	archive := os.Getenv("UPSTREAMD_HISTORIES_CACHE")
	open := func(name string) func() {
		start := time.Now()
		return func() { t.Logf("%s: %v", name, time.Since(start).Round(time.Millisecond)) }
	}
	file := ""
	if archive != "" {
		file = filepath.Join(archive, name+".archive")
	}
	done := open("archive")
	a, err := layer.OpenArchive(t.Context(), repo, file, []string{"HEAD"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	done()
	src := layer.Source{Name: name, Repo: repo}
	var first labelledMove
	tip := ""
	for _, e := range events {
		if e.Repo == name {
			if first.Commit == "" {
				first = e
			}
			tip = e.Commit
		}
	}
	src.Rev = tip
	done = open("moves")
	moves, err := layer.Moves(t.Context(), src, layer.MoveOptions{
		Since: first.Parent, Archive: func(_ context.Context, _ layer.Source) (*layer.Archive, error) { return a, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	done()
	byCommit := map[string][]layer.Move{}
	for _, m := range moves {
		byCommit[m.Commit] = append(byCommit[m.Commit], m)
	}
	find := func(e labelledMove) *layer.Move {
		for i, m := range byCommit[e.Commit] {
			if m.File == e.After || strings.HasSuffix(e.After, ".inc") && strings.HasPrefix(m.File, path.Dir(e.After)+"/") {
				return &byCommit[e.Commit][i]
			}
		}
		return nil
	}
	hit, all := map[string]int{}, map[string]int{}
	truth := map[string]bool{}
	for _, e := range events {
		if e.Repo != name {
			continue
		}
		all[e.Event]++
		truth[e.Commit+e.After] = true
		if strings.HasSuffix(e.After, ".inc") {
			truth[e.Commit+path.Dir(e.After)] = true
		}
		if find(e) != nil {
			hit[e.Event]++
		} else {
			t.Logf("missed %s %s %s %s -> %s: %s", e.Event, e.Commit[:10], e.After, e.From, e.To, e.Subject)
		}
	}
	kinds, extra := map[layer.MoveKind]int{}, map[layer.MoveKind]int{}
	for _, m := range moves {
		kinds[m.Kind]++
		if !truth[m.Commit+m.File] && !truth[m.Commit+path.Dir(m.File)] {
			extra[m.Kind]++
			t.Logf("extra %s %s %s %s -> %s (%.8s %.8s) from %s", m.Kind, m.Commit[:10], m.File, m.From, m.To, m.FromRev, m.ToRev, m.FileBefore)
		}
	}
	right, n, confusion := 0, 0, map[string]int{}
	for _, p := range patches {
		if p.Repo != name {
			continue
		}
		m := find(p.labelledMove)
		if m == nil {
			continue
		}
		n++
		want := p.Outcome
		if p.Refresh == "offsets" {
			want = layer.PatchOffsets
		}
		got := "absent"
		for _, x := range m.Patches {
			if x.BlobBefore == p.BlobBefore {
				got = x.Outcome
			}
		}
		if got == want {
			right++
		} else {
			confusion[want+" as "+got]++
			t.Logf("patch %s as %s: %s %s %s in %s", want, got, p.Commit[:10], p.PathBefore, p.PathAfter, p.After)
		}
	}
	t.Logf("found %v of %v; kinds %v, extra %v; patches %d of %d, %v", hit, all, kinds, extra, right, n, confusion)
}
