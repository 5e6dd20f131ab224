package layer

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/cespare/xxhash/v2"
	"github.com/klauspost/compress/zstd"
)

// sketchSize is how many line hashes stand for a patch.
const sketchSize = 32

// A sketch is what an archive keeps of a version.
type sketch struct {
	Hunks, Changes uint64   // hashes of [patchLines]; 0 where there is no diff
	Lines          []uint64 // the smallest hashes of changed lines, sorted
}

func sketchOf(l patchLines) sketch {
	if len(l.set) == 0 {
		return sketch{}
	}
	s := sketch{Hunks: xxhash.Sum64String(l.hunks), Changes: xxhash.Sum64String(l.changes)}
	s.Lines = slices.Clone(l.set[:min(len(l.set), sketchSize)])
	return s
}

// mayShare says whether two patches may share [nearEnough] of their lines: at
// least a third of the smallest lines of both together, which leaves chance
// room enough.
func (s sketch) mayShare(shared int) bool { return 3*shared >= len(s.Lines) && shared > 0 }

// archiveMagic begins the file of an archive. A new form of the file, or of
// what a sketch is made of, needs a new one.
const archiveMagic = "upstreamd patch archive 1\n"

// maxArchiveFile bounds the unpacked file.
const maxArchiveFile = 1 << 30

var errArchive = errors.New("not a whole patch archive")

// An archived is the content of the file: strings once, events as numbers of
// strings.
type archived struct {
	Tips     []string
	Strings  []string
	Events   [][4]uint32 // commit, path, old, new
	When     []int64
	Blobs    []uint32
	Sketches []sketch
}

// write puts the archive into a file: the magic, zstd of gob, and a checksum
// of both.
func (a *Archive) write(file string) error {
	out := archived{Tips: a.tips}
	numbers := map[string]uint32{}
	number := func(s string) uint32 {
		n, ok := numbers[s]
		if !ok {
			n = uint32(len(out.Strings))
			numbers[s] = n
			out.Strings = append(out.Strings, s)
		}
		return n
	}
	for _, e := range a.events {
		out.Events = append(out.Events, [4]uint32{number(e.commit), number(e.path), number(e.old), number(e.new)})
		out.When = append(out.When, e.when)
	}
	for _, blob := range sortedKeys(a.sketch) {
		out.Blobs, out.Sketches = append(out.Blobs, number(blob)), append(out.Sketches, a.sketch[blob])
	}
	var plain bytes.Buffer
	if err := gob.NewEncoder(&plain).Encode(out); err != nil {
		return err
	}
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	buf := enc.EncodeAll(plain.Bytes(), []byte(archiveMagic))
	buf = fmt.Appendf(buf, "%016x", xxhash.Sum64(buf))
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // no effect after the rename
	_, err = tmp.Write(buf)
	if err = errors.Join(err, tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), file)
}

// readArchive reads what write wrote.
func readArchive(file string) (*Archive, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	n := len(b) - 16
	if n < len(archiveMagic) || string(b[:len(archiveMagic)]) != archiveMagic || fmt.Sprintf("%016x", xxhash.Sum64(b[:n])) != string(b[n:]) {
		return nil, fmt.Errorf("%s: %w", file, errArchive)
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxArchiveFile))
	if err != nil {
		return nil, err
	}
	defer dec.Close()
	plain, err := dec.DecodeAll(b[len(archiveMagic):n], nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var in archived
	if err := gob.NewDecoder(bytes.NewReader(plain)).Decode(&in); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return in.archive(file)
}

// archive checks all numbers.
func (in archived) archive(file string) (*Archive, error) {
	a := &Archive{tips: in.Tips, sketch: make(map[string]sketch, len(in.Blobs))}
	bad := len(in.When) != len(in.Events) || len(in.Sketches) != len(in.Blobs)
	text := func(n uint32) string {
		if int(n) >= len(in.Strings) {
			bad = true
			return ""
		}
		return in.Strings[n]
	}
	for i := 0; i < len(in.Events) && !bad; i++ {
		e := in.Events[i]
		a.events = append(a.events, event{text(e[0]), text(e[1]), text(e[2]), text(e[3]), in.When[i]})
	}
	for i := 0; i < len(in.Blobs) && !bad; i++ {
		a.sketch[text(in.Blobs[i])] = in.Sketches[i]
	}
	if bad {
		return nil, fmt.Errorf("%s: %w", file, errArchive)
	}
	return a, nil
}
