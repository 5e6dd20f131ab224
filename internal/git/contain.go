package git

import "context"

// A Containment knows of every commit which tips contain it. It is made once
// for many questions; a single one is cheaper by [Repo.Containing].
type Containment struct {
	tips []Tip
	sets map[string][]uint64 // commit to the set of indices of tips
}

// Containment reads the graph of all that is reachable from tips: time and
// memory grow with the number of commits, an eighth byte for each tip.
func (r *Repo) Containment(ctx context.Context, tips []Tip) (*Containment, error) {
	c := &Containment{tips: tips, sets: map[string][]uint64{}}
	if len(tips) == 0 {
		return c, nil
	}
	revs := make([]string, len(tips))
	for i, t := range tips {
		revs[i] = t.Hash
	}
	parents := map[string][]string{}
	children := map[string]int{} // not yet visited
	err := r.Log(ctx, LogQuery{Revs: revs, Merges: true}, func(k *Commit) error {
		parents[k.Hash] = k.Parents
		for _, p := range k.Parents {
			children[p]++
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	c.spread(parents, children)
	return c, nil
}

// spread walks from children to parents (Kahn's algorithm) and hands each
// commit's set on. Where all tips agree, commits share one set.
func (c *Containment) spread(parents map[string][]string, children map[string]int) {
	words := (len(c.tips) + 63) / 64
	for i, t := range c.tips {
		if c.sets[t.Hash] == nil {
			c.sets[t.Hash] = make([]uint64, words)
		}
		c.sets[t.Hash][i/64] |= 1 << (i % 64)
	}
	shared := map[string]bool{} // commits whose set is also another's
	var ready []string
	for hash := range parents {
		if children[hash] == 0 {
			ready = append(ready, hash)
		}
	}
	for len(ready) > 0 {
		hash := ready[len(ready)-1]
		ready = ready[:len(ready)-1]
		set := c.sets[hash]
		for _, p := range parents[hash] {
			switch have := c.sets[p]; {
			case have == nil:
				c.sets[p] = set
				shared[p], shared[hash] = true, true
			case !covers(have, set):
				if shared[p] {
					have = append([]uint64(nil), have...)
					c.sets[p], shared[p] = have, false
				}
				for w := range have {
					have[w] |= set[w]
				}
			}
			if children[p]--; children[p] == 0 {
				ready = append(ready, p)
			}
		}
	}
}

// covers says whether a has all that b has.
func covers(a, b []uint64) bool {
	for i := range b {
		if b[i]&^a[i] != 0 {
			return false
		}
	}
	return true
}

// Refs are the full names of the tips that contain the commit, in the order in
// which they were given.
func (c *Containment) Refs(commit string) []string {
	set := c.sets[commit]
	var refs []string
	for i, t := range c.tips {
		if set != nil && set[i/64]&(1<<(i%64)) != 0 {
			refs = append(refs, t.Ref)
		}
	}
	return refs
}
