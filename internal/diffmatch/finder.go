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

// entries are what goes into a finder.
type entries struct {
	n  int
	at func(i int) found
}

// writeFinder makes the section of a finder.
func writeFinder(list entries, mark int) (finderForm, *sectionWriter) {
	form := finderForm{mark: mark}
	most := uint32(0)
	for i := range list.n {
		most = max(most, list.at(i).number)
	}
	form.number = max(1, bits.Len32(most))
	for list.n>>(form.splits+bucketBits) > perBucket {
		form.splits++
	}
	order, starts := list.sort(form.splits + bucketBits)
	w := &sectionWriter{}
	for i := range 1 << form.splits {
		form.block(w, list, order, starts[i<<bucketBits:(i+1)<<bucketBits+1])
	}
	return form, w
}

// sort is the order of the entries by the first n bits of their hashes, and
// where those with equal bits begin in it.
func (list entries) sort(n int) (order, starts []uint32) {
	next := make([]uint32, 1<<n)
	for i := range list.n {
		next[list.at(i).hash>>(64-n)]++
	}
	starts = make([]uint32, 1<<n+1)
	for i, count := range next {
		starts[i+1] = starts[i] + count
		next[i] = starts[i]
	}
	order = make([]uint32, list.n)
	for i := range list.n {
		b := list.at(i).hash >> (64 - n)
		order[next[b]] = uint32(i)
		next[b]++
	}
	return order, starts
}

// block writes one block, whose buckets begin at starts in the order.
func (form finderForm) block(w *sectionWriter, list entries, order, starts []uint32) {
	n := int(starts[buckets] - starts[0])
	width := 2
	if n >= 1<<16 {
		width = 4
	}
	w.raw = append(w.raw, byte(width))
	for _, end := range starts[1:] {
		if width == 2 {
			w.raw = binary.LittleEndian.AppendUint16(w.raw, uint16(end-starts[0]))
		} else {
			w.raw = binary.LittleEndian.AppendUint32(w.raw, end-starts[0])
		}
	}
	from := len(w.raw)
	entry := form.mark + form.number
	w.raw = append(w.raw, make([]byte, (n*entry+7)/8+finderSpare)...)
	for i := range n {
		e := list.at(int(order[int(starts[0])+i]))
		v := e.hash<<(form.splits+bucketBits)>>(64-form.mark) | uint64(e.number)<<form.mark
		at := from + i*entry>>3
		old := binary.LittleEndian.Uint64(w.raw[at:])
		binary.LittleEndian.PutUint64(w.raw[at:], old|v<<(i*entry&7))
	}
	w.end()
}
