package web

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/upstreamd/upstreamd/internal/mailing"
	"github.com/upstreamd/upstreamd/internal/series"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/web/view"
)

// marksShown bounds the marks of one lane.
const marksShown = 400

// An event is one thing that happened in a review.
type event struct {
	series.Sign
	who string
}

// reviewChart is the review of all revisions over time. A series to which
// nothing was said has none.
func (s *Server) reviewChart(found store.Series) view.ReviewChart {
	var events []event
	side := map[string]bool{} // addresses of the author's side
	for _, p := range found.Postings {
		side[p.Author] = true
		events = append(events, eventsOf(p)...)
	}
	if len(found.Postings) == 0 || len(events) == 0 {
		return view.ReviewChart{}
	}
	author := "author"
	if found.Ours {
		author = "us"
		for a := range s.config.Addresses {
			side[a] = true
		}
	}
	slices.SortStableFunc(events, func(a, b event) int { return cmp.Or(a.At.Compare(b.At), strings.Compare(a.MessageID, b.MessageID)) })
	from, to := found.Postings[0].Posted, events[len(events)-1].At
	for _, p := range found.Postings {
		to = later(to, p.Posted)
	}
	if found.Waiting.On != "" {
		to = later(to, s.now())
	}
	c := view.ReviewChart{From: s.when(from), To: s.when(to), Words: reviewWords(found, events)}
	at := func(t time.Time) float64 { return 100 * float64(t.Sub(from)) / float64(max(to.Sub(from), 1)) }
	sent := view.ReviewLane{Word: "sent"}
	for _, p := range found.Postings {
		sent.Marks = append(sent.Marks, view.ReviewMark{At: at(p.Posted), Kind: "sent", Label: view.Version(p.Version), Title: s.postingWords(p)})
	}
	lanes := []view.ReviewLane{sent, {Word: author}, {Word: "reviewers"}, {Word: "robots"}}
	for _, e := range events {
		n := 2
		if e.Kind == series.Checked {
			n = 3
		} else if side[e.Address] {
			n = 1
		}
		if len(lanes[n].Marks) < marksShown {
			lanes[n].Marks = append(lanes[n].Marks, view.ReviewMark{At: at(e.At), Kind: string(e.Kind), Bad: e.Bad, Title: s.eventWords(e)})
		}
	}
	for _, l := range lanes {
		if len(l.Marks) > 0 {
			c.Lanes = append(c.Lanes, l)
		}
	}
	return c
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// eventsOf are the signs of a posting, and the answers that have none, such as
// its author's.
func eventsOf(p store.Posting) []event {
	var list []event
	known := map[string]bool{}
	for _, g := range p.Review.Signs {
		known[g.MessageID] = true
		list = append(list, event{g, nameOf(g.Name, g.Address)})
	}
	replies := slices.Clone(p.Replies)
	for _, m := range p.Parts {
		replies = append(replies, m.Replies...)
	}
	for _, r := range replies {
		if known[r.MessageID] {
			continue
		}
		g := series.Sign{Kind: series.Said, MessageID: r.MessageID, Address: r.From, At: r.Sent}
		switch {
		case r.Action == mailing.Ping:
			g.Kind = series.Pinged
		case r.Action == mailing.Applied:
			g.Kind = series.Took
		case len(r.Trailers) > 0:
			g.Kind, g.Text = series.Agreed, r.Trailers[0].Kind
		}
		list = append(list, event{g, nameOf(r.FromName, r.From)})
	}
	return list
}

// eventWords are an event for the pointer.
func (s *Server) eventWords(e event) string {
	words := e.who + " " + view.SignWords(string(e.Kind), e.Bad) + ", " + s.when(e.At).Day()
	if text := view.Safe(e.Text); text != "" {
		words += ": " + text
	}
	return words
}

// reviewWords are the chart in a line: how often it was sent, and what came.
func reviewWords(found store.Series, events []event) string {
	people := map[string]bool{}
	mails := map[string]bool{}
	count := map[series.SignKind]int{}
	robots := 0
	for _, e := range events {
		if e.Kind == series.Checked {
			robots++
			continue
		}
		people[e.Address] = true
		mails[e.MessageID] = true
		count[e.Kind]++
	}
	words := []string{"Sent " + times(len(found.Postings))}
	if len(mails) > 0 {
		words = append(words, fmt.Sprintf("%s by %s", view.Plural(len(mails), "answer"), view.Plural(len(people), "person")))
	}
	for _, k := range []struct {
		kind series.SignKind
		noun string
	}{{series.Asked, "question"}, {series.Wanted, "wish"}, {series.Objects, "objection"}, {series.Agreed, "review trailer"}, {series.Pinged, "ping"}} {
		if n := count[k.kind]; n > 0 {
			words = append(words, view.Plural(n, k.noun))
		}
	}
	if robots > 0 {
		words = append(words, view.Plural(robots, "robot report"))
	}
	return strings.Join(words, ", ") + "."
}

func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}
