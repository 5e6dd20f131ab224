package change

import (
	"testing"
	"testing/quick"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCostOf(t *testing.T) {
	for _, tt := range []struct {
		name string
		b    Burden
		want Cost
	}{
		{"nothing is known", Burden{}, Cost{}},
		{"a young patch of one line", Burden{Age: 20 * 24 * time.Hour, Lines: 1},
			Cost{2, []Reason{{"1 changed line", 2}}}},
		{"an old one that nobody touched", Burden{Age: 4 * year, Lines: 30},
			Cost{22, []Reason{{"carried for 4 years", 15}, {"30 changed lines", 7}}}},
		{"one that was made anew again and again", Burden{Age: 2 * year, Lines: 30, Refreshes: 6},
			Cost{40, []Reason{{"made anew 6 times", 23}, {"carried for 2 years", 10}, {"30 changed lines", 7}}}},
		{"one that breaks now", Burden{Age: 13 * year / 12, Lines: 30, Refreshes: 1, Conflicts: []string{"v1.9"}, CVE: []string{"CVE-2026-1234"}},
			Cost{46, []Reason{{"does not apply to v1.9", 17}, {"mends CVE-2026-1234", 10}, {"30 changed lines", 7}, {"made anew once", 6}, {"carried for 13 months", 6}}}},
		{"the worst that there is", Burden{Age: 30 * year, Lines: 50_000, Refreshes: 60, Conflicts: []string{"v1", "v2", "v3"}, CVE: []string{"a", "b"}},
			Cost{100, []Reason{{"made anew 60 times", 30}, {"does not apply to v1, v2, v3", 25}, {"carried for 30 years", 20}, {"50000 changed lines", 15}, {"mends a, b", 10}}}},
	} {
		if diff := cmp.Diff(tt.want, CostOf(tt.b)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// TestCostGrows: more of anything never makes a patch cheaper, and the score
// is the sum of its reasons, from 0 to 100.
func TestCostGrows(t *testing.T) {
	burden := func(days, lines, refreshes, conflicts, cve uint8) Burden {
		return Burden{
			Age: time.Duration(days) * 30 * 24 * time.Hour, Lines: int(lines) * 7, Refreshes: int(refreshes),
			Conflicts: make([]string, conflicts%8), CVE: make([]string, cve%4),
		}
	}
	grows := func(days, lines, refreshes, conflicts, cve, what uint8) bool {
		b := burden(days, lines, refreshes, conflicts, cve)
		c, sum := CostOf(b), 0
		for _, r := range c.Reasons {
			sum += r.Points
		}
		more := b
		switch what % 5 {
		case 0:
			more.Age += 200 * 24 * time.Hour
		case 1:
			more.Lines++
		case 2:
			more.Refreshes++
		case 3:
			more.Conflicts = append([]string{"x"}, b.Conflicts...)
		case 4:
			more.CVE = append([]string{"x"}, b.CVE...)
		}
		return sum == c.Score && c.Score >= 0 && c.Score <= 100 && CostOf(more).Score >= c.Score
	}
	if err := quick.Check(grows, &quick.Config{MaxCount: 2000}); err != nil {
		t.Error(err)
	}
}

func TestToUpstream(t *testing.T) {
	for _, tt := range []struct {
		status Status
		claim  string
		want   bool
	}{
		{Local, "Pending", true}, {Local, "missing", true}, {Ignored, "Submitted", true}, {"", "", true}, {WasAbandoned, "Submitted", true},
		{Droppable, "Pending", false}, {InUpstream, "missing", false}, {StaysLocal, "Pending", false}, {Local, "Inappropriate", false},
		{Local, "Backport", false}, {NotCarried, "", false},
	} {
		if why := ToUpstream(tt.status, tt.claim); (why == "") != tt.want {
			t.Errorf("%s, %s: %q", tt.status, tt.claim, why)
		}
	}
}
