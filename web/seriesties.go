package web

import (
	"context"
	"slices"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/web/view"
)

// addTies adds what a series has to do with others.
func (s *Server) addTies(v *view.Series, found store.Series, ties store.Ties) {
	for _, n := range ties.Needs {
		one := view.Needed{Kind: n.Kind, Name: view.Safe(n.ID)}
		if n.Series.ID != 0 {
			t := s.tie(n.Series)
			one.Series = &t
		}
		v.Needs = append(v.Needs, one)
	}
	for _, t := range newestOf(found).Targets {
		where := view.Link{Text: view.Safe(t.Name), Href: sourcesPath}
		if t.Branch != "" {
			where.Text += "@" + view.Safe(t.Branch)
		}
		if t.Kind == string(pipeline.LayerSource) {
			where.Href = view.LayerURL(t.Name)
		}
		v.Targets = append(v.Targets, view.Target{Kind: t.Kind, Where: where, Why: view.Safe(t.Why)})
	}
	for _, r := range ties.Over {
		t := s.tie(r)
		t.Said = saidOf(found.Decisions, t.Key)
		v.Over = append(v.Over, t)
	}
	for _, r := range ties.From {
		v.From = append(v.From, s.tie(r))
	}
	for _, r := range ties.Siblings {
		v.Siblings = append(v.Siblings, s.tie(r))
	}
}

func (s *Server) tie(r store.SeriesRow) view.SeriesTie {
	return view.SeriesTie{SeriesRow: s.seriesRow(r), Branch: view.Safe(r.Branch), Key: change.PostedKey(r.Key)}
}

// saidOf is what a person decided last of a series and the one with this key:
// "join", "separate" or "".
func saidOf(decisions []change.Decision, key string) string {
	for _, d := range slices.Backward(decisions) {
		if (d.Kind == change.Join || d.Kind == change.Separate) && (d.Subject == key || d.Object == key) {
			return string(d.Kind)
		}
	}
	return ""
}

// base is the commit that the newest revision says it was made on, with where
// its project shows it, if that is known.
func (s *Server) base(ctx context.Context, found store.Series) (view.Link, error) {
	newest := newestOf(found)
	if newest.Base == "" {
		return view.Link{}, nil
	}
	link := view.Link{Text: shortHash(view.Safe(newest.Base))}
	sources, err := s.store.Sources(ctx)
	if err != nil {
		return link, err
	}
	for _, project := range projectsOf(newest) {
		for _, src := range sources {
			if src.Kind == pipeline.ProjectSource && src.Name == project && isHash(newest.Base) && link.Href == "" {
				link.Href = view.ForgeURL(src.Location, "commit", newest.Base)
			}
		}
	}
	return link, nil
}

// sourcesPath is where projects are shown.
const sourcesPath = "/sources"

// newestOf is the newest revision, zero where there is none.
func newestOf(found store.Series) store.Posting {
	if n := len(found.Postings); n > 0 {
		return found.Postings[n-1]
	}
	return store.Posting{}
}

// projectsOf are the projects that a posting is meant for, or was found in.
func projectsOf(p store.Posting) []string {
	var names []string
	for _, t := range p.Targets {
		if t.Kind == string(pipeline.ProjectSource) {
			names = append(names, t.Name)
		}
	}
	for _, m := range p.Parts {
		if m.Match.Project != "" && m.Match.Verdict != change.None {
			names = append(names, m.Match.Project)
		}
	}
	return slices.Compact(names)
}
