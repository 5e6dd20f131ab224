package pipeline

import (
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
const judgeVersion = "10"

// A factStore is what [Judger] reads.
type factStore interface {
	Sightings(ctx context.Context) ([]change.Sighting, error)
	CarriedPatches(ctx context.Context) ([]Carried, error)
	PostedPatches(ctx context.Context) ([]Posted, error)
	Matches(ctx context.Context) ([]change.Match, error)
}

// A fileStore has the paths that posted patches touch, and the recipes of
// layers.
type fileStore interface {
	remoteStore
	Versions(ctx context.Context) ([]RecipeVersion, error)
	PostedFiles(ctx context.Context, messageIDs []string) (map[string][]string, error)
}

// A newsStore says whether there is anything to judge: without it a look every
// minute would read the whole database.
type newsStore interface {
	cursorStore
	// Unjudged are notes of what was written since the last judging.
	Unjudged(ctx context.Context) ([]int64, error)
	DropUnjudged(ctx context.Context, notes []int64) error
	// NextJudging is when the clock alone may change a judgement; zero is never.
	NextJudging(ctx context.Context) (time.Time, error)
}

// A saidStore is what people, files and tests said: the rest of what [Judger]
// reads.
type saidStore interface {
	Claims(ctx context.Context) ([]change.Claim, error)
	Flags(ctx context.Context) ([]change.Flag, error)
	Decisions(ctx context.Context) ([]change.Decision, error)
}

// A statusStore is what [Judger] writes.
type statusStore interface {
	txer
	Standings(ctx context.Context) ([]change.Standing, error)
	Changes(ctx context.Context) ([]change.Change, error)
	Statuses(ctx context.Context) (map[int64]JudgedAt, error)
	PutStatuses(ctx context.Context, judged []Judged) error
}

// A Judger is the stage that derives how reviews go, status and next action.
type Judger struct {
	news   newsStore
	series reviewStore
	facts  factStore
	files  fileStore
	said   saidStore
	truth  truthStore
	status statusStore
	refs   tipStore
	set    Settings
}

// JudgeStores are the parts of the store that the judge stage works on; all are
// needed.
type JudgeStores struct {
	News   newsStore
	Series reviewStore
	Facts  factStore
	Files  fileStore
	Said   saidStore
	Truth  truthStore
	Status statusStore
	Refs   tipStore
}

// NewJudger returns the judge stage.
func NewJudger(st JudgeStores, set Settings) *Judger {
	return &Judger{
		news: st.News, series: st.Series, facts: st.Facts, files: st.Files, said: st.Said, truth: st.Truth, status: st.Status, refs: st.Refs, set: set,
	}
}

// Stage is the judge stage.
func (j *Judger) Stage() Stage {
	return Stage{Name: "judge", Every: time.Minute, Run: whole(j.run)}
}

// run judges all that there is news of. Two processes that do so at once write
// the same.
func (j *Judger) run(ctx context.Context) (Report, error) {
	settings, err := j.settings()
	if err != nil {
		return Report{}, err
	}
	if idle, err := j.idle(ctx, settings); err != nil || idle {
		return Report{}, err
	}
	var done []string
	err = j.status.InTx(ctx, func(ctx context.Context) error {
		notes, err := j.news.Unjudged(ctx) // first: what is written from now on is for the next run
		if err != nil {
			return err
		}
		if done, err = j.judge(ctx); err != nil {
			return err
		}
		if err := j.news.DropUnjudged(ctx, notes); err != nil {
			return err
		}
		return j.news.SetCursor(ctx, "judge", "settings", settings)
	})
	return Report{Done: strings.Join(done, ", ")}, err
}

// settings is the fingerprint of all that judging depends on besides what is
// stored and the clock.
func (j *Judger) settings() (string, error) {
	b, err := json.Marshal([]any{j.set.Rules, j.set.Layers, j.set.Projects, j.set.Lists})
	return fingerprint(judgeVersion, string(b)), err
}

// idle says whether nothing was written since the last judging, the settings
// are the same, and no judgement is out of date.
func (j *Judger) idle(ctx context.Context, settings string) (bool, error) {
	notes, err := j.news.Unjudged(ctx)
	if err != nil || len(notes) > 0 {
		return false, err
	}
	was, err := j.news.Cursor(ctx, "judge", "settings")
	if err != nil || was != settings {
		return false, err
	}
	next, err := j.news.NextJudging(ctx)
	return next.IsZero() || j.set.now().Before(next), err
}

// judge judges series and then, knowing how their reviews go, claims and
// standings.
func (j *Judger) judge(ctx context.Context) (done []string, err error) {
	resolved := *j
	if resolved.set, err = j.set.Resolve(ctx, j.files); err != nil {
		return nil, err
	}
	j = &resolved
	k, err := j.read(ctx)
	if err != nil {
		return nil, err
	}
	reviews, err := j.reviews(ctx, k)
	if err != nil {
		return nil, err
	}
	if err := j.series.PutReviews(ctx, reviews); err != nil {
		return nil, err
	}
	if len(reviews) > 0 {
		done = append(done, fmt.Sprintf("%d of %d series", len(reviews), len(k.reviews)))
	}
	checks := k.truths(j.set)
	if err := j.truth.PutTruths(ctx, checks); err != nil {
		return nil, err
	}
	k.checks = index(checks, func(c change.ClaimCheck) string { return c.Sighting })
	standings, all, err := j.standings(ctx, k)
	if err != nil {
		return nil, err
	}
	if len(standings) > 0 {
		done = append(done, fmt.Sprintf("%d of %d standings", len(standings), all))
	}
	if len(done) > 0 {
		done[len(done)-1] += " judged"
	}
	return done, j.status.PutStatuses(ctx, standings)
}

// standings judges every standing whose facts are not those of its last
// judgement, and every one whose judgement was good until a moment that has
// come.
func (j *Judger) standings(ctx context.Context, k *known) (judged []Judged, all int, err error) {
	sheets, err := j.sheets(ctx, k)
	if err != nil {
		return nil, 0, err
	}
	was, err := j.status.Statuses(ctx)
	if err != nil {
		return nil, 0, err
	}
	now := j.set.now()
	for _, f := range sheets {
		inputs, err := j.inputs(f)
		if err != nil {
			return nil, 0, err
		}
		if before, ok := was[f.Standing.ID]; ok && before.holds(inputs, now) {
			continue
		}
		judged = append(judged, Judged{f.Standing.ID, change.Judge(f, j.set.Rules, now), inputs})
	}
	return judged, len(sheets), nil
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
	home      map[string]int64            // change of carried and posted sightings
	carries   map[int64]bool              // changes that a local layer carries
	carried   map[string]Carried
	all       []Posted
	posted    map[string]Posted
	matches   map[string][]change.Match
	claims    map[string][]change.Claim
	flags     map[string][]change.Flag
	named     map[string][]change.NamedCommit // by carried patch
	shown     map[string]string               // message-ids by the address where a list shows the mail
	covers    map[string]Posted               // first patch of a posting, by message-id of the cover letter
	decisions map[string][]change.Decision
	ofSeries  map[string][]change.Decision // about whole series
	verdicts  map[duplicated][]change.Decision
	owned     ownership
	ours      map[int64]bool
	pin       func(Carried) string // the project's tag for the recipe's version
	stages    func(project, branch string) bool

	// as judged
	reviews map[string]*review           // by series
	checks  map[string]change.ClaimCheck // by carried patch
	depends dependencies
	outlets *outlets
	files   map[string][]string // that patches of ours touch, by message-id
}

func (j *Judger) read(ctx context.Context) (*known, error) {
	k := &known{home: map[string]int64{}, carries: map[int64]bool{}}
	sightings, err := j.facts.Sightings(ctx)
	if err != nil {
		return nil, err
	}
	k.locate(sightings)
	carried, err := j.facts.CarriedPatches(ctx)
	if err != nil {
		return nil, err
	}
	k.carried = index(carried, func(c Carried) string { return c.Key })
	if k.all, err = j.facts.PostedPatches(ctx); err != nil {
		return nil, err
	}
	k.posted = index(k.all, func(p Posted) string { return p.Key })
	k.covers = map[string]Posted{}
	for _, p := range k.all {
		if have, ok := k.covers[p.Cover]; p.Cover != "" && (!ok || p.Part < have.Part) {
			k.covers[p.Cover] = p
		}
	}
	matches, err := j.facts.Matches(ctx)
	if err != nil {
		return nil, err
	}
	k.matches = group(matches, func(m change.Match) string { return m.Sighting })
	tags, err := projectTags(ctx, j.refs)
	if err != nil {
		return nil, err
	}
	k.stages = j.set.stages
	k.pin = func(c Carried) string {
		if c.Kind == CarriedDelta || c.Floating {
			return ""
		}
		p, _ := j.set.ProjectOf(c.Recipe)
		return p.TagOf(c.PV, tags[p.Name])
	}
	return k, j.readSaid(ctx, k)
}

// locate notes of which change sightings are, and what is carried.
func (k *known) locate(sightings []change.Sighting) {
	k.sightings = group(sightings, func(s change.Sighting) int64 { return s.ChangeID })
	for _, s := range sightings {
		switch s.Kind {
		case change.Carried:
			k.carries[s.ChangeID] = true
			k.home[s.Key] = s.ChangeID
		case change.Posted, change.Dropped, change.Offered:
			k.home[s.Key] = s.ChangeID
		}
	}
}

// stages says whether a branch of a project only counts as queued.
func (s Settings) stages(project, branch string) bool {
	return slices.ContainsFunc(s.Projects, func(p Project) bool { return p.Name == project && p.stages(branch) })
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
	named, err := j.truth.Named(ctx)
	if err != nil {
		return err
	}
	k.named = map[string][]change.NamedCommit{}
	for _, n := range named {
		k.named[n.Sighting] = append(k.named[n.Sighting], n.NamedCommit)
	}
	if k.shown, err = shownAt(ctx, j.truth, k.carried); err != nil {
		return err
	}
	decisions, err := j.said.Decisions(ctx)
	if err != nil {
		return err
	}
	k.decisions = group(decisions, func(d change.Decision) string { return d.Subject })
	k.verdicts = verdictsOf(decisions)
	k.ofSeries = seriesDecisions(k.all, decisions)
	k.owned = ownershipOf(j.set.Rules, k.all, decisions)
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
