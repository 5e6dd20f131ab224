package pipeline

import (
	"testing"

	"github.com/upstreamd/upstreamd/internal/change"
)

// TestMerged: what was sent for a stable branch has landed when it is there.
func TestMerged(t *testing.T) {
	for _, tt := range []struct {
		sentFor  string
		branches []string // that have the commit
		want     bool
	}{
		{"", []string{"master"}, true},
		{"kirkstone", []string{"master"}, false},
		{"kirkstone", []string{"kirkstone", "master"}, true},
		{"kirkstone", []string{"master", "stable/kirkstone-nut"}, false},
		{"kirkstone scarthgap", []string{"kirkstone", "master"}, false},
		{"kirkstone scarthgap", []string{"kirkstone", "scarthgap"}, true},
		{"6.1", []string{"linux-6.1.y"}, true},
		{"6.1", []string{"linux-6.12.y"}, false},
		{"5.15 6.1", []string{"linux-5.15.y", "linux-6.1.y"}, true},
	} {
		k := &known{
			posted: map[string]Posted{"posted:a": {Key: "posted:a", Branch: tt.sentFor}},
			matches: map[string][]change.Match{"posted:a": {
				{Sighting: "posted:a", Project: "core", Verdict: change.Merged, Commit: "0123", Branches: tt.branches},
			}},
			stages: func(project, branch string) bool { return branch == "stable/kirkstone-nut" },
		}
		if m, got := k.merged("posted:a"); got != tt.want || got && m.Commit != "0123" {
			t.Errorf("sent for %q, on %q: merged %v, want %v", tt.sentFor, tt.branches, got, tt.want)
		}
	}
}
