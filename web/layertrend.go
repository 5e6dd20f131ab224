package web

import (
	"slices"

	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/web/view"
)

// How many points of a history are drawn: on the page of a layer, and small in
// the list of layers.
const (
	trendPoints = 60
	sparkPoints = 32
)

// thinned are at most n of a list, evenly, with the first and the last.
func thinned[T any](list []T, n int) []T {
	if len(list) <= n {
		return list
	}
	out := make([]T, n)
	for i := range out {
		out[i] = list[i*(len(list)-1)/(n-1)]
	}
	return out
}

// stacked are the words of Upstream-Status as a picture stacks them: what asks
// for work lies lowest.
func stacked() []string {
	return []string{"missing", "malformed", "Pending", "Submitted", "Backport", "Denied", "Inactive-Upstream", "Inappropriate"}
}

// trend is the history of a layer as a picture.
func (s *Server) trend(l store.Layer) view.Trend {
	var t view.Trend
	points := thinned(l.History, trendPoints)
	for _, w := range stacked() {
		if slices.ContainsFunc(points, func(h store.Held) bool { return h.Claims[w] > 0 }) {
			t.Words = append(t.Words, w)
		}
	}
	for _, h := range points {
		p := view.TrendPoint{
			At: s.when(h.At), Recipes: h.Recipes, Appends: h.Appends, Patches: h.Patches, Forks: h.Forks,
			Commit: view.Link{Text: shortHash(view.Safe(h.Commit)), Href: view.ForgeURL(l.Location, "commit", h.Commit)},
		}
		for _, w := range t.Words {
			p.Claims = append(p.Claims, h.Claims[w])
		}
		t.Points = append(t.Points, p)
	}
	return t
}
