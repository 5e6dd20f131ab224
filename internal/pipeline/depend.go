package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/series"
)

// dependencies are what postings say that they depend on, as far as it is
// known and still open.
type dependencies struct {
	of map[string][]needed // by posting
	on map[string][]string // series by series, of the newest revisions
}

// A needed is an open series that a posting depends on.
type needed struct{ series, title, state string }

// dependencies resolves the needs of all postings.
func (j *Judger) dependencies(ctx context.Context, k *known) (d dependencies, err error) {
	d = dependencies{of: map[string][]needed{}, on: map[string][]string{}}
	needs := map[string][]series.Need{} // by posting
	var patches []string
	for _, r := range k.reviews {
		for _, s := range r.Sent {
			if s.Needs == "" || s.Needs == "[]" || s.Needs == "null" {
				continue
			}
			var list []series.Need
			if err := json.Unmarshal([]byte(s.Needs), &list); err != nil {
				return d, fmt.Errorf("needs of %s: %w", s.Key, err)
			}
			needs[s.Key] = list
			for _, n := range list {
				if n.Kind == "patch-id" {
					patches = append(patches, n.ID)
				}
			}
		}
	}
	if len(needs) == 0 {
		return d, nil
	}
	byPatch, err := j.series.PatchIDs(ctx, patches)
	if err != nil {
		return d, err
	}
	at := k.addresses()
	for _, key := range sortedKeys(k.reviews) {
		r := k.reviews[key]
		for _, s := range r.Sent {
			for _, n := range needs[s.Key] {
				d.add(k, r, s, n, byPatch, at)
			}
		}
	}
	return d, nil
}

// addresses are the series by the names that others call them: "change-id X",
// "message-id X". Of several with one change-id, as those that somebody took
// over, one that is open counts.
func (k *known) addresses() map[string]string {
	at := map[string]string{}
	for _, key := range sortedKeys(k.reviews) {
		for _, s := range k.reviews[key].Sent {
			name := "change-id " + s.ChangeID
			if was := k.reviews[at[name]]; s.ChangeID != "" && (was == nil || !open(was.State)) {
				at[name] = key
			}
		}
	}
	for _, p := range k.all {
		at["message-id "+p.MessageID] = p.SeriesKey
		if p.Cover != "" {
			at["message-id "+p.Cover] = p.SeriesKey
		}
	}
	return at
}

// add adds one need of a posting, if it is open. A single patch that is needed
// is not, once it is upstream.
func (d dependencies) add(k *known, r *review, s Sent, n series.Need, byPatch, at map[string]string) {
	name, mail := n.Kind+" "+n.ID, ""
	if n.Kind == "patch-id" {
		mail = byPatch[n.ID]
		name = "message-id " + mail
	}
	other := k.reviews[at[name]]
	if other == nil || other == r || !open(other.State) {
		return
	}
	if _, ok := k.merged(change.PostedKey(mail)); ok && mail != "" {
		return
	}
	for _, known := range d.of[s.Key] {
		if known.series == other.Key {
			return
		}
	}
	d.of[s.Key] = append(d.of[s.Key], needed{other.Key, other.Title, other.State})
	if s.Key == r.newest().Key {
		d.on[r.Key] = append(d.on[r.Key], other.Key)
	}
}

// needs are what a posting of a series waits for, as the rules want to know it.
func (d dependencies) needs(posting, ofSeries string) (all []change.Need) {
	for _, n := range d.of[posting] {
		all = append(all, change.Need{Title: n.title, State: n.state, Circle: d.reaches(n.series, ofSeries)})
	}
	return all
}

// reaches says whether one series depends on another, however indirectly.
func (d dependencies) reaches(from, to string) bool {
	seen := map[string]bool{}
	next := []string{from}
	for len(next) > 0 {
		s := next[len(next)-1]
		next = next[:len(next)-1]
		for _, on := range d.on[s] {
			if on == to {
				return true
			}
			if !seen[on] {
				seen[on] = true
				next = append(next, on)
			}
		}
	}
	return false
}

// recipeOf is the PN of a recipe or append file, or "" where the path is none.
func recipeOf(path string) string {
	name := path[strings.LastIndexByte(path, '/')+1:]
	for _, ext := range []string{".bb", ".bbappend"} {
		if base, ok := strings.CutSuffix(name, ext); ok {
			pn, _, _ := strings.Cut(base, "_")
			return strings.TrimSuffix(pn, "%")
		}
	}
	return ""
}
