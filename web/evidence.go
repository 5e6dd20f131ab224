package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/patch"
	"github.com/upstreamd/upstreamd/web/view"
)

// comparedShown is how many commits are put beside the patch on one page.
const comparedShown = 3

// evidence is one entry for each commit that a match or a person names, best
// first.
func (b *changeBuilder) evidence() []view.Evidence {
	byCommit := map[string]*view.Evidence{}
	var keys []string
	entry := func(key string) *view.Evidence {
		if byCommit[key] == nil {
			byCommit[key] = &view.Evidence{Key: key}
			keys = append(keys, key)
		}
		return byCommit[key]
	}
	for _, m := range b.c.Matches {
		if m.Verdict != change.None && m.Commit != "" {
			b.addMatch(entry(change.CommitKey(m.Project, m.Commit)), m)
		}
	}
	for _, d := range b.c.Decisions { // oldest first: the newest stays
		project, hash, ok := cutCommitKey(d.Object)
		if !ok || (d.Kind != change.Confirm && d.Kind != change.Reject && d.Kind != change.Link) {
			continue
		}
		e := entry(d.Object)
		e.Project, e.Commit = project, hash
		e.Confirmed, e.Rejected = d.Kind != change.Reject, d.Kind == change.Reject
		e.Said = fmt.Sprintf("%s said %s on %s", d.By, yesNo(e.Confirmed), d.At.UTC().Format("2006-01-02"))
	}
	out := make([]view.Evidence, 0, len(keys))
	for _, k := range keys {
		e := *byCommit[k]
		slices.SortStableFunc(e.Matches, func(a, c view.Match) int {
			return cmp.Or(verdictRank(a.Verdict)-verdictRank(c.Verdict), cmp.Compare(c.Confidence, a.Confidence))
		})
		out = append(out, e)
	}
	slices.SortStableFunc(out, func(a, c view.Evidence) int { return evidenceRank(a) - evidenceRank(c) })
	return out
}

// addMatch adds what one sighting says for a commit.
func (b *changeBuilder) addMatch(e *view.Evidence, m change.Match) {
	e.Project, e.Commit, e.Subject, e.Author = m.Project, m.Commit, view.Safe(m.Subject), view.Safe(m.Author)
	e.At, e.RevertedBy, e.Queued, e.Branches, e.Tags = b.when(m.CommitTime), m.RevertedBy, m.Queued, m.Branches, m.Tags
	row := view.Match{Sighting: m.Sighting, Where: b.where(m.Sighting), Verdict: m.Verdict, Confidence: m.Confidence, Method: m.Method}
	for _, p := range m.Evidence {
		row.Points = append(row.Points, change.Evidence{Kind: p.Kind, Score: p.Score, Weight: p.Weight, Detail: view.Safe(p.Detail)})
	}
	e.Matches = append(e.Matches, row)
}

// looked are the projects that were searched without finding the change, and
// the reasons why a sighting could not be searched for.
func (b *changeBuilder) looked(found []view.Evidence) (projects, unread []string) {
	for _, m := range b.c.Matches {
		has := slices.ContainsFunc(found, func(e view.Evidence) bool { return e.Project == m.Project })
		if why, ok := strings.CutPrefix(m.Method, "unreadable: "); ok && m.Verdict == change.None {
			unread = append(unread, b.where(m.Sighting)+": "+view.Safe(why))
		} else if !has {
			projects = append(projects, m.Project)
		}
	}
	slices.Sort(projects)
	return slices.Compact(projects), slices.Compact(unread)
}

// evidenceRank puts what a person confirmed first and what one rejected last;
// between them the surest first.
func evidenceRank(e view.Evidence) int {
	rank := 3
	if len(e.Matches) > 0 {
		rank = 1 + verdictRank(e.Matches[0].Verdict)
	}
	switch {
	case e.Confirmed:
		return 0
	case e.Rejected:
		return 100 + rank
	case e.RevertedBy != "":
		rank += 5
	}
	return rank
}

func verdictRank(v change.Verdict) int {
	return slices.Index([]change.Verdict{change.Merged, change.Probable, change.None}, v)
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

// compare puts the best patch of each of the first commits beside it.
func (s *Server) compare(ctx context.Context, b *changeBuilder, list []view.Evidence) {
	if s.config.CommitDiff == nil || s.config.PatchText == nil {
		return
	}
	shown := 0
	for i := range list {
		e := &list[i]
		if e.Rejected || shown == comparedShown {
			continue
		}
		shown++
		c, err := s.sideBySide(ctx, b, *e)
		if err != nil {
			s.log.Warn("comparison", "commit", e.Commit, "project", e.Project, "error", err)
			e.WhyNot = whyNot(err)
			continue
		}
		e.Compared = &c
	}
}

// Why there is no comparison, as far as a person should know.
var (
	errNoPatch  = errors.New("the patch is not here any more")
	errNoCommit = errors.New("the commit is not in the mirror, or too large to show")
)

// sideBySide reads a patch and a commit and compares them.
func (s *Server) sideBySide(ctx context.Context, b *changeBuilder, e view.Evidence) (view.Comparison, error) {
	key := b.subject()
	if len(e.Matches) > 0 {
		key = e.Matches[0].Sighting
	}
	text, err := s.config.PatchText(ctx, b.byKey[key])
	if err != nil {
		return view.Comparison{}, fmt.Errorf("%w: %w", errNoPatch, err)
	}
	p, err := patch.Parse(text)
	if err != nil && len(p.Files) == 0 {
		return view.Comparison{}, fmt.Errorf("%w: %w", errNoPatch, err)
	}
	diff, err := s.config.CommitDiff(ctx, e.Project, e.Commit)
	if err != nil {
		return view.Comparison{}, fmt.Errorf("%w: %w", errNoCommit, err)
	}
	files, err := patch.ParseDiff(diff)
	if err != nil && len(files) == 0 {
		return view.Comparison{}, fmt.Errorf("%w: %w", errNoCommit, err)
	}
	c := view.Compare(p.Files, files)
	c.Left, c.Right = "Patch: "+b.where(key), "Commit "+shortHash(e.Commit)+" of "+e.Project
	return c, nil
}

// whyNot is an error in words for the page; the log has the rest.
func whyNot(err error) string {
	for _, known := range []error{errNoPatch, errNoCommit} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return "it could not be made"
}
