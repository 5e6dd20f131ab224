package diffmatch

import (
	"context"
	"math/bits"
	"time"
)

// A View is the part of an index that is reachable from one revision.
type View struct {
	x    *Index
	in   bitset
	size int // commits in it
}

// Within is the view of what is reachable from some revisions and of nothing
// else; no revision, or "", means all branches. Commits that the index does
// not have yet are added in memory. The error matches [git.ErrNotFound] for an
// unknown revision.
func (x *Index) Within(ctx context.Context, revs ...string) (*View, error) {
	var from []string
	for _, rev := range revs {
		if rev == "" {
			continue
		}
		hash, err := x.repo.Resolve(ctx, rev)
		if err != nil {
			return nil, err
		}
		from = append(from, rawHash(hash))
	}
	if err := x.cover(ctx, from); err != nil {
		return nil, err
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	if len(from) == 0 {
		from = x.heads
	}
	in := x.reachable(from)
	return &View{x: x, in: in, size: in.count()}, nil
}

// cover adds the commits reachable from some hashes that are not there.
func (x *Index) cover(ctx context.Context, hashes []string) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	var fresh []string
	for _, h := range hashes {
		if _, ok := x.byHash[h]; !ok {
			fresh = append(fresh, h)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	if err := x.add(ctx, fresh, x.tips, nil); err != nil {
		return err
	}
	return x.derive()
}

// A Commit is what the index can say of a commit.
type Commit struct {
	Hash       string
	Subject    string
	Author     string // "Name <address>"
	AuthorTime time.Time
	CommitTime time.Time
}

// Commit is a commit of the view by its full hex hash; !ok if it holds no such.
func (v *View) Commit(hash string) (c Commit, ok bool) {
	v.x.mu.RLock()
	defer v.x.mu.RUnlock()
	n, ok := v.x.byHash[rawHash(hash)]
	if !ok || !v.in.has(n) {
		return Commit{}, false
	}
	r := &v.x.rows[n]
	return Commit{v.x.name(n), r.title, r.by, time.Unix(r.authorTime, 0).UTC(), time.Unix(r.commitTime, 0).UTC()}, true
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
