package pipeline

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/git/gittest"
	"github.com/upstreamd/upstreamd/internal/patch"
	"github.com/upstreamd/upstreamd/internal/rebase"
)

// text is a file of numbered lines, with others instead of some.
func text(instead map[int]string) string {
	var b strings.Builder
	for i := 1; i <= 40; i++ {
		line := fmt.Sprintf("line number %d", i)
		if s, ok := instead[i]; ok {
			line = s
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// diffOf is the patch that makes after of before, with the blobs of the index
// line if r is to have them.
func diffOf(t *testing.T, before, after string) []byte {
	r := gittest.New(t)
	r.Commit(map[string]string{"a.c": before}, "before")
	return r.Patch(r.Commit(map[string]string{"a.c": after}, "after"))
}

// TestSince: of many releases the one is found that broke a patch, and the one
// that has another, with few tests.
func TestSince(t *testing.T) {
	r := gittest.New(t)
	var tips []git.Tip
	lines := map[int]string{}
	commits := map[string]string{}
	for v := range 20 {
		switch v {
		case 7:
			lines[10] = "another line ten"
		case 12:
			lines[30] = "thirty as we want it"
		case 15:
			lines[11] = "another line eleven"
		}
		commits[fmt.Sprint(v)] = r.Commit(map[string]string{"a.c": text(lines), "b.c": fmt.Sprint(v)}, fmt.Sprintf("change %d", v))
		r.Wait(24 * time.Hour)
		tag := fmt.Sprintf("v1.%d", v)
		r.Tag(tag)
		tips = append(tips, git.Tip{Ref: "refs/tags/" + tag, Hash: r.Hash(tag), Time: time.Unix(int64(v), 0).UTC()})
	}
	repo, err := git.Open(t.Context(), r.Path)
	if err != nil {
		t.Fatal(err)
	}
	p := Project{Name: "x"}
	q := queue{project: p, releases: p.releases(append(tips, git.Tip{Ref: "refs/tags/v1.4-rc1", Hash: tips[0].Hash}))}
	steps := between(q.releases, "1.2", tips[19], "1.19")
	if len(steps) != 17 || steps[0].Ref != "refs/tags/v1.3" || steps[16].Ref != "refs/tags/v1.19" {
		t.Fatalf("the steps are %v", steps)
	}
	inputs := []rebase.Input{
		{Name: "broken", Data: diffOf(t, text(nil), text(map[int]string{10: "ten as we want it"})), Strip: 1},
		{Name: "merged", Data: diffOf(t, text(nil), text(map[int]string{30: "thirty as we want it"})), Strip: 1},
		{Name: "fine", Data: diffOf(t, text(nil), text(map[int]string{20: "twenty as we want it"})), Strip: 1},
	}
	results, err := rebase.Queue(t.Context(), repo, tips[2].Hash, tips[19].Hash, inputs)
	if err != nil {
		t.Fatal(err)
	}
	h := newHistory(repo, tips[2].Hash, steps, inputs, results)
	for i, want := range []string{
		"conflict since v1.7 at 7 by " + commits["7"],
		"merged since v1.12 at 12 by " + commits["12"],
		"applies since  at  by ",
	} {
		f := tested(change.Flag{Role: change.NewestFlag}, results[i]).Flag
		if err := q.date(t.Context(), h, i, &f); err != nil {
			t.Fatal(err)
		}
		at := ""
		if !f.SinceAt.IsZero() {
			at = fmt.Sprint(f.SinceAt.Unix())
		}
		if got := fmt.Sprintf("%s since %s at %s by %s", f.Outcome, f.Since, at, f.Commit); got != want {
			t.Errorf("%s: %s, want %s", inputs[i].Name, got, want)
		}
	}
	if used := sinceTests - h.left; used > 6 {
		t.Errorf("%d tests of 17 releases", used)
	}

	h = newHistory(repo, tips[2].Hash, steps, inputs, results)
	h.left = 2
	if _, ok, err := h.first(t.Context(), 0, likeOutcome(rebase.Conflict)); ok || err != nil {
		t.Errorf("found with too few tests: %v, %v", ok, err)
	}
}

// TestBase: on which commit a posting was made, by what it says and what its
// diffs say.
func TestBase(t *testing.T) {
	r := gittest.New(t)
	var hashes []string
	for v := range 6 {
		lines := map[int]string{1: fmt.Sprint("version ", v/2)} // 1, 3 and 5 leave a.c as it was
		hashes = append(hashes, r.Commit(map[string]string{"a.c": text(lines), "b.c": fmt.Sprint(v)}, fmt.Sprint("change ", v)))
		r.Wait(24 * time.Hour)
	}
	repo, err := git.Open(t.Context(), r.Path)
	if err != nil {
		t.Fatal(err)
	}
	tips, err := repo.Tips(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tip := tips[0]
	when := func(v int) time.Time { return tip.Time.AddDate(0, 0, v-5) }
	blob := func(v int) string { return strings.TrimSpace(r.Git("rev-parse", hashes[v]+":a.c")) }
	file := func(old, blob string) []*patch.Patch {
		return []*patch.Patch{nil, {Files: []*patch.File{{Old: old, New: "a.c", OldBlob: blob}}}, {Files: []*patch.File{{Old: "a.c", New: "a.c", OldBlob: "0123456789"}}}}
	}
	for _, tt := range []struct {
		name    string
		base    string
		sent    time.Time
		patches []*patch.Patch
		paths   []string
		want    int // commit; -1: none
	}{
		{"it says so", hashes[1][:16], when(5), file("a.c", blob(4)), []string{"a.c"}, 1},
		{"what it says is not there", strings.Repeat("ab", 20), when(5), file("a.c", blob(2)[:9]), []string{"a.c"}, 2},
		{"what it says is no commit", "--all", when(5), file("a.c", blob(2)), []string{"a.c"}, 2},
		{"by its blobs, which were there long before", "", when(5), file("a.c", blob(0)[:7]), []string{"a.c"}, 0},
		{"its blobs are newer than the mail", "", when(3), file("a.c", blob(4)), []string{"a.c"}, 2},
		{"blobs of nobody", "", when(5), file("a.c", "fedcba9"), []string{"a.c"}, 4},
		{"a blob too short to tell", "", when(3), file("a.c", blob(0)[:4]), []string{"a.c"}, 2},
		{"a new file", "", when(3), file("", ""), []string{"new.c", "../x", "a\nb"}, 3},
		{"before there was anything", "", when(-9), file("a.c", blob(0)), []string{"a.c"}, -1},
		{"paths that no tree has", "", when(5), nil, []string{"/etc/passwd"}, -1},
	} {
		p := proposal{patches: []Posted{{Sent: tt.sent}}, base: tt.base, paths: tt.paths}
		got, err := p.baseOn(t.Context(), repo, tip, tt.patches)
		want := ""
		if tt.want >= 0 {
			want = hashes[tt.want]
		}
		if err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", tt.name, got, err, want)
		}
	}
}

// TestGoals: which branch is meant by what a posting is meant for.
func TestGoals(t *testing.T) {
	heads := func(names ...string) (tips []git.Tip) {
		for i, n := range names {
			tips = append(tips, git.Tip{Ref: "refs/heads/" + n, Hash: n, Time: time.Unix(int64(i), 0)})
		}
		return append(tips, git.Tip{Ref: "refs/tags/main", Hash: "tag"})
	}
	set := Settings{
		Layers: []Layer{{Name: "meta", Location: "l", Branch: "scarthgap"}, {Name: "meta-next", Location: "l", Branch: "next"}},
		Projects: []Project{
			{Name: "usual", Location: "u", Staging: []string{"aa*"}}, {Name: "odd", Location: "o", Staging: []string{"wip"}}, {Name: "linux", Location: "k"},
		},
	}
	tips := map[string][]git.Tip{
		"layer meta": heads("scarthgap"), "project usual": heads("zz", "master", "aa1"), "project odd": heads("dev-1", "dev-2", "wip"),
		"project linux": heads("master", "linux-6.1.y"),
	}
	for _, tt := range []struct {
		target Target
		want   string
	}{
		{Target{Kind: "layer", Name: "meta", Branch: "scarthgap"}, "l scarthgap"},
		{Target{Kind: "layer", Name: "meta-next"}, ""}, // never fetched
		{Target{Kind: "project", Name: "usual"}, "u master"},
		{Target{Kind: "project", Name: "odd"}, "o dev-2"},
		{Target{Kind: "project", Name: "linux", Branch: "6.1 6.6"}, "k linux-6.1.y"},
		{Target{Kind: "project", Name: "linux", Branch: "5.4"}, ""},
		{Target{Kind: "project", Name: "gone"}, ""},
	} {
		var got []string
		for _, g := range set.goals([]Target{tt.target, tt.target}, tips) {
			got = append(got, g.location+" "+shown(g.tip.Ref))
		}
		if s := strings.Join(got, ", "); s != tt.want {
			t.Errorf("%+v: %q, want %q", tt.target, s, tt.want)
		}
	}
}

// TestHunksOf: a patch of very many hunks is stored by those that do not apply.
func TestHunksOf(t *testing.T) {
	many := make([]rebase.HunkResult, 3*hunksKept)
	for i := range many {
		many[i] = rebase.HunkResult{File: "a.c", Hunk: i + 1, Outcome: rebase.Applies}
	}
	if s := hunksOf(many); s != "" {
		t.Errorf("kept %d bytes of hunks that apply", len(s))
	}
	many[250].Outcome = rebase.Conflict
	if s := hunksOf(many); strings.Count(s, "a.c") != 1 || !strings.Contains(s, "251") {
		t.Errorf("kept %s", s)
	}
	for i := range many {
		many[i].Outcome = rebase.Gone
	}
	if s := hunksOf(many); s != "" {
		t.Errorf("kept %d bytes of too many hunks", len(s))
	}
	if s := hunksOf(many[:2]); strings.Count(s, "a.c") != 2 {
		t.Errorf("kept %s", s)
	}
}
