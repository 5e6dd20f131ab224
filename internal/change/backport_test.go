package change_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/change"
)

// TestLandings has one fix in a project that two branches and two recipes pin.
func TestLandings(t *testing.T) {
	pins := []change.Pin{
		{Project: "core", Place: "harbor@main", Ref: "v1.7", Tag: true, Version: "1.7"},
		{Project: "core", Place: "harbor@old", Ref: "v1.6", Tag: true, Version: "1.6"},
		{Project: "core", Place: "odd@main", Tag: true, Version: "git"},
		{Project: "core", Place: "core@scarthgap", Ref: "scarthgap"},
		{Project: "core", Place: "core@master", Ref: "master"},
		{Project: "other", Place: "other@main", Ref: "main"},
	}
	match := func(set func(*change.Match)) []change.Match {
		m := change.Match{Sighting: "s", Project: "core", Verdict: change.Merged, Commit: "c1", Branches: []string{"master"}, Tags: []string{"v1.7", "v1.8"}}
		set(&m)
		return []change.Match{m}
	}
	as := func(kind change.DecisionKind) []change.Decision {
		return []change.Decision{{Kind: kind, Subject: "s", Object: change.CommitKey("core", "c1")}}
	}
	carried := []change.Sighting{{Kind: change.Carried, Source: "harbor", Branch: "old"}, {Kind: change.Dropped, Source: "core", Branch: "scarthgap"}}
	for _, tt := range []struct {
		name      string
		matches   []change.Match
		decisions []change.Decision
		seen      []change.Sighting
		want      []string // "place lacks", "place has", "place carries", "place ?"
	}{
		{"landed", match(func(*change.Match) {}), nil, nil, []string{"core@master has", "core@scarthgap lacks", "harbor@main has", "harbor@old lacks", "odd@main ?"}},
		{"carried makes up", match(func(*change.Match) {}), nil, carried, []string{"core@master has", "core@scarthgap lacks", "harbor@main has", "harbor@old carries", "odd@main ?"}},
		{"queued", match(func(m *change.Match) { m.Queued = true }), nil, nil, nil},
		{"reverted", match(func(m *change.Match) { m.RevertedBy = "c2" }), nil, nil, nil},
		{"probable", match(func(m *change.Match) { m.Verdict = change.Probable }), nil, nil, nil},
		{"confirmed", match(func(m *change.Match) { m.Verdict, m.Tags = change.Probable, nil }), as(change.Confirm), nil, []string{"core@master has", "core@scarthgap lacks", "harbor@main lacks", "harbor@old lacks", "odd@main ?"}},
		{"rejected", match(func(*change.Match) {}), as(change.Reject), nil, nil},
		{"not found", match(func(m *change.Match) { m.Verdict, m.Commit = change.None, "" }), nil, nil, nil},
	} {
		var got []string
		gaps := 0
		for _, l := range change.Landings(tt.matches, tt.decisions, tt.seen, pins) {
			gaps += len(l.Gaps())
			for _, p := range l.Pins {
				word := "?"
				switch {
				case p.Has:
					word = "has"
				case p.Lacks():
					word, gaps = "lacks", gaps-1
				case p.Carried:
					word = "carries"
				}
				got = append(got, p.Place+" "+word)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || gaps != 0 {
			t.Errorf("%s: %d gaps too many (-want +got):\n%s", tt.name, gaps, diff)
		}
	}
}
