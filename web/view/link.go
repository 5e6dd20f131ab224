package view

import (
	"fmt"
	"net/url"
	"strconv"

	"github.com/upstreamd/upstreamd/internal/change"
)

// ChangeURL is the page of a change.
func ChangeURL(id int64) string { return fmt.Sprintf("/changes/%d", id) }

// SeriesURL is the page of a series.
func SeriesURL(id int64) string { return fmt.Sprintf("/series/%d", id) }

// MessageURL is the page of a mail by its message-id, without <>.
func MessageURL(id string) string { return "/m/" + url.PathEscape(id) }

// LayerURL is the page of a layer by its name.
func LayerURL(name string) string { return "/layers/" + url.PathEscape(name) }

// A ChangeFilter narrows the list of changes. Zero values do not.
type ChangeFilter struct {
	Text   string
	Status change.Status
	Action change.Action
	Owner  string // a name, or [Nobody]
	Place  string
	Whose  string // "" is ours, [Everybody] all
	Page   int    // from 0
}

// Nobody, as an owner in a filter, finds what has no owner; Everybody, as
// whose, finds also the changes of others.
const (
	Nobody    = "nobody"
	Everybody = "all"
)

// URL is the list of changes with this filter.
func (f ChangeFilter) URL() string {
	return withQuery("/changes", []string{
		"q", f.Text, "status", string(f.Status), "action", string(f.Action),
		"owner", f.Owner, "place", f.Place, "whose", f.Whose, "page", pageNumber(f.Page),
	})
}

// Narrow says whether the filter leaves anything out.
func (f ChangeFilter) Narrow() bool {
	return f.Text != "" || f.Status != "" || f.Action != "" || f.Owner != "" || f.Place != ""
}

// A SeriesFilter narrows the list of series.
type SeriesFilter struct {
	Text, State, Whose string
	Waiting            string // "us", "author", "them"
	List               string
	Page               int // from 0
}

// URL is the list of series with this filter.
func (f SeriesFilter) URL() string {
	return withQuery("/series", []string{
		"q", f.Text, "state", f.State, "whose", f.Whose, "waiting", f.Waiting, "list", f.List, "page", pageNumber(f.Page),
	})
}

// A LayerFilter says what of a layer is shown.
type LayerFilter struct {
	Layer string
	Show  string // "patches", "first", "duplicates", "claims", "news", "recipes"
	Text  string
	Kind  string // of duplicates, truths or news; "" is all
	Owner string // of patches to upstream first; "" is all
	Open  bool   // only duplicates without a verdict
	Page  int
}

// URL is the page of the layer with this filter.
func (f LayerFilter) URL() string {
	open := ""
	if f.Open {
		open = "yes"
	}
	return withQuery(LayerURL(f.Layer), []string{
		"show", f.Show, "q", f.Text, "kind", f.Kind, "owner", f.Owner, "open", open, "page", pageNumber(f.Page),
	})
}

// RecipeURL is the page of all that layers have of a PN.
func RecipeURL(pn string) string { return "/recipes/" + url.PathEscape(pn) }

// DuplicateURL is the page of what a local layer and another one have, both.
func DuplicateURL(d change.DuplicateName) string {
	return withQuery("/duplicates", []string{"layer", d.Layer, "kind", d.Kind, "other", d.Other, "name", d.Name})
}

// pageNumber is a page number as in a query: the first needs none.
func pageNumber(n int) string {
	if n <= 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// withQuery adds the pairs whose value is not empty.
func withQuery(path string, pairs []string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// A Pager says which rows of a long list are shown.
type Pager struct {
	From, To, Total int    // rows, counted from 1
	Over            bool   // there are more than Total, that nobody counted
	Prev, Next      string // URLs; "" where there is no such page
}

// NewPager is the pager of page n (from 0) of total rows; link gives a page's URL.
func NewPager(n, size, total int, link func(int) string) Pager {
	p := Pager{From: min(n*size+1, total), To: min((n+1)*size, total), Total: total}
	if n > 0 {
		p.Prev = link(n - 1)
	}
	if p.To < total {
		p.Next = link(n + 1)
	}
	return p
}

// Capped says that no more than most rows were counted, and shows no others.
func (p Pager) Capped(most int) Pager {
	if p.Total > most {
		p.Total, p.Over = most, true
	}
	if p.To >= most {
		p.To, p.Next = most, ""
	}
	return p
}

// all is how many rows there are, in words.
func (p Pager) all(noun string) string {
	if p.Over {
		return "more than " + plural(p.Total, noun)
	}
	return plural(p.Total, noun)
}

// placeURL is the layer that a place "layer@branch" names.
func placeURL(place string) string {
	for i := len(place) - 1; i > 0; i-- {
		if place[i] == '@' {
			return LayerURL(place[:i])
		}
	}
	return LayerURL(place)
}
