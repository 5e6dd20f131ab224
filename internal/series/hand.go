package series

import "slices"

// A Hand is what a person decided about two postings. It counts before
// everything else, and nothing that is posted later takes it back. Of what was
// said of the same two postings the latest counts, by whatever mails it names
// them.
type Hand struct {
	A, B  string // message-ids of any patches or cover letters of the two
	Apart bool   // they are never in one series, nor is one a take-over of the other's; else they are in one
	Said  int64  // when, as a number that grows
}

// Ties are the ties of the mails that h is about.
func (h Hand) Ties() []int64 {
	l := []int64{idTie(h.A), idTie(h.B)}
	slices.Sort(l)
	return slices.Compact(l)
}

// byHand does what people decided, whoever the authors are and for whatever
// branches. Where decisions about several postings contradict each other, what
// is apart stays apart; the order in which they come changes nothing.
func (j *joiner) byHand(hands []Hand, home map[string]int) {
	last := map[[2]int]Hand{}
	for _, h := range hands {
		a, here := home[h.A]
		b, too := home[h.B]
		if !here || !too || a == b {
			continue
		}
		pair := [2]int{min(a, b), max(a, b)}
		if was, ok := last[pair]; !ok || h.Said > was.Said || h.Said == was.Said && h.Apart {
			last[pair] = h
		}
	}
	var joins [][2]int
	for pair, h := range last {
		if !h.Apart {
			joins = append(joins, pair)
			continue
		}
		a, b := pair[0], pair[1]
		j.roots[a].apart = append(j.roots[a].apart, b)
		j.roots[b].apart = append(j.roots[b].apart, a)
	}
	slices.SortFunc(joins, func(x, y [2]int) int { return slices.Compare(x[:], y[:]) })
	for _, pair := range joins {
		j.force(pair[0], pair[1])
	}
}
