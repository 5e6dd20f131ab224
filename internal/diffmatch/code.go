package diffmatch

import (
	"encoding/binary"
	"errors"
	"math"
)

// Shapes are kept as bytes, as most are never looked at. A line is the number
// of its key, told by what came before (trail.go): lines that were added
// together are removed and shown together, so most take one byte.
//
//	shape = cut lines nfiles file*
//	file  = path gone nhunks hunk*   path: its number; gone: 1 if deleted
//	hunk  = heading nlines run* line*    heading: 0, or 1 + as a line
//	run   = op | count<<2            op: 0 ' ', 1 '+', 2 '-'
//
// All are varints.

var errCode = errors.New("damaged shape")

const opBytes = " +-"

// An encoder appends shapes to a buffer and keys to a dict.
type encoder struct {
	buf  []byte
	dict *dict
	path func(string) uint32
	trail
	numbers []uint32 // of the lines of a hunk

	changed func(id uint32) // told of the key of each changed line
}

func (e *encoder) num(n int) { e.buf = binary.AppendUvarint(e.buf, uint64(n)) }

func (e *encoder) shape(s *shape) {
	e.trail = newTrail(len(e.dict.keys), math.MaxInt)
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
		id, _ := e.dict.add(h.heading)
		e.buf = binary.AppendUvarint(e.buf, 1+e.code(int(id)))
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
	e.numbers = e.numbers[:0]
	for _, k := range h.keys { // all at once, so that the processor waits for several places of the table at a time
		id, _ := e.dict.add(k)
		e.numbers = append(e.numbers, id)
	}
	for i, id := range e.numbers {
		e.buf = binary.AppendUvarint(e.buf, e.code(int(id)))
		if h.ops[i] != ' ' {
			e.changed(id)
		}
	}
}

// A decoder reads what an encoder wrote. The first error sticks.
type decoder struct {
	buf []byte
	trail
	err error
}

func (d *decoder) uvarint() uint64 {
	if len(d.buf) > 0 && d.buf[0] < 0x80 {
		n := uint64(d.buf[0])
		d.buf = d.buf[1:]
		return n
	}
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

// line is the number of the key that a code tells.
func (d *decoder) line(code uint64) uint32 {
	id, ok := d.id(code)
	if !ok {
		d.err = errCode
	}
	return uint32(id)
}

// hunk reads a hunk into ops and ids; heading is -1 if there is none.
func (d *decoder) hunk(ops []byte, ids []uint32) (heading int, o []byte, k []uint32) {
	heading = -1
	if v := d.uvarint(); v > 0 {
		heading = int(d.line(v - 1))
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
		ids = append(ids, d.line(d.uvarint()))
	}
	return heading, ops, ids
}

// decodeShape reads a whole shape of a segment; first is the number of its
// first new key.
func decodeShape(buf []byte, t *segment, first uint32) (*shape, error) {
	d := decoder{buf: buf, trail: newTrail(int(first), t.keyCount)}
	s := &shape{cut: d.uvarint() == 1, lines: int(d.uvarint())}
	files := d.count()
	for range files {
		path := d.uvarint()
		if path >= uint64(t.pathCount) {
			d.err = errCode
			break
		}
		f := fileShape{path: t.path(uint32(path)), gone: d.uvarint() == 1}
		hunks := d.count()
		for range hunks {
			heading, ops, ids := d.hunk(nil, nil)
			if d.err != nil {
				return nil, d.err
			}
			h := hunkShape{ops: ops, keys: make([]uint64, len(ids))}
			if heading >= 0 {
				h.heading = t.key(uint32(heading))
			}
			for i, id := range ids {
				h.keys[i] = t.key(id)
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
