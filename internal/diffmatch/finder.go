package diffmatch

import (
	"encoding/binary"
	"math/bits"
)

// A finder finds numbers by the hash under which each was put. It gives a few
// wrong ones among the right: whoever asks looks again at what they stand for.
//
// The hashes are sorted into 2^n blocks of 64 buckets by their first bits. A
// block has
//
//	width     1 byte: 2 or 4
//	ends      64 numbers of width bytes: how many entries there are up to the end of each bucket
//	entries   bits: the mark bits of the hash that follow those of the bucket, then the number
//
// and 7 bytes more, so that any entry can be read as 8 bytes.
type finder struct {
	blocks[[]byte]
	finderForm
}

// A finderForm says how the blocks of a finder are made.
type finderForm struct {
	splits int // there are 2^splits blocks
	mark   int // bits
	number int // bits
}

const (
	bucketBits  = 6
	buckets     = 1 << bucketBits
	perBucket   = 12 // entries at most, on average
	finderSpare = 7
)

// find appends to list the numbers that may stand for a hash.
func (f *finder) find(hash uint64, list []uint32) []uint32 {
	block := f.get(int(hash >> 1 >> (63 - f.splits)))
	if len(block) == 0 {
		return list
	}
	hash <<= f.splits
	from, to, entries := bucket(block, int(hash>>(64-bucketBits)))
	want := hash << bucketBits >> (64 - f.mark)
	width := f.mark + f.number
	if to*width > (len(entries)-finderSpare)*8 {
		f.src.fail(errFile)
		return list
	}
	for i := from; i < to; i++ {
		at := i * width
		e := binary.LittleEndian.Uint64(entries[at>>3:]) >> (at & 7)
		if e&(1<<f.mark-1) == want {
			list = append(list, uint32(e>>f.mark&(1<<f.number-1)))
		}
	}
	return list
}

// bucket is where bucket i of a block begins and ends among the entries.
func bucket(block []byte, i int) (from, to int, entries []byte) {
	if block[0] == 4 {
		entries = block[1+4*buckets:]
		if i > 0 {
			from = int(binary.LittleEndian.Uint32(block[1+4*(i-1):]))
		}
		return from, int(binary.LittleEndian.Uint32(block[1+4*i:])), entries
	}
	entries = block[1+2*buckets:]
	if i > 0 {
		from = int(binary.LittleEndian.Uint16(block[1+2*(i-1):]))
	}
	return from, int(binary.LittleEndian.Uint16(block[1+2*i:])), entries
}

// checkFinder refuses a block that find could not read.
func checkFinder(_ int, b []byte) ([]byte, int, error) {
	if len(b) == 0 || b[0] != 2 && b[0] != 4 || len(b) < 1+buckets*int(b[0])+finderSpare {
		return nil, 0, errFile
	}
	return b, len(b), nil
}

// A found is one entry of a finder.
type found struct {
	hash   uint64
	number uint32
}

// writeFinder makes the section of a finder.
func writeFinder(list []found, mark int) (finderForm, *sectionWriter) {
	form := finderForm{mark: mark}
	most := uint32(0)
	for _, e := range list {
		most = max(most, e.number)
	}
	form.number = max(1, bits.Len32(most))
	for len(list)>>(form.splits+bucketBits) > perBucket {
		form.splits++
	}
	sortFound(list, form.splits+bucketBits)
	w := &sectionWriter{}
	for i := range 1 << form.splits {
		n := 0
		for n < len(list) && int(list[n].hash>>1>>(63-form.splits)) == i {
			n++
		}
		form.block(w, list[:n])
		list = list[n:]
	}
	return form, w
}

// block writes one block.
func (form finderForm) block(w *sectionWriter, list []found) {
	width := 2
	if len(list) >= 1<<16 {
		width = 4
	}
	w.raw = append(w.raw, byte(width))
	n := 0
	for b := range buckets {
		for n < len(list) && int(list[n].hash<<form.splits>>(64-bucketBits)) == b {
			n++
		}
		if width == 2 {
			w.raw = binary.LittleEndian.AppendUint16(w.raw, uint16(n))
		} else {
			w.raw = binary.LittleEndian.AppendUint32(w.raw, uint32(n))
		}
	}
	from := len(w.raw)
	entry := form.mark + form.number
	w.raw = append(w.raw, make([]byte, (len(list)*entry+7)/8+finderSpare)...)
	for i, e := range list {
		v := e.hash<<(form.splits+bucketBits)>>(64-form.mark) | uint64(e.number)<<form.mark
		at := from + i*entry>>3
		old := binary.LittleEndian.Uint64(w.raw[at:])
		binary.LittleEndian.PutUint64(w.raw[at:], old|v<<(i*entry&7))
	}
	w.end()
}

// sortFound sorts by the first n bits of the hashes, and keeps the order of
// those that are alike in them.
func sortFound(list []found, n int) {
	starts := make([]uint32, 1<<n+1)
	for _, e := range list {
		starts[e.hash>>(64-n)+1]++
	}
	for i := 1; i < len(starts); i++ {
		starts[i] += starts[i-1]
	}
	sorted := make([]found, len(list))
	for _, e := range list {
		b := e.hash >> (64 - n)
		sorted[starts[b]] = e
		starts[b]++
	}
	copy(list, sorted)
}
