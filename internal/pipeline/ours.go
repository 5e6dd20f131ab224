package pipeline

import (
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/change"
)

// An ownership says which posted patches are ours: posted by us, or signed by
// us and posted by somebody else, who then has to see to it. It goes by the
// addresses of the team. What a person says is about the whole series and wins:
// that it is ours or not, or that what somebody else posted is one series with
// ours.
type ownership struct {
	rules  change.Settings
	said   map[string]change.DecisionKind // by series: IsOurs or NotOurs
	joined map[string]bool                // series of ours that a person joined others' postings with
}

// ownershipOf reads decisions, oldest first, about the postings of posted.
func ownershipOf(rules change.Settings, posted []Posted, decisions []change.Decision) ownership {
	o := ownership{rules: rules, said: map[string]change.DecisionKind{}, joined: map[string]bool{}}
	pairs := map[[2]string]change.DecisionKind{}
	series := map[string]string{} // by key of a mail that somebody spoke of
	for _, d := range decisions {
		switch d.Kind {
		case change.Join, change.Separate:
			pairs[pairOf(d.Subject, d.Object)] = d.Kind
			series[d.Object] = ""
		case change.IsOurs, change.NotOurs:
		default:
			continue
		}
		series[d.Subject] = ""
	}
	if len(series) == 0 {
		return o
	}
	sent := map[string]bool{} // series with something of ours by address
	for _, p := range posted {
		for _, key := range []string{p.Key, change.PostedKey(p.Cover)} {
			if _, ok := series[key]; ok {
				series[key] = p.SeriesKey
			}
		}
		sent[p.SeriesKey] = sent[p.SeriesKey] || o.sent(p)
	}
	for _, d := range decisions {
		if s := series[d.Subject]; s != "" && (d.Kind == change.IsOurs || d.Kind == change.NotOurs) {
			o.said[s] = d.Kind
		}
	}
	for pair, kind := range pairs {
		if s := series[pair[0]]; kind == change.Join && s != "" && s == series[pair[1]] && sent[s] {
			o.joined[s] = true
		}
	}
	return o
}

// posts says whether a posted patch counts as posted by us.
func (o ownership) posts(p Posted) bool {
	switch o.said[p.SeriesKey] {
	case change.IsOurs:
		return true
	case change.NotOurs:
		return false
	}
	return o.joined[p.SeriesKey] || o.sent(p)
}

// has says whether a posted patch is ours, whoever posted it.
func (o ownership) has(p Posted) bool {
	return o.posts(p) || o.said[p.SeriesKey] != change.NotOurs &&
		slices.ContainsFunc(strings.Fields(p.Signers), func(a string) bool { return o.rules.PersonOf(a) != "" })
}

// sent says whether somebody of the team sent or wrote a posted patch.
func (o ownership) sent(p Posted) bool {
	return o.rules.PersonOf(p.Author) != "" || o.rules.PersonOf(p.Sender) != ""
}
