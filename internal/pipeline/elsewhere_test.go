package pipeline

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/mailing"
	"github.com/upstreamd/upstreamd/internal/series"
)

var sentOn = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// sentTo is a series on a list with who said what so many days later.
func sentTo(list string, at time.Time, signs ...series.Sign) *review {
	for i := range signs {
		signs[i].At = at.Add(time.Duration(i+1) * 24 * time.Hour)
	}
	b, err := json.Marshal(series.Review{Signs: signs})
	if err != nil {
		panic(err)
	}
	return &review{Submission: &Submission{Sent: []Sent{{List: list, At: at, Author: mailing.Person{Email: "ann@x"}, Review: string(b)}}}}
}

// TestUsually: answers by robots and by the sender count as none, and what is
// older than two years as never sent.
func TestUsually(t *testing.T) {
	said := func(kind series.SignKind, by string) series.Sign { return series.Sign{Kind: kind, Address: by} }
	reviews := map[string]*review{}
	for i, r := range []*review{
		sentTo("a", sentOn),
		sentTo("a", sentOn, said(series.Said, "bob@x")),
		sentTo("a", sentOn, said(series.Checked, "robot@x"), said(series.Pinged, "ann@x"), said(series.Said, "Ann@x"), said(series.Agreed, "bob@x")),
		sentTo("a", sentOn, said(series.Checked, "robot@x"), said(series.Asked, "bob@x")),
		sentTo("a", sentOn.AddDate(-2, 0, -1), said(series.Said, "bob@x")),
		sentTo("b", sentOn.AddDate(-3, 0, 0), said(series.Checked, "robot@x")),
	} {
		reviews[fmt.Sprint(i)] = r
	}
	o := newOutlets(Settings{}, nil, reviews)
	for list, want := range map[string]change.Usual{
		"a": {Series: 4, Answered: 3, Median: 48 * time.Hour},
		"b": {Series: 1},
		"c": {},
	} {
		if diff := cmp.Diff(want, o.usually(list)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", list, diff)
		}
	}
}

// TestOutlets: core and oe are watched upstream layers, ours is not upstream.
func TestOutlets(t *testing.T) {
	set := Settings{
		Layers:   []Layer{{Name: "ours", Local: true}, {Name: "core", Location: "/core"}, {Name: "oe", Location: "/oe"}, {Name: "listless"}},
		Projects: []Project{{Name: "core", Location: "/core"}},
		Lists:    []List{{Name: "core-list", Projects: []string{"core"}}, {Name: "oe-list", Layers: []string{"oe"}}, {Name: "zlib-list"}},
	}
	set.Rules.Lists = map[string]change.ListRules{"zlib-list": {Fallback: "oe-list"}, "core-list": {Fallback: "zlib-list"}}
	o := newOutlets(set, []RecipeVersion{{"ours", "zlib", "1"}, {"core", "zlib", "1"}, {"oe", "zlib", "2"}, {"oe", "xz", "1"}, {"listless", "six", "1"}}, nil)
	core := change.Outlet{List: "core-list", Layer: "core", Recipe: "zlib"}
	oe := change.Outlet{List: "oe-list", Layer: "oe", Recipe: "zlib"}
	for _, tt := range []struct {
		name, list string
		recipes    []string
		want       []change.Outlet
	}{
		{"layers with the recipe; the fallback is one of them", "zlib-list", []string{"zlib-native"}, []change.Outlet{core, oe}},
		{"not to the list where it is", "core-list", []string{"zlib"}, []change.Outlet{oe, {List: "zlib-list"}}},
		{"no recipe that is known: the fallback", "zlib-list", []string{"bash"}, []change.Outlet{{List: "oe-list"}}},
		{"a layer without a list", "oe-list", []string{"six"}, nil},
	} {
		if diff := cmp.Diff(tt.want, o.of(tt.list, tt.recipes)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestRecipeOf(t *testing.T) {
	for path, want := range map[string]string{
		"meta/recipes-core/zlib/zlib_1.3.bb": "zlib", "zlib_%.bbappend": "zlib", "six.bb": "six", "python3-six_git.bb": "python3-six",
		"a/b.patch": "", "": "", "x/.bb": "",
	} {
		if got := recipeOf(path); got != want {
			t.Errorf("recipeOf(%q) = %q, want %q", path, got, want)
		}
	}
}
