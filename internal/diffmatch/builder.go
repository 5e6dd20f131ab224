package diffmatch

import (
	"encoding/binary"
	"sort"
	"sync"
)

// Bounds of a segment. They bound the memory that making one takes, about 200
// bytes a key with what the garbage collector leaves lying about.
const (
	maxKeys = 4 << 20
	maxRows = 256 << 10
)

// How many bits of a hash the finders keep: with fewer, more of what they find
// is looked at in vain.
const (
	lineMark  = 6
	thingMark = 10
)

// A builder makes a segment of commits, which are put in oldest first.
type builder struct {
	spine
	dict    dict
	numbers map[string]int32 // rows by raw hash
	paths   numbered
	authors numbered
	touches [][]touch
	things  []found
	posts   postingWriter
	shape   encoder

	nameBlocks, recordBlocks, shapeBlocks sectionWriter
}

// numbered are strings with numbers, counted as they first appear.
type numbered struct {
	list []string
	ids  map[string]uint32
}

func (n *numbered) id(s string) uint32 {
	id, ok := n.ids[s]
	if !ok {
		if n.ids == nil {
			n.ids = map[string]uint32{}
		}
		id = uint32(len(n.list))
		n.list = append(n.list, s)
		n.ids[s] = id
	}
	return id
}

func newBuilder() *builder {
	b := &builder{numbers: map[string]int32{}}
	b.recordBlocks.packed, b.shapeBlocks.packed = true, true
	b.shape.dict, b.shape.path = &b.dict, b.paths.id
	return b
}

// full says whether a change must go to the next segment.
func (b *builder) full(s *shape) bool {
	lines := 0
	for i := range s.files {
		for _, h := range s.files[i].hunks {
			lines += len(h.keys)
		}
	}
	return len(b.rows) >= maxRows || len(b.rows) > 0 && len(b.dict.keys)+lines > maxKeys
}

// put appends a commit.
func (b *builder) put(d *digest) {
	n := uint32(len(b.rows))
	b.hashSize = len(d.hash)
	r := spineRow{first: uint32(len(b.dict.keys)), time: d.commitTime, flags: d.flags &^ hasFiles}
	b.putParents(d)
	r.parents = uint32(len(b.parents))
	b.numbers[d.hash] = int32(n)
	b.things = append(b.things, found{byHash.named(d.hash), n})
	b.shape.buf = b.shape.buf[:0]
	if d.shape != nil && len(d.shape.files) > 0 {
		r.flags |= hasFiles
		r.lines = uint32(d.shape.lines)
		b.putShape(d.shape, n, r.first)
	}
	if r.flags&(hasFiles|wasLost) != 0 {
		for _, h := range d.things() {
			b.things = append(b.things, found{h, n})
		}
	}
	b.rows = append(b.rows, r)
	b.putBlocks(d)
}

// putParents notes the parents of the row that comes next.
func (b *builder) putParents(d *digest) {
	for _, p := range d.parents {
		if n, ok := b.numbers[p]; ok {
			b.parents = append(b.parents, n)
		} else if len(p) == b.hashSize {
			b.outer = append(b.outer, p)
			b.parents = append(b.parents, int32(-len(b.outer)))
		}
	}
}

// putShape encodes a shape and notes which keys and paths it touches.
func (b *builder) putShape(s *shape, n, first uint32) {
	b.shape.changed = func(id uint32) { b.posts.add(id, n, first) }
	b.shape.shape(s)
	for i := range s.files {
		id := b.paths.id(s.files[i].path)
		if int(id) >= len(b.touches) {
			b.touches = append(b.touches, nil)
			b.things = append(b.things, found{byPath.named(s.files[i].path), id})
		}
		b.touches[id] = append(b.touches[id], touch{n, s.files[i].gone})
	}
}

// putBlocks writes what goes into blocks at once.
func (b *builder) putBlocks(d *digest) {
	w := &b.nameBlocks
	w.raw = append(w.raw, d.hash...)
	w.raw = binary.LittleEndian.AppendUint64(w.raw, d.patchID)
	if len(b.rows)%nameRows == 0 {
		w.end()
	}
	b.recordBlocks.raw = appendRecord(b.recordBlocks.raw, d, b.authors.id(d.by))
	b.shapeBlocks.raw = binary.AppendUvarint(b.shapeBlocks.raw, uint64(len(b.shape.buf)))
	b.shapeBlocks.raw = append(b.shapeBlocks.raw, b.shape.buf...)
	if len(b.rows)%recordRows == 0 {
		b.recordBlocks.end()
	}
	if len(b.rows)%shapeRows == 0 {
		b.shapeBlocks.end()
	}
}

// finish gives the file of the segment, in parts.
func (b *builder) finish() [][]byte {
	all, lines, things := b.sections()
	return b.seal(all, lines, things)
}

// sections ends the sections and makes those that are not made row by row.
func (b *builder) sections() (all [sections]*sectionWriter, lines, things finderForm) {
	for _, w := range []*sectionWriter{&b.nameBlocks, &b.recordBlocks, &b.shapeBlocks} {
		if len(w.raw) > 0 {
			w.end()
		}
	}
	b.dict.slots, b.numbers = nil, nil // not needed any more, and large
	b.keyCount, b.pathCount, b.authorCount = len(b.dict.keys), len(b.paths.list), len(b.authors.list)
	all[inNames], all[inRecords], all[inShapes] = &b.nameBlocks, &b.recordBlocks, &b.shapeBlocks
	var g sync.WaitGroup
	g.Go(func() { all[inKeys] = b.keySection() })
	g.Go(func() {
		lines, all[inLines] = writeFinder(entries{b.keyCount, func(i int) found {
			return found{b.dict.keys[i] << (64 - keyBits), uint32(i)}
		}}, lineMark)
	})
	g.Go(func() {
		things, all[inThings] = writeFinder(entries{len(b.things), func(i int) found { return b.things[i] }}, thingMark)
	})
	g.Go(func() {
		all[inPostings] = b.posts.section(b.keyCount, func(id int) uint32 {
			return uint32(sort.Search(len(b.rows), func(i int) bool { return int(b.rows[i].first) > id })) - 1
		})
	})
	all[inPaths], all[inTouches], all[inAuthors] = nameSection(b.paths.list), touchSection(b.touches), nameSection(b.authors.list)
	g.Wait()
	return all, lines, things
}

// seal puts the sections and the footer together.
func (b *builder) seal(all [sections]*sectionWriter, lines, things finderForm) [][]byte {
	parts := [][]byte{[]byte(magic)}
	size := len(magic)
	var footer []byte
	for _, n := range []int{
		b.hashSize, len(b.rows), b.keyCount, b.pathCount, b.authorCount,
		lines.splits, lines.mark, lines.number, things.splits, things.mark, things.number,
	} {
		footer = binary.AppendUvarint(footer, uint64(n))
	}
	for _, w := range all {
		parts = append(parts, w.buf)
		size += len(w.buf)
		footer = binary.AppendUvarint(footer, uint64(len(w.lens)))
		for _, n := range w.lens {
			footer = binary.AppendUvarint(footer, uint64(n))
		}
	}
	return append(parts, sealFooter(b.appendRows(footer), size)...)
}

// sealFooter is what follows the sections of a segment, which end at size.
func sealFooter(footer []byte, size int) [][]byte {
	where := binary.LittleEndian.AppendUint64(nil, uint64(size))
	packed := pack(nil, footer)
	return [][]byte{packed, where, binary.LittleEndian.AppendUint64(nil, footerSum(packed, where))}
}

func (b *builder) keySection() *sectionWriter {
	w := &sectionWriter{}
	for id, k := range b.dict.keys {
		var word [8]byte
		binary.LittleEndian.PutUint64(word[:], k)
		w.raw = append(w.raw, word[:keyBytes]...)
		if (id+1)%pageKeys == 0 || id == len(b.dict.keys)-1 {
			w.end()
		}
	}
	return w
}
