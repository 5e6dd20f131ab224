package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/diffmatch"
	"github.com/upstreamd/upstreamd/internal/git"
)

// matchVersion is part of the fingerprint of a match: raise it when the engine
// answers better, and every patch is matched again.
const matchVersion = "4"

const (
	matchBatch   = 200 // patches that are matched and stored in one step
	matchWorkers = 4
)

// A matchStore is what [Matcher] needs of the store to match patches with
// commits.
type matchStore interface {
	Matches(ctx context.Context) ([]change.Match, error)
	PutMatches(ctx context.Context, matches []change.Match) error
	DeleteMatches(ctx context.Context, project string, sightings []string) error
}

// A patchStore has all patches that were seen.
type patchStore interface {
	CarriedPatches(ctx context.Context) ([]Carried, error)
	PostedPatches(ctx context.Context) ([]Posted, error)
}

// A Matcher is the stage in which sightings of one change find each other:
// patches in patches are read, patches of ours find those of upstream layers,
// every patch finds its commit, and patches one another.
type Matcher struct {
	store   matchStore
	patches patchStore
	aims    aimStore
	nested  nestedStore
	twins   twinStore
	changes changeStore
	refs    tipStore
	sources sourceLog
	mails   mailReader
	set     Settings
}

// MatchStores are the parts of the store that the match stage works on; all
// are needed.
type MatchStores struct {
	Matches matchStore
	Patches patchStore
	Aims    aimStore
	Nested  nestedStore
	Twins   twinStore
	Changes changeStore
	Refs    tipStore
	Sources sourceLog
	Mails   mailReader
}

// NewMatcher returns the match stage.
func NewMatcher(st MatchStores, set Settings) *Matcher {
	return &Matcher{
		store: st.Matches, patches: st.Patches, aims: st.Aims, nested: st.Nested, twins: st.Twins, changes: st.Changes, refs: st.Refs, sources: st.Sources, mails: st.Mails,
		set: set,
	}
}

// Stage is the match stage.
func (m *Matcher) Stage() Stage {
	return Stage{Name: "match", Every: 5 * time.Minute, Run: whole(m.run)}
}

// with is the stage with other settings.
func (m *Matcher) with(set Settings) *Matcher {
	other := *m
	other.set = set
	return &other
}

// run matches what is new with what is there, and the other way round.
func (m *Matcher) run(ctx context.Context) (Report, error) {
	var rep Report
	set, err := m.set.Resolve(ctx, m.aims)
	if err != nil {
		return rep, err
	}
	m = m.with(set)
	patches := NewPatches(m.mails, m.set)
	patches.refs = m.refs
	defer patches.Close()
	found, err := m.found(ctx, patches, &rep)
	if err != nil {
		return rep, err
	}
	matched, err := m.commits(ctx, patches.sightings(found), &rep)
	if err != nil {
		return rep, err
	}
	changed, err := m.groupChanges(ctx, found, patches)
	if err != nil {
		return rep, err
	}
	if matched > 0 || changed > 0 {
		rep.Done = fmt.Sprintf("%d patches compared with commits, %d changes new or different", matched, changed)
	}
	return rep, nil
}

// found are the patches that can be matched: those that other stages stored,
// and those that are found by looking into them and into upstream layers.
func (m *Matcher) found(ctx context.Context, patches *Patches, rep *Report) (f found, err error) {
	if f.carried, err = m.patches.CarriedPatches(ctx); err != nil {
		return f, err
	}
	if f.posted, err = m.patches.PostedPatches(ctx); err != nil {
		return f, err
	}
	if f.targets, err = m.aim(ctx, f.posted, patches); err != nil {
		return f, err
	}
	if f.nested, err = m.nest(ctx, f.posted, patches); err != nil {
		return f, err
	}
	f.twins, err = m.findTwins(ctx, f, patches, rep)
	return f, err
}

// commits matches every patch with the commits of its projects, where patch or
// project are not as they were.
func (m *Matcher) commits(ctx context.Context, all []seen, rep *Report) (matched int, err error) {
	tips, err := projectTips(ctx, m.refs)
	if err != nil {
		return 0, err
	}
	was, err := m.store.Matches(ctx)
	if err != nil {
		return 0, err
	}
	known := make(map[string]string, len(was))
	for _, k := range was {
		known[k.Sighting+"\x1f"+k.Project] = k.Tips
	}
	decisions, err := m.changes.Decisions(ctx)
	if err != nil {
		return 0, err
	}
	byHand := map[string]map[string]string{}
	for _, p := range m.set.Projects {
		byHand[p.Name] = linked(decisions, p.Name)
	}
	if err := m.forget(ctx, all, was, byHand); err != nil {
		return 0, err
	}
	for _, p := range m.set.Projects {
		if len(tips[p.Name]) == 0 {
			continue // not fetched yet: the fetch stage has said why
		}
		read, todo := p.wanted(all, tips[p.Name], known, byHand[p.Name])
		n, err := m.project(ctx, p, tips[p.Name], read, todo)
		matched += n
		problem := ""
		switch {
		case ctx.Err() != nil:
			return matched, ctx.Err()
		case errors.Is(err, git.ErrNotFound): // the fetch stage has said why
		case err != nil:
			problem = err.Error()
			rep.problem("project "+p.Name, err)
		}
		if err := m.set.mark(ctx, m.sources, "match", Source{Kind: ProjectSource, Name: p.Name}, problem); err != nil {
			return matched, err
		}
	}
	return matched, nil
}

// forget drops the matches of patches with projects that they are not meant
// for any more, because the configuration has changed. What a layer dropped
// keeps its match. ByHand are the commits that people linked, by project and
// sighting; every configured project is in it.
func (m *Matcher) forget(ctx context.Context, all []seen, was []change.Match, byHand map[string]map[string]string) error {
	meant := index(all, func(s seen) string { return s.key })
	stale := map[string][]string{}
	for _, k := range was {
		s, here := meant[k.Sighting]
		links, configured := byHand[k.Project]
		if !configured || !here && derived(k.Sighting) ||
			here && !s.dropped && !slices.Contains(s.projects, k.Project) && links[k.Sighting] == "" {
			stale[k.Project] = append(stale[k.Project], k.Sighting)
		}
	}
	for _, project := range sortedKeys(stale) {
		if err := m.store.DeleteMatches(ctx, project, stale[project]); err != nil {
			return err
		}
	}
	return nil
}

// derived says whether a sighting is there only as long as this stage finds it
// in something else.
func derived(key string) bool {
	return strings.HasPrefix(key, "offered:") || strings.HasPrefix(key, "elsewhere:")
}

// wanted are the patches that have to be compared with the project's commits,
// each with the match to be answered: those that may be meant for it, and
// those that a person linked with one of its commits, where patch, project or
// link are not those of the known match.
func (p Project) wanted(all []seen, tips []git.Tip, known, byHand map[string]string) (read []seen, todo []change.Match) {
	searched := fingerprint(matchVersion, tipsPrint(tips), strings.Join(p.Branches, " "), strings.Join(p.Staging, " "))
	for _, s := range all {
		hash := byHand[s.key]
		if s.dropped || hash == "" && !slices.Contains(s.projects, p.Name) {
			continue
		}
		print := fingerprint(searched, s.content, hash)
		if known[s.key+"\x1f"+p.Name] == print {
			continue
		}
		read = append(read, s)
		todo = append(todo, change.Match{Sighting: s.key, Project: p.Name, Tips: print, Verdict: change.None, Commit: hash})
	}
	return read, todo
}

// linked are the commits of a project that people linked with sightings by
// hand, and did not reject since. Who confirms what the engine found leaves it
// to the engine again.
func linked(decisions []change.Decision, project string) map[string]string {
	hashes := map[string]string{}
	for _, d := range decisions { // in the order in which they were made
		hash, ok := strings.CutPrefix(d.Object, change.CommitKey(project, ""))
		switch {
		case ok && d.Kind == change.Link:
			hashes[d.Subject] = hash
		case ok && d.Kind == change.Confirm, ok && d.Kind == change.Reject && hashes[d.Subject] == hash:
			delete(hashes, d.Subject)
		}
	}
	return hashes
}

// project answers todo, the matches wanted for the patches read, in one
// project. A commit that a match has already was linked by hand. It returns how
// many it answered.
func (m *Matcher) project(ctx context.Context, p Project, tips []git.Tip, read []seen, todo []change.Match) (answered int, err error) {
	if len(todo) == 0 {
		return 0, nil
	}
	repo, index, err := openIndex(ctx, p, recorded{m.refs, m.set})
	if err != nil {
		return 0, err
	}
	var revs []string
	for _, t := range tips {
		revs = append(revs, t.Hash)
	}
	view, err := index.Within(ctx, revs...)
	if err != nil {
		return 0, err
	}
	holds, err := repo.Containment(ctx, tips)
	if err != nil {
		return 0, err
	}
	for start := 0; start < len(todo); start += matchBatch {
		m.set.Progress.Report("match "+p.Name, start, len(todo))
		end := min(start+matchBatch, len(todo))
		if err := m.batch(ctx, view, read[start:end], todo[start:end]); err != nil {
			return start, err
		}
		for i := start; i < end; i++ {
			p.place(&todo[i], view, holds)
		}
		if err := m.store.PutMatches(ctx, todo[start:end]); err != nil {
			return start, err
		}
	}
	return len(todo), nil
}

// batch reads patches one after the other and matches them side by side.
func (m *Matcher) batch(ctx context.Context, view *diffmatch.View, read []seen, todo []change.Match) error {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(matchWorkers)
	for i, s := range read {
		if _, ok := view.Commit(todo[i].Commit); ok { // a person's word needs no comparison
			answer(&todo[i], diffmatch.Result{Verdict: diffmatch.Merged, Commit: todo[i].Commit, Commits: []string{todo[i].Commit}, Confidence: 1, Method: "by hand"}, view)
			continue
		}
		todo[i].Commit = ""
		p, err := s.read(ctx)
		if err != nil && unreadable(err) {
			todo[i].Method = "unreadable: " + err.Error()
			continue
		} else if err != nil {
			return errors.Join(fmt.Errorf("%s: %w", s.key, err), g.Wait())
		}
		g.Go(func() error {
			res, err := view.Match(gctx, p, diffmatch.Options{})
			if err != nil {
				return err
			}
			answer(&todo[i], res, view)
			return nil
		})
	}
	return g.Wait()
}

// answer puts what the engine says into the match.
func answer(m *change.Match, r diffmatch.Result, view *diffmatch.View) {
	m.Verdict, m.Commit, m.Commits, m.Confidence = change.Verdict(r.Verdict), r.Commit, r.Commits, r.Confidence
	m.Method, m.RevertedBy = r.Method, r.RevertedBy
	m.Evidence = evidence(r.Evidence)
	if c, ok := view.Commit(r.Commit); ok {
		m.Subject, m.Author, m.CommitTime = c.Subject, c.Author, c.CommitTime
	}
}

// place says which branches and tags have the commit of a match or one that
// was picked from it, and the others too where the change landed in pieces.
func (p Project) place(m *change.Match, view *diffmatch.View, holds *git.Containment) {
	if m.Commit == "" {
		return
	}
	having := func(commit string) []string {
		refs := holds.Refs(commit)
		for _, pick := range view.Picks(commit) {
			for _, ref := range holds.Refs(pick) {
				if !slices.Contains(refs, ref) {
					refs = append(refs, ref)
				}
			}
		}
		return refs
	}
	refs := having(m.Commit)
	for _, piece := range m.Commits {
		if piece == m.Commit {
			continue
		}
		with := having(piece)
		refs = slices.DeleteFunc(refs, func(ref string) bool { return !slices.Contains(with, ref) })
	}
	landed := false
	for _, ref := range refs {
		branch, ok := branchOf(ref)
		if !ok {
			m.Tags = append(m.Tags, strings.TrimPrefix(ref, "refs/tags/"))
			landed = true
			continue
		}
		m.Branches = append(m.Branches, branch)
		landed = landed || !p.stages(branch)
	}
	p.SortTags(m.Tags)
	m.Queued = !landed
}
