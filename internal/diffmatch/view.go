package diffmatch

import (
	"context"
	"encoding/hex"
	"fmt"
	"math/bits"
	"time"
)

// A View is the part of an index that is reachable from one revision. It does
// not change when the index does.
type View struct {
	x    *Index
	now  *snapshot
	in   bitset
	size int // commits in it
	seen seenLines
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
		hash, err := x.resolve(ctx, rev)
		if err != nil {
			return nil, err
		}
		from = append(from, hash)
	}
	now, err := x.cover(ctx, from)
	if err != nil {
		return nil, err
	}
	if len(from) == 0 {
		from = now.heads
	}
	in := now.reachable(from)
	if err := x.err(); err != nil {
		return nil, err
	}
	v := &View{x: x, now: now, in: in, size: in.count()}
	if len(now.segments) >= seenWorth {
		v.seen = make(seenLines, seenSize)
	}
	return v, nil
}

// resolve is the raw hash of a revision. A full hash that the index has needs
// no question to git.
func (x *Index) resolve(ctx context.Context, rev string) (string, error) {
	if raw := rawHash(rev); len(raw) >= 20 && len(rev) == 2*len(raw) {
		now := x.snapshot()
		if n, ok := now.rowOf(raw); ok && now.live.has(n) {
			return raw, nil
		}
	}
	hash, err := x.repo.Resolve(ctx, rev)
	return rawHash(hash), err
}

// Err is not nil if part of the index could not be read since it was opened:
// then what views answered may be wrong. The part is built anew when the index
// is opened next.
func (v *View) Err() error { return v.x.err() }

func (x *Index) err() error {
	if bad := x.bad.Load(); bad != nil {
		return fmt.Errorf("commit index of %s: %w", x.repo.Dir(), *bad)
	}
	return nil
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
	n, ok := v.now.rowOf(rawHash(hash))
	if !ok || !v.in.has(n) {
		return Commit{}, false
	}
	r := v.row(n)
	return Commit{v.name(n), r.title, r.by, time.Unix(r.authorTime, 0).UTC(), time.Unix(r.commitTime, 0).UTC()}, true
}

// Size is the number of commits in the view, merges included.
func (v *View) Size() int { return v.size }

func hexAll(raw []string) []string {
	list := make([]string, len(raw))
	for i, h := range raw {
		list[i] = hex.EncodeToString([]byte(h))
	}
	return list
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
