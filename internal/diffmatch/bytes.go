package diffmatch

import "encoding/binary"

// A byteReader reads numbers and strings that were written by appendStrings and
// the functions of encoding/binary. The first error sticks.
type byteReader struct {
	b   []byte
	err error
}

func (r *byteReader) fail() {
	r.err = errFile
	r.b = nil
}

func (r *byteReader) num() uint64 {
	if len(r.b) > 0 && r.b[0] < 0x80 {
		n := uint64(r.b[0])
		r.b = r.b[1:]
		return n
	}
	n, size := binary.Uvarint(r.b)
	if size <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[size:]
	return n
}

func (r *byteReader) signed() int64 {
	n := r.num()
	return int64(n>>1) ^ -int64(n&1)
}

// small reads a number below 2^31.
func (r *byteReader) small() int {
	n := r.num()
	if n >= 1<<31 {
		r.fail()
		return 0
	}
	return int(n)
}

// count reads a number of bytes, or of things of at least one byte.
func (r *byteReader) count() int {
	n := r.num()
	if n > uint64(len(r.b)) {
		r.fail()
		return 0
	}
	return int(n)
}

func (r *byteReader) word() uint64 {
	if len(r.b) < 8 {
		r.fail()
		return 0
	}
	n := binary.LittleEndian.Uint64(r.b)
	r.b = r.b[8:]
	return n
}

func (r *byteReader) str() string {
	n := r.count()
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

// strings reads a list; nil for an empty one.
func (r *byteReader) strings() []string {
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

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendStrings(b []byte, list []string) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, s := range list {
		b = appendString(b, s)
	}
	return b
}

// appendSigned writes a number that may be negative.
func appendSigned(b []byte, n int64) []byte {
	return binary.AppendUvarint(b, uint64(n<<1)^uint64(n>>63))
}
