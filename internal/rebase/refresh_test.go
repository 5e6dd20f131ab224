package rebase_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/upstreamd/upstreamd/internal/patch"
	"github.com/upstreamd/upstreamd/internal/rebase"
)

var update = flag.Bool("update", false, "write what came into the cases; read the difference before you commit it")

// TestRefresh refreshes the queues of testdata/rebase/*.txtar, which are like
// those of [TestQueue]. Besides, "new/PATCH" is the refreshed patch, where it
// is not the patch as it was, and "work/PATCH/FILE" what is left to a person.
// Each case begins with a line that says why it is of interest.
func TestRefresh(t *testing.T) {
	cases, err := filepath.Glob("testdata/rebase/*.txtar")
	if err != nil || len(cases) == 0 {
		t.Fatal("no cases", err)
	}
	for _, name := range cases {
		t.Run(filepath.Base(name), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil || len(bytes.TrimSpace(archive.Comment)) == 0 {
				t.Fatal("no comment", err)
			}
			inputs, want := &txtar.Archive{Comment: archive.Comment}, &txtar.Archive{}
			for _, f := range archive.Files {
				if f.Name == "want" || strings.HasPrefix(f.Name, "new/") || strings.HasPrefix(f.Name, "work/") {
					want.Files = append(want.Files, f)
				} else {
					inputs.Files = append(inputs.Files, f)
				}
			}
			got := refresh(t, newCase(t, inputs))
			if *update {
				inputs.Files = append(inputs.Files, got.Files...)
				if err := os.WriteFile(name, txtar.Format(inputs), 0o666); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(txtar.Format(want)), string(txtar.Format(got))); diff != "" {
				t.Errorf("results (-want +got):\n%s", diff)
			}
		})
	}
}

// refresh refreshes a queue, and checks what has to be so of any: without
// three-way merges the outcomes are those of Queue, and a refreshed patch
// applies where the patches before it do.
func refresh(t *testing.T, c *queueCase) *txtar.Archive {
	t.Helper()
	to := c.commits[len(c.commits)-1]
	done, err := rebase.Refresh(t.Context(), c.repo, c.from(), to, c.patches)
	if err != nil {
		t.Fatal(err)
	}
	want := txtar.File{Name: "want"}
	a := &txtar.Archive{}
	var again []rebase.Input
	for i, r := range done {
		want.Data = append(want.Data, c.describe([]rebase.Result{r.Result})...)
		if r.Note != "" {
			want.Data = fmt.Appendf(want.Data, "  note: %s\n", r.Note)
		}
		if r.New {
			a.Files = append(a.Files, txtar.File{Name: "new/" + r.Name, Data: r.Data})
		} else if r.Data != nil {
			want.Data = append(want.Data, "  as it was\n"...)
		}
		for _, w := range r.Work {
			a.Files = append(a.Files, txtar.File{Name: fmt.Sprintf("work/%s/%s", r.Name, w.Path), Data: w.Data})
		}
		if r.Data != nil {
			again = append(again, rebase.Input{Name: r.Name, Data: r.Data, Strip: c.patches[i].Strip, Dir: c.patches[i].Dir})
			sameAround(t, c.patches[i].Data, r.Data)
		}
	}
	a.Files = append([]txtar.File{want}, a.Files...)
	results, err := rebase.Queue(t.Context(), c.repo, "", to, again)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.Outcome != rebase.Applies {
			t.Errorf("%s, refreshed: %+v", r.Name, r)
		}
	}
	return a
}

// sameAround checks that a refreshed patch says of itself what it said before.
func sameAround(t *testing.T, before, after []byte) {
	t.Helper()
	old, err1 := patch.Split(before)
	now, err2 := patch.Split(after)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	message := func(p patch.Parts) string { // all above the ---
		text, _, _ := strings.Cut(string(p.Head), "\n---\n")
		return text
	}
	if message(old) != message(now) || !bytes.Equal(old.Tail, now.Tail) {
		t.Errorf("text around the diff:\n%s%s\nwas:\n%s%s", now.Head, now.Tail, old.Head, old.Tail)
	}
}
