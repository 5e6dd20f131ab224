package diffmatch

import (
	"context"
	"math/bits"
)

// A View is the part of an index that is reachable from one revision.
type View struct {
	x    *Index
	in   bitset
	size int // commits in it
}

// Within is the view of what is reachable from revs and of nothing else; none,
// or a single "", means from all branches. Commits of revs that the index does
// not have yet are added in memory. The error matches [git.ErrNotFound] for an
// unknown revision.
func (x *Index) Within(ctx context.Context, revs ...string) (*View, error) {
	from := x.heads
	if len(revs) > 0 && (len(revs) > 1 || revs[0] != "") {
		from = nil
		for _, rev := range revs {
			if x.knows(rev) {
				from = append(from, rawHash(rev))
				continue
			}
			hash, err := x.repo.Resolve(ctx, rev)
			if err != nil {
				return nil, err
			}
			if err := x.cover(ctx, rawHash(hash)); err != nil {
				return nil, err
			}
			from = append(from, rawHash(hash))
		}
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	in := x.reachable(from)
	return &View{x: x, in: in, size: in.count()}, nil
}

// knows says whether rev is the full hash of a commit of the index.
func (x *Index) knows(rev string) bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	_, ok := x.byHash[rawHash(rev)]
	return ok
}

// cover adds the commits reachable from hash, if they are not there.
func (x *Index) cover(ctx context.Context, hash string) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if _, ok := x.byHash[hash]; ok {
		return nil
	}
	if err := x.add(ctx, []string{hash}, x.tips, nil); err != nil {
		return err
	}
	return x.derive()
}

// Has says whether the view holds a commit (full hex hash).
func (v *View) Has(commit string) bool {
	v.x.mu.RLock()
	defer v.x.mu.RUnlock()
	n, ok := v.x.byHash[rawHash(commit)]
	return ok && v.in.has(n)
}

// Size is the number of commits in the view, merges included.
func (v *View) Size() int { return v.size }

// reachable is the set of rows that can be reached from some commits.
func (x *Index) reachable(from []string) bitset {
	in := newBitset(len(x.rows))
	var todo []uint32
	visit := func(hash string) {
		if n, ok := x.byHash[hash]; ok && !in.has(n) {
			in.set(n)
			todo = append(todo, n)
		}
	}
	for _, h := range from {
		visit(h)
	}
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, p := range x.rows[n].parents {
			visit(p)
		}
	}
	return in
}

// A bitset is a set of row numbers.
type bitset []uint64

func newBitset(n int) bitset { return make(bitset, (n+63)/64) }

func (b bitset) has(n uint32) bool { return int(n/64) < len(b) && b[n/64]&(1<<(n%64)) != 0 }
func (b bitset) set(n uint32)      { b[n/64] |= 1 << (n % 64) }

func (b bitset) count() int {
	n := 0
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}
