package diffmatch

import "encoding/binary"

// A tableReader reads what a tableWriter wrote. The first error sticks.
type tableReader struct {
	b   []byte
	err error
}

// read fills all tables but the keys.
func (t *tables) read(b []byte) error {
	r := tableReader{b: b}
	t.tips = r.strings()
	t.heads = r.strings()
	t.paths = r.strings()
	rows := r.count()
	t.rows = make([]row, 0, rows)
	at := 0
	for range rows {
		one := r.row(t.rows)
		one.start, one.end = at, at+one.end
		at = one.end
		if r.err != nil {
			return r.err
		}
		t.rows = append(t.rows, one)
	}
	if n := r.count(); n != at || n != len(r.b) {
		return errFile
	}
	t.shapes = r.b
	t.numberPaths()
	return r.err
}

func (r *tableReader) fail() {
	r.err = errFile
	r.b = nil
}

func (r *tableReader) num() uint64 {
	n, size := binary.Uvarint(r.b)
	if size <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[size:]
	return n
}

func (r *tableReader) signed() int64 {
	n, size := binary.Varint(r.b)
	if size <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[size:]
	return n
}

// count reads a number of bytes, or of things of at least one byte.
func (r *tableReader) count() int {
	n := r.num()
	if n > uint64(len(r.b)) {
		r.fail()
		return 0
	}
	return int(n)
}

func (r *tableReader) word() uint64 {
	if len(r.b) < 8 {
		r.fail()
		return 0
	}
	n := binary.LittleEndian.Uint64(r.b)
	r.b = r.b[8:]
	return n
}

func (r *tableReader) str() string {
	n := r.count()
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

func (r *tableReader) strings() []string {
	n := r.count()
	if n == 0 {
		return nil
	}
	list := make([]string, 0, n)
	for range n {
		list = append(list, r.str())
	}
	return list
}

// row reads one commit; its end is the length of its shape.
func (r *tableReader) row(above []row) row {
	var one row
	one.hash, one.title, one.by = r.str(), r.str(), r.str()
	parents := r.count()
	for range parents {
		back := r.num()
		switch {
		case back == 0:
			one.parents = append(one.parents, r.str())
		case back <= uint64(len(above)):
			one.parents = append(one.parents, above[len(above)-int(back)].hash)
		default:
			r.fail()
		}
	}
	one.author = authorKey{r.word(), r.word()}
	one.subject, one.undoes, one.patchID = r.word(), r.word(), r.word()
	one.authorTime = r.signed()
	one.commitTime = one.authorTime + r.signed()
	one.picked, one.reverts = r.strings(), r.strings()
	one.end, one.first, one.lines = int(r.num()), int(r.num()), int(r.num())
	return one
}
