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

// series makes the finished values, in order of their first posting, which is
// the root of each.
func (j *joiner) series(siblings map[[2]int]bool) []Series {
	at := map[int]int{} // by root
	var all []Series
	for n, l := range j.ls {
		root := j.find(n)
		if root == n {
			at[n] = len(all)
			all = append(all, Series{Key: l.Key, Author: l.Author, Branch: j.roots[n].branch, List: l.List})
		}
		s := &all[at[root]]
		s.Title = l.Title
		s.Postings = append(s.Postings, l.Key)
	}
	for pair := range j.taken {
		if a, b := j.find(pair[0]), j.find(pair[1]); a != b && !j.apart(a, b) {
			all[at[a]].TakenOverBy = append(all[at[a]].TakenOverBy, j.ls[b].Key)
		}
	}
	for pair := range siblings {
		x, y := &all[at[pair[0]]], &all[at[pair[1]]]
		x.Siblings, y.Siblings = append(x.Siblings, y.Key), append(y.Siblings, x.Key)
	}
	for n := range all {
		slices.Sort(all[n].TakenOverBy)
		all[n].TakenOverBy = slices.Compact(all[n].TakenOverBy)
		slices.Sort(all[n].Siblings)
	}
	return all
}
