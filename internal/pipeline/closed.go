package pipeline

import (
	"fmt"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/mailing"
	"github.com/upstreamd/upstreamd/internal/series"
)

// patches are the patches of the newest revision.
func (k *known) patches(r *review) []Posted {
	return slices.DeleteFunc(slices.Clone(r.posted), func(p Posted) bool { return p.PostingKey != r.newest().Key })
}

// landed is how many patches of the newest revision are on an upstream branch,
// and in words by which commits.
func (k *known) landed(r *review) (n int, why string) {
	var commits []string
	for _, p := range k.patches(r) {
		m, ok := k.merged(p.Key)
		if !ok {
			continue
		}
		n++
		if c := fmt.Sprintf("commit %.12s of %s", m.Commit, m.Project); !slices.Contains(commits, c) {
			commits = append(commits, c)
		}
	}
	switch {
	case len(commits) > 1:
		why = fmt.Sprintf("%s and %d more", commits[0], len(commits)-1)
	case len(commits) == 1:
		why = commits[0]
	}
	return n, why
}

// reverted says in words by which commit the newest revision was taken back
// after it had landed, "" if it was not.
func (k *known) reverted(r *review) string {
	for _, p := range k.patches(r) {
		if l := k.believed(p.Key); len(l) > 0 && l[0].Verdict == change.Merged && l[0].RevertedBy != "" && l[0].CommitTime.After(r.newest().At) {
			return fmt.Sprintf("commit %.12s of %s, reverted by %.12s", l[0].Commit, l[0].Project, l[0].RevertedBy)
		}
	}
	return ""
}

// merged is the commit that a posted patch landed with, as the rules of changes
// believe it: of a patch for stable branches, on those.
func (k *known) merged(key string) (change.Match, bool) {
	believed := k.believed(key)
	branches := strings.Fields(k.posted[key].Branch)
	if len(branches) == 0 {
		believed = believed[:min(1, len(believed))]
	}
	i := slices.IndexFunc(believed, func(m change.Match) bool {
		return m.Verdict == change.Merged && m.RevertedBy == "" && !m.Queued && k.reached(m, branches)
	})
	if i < 0 {
		return change.Match{}, false
	}
	return believed[i], true
}

// believed are the matches of a posted patch's change that count, the best
// first.
func (k *known) believed(key string) []change.Match {
	sightings := k.sightings[k.home[key]]
	if len(sightings) == 0 {
		sightings = []change.Sighting{{Key: key}} // of no change that is watched
	}
	var matches []change.Match
	var decisions []change.Decision
	for _, s := range sightings {
		matches, decisions = append(matches, k.matches[s.Key]...), append(decisions, k.decisions[s.Key]...)
	}
	return change.Believed(matches, decisions)
}

// reached says whether a commit is on all of these stable branches, whose names
// are as subjects of mails have them: "6.1" is the branch linux-6.1.y.
func (k *known) reached(m change.Match, named []string) bool {
	var on []string
	for _, branch := range m.Branches {
		if !k.stages(m.Project, branch) {
			on = append(append(on, branch), mailing.ParseTag("["+branch+"] x").Branches...)
		}
	}
	return !slices.ContainsFunc(named, func(branch string) bool { return !slices.Contains(on, branch) })
}

// closed is the decision of a person that a series is at its end: one about the
// series, or one about the change of every patch of the newest revision.
func (k *known) closed(r *review) series.Closing {
	var patches [][]change.Decision
	for _, p := range k.patches(r) {
		patches = append(patches, k.decisionsOf(p.Key))
	}
	d, _ := change.EndedWhole(k.ofSeries[r.Key], patches)
	return series.Closing{How: string(d.Kind), By: d.By, At: d.At, Note: d.Note}
}

// decisionsOf are the decisions about the change that a posted patch is of.
func (k *known) decisionsOf(key string) (all []change.Decision) {
	sightings := k.sightings[k.home[key]]
	if len(sightings) == 0 {
		return k.aboutChange(key) // of no change that is watched
	}
	for _, s := range sightings {
		all = append(all, k.aboutChange(s.Key)...)
	}
	return all
}

// aboutChange are the decisions that name a sighting and are about its change.
// That nobody goes on with a series is about that series alone.
func (k *known) aboutChange(key string) []change.Decision {
	return slices.DeleteFunc(slices.Clone(k.decisions[key]), func(d change.Decision) bool { return d.Kind == change.Abandoned })
}

// seriesDecisions are those decisions that are about whole series, by the
// series' key: [change.DecisionKind.EndsSeries].
func seriesDecisions(posted []Posted, decisions []change.Decision) map[string][]change.Decision {
	spoken := map[string]string{} // series by key of a mail
	cover := map[string]bool{}
	for _, d := range decisions {
		spoken[d.Subject] = ""
	}
	for _, p := range posted {
		if _, ok := spoken[p.Key]; ok {
			spoken[p.Key] = p.SeriesKey
		}
		if key := change.PostedKey(p.Cover); p.Cover != "" {
			if _, ok := spoken[key]; ok {
				spoken[key], cover[key] = p.SeriesKey, true
			}
		}
	}
	all := map[string][]change.Decision{}
	for _, d := range decisions {
		if s := spoken[d.Subject]; s != "" && d.Kind.EndsSeries(cover[d.Subject]) {
			all[s] = append(all[s], d)
		}
	}
	return all
}
