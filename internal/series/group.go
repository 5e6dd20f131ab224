package series

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

// A group is a posting in the making: indexes into the sorted mails.
type group struct {
	mails []int
	total int          // m of n/m, 0 if no subject says it
	taken map[int]bool // indexes n of n/m that are there
	first time.Time
	last  time.Time
}

// runs of the same series may lie this far apart
const (
	lateByThread = 60 * 24 * time.Hour // a part that answers another part
	lateByRoot   = 24 * time.Hour      // parts that answer the same mail, which is not here
	lateByAuthor = 3 * time.Hour       // parts that answer nothing
)

// Of groups with the same name only so many newest are looked at.
const maxTried = 200

// group puts the patches and covers of one sending together. Message-ids of
// one batch tie it first, whatever else is odd; then threads; last, for mails
// that answer nothing, sender and time.
func (a *assembly) group() []*group {
	byBatch := map[string][]*group{}
	var groups []*group
	for i := range a.mails {
		if !a.posted(i) {
			continue
		}
		t := a.mails[i].Tag
		b, ok := batchOf(a.mails[i].sentID())
		ok = ok && t.Numbered
		key := b.key + "\x00" + itoa(t.Total) + "\x00" + t.Branch()
		var g *group
		if n := slices.IndexFunc(byBatch[key], func(g *group) bool { return !g.taken[t.Index] && a.versionFits(g, i) }); ok && n >= 0 {
			g = byBatch[key][n]
		} else {
			g = &group{taken: map[int]bool{}, first: a.mails[i].Date, total: t.Total}
			groups = append(groups, g)
			if ok {
				byBatch[key] = append(byBatch[key], g)
			}
		}
		a.put(g, i)
	}
	return a.joinThreads(groups)
}

func (a *assembly) put(g *group, i int) {
	g.mails = append(g.mails, i)
	g.taken[a.mails[i].Tag.Index] = true
	if g.total == 0 {
		g.total = a.mails[i].Tag.Total
	}
	if d := a.mails[i].Date; d.After(g.last) {
		g.last = d
	}
	a.groupOf[i] = g
}

// beyond says if g has a part that comes after so many.
func (g *group) beyond(total int) bool {
	for n := range g.taken {
		if n > total {
			return true
		}
	}
	return false
}

// versionFits says if a mail may be of the version that a group has. A subject
// that says no version fits any: some programs leave it out on some parts.
func (a *assembly) versionFits(g *group, i int) bool {
	t := a.mails[i].Tag
	if !t.Versioned {
		return true
	}
	for _, j := range g.mails {
		if u := a.mails[j].Tag; u.Versioned && u.Version != t.Version {
			return false
		}
	}
	return true
}

// joinThreads joins groups of which one continues another. Groups are visited
// in order of time, so every answer finds what it answers.
func (a *assembly) joinThreads(groups []*group) []*group {
	slices.SortStableFunc(groups, func(x, y *group) int {
		return cmp.Or(x.first.Compare(y.first), cmp.Compare(x.mails[0], y.mails[0]))
	})
	var kept []*group
	byRoot := map[string][]*group{} // groups by a mail that they answer
	for _, g := range groups {
		if h := a.continues(g, byRoot); h != nil {
			for _, i := range g.mails {
				a.put(h, i)
			}
			g = h
		} else {
			kept = append(kept, g)
		}
		for _, root := range a.roots(g) {
			if !slices.Contains(byRoot[root], g) {
				byRoot[root] = append(byRoot[root], g)
			}
		}
	}
	return kept
}

// roots are the names under which a later group finds g: its own mails, the
// mails it answers, and its sender.
func (a *assembly) roots(g *group) []string {
	var l []string
	for _, i := range g.mails {
		m := &a.mails[i]
		l = append(l, "own "+m.MessageID, "to "+m.InReplyTo)
		if m.InnerID != "" {
			l = append(l, "own "+m.InnerID)
		}
		for _, t := range m.senderTies() {
			l = append(l, bySender(t))
		}
		if len(m.References) > 0 {
			l = append(l, "to "+m.References[0])
		}
	}
	return l
}

func bySender(tie int64) string { return "by " + strconv.FormatInt(tie, 36) }

// A way is a name under which a group looks for one that it continues.
type way struct {
	name   string
	late   time.Duration
	sender bool // by nothing but the sender
	oldest bool // the oldest group first, not the newest
}

// ways are the ways of a group by its first mail i, the surest first. What
// answers nothing that is here goes by its sender: a run to the oldest sending
// that lacks its parts, as who is interrupted goes on where it stopped; a mail
// of no run to the newest.
func (a *assembly) ways(i int) []way {
	m := &a.mails[i]
	var ways []way
	for _, id := range m.answered() {
		ways = append(ways, way{"own " + id, lateByThread, false, false})
	}
	if m.InReplyTo != "" {
		ways = append(ways, way{"to " + m.InReplyTo, lateByRoot, false, false})
	}
	ways = append(ways, way{"to " + m.MessageID, lateByThread, false, false}) // the cover came after its parts
	if _, here := a.parent(i); !here {
		_, run := batchOf(m.sentID())
		for _, t := range m.senderTies() {
			ways = append(ways, way{bySender(t), lateByAuthor, true, run})
		}
	}
	return ways
}

// continues returns the group that g is a part of, nil if none.
func (a *assembly) continues(g *group, byRoot map[string][]*group) *group {
	if t := a.mails[g.mails[0]].Tag; !t.Numbered && !t.Set {
		return nil
	}
	for _, w := range a.ways(g.mails[0]) {
		near := byRoot[w.name]
		near = slices.Clone(near[max(0, len(near)-maxTried):])
		if !w.oldest {
			slices.Reverse(near)
		}
		for _, h := range near {
			if w.sender && g.beyond(h.total) {
				continue
			}
			if h != g && g.first.Sub(h.last) <= w.late && a.compatible(h, g) {
				return h
			}
		}
	}
	return nil
}

// compatible says if two groups can be one posting: same sender, same total,
// no part twice, no different version or branch. A program's own batch counts
// more than a total that somebody mistyped.
func (a *assembly) compatible(h, g *group) bool {
	x, y := &a.mails[h.mails[0]], &a.mails[g.mails[0]]
	if !x.Tag.Numbered && !x.Tag.Set || x.Tag.Branch() != y.Tag.Branch() || !samePerson(x.From, y.From) {
		return false
	}
	if h.total != g.total && h.total != 0 && g.total != 0 && !a.sameBatch(h, g) {
		return false
	}
	for _, i := range g.mails {
		if h.taken[a.mails[i].Tag.Index] || !a.versionFits(h, i) {
			return false
		}
	}
	return true
}

func (a *assembly) sameBatch(h, g *group) bool {
	x, ok := batchOf(a.mails[h.mails[0]].sentID())
	y, _ := batchOf(a.mails[g.mails[0]].sentID())
	return ok && x.key == y.key
}
