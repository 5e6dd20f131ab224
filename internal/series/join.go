package series

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Of one change-id the postings of so many authors are told apart.
const mostAuthors = 50

// byChangeID joins postings with the same change-id by b4. By another author
// than all before they are a take-over of the first.
func (j *joiner) byChangeID() {
	firsts := map[string][]int{} // by every author
	for n, l := range j.ls {
		for _, id := range slices.Sorted(maps.Keys(l.changes)) {
			id += "\x00" + l.Branch
			same := slices.IndexFunc(firsts[id], func(o int) bool { return j.ls[o].who.is(l.who) })
			switch {
			case same >= 0:
				j.join(firsts[id][same], n)
			case len(firsts[id]) > 0:
				j.taken[[2]int{firsts[id][0], n}] = true
				fallthrough
			default:
				if len(firsts[id]) < mostAuthors {
					firsts[id] = append(firsts[id], n)
				}
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

// before lists for every posting those before it that have a tie of it, newest
// first. Of all with one tie only so many are looked at.
func (j *joiner) before(ties func(*lineage) []int64) [][]int {
	const most = 50
	byTie := map[int64][]int{}
	before := make([][]int, len(j.ls))
	for n, l := range j.ls {
		for _, t := range ties(l) {
			near := byTie[t]
			if len(near) > 0 && near[len(near)-1] == n {
				continue
			}
			before[n] = append(before[n], near[max(0, len(near)-most):]...)
			byTie[t] = append(near, n)
		}
		slices.SortFunc(before[n], func(a, b int) int { return cmp.Compare(b, a) })
		before[n] = slices.Compact(before[n])
	}
	return before
}

// byTitle joins postings of one author with the same title. Where it stands
// above patches in both, some must be the same: "Patch review" comes every week.
func (j *joiner) byTitle(before [][]int) {
	for n, l := range j.ls {
		for _, o := range before[n] {
			if l.title == j.ls[o].title && j.sameTitleGoesOn(j.ls[o], l) {
				j.join(o, n)
			}
		}
	}
}

func (j *joiner) sameTitleGoesOn(old, l *lineage) bool {
	if !j.mayGoOn(old, l) {
		return false
	}
	if l.lists() && old.lists() {
		n, _, _ := l.overlap(old)
		return n > 0 || l.Version == old.Version+1
	}
	return strings.Contains(l.title, " ")
}

// lists says if the title of l stands above others.
func (l *lineage) lists() bool { return len(l.titles) > 1 || l.Cover != "" && len(l.titles) > 0 }

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
func (j *joiner) byOverlap(before [][]int) {
	for n, l := range j.ls {
		for _, o := range before[n] {
			if j.overlapGoesOn(j.ls[o], l) {
				j.join(o, n)
			}
		}
	}
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
func (j *joiner) byOrphan(before [][]int) {
	for n, l := range j.ls {
		if j.trait(n).versions[0] < l.Version {
			continue
		}
		for _, o := range before[n] {
			_, ofSmall, _ := l.overlap(j.ls[o])
			if j.ls[o].Version == l.Version-1 && ofSmall >= 1.0/3 && j.mayGoOn(j.ls[o], l) {
				j.join(o, n)
				break
			}
		}
	}
}

// byForgottenBranch joins postings under one title of which one names a branch
// and the other does not, where the tag was forgotten on one of them.
func (j *joiner) byForgottenBranch(before [][]int) {
	for n, l := range j.ls {
		for _, o := range before[n] {
			old, x, y := j.ls[o], j.trait(o), j.trait(n)
			if old.title == l.title && x.branch != y.branch && (x.branch == "" || y.branch == "") &&
				old.who.is(l.who) && l.Date.Sub(old.Date) <= linkWindow && forgotten(old, l, x, y) {
				j.force(o, n)
				break
			}
		}
	}
}

// forgotten tells a forgotten branch from a backport, which starts at version 1
// or at one that the line without a branch has, too: the first version here
// goes on where the other line left off. Nor does it count that a mail without
// any tag named no branch, or that an RFC did which no patch without a branch
// came of.
func forgotten(old, l *lineage, x, y trait) bool {
	if l.Version > 1 && y.versions[0] == l.Version && old.Version == l.Version-1 {
		return !slices.ContainsFunc(x.versions, func(v int) bool { return slices.Contains(y.versions, v) })
	}
	return old.Branch == "" && (!old.tagged || x.rfc && !l.RFC)
}
