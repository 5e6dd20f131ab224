package pipeline

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/layer"
)

func onDay(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }

// tagsOn are tags by the day of their commits.
func tagsOn(days map[int]string) (tips []git.Tip) {
	for day, tags := range days {
		for tag := range strings.FieldsSeq(tags) {
			tips = append(tips, git.Tip{Ref: "refs/tags/" + tag, Hash: "of-" + tag, Time: onDay(day)})
		}
	}
	return append(tips, git.Tip{Ref: "refs/heads/v9.9", Time: onDay(30)})
}

// TestTagMoves: the newest release at each time, whatever old branches get and
// however tags are written.
func TestTagMoves(t *testing.T) {
	for _, tt := range []struct {
		name    string
		pattern string // UPSTREAM_CHECK_GITTAGREGEX of a recipe
		days    map[int]string
		want    string
	}{
		{"usual", "", map[int]string{1: "v1.0", 2: "v1.1-rc1", 3: "v1.1", 4: "v1.0.1", 5: "v1.10 v1.9", 6: "nightly"}, " v1.0; v1.0 v1.1; v1.1 v1.9; v1.9 v1.10"},
		{"by the recipe", `buoy-R(?P<pver>(\d+_?)+)`, map[int]string{1: "buoy-R1_2", 2: "v7.0", 3: "buoy-R1_10", 4: "buoy-R2_0-rc1"}, " buoy-R1_2; buoy-R1_2 buoy-R1_10"},
		{"by the recipe, not readable", `v(?!9)(?P<pver>\d+)`, map[int]string{1: "v1.0", 2: "v9.0"}, " v1.0; v1.0 v9.0"},
		{"none", "", nil, ""},
	} {
		set := Settings{Projects: []Project{{Name: "buoy"}}}.resolve([]RecipeRemote{{PN: "buoy", TagPattern: tt.pattern}})
		var got []string
		for _, m := range set.Projects[0].tagMoves(tagsOn(tt.days)) {
			got = append(got, m.From+" "+m.To)
			if m.Kind != TagMove || m.PN != "buoy" || m.ToRev != "of-"+m.To {
				t.Errorf("%s: %+v", tt.name, m)
			}
		}
		if s := strings.Join(got, "; "); s != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, s, tt.want)
		}
	}
}

// TestTagOfPattern: a recipe's expression goes both ways.
func TestTagOfPattern(t *testing.T) {
	p := Project{Name: "buoy", Tags: []string{regexpTags + `buoy-R(?P<pver>(\d+_?)+)`}}
	if got := p.TagOf("1.2", []string{"v1.2", "buoy-R1_20", "buoy-R1_2"}); got != "buoy-R1_2" {
		t.Errorf("TagOf = %q", got)
	}
	if got := p.VersionOf("v1.2"); got != "" {
		t.Errorf("VersionOf another tag = %q", got)
	}
}

func TestRetags(t *testing.T) {
	p := Project{Name: "buoy"}
	refs := []git.RefMove{
		{Ref: "refs/tags/v1.0", Old: "a", New: "b", Kind: "forced"}, {Ref: "refs/tags/v1.1", New: "c", Kind: "new"},
		{Ref: "refs/tags/v0.9", Old: "d", Kind: "deleted"}, {Ref: "refs/heads/v1.0", Old: "e", New: "f"}, {Ref: "refs/tags/daily", Old: "g", New: "h"},
	}
	got := p.retags(refs, []time.Time{onDay(5), onDay(4), onDay(3), onDay(2), onDay(1)})
	want := []Move{{Move: layer.Move{Source: "buoy", PN: "buoy", Kind: RetagMove, From: "v1.0", To: "v1.0", FromRev: "a", ToRev: "b", Commit: "b", At: onDay(5)}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("retags (-want +got):\n%s", diff)
	}
}

// TestFindBehind: what is newer, where, and since when.
func TestFindBehind(t *testing.T) {
	recipe := func(layer, pn, pv string) ScannedRecipe {
		return ScannedRecipe{RecipeRemote: RecipeRemote{Layer: layer, PN: pn}, File: pn + "_" + pv + ".bb", PV: pv}
	}
	moved := func(source, pn string, steps ...string) (moves []Move) {
		for i := 1; i < len(steps); i++ {
			moves = append(moves, Move{Move: layer.Move{Source: source, PN: pn, From: steps[i-1], To: steps[i], At: onDay(i)}})
		}
		return moves
	}
	floating, appended, unknown := recipe("ours", "tide", "1.0"), recipe("ours", "rope", ""), recipe("ours", "odd", layer.Unknown)
	floating.Floating, appended.Append, appended.File = true, true, "rope_%.bbappend"
	epoch := recipe("core", "sail", "0.9")
	epoch.PE = "1"
	source := recipe("ours", "lamp", "2.0")
	source.Remote = []string{"git://u:secret@example.org/lamp;protocol=https"}
	s := Standings{
		Settings: Settings{
			Layers:   []Layer{{Name: "ours", Local: true}, {Name: "core"}, {Name: "more"}},
			Projects: []Project{{Name: "buoy"}, {Name: "rope"}},
		},
		Recipes: []ScannedRecipe{
			recipe("ours", "buoy", "1.1"), recipe("core", "buoy", "1.0"), recipe("core", "buoy", "1.2"), recipe("more", "buoy", "1.1"),
			floating, recipe("core", "tide", "2.0"), unknown, recipe("core", "odd", "3"), appended, recipe("core", "rope", "4.0"),
			recipe("ours", "sail", "2.0"), epoch, source, recipe("ours", "lonely", "1"),
		},
		Tips:  map[string][]git.Tip{"buoy": tagsOn(map[int]string{3: "v1.1", 9: "v1.3", 10: "v1.4-rc1"}), "rope": tagsOn(map[int]string{2: "v4.0"})},
		Moves: append(moved("core", "buoy", "1.0", "1.2", "1.1", "1.2"), moved("buoy", "buoy", "v1.0", "v1.1", "v1.3")...),
	}
	var got []string
	for _, b := range FindBehind(s) {
		line := fmt.Sprintf("%s %s%s", b.PN, b.Version, b.File)
		for _, o := range b.Upstream {
			line += fmt.Sprintf(" %s=%s/%d", o.Layer, o.Version, o.Order)
			if !o.Since.IsZero() {
				line += fmt.Sprintf("/day%d", o.Since.Day())
			}
		}
		line += " " + strings.Join([]string{b.Project, b.Tag, b.Newest, b.Remote}, "|")
		if b.IsBehind() {
			line += " behind"
		}
		if !b.Since.IsZero() {
			line += fmt.Sprintf(" since day%d", b.Since.Day())
		}
		got = append(got, line)
	}
	want := []string{
		"buoy 1.1buoy_1.1.bb core=1.2/1/day3 more=1.1/0 buoy|v1.1|v1.3| behind since day2",
		"tide 1.0tide_1.0.bb core=2.0/0 |||",
		"odd odd_unknown.bb core=3/0 |||",
		"sail 2.0sail_2.0.bb core=1:0.9/1 ||| behind",
		"lamp 2.0lamp_2.0.bb |||https://u:xxxxx@example.org/lamp",
		"rope 4.0 core=4.0/0 rope|v4.0|v4.0|",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("behind (-want +got):\n%s", diff)
	}
}
