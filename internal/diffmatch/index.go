package diffmatch

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/progress"
)

// An Index holds the shapes of all commits of a repository, and finds those
// that share lines, a subject, an author or a patch-id with a patch. Its
// methods may be called from several goroutines.
type Index struct {
	repo  *git.Repo
	cache cache
	bad   atomic.Pointer[error] // the first block that could not be read
	dir   *indexDir             // nil if it is kept in memory only

	mu      sync.RWMutex // guards now; nothing that it points to is changed
	now     *snapshot
	growing sync.Mutex // held while commits are added in memory
	added   int        // commits that were read when it was opened
}

// Stats describe an index: what is reachable from a branch, a tag or HEAD.
type Stats struct {
	Commits  int   // that have a diff
	Lines    int   // changed lines in them
	Keys     int   // different lines, context included, counted in each segment
	Cut      int   // commits of which lines were left out, because there were too many
	Lost     int   // commits whose lines are missing, because git has not all of their objects
	Merges   int   // merges that change something themselves
	Segments int   // files, or parts in memory
	Added    int   // commits that [Open] read because they were new
	Bytes    int64 // of the files; 0 if it is kept in memory only
}

// Open loads the index of a repository from a directory, adds the commits that
// are new since, drops those that no branch or tag reaches any more, and
// writes what has changed. What is damaged, half-written or of another version
// is built anew. Several processes may open one directory; one of them at a
// time updates it. With "" the index is kept in memory only.
//
// A repository that is written to meanwhile is read again until it holds still.
func Open(ctx context.Context, repo *git.Repo, dir string, say progress.Func) (*Index, error) {
	x := &Index{repo: repo, cache: cache{most: cacheBytes}}
	if dir != "" {
		x.dir = &indexDir{path: dir}
	}
	if err := x.update(ctx, say); err != nil {
		return nil, fmt.Errorf("commit index of %s: %w", repo.Dir(), err)
	}
	return x, nil
}

// Stats counts what the index holds.
func (x *Index) Stats() Stats {
	s := x.snapshot()
	st := Stats{Segments: len(s.segments), Bytes: s.manifestSize, Added: x.added}
	for i, seg := range s.segments {
		st.Keys += seg.keyCount
		if x.dir != nil {
			st.Bytes += seg.size
		}
		for n, r := range seg.rows {
			if !s.live.has(s.base[i] + uint32(n)) {
				continue
			}
			if r.flags&hasFiles != 0 {
				st.Commits++
				st.Merges += flag(r.flags&isMerge != 0)
			}
			st.Lines += int(r.lines)
			st.Cut += flag(r.flags&wasCut != 0)
			st.Lost += flag(r.flags&wasLost != 0)
		}
	}
	return st
}

// snapshot is what the index holds now.
func (x *Index) snapshot() *snapshot {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.now
}

// A snapshot is what an index holds at one moment. Its rows are those of all
// segments, one after the other.
type snapshot struct {
	segments     []*segment
	base         []uint32  // of each segment: the number of its first row
	size         int       // rows
	outer        [][]int32 // of each segment: the rows of its outer parents, -1 for one that is not here
	live         bitset    // the rows that tips reach
	tips         []string  // raw hashes of all branches, tags and HEAD; all that they reach is here
	heads        []string  // those of branches and HEAD
	opened       int       // how many segments there were when the index was opened; others are in memory
	manifestSize int64
}

// newSnapshot joins segments, oldest first.
func newSnapshot(segments []*segment, tips, heads []string) *snapshot {
	s := &snapshot{segments: segments, tips: tips, heads: heads}
	for _, seg := range segments {
		s.base = append(s.base, uint32(s.size))
		s.size += len(seg.rows)
	}
	for _, seg := range segments {
		rows := make([]int32, len(seg.outer))
		for i, h := range seg.outer {
			rows[i] = -1
			if n, ok := s.rowOf(h); ok {
				rows[i] = int32(n)
			}
		}
		s.outer = append(s.outer, rows)
	}
	s.live = s.reachable(tips)
	return s
}

// rowOf is the row with a raw hash.
func (s *snapshot) rowOf(hash string) (uint32, bool) {
	for i := len(s.segments) - 1; i >= 0; i-- {
		if n, ok := s.segments[i].rowOf(hash); ok {
			return s.base[i] + n, true
		}
	}
	return 0, false
}

// rowOf is the row of a segment with a raw hash.
func (s *segment) rowOf(hash string) (uint32, bool) {
	var few [16]uint32
	for _, n := range s.things.find(byHash.named(hash), few[:0]) {
		if int(n) < len(s.rows) && string(s.hash(n)) == hash {
			return n, true
		}
	}
	return 0, false
}

// at is the segment that holds a row, and the row's number there.
func (s *snapshot) at(n uint32) (*segment, uint32) {
	i := len(s.base) - 1
	for i > 0 && s.base[i] > n {
		i--
	}
	return s.segments[i], n - s.base[i]
}

// reachable is the set of rows that can be reached from some commits.
func (s *snapshot) reachable(from []string) bitset {
	in := newBitset(s.size)
	var todo []uint32
	visit := func(n uint32) {
		if !in.has(n) {
			in.set(n)
			todo = append(todo, n)
		}
	}
	for _, h := range from {
		if n, ok := s.rowOf(h); ok {
			visit(n)
		}
	}
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		i := len(s.base) - 1
		for i > 0 && s.base[i] > n {
			i--
		}
		for _, p := range s.segments[i].parentsOf(int(n - s.base[i])) {
			if p >= 0 {
				visit(s.base[i] + uint32(p))
			} else if outer := s.outer[i][-1-p]; outer >= 0 {
				visit(uint32(outer))
			}
		}
	}
	return in
}
