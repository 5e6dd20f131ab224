package diffmatch

import (
	"cmp"
	"encoding/binary"
	"slices"
	"sort"
)

// The postings of a segment say which rows have a line as a changed line. Keys
// are numbered as they first appear, so most are told by the row that brought
// them in, and neighbours often have the same ones. A block tells those of
// postingKeys keys, in runs of keys that are alike:
//
//	run = keys<<2 | own<<1 | more [count bytes gap*]
//
// own: the row that brought the key in changes it (otherwise it only shows it
// as context); more: there are count later rows, in so many bytes, each as the
// distance to the one before, less 1, at first to the row that brought it in.
const postingKeys = 512

// postingBlock is a block with a place to enter it for each key.
type postingBlock struct {
	b   []byte
	run []uint32 // of each key: where its run begins in b
}

func parsePostings(_ int, b []byte) (p postingBlock, size int, err error) {
	p = postingBlock{b: b, run: make([]uint32, 0, postingKeys)}
	r := byteReader{b: b}
	for len(r.b) > 0 {
		at := uint32(len(b) - len(r.b))
		head := r.num()
		if head&1 != 0 {
			r.num()
			n := r.count()
			r.b = r.b[n:]
		}
		n := head >> 2
		if r.err != nil || n == 0 || n > uint64(postingKeys-len(p.run)) {
			return p, 0, errFile
		}
		for range n {
			p.run = append(p.run, at)
		}
	}
	return p, len(b) + 4*len(p.run), nil
}

// postingsOf is where a key is changed: in row if it is its own, and in later
// rows, which are told by gaps.
func (s *segment) postingsOf(id uint32) (row uint32, own bool, later uint64, gaps byteReader) {
	p := s.postings.get(int(id / postingKeys))
	if int(id%postingKeys) >= len(p.run) {
		return 0, false, 0, gaps // damage, which has been noted
	}
	gaps.b = p.b[p.run[id%postingKeys]:]
	head := gaps.num()
	if head&1 != 0 {
		later = gaps.num()
		gaps.num()
	}
	return s.bringing(id), head&2 != 0, later, gaps
}

// changing calls f with the rows of the segment that have key id as a changed
// line, in order, until it returns false.
func (s *segment) changing(id uint32, f func(row uint32) bool) bool {
	row, own, later, gaps := s.postingsOf(id)
	if own && !f(row) {
		return false
	}
	for ; later > 0; later-- {
		if row += uint32(gaps.num()) + 1; int(row) >= len(s.rows) || gaps.err != nil {
			s.records.src.fail(errFile)
			return true
		}
		if !f(row) {
			return false
		}
	}
	return true
}

// bringing is the row that brought in a key.
func (s *segment) bringing(id uint32) uint32 {
	return uint32(sort.Search(len(s.rows), func(i int) bool { return s.rows[i].first > id })) - 1
}

// A postingWriter collects the postings of a segment.
type postingWriter struct {
	last []uint32 // of each key: 1 + the row that changes it last
	own  []bool   // of each key: the row that brought it in changes it
	more []uint64 // key<<32 | later row
}

// add notes that a row changes a key, which has just been brought in or not.
// Rows come in order.
func (w *postingWriter) add(id, row uint32, first uint32) {
	for int(id) >= len(w.last) {
		w.last, w.own = append(w.last, 0), append(w.own, false)
	}
	if w.last[id] == row+1 {
		return
	}
	w.last[id] = row + 1
	if id >= first {
		w.own[id] = true
	} else {
		w.more = append(w.more, uint64(id)<<32|uint64(row))
	}
}

// section writes the postings of n keys; bring is the row that brought in each.
func (w *postingWriter) section(n int, bring func(id int) uint32) *sectionWriter {
	slices.SortFunc(w.more, func(a, b uint64) int { return cmp.Compare(a, b) })
	out := &sectionWriter{}
	var run, next []byte
	keys, more := 0, w.more
	emit := func() {
		if keys > 0 {
			out.raw = binary.AppendUvarint(out.raw, uint64(keys)<<2|uint64(run[0]))
			out.raw = append(out.raw, run[1:]...)
		}
		keys = 0
	}
	for id := range n {
		to := 0
		for to < len(more) && more[to]>>32 == uint64(id) {
			to++
		}
		own := id < len(w.own) && w.own[id]
		next = w.rest(next[:0], own, bring(id), more[:to])
		more = more[to:]
		if keys > 0 && !slices.Equal(run, next) {
			emit()
		}
		run, next = next, run
		keys++
		if (id+1)%postingKeys == 0 || id == n-1 {
			emit()
			out.end()
		}
	}
	return out
}

// rest makes what follows the number of keys in a run, with its two bits in front.
func (w *postingWriter) rest(b []byte, own bool, row uint32, more []uint64) []byte {
	b = append(b, byte(flag(own)<<1|flag(len(more) > 0)))
	if len(more) == 0 {
		return b
	}
	var gaps []byte
	for _, m := range more {
		gaps = binary.AppendUvarint(gaps, uint64(uint32(m)-row-1))
		row = uint32(m)
	}
	b = binary.AppendUvarint(b, uint64(len(more)))
	return append(binary.AppendUvarint(b, uint64(len(gaps))), gaps...)
}
