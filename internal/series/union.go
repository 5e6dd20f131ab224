package series

import "slices"

// A joiner links postings to series, strongest evidence first. Postings for
// different stable branches are never joined, by whatever chain, but by hand or
// where a branch was forgotten.
type joiner struct {
	ls    []*lineage      // in order of time
	up    []int           // union-find
	roots []trait         // of every series so far, at its root
	taken map[[2]int]bool // posting, and the one of another author that goes on with it
}

// A trait is what is known of all postings of a series together.
type trait struct {
	branch   string
	versions []int // sorted
	rfc      bool  // all are RFC
	apart    []int // postings that people decided are not of it
}

func newJoiner(ls []*lineage) *joiner {
	j := &joiner{ls: ls, up: make([]int, len(ls)), roots: make([]trait, len(ls)), taken: map[[2]int]bool{}}
	for n, l := range ls {
		j.up[n] = n
		j.roots[n] = trait{branch: l.Branch, versions: []int{l.Version}, rfc: l.RFC}
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
	if j.ls[a].Branch == j.ls[b].Branch {
		j.force(a, b)
	}
}

// force joins whatever the branches are; the one that is named counts.
func (j *joiner) force(a, b int) {
	a, b = j.find(a), j.find(b)
	if a == b || j.apart(a, b) {
		return
	}
	x, y := j.roots[a], j.roots[b]
	j.up[max(a, b)] = min(a, b)
	versions := slices.Concat(x.versions, y.versions)
	slices.Sort(versions)
	j.roots[min(a, b)] = trait{max(x.branch, y.branch), slices.Compact(versions), x.rfc && y.rfc, slices.Concat(x.apart, y.apart)}
}

// apart says if people decided that the series with the roots a and b are two.
func (j *joiner) apart(a, b int) bool {
	return slices.ContainsFunc(j.roots[a].apart, func(n int) bool { return j.find(n) == b })
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
		if a, b := j.find(pair[0]), j.find(pair[1]); a != b && !j.apart(a, b) {
			over[keyOf[a]] = append(over[keyOf[a]], keyOf[b])
		}
	}
	for n := range all {
		slices.Sort(over[all[n].Key])
		all[n].TakenOverBy = slices.Compact(over[all[n].Key])
	}
	slices.SortFunc(all, func(x, y Series) int { return order(dates[x.Key], dates[y.Key]) })
	return all
}
