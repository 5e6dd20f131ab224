package change

import (
	"math/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var (
	now  = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	team = Settings{
		Team:  []Person{{"Ann", []string{"ann@example.org"}}, {"Bob", []string{"bob@example.org"}}},
		Lists: map[string]ListRules{"slow": {Patience: 60 * 24 * time.Hour}},
	}
	elsewhere = []Outlet{{List: "any"}, {List: "oe-devel", Layer: "meta-oe", Recipe: "libx", Usual: Usual{Series: 100, Answered: 82, Median: 70 * time.Hour}}}
)

func ago(days int) time.Time { return now.AddDate(0, 0, -days) }

// carried is a file of version pv that Ann touched last.
func carried(pv, tag string) *CarriedFact {
	return &CarriedFact{
		Sighting: Sighting{Kind: Carried, Key: "carried:prod@main:a.patch", Path: "a.patch", At: ago(400)},
		Version:  pv, PinTag: tag, Toucher: "ann@example.org",
	}
}

func posted(by string, days int, state string) PostedFact {
	return PostedFact{
		Sighting: Sighting{Kind: Posted, Key: "posted:1@x", Author: by, At: ago(days)},
		State:    state, StateWhy: "Eve: needs a test", LastSign: ago(days), Ours: team.PersonOf(by) != "",
	}
}

func edit(p PostedFact, f func(*PostedFact)) []PostedFact { f(&p); return []PostedFact{p} }

// onBranch is a posting with what a test on its branch found.
func onBranch(p PostedFact, outcome string) []PostedFact {
	p.Branch = Flag{Role: BranchFlag, Version: "main", Outcome: outcome, Detail: "a.c line 7", SinceAt: ago(3), Commit: strings.Repeat("cd", 20)}
	return []PostedFact{p}
}

func by(name string, p PostedFact) PostedFact { p.By = name; return p }

func answered(days int, p PostedFact) PostedFact { p.Answered = ago(days); return p }

// needs is a posting of Bob's that depends on others.
func needs(days int, all ...Need) []PostedFact {
	return edit(posted("bob@example.org", days, "new"), func(p *PostedFact) { p.Needs = all })
}

// offered is a patch file in a patch that Bob posted to a layer's list.
func offered(days int) []OfferedFact {
	return []OfferedFact{{Sighting: Sighting{Kind: Offered, Key: "offered:2@x:a.patch", Source: "layer-devel", Path: "a.patch", Author: "bob@example.org", At: ago(days)}}}
}

func landed(tags ...string) Match {
	return Match{Project: "libx", Verdict: Merged, Commit: strings.Repeat("ab", 20), Confidence: 1, CommitTime: ago(90), Branches: []string{"main"}, Tags: tags}
}

func claimed(kind string) []Claim {
	return []Claim{{Sighting: "carried:prod@main:a.patch", Kind: kind}}
}

func with(m Match, f func(*Match)) Match { f(&m); return m }

// TestRules has one example for each rule of docs/status.md.
func TestRules(t *testing.T) {
	commit := CommitKey("libx", strings.Repeat("ab", 20))
	for _, tt := range []struct {
		name   string
		facts  Facts
		status Status
		action Action
		owner  string
		reason string // part of reason or why
	}{
		{"already on the list, by somebody else", Facts{Carried: carried("1.0", ""), Claims: claimed("Pending"), Posted: []PostedFact{by("Eve", posted("eve@example.com", 3, "new"))}},
			InReview, FollowIt, "Ann", "already on the list, by Eve: review it there"},
		{"the same, before the patch breaks on the newest version", Facts{Carried: carried("1.0", ""), Posted: []PostedFact{by("Eve", posted("eve@example.com", 3, "new"))},
			Flags: []Flag{{Role: "newest", Version: "v2.0", Outcome: "conflict"}}}, InReview, FollowIt, "Ann", "by Eve"},
		{"the same, and one of us has answered", Facts{Carried: carried("1.0", ""), Posted: []PostedFact{answered(2, posted("eve@example.com", 3, "new"))}},
			InReview, Wait, "", "on the list by eve@example.com"},
		{"theirs, asked to change", Facts{Carried: carried("1.0", ""), Posted: []PostedFact{posted("eve@example.com", 3, "changes requested")}},
			ChangesRequested, FollowIt, "Ann", "help, or take it over"},
		{"theirs, asked to change by one of us", Facts{Carried: carried("1.0", ""), Posted: []PostedFact{answered(3, posted("eve@example.com", 3, "changes requested"))}},
			ChangesRequested, Wait, "", "for eve@example.com, who was asked"},
		{"theirs, and nobody answers", Facts{Carried: carried("1.0", ""), Posted: []PostedFact{answered(30, posted("eve@example.com", 30, "new"))}},
			Ignored, FollowIt, "Ann", "it got no answer; review it, or take it over"},
		{"theirs, and a person says that it is ours", Facts{Carried: carried("1.0", ""), Posted: edit(posted("eve@example.com", 30, "new"), func(p *PostedFact) { p.Ours = true })},
			Ignored, PingIt, "Ann", "no sign of life"},
		{"ours counts, whoever posts it after us", Facts{Posted: []PostedFact{by("Eve", posted("eve@example.com", 3, "changes requested")), posted("bob@example.org", 30, "new")}},
			Ignored, PingIt, "Bob", "; Eve posted it too, on 2026-02-26"},
		{"a patch to a layer is no posting to the project", Facts{Offered: offered(10), Claims: []Claim{{Sighting: "offered:2@x:a.patch", Kind: "Pending"}}},
			Local, PostIt, "Bob", "so far it is only in a patch to layer-devel"},
		{"a patch to a layer with a patch that stays there", Facts{Offered: offered(10), Claims: []Claim{{Sighting: "offered:2@x:a.patch", Kind: "Inappropriate"}}},
			Local, NoAction, "", "only as a patch file that bob@example.org posted to layer-devel on 2026-02-19"},
		{"carried, and offered to a layer", Facts{Carried: carried("1.0", ""), Claims: claimed("Pending"), Offered: offered(10)}, Local, PostIt, "Ann", "posted to layer-devel"},
		{"carried only", Facts{Carried: carried("1.0", "v1.0"), Claims: claimed("Pending")}, Local, PostIt, "Ann", "not seen on any list"},
		{"says inappropriate", Facts{Carried: carried("1.0", ""), Claims: claimed("Inappropriate")}, Local, NoAction, "", ""},
		{"says submitted, nothing seen", Facts{Carried: carried("1.0", ""), Claims: claimed("Submitted")}, Local, Wait, "", "no such posting"},
		{"no tag in the file", Facts{Carried: carried("1.0", "")}, Local, CorrectTag, "Ann", "missing"},
		{"posted lately", Facts{Posted: []PostedFact{posted("bob@example.org", 3, "new")}}, InReview, Wait, "", "posted 2026-02-26"},
		{"ignored", Facts{Posted: []PostedFact{posted("bob@example.org", 30, "new")}}, Ignored, PingIt, "Bob", "patience is 21 days"},
		{"ignored, carried by another", Facts{Carried: carried("1.0", ""), Posted: []PostedFact{posted("bob@example.org", 30, "new")}}, Ignored, PingIt, "Bob", ""},
		{"ignored, on a list with more patience", Facts{Posted: edit(posted("bob@example.org", 30, "new"), func(p *PostedFact) { p.Sighting.Source = "slow" })}, InReview, Wait, "", "last sign of life"},
		{"its series is stale", Facts{Posted: []PostedFact{posted("bob@example.org", 3, "stale")}}, Ignored, PingIt, "Bob", "no sign of life"},
		{"asked something", Facts{Posted: edit(posted("bob@example.org", 30, "under review"), func(p *PostedFact) { p.WaitingOn, p.WaitingFor = "us", `Bob to answer Eve: "why?"` })},
			InReview, AnswerIt, "Bob", `it waits for Bob to answer Eve: "why?"`},
		{"somebody else was asked something, long ago", Facts{Carried: carried("1.0", ""), Posted: edit(posted("eve@example.com", 30, "under review"), func(p *PostedFact) { p.WaitingOn = "us" })},
			Ignored, FollowIt, "Ann", "it got no answer"},
		{"asked to change, and we have answered", Facts{Posted: edit(posted("bob@example.org", 3, "changes requested"), func(p *PostedFact) { p.WaitingOn, p.WaitingFor = "them", "Eve to answer Bob" })},
			ChangesRequested, Wait, "", "for Eve to answer Bob"},
		{"reviewed and not taken, long ago", Facts{Posted: edit(posted("bob@example.org", 60, "stale"), func(p *PostedFact) { p.Reviewed = true }), Elsewhere: elsewhere},
			Ignored, PingIt, "Bob", "ask the maintainer"},
		{"ignored for twice the patience", Facts{Posted: []PostedFact{posted("bob@example.org", 42, "stale")}, Elsewhere: elsewhere},
			Ignored, SendElsewhere, "Bob", "send it to oe-devel, for meta-oe, which has libx too (answers in 3 days, 82 % of series); or to any, set as the list to turn to then (how it answers is not known)"},
		{"the same, and nowhere to go", Facts{Posted: []PostedFact{posted("bob@example.org", 42, "stale")}}, Ignored, PingIt, "Bob", "no sign of life"},
		{"the same, and we have pinged", Facts{Posted: edit(posted("bob@example.org", 5, "new"), func(p *PostedFact) { p.Quiet = ago(42) }), Elsewhere: elsewhere},
			Ignored, SendElsewhere, "Bob", "no answer on"},
		{"ignored, not yet for twice the patience", Facts{Posted: []PostedFact{posted("bob@example.org", 41, "stale")}, Elsewhere: elsewhere}, Ignored, PingIt, "Bob", "no sign of life"},
		{"ignored, and what it depends on is not upstream", Facts{Posted: needs(30, Need{Title: "libx: prepare", State: "under review"}, Need{Title: "b"})},
			Ignored, Wait, "", `it depends on "libx: prepare", which is under review, and on 1 more`},
		{"the same, to be sent elsewhere", Facts{Posted: needs(60, Need{Title: "libx: prepare", State: "stale"}), Elsewhere: elsewhere}, Ignored, Wait, "", "which is stale"},
		{"asked to change: no reason to wait for others", Facts{Posted: edit(needs(30, Need{Title: "a", State: "new"})[0], func(p *PostedFact) { p.State = "changes requested" })},
			ChangesRequested, ReviseIt, "Bob", "needs a test"},
		{"two that depend on each other", Facts{Posted: needs(30, Need{Title: "libx: prepare", State: "new", Circle: true})},
			Ignored, PingIt, "Bob", `it and "libx: prepare" say that they depend on each other`},
		{"asked to change", Facts{Posted: []PostedFact{posted("bob@example.org", 30, "changes requested")}}, ChangesRequested, ReviseIt, "Bob", "needs a test"},
		{"a mail says applied", Facts{Posted: []PostedFact{posted("bob@example.org", 3, "applied")}}, Claimed, Wait, "", "no such commit"},
		{"a mail says that one patch of its series is applied", Facts{Posted: edit(posted("bob@example.org", 3, "partly merged"), func(p *PostedFact) { p.TakenBy = "Eve" })},
			Claimed, Wait, "", "Eve says it was applied; no such commit seen yet"},
		{"a mail said applied long ago", Facts{Posted: []PostedFact{posted("bob@example.org", 30, "applied")}}, Claimed, PingIt, "Bob", "but no such commit was seen"},
		{"merged, newer than ours", Facts{Carried: carried("1.0", "v1.0"), Claims: claimed("Backport"), Matches: []Match{landed("v1.1")}}, InUpstream, Wait, "", "first in v1.1; the recipe has 1.0"},
		{"merged, tag still says Pending", Facts{Carried: carried("1.0", "v1.0"), Claims: claimed("Pending"), Matches: []Match{landed("v1.1")}}, InUpstream, CorrectTag, "Ann", "says Pending"},
		{"merged, and we have it", Facts{Carried: carried("1.1", "v1.1"), Matches: []Match{landed("v1.1", "v1.2")}}, Droppable, DropIt, "Ann", "is in v1.1"},
		{"merged, we have it, and it still applies", Facts{Carried: carried("1.1", "v1.1"), Matches: []Match{landed("v1.1")},
			Flags: []Flag{{Role: "pinned", Version: "v1.1", Outcome: "offset"}}}, Unsure, ConfirmIt, "Ann", "still applies there"},
		{"the same, and a person has looked", Facts{Carried: carried("1.1", "v1.1"), Matches: []Match{landed("v1.1")},
			Flags:     []Flag{{Role: "pinned", Version: "v1.1", Outcome: "offset"}},
			Decisions: []Decision{{Kind: Confirm, Object: commit, By: "Ann"}}}, Droppable, DropIt, "Ann", ""},
		{"merged, version without tag", Facts{Carried: carried("1.1+git", ""), Claims: claimed("Backport"), Matches: []Match{landed("v1.1")}}, InUpstream, Wait, "", "is not known"},
		{"merged, not carried", Facts{Posted: []PostedFact{posted("ann@example.org", 100, "new")}, Matches: []Match{landed()}}, InUpstream, Wait, "", "in no tag yet"},
		{"on staging", Facts{Posted: []PostedFact{posted("ann@example.org", 100, "new")}, Matches: []Match{with(landed(), func(m *Match) { m.Queued = true })}}, InQueue, Wait, "", "staging"},
		{"on staging, tag not yet right", Facts{Carried: carried("1.0", "v1.0"), Claims: claimed("Submitted"),
			Matches: []Match{with(landed(), func(m *Match) { m.Queued = true })}}, InQueue, Wait, "", "until it reaches"},
		{"looks merged", Facts{Carried: carried("1.0", ""), Matches: []Match{with(landed(), func(m *Match) { m.Verdict, m.Confidence = Probable, .6 })}}, Unsure, ConfirmIt, "Ann", "60 %"},
		{"reverted", Facts{Carried: carried("1.1", "v1.1"), Matches: []Match{with(landed("v1.1"), func(m *Match) { m.RevertedBy = "cd" })}}, WasReverted, ReviseIt, "Ann", "reverted by cd"},
		{"reverted and landed again", Facts{Carried: carried("1.1", "v1.1"), Matches: []Match{
			with(landed("v1.1"), func(m *Match) { m.RevertedBy = "cd" }),
			with(landed("v1.1"), func(m *Match) { m.Commit = strings.Repeat("ef", 20) }),
		}}, Droppable, DropIt, "Ann", "efefef"},
		{"a person says it is the same", Facts{Carried: carried("1.1", "v1.1"), Matches: []Match{with(landed("v1.1"), func(m *Match) { m.Verdict = Probable })},
			Decisions: []Decision{{Kind: Confirm, Object: commit, By: "Ann"}}}, Droppable, DropIt, "Ann", ""},
		{"a person says it is not", Facts{Carried: carried("1.1", "v1.1"), Claims: claimed("Pending"), Matches: []Match{landed("v1.1")},
			Decisions: []Decision{{Kind: Reject, Object: commit, By: "Ann"}}}, Local, PostIt, "Ann", ""},
		{"a person thought better of it", Facts{Carried: carried("1.1", "v1.1"), Matches: []Match{landed("v1.1")},
			Decisions: []Decision{{ID: 1, Kind: Reject, Object: commit, At: ago(2)}, {ID: 2, Kind: Confirm, Object: commit, At: ago(1)}}}, Droppable, DropIt, "Ann", ""},
		{"never upstream", Facts{Carried: carried("1.1", "v1.1"), Matches: []Match{landed("v1.1")},
			Decisions: []Decision{{Kind: NeverUpstream, By: "Bob", Note: "our logo", At: ago(5)}}}, StaysLocal, NoAction, "", "Bob decided so on 2026-02-24: our logo"},
		{"never upstream, taken back", Facts{Carried: carried("1.1", "v1.1"), Matches: []Match{landed("v1.1")},
			Decisions: []Decision{{ID: 1, Kind: NeverUpstream, At: ago(5)}, {ID: 2, Kind: Reopen, At: ago(4)}}}, Droppable, DropIt, "Ann", ""},
		{"abandoned", Facts{Carried: carried("1.1", "v1.1"), Posted: []PostedFact{posted("bob@example.org", 30, "abandoned")},
			Decisions: []Decision{{Kind: Abandoned, By: "Bob", Note: "nobody needs it", At: ago(5)}}}, WasAbandoned, NoAction, "", "Bob decided so on 2026-02-24: nobody needs it"},
		{"dropped by the layer", Facts{Carried: func() *CarriedFact { c := carried("1.1", "v1.1"); c.Gone = ago(7); return c }(), Matches: []Match{landed("v1.1")}}, NotCarried, NoAction, "", "2026-02-22"},
		{"breaks on the newest version", Facts{Carried: carried("1.0", "v1.0"), Claims: claimed("Pending"),
			Flags: []Flag{{Role: "newest", Version: "v2.0", Outcome: "conflict", Detail: "a.c line 7"}}}, Local, RebaseIt, "Ann", "does not apply to v2.0: a.c line 7"},
		{"the same, and since when, because of what", Facts{Carried: carried("1.0", "v1.0"), Claims: claimed("Pending"),
			Flags: []Flag{{Role: NewestFlag, Version: "v2.0", Outcome: "conflict", Detail: "a.c line 7", Since: "v1.3", SinceAt: ago(20), Commit: strings.Repeat("cd", 20), ThreeWay: "clean"}}},
			Local, RebaseIt, "Ann", "does not apply to v2.0 since v1.3 (2026-02-09), because of cdcdcdcdcdcd: a.c line 7; a three-way merge is clean: upstreamd rebase --write"},
		{"its file is gone in the newest version, which broke it", Facts{Carried: carried("1.0", "v1.0"), Claims: claimed("Pending"),
			Flags: []Flag{{Role: NewestFlag, Version: "v2.0", Outcome: "gone", Since: "v2.0", SinceAt: ago(20)}}}, Local, RebaseIt, "Ann", "does not apply to v2.0 (2026-02-09)"},
		{"merged: no need to rebase it", Facts{Carried: carried("1.0", "v1.0"), Claims: claimed("Backport"), Matches: []Match{landed("v1.1")},
			Flags: []Flag{{Role: NewestFlag, Version: "v2.0", Outcome: "conflict"}}}, InUpstream, Wait, "", "first in v1.1"},
		{"it never applied", Facts{Carried: carried("1.0", "v1.0"), Claims: claimed("Pending"),
			Flags: []Flag{{Role: NewestFlag, Version: "v2.0", Outcome: "unapplied-before"}, {Role: PinnedFlag, Version: "v1.0", Outcome: "conflict"}}},
			Local, PostIt, "Ann", "it does not apply to v1.0, though the recipe has that version"},
		{"merged: no riddle that it does not apply", Facts{Carried: carried("1.1", "v1.1"), Matches: []Match{landed("v1.1")},
			Flags: []Flag{{Role: PinnedFlag, Version: "v1.1", Outcome: "conflict"}}}, Droppable, DropIt, "Ann", "which the recipe has (1.1)|remove"},
		{"an outlook decides nothing", Facts{Carried: carried("1.0", "v1.0"), Claims: claimed("Pending"),
			Flags: []Flag{{Role: OutlookFlag, Version: "v2.0", Outcome: "dropped"}}}, Local, PostIt, "Ann", "not seen on any list"},
		{"the newest version has its lines", Facts{Carried: carried("1.0", "v1.0"), Claims: claimed("Pending"),
			Flags: []Flag{{Role: NewestFlag, Version: "v2.0", Outcome: "merged", Since: "v1.3", SinceAt: ago(20), Commit: strings.Repeat("cd", 20)}}},
			Local, ConfirmIt, "Ann", "v2.0 has its lines already since v1.3 (2026-02-09), by commit cdcdcdcdcdcd: look whether it is the same change"},
		{"the same of a backport", Facts{Carried: carried("1.0", "v1.0"), Claims: claimed("Backport"),
			Flags: []Flag{{Role: NewestFlag, Version: "v2.0", Outcome: "merged"}}}, Local, Wait, "", "drop it when the recipe moves to a version that has it: v2.0 has its lines"},
		{"its branch left it behind", Facts{Posted: onBranch(posted("bob@example.org", 3, "new"), "conflict")},
			InReview, RebaseIt, "Bob", "it does not apply to main since 2026-02-26, because of cdcdcdcdcdcd: a.c line 7"},
		{"the same, and nobody answers", Facts{Posted: onBranch(posted("bob@example.org", 30, "stale"), "gone"), Elsewhere: elsewhere}, Ignored, RebaseIt, "Bob", "does not apply to main"},
		{"the same, and something is left to answer", Facts{Posted: edit(onBranch(posted("bob@example.org", 3, "under review"), "conflict")[0], func(p *PostedFact) { p.WaitingOn, p.WaitingFor = "us", "Bob to answer Eve" })},
			InReview, AnswerIt, "Bob", "it waits for Bob to answer Eve; it does not apply to main since 2026-02-26, because of cdcdcdcdcdcd"},
		{"the same, and asked to change", Facts{Posted: onBranch(posted("bob@example.org", 3, "changes requested"), "conflict")}, ChangesRequested, ReviseIt, "Bob", "needs a test"},
		{"the same, and we have answered that", Facts{Posted: edit(onBranch(posted("bob@example.org", 3, "changes requested"), "conflict")[0], func(p *PostedFact) { p.WaitingOn = "them" })},
			ChangesRequested, RebaseIt, "Bob", "does not apply to main"},
		{"the same of somebody else", Facts{Carried: carried("1.0", ""), Posted: onBranch(by("Eve", posted("eve@example.com", 3, "new")), "conflict")},
			InReview, FollowIt, "Ann", "do not post it again; it does not apply to main since 2026-02-26"},
		{"a mail says that it is applied", Facts{Posted: onBranch(posted("bob@example.org", 3, "applied"), "conflict")}, Claimed, Wait, "", "no such commit"},
		{"its branch has its lines", Facts{Posted: onBranch(posted("bob@example.org", 30, "stale"), "merged")},
			Ignored, ConfirmIt, "Bob", "main has its lines already since 2026-02-26, by commit cdcdcdcdcdcd: look whether it was taken"},
		{"but not by the commit that was rejected", Facts{Posted: onBranch(posted("bob@example.org", 30, "stale"), "merged"),
			Decisions: []Decision{{Kind: Reject, Object: CommitKey("p", strings.Repeat("cd", 20))}}}, Ignored, PingIt, "Bob", ""},
		{"its lines are there already", Facts{Carried: carried("1.0", "v1.0"), Claims: claimed("Pending"),
			Flags: []Flag{{Role: "pinned", Version: "v1.0", Outcome: "merged"}}}, Local, ConfirmIt, "Ann", "v1.0 has its lines already"},
		{"owner set by hand", Facts{Carried: carried("1.0", ""), Claims: claimed("Pending"), Decisions: []Decision{{Kind: Own, Object: "Bob", At: ago(1)}}}, Local, PostIt, "Bob", ""},
		{"nobody of the team", Facts{Carried: func() *CarriedFact { c := carried("1.0", ""); c.Toucher = "eve@example.com"; return c }(), Claims: claimed("Pending")}, Local, PostIt, "eve@example.com", ""},
		{"a newer revision is out", Facts{Posted: []PostedFact{
			posted("ann@example.org", 5, "new"),
			func() PostedFact { p := posted("ann@example.org", 60, "superseded"); p.Superseded = true; return p }(),
		}}, InReview, Wait, "", "posted 2026-02-24"},
	} {
		tt.facts.Ours = true
		j := Judge(tt.facts, team, now)
		if j.Status != tt.status || j.Action != tt.action || j.Owner != tt.owner || !strings.Contains(j.Reason+"|"+j.Why, tt.reason) {
			t.Errorf("%s: %s, action %q by %q (%s | %s), want %s, %q by %q, with %q",
				tt.name, j.Status, j.Action, j.Owner, j.Reason, j.Why, tt.status, tt.action, tt.owner, tt.reason)
		}
	}
}

// TestOthersAskNothing: what is not ours has a status and no action.
func TestOthersAskNothing(t *testing.T) {
	j := Judge(Facts{Posted: []PostedFact{posted("eve@example.com", 99, "new")}}, team, now)
	if j.Status != Ignored || j.Action != NoAction || j.Owner != "" {
		t.Errorf("Judge = %+v, want ignored without action", j)
	}
}

// facts draws any fact sheet.
func facts(t *rapid.T) Facts {
	f := Facts{Ours: rapid.Bool().Draw(t, "ours")}
	when := rapid.Map(rapid.IntRange(0, 500), ago)
	if rapid.Bool().Draw(t, "carried") {
		f.Carried = carried("1.0", rapid.SampledFrom([]string{"", "v1.0"}).Draw(t, "pin"))
		if rapid.Bool().Draw(t, "gone") {
			f.Carried.Gone = when.Draw(t, "when gone")
		}
		f.Claims = claimed(rapid.SampledFrom([]string{"Pending", "Submitted", "Backport", "Inappropriate", "malformed", "missing"}).Draw(t, "claim"))
		f.Carried.Floating = rapid.Bool().Draw(t, "floating")
		if rapid.Bool().Draw(t, "fork") {
			f.Carried.Fork, f.Claims = anyFork(t), nil
		}
		f.Verdicts = anyVerdicts(t)
	}
	for range rapid.IntRange(0, 3).Draw(t, "postings") {
		p := posted(rapid.SampledFrom([]string{"ann@example.org", "eve@example.com"}).Draw(t, "by"), rapid.IntRange(0, 400).Draw(t, "days"),
			rapid.SampledFrom([]string{"new", "changes requested", "applied", "rejected", "reviewed", "stale"}).Draw(t, "state"))
		p.Sighting.Key = rapid.StringMatching(`posted:[a-z]{4}`).Draw(t, "key")
		p.Superseded = rapid.Bool().Draw(t, "superseded")
		if rapid.Bool().Draw(t, "answered") {
			p.Answered = when.Draw(t, "when answered")
		}
		p.Sighting.Source = rapid.SampledFrom([]string{"", "slow"}).Draw(t, "list")
		p.Quiet = p.LastSign.AddDate(0, 0, -rapid.IntRange(0, 100).Draw(t, "pinged"))
		p.Branch = Flag{Role: BranchFlag, Outcome: rapid.SampledFrom([]string{"", "applies", "conflict", "merged"}).Draw(t, "on branch"),
			Commit: rapid.SampledFrom([]string{"", "cd"}).Draw(t, "culprit")}
		p.TakenBy = rapid.SampledFrom([]string{"", "Eve"}).Draw(t, "taken")
		p.Reviewed = rapid.Bool().Draw(t, "reviewed")
		p.WaitingOn = rapid.SampledFrom([]string{"", "us", "them"}).Draw(t, "waiting")
		for range rapid.IntRange(0, 2).Draw(t, "needs") {
			p.Needs = append(p.Needs, Need{Title: "other", State: "new", Circle: rapid.Bool().Draw(t, "circle")})
		}
		f.Posted = append(f.Posted, p)
	}
	for range rapid.IntRange(0, 2).Draw(t, "offers") {
		o := offered(rapid.IntRange(0, 400).Draw(t, "days"))[0]
		o.Sighting.Key = rapid.StringMatching(`offered:[a-z]{4}`).Draw(t, "key")
		o.Superseded = rapid.Bool().Draw(t, "superseded")
		f.Offered = append(f.Offered, o)
	}
	for range rapid.IntRange(0, 3).Draw(t, "matches") {
		f.Matches = append(f.Matches, Match{
			Sighting: rapid.StringMatching(`[a-c]`).Draw(t, "sighting"), Project: "libx",
			Verdict:    rapid.SampledFrom([]Verdict{Merged, Probable, None}).Draw(t, "verdict"),
			Commit:     rapid.StringMatching(`[0-9a-f]{40}`).Draw(t, "commit"),
			CommitTime: when.Draw(t, "committed"), Queued: rapid.Bool().Draw(t, "queued"),
			RevertedBy: rapid.SampledFrom([]string{"", "cd"}).Draw(t, "reverted"),
			Tags:       rapid.SampledFrom([][]string{nil, {"v1.0"}, {"v2.0"}}).Draw(t, "tags"),
		})
	}
	for i := range rapid.IntRange(0, 4).Draw(t, "decisions") {
		d := Decision{ID: int64(i + 1), At: when.Draw(t, "decided"), By: "Ann",
			Kind: rapid.SampledFrom([]DecisionKind{Confirm, Reject, Own, Replaced, NeverUpstream, Abandoned, Reopen}).Draw(t, "decision")}
		if len(f.Matches) > 0 {
			d.Object = CommitKey("libx", f.Matches[0].Commit)
		}
		f.Decisions = append(f.Decisions, d)
	}
	if rapid.Bool().Draw(t, "elsewhere") {
		f.Elsewhere = elsewhere
	}
	if rapid.Bool().Draw(t, "flag") {
		f.Flags = []Flag{{Role: rapid.SampledFrom([]string{"pinned", "newest", "outlook"}).Draw(t, "role"), Version: "v3",
			Outcome: rapid.SampledFrom([]string{"applies", "conflict", "merged", "gone"}).Draw(t, "outcome")}}
	}
	return f
}

// TestProperties holds for every fact sheet.
func TestProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := facts(t)
		j := Judge(f, team, now)

		shuffled := f
		rng := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		shuffled.Offered, shuffled.Elsewhere = shuffle(rng, f.Offered), shuffle(rng, f.Elsewhere)
		shuffled.Verdicts = shuffle(rng, f.Verdicts)
		shuffled.Posted, shuffled.Matches, shuffled.Decisions = shuffle(rng, f.Posted), shuffle(rng, f.Matches), shuffle(rng, f.Decisions)
		if diff := cmp.Diff(j, Judge(shuffled, team, now)); diff != "" {
			t.Fatalf("the order of the facts shows:\n%s", diff)
		}
		if j.Action.Asks() && !f.Ours {
			t.Fatalf("asks for %q about what is not ours", j.Action)
		}
		if j.Status.Done() && j.Action != NoAction {
			t.Fatalf("%s asks for %q", j.Status, j.Action)
		}
		if p, ok := f.ordered().newest(); ok && slices.ContainsFunc(p.Needs, func(n Need) bool { return !n.Circle }) &&
			slices.Contains([]Action{PingIt, SendElsewhere, PostIt}, j.Action) {
			t.Fatalf("%s, though it depends on what is not upstream", j.Action)
		}
		if j.Action == SendElsewhere && len(f.Elsewhere) == 0 {
			t.Fatalf("nowhere to send it to")
		}
		if j.Owner != "" && !j.Action.Asks() {
			t.Fatalf("%s owns %q", j.Owner, j.Action)
		}
		if j.Status == "" || (j.Reason == "" && j.Status != ChangesRequested) {
			t.Fatalf("no status or reason: %+v", j)
		}
		if f.ordered().fork() != nil && j.Action == CorrectTag {
			t.Fatalf("a recipe has no Upstream-Status to correct")
		}
		if _, ok := f.ordered().covered(); (j.Status == Droppable || j.Status == InUpstream) && !ok && !slicesContainMerged(f) {
			t.Fatalf("%s without a merge or a person's word", j.Status)
		}
		holdsUntil(t, f, j)
	})
}

// holdsUntil checks that the clock alone changes nothing before ValidUntil.
func holdsUntil(t *rapid.T, f Facts, j Judgement) {
	later := now.Add(time.Duration(rapid.Int64Range(0, int64(400*24*time.Hour)).Draw(t, "later")))
	if !j.ValidUntil.IsZero() && !later.Before(j.ValidUntil) {
		return
	}
	if diff := cmp.Diff(j, Judge(f, team, later)); diff != "" {
		t.Fatalf("valid until %v, but at %v:\n%s", j.ValidUntil, later, diff)
	}
}

func slicesContainMerged(f Facts) bool {
	for _, m := range f.Matches {
		if m.Verdict == Merged {
			return true
		}
	}
	for _, d := range f.Decisions {
		if d.Kind == Confirm {
			return true
		}
	}
	return false
}

func shuffle[T any](rng *rand.Rand, s []T) []T {
	out := append([]T(nil), s...)
	rng.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}
