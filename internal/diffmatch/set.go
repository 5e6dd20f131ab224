package diffmatch

import (
	"cmp"
	"slices"
	"sync"

	"github.com/upstreamd/upstreamd/internal/patch"
)

// A Set holds patches and finds those like a given one: a carried patch among
// posted ones, a posted one among the versions before it. It is made for some
// ten thousand patches. Its methods may be called from several goroutines.
type Set struct {
	mu    sync.RWMutex
	items []setItem
	byKey map[string]int
	lines map[uint64][]uint32 // items that have a changed line, by its key
	ids   map[uint64][]uint32
}

type setItem struct {
	key     string
	profile profile
	keys    []uint64 // of its changed lines, each once
	gone    bool     // replaced by a later Add with the same key
}

// A SetMatch is a patch of a set that is like another.
type SetMatch struct {
	Key string
	Similarity
}

// NewSet returns an empty set.
func NewSet() *Set {
	return &Set{byKey: map[string]int{}, lines: map[uint64][]uint32{}, ids: map[uint64][]uint32{}}
}

// Len is the number of patches in the set.
func (s *Set) Len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.byKey)
}

// Add takes a patch in under a key; one that had the key before is replaced.
func (s *Set) Add(key string, p *patch.Patch) {
	prof := newProfile(p, shapeOf(p.Files))
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.byKey[key]; ok {
		s.items[old].gone = true
	}
	n := uint32(len(s.items))
	s.byKey[key] = int(n)
	it := setItem{key: key, profile: prof}
	if prof.id != 0 {
		s.ids[prof.id] = append(s.ids[prof.id], n)
	}
	for i := range prof.shape.files {
		prof.shape.files[i].changed(func(_ byte, k uint64) {
			if at := s.lines[k]; len(at) == 0 || at[len(at)-1] != n {
				s.lines[k] = append(at, n)
				it.keys = append(it.keys, k)
			}
		})
	}
	s.items = append(s.items, it)
}

// Find returns the patches of the set that are identical, equal or near to p,
// most alike first; of equal ones the earlier added first.
func (s *Set) Find(p *patch.Patch) []SetMatch {
	if s.Len() == 0 {
		return nil
	}
	prof := newProfile(p, shapeOf(p.Files))
	s.mu.RLock()
	defer s.mu.RUnlock()
	w := func(key uint64) float64 {
		return min(frequencyWeight(len(s.lines[key]), len(s.items)), plainWeight(key))
	}
	left := flatten(prof.shape, w)
	keys := map[uint64]bool{}
	for _, e := range left.entries {
		keys[e.key] = true
	}
	var found []SetMatch
	for _, n := range s.lookup(prof, left) {
		it := &s.items[n]
		if (prof.id == 0 || prof.id != it.profile.id) && it.shares(keys) < hopeless {
			continue
		}
		sim := similarity(prof, it.profile, align(left, flatten(it.profile.shape, w)))
		if sim.Same != "" {
			found = append(found, SetMatch{it.key, sim})
		}
	}
	rank := map[string]int{"identical": 0, "patch-id": 1, "changes": 2, "near": 3}
	slices.SortStableFunc(found, func(a, b SetMatch) int {
		return cmp.Or(rank[a.Same]-rank[b.Same], cmp.Compare(b.Score, a.Score))
	})
	return found
}

// hopeless is the part of shared lines below which nothing is near: weights,
// and lines that are only similar, can double it, and [near] is more.
const hopeless = 0.15

// shares is the part of all changed lines, each counted once, that both have.
func (it *setItem) shares(keys map[uint64]bool) float64 {
	n := 0
	for _, k := range it.keys {
		if keys[k] {
			n++
		}
	}
	return 2 * float64(n) / float64(max(1, len(keys)+len(it.keys)))
}

// lookup gathers the items that share rare lines or the patch-id, in order of their numbers.
func (s *Set) lookup(p profile, left *flat) []uint32 {
	score := map[uint32]float64{}
	seen := map[uint64]bool{}
	var keys []uint64
	for _, e := range left.entries {
		if !seen[e.key] && len(s.lines[e.key]) > 0 {
			seen[e.key] = true
			keys = append(keys, e.key)
		}
	}
	slices.SortStableFunc(keys, func(a, b uint64) int { return len(s.lines[a]) - len(s.lines[b]) })
	for i, k := range keys[:min(len(keys), maxProbes)] {
		at := s.lines[k]
		if len(at) > maxCommon && i >= 3 {
			break
		}
		for _, n := range at {
			score[n] += frequencyWeight(len(at), len(s.items))
		}
	}
	rows := make([]uint32, 0, len(score))
	for n := range score {
		if !s.items[n].gone {
			rows = append(rows, n)
		}
	}
	slices.SortFunc(rows, func(a, b uint32) int { return cmp.Or(cmp.Compare(score[b], score[a]), cmp.Compare(a, b)) })
	rows = rows[:min(len(rows), 2*maxCandidates)]
	for _, n := range s.ids[p.id] {
		if p.id != 0 && !s.items[n].gone && !slices.Contains(rows, n) {
			rows = append(rows, n)
		}
	}
	slices.Sort(rows)
	return rows
}
