package diffmatch

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/cespare/xxhash/v2"
	"github.com/klauspost/compress/zstd"
)

// The file of an index:
//
//	magic, with the version of the format
//	zstd( tips heads paths rows shapes )   rows, strings and numbers as varints
//	keys                                   8 bytes each, in order of their numbers
//	length of the zstd part                8 bytes
//	xxhash64 of all of the above           8 bytes
//
// It is a cache: whatever is wrong with it, it is built anew. A new version of
// the format or of how keys are made needs a new magic.
const magic = "upstreamd commit index 4\n"

// maxFile bounds the unpacked part of a file.
const maxFile = 4 << 30

var errFile = errors.New("not a whole commit index")

// writeFile writes the tables beside the file and renames.
func writeFile(file string, t *tables) (size int64, err error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return 0, err
	}
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return 0, err
	}
	buf := enc.EncodeAll(t.append(nil), []byte(magic))
	packed := len(buf) - len(magic)
	for _, k := range t.dict.keys {
		buf = binary.LittleEndian.AppendUint64(buf, k)
	}
	buf = binary.LittleEndian.AppendUint64(buf, uint64(packed))
	buf = binary.LittleEndian.AppendUint64(buf, xxhash.Sum64(buf))
	tmp, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*")
	if err != nil {
		return 0, err
	}
	defer os.Remove(tmp.Name()) // no effect after the rename
	_, err = tmp.Write(buf)
	if err = errors.Join(err, tmp.Close()); err != nil {
		return 0, err
	}
	return int64(len(buf)), os.Rename(tmp.Name(), file)
}

// readFile reads what writeFile wrote.
func readFile(file string) (*tables, int64, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, 0, err
	}
	n := len(b) - 16
	if n < len(magic) || string(b[:len(magic)]) != magic || xxhash.Sum64(b[:n+8]) != binary.LittleEndian.Uint64(b[n+8:]) {
		return nil, 0, fmt.Errorf("%s: %w", file, errFile)
	}
	packed := binary.LittleEndian.Uint64(b[n:])
	if packed > uint64(n-len(magic)) || (uint64(n-len(magic))-packed)%8 != 0 {
		return nil, 0, fmt.Errorf("%s: %w", file, errFile)
	}
	keysAt := len(magic) + int(packed)
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxFile))
	if err != nil {
		return nil, 0, err
	}
	defer dec.Close()
	body, err := dec.DecodeAll(b[len(magic):keysAt], nil)
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w", file, err)
	}
	t := &tables{}
	if err := t.read(body); err != nil {
		return nil, 0, fmt.Errorf("%s: %w", file, err)
	}
	keys := make([]uint64, 0, (n-keysAt)/8+1024)
	for at := keysAt; at < n; at += 8 {
		keys = append(keys, binary.LittleEndian.Uint64(b[at:]))
	}
	t.dict.reload(keys)
	return t, int64(len(b)), nil
}

// append writes all tables but the keys.
func (t *tables) append(b []byte) []byte {
	w := tableWriter{b}
	w.strings(t.tips)
	w.strings(t.heads)
	w.strings(t.paths)
	w.num(uint64(len(t.rows)))
	numbers := make(map[string]int, len(t.rows))
	for i := range t.rows {
		numbers[t.rows[i].hash] = i
	}
	for i := range t.rows {
		w.row(&t.rows[i], i, numbers)
	}
	w.num(uint64(len(t.shapes)))
	return append(w.b, t.shapes...)
}

type tableWriter struct{ b []byte }

func (w *tableWriter) num(n uint64)  { w.b = binary.AppendUvarint(w.b, n) }
func (w *tableWriter) word(n uint64) { w.b = binary.LittleEndian.AppendUint64(w.b, n) }

func (w *tableWriter) str(s string) {
	w.num(uint64(len(s)))
	w.b = append(w.b, s...)
}

func (w *tableWriter) strings(list []string) {
	w.num(uint64(len(list)))
	for _, s := range list {
		w.str(s)
	}
}

// row writes one commit; a parent is mostly a few rows above.
func (w *tableWriter) row(r *row, i int, numbers map[string]int) {
	w.str(r.hash)
	w.str(r.title)
	w.str(r.by)
	w.num(uint64(len(r.parents)))
	for _, p := range r.parents {
		if n, ok := numbers[p]; ok && n < i {
			w.num(uint64(i - n))
		} else {
			w.num(0)
			w.str(p)
		}
	}
	for _, n := range []uint64{r.author.email, r.author.name, r.subject, r.undoes, r.patchID} {
		w.word(n)
	}
	w.b = binary.AppendVarint(w.b, r.authorTime)
	w.b = binary.AppendVarint(w.b, r.commitTime-r.authorTime)
	w.strings(r.picked)
	w.strings(r.reverts)
	for _, n := range []int{r.end - r.start, r.first, r.lines} {
		w.num(uint64(n))
	}
}
