package pipeline

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/mailing"
	"github.com/upstreamd/upstreamd/internal/series"
)

// A reviewStore has the series that [Judger] judges, and keeps what it says.
type reviewStore interface {
	Submissions(ctx context.Context) ([]Submission, error)
	PutReviews(ctx context.Context, judged []JudgedReview) error
	// PatchIDs finds posted mails: message-ids by patch-id.
	PatchIDs(ctx context.Context, ids []string) (map[string]string, error)
}

// A review is a series on its way through the judge stage.
type review struct {
	*Submission
	posted  []Posted // patches of all revisions
	carried bool     // a local layer carries one of them
	ours    bool     // as ownership.has
	team    bool     // some revision counts as posted by us
	byUs    bool     // the newest revision counts as posted by us
	gone    bool     // another series goes on instead

	// what is read where the team posted or wrote
	reviewed bool                 // every patch has a review trailer
	waiting  series.Judgement     // who has to act, were it not for a rebase
	quiet    time.Time            // last sign of life that is no ping
	answered map[string]time.Time // by posting: when the team last wrote in its thread
	taken    []series.Sign        // by which somebody says that the newest revision was applied
}

// newest is the revision that counts.
func (r *review) newest() Sent { return r.Sent[len(r.Sent)-1] }

// reviews judges the series whose facts are not those of their last judgement,
// and those whose judgement was good until a moment that has come. All series
// are in k then, as they are to be stored.
func (j *Judger) reviews(ctx context.Context, k *known) (judged []JudgedReview, err error) {
	all, err := j.series.Submissions(ctx)
	if err != nil {
		return nil, err
	}
	k.reviews = make(map[string]*review, len(all))
	for i := range all {
		k.reviews[all[i].Key] = &review{Submission: &all[i]}
	}
	for _, p := range k.all {
		if r := k.reviews[p.SeriesKey]; r != nil {
			r.posted = append(r.posted, p)
		}
	}
	now := j.set.now()
	for i := range all {
		r := k.reviews[all[i].Key]
		k.look(r)
		one, err := j.review(r, k, now)
		if err != nil {
			return nil, fmt.Errorf("series %s: %w", r.Key, err)
		}
		if one != nil {
			judged = append(judged, *one)
		}
	}
	return judged, nil
}

// look finds out whose a series is.
func (k *known) look(r *review) {
	for _, p := range r.posted {
		r.ours = r.ours || k.owned.has(p)
		r.carried = r.carried || k.carries[k.home[p.Key]]
		posts := k.owned.posts(p)
		r.team = r.team || posts
		r.byUs = r.byUs || posts && p.PostingKey == r.newest().Key
	}
	r.carried = r.carried && k.owned.said[r.Key] != change.NotOurs
	r.gone = !r.ours && len(r.TakenOver) > 0
}

// review judges one series; nil where what was judged holds.
func (j *Judger) review(r *review, k *known, now time.Time) (*JudgedReview, error) {
	facts := k.reviewFacts(r, j.set.Rules)
	said := make([]string, len(r.Sent))
	touched := r.team
	for i, s := range r.Sent {
		said[i] = s.Review
		touched = touched || mentions(j.set.Rules, s.Review)
	}
	b, err := json.Marshal(struct {
		Facts      series.Facts
		Ours, ByUs bool
	}{facts, r.ours || r.carried, r.byUs})
	if err != nil {
		return nil, err
	}
	inputs := fingerprint(append(said, judgeVersion, string(b))...)
	holds := r.holds(inputs, now)
	if holds && !touched {
		return nil, nil
	}
	for i, text := range said {
		if text == "" {
			continue
		}
		if err := json.Unmarshal([]byte(text), &facts.Revisions[i].Review); err != nil {
			return nil, fmt.Errorf("review of %s: %w", r.Sent[i].Key, err)
		}
	}
	r.read(facts, j.set.Rules, now)
	if holds {
		return nil, nil
	}
	return r.judge(facts, inputs, now), nil
}

// judge judges a series and its postings.
func (r *review) judge(f series.Facts, inputs string, now time.Time) *JudgedReview {
	g := series.Judge(f, now)
	r.ReviewState = ReviewState{
		State: string(g.State), Reason: g.Reason, Ours: r.ours || r.carried,
		WaitingOn: g.WaitingOn, WaitingFor: g.WaitingFor, WaitingSince: g.WaitingSince, JudgedAt: JudgedAt{inputs, g.ValidUntil},
	}
	for i := range r.Sent {
		one := series.JudgePosting(f, i, now)
		r.Sent[i].State, r.Sent[i].Reason = string(one.State), one.Reason
	}
	return &JudgedReview{Series: r.ID, ReviewState: r.ReviewState, Sent: r.Sent}
}

// read finds in what was said what the rules of changes ask for besides.
func (r *review) read(f series.Facts, rules change.Settings, now time.Time) {
	patient := f
	patient.Patience, patient.Outdated = 0, series.Breakage{}
	r.waiting = series.Judge(patient, now)
	r.reviewed = r.waiting.State == series.Reviewed
	r.answered = map[string]time.Time{}
	for _, rev := range f.Revisions {
		r.quiet, r.taken = rev.At, nil
		for _, s := range rev.Review.Signs {
			if s.Kind == series.Checked {
				continue
			}
			if s.Kind == series.Took && rules.PersonOf(s.Address) == "" && !strings.EqualFold(s.Address, rev.Poster.Email) {
				r.taken = append(r.taken, s)
			}
			if rules.PersonOf(s.Address) != "" && s.At.After(r.answered[rev.Key]) {
				r.answered[rev.Key] = s.At
			}
			if s.Kind != series.Pinged && s.At.After(r.quiet) {
				r.quiet = s.At
			}
		}
	}
}

// takenBy is who says that a patch of the newest revision was applied, or "".
func (r *review) takenBy(p Posted) string {
	for _, s := range r.taken {
		if p.PostingKey == r.newest().Key && (len(s.Parts) == 0 || slices.Contains(s.Parts, p.Part)) {
			return cmp.Or(s.Name, s.Address)
		}
	}
	return ""
}

// reviewFacts are the facts of a series but for what was said.
func (k *known) reviewFacts(r *review, rules change.Settings) series.Facts {
	f := series.Facts{Patience: rules.PatienceOf(r.newest().List), Closed: k.closed(r)}
	for _, s := range r.Sent {
		f.Revisions = append(f.Revisions, series.Revision{
			Key: s.Key, Version: s.Version, RFC: s.RFC, Resend: s.Resend, Patches: s.Total, At: s.At, Poster: s.Author, Flaw: s.Flaw,
		})
	}
	newest := &f.Revisions[len(f.Revisions)-1]
	newest.Patches = max(newest.Patches, len(k.patches(r)))
	if r.byUs {
		for _, p := range rules.Team {
			for _, a := range p.Addresses {
				f.Side = append(f.Side, mailing.Person{Name: p.Name, Email: a})
			}
		}
	}
	f.Landed, f.LandedWhy = k.landed(r)
	f.Reverted = k.reverted(r)
	f.Outdated = k.outdated(r)
	if r.gone {
		key := r.TakenOver[len(r.TakenOver)-1]
		f.Gone = series.Successor{Key: key, Title: key}
		if by := k.reviews[key]; by != nil {
			f.Gone.Title = by.Title
		}
	}
	return f
}

// outdated says which patch of the newest revision does not apply any more to
// the branch that it is meant for, and since when.
func (k *known) outdated(r *review) series.Breakage {
	patches := k.patches(r)
	slices.SortFunc(patches, func(a, b Posted) int { return cmp.Compare(a.Part, b.Part) })
	for _, p := range patches {
		fl, ok := k.branchFlag(p.Key)
		if !ok || !fl.Broken() {
			continue
		}
		what := "it "
		if p.Total > 1 {
			what = fmt.Sprintf("patch %d of %d ", p.Part, p.Total)
		}
		since := fl.SinceAt
		if since.Before(r.newest().At) {
			since = r.newest().At // it was made on an old base
		}
		return series.Breakage{What: what + fl.Words(), Since: since}
	}
	return series.Breakage{}
}

// branchFlag is what the test of a posted patch on its branch found.
func (k *known) branchFlag(key string) (change.Flag, bool) {
	for _, fl := range k.flags[key] {
		if fl.Role == change.BranchFlag {
			return fl, true
		}
	}
	return change.Flag{}, false
}

// open says whether a series is neither upstream nor given up.
func open(state string) bool {
	switch series.State(state) {
	case series.Merged, series.Rejected, series.Superseded, series.Abandoned:
		return false
	}
	return true
}

// mentions says whether a text names an address of the team.
func mentions(rules change.Settings, text string) bool {
	return slices.ContainsFunc(rules.Team, func(p change.Person) bool {
		return slices.ContainsFunc(p.Addresses, func(a string) bool { return strings.Contains(text, a) })
	})
}
