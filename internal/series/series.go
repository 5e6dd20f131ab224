package series

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/upstreamd/upstreamd/internal/mailing"
)

// A Series is the revisions v1..vN of one work.
type Series struct {
	Key         string // of its first posting
	Postings    []string
	Title       string // of its newest posting
	Branch      string
	List        string
	Author      mailing.Person // of its first posting
	TakenOverBy []string       // keys of series by other authors that go on with this one
	Siblings    []string       // keys of series that bring the same change to other branches
}

// A lineage is a series in the making: what linking needs of one posting.
type lineage struct {
	*Posting
	who     identity
	ids     []string
	changes map[string]bool // change-ids
	links   []Link
	answers []string        // mails outside of it that it stands below, nearest first
	titles  map[string]bool // folded titles of patches
	patches map[string]bool // patch-ids
	title   string          // folded
	tagged  bool            // some subject says that it is a patch
	same    []int64         // ties by title, of all its mails
	whole   []int64         // those that leave the branch out
}

// How long after its last posting a series may go on, by title alone.
const linkWindow = 400 * 24 * time.Hour

// lineages links the postings that are versions of one another.
func (a *assembly) lineages(groups []*group, postings []Posting, hands []Hand) []Series {
	ls := make([]*lineage, len(groups))
	for n, g := range groups {
		ls[n] = a.lineage(g, &postings[n])
	}
	slices.SortFunc(ls, order)
	home := map[string]int{} // posting by message-id
	for n, l := range ls {
		for _, id := range l.ids {
			home[id] = n
		}
	}
	j := newJoiner(ls)
	j.byHand(hands, home)
	j.byChangeID()
	j.byLinks(home)
	j.byThread(home)
	same := j.before(func(l *lineage) []int64 { return l.same })
	j.byTitle(same)
	j.byOverlap(same)
	j.byOrphan(same)
	whole := j.before(func(l *lineage) []int64 { return l.whole })
	j.byForgottenBranch(whole)
	return j.series(j.siblings(whole))
}

func (a *assembly) lineage(g *group, p *Posting) *lineage {
	l := &lineage{Posting: p, changes: map[string]bool{}, titles: map[string]bool{}, patches: map[string]bool{}, title: foldTitle(p.Title), who: identityOf(p.Author)}
	own := map[string]bool{}
	for _, i := range g.mails {
		m := &a.mails[i]
		l.ids = append(l.ids, m.MessageID)
		if m.InnerID != "" {
			l.ids = append(l.ids, m.InnerID)
		}
		if m.ChangeID != "" {
			l.changes[m.ChangeID] = true
		}
		l.links = append(l.links, m.Links...)
		l.tagged = l.tagged || m.tagged()
		l.same = append(l.same, m.titleTies()...)
		l.whole = append(l.whole, m.wholeTies()...)
		for _, t := range m.Titles {
			l.titles[foldTitle(t)] = true
		}
		if m.HasDiff {
			l.titles[foldTitle(m.Tag.Title)] = true
		}
		if m.PatchID != "" {
			l.patches[m.PatchID] = true
		}
	}
	for _, id := range l.ids {
		own[id] = true
	}
	for _, i := range g.mails {
		for _, id := range a.above(i) {
			if !own[id] && !slices.Contains(l.answers, id) {
				l.answers = append(l.answers, id)
			}
		}
	}
	delete(l.titles, "")
	return l
}

// above are the mails that mail i stands below in its thread, nearest first:
// what it names, and what those that are here name in turn.
func (a *assembly) above(i int) []string {
	const most = 100
	var ids []string
	seen := map[int]bool{i: true}
	for len(ids) < most {
		ids = append(ids, a.mails[i].answered()...)
		up, ok := a.parent(i)
		if !ok || seen[up] {
			break
		}
		seen[up] = true
		i = up
	}
	return ids
}

// foldTitle makes titles comparable: letters and digits in lower case.
func foldTitle(s string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(s) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			if gap && b.Len() > 0 {
				b.WriteByte(' ')
			}
			gap = false
			b.WriteRune(r)
		} else {
			gap = true
		}
	}
	return b.String()
}

// overlap is how many patch titles two postings share, and the share that
// makes of the smaller and of the larger one.
func (l *lineage) overlap(o *lineage) (n int, ofSmall, ofLarge float64) {
	small, large := l.titles, o.titles
	if len(small) > len(large) {
		small, large = large, small
	}
	for t := range small {
		if large[t] {
			n++
		}
	}
	if n == 0 {
		return 0, 0, 0
	}
	return n, float64(n) / float64(len(small)), float64(n) / float64(len(large))
}

// alike says if two postings look like the same work: one title, or mostly the
// same patches.
func (l *lineage) alike(o *lineage) bool {
	if l.title == o.title {
		return true
	}
	_, _, ofLarge := l.overlap(o)
	return ofLarge >= 0.5
}

// order sorts postings by time; by version those sent in the same second.
func order(x, y *lineage) int {
	return cmp.Or(x.Date.Compare(y.Date), cmp.Compare(x.Version, y.Version), strings.Compare(x.Key, y.Key))
}
