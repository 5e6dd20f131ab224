package diffmatch

import (
	"encoding/hex"
	"iter"
	"slices"
	"strings"
	"sync/atomic"
)

// What the matcher asks of an index. Rows are numbered through the whole
// index; only those of the view are given. After damage nothing is found, and
// [View.Err] tells.

// frequency is how many commits of the view have a line as a changed line,
// counted no further than maxCommon+1.
func (v *View) frequency(key uint64) int {
	if n, ok := v.seen.known(key); ok {
		return n
	}
	n := 0
	for i, s := range v.now.segments {
		if id, ok := s.keyNumber(key); ok {
			if n += s.frequency(id, v.in, v.now.base[i], maxCommon+1-n); n > maxCommon {
				break
			}
		}
	}
	v.seen.note(key, n)
	return n
}

// seenLines remembers the frequencies of some lines, as a key and a frequency
// in one word. It is only worth its room where many segments are looked into.
type seenLines []atomic.Uint64

const (
	seenSize  = 1 << 13
	seenWorth = 4 // segments
)

func (s seenLines) known(key uint64) (n int, ok bool) {
	if s == nil {
		return 0, false
	}
	w := s[key%seenSize].Load()
	return int(w & (1<<(64-keyBits) - 1)), w>>(64-keyBits) == key
}

func (s seenLines) note(key uint64, n int) {
	if s != nil {
		s[key%seenSize].Store(key<<(64-keyBits) | uint64(n))
	}
}

// frequency is how many rows of a set have key id as a changed line, counted
// no further than most. The rows of the segment begin at base in the set.
func (s *segment) frequency(id uint32, in bitset, base uint32, most int) (n int) {
	row, own, later, gaps := s.postingsOf(id)
	if own && in.has(base+row) {
		n++
	}
	for ; later > 0 && n < most && gaps.err == nil; later-- {
		if row += uint32(gaps.num()) + 1; int(row) < len(s.rows) && in.has(base+row) {
			n++
		}
	}
	return n
}

// changing are the commits of the view that have a line as a changed line, oldest row first.
func (v *View) changing(key uint64) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for i, s := range v.now.segments {
			id, ok := s.keyNumber(key)
			if !ok {
				continue
			}
			more := s.changing(id, func(row uint32) bool {
				n := v.now.base[i] + row
				return !v.in.has(n) || yield(n)
			})
			if !more {
				return
			}
		}
	}
}

// with are the commits of the view that were put by a hash and pass a test.
func (v *View) with(hash uint64, is func(*row) bool) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		var few [64]uint32
		for i, s := range v.now.segments {
			for _, n := range s.things.find(hash, few[:0]) {
				if int(n) >= len(s.rows) || !v.in.has(v.now.base[i]+n) {
					continue
				}
				if r := s.row(n); r != nil && is(r) && !yield(v.now.base[i]+n) {
					return
				}
			}
		}
	}
}

// withSubject are the commits with a title, by its key.
func (v *View) withSubject(key uint64) iter.Seq[uint32] {
	return v.with(bySubject.of(key), func(r *row) bool { return r.subject == key })
}

// withPatchID are the commits with a patch-id.
func (v *View) withPatchID(id uint64) iter.Seq[uint32] {
	return v.with(byPatchID.of(id), func(r *row) bool { return r.patchID == id })
}

// writtenAt are the commits with an author time.
func (v *View) writtenAt(time int64) iter.Seq[uint32] {
	return v.with(byTime.of(uint64(time)), func(r *row) bool { return r.authorTime == time })
}

// pickedFrom are the commits that say that they were picked from another, by its raw hash.
func (v *View) pickedFrom(hash string) iter.Seq[uint32] {
	return v.with(byPick.named(hash), func(r *row) bool { return slices.Contains(r.picked, hash) })
}

// withMessageID are the commits that say that they were made of a mail.
func (v *View) withMessageID(id string) iter.Seq[uint32] {
	key := messageKey(id)
	return v.with(byMessage.of(key), func(r *row) bool { return slices.Contains(r.messages, key) })
}

// withHash is the commit with a raw hash, if the view has it.
func (v *View) withHash(hash string) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		if n, ok := v.now.rowOf(hash); ok && v.in.has(n) {
			yield(n)
		}
	}
}

// reverts are the commits that say that they revert another.
func (v *View) reverts() iter.Seq[uint32] {
	return v.with(byRevert.of(0), func(r *row) bool { return len(r.reverts) > 0 || r.undoes != 0 })
}

// reverting are those of reverts that name a commit, oldest row first: by its
// hash, full or abbreviated, or by its title alone.
func (v *View) reverting(name string, subject uint64) []uint32 {
	rows := slices.Collect(v.with(byRevertedHash.named(name[:min(revertDigits, len(name))]), func(r *row) bool {
		return slices.ContainsFunc(r.reverts, func(h string) bool { return strings.HasPrefix(name, h) })
	}))
	if subject != 0 {
		rows = slices.AppendSeq(rows, v.with(byRevertedTitle.of(subject), func(r *row) bool {
			return len(r.reverts) == 0 && r.undoes == subject
		}))
	}
	slices.Sort(rows)
	return rows
}

// row is what is known of a commit, without its shape.
func (v *View) row(n uint32) *row {
	s, local := v.now.at(n)
	if r := s.row(local); r != nil {
		return r
	}
	return &row{}
}

// lines is how many lines a commit changes.
func (v *View) lines(n uint32) int {
	s, local := v.now.at(n)
	return int(s.rows[local].lines)
}

// committed is when a commit was committed, in Unix seconds.
func (v *View) committed(n uint32) int64 {
	s, local := v.now.at(n)
	return s.rows[local].time
}

// shape is what a commit changes.
func (v *View) shape(n uint32) (*shape, error) {
	s, local := v.now.at(n)
	return s.shape(local)
}

// name is the hex hash of a commit.
func (v *View) name(n uint32) string {
	s, local := v.now.at(n)
	return hex.EncodeToString(s.hash(local))
}

// lost says whether no file of this path was in the view at some time: it
// never was, or it had been deleted. Then a file of the same name elsewhere
// may be the same one, moved.
func (v *View) lost(path string, when int64) bool {
	last, gone, later := int64(0), true, false
	for i, s := range v.now.segments {
		for _, t := range s.touchesOf(path) {
			if int(t.row) >= len(s.rows) || !v.in.has(v.now.base[i]+t.row) {
				continue
			}
			at := s.rows[t.row].time
			switch {
			case at > when:
				later = true
			case at >= last:
				last, gone = at, t.gone
			}
		}
	}
	return gone && (last > 0 || !later)
}

// touched are the commits of the view that change a file, oldest row first.
func (v *View) touched(path string) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for i, s := range v.now.segments {
			for _, t := range s.touchesOf(path) {
				if n := v.now.base[i] + t.row; int(t.row) < len(s.rows) && v.in.has(n) && !yield(n) {
					return
				}
			}
		}
	}
}

// touchesOf are the touches of a path in a segment.
func (s *segment) touchesOf(path string) []touch {
	var few [16]uint32
	for _, id := range s.things.find(byPath.named(path), few[:0]) {
		if int(id) < s.pathCount && s.path(id) == path {
			if list := s.touches.get(int(id / touchPaths)); int(id%touchPaths) < len(list) {
				return list[id%touchPaths]
			}
		}
	}
	return nil
}
