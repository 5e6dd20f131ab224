package pipeline

import (
	"fmt"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/series"
)

// hands are what people said of which postings are one series. Of what was said
// of the same two the newest counts.
type hands struct {
	list []series.Hand             // said at the id of the decision
	by   map[string][]*series.Hand // by either message-id
}

func newHands(decisions []change.Decision) hands {
	h := hands{by: map[string][]*series.Hand{}}
	at := map[[2]string]int{}
	for _, d := range decisions { // oldest first
		if d.Kind != change.Join && d.Kind != change.Separate {
			continue
		}
		a, b := strings.TrimPrefix(d.Subject, "posted:"), strings.TrimPrefix(d.Object, "posted:")
		pair := [2]string{min(a, b), max(a, b)}
		n, ok := at[pair]
		if !ok {
			n = len(h.list)
			at[pair] = n
			h.list = append(h.list, series.Hand{})
		}
		h.list[n] = series.Hand{A: pair[0], B: pair[1], Apart: d.Kind == change.Separate, Said: d.ID}
	}
	for i := range h.list {
		one := &h.list[i]
		h.by[one.A] = append(h.by[one.A], one)
		h.by[one.B] = append(h.by[one.B], one)
	}
	return h
}

// about are the message-ids that are spoken of.
func (h hands) about() []string { return sortedKeys(h.by) }

// print is the fingerprint of all that was said.
func (h hands) print() string {
	var l []string
	for _, one := range h.list {
		l = append(l, fmt.Sprint(one))
	}
	return fingerprint(l...)
}

// ties are what people tie a mail to.
func (h hands) ties(m *series.Mail) []int64 {
	var ties []int64
	for _, one := range h.by[m.MessageID] {
		ties = append(ties, one.Ties()...)
	}
	return ties
}

// of are those that are about these messages.
func (h hands) of(messages []Message) []series.Hand {
	if len(h.list) == 0 {
		return nil
	}
	var found []series.Hand
	for i := range messages {
		for _, one := range h.by[messages[i].Mail.MessageID] {
			if !slices.Contains(found, *one) {
				found = append(found, *one)
			}
		}
	}
	return found
}
