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

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// sketchSize is how many line hashes stand for a patch.
const sketchSize = 32

// A sketch is what an archive keeps of a version of a patch file.
type sketch struct {
	Hunks, Changes uint64   // hashes of [patchLines]; 0 where there is no diff
	Lines          []uint64 // the smallest hashes of changed lines, sorted
	Diff           uint64   // hash of the diff to the last blank and line number; 0 where there is none
	Added, Removed uint32   // lines
	Claim          string   // word of its Upstream-Status, [Missing] or [Malformed]; "" where it was not read
}

// Claims of patch files that are no word of Upstream-Status.
const (
	Missing   = "missing"
	Malformed = "malformed"
)

// sketchPatch is the sketch of a patch file.
func sketchPatch(b []byte) sketch {
	claim := claimOf(patch.FindUpstreamStatus(b))
	p, err := patch.Parse(b)
	if err != nil {
		return sketch{Claim: claim}
	}
	s := sketchOf(linesOf(p))
	added, removed := changedLines(p)
	s.Claim, s.Diff, s.Added, s.Removed = claim, diffHash(p), uint32(added), uint32(removed)
	return s
}

// changedLines counts the lines that a patch adds and removes.
func changedLines(p *patch.Patch) (added, removed int) {
	for _, f := range p.Files {
		for _, h := range f.Hunks {
			for _, l := range h.Lines {
				switch l.Op {
				case '+':
					added++
				case '-':
					removed++
				}
			}
		}
	}
	return added, removed
}

// claimOf is how a status is counted.
func claimOf(s patch.UpstreamStatus) string {
	switch {
	case s.WellFormed:
		return s.Kind
	case s.Line > 0:
		return Malformed
	}
	return Missing
}

// diffHash tells diffs apart. Neither the blobs of the index lines nor what
// stands below the diff is part of it.
func diffHash(p *patch.Patch) uint64 {
	d := xxhash.New()
	text := func(parts ...string) {
		for _, part := range parts {
			d.WriteString(part)
			d.Write([]byte{0})
		}
	}
	for _, f := range p.Files {
		text(f.Old, f.New, f.OldMode, f.NewMode)
		if f.Binary {
			text(f.NewBlob)
		}
		for _, h := range f.Hunks {
			fmt.Fprint(d, h.OldStart, h.OldLines, h.NewStart, h.NewLines)
			for _, l := range h.Lines {
				text(string(l.Op), l.Text)
			}
		}
	}
	return max(d.Sum64(), 1)
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
const archiveMagic = "upstreamd patch archive 2\n"

// maxArchiveFile bounds the unpacked file.
const maxArchiveFile = 1 << 30

var errArchive = errors.New("not a whole patch archive")

// An archived is the content of the file: strings once, events as numbers of
// strings.
type archived struct {
	Tips     []string
	Strings  []string
	Commits  [][3]uint32 // hash, name and address of the author
	Times    [][2]int64  // of commit and author
	Events   [][4]uint32 // number of the commit, path, old, new
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
	commits := map[*commit]uint32{}
	for _, e := range a.events {
		n, ok := commits[e.at]
		if !ok {
			n = uint32(len(out.Commits))
			commits[e.at] = n
			out.Commits = append(out.Commits, [3]uint32{number(e.at.hash), number(e.at.author.Name), number(e.at.author.Email)})
			out.Times = append(out.Times, [2]int64{e.at.when, e.at.authorTime})
		}
		out.Events = append(out.Events, [4]uint32{n, number(e.path), number(e.old), number(e.new)})
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
	bad := len(in.Times) != len(in.Commits) || len(in.Sketches) != len(in.Blobs)
	text := func(n uint32) string {
		if int(n) >= len(in.Strings) {
			bad = true
			return ""
		}
		return in.Strings[n]
	}
	commits := make([]commit, len(in.Commits))
	for i := 0; i < len(commits) && !bad; i++ {
		c, t := in.Commits[i], in.Times[i]
		commits[i] = commit{text(c[0]), t[0], git.Person{Name: text(c[1]), Email: text(c[2])}, t[1]}
	}
	for i := 0; i < len(in.Events) && !bad; i++ {
		e := in.Events[i]
		if int(e[0]) >= len(commits) {
			bad = true
			break
		}
		a.events = append(a.events, event{&commits[e[0]], text(e[1]), text(e[2]), text(e[3])})
	}
	for i := 0; i < len(in.Blobs) && !bad; i++ {
		a.sketch[text(in.Blobs[i])] = in.Sketches[i]
	}
	if bad {
		return nil, fmt.Errorf("%s: %w", file, errArchive)
	}
	return a, nil
}
