package diffmatch

import (
	"encoding/binary"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/cespare/xxhash/v2"
)

// A segment holds some commits of an index. Its file is never changed:
//
//	magic       with the version of the format
//	sections    in the order of the constants below (block.go)
//	footer      packed by zstd (spine.go)
//	where       the footer begins, 8 bytes
//	checksum    xxhash64 of magic, footer and where, 8 bytes
//
// Rows are the commits, oldest first and none before its parents; keys are the
// different lines in them, numbered as they first appear.
const magic = "upstreamd commits 6\n"

// The sections of a segment.
const (
	inNames    = iota // by row: raw hash, patch-id (nameBytes more)
	inRecords         // by row: title, author and the like, recordRows a block (record.go)
	inShapes          // by row: what the commit changes, shapeRows a block (code.go)
	inKeys            // by number of the key: keyBytes each
	inLines           // finder: key to its number
	inPostings        // by number of the key: the rows that change such a line (posting.go)
	inPaths           // by number of the path: its name (touch.go)
	inTouches         // by number of the path: the rows that touch it (touch.go)
	inAuthors         // by number of the author: "Name <address>"
	inThings          // finder: hash, title, patch-id, path and the like to row or path (record.go)
	sections
)

const (
	nameRows   = 256  // of a block
	nameBytes  = 8    // after the hash
	recordRows = 64   // of a block
	shapeRows  = 128  // of a block
	keyBytes   = 6    // keyBits of them
	pageKeys   = 1024 // of a block
)

// A segment that is open. Its methods may be called from several goroutines.
type segment struct {
	file segmentFile // zero in memory
	size int64
	spine

	names    blocks[[]byte]
	records  blocks[*recordBlock]
	shapes   blocks[*shapeBlock]
	keys     blocks[[]byte]
	lines    finder
	postings blocks[postingBlock]
	paths    blocks[[]string]
	touches  blocks[[][]touch]
	authors  blocks[[]string]
	things   finder
}

// openSegment reads what a segment needs in memory. The error matches errFile
// if it is no whole segment.
func openSegment(file io.ReaderAt, size int64, src *source) (*segment, error) {
	src.file = file
	s := &segment{size: size}
	footer, at, err := readFooter(file, size)
	if err == nil {
		err = s.read(footer, at, src)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", src.name, err)
	}
	return s, nil
}

// readFooter checks and unpacks the footer; the sections end where it begins.
func readFooter(file io.ReaderAt, size int64) (footer []byte, at int64, err error) {
	head, tail := make([]byte, len(magic)), make([]byte, 16)
	if size < int64(len(head)+len(tail)) {
		return nil, 0, errFile
	}
	if _, err := file.ReadAt(head, 0); err != nil {
		return nil, 0, fmt.Errorf("%w: %w", errFile, err)
	}
	if _, err := file.ReadAt(tail, size-16); err != nil {
		return nil, 0, fmt.Errorf("%w: %w", errFile, err)
	}
	at = int64(binary.LittleEndian.Uint64(tail))
	if string(head) != magic || at < int64(len(magic)) || at > size-16 || size-at > maxBlock {
		return nil, 0, errFile
	}
	b := make([]byte, size-16-at, size-8-at)
	if _, err := file.ReadAt(b, at); err != nil {
		return nil, 0, fmt.Errorf("%w: %w", errFile, err)
	}
	if footerSum(b, tail[:8]) != binary.LittleEndian.Uint64(tail[8:]) {
		return nil, 0, errFile
	}
	footer, err = unpack(b)
	return footer, at, err
}

func footerSum(packed, where []byte) uint64 {
	h := xxhash.New()
	h.WriteString(magic)
	h.Write(packed)
	h.Write(where)
	return h.Sum64()
}

// read makes the segment of its footer.
func (s *segment) read(footer []byte, end int64, src *source) error {
	r := byteReader{b: footer}
	s.readCounts(&r)
	var at [sections][]int64
	from := int64(len(magic))
	for i := range at {
		n := r.count()
		at[i] = append(make([]int64, 0, n+1), from)
		for range n {
			from += int64(r.num())
			if from > end {
				return errFile
			}
			at[i] = append(at[i], from)
		}
	}
	if r.err != nil || from != end {
		return errFile
	}
	s.names = newBlocks(src, at[inNames], false, plain)
	s.records = newBlocks(src, at[inRecords], true, parseRecords)
	s.shapes = newBlocks(src, at[inShapes], true, parseShapes)
	s.keys = newBlocks(src, at[inKeys], false, plain)
	s.lines.blocks = newBlocks(src, at[inLines], false, checkFinder)
	s.postings = newBlocks(src, at[inPostings], false, parsePostings)
	s.paths = newBlocks(src, at[inPaths], true, parseNames)
	s.touches = newBlocks(src, at[inTouches], true, parseTouches)
	s.authors = newBlocks(src, at[inAuthors], true, parseNames)
	s.things.blocks = newBlocks(src, at[inThings], false, checkFinder)
	if err := s.readRows(&r); err != nil {
		return err
	}
	return s.check()
}

// check wants the sections to have as many blocks as the counts say.
func (s *segment) check() error {
	n := len(s.rows)
	for _, c := range []struct{ blocks, things, per int }{
		{len(s.names.slots), n, nameRows}, {len(s.records.slots), n, recordRows}, {len(s.shapes.slots), n, shapeRows},
		{len(s.keys.slots), s.keyCount, pageKeys}, {len(s.postings.slots), s.keyCount, postingKeys},
		{len(s.paths.slots), s.pathCount, touchPaths}, {len(s.touches.slots), s.pathCount, touchPaths},
		{len(s.authors.slots), s.authorCount, touchPaths},
		{len(s.lines.slots), 1 << s.lines.splits, 1}, {len(s.things.slots), 1 << s.things.splits, 1},
	} {
		if c.blocks != (c.things+c.per-1)/c.per {
			return errFile
		}
	}
	return nil
}

func newBlocks[T any](src *source, at []int64, packed bool, parse func(int, []byte) (T, int, error)) blocks[T] {
	return blocks[T]{src: src, at: at, packed: packed, parse: parse, slots: make([]atomic.Pointer[held[T]], len(at)-1)}
}

// key is the key with a number; 0 after damage.
func (s *segment) key(id uint32) uint64 {
	page := s.keys.get(int(id / pageKeys))
	at := int(id%pageKeys) * keyBytes
	if at+keyBytes > len(page) {
		return 0
	}
	if at+8 <= len(page) {
		return binary.LittleEndian.Uint64(page[at:]) & (1<<keyBits - 1)
	}
	var b [8]byte
	copy(b[:], page[at:at+keyBytes])
	return binary.LittleEndian.Uint64(b[:])
}

// keyNumber is the number of a key.
func (s *segment) keyNumber(key uint64) (id uint32, ok bool) {
	var few [16]uint32
	for _, id := range s.lines.find(key<<(64-keyBits), few[:0]) {
		if int(id) < s.keyCount && s.key(id) == key {
			return id, true
		}
	}
	return 0, false
}

// path is the path with a number.
func (s *segment) path(id uint32) string { return nameIn(&s.paths, id) }

func nameIn(b *blocks[[]string], id uint32) string {
	if list := b.get(int(id / touchPaths)); int(id%touchPaths) < len(list) {
		return list[id%touchPaths]
	}
	return ""
}

// hash is the raw hash of a row.
func (s *segment) hash(row uint32) []byte { return s.nameOf(row, 0, s.hashSize) }

// patchID is the patch-id of a row.
func (s *segment) patchID(row uint32) uint64 {
	if b := s.nameOf(row, s.hashSize, nameBytes); len(b) == nameBytes {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// nameOf is n bytes of what inNames has of a row.
func (s *segment) nameOf(row uint32, from, n int) []byte {
	at := int(row%nameRows)*(s.hashSize+nameBytes) + from
	if b := s.names.get(int(row / nameRows)); at+n <= len(b) {
		return b[at : at+n : at+n]
	}
	return nil
}

// shape is what a row changes.
func (s *segment) shape(row uint32) (*shape, error) {
	block := s.shapes.get(int(row / shapeRows))
	if block == nil || int(row%shapeRows) >= len(block.end) {
		return nil, errFile
	}
	b := block.of(int(row % shapeRows))
	if len(b) == 0 {
		return &shape{}, nil
	}
	return decodeShape(b, s, s.rows[row].first)
}

// A shapeBlock holds the shapes of shapeRows rows, each after its length.
type shapeBlock struct {
	b   []byte
	end []int // of each shape in b
}

func parseShapes(_ int, b []byte) (*shapeBlock, int, error) {
	s := &shapeBlock{end: make([]int, 0, shapeRows)}
	r := byteReader{b: b}
	for len(r.b) > 0 && len(s.end) < shapeRows {
		n := r.count()
		s.b = append(s.b, r.b[:n]...)
		s.end = append(s.end, len(s.b))
		r.b = r.b[n:]
	}
	if r.err != nil || len(r.b) > 0 {
		return nil, 0, errFile
	}
	return s, len(s.b) + 8*len(s.end), nil
}

func (s *shapeBlock) of(i int) []byte {
	if i == 0 {
		return s.b[:s.end[0]]
	}
	return s.b[s.end[i-1]:s.end[i]]
}
