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
)

// judgeVersion is part of every fingerprint: raise it when rules change, and
// every standing is judged again.
const judgeVersion = "6"

// A factStore is what [Judger] reads.
type factStore interface {
	Sightings(ctx context.Context) ([]change.Sighting, error)
	CarriedPatches(ctx context.Context) ([]Carried, error)
	PostedPatches(ctx context.Context) ([]Posted, error)
	Matches(ctx context.Context) ([]change.Match, error)
}

// A saidStore is what people, files and tests said: the rest of what [Judger]
// reads.
type saidStore interface {
	Claims(ctx context.Context) ([]change.Claim, error)
	Flags(ctx context.Context) ([]change.Flag, error)
	Decisions(ctx context.Context) ([]change.Decision, error)
	Answers(ctx context.Context) ([]Answer, error)
}

// A statusStore is what [Judger] writes.
type statusStore interface {
	txer
	Standings(ctx context.Context) ([]change.Standing, error)
	Changes(ctx context.Context) ([]change.Change, error)
	Statuses(ctx context.Context) (map[int64]JudgedAt, error)
	PutStatuses(ctx context.Context, judged []Judged) error
}

// A Judger is the stage that derives status and next action.
type Judger struct {
	facts  factStore
	said   saidStore
	status statusStore
	refs   tipStore
	set    Settings
}

// NewJudger returns the judge stage.
func NewJudger(facts factStore, said saidStore, status statusStore, refs tipStore, set Settings) *Judger {
	return &Judger{facts: facts, said: said, status: status, refs: refs, set: set}
}

// Stage is the judge stage.
func (j *Judger) Stage() Stage {
	return Stage{Name: "judge", Every: time.Minute, Run: whole(j.run)}
}

// run judges every standing whose facts are not those of its last judgement,
// and every one whose judgement was good until a moment that has come.
func (j *Judger) run(ctx context.Context) (Report, error) {
	var rep Report
	err := j.status.InTx(ctx, func(ctx context.Context) error {
		sheets, err := j.sheets(ctx)
		if err != nil {
			return err
		}
		known, err := j.status.Statuses(ctx)
		if err != nil {
			return err
		}
		now := j.set.now()
		var judged []Judged
		for _, f := range sheets {
			inputs, err := j.inputs(f)
			if err != nil {
				return err
			}
			was, ok := known[f.Standing.ID]
			if ok && was.Inputs == inputs && (was.ValidUntil.IsZero() || now.Before(was.ValidUntil)) {
				continue
			}
			judged = append(judged, Judged{f.Standing.ID, change.Judge(f, j.set.Rules, now), inputs})
		}
		if len(judged) > 0 {
			rep.Done = fmt.Sprintf("%d of %d standings judged", len(judged), len(sheets))
		}
		return j.status.PutStatuses(ctx, judged)
	})
	return rep, err
}

// inputs is the fingerprint of all that the rules look at, but for the clock.
func (j *Judger) inputs(f change.Facts) (string, error) {
	b, err := json.Marshal(struct {
		Version string
		Facts   change.Facts
		Rules   change.Settings
	}{judgeVersion, f, j.set.Rules})
	return fingerprint(string(b)), err
}

// A known is all that the store knows, by the key of a sighting.
type known struct {
	sightings map[int64][]change.Sighting // by change
	carried   map[string]Carried
	posted    map[string]Posted
	all       []Posted
	answered  map[string]time.Time // by posting: when the team last wrote in its thread
	owned     ownership
	matches   map[string][]change.Match
	claims    map[string][]change.Claim
	flags     map[string][]change.Flag
	decisions map[string][]change.Decision
	ours      map[int64]bool
	pin       func(Carried) string // the project's tag for the recipe's version
}

// sheets are the facts of every standing, by the standing's id.
func (j *Judger) sheets(ctx context.Context) ([]change.Facts, error) {
	k, err := j.read(ctx)
	if err != nil {
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

func (j *Judger) read(ctx context.Context) (k known, err error) {
	sightings, err := j.facts.Sightings(ctx)
	if err != nil {
		return k, err
	}
	k.sightings = group(sightings, func(s change.Sighting) int64 { return s.ChangeID })
	carried, err := j.facts.CarriedPatches(ctx)
	if err != nil {
		return k, err
	}
	k.carried = index(carried, func(c Carried) string { return c.Key })
	posted, err := j.facts.PostedPatches(ctx)
	if err != nil {
		return k, err
	}
	k.all, k.posted = posted, index(posted, func(p Posted) string { return p.Key })
	matches, err := j.facts.Matches(ctx)
	if err != nil {
		return k, err
	}
	k.matches = group(matches, func(m change.Match) string { return m.Sighting })
	tags, err := projectTags(ctx, j.refs)
	if err != nil {
		return k, err
	}
	k.pin = func(c Carried) string {
		for _, p := range j.set.Projects {
			if p.Serves(c.Recipe) {
				return p.TagOf(c.PV, tags[p.Name])
			}
		}
		return ""
	}
	return k, j.readSaid(ctx, &k)
}

func (j *Judger) readSaid(ctx context.Context, k *known) error {
	claims, err := j.said.Claims(ctx)
	if err != nil {
		return err
	}
	k.claims = group(claims, func(c change.Claim) string { return c.Sighting })
	flags, err := j.said.Flags(ctx)
	if err != nil {
		return err
	}
	k.flags = group(flags, func(f change.Flag) string { return f.Sighting })
	decisions, err := j.said.Decisions(ctx)
	if err != nil {
		return err
	}
	k.decisions = group(decisions, func(d change.Decision) string { return d.Subject })
	k.owned = ownershipOf(j.set.Rules, k.all, decisions)
	answers, err := j.said.Answers(ctx)
	if err != nil {
		return err
	}
	k.answered = map[string]time.Time{}
	for _, a := range answers {
		if j.set.Rules.PersonOf(a.Author) != "" && a.Last.After(k.answered[a.PostingKey]) {
			k.answered[a.PostingKey] = a.Last
		}
	}
	changes, err := j.status.Changes(ctx)
	if err != nil {
		return err
	}
	k.ours = map[int64]bool{}
	for _, c := range changes {
		k.ours[c.ID] = c.Ours
	}
	return nil
}

// sheet is the fact sheet of one standing. Decisions and matches of every
// sighting of the change count; file facts are the standing's own.
func (k known) sheet(st change.Standing) change.Facts {
	f := change.Facts{Standing: st, Ours: k.ours[st.ChangeID]}
	var offered []change.Claim
	for _, s := range k.sightings[st.ChangeID] {
		f.Matches = append(f.Matches, k.matches[s.Key]...)
		f.Decisions = append(f.Decisions, k.decisions[s.Key]...)
		switch s.Kind {
		case change.Carried, change.Dropped:
			if s.Source+"@"+s.Branch != st.Place || (f.Carried != nil && f.Carried.Gone.IsZero()) {
				continue
			}
			c := k.carried[s.Key]
			f.Carried = &change.CarriedFact{
				Sighting: s, Version: c.PV, PinTag: k.pin(c), Toucher: c.Toucher, Touched: c.Touched, Gone: c.Dropped,
			}
			f.Claims, f.Flags = slices.Clone(k.claims[s.Key]), slices.Clone(k.flags[s.Key])
		case change.Posted:
			p := k.posted[s.Key]
			f.Posted = append(f.Posted, change.PostedFact{
				Sighting: s, State: p.State, StateWhy: p.StateReason, LastSign: p.LastSign, Superseded: p.Superseded,
				By: p.AuthorName, Answered: k.answered[p.PostingKey], Ours: k.owned.posts(p),
			})
		case change.Offered:
			outer := strings.TrimSuffix(strings.TrimPrefix(s.Key, "offered:"), ":"+s.Path)
			p := k.posted[change.PostedKey(outer)]
			f.Offered = append(f.Offered, change.OfferedFact{Sighting: s, By: p.AuthorName, Superseded: p.Superseded})
			offered = append(offered, k.claims[s.Key]...)
		}
	}
	f.Claims = append(f.Claims, offered...)
	slices.SortFunc(f.Flags, func(a, b change.Flag) int { return cmp.Compare(a.Role, b.Role) })
	return f
}

func group[K comparable, V any](values []V, key func(V) K) map[K][]V {
	m := map[K][]V{}
	for _, v := range values {
		m[key(v)] = append(m[key(v)], v)
	}
	return m
}

func index[V any](values []V, key func(V) string) map[string]V {
	m := make(map[string]V, len(values))
	for _, v := range values {
		m[key(v)] = v
	}
	return m
}
