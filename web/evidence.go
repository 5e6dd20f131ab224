package web

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/web/view"
)

const (
	comparedShown = 3   // commits that are put beside the patch on one page
	rowsShown     = 400 // rows of the comparisons after the first; longer ones have a page of their own
	piecesShown   = 8
)

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
		e.Href = b.forge(e.Project, "commit", e.Commit)
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
	e.At, e.RevertedBy, e.RevertHref = b.when(m.CommitTime), m.RevertedBy, b.forge(m.Project, "commit", m.RevertedBy)
	e.Where = b.whereIs(m)
	for _, hash := range firstN(m.Commits, piecesShown) {
		if len(m.Commits) > 1 && len(e.Pieces) < len(m.Commits) {
			e.Pieces = append(e.Pieces, b.piece(m, hash))
		}
	}
	e.Matches = append(e.Matches, view.Match{
		Sighting: m.Sighting, Where: b.named(m.Sighting).What, Verdict: m.Verdict, Confidence: m.Confidence, Method: m.Method,
		Points: view.NewPoints(m.Evidence),
	})
}

// piece is one of the commits in which a change landed; [Server.compare] says
// how much of it.
func (b *changeBuilder) piece(m change.Match, hash string) view.Piece {
	p := view.Piece{
		Commit: view.Link{Text: shortHash(hash), Href: b.forge(m.Project, "commit", hash)},
		Page:   view.CompareURL(b.c.ID, m.Sighting, change.CommitKey(m.Project, hash)),
	}
	if hash == m.Commit {
		p.Subject = view.Safe(m.Subject)
	}
	return p
}

func firstN[T any](list []T, n int) []T { return list[:min(n, len(list))] }

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
	shown := 0
	for i := range list {
		e := &list[i]
		if e.Rejected || shown == comparedShown || !s.compares() {
			continue
		}
		shown++
		if err := b.beside(ctx, e, i); err != nil {
			s.log.Warn("comparison", "commit", e.Commit, "project", e.Project, "error", err)
			e.WhyNot = whyNot(err)
		}
	}
}

// beside compares the best patch of the evidence with its commit, or with all
// commits where it landed in pieces.
func (b *changeBuilder) beside(ctx context.Context, e *view.Evidence, i int) error {
	key := b.subject()
	if len(e.Matches) > 0 {
		key = e.Matches[0].Sighting
	}
	left, err := b.read(ctx, key)
	if err != nil {
		return err
	}
	keys := []string{e.Key}
	for _, m := range b.c.Matches {
		if m.Sighting == key && m.Project == e.Project && m.Commit == e.Commit && len(m.Commits) > 1 {
			keys = keys[:0]
			for _, hash := range firstN(m.Commits, piecesShown) {
				keys = append(keys, change.CommitKey(m.Project, hash))
			}
		}
	}
	var rights []side
	for _, k := range keys {
		right, err := b.read(ctx, k)
		if err != nil {
			return err
		}
		rights = append(rights, right)
	}
	if len(rights) > 1 {
		for n := range min(len(e.Pieces), len(rights)) {
			c := view.Compare(left.files, rights[n].files)
			e.Pieces[n].Found, e.Pieces[n].Lines = c.LeftSide.Found, c.LeftSide.Lines
		}
	}
	c := versus(left, together(rights))
	c.ID = i
	e.Page = view.CompareURL(b.c.ID, key, e.Key)
	c.Shorten(view.AllURL(b.c.ID, key, e.Key))
	if i > 0 && c.Rows() > rowsShown {
		e.Summary = c.Words
		return nil
	}
	e.Compared = &c
	return nil
}
