package change

import (
	"strings"
	"testing"
	"time"

	"github.com/upstreamd/upstreamd/internal/patch"
)

// TestCheckClaim is the table "Claims" of docs/status.md by example.
func TestCheckClaim(t *testing.T) {
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	hash := strings.Repeat("0123456789", 4)
	merged := &Match{Project: "zlib", Commit: hash, Verdict: Merged}
	sent := SentFact{Key: "posted:a@b", MessageID: "a@b", List: "zlib-devel", At: now.AddDate(0, -1, 0), State: "in review", Ours: true}
	named := func(f SentFact) SentFact { f.Named = true; return f }
	rejected := named(sent)
	rejected.State, rejected.StateWhy = "rejected", "Ann said no"
	archived := sent
	archived.Archive = "https://lists.example.org/g/zlib/message/7"
	in := []NamedCommit{{Project: "zlib", Commit: hash, In: "v1.3", Tags: []string{"v1.3"}, Shipped: []string{"core"}}}
	later := []NamedCommit{{Project: "zlib", Commit: hash, Tags: []string{"v1.4"}, Shipped: []string{"core"}}}
	absent := []NamedCommit{{Project: "zlib"}}
	zlib := []string{"zlib"}
	for _, tt := range []struct {
		name   string
		line   string // the file's Upstream-Status
		facts  ClaimFacts
		truth  Truth
		reason string // a part of it
		fix    string
	}{
		{"nothing", "", ClaimFacts{}, ClaimBad, "there is no Upstream-Status", ""},
		{"a plan only", "", ClaimFacts{Plan: "None."}, ClaimBad, `its header says "None."`, ""},
		{"nothing, but posted", "", ClaimFacts{Sent: []SentFact{sent}}, ClaimBad, "there is no", "Submitted [a@b]"},
		{"small letters", "Upstream-Status: inappropriate[oe specific]", ClaimFacts{}, ClaimBad, "is malformed; read as Inappropriate", "Inappropriate [oe specific]"},
		{"no longer valid", "Upstream-Status: Accepted [" + hash + "]", ClaimFacts{}, ClaimBad, "is no valid", "Backport [" + hash + "]"},
		{"merged and shipped", "Upstream-Status: Pending", ClaimFacts{Match: merged, Pinned: true}, ClaimDrop, "is in the version that the layer has", FixDrop},
		{"merged, still applies", "Upstream-Status: Pending", ClaimFacts{Match: merged, Pinned: true, Applies: "v1.3"}, ClaimFalse, "says Pending, but it is merged", "Backport [" + hash + "]"},
		{"Pending, but merged", "Upstream-Status: Pending", ClaimFacts{Match: merged}, ClaimFalse, "says Pending, but it is merged", "Backport [" + hash + "]"},
		{"Inappropriate, but merged", "Upstream-Status: Inappropriate [oe specific]", ClaimFacts{Match: merged}, ClaimFalse, "says Inappropriate", "Backport [" + hash + "]"},
		{"Backport that is one", "Upstream-Status: Backport [" + hash + "]", ClaimFacts{Match: merged}, ClaimTrue, "it is commit 0123456789", ""},
		{"Backport in the version", "Upstream-Status: Backport [" + hash + "]", ClaimFacts{Watched: zlib, Named: in}, ClaimDrop, "is in v1.3, which the layer has", FixDrop},
		{"Backport in the version, but not all", "Upstream-Status: Backport [" + hash + "]", ClaimFacts{Watched: zlib, Named: in, Applies: "v1.3"}, ClaimUnproven, "still applies", ""},
		{"Backport of a later one", "Upstream-Status: Backport [" + hash + "]", ClaimFacts{Watched: zlib, Named: later}, ClaimTrue, "first in v1.4; core has a version with it", ""},
		{"Backport of nothing", "Upstream-Status: Backport [" + hash + "]", ClaimFacts{Watched: zlib, Named: absent}, ClaimFalse, "zlib has no commit 0123456789", ""},
		{"Backport from elsewhere", "Upstream-Status: Backport [https://example.org/gnulib/commit/" + hash + "]", ClaimFacts{Watched: zlib, Named: absent}, ClaimUnproven, "not watched", ""},
		{"Backport, nothing watched", "Upstream-Status: Backport [" + hash + "]", ClaimFacts{}, ClaimUnproven, "no project of this recipe is watched", ""},
		{"Backport of what", "Upstream-Status: Backport", ClaimFacts{Watched: zlib}, ClaimBad, "without the commit", ""},
		{"Submitted, seen", "Upstream-Status: Submitted [https://lore.kernel.org/l/a@b/]", ClaimFacts{Sent: []SentFact{named(sent)}}, ClaimTrue, "posted to zlib-devel on 2026-02-01, in review", ""},
		{"Submitted, rejected", "Upstream-Status: Submitted [https://lore.kernel.org/l/a@b/]", ClaimFacts{Sent: []SentFact{rejected}}, ClaimFalse, "it was rejected: Ann said no", "Denied [a@b]"},
		{"Submitted where, found in an archive", "Upstream-Status: Submitted", ClaimFacts{Sent: []SentFact{archived}}, ClaimBad, "it was posted", "Submitted [https://lists.example.org/g/zlib/message/7]"},
		{"Submitted, not seen", "Upstream-Status: Submitted [https://lore.kernel.org/l/x@y/]", ClaimFacts{}, ClaimUnproven, "no such mail was seen", ""},
		{"Submitted as a pull request", "Upstream-Status: Submitted [https://github.com/a/b/pull/3]", ClaimFacts{}, ClaimUnproven, "state unknown: pull requests are not read", ""},
		{"Submitted where", "Upstream-Status: Submitted", ClaimFacts{}, ClaimBad, "without a message-id", ""},
		{"Submitted where, found", "Upstream-Status: Submitted", ClaimFacts{Sent: []SentFact{sent}}, ClaimBad, "it was posted to zlib-devel", "Submitted [a@b]"},
		{"Pending, but posted", "Upstream-Status: Pending", ClaimFacts{Sent: []SentFact{sent}}, ClaimFalse, "says Pending, but was posted", "Submitted [a@b]"},
		{"Pending for long", "Upstream-Status: Pending", ClaimFacts{Added: now.AddDate(-2, 0, 0)}, ClaimStale, "Pending since 2024-03-01", ""},
		{"Pending", "Upstream-Status: Pending", ClaimFacts{Added: now.AddDate(0, -1, 0)}, ClaimTrue, "not seen", ""},
		{"Inappropriate why", "Upstream-Status: Inappropriate", ClaimFacts{}, ClaimBad, "without a reason", ""},
		{"Inappropriate", "Upstream-Status: Inappropriate [oe specific]", ClaimFacts{}, ClaimTrue, "nothing speaks against it", ""},
		{"Inappropriate, but posted", "Upstream-Status: Inappropriate [oe specific]", ClaimFacts{Sent: []SentFact{sent}}, ClaimFalse, "but was posted", "Submitted [a@b]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.facts.Status = patch.FindUpstreamStatus([]byte(tt.line + "\n"))
			got := CheckClaim(tt.facts, Settings{}, now)
			if got.Truth != tt.truth || !strings.Contains(got.Reason, tt.reason) || got.Fix != tt.fix {
				t.Errorf("%s, fix %q: %s\nwant %s, fix %q: ... %s ...", got.Truth, got.Fix, got.Reason, tt.truth, tt.fix, tt.reason)
			}
			if tt.name == "Pending" && !got.ValidUntil.Equal(tt.facts.Added.AddDate(1, 0, 0)) {
				t.Errorf("holds until %v", got.ValidUntil)
			}
		})
	}
}
