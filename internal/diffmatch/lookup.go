package diffmatch

import "iter"

// What the matcher asks of an index. Rows are numbered through the whole
// index; only those of the view are given. The caller holds the lock.

// frequency is how many commits of the view have a line as a changed line,
// counted no further than maxCommon+1.
func (v *View) frequency(key uint64) int {
	n := 0
	for range v.changing(key) {
		if n++; n > maxCommon {
			break
		}
	}
	return n
}

// changing are the commits of the view that have a line as a changed line, oldest row first.
func (v *View) changing(key uint64) iter.Seq[uint32] {
	id, ok := v.x.dict.id(key)
	if !ok {
		return func(func(uint32) bool) {}
	}
	return v.seen(v.x.post.of(id))
}

// seen are those of some rows that are in the view.
func (v *View) seen(rows []uint32) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for _, r := range rows {
			if v.in.has(r) && !yield(r) {
				return
			}
		}
	}
}

// withSubject are the commits with a title, by its key.
func (v *View) withSubject(key uint64) iter.Seq[uint32] { return v.seen(v.x.subjects[key]) }

// withPatchID are the commits with a patch-id.
func (v *View) withPatchID(id uint64) iter.Seq[uint32] { return v.seen(v.x.ids[id]) }

// writtenAt are the commits with an author time.
func (v *View) writtenAt(time int64) iter.Seq[uint32] { return v.seen(v.x.times[time]) }

// pickedFrom are the commits that say that they were picked from another, by its raw hash.
func (v *View) pickedFrom(hash string) iter.Seq[uint32] { return v.seen(v.x.picks[hash]) }

// withHash is the commit with a raw hash, if the view has it.
func (v *View) withHash(hash string) iter.Seq[uint32] {
	if n, ok := v.x.byHash[hash]; ok {
		return v.seen([]uint32{n})
	}
	return v.seen(nil)
}

// reverts are the commits that say that they revert another.
func (v *View) reverts() iter.Seq[uint32] { return v.seen(v.x.reverts) }

// row is what is known of a commit, without its shape.
func (v *View) row(n uint32) *row { return &v.x.rows[n] }

// shape is what a commit changes.
func (v *View) shape(n uint32) (*shape, error) { return v.x.shapeAt(n) }

// name is the hex hash of a commit.
func (v *View) name(n uint32) string { return v.x.name(n) }
