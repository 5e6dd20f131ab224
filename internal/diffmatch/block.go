package diffmatch

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/cespare/xxhash/v2"
	"github.com/klauspost/compress/zstd"
)

// A section is a row of blocks, each
//
//	content     packed by zstd, or as it is
//	checksum    the low 4 bytes of xxhash64 of the content as it stands there
//
// The directory, in the footer of the segment, has their lengths.

var errFile = errors.New("not a whole commit index")

// maxBlock bounds the unpacked bytes of a block: far more than the lines and
// paths of one commit can take.
const maxBlock = 64 << 20

// A source is where the blocks of one segment are read from.
type source struct {
	file  io.ReaderAt
	cache *cache
	name  string
	bad   *atomic.Pointer[error] // the first error of any segment of the index
	spoil func()                 // makes sure that the segment is built anew; may be nil
}

// fail notes an error: look-ups give nothing then, and [View.Err] tells.
func (s *source) fail(err error) {
	err = fmt.Errorf("%s: %w", s.name, err)
	s.bad.CompareAndSwap(nil, &err)
	if s.spoil != nil {
		s.spoil()
	}
}

// read reads bytes from..to, which end with a checksum that is taken off.
func (s *source) read(from, to int64) ([]byte, error) {
	if to-from < 4 || to-from > maxBlock {
		return nil, errFile
	}
	b := make([]byte, to-from)
	if _, err := s.file.ReadAt(b, from); err != nil {
		return nil, fmt.Errorf("%w: %w", errFile, err)
	}
	n := len(b) - 4
	if uint32(xxhash.Sum64(b[:n])) != binary.LittleEndian.Uint32(b[n:]) {
		return nil, fmt.Errorf("damaged block at %d: %w", from, errFile)
	}
	return b[:n:n], nil
}

// blocks is a section whose blocks are read when they are first wanted.
type blocks[T any] struct {
	src    *source
	packed bool
	at     []int64                               // block i is at[i] to at[i+1]
	slots  []atomic.Pointer[held[T]]             // those in memory
	parse  func(i int, b []byte) (T, int, error) // gives the value and the bytes it takes in memory
}

// get is block i; the zero value after a failure.
func (s *blocks[T]) get(i int) (v T) {
	if h := s.slots[i].Load(); h != nil {
		if !h.used.Load() {
			h.used.Store(true)
		}
		return h.value
	}
	v, err := s.load(i)
	if err != nil {
		s.src.fail(err)
	}
	return v
}

// load reads block i and keeps it.
func (s *blocks[T]) load(i int) (v T, err error) {
	b, err := s.src.read(s.at[i], s.at[i+1])
	if err != nil {
		return v, err
	}
	if s.packed {
		if b, err = unpack(b); err != nil {
			return v, err
		}
	}
	v, size, err := s.parse(i, b)
	if err != nil {
		return v, err
	}
	h := &held[T]{value: v, size: int64(size) + 100, home: &s.slots[i]}
	if s.slots[i].CompareAndSwap(nil, h) {
		s.src.cache.keep(h)
	}
	return v, nil
}

// plain takes a block as it is.
func plain(_ int, b []byte) ([]byte, int, error) { return b, len(b), nil }

// A sectionWriter makes a section.
type sectionWriter struct {
	packed bool
	raw    []byte // of the block that is being filled
	buf    []byte // of the blocks that are done
	lens   []int
}

// end ends a block.
func (w *sectionWriter) end() {
	from := len(w.buf)
	if w.packed {
		w.buf = pack(w.buf, w.raw)
	} else {
		w.buf = append(w.buf, w.raw...)
	}
	w.buf = binary.LittleEndian.AppendUint32(w.buf, uint32(xxhash.Sum64(w.buf[from:])))
	w.lens = append(w.lens, len(w.buf)-from)
	w.raw = w.raw[:0]
}

// packers and unpackers are kept from block to block, as they are dear to make.
var (
	packers = sync.Pool{New: func() any {
		e, _ := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false), zstd.WithWindowSize(1<<20)) // no error with these options
		return e
	}}
	unpackers = sync.Pool{New: func() any {
		d, _ := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxBlock)) // no error with these options
		return d
	}}
)

func pack(to, b []byte) []byte {
	e := packers.Get().(*zstd.Encoder)
	defer packers.Put(e)
	return e.EncodeAll(b, to)
}

func unpack(b []byte) ([]byte, error) {
	d := unpackers.Get().(*zstd.Decoder)
	defer unpackers.Put(d)
	out, err := d.DecodeAll(b, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errFile, err)
	}
	return out, nil
}
