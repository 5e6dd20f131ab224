//go:build bench

package rebase_test

import (
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/git/gittest"
	"github.com/upstreamd/upstreamd/internal/rebase"
)

// madeLine is a line of a made-up file.
func madeLine(file, line int) string { return fmt.Sprintf("\tcall_%d(%d);\n", file, line) }

// fates are what upstream does to the file of patch i, by i modulo four.
var fates = []struct {
	outcome string
	change  func(i int, text string) string
}{
	{rebase.Applies, func(_ int, text string) string { return text + "/* end */\n" }},
	{rebase.Offset, func(_ int, text string) string { return strings.Repeat("/* head */\n", 7) + text }},
	{rebase.Conflict, func(i int, text string) string {
		return strings.Replace(text, madeLine(i, 150), "\tother_call();\n", 1)
	}},
	{rebase.Merged, func(i int, text string) string {
		return strings.Replace(text, madeLine(i, 150), "\tour_call();\n", 1)
	}},
}

func madeName(i int) string { return fmt.Sprintf("src/%d/file%d.c", i%20, i) }

// patchFor replaces line 150 of file i.
func patchFor(i int) rebase.Input {
	var b strings.Builder
	fmt.Fprintf(&b, "Subject: patch %d\n\n--- a/%s\n+++ b/%s\n@@ -148,7 +148,7 @@\n", i, madeName(i), madeName(i))
	for line := 147; line <= 153; line++ {
		if line == 150 {
			fmt.Fprintf(&b, "-%s+\tour_call();\n", madeLine(i, line))
			continue
		}
		b.WriteString(" " + madeLine(i, line))
	}
	return rebase.Input{Name: fmt.Sprintf("%04d.patch", i), Data: []byte(b.String()), Strip: 1}
}

// TestSixty times a recipe with 60 patches, a quarter of which conflict, on a
// tree of 2,000 files with 300 commits between the versions.
func TestSixty(t *testing.T) {
	const patches, files, commits = 60, 2000, 300
	src := gittest.New(t)
	all := map[string]string{}
	for i := range files {
		var b strings.Builder
		for line := range 300 {
			b.WriteString(madeLine(i, line))
		}
		all[madeName(i)] = b.String()
	}
	src.Commit(all, "begin")
	src.Tag("v1")
	now := maps.Clone(all)
	for k := range commits {
		i := k % patches
		if k < patches {
			now[madeName(i)] = fates[i%4].change(i, now[madeName(i)])
		} else {
			now[madeName(i)] += fmt.Sprintf("/* %d */\n", k)
		}
		src.Commit(map[string]string{madeName(i): now[madeName(i)]}, fmt.Sprintf("change %d", k))
	}
	src.Tag("v2")
	repo, err := git.Open(t.Context(), src.Path)
	if err != nil {
		t.Fatal(err)
	}
	var queue []rebase.Input
	for i := range patches {
		queue = append(queue, patchFor(i))
	}
	before := hashOf(t, filepath.Join(src.Path, ".git"))
	begin, cpu := time.Now(), cpuTime()
	results, err := rebase.Queue(t.Context(), repo, "v1", "v2", queue)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("speed: a queue of %d patches in %.2f s, %.2f s of CPU time", patches, time.Since(begin).Seconds(), cpuTime()-cpu)
	if hashOf(t, filepath.Join(src.Path, ".git")) != before {
		t.Error("the repository was written to")
	}
	for i, r := range results {
		if want := fates[i%4].outcome; r.Outcome != want {
			t.Errorf("%s: %s, want %s", r.Name, r.Outcome, want)
		}
	}
}
