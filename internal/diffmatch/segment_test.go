package diffmatch

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// someCommits are digests with everything in them that a segment can hold.
func someCommits(n int) (list []*digest) {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	for i := range n {
		d := &digest{
			hash: fmt.Sprintf("%020d", i), title: fmt.Sprintf("part %d: change it", i%7), by: fmt.Sprintf("A %d <a%d@example.org>", i%5, i%5),
			authorTime: int64(1e9 + 60*i), commitTime: int64(1e9 + 61*i), patchID: r.Uint64(), shape: &shape{},
		}
		d.author = authorOf(d.by)
		d.subject, d.undoes = titleKeys(d.title)
		switch i % 10 {
		case 3:
			d.title, d.picked = `Revert "part 2: change it"`, []string{strings.Repeat("x", 20), strings.Repeat("x", 20)}
			d.subject, d.undoes = titleKeys(d.title)
		case 5:
			d.subject, d.undoes = 77, 99 // as of a title that was cut
			d.reverts, d.messages = []string{"0123456789ab"}, []uint64{5, r.Uint64()}
		case 7:
			d.parents = []string{strings.Repeat("o", 20)} // not there
		case 9:
			d.flags, d.patchID = wasLost, 0
		}
		if i > 0 && i%10 != 7 {
			d.parents = append(d.parents, fmt.Sprintf("%020d", i-1))
		}
		for range r.IntN(3) {
			f := fileShape{path: fmt.Sprintf("dir/file%d.c", r.IntN(40)), gone: r.IntN(9) == 0}
			h := hunkShape{heading: uint64(r.IntN(3))}
			for range 1 + r.IntN(12) {
				h.ops, h.keys = append(h.ops, " +-"[r.IntN(3)]), append(h.keys, 1+uint64(r.IntN(n))*0x9e3779b97f4a7c15>>16)
			}
			f.hunks = append(f.hunks, h)
			f.changed(func(byte, uint64) { f.lines++ })
			d.shape.lines += f.lines
			d.shape.files = append(d.shape.files, f)
		}
		list = append(list, d)
	}
	return list
}

// TestSegment wants everything that is put into a segment to come back.
func TestSegment(t *testing.T) {
	for _, n := range []int{1, 2, 63, 64, 65, 128, 1000} {
		list := someCommits(n)
		s := segmentOf(t, list...)
		rows := map[uint64]map[uint32]bool{}
		for i, want := range list {
			got, err := s.digest(uint32(i))
			if err != nil {
				t.Fatal(err)
			}
			got.flags &^= hasFiles
			shapes := cmp.AllowUnexported(digest{}, shape{}, fileShape{}, hunkShape{}, authorKey{})
			got.shape, want.shape = normal(got.shape), normal(want.shape)
			if diff := cmp.Diff(want, got, shapes); diff != "" {
				t.Fatalf("commit %d of %d (-put +got):\n%s", i, n, diff)
			}
			for j := range want.shape.files {
				want.shape.files[j].changed(func(_ byte, key uint64) {
					if rows[key] == nil {
						rows[key] = map[uint32]bool{}
					}
					rows[key][uint32(i)] = true
				})
			}
		}
		for key, want := range rows {
			id, ok := s.keyNumber(key)
			var got []uint32
			s.changing(id, func(row uint32) bool { got = append(got, row); return true })
			if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), got); diff != "" || !ok {
				t.Fatalf("rows of key %x of %d commits (-want +got):\n%s", key, n, diff)
			}
		}
		if id, ok := s.keyNumber(1<<47 + 12345); ok {
			t.Errorf("found a key that was never put, as %d", id)
		}
	}
}

// TestSegmentIsTheSame wants equal commits to make equal bytes.
func TestSegmentIsTheSame(t *testing.T) {
	file := func() []byte {
		b := newBuilder()
		for _, d := range someCommits(500) {
			b.put(d)
		}
		return bytes.Join(b.finish(), nil)
	}
	if !bytes.Equal(file(), file()) {
		t.Error("the same commits made other bytes")
	}
}

// TestFinder puts many hashes that begin alike, as somebody may who wants to.
func TestFinder(t *testing.T) {
	for _, n := range []int{0, 1, 100, 70_000} {
		at := func(i int) found { return found{0xabcdef<<40 | uint64(i)*0x9e3779b97f4a7c15>>44, uint32(i % 9)} }
		form, w := writeFinder(entries{n, at}, thingMark)
		offsets := []int64{0}
		for _, l := range w.lens {
			offsets = append(offsets, offsets[len(offsets)-1]+int64(l))
		}
		x := &Index{cache: cache{most: 1 << 20}}
		f := finder{newBlocks(&source{file: bytes.NewReader(w.buf), cache: &x.cache, bad: &x.bad}, offsets, false, checkFinder), form}
		for i := 0; i < n; i += 1 + n/500 {
			if list := f.find(at(i).hash, nil); !slices.Contains(list, at(i).number) {
				t.Fatalf("entry %d of %d: found %d others", i, n, len(list))
			}
		}
		if list := f.find(0x1234<<48, nil); len(list) > 0 || x.bad.Load() != nil {
			t.Errorf("found %v, %v", list, x.bad.Load())
		}
	}
}

// TestCache wants the memory of blocks to be bounded, and what is read to be
// right all the same.
func TestCache(t *testing.T) {
	s := segmentOf(t, someCommits(3000)...)
	c := s.keys.src.cache
	c.most = 20_000
	r := rand.New(rand.NewPCG(2, 2))
	for range 20_000 {
		id := uint32(r.IntN(s.keyCount))
		if got, ok := s.keyNumber(s.key(id)); !ok || got != id {
			t.Fatalf("key %d is found as %d, %v", id, got, ok)
		}
		s.row(uint32(r.IntN(len(s.rows))))
	}
	if c.size > 2*c.most || len(c.ring) == 0 {
		t.Errorf("%d bytes in %d blocks, want at most about %d", c.size, len(c.ring), c.most)
	}
}

// use asks a segment for everything; it must not matter what is in it.
func use(s *segment) {
	for i := range uint32(min(len(s.rows), 200)) {
		s.row(i)
		s.shape(i)
		s.rowOf(string(s.hash(i)))
	}
	in := newBitset(len(s.rows))
	for id := range uint32(min(s.keyCount, 200)) {
		s.keyNumber(s.key(id))
		s.changing(id, func(uint32) bool { return true })
		s.frequency(id, in, 0, 10)
	}
	for id := range uint32(min(s.pathCount, 200)) {
		s.touchesOf(s.path(id))
	}
	now := newSnapshot([]*segment{s}, []string{fmt.Sprintf("%020d", 1)}, nil)
	(&View{x: &Index{}, now: now, in: now.live}).lost("dir/file1.c", 0)
}

// FuzzSegment puts any bytes in the place of one section, with right checksums.
func FuzzSegment(f *testing.F) {
	for i := range sections {
		f.Add(byte(i), false, []byte{1, 2, 3})
		f.Add(byte(i), true, bytes.Repeat([]byte{4, 0, 1}, 300))
	}
	f.Fuzz(func(t *testing.T, section byte, packed bool, content []byte) {
		b := newBuilder()
		for _, d := range someCommits(30) {
			b.put(d)
		}
		all, lines, things := b.sections()
		w := &sectionWriter{packed: packed, raw: content}
		w.end()
		all[int(section)%sections] = w
		x := &Index{cache: cache{most: 1 << 20}}
		s, err := x.memorySegment(b.seal(all, lines, things))
		if err != nil {
			if !errors.Is(err, errFile) {
				t.Errorf("%v is not errFile", err)
			}
			return
		}
		use(s)
	})
}

// FuzzFooter puts any bytes in the place of the footer.
func FuzzFooter(f *testing.F) {
	b := newBuilder()
	for _, d := range someCommits(30) {
		b.put(d)
	}
	parts := b.finish()
	footer, _ := unpack(parts[len(parts)-3])
	f.Add(footer)
	body := bytes.Join(parts[:len(parts)-3], nil)
	f.Fuzz(func(t *testing.T, footer []byte) {
		x := &Index{cache: cache{most: 1 << 20}}
		s, err := x.memorySegment(append([][]byte{body}, sealFooter(footer, len(body))...))
		if err != nil {
			if !errors.Is(err, errFile) {
				t.Errorf("%v is not errFile", err)
			}
			return
		}
		use(s)
	})
}

// FuzzManifest wants every manifest to be read as it was written, or refused.
func FuzzManifest(f *testing.F) {
	f.Add([]byte(magic + "segment 00000000000000ff 12\ncomplete\ntip 0102\nhead 0102\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parseManifest(append(bytes.Clone(b), manifestSum(b)...))
		if err != nil {
			return
		}
		again, err := parseManifest(m.bytes())
		if diff := cmp.Diff(m, again, cmp.AllowUnexported(manifest{}, segmentFile{})); diff != "" || err != nil {
			t.Errorf("%v (-read +read again):\n%s", err, diff)
		}
	})
}

// FuzzTrail wants a trail to tell any numbers so that they come back.
func FuzzTrail(f *testing.F) {
	f.Add([]byte{0, 0, 1, 0, 0, 0, 3, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		const first, ids = 1000, 1 << 20
		to, from := newTrail(first, ids), newTrail(first, ids)
		next := first
		for ; len(b) >= 2; b = b[2:] {
			id := int(binary.LittleEndian.Uint16(b)) % (next + 1)
			if id == next {
				next++
			}
			code := to.code(id)
			if got, ok := from.id(code); !ok || got != id {
				t.Fatalf("%d comes back from %d as %d, %v", id, code, got, ok)
			}
		}
	})
}
