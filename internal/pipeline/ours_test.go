package pipeline

import (
	"testing"

	"github.com/upstreamd/upstreamd/internal/change"
)

// TestOurs: Ann is of the team, Eve and Tom are not. Ann posted v1, Eve v2 of
// the series a; Eve posted the series b, with cover letter; Tom c.
func TestOurs(t *testing.T) {
	rules := change.Settings{Team: []change.Person{{Name: "Ann", Addresses: []string{"ann@example.org"}}}}
	said := func(kind change.DecisionKind, subject, object string) change.Decision {
		d := change.Decision{Kind: kind, Subject: "posted:" + subject}
		if object != "" {
			d.Object = "posted:" + object
		}
		return d
	}
	for _, tt := range []struct {
		name      string
		signers   string // of b1
		decisions []change.Decision
		posts     string // keys of the patches that count as posted by us
		has       string // and of those that are ours, whoever posted them
	}{
		{"by who sent it", "eve@example.com", nil, "a1", "a1"},
		{"signed by us, posted by another", "eve@example.com ann@example.org", nil, "a1", "a1 b1"},
		{"a person says that the series is ours, about its cover letter", "", []change.Decision{said(change.IsOurs, "b0", "")}, "a1 b1 b2", "a1 b1 b2"},
		{"about any of its patches", "", []change.Decision{said(change.IsOurs, "b2", "")}, "a1 b1 b2", "a1 b1 b2"},
		{"and takes it back", "", []change.Decision{said(change.IsOurs, "b2", ""), said(change.NotOurs, "b0", "")}, "a1", "a1"},
		{"a person says that ours is not", "", []change.Decision{said(change.NotOurs, "a2", "")}, "", ""},
		{"a person joined Eve's with ours", "", []change.Decision{said(change.Join, "a2", "a1")}, "a1 a2", "a1 a2"},
		{"and parts them", "", []change.Decision{said(change.Join, "a2", "a1"), said(change.Separate, "a1", "a2")}, "a1", "a1"},
		{"joined, but not one series: only assembly can make it one", "", []change.Decision{said(change.Join, "c1", "a1")}, "a1", "a1"},
		{"joined, and none of it ours", "", []change.Decision{said(change.Join, "b1", "b2")}, "a1", "a1"},
		{"about a mail that is not known", "", []change.Decision{said(change.IsOurs, "z", "")}, "a1", "a1"},
	} {
		posted := []Posted{
			{Key: "posted:a1", SeriesKey: "a", Author: "ann@example.org"},
			{Key: "posted:a2", SeriesKey: "a", Author: "eve@example.com"},
			{Key: "posted:b1", SeriesKey: "b", Author: "eve@example.com", Cover: "b0", Signers: tt.signers},
			{Key: "posted:b2", SeriesKey: "b", Author: "eve@example.com", Cover: "b0"},
			{Key: "posted:c1", SeriesKey: "c", Author: "tom@example.com"},
		}
		o := ownershipOf(rules, posted, tt.decisions)
		posts, has := "", ""
		for _, p := range posted {
			if o.posts(p) {
				posts += " " + p.Key[len("posted:"):]
			}
			if o.has(p) {
				has += " " + p.Key[len("posted:"):]
			}
		}
		if posts != prefixed(tt.posts) || has != prefixed(tt.has) {
			t.Errorf("%s: posted by us%s, ours%s, want%s and%s", tt.name, posts, has, prefixed(tt.posts), prefixed(tt.has))
		}
	}
}

func prefixed(s string) string {
	if s == "" {
		return ""
	}
	return " " + s
}
