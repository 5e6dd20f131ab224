package view

import (
	"testing"
	"time"
)

// TestTrend draws three points: areas lie on each other, the line of patches
// is their sum, and zones of the pointer fill the width.
func TestTrend(t *testing.T) {
	at := func(days int) When { return When{At: time.Unix(0, 0).AddDate(0, 0, days)} }
	v := Trend{Words: []string{"missing", "Pending"}, Points: []TrendPoint{
		{At: at(0), Patches: 2, Claims: []int{1, 1}}, {At: at(75), Patches: 7, Forks: 1, Claims: []int{3, 4}}, {At: at(100), Patches: 4, Claims: []int{0, 4}},
	}}
	for what, got := range map[string][2]string{
		"below": {v.area(0), "M0.0 175.0 L750.0 125.0 L1000.0 200.0 L1000.0 200.0 L750.0 200.0 L0.0 200.0 Z"},
		"above": {v.area(1), "M0.0 150.0 L750.0 25.0 L1000.0 100.0 L1000.0 200.0 L750.0 125.0 L0.0 175.0 Z"},
		"line":  {v.patches(), "M0.0 150.0 L750.0 25.0 L1000.0 100.0"},
		"forks": {v.forks(), "M0.0 200.0 L750.0 175.0 L1000.0 200.0"},
		"spark": {spark([]int{0, 4}), "2.0,22.0 94.0,2.0"},
	} {
		if got[0] != got[1] {
			t.Errorf("%s = %s, want %s", what, got[0], got[1])
		}
	}
	want := [][2]string{{"0.000%", "37.500%"}, {"37.500%", "50.000%"}, {"87.500%", "12.500%"}}
	for i, w := range want {
		if x, width := v.zone(i); [2]string{x, width} != w {
			t.Errorf("zone %d = %s, %s, want %v", i, x, width, w)
		}
	}
	for most, top := range map[int]int{0: 4, 4: 4, 5: 8, 9: 12, 41: 80, 95: 100, 327: 400, 880: 1000, 14_000: 16_000} {
		if got := (Trend{Points: []TrendPoint{{Patches: most}}}).top(); got != top {
			t.Errorf("top of %d = %d, want %d", most, got, top)
		}
	}
	if x, width := (Trend{Points: v.Points[:1]}).zone(0); x != "0.000%" || width != "100.000%" {
		t.Errorf("the zone of one point = %s, %s", x, width)
	}
}
