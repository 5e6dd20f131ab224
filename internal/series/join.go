package series

import (
	"slices"
	"strings"
)

// A joiner links postings to series, strongest evidence first. Postings for
// different stable branches are never joined, by whatever chain.
type joiner struct {
	ls    []*lineage
	up    []int           // union-find
	roots map[int]trait   // of every series so far, by its root
	taken map[[2]int]bool // posting, and the one of another author that goes on with it
}

// A trait is what is known of all postings of a series together.
type trait struct {
	branch    string
	low, high int // versions
}

func newJoiner(ls []*lineage) *joiner {
	j := &joiner{ls: ls, up: make([]int, len(ls)), roots: map[int]trait{}, taken: map[[2]int]bool{}}
	for n, l := range ls {
		j.up[n] = n
		j.roots[n] = trait{l.Branch, l.Version, l.Version}
	}
	return j
}

func (j *joiner) find(n int) int {
	for j.up[n] != n {
		j.up[n] = j.up[j.up[n]]
		n = j.up[n]
	}
	return n
}

func (j *joiner) trait(n int) trait { return j.roots[j.find(n)] }

func (j *joiner) join(a, b int) {
	if j.trait(a).branch == j.trait(b).branch {
		j.force(a, b)
	}
}

// force joins whatever the branches are; the one that is named counts.
func (j *joiner) force(a, b int) {
	a, b = j.find(a), j.find(b)
	if a == b {
		return
	}
	x, y := j.roots[a], j.roots[b]
	j.up[max(a, b)] = min(a, b)
	j.roots[min(a, b)] = trait{max(x.branch, y.branch), min(x.low, y.low), max(x.high, y.high)}
}

// byChangeID joins postings with the same change-id by b4.
func (j *joiner) byChangeID() {
	first := map[string]int{}
	for n, l := range j.ls {
		for id := range l.changes {
			if f, ok := first[id+"\x00"+l.Branch]; !ok {
				first[id+"\x00"+l.Branch] = n
			} else if j.ls[f].who.is(l.who) {
				j.join(f, n)
			} else {
				j.taken[[2]int{f, n}] = true
			}
		}
	}
}

// byLinks follows addresses of archived mails that a posting names.
func (j *joiner) byLinks(home map[string]int) {
	for n, l := range j.ls {
		for _, link := range l.links {
			o, ok := home[link.MessageID]
			if !ok || o == n {
				continue
			}
			if alike := l.alike(j.ls[o]); namesVersion(l, j.ls[o], link, alike) {
				j.link(o, n, alike)
			}
		}
	}
}

// namesVersion says if a link in l goes to an earlier version of it, and not
// to other work of the same author.
func namesVersion(l, old *lineage, link Link, alike bool) bool {
	switch {
	case link.Version > 0:
		return link.Version == old.Version && (old.Version < l.Version || alike)
	case link.Earlier:
		return old.Version < l.Version || old.RFC && !l.RFC || alike
	}
	return alike && l.Version != old.Version
}

// link joins a new posting to an old one if both are by one author; by another
// one it is a take-over, if it is the same work at all.
func (j *joiner) link(o, n int, alike bool) {
	if j.ls[n].Date.Before(j.ls[o].Date) {
		o, n = n, o
	}
	if j.ls[o].who.is(j.ls[n].who) {
		j.join(o, n)
	} else if alike && j.ls[o].Branch == j.ls[n].Branch {
		j.taken[[2]int{o, n}] = true
	}
}

// byThread looks at what a posting stands below: the nearest posting of the
// same author is its older version, if the number goes up or the work is alike.
func (j *joiner) byThread(home map[string]int) {
	for n, l := range j.ls {
		for _, id := range l.answers {
			o, ok := home[id]
			if !ok || o == n {
				continue
			}
			old := j.ls[o]
			alike := l.alike(old)
			if alike || l.Version == old.Version+1 && l.Total == old.Total {
				j.link(o, n, alike)
				break
			}
		}
	}
}

// byTitle joins postings of one author with the same title. Where both list
// several patches, some must be the same: "Patch review" comes every week.
func (j *joiner) byTitle(byTitle map[string][]int) {
	for _, same := range byTitle {
		for i, n := range same {
			for _, o := range slices.Backward(same[max(0, i-maxSameTitle):i]) {
				if j.sameTitleGoesOn(j.ls[o], j.ls[n]) {
					j.link(o, n, true)
				}
			}
		}
	}
}

// Of postings with one title only so many before each are looked at.
const maxSameTitle = 50

// titles lists the postings by title, in order of time.
func (j *joiner) titles() map[string][]int {
	byTitle := map[string][]int{}
	for n, l := range j.ls {
		if l.title != "" {
			byTitle[l.title] = append(byTitle[l.title], n)
		}
	}
	for _, same := range byTitle {
		slices.SortFunc(same, func(a, b int) int { return order(j.ls[a], j.ls[b]) })
	}
	return byTitle
}

func (j *joiner) sameTitleGoesOn(old, l *lineage) bool {
	if !j.mayGoOn(old, l) {
		return false
	}
	if len(l.titles) > 1 && len(old.titles) > 1 {
		n, _, _ := l.overlap(old)
		return n > 0 || l.Version == old.Version+1
	}
	return strings.Contains(l.title, " ")
}

// differ says if both sides have change-ids, and none in common.
func differ(a, b map[string]bool) bool {
	for id := range a {
		if b[id] {
			return false
		}
	}
	return len(a) > 0 && len(b) > 0
}

// byOverlap joins postings of one author that hold mostly the same patches
// under another title.
func (j *joiner) byOverlap() {
	byPatch := j.byPatchTitle()
	for n, l := range j.ls {
		tried := map[int]bool{n: true}
		for t := range l.titles {
			for _, o := range byPatch[t] {
				if !tried[o] {
					tried[o] = true
					if j.overlapGoesOn(j.ls[o], l) {
						j.join(o, n)
					}
				}
			}
		}
	}
}

// byPatchTitle lists the postings by the patches in them. A title that comes in
// very many postings ("Update to latest") says nothing.
func (j *joiner) byPatchTitle() map[string][]int {
	const most = 50
	byPatch := map[string][]int{}
	for n, l := range j.ls {
		for t := range l.titles {
			byPatch[t] = append(byPatch[t], n)
		}
	}
	for t, l := range byPatch {
		if len(l) > most {
			delete(byPatch, t)
		}
	}
	return byPatch
}

// mayGoOn says if nothing speaks against l being a later version of old.
func (j *joiner) mayGoOn(old, l *lineage) bool {
	return !l.Date.Before(old.Date) && l.Date.Sub(old.Date) <= linkWindow && old.Branch == l.Branch &&
		old.who.is(l.who) && !differ(old.changes, l.changes)
}

func (j *joiner) overlapGoesOn(old, l *lineage) bool {
	if !j.mayGoOn(old, l) {
		return false
	}
	n, small, large := l.overlap(old)
	return l.Version >= old.Version && (n >= 2 && small >= 0.5 && large >= 0.3 || n == 1 && large == 1)
}

// byOrphan finds a predecessor for a version above 1 that has none yet: the
// newest posting with the version before it that shares enough patches.
func (j *joiner) byOrphan() {
	byPatch := j.byPatchTitle()
	for n, l := range j.ls {
		if j.trait(n).low < l.Version {
			continue
		}
		best := -1
		for t := range l.titles {
			for _, o := range byPatch[t] {
				old := j.ls[o]
				_, small, _ := l.overlap(old)
				if old.Version == l.Version-1 && small >= 1.0/3 && j.mayGoOn(old, l) && (best < 0 || order(j.ls[best], old) < 0) {
					best = o
				}
			}
		}
		if best >= 0 {
			j.join(best, n)
		}
	}
}

// byForgottenBranch joins a version that has no predecessor on its branch to
// the same title without a branch, or the other way round: the tag was
// forgotten on one of them. A backport is no such case: it starts at version 1,
// or the line without a branch has that version too.
func (j *joiner) byForgottenBranch(byTitle map[string][]int) {
	for n, l := range j.ls {
		if own := j.trait(n); own.low < l.Version || l.Version < 2 || l.title == "" {
			continue
		}
		for _, o := range slices.Backward(byTitle[l.title]) {
			old, t := j.ls[o], j.trait(o)
			if t.branch != l.Branch && (t.branch == "" || l.Branch == "") && t.high == l.Version-1 && old.Version == t.high &&
				old.who.is(l.who) && !l.Date.Before(old.Date) && l.Date.Sub(old.Date) <= linkWindow {
				j.force(o, n)
				break
			}
		}
	}
}

// series makes the finished values, sorted by the date of their first mail.
func (j *joiner) series() []Series {
	members := map[int][]*lineage{}
	for n, l := range j.ls {
		members[j.find(n)] = append(members[j.find(n)], l)
	}
	keyOf := map[int]string{}
	var all []Series
	dates := map[string]*lineage{}
	for root, ms := range members {
		slices.SortFunc(ms, order)
		s := Series{Key: ms[0].Key, Author: ms[0].Author, Branch: j.roots[root].branch, List: ms[0].List, Title: ms[len(ms)-1].Title}
		for _, m := range ms {
			s.Postings = append(s.Postings, m.Key)
		}
		keyOf[root], dates[s.Key] = s.Key, ms[0]
		all = append(all, s)
	}
	over := map[string][]string{}
	for pair := range j.taken {
		if a, b := keyOf[j.find(pair[0])], keyOf[j.find(pair[1])]; a != b {
			over[a] = append(over[a], b)
		}
	}
	for n := range all {
		slices.Sort(over[all[n].Key])
		all[n].TakenOverBy = slices.Compact(over[all[n].Key])
	}
	slices.SortFunc(all, func(x, y Series) int { return order(dates[x.Key], dates[y.Key]) })
	return all
}
