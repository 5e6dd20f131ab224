package diffmatch

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// A labelled is one patch of the corpus with what is true of it.
type labelled struct {
	ID, Path, Repo, Rev, Kind, Stratum string
	Targets                            []string
}

// corpus is the folder of real data; the test is skipped where there is none.
func corpus(t testing.TB) string {
	dir := os.Getenv("UPSTREAMD_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the corpus is missing: %v", err)
		}
		t.Skipf("no corpus: %v", err)
	}
	return dir
}

// TestCorpus matches real patches of three projects. No patch that is not
// merged may be called merged, also not one whose own commit is taken out of
// the history; of those that are, nearly all must be found.
func TestCorpus(t *testing.T) {
	if testing.Short() {
		t.Skip("indexes three repositories")
	}
	dir := corpus(t)
	views := map[string]*View{}
	for _, name := range []string{"erofs-utils", "ndctl", "lttng-modules"} {
		repo, err := git.OpenAny(context.Background(), filepath.Join(dir, "repos", name+".bundle"), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		x, err := Open(context.Background(), repo, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		views[name] = view(t, x)
	}
	merged, found := 0, 0
	for i, e := range truth(t, dir) {
		all, ok := views[e.Repo]
		if !ok || i%3 != 0 { // a third of them is enough here
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, "diffmatch", e.Path))
		if err != nil {
			t.Fatal(err)
		}
		p, v := parsed(t, b), view(t, all.x, e.Rev)
		res := matchIn(t, v, p, Options{})
		right := slices.Contains(e.Targets, res.Commit)
		switch {
		case res.Verdict == Merged && !right:
			t.Errorf("%s: merged by %s (%s), want %v", e.ID, res.Commit, res.Method, e.Targets)
		case e.Kind == "positive":
			merged++
			if right {
				found++
			}
		}
		for _, o := range []Options{{}, {DiffOnly: true}} {
			if res := matchIn(t, without(v, e.Targets), p, o); len(e.Targets) > 0 && res.Verdict == Merged {
				t.Errorf("%s without its commit, %+v: merged by %s (%s)", e.ID, o, res.Commit, res.Method)
			}
		}
	}
	t.Logf("%d of %d found", found, merged)
	if found*1000 < merged*985 {
		t.Errorf("%d of %d merged patches found, want 98.5 %%", found, merged)
	}
}

// without is a view that lacks some commits.
func without(v *View, commits []string) *View {
	w := *v
	w.in = slices.Clone(v.in)
	for _, c := range commits {
		if n, ok := v.now.rowOf(rawHash(c)); ok {
			w.in[n/64] &^= 1 << (n % 64)
		}
	}
	w.size = w.in.count()
	return &w
}

func truth(t testing.TB, dir string) (list []labelled) {
	b, err := os.ReadFile(filepath.Join(dir, "diffmatch", "truth.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	in := bufio.NewScanner(bytes.NewReader(b))
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var e labelled
		if err := json.Unmarshal(in.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		list = append(list, e)
	}
	return list
}

// BenchmarkSet measures a set of some ten thousand patches: real ones, each
// several times with other words in it.
func BenchmarkSet(b *testing.B) {
	dir := corpus(b)
	paths, _ := filepath.Glob(filepath.Join(dir, "diffmatch", "patches", "*", "*.patch"))
	s := NewSet()
	var probes []*patch.Patch
	for round := 0; s.Len() < 30_000; round++ {
		for _, path := range paths {
			raw, err := os.ReadFile(path)
			if err != nil {
				b.Fatal(err)
			}
			salted := bytes.ReplaceAll(raw, []byte("e"), []byte{'e', byte('a' + round)})
			p, err := patch.Parse(salted)
			if err != nil {
				continue
			}
			s.Add(path+string(rune('a'+round)), p)
			if round == 3 {
				probes = append(probes, p)
			}
		}
	}
	b.ResetTimer()
	for i := range b.N {
		if len(s.Find(probes[i%len(probes)])) == 0 {
			b.Fatal("a patch of the set was not found")
		}
	}
}
