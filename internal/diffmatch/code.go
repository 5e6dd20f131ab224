package diffmatch

import (
	"encoding/binary"
	"errors"
)

// Shapes are kept as bytes, as most are never looked at. A line is the number
// of its key in the dict, written as the distance from the line before it:
// lines that were added together are removed and shown together, so most
// distances are one byte. A key that is new to the dict is the byte 0.
//
//	shape = cut lines nfiles file*
//	file  = path gone nhunks hunk*   path: number in Index.paths; gone: 1 if deleted
//	hunk  = heading nlines run* line*    heading: 0, or 1 + as a line
//	run   = op | count<<2            op: 0 ' ', 1 '+', 2 '-'
//	line  = 0, or 1 + zigzag(number - number before - 1)
//
// All are varints. Numbers begin anew in every commit, at its first new key.

var errCode = errors.New("damaged shape")

const opBytes = " +-"

// An encoder appends shapes to a buffer and keys to a dict.
type encoder struct {
	buf  []byte
	dict *dict
	path func(string) uint32
	prev int
}

func (e *encoder) num(n int) { e.buf = binary.AppendUvarint(e.buf, uint64(n)) }

// key is the number that stands for a key.
func (e *encoder) key(k uint64) uint64 {
	id, added := e.dict.add(k)
	d := int(id) - e.prev - 1
	e.prev = int(id)
	if added {
		return 0
	}
	return 1 + uint64(d<<1^d>>63)
}

func (e *encoder) shape(s *shape) {
	e.prev = len(e.dict.keys)
	e.num(flag(s.cut))
	e.num(s.lines)
	e.num(len(s.files))
	for i := range s.files {
		f := &s.files[i]
		e.num(int(e.path(f.path)))
		e.num(flag(f.gone))
		e.num(len(f.hunks))
		for _, h := range f.hunks {
			e.hunk(h)
		}
	}
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (e *encoder) hunk(h hunkShape) {
	if h.heading == 0 {
		e.num(0)
	} else {
		e.buf = binary.AppendUvarint(e.buf, 1+e.key(h.heading))
	}
	e.num(len(h.ops))
	for i := 0; i < len(h.ops); {
		j := i
		for j < len(h.ops) && h.ops[j] == h.ops[i] {
			j++
		}
		op := 0
		switch h.ops[i] {
		case '+':
			op = 1
		case '-':
			op = 2
		}
		e.num(op | (j-i)<<2)
		i = j
	}
	for _, k := range h.keys {
		e.buf = binary.AppendUvarint(e.buf, e.key(k))
	}
}

// A decoder reads what an encoder wrote. The first error sticks.
type decoder struct {
	buf  []byte
	next int // number of the next new key
	prev int
	ids  int // how many numbers there are
	err  error
}

func (d *decoder) uvarint() uint64 {
	n, size := binary.Uvarint(d.buf)
	if size <= 0 {
		d.err = errCode
		d.buf = nil
		return 0
	}
	d.buf = d.buf[size:]
	return n
}

// count reads a number of things that each take at least one byte.
func (d *decoder) count() int {
	n := d.uvarint()
	if n > uint64(len(d.buf)) {
		d.err = errCode
		return 0
	}
	return int(n)
}

// id is the number of the key for which v stands.
func (d *decoder) id(v uint64) uint32 {
	if v == 0 {
		d.prev = d.next
		d.next++
	} else {
		v--
		d.prev += 1 + int(v>>1^-(v&1))
	}
	if d.prev < 0 || d.prev >= d.ids {
		d.err = errCode
		d.prev = 0
	}
	return uint32(d.prev)
}

// hunk reads a hunk into ops and ids; heading is -1 if there is none.
func (d *decoder) hunk(ops []byte, ids []uint32) (heading int, o []byte, k []uint32) {
	heading = -1
	if v := d.uvarint(); v > 0 {
		heading = int(d.id(v - 1))
	}
	n := d.count()
	for len(ops) < n && d.err == nil {
		run := d.uvarint()
		op, count := run&3, int(run>>2)
		if op > 2 || count == 0 || count > n-len(ops) {
			d.err = errCode
			break
		}
		for range count {
			ops = append(ops, opBytes[op])
		}
	}
	for len(ids) < n && d.err == nil {
		ids = append(ids, d.id(d.uvarint()))
	}
	return heading, ops, ids
}

// decodeShape reads a whole shape whose first new key has the number first.
func decodeShape(buf []byte, first int, keys []uint64, paths []string) (*shape, error) {
	d := decoder{buf: buf, next: first, prev: first, ids: len(keys)}
	s := &shape{cut: d.uvarint() == 1, lines: int(d.uvarint())}
	files := d.count()
	for range files {
		path := d.uvarint()
		if path >= uint64(len(paths)) {
			d.err = errCode
			break
		}
		f := fileShape{path: paths[path], gone: d.uvarint() == 1}
		hunks := d.count()
		for range hunks {
			heading, ops, ids := d.hunk(nil, nil)
			if d.err != nil {
				return nil, d.err
			}
			h := hunkShape{ops: ops, keys: make([]uint64, len(ids))}
			if heading >= 0 {
				h.heading = keys[heading]
			}
			for i, id := range ids {
				h.keys[i] = keys[id]
				if ops[i] != ' ' {
					f.lines++
				}
			}
			f.hunks = append(f.hunks, h)
		}
		s.files = append(s.files, f)
	}
	return s, d.err
}

// walk calls file for each file of a shape and line with the number of each
// changed line. file may be nil.
func walk(buf []byte, first, ids int, file func(path uint64, gone bool), line func(id uint32)) error {
	d := decoder{buf: buf, next: first, prev: first, ids: ids}
	d.uvarint()
	d.uvarint()
	var ops []byte
	var nums []uint32
	files := d.count()
	for range files {
		path, gone := d.uvarint(), d.uvarint() == 1
		if file != nil {
			file(path, gone)
		}
		hunks := d.count()
		for range hunks {
			_, ops, nums = d.hunk(ops[:0], nums[:0])
			if d.err != nil {
				return d.err
			}
			for i, id := range nums {
				if ops[i] != ' ' {
					line(id)
				}
			}
		}
	}
	return d.err
}
