package pipeline

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/change"
)

// sheets are the facts of every standing.
func (j *Judger) sheets(ctx context.Context, k *known) ([]change.Facts, error) {
	var err error
	if k.depends, err = j.dependencies(ctx, k); err != nil {
		return nil, err
	}
	recipes, err := j.files.Versions(ctx)
	if err != nil {
		return nil, err
	}
	k.outlets = newOutlets(j.set, recipes, k.reviews)
	var ours []string
	for _, p := range k.all {
		if k.waits(p) {
			ours = append(ours, p.MessageID)
		}
	}
	if k.files, err = j.files.PostedFiles(ctx, ours); err != nil {
		return nil, err
	}
	standings, err := j.status.Standings(ctx)
	if err != nil {
		return nil, err
	}
	sheets := make([]change.Facts, 0, len(standings))
	for _, st := range standings {
		sheets = append(sheets, k.sheet(st))
	}
	return sheets, nil
}

// waits says whether a posted patch of ours may come to be sent elsewhere.
func (k *known) waits(p Posted) bool {
	r := k.reviews[p.SeriesKey]
	return r != nil && !p.Superseded && open(r.State) && k.owned.posts(p)
}

// sheet is the fact sheet of one standing. Decisions and matches of every
// sighting of the change count; file facts are the standing's own.
func (k *known) sheet(st change.Standing) change.Facts {
	f := change.Facts{Standing: st, Ours: k.ours[st.ChangeID]}
	var offered []change.Claim
	for _, s := range k.sightings[st.ChangeID] {
		f.Matches = append(f.Matches, k.matches[s.Key]...)
		f.Decisions = append(f.Decisions, k.aboutChange(s.Key)...)
		switch s.Kind {
		case change.Carried, change.Dropped:
			if s.Source+"@"+s.Branch != st.Place || (f.Carried != nil && f.Carried.Gone.IsZero()) {
				continue
			}
			c := k.carried[s.Key]
			f.Carried = &change.CarriedFact{
				Sighting: s, Version: c.PV, PinTag: k.pin(c), Toucher: c.Toucher, Touched: c.Touched, Gone: c.Dropped,
				Floating: c.Floating, Fork: c.fork(),
			}
			f.Verdicts = k.verdicts[duplicateOf(c)]
			f.Check = k.checks[s.Key]
			f.Claims = slices.Clone(k.claims[s.Key])
			f.Flags = slices.DeleteFunc(slices.Clone(k.flags[s.Key]), func(fl change.Flag) bool { return fl.Role == change.OutlookFlag })
		case change.Posted:
			p := k.posted[s.Key]
			f.Posted = append(f.Posted, k.postedFact(s, p))
		case change.Offered:
			outer := strings.TrimSuffix(strings.TrimPrefix(s.Key, "offered:"), ":"+s.Path)
			p := k.posted[change.PostedKey(outer)]
			f.Offered = append(f.Offered, change.OfferedFact{Sighting: s, By: p.AuthorName, Superseded: p.Superseded})
			offered = append(offered, k.claims[s.Key]...)
		}
	}
	f.Claims = append(f.Claims, offered...)
	slices.SortFunc(f.Flags, func(a, b change.Flag) int { return cmp.Compare(a.Role, b.Role) })
	f.Elsewhere = k.elsewhere(f)
	return f
}

// postedFact is a posted patch with how the review of its series goes.
func (k *known) postedFact(s change.Sighting, p Posted) change.PostedFact {
	f := change.PostedFact{Sighting: s, LastSign: p.LastSign, Superseded: p.Superseded, By: p.AuthorName, Ours: k.owned.posts(p), Decisions: k.ofSeries[p.SeriesKey]}
	r := k.reviews[p.SeriesKey]
	if r == nil {
		return f
	}
	f.State, f.StateWhy, f.WaitingOn, f.WaitingFor = r.State, r.Reason, r.WaitingOn, r.WaitingFor
	f.Superseded = p.Superseded || r.gone
	f.Answered = r.answered[p.PostingKey]
	if !f.Superseded && open(r.State) {
		f.Branch, _ = k.branchFlag(s.Key)
	}
	if f.Ours {
		f.WaitingOn, f.WaitingFor = r.waiting.WaitingOn, r.waiting.WaitingFor
		f.TakenBy = r.takenBy(p)
		f.Reviewed, f.Quiet, f.Needs = r.reviewed, r.quiet, k.depends.needs(p.PostingKey, p.SeriesKey)
	}
	return f
}

// elsewhere is where the change could be sent, by the recipes that it is for.
func (k *known) elsewhere(f change.Facts) []change.Outlet {
	list, recipes := "", []string(nil)
	for _, s := range k.sightings[f.Standing.ChangeID] {
		p, posted := k.posted[s.Key]
		if s.Recipe != "" && !slices.Contains(recipes, s.Recipe) {
			recipes = append(recipes, s.Recipe)
		}
		if !posted || !k.waits(p) {
			continue
		}
		list = p.List
		for _, path := range k.files[p.MessageID] {
			if pn := recipeOf(path); pn != "" && !slices.Contains(recipes, pn) {
				recipes = append(recipes, pn)
			}
		}
	}
	if list == "" {
		return nil
	}
	slices.Sort(recipes)
	return k.outlets.of(list, recipes)
}
