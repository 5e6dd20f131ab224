package layer

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/git/gittest"
)

// TestTrend: a layer grows, forks what another has at the time, and shrinks;
// a branch counts from its merge on.
func TestTrend(t *testing.T) {
	up, r := gittest.New(t), gittest.New(t)
	up.Commit(map[string]string{"r/foo_1.bb": "", "r/old_1.bb": ""}, "one") // same minute as ours
	up.Commit(nil, "later")
	up.Commit(map[string]string{"r/bar_1.bb": "", "r/old_1.bb": gittest.Gone}, "two")
	r.Commit(map[string]string{"README": "", "conf/x.bb/none": ""}, "begin")
	r.Commit(map[string]string{"r/foo_1.bb": "", "r/old_1.bb": "", "r/a.patch": fix("Upstream-Status: Pending", "1", "go")}, "recipes")
	r.Branch("side")
	r.Commit(map[string]string{"r/bar_git.bb": "", "r/b.patch": fix("Upstream-Status: pending", "1", "go"), "r/c.bbappend": ""}, "more")
	r.Commit(map[string]string{"r/b.patch": fix("Upstream-Status: pending", "1", "went") + "@@ -90 +99 @@\n-u\n+v\n"}, "and more")
	r.Checkout("main")
	r.Merge("side", "merge")
	r.Commit(map[string]string{"r/foo_1.bb": gittest.Gone, "r/foo_2.bb": "", "r/a.patch": gittest.Gone, "r/b.patch": fix("", "1", "x")}, "upgrade")
	r.Commit(nil, "empty")
	source := func(r *gittest.Repo) Source { return chronicleOf(t, r, "main").src }
	run := func(points int) (lines []string) {
		t.Helper()
		all, err := Trend(t.Context(), source(r), []Source{source(up)}, TrendOptions{Points: points})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range all {
			subject := strings.TrimSpace(r.Git("log", "-1", "--format=%s", s.Commit))
			lines = append(lines, fmt.Sprint(subject, ": ", s.Recipes, " ", s.Appends, " ", s.Patches, " ", s.Lines, " ", s.Forks, " ", s.Claims))
		}
		return lines
	}
	want := []string{
		"begin: 0 0 0 0 0 map[]", "recipes: 2 0 1 10 2 map[Pending:1]", "merge: 3 1 2 22 2 map[Pending:1 malformed:1]",
		"upgrade: 3 1 1 10 2 map[missing:1]", "empty: 3 1 1 10 2 map[missing:1]",
	}
	if diff := cmp.Diff(want, run(60)); diff != "" {
		t.Errorf("trend (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{want[0], want[1], want[4]}, run(3)); diff != "" {
		t.Errorf("three points (-want +got):\n%s", diff)
	}
}

// TestTrendCorpus reads the history of a real layer with three thousand
// commits: its last sample is what its tree holds.
func TestTrendCorpus(t *testing.T) {
	if testing.Short() {
		t.Skip("reads a real layer")
	}
	dir := corpus(t)
	src := open(t, dir, []string{"xenclient-oe@master"}, true)[0]
	archive, err := OpenArchive(t.Context(), src.Repo, filepath.Join(t.TempDir(), "a"), []string{src.Rev}, nil)
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	all, err := Trend(t.Context(), src, nil, TrendOptions{Archive: func(context.Context, Source) (*Archive, error) { return archive, nil }})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d samples in %v", len(all), time.Since(begin))
	entries, err := src.Repo.Tree(t.Context(), src.Rev)
	if err != nil {
		t.Fatal(err)
	}
	recipes, patches := 0, 0
	for _, e := range entries {
		switch {
		case filepath.Ext(e.Path) == ".bb":
			recipes++
		case patchName(e.Path):
			patches++
		}
	}
	last := all[len(all)-1]
	if len(all) < 40 || len(all) > 60 || last.Recipes != recipes || last.Patches != patches {
		t.Errorf("%d samples, the last %+v; want %d recipes and %d patch files", len(all), last, recipes, patches)
	}
	claims := 0
	for _, n := range last.Claims {
		claims += n
	}
	if claims != patches {
		t.Errorf("first %+v, last %+v", all[0], last)
	}
}
