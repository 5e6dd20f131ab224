package pipeline

import (
	"context"
	"slices"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// A truthStore has what claims name, and keeps whether they are so.
type truthStore interface {
	Named(ctx context.Context) ([]Named, error)
	// MailsAt are the message-ids of the mails that lists show at addresses.
	MailsAt(ctx context.Context, addresses []string) (map[string]string, error)
	PutTruths(ctx context.Context, all []change.ClaimCheck) error
}

// truths compares what every carried patch claims with what is known.
func (k *known) truths(set Settings) []change.ClaimCheck {
	now := set.now()
	var all []change.ClaimCheck
	for _, key := range sortedKeys(k.carried) {
		if c := k.carried[key]; c.Kind == CarriedFile && c.Dropped.IsZero() {
			all = append(all, change.CheckClaim(k.claimFacts(c, set), set.Rules, now))
		}
	}
	return all
}

// webAddress is an address that a patch file may name: short, in one word, and
// of the web; else "".
func webAddress(a string) string {
	const longest = 200
	if len(a) > longest || patch.FindNamed(a).URLs == nil || patch.FindNamed(a).URLs[0] != a {
		return ""
	}
	return a
}

// shownAt finds the mails that claims name by the address where a list shows
// them, which need not have the message-id.
func shownAt(ctx context.Context, store truthStore, carried map[string]Carried) (map[string]string, error) {
	var all []string
	for _, key := range sortedKeys(carried) {
		all = append(all, patch.FindNamed(carried[key].Status.Detail).URLs...)
	}
	return store.MailsAt(ctx, all)
}

// claimFacts are all that is known of what a patch file claims.
func (k *known) claimFacts(c Carried, set Settings) change.ClaimFacts {
	f := change.ClaimFacts{
		Sighting: c.Key, Status: c.Status, Plan: c.Plan, Added: c.Added, Watched: set.projectsOf(c.Recipe), Named: k.named[c.Key],
	}
	names := patch.FindNamed(c.Status.Detail)
	seen := map[string]bool{}
	for _, u := range names.URLs {
		if id := k.shown[u]; id != "" {
			names.MessageIDs = append(names.MessageIDs, id)
		}
	}
	for _, id := range names.MessageIDs {
		if p, ok := k.posted[change.PostedKey(id)]; ok {
			f.Sent, seen[p.Key] = append(f.Sent, k.sent(p, true)), true
		} else if p, ok := k.covers[id]; ok {
			f.Sent, seen[p.Key] = append(f.Sent, k.sent(p, true)), true
		}
	}
	var matches []change.Match
	var decisions []change.Decision
	home, known := k.home[c.Key]
	for _, s := range k.sightings[home] {
		if !known {
			break
		}
		matches, decisions = append(matches, k.matches[s.Key]...), append(decisions, k.aboutChange(s.Key)...)
		if p, ok := k.posted[s.Key]; ok && s.Kind == change.Posted && !seen[s.Key] {
			f.Sent = append(f.Sent, k.sent(p, false))
		}
	}
	if m := change.Believed(matches, decisions); len(m) > 0 && m[0].Verdict == change.Merged && m[0].RevertedBy == "" && !m[0].Queued {
		tag := k.pin(c)
		f.Match, f.Pinned = &m[0], tag != "" && slices.Contains(m[0].Tags, tag)
	}
	for _, fl := range k.flags[c.Key] {
		if fl.Role == "pinned" && slices.Contains([]string{"applies", "offset", "fuzz"}, fl.Outcome) {
			f.Applies = fl.Version
		}
	}
	return f
}

// sent is a posted patch as a claim may name it.
func (k *known) sent(p Posted, named bool) change.SentFact {
	f := change.SentFact{
		Key: p.Key, MessageID: p.MessageID, Archive: webAddress(p.Archive), List: p.List, At: p.Sent, Ours: k.owned.posts(p), Named: named, Superseded: p.Superseded,
	}
	if r := k.reviews[p.SeriesKey]; r != nil {
		f.State, f.StateWhy = r.State, r.Reason
	}
	return f
}
