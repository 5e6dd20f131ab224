package rebase

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// rankCorpus reads the labelled moves as examples, in the order of the file.
func rankCorpus(t *testing.T) ([]Event, []Step, []example) {
	t.Helper()
	dir := os.Getenv("UPSTREAMD_CORPUS")
	if dir == "" {
		dir = "../../../shared/data"
	}
	dir = filepath.Join(dir, "rebase")
	f, err := os.Open(filepath.Join(dir, "labels.jsonl.gz"))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("no corpus of labelled moves: ", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	var fate []int
	scan := bufio.NewScanner(z)
	scan.Buffer(nil, maxEventLine)
	for scan.Scan() {
		var row struct{ Outcome string }
		if err := json.Unmarshal(scan.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		fate = append(fate, slices.Index(fates[:], row.Outcome))
		text.Write(scan.Bytes())
		text.WriteByte('\n')
	}
	events, err := ReadEvents(strings.NewReader(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	patches := t.TempDir()
	if out, err := exec.Command("tar", "xJf", filepath.Join(dir, "patches.tar.xz"), "-C", patches).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	steps := Steps(events, func(e Event) []byte {
		b, _ := os.ReadFile(filepath.Join(patches, "patches", e.Blob+".patch"))
		return b
	})
	family := families(events)
	list := make([]example, len(steps))
	for i, s := range steps {
		list[i] = example{s.features(), fate[i], events[i].Repo, family[events[i].Recipe], s.At.Unix()}
		if len(list[i].x) != len(features) {
			t.Fatalf("%d values, %d features", len(list[i].x), len(features))
		}
	}
	return events, steps, list
}

// families names a family for each recipe: those that carry the same patch file
// (gcc and gcc-cross, by an .inc) move together, so one tells of the other.
func families(events []Event) map[string]string {
	of := map[string]string{} // to another of the family; the last is its name
	root := func(r string) string {
		for of[r] != "" && of[r] != r {
			r = of[r]
		}
		return r
	}
	byBlob := map[string]string{}
	for _, e := range events {
		if of[e.Recipe] == "" {
			of[e.Recipe] = e.Recipe
		}
		if other, ok := byBlob[e.Blob]; ok {
			of[root(e.Recipe)] = root(other)
		}
		byBlob[e.Blob] = e.Recipe
	}
	names := map[string]string{}
	for r := range of {
		names[r] = root(r)
	}
	return names
}

// A tally counts answers by truth, then answer.
type tally struct {
	n     [3][3]int
	brier float64
	bins  [10]struct {
		said, was float64
		n         int
	}
}

func (a *tally) add(p [3]float64, pred, fate int) {
	a.n[fate][pred]++
	for k := range p {
		d := p[k] - flag(k == fate)
		a.brier += d * d
		b := &a.bins[min(9, int(10*p[k]))]
		b.said, b.was, b.n = b.said+p[k], b.was+flag(k == fate), b.n+1
	}
}

func (a *tally) total() (n int) {
	for _, row := range a.n {
		n += row[0] + row[1] + row[2]
	}
	return n
}

func (a *tally) accuracy() float64 {
	return float64(a.n[0][0]+a.n[1][1]+a.n[2][2]) / float64(max(1, a.total()))
}

func (a *tally) f1(k int) float64 {
	var said, was int
	for j := range a.n {
		said, was = said+a.n[j][k], was+a.n[k][j]
	}
	return 2 * float64(a.n[k][k]) / float64(max(1, said+was))
}

func (a *tally) macroF1() float64 { return (a.f1(0) + a.f1(1) + a.f1(2)) / 3 }

// gap is how far likelihoods are from shares, on average.
func (a *tally) gap() (sum float64) {
	n := 0
	for _, b := range a.bins {
		sum += math.Abs(b.said - b.was)
		n += b.n
	}
	return sum / float64(max(1, n))
}

func (a *tally) String() string {
	return fmt.Sprintf("accuracy %.4f  macro-F1 %.4f  kept %.3f refreshed %.3f dropped %.3f  Brier %.4f  gap %.4f  of %d",
		a.accuracy(), a.macroF1(), a.f1(0), a.f1(1), a.f1(2), a.brier/float64(max(1, a.total())), a.gap(), a.total())
}

// foldOf puts a recipe, as a whole and with its family, into one of n folds.
func foldOf(recipe, salt string, n int) int {
	h := fnv.New32a()
	h.Write([]byte(salt + recipe))
	return int(h.Sum32() % uint32(n))
}

func pick(list []example, of func(*example) bool) (some []example) {
	for i := range list {
		if of(&list[i]) {
			some = append(some, list[i])
		}
	}
	return some
}

func (m *boosted) likely(x []float64) [3]float64 {
	sum := m.base
	for i := range m.trees {
		for k := range m.trees[i] {
			m.trees[i][k].add(x, &sum[k], nil)
		}
	}
	return softmax(sum)
}
