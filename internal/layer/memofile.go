package layer

import (
	"bytes"
	bin "encoding/binary"
	"encoding/gob"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/cespare/xxhash/v2"
	"github.com/klauspost/compress/zstd"
)

// memoVersion is to be raised with every change of what the scanner makes of a
// recipe or patch file, so that no memo of before is believed. (A release
// believes its own memos alone.)
const memoVersion = 5

// maxMemo bounds each unpacked part of the file.
const maxMemo = 512 << 20

// staleMemo is the part of a scan that may be read anew each time before the
// file is written anew, too: writing costs more than reading some recipes
// twice.
const staleMemo = 1.0 / 20

var errMemo = errors.New("not a whole memo of layers")

// The parts of the file. Texts that cannot hold NUL are joined by it, which is
// read faster than many strings.
type (
	keptFiles struct {
		Files, Links string // name, identity; directory, target
	}
	keptRecipes struct {
		Words  string // what was asked for
		Builds []keptBuild
	}
	keptBuild struct {
		Key     string
		Names   string
		Recipes []Recipe
		Asked   [][]uint32 // numbers of words
	}
	keptPatches struct {
		Keys    string
		Patches []Patch
		Hunks   []string
		Changes []string
		Lines   [][]byte // 8 bytes each
	}
)

// memoMagic begins the file.
func memoMagic() string {
	built := ""
	if b, ok := debug.ReadBuildInfo(); ok {
		built = b.Main.Version
	}
	return fmt.Sprintf("upstreamd layer memo %d %s\n", memoVersion, built)
}

// write puts the new memo into its file, if so much changed that it pays.
func (r *renewal) write(file string, t *tree) {
	if file == "" || t.damaged.Load() || float64(r.fresh) <= staleMemo*float64(r.all) {
		return
	}
	_ = r.next.write(file) // without it the next scan takes longer, that is all
}

// write writes the magic, each part as its length and zstd of gob, and a
// checksum of all of it.
func (m *memo) write(file string) error {
	parts := []any{m.keptFiles(), m.keptRecipes(), m.keptPatches()}
	packed := make([][]byte, len(parts))
	errs := make([]error, len(parts))
	var wg sync.WaitGroup
	for i := range parts {
		wg.Go(func() { packed[i], errs[i] = pack(parts[i]) })
	}
	wg.Wait()
	buf := []byte(memoMagic())
	for _, p := range packed {
		buf = bin.LittleEndian.AppendUint32(buf, uint32(len(p)))
		buf = append(buf, p...)
	}
	buf = bin.LittleEndian.AppendUint64(buf, xxhash.Sum64(buf))
	if err := errors.Join(append(errs, os.MkdirAll(filepath.Dir(file), 0o700))...); err != nil {
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

func pack(part any) ([]byte, error) {
	var plain bytes.Buffer
	if err := gob.NewEncoder(&plain).Encode(part); err != nil {
		return nil, err
	}
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return nil, err
	}
	return enc.EncodeAll(plain.Bytes(), nil), nil
}

func unpack(packed []byte, part any) error {
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxMemo))
	if err != nil {
		return err
	}
	defer dec.Close()
	plain, err := dec.DecodeAll(packed, nil)
	if err != nil {
		return err
	}
	return gob.NewDecoder(bytes.NewReader(plain)).Decode(part)
}

// readMemo is what a file remembers, nil if that is nothing.
func readMemo(file string) *memo {
	if file == "" {
		return nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	m, err := parseMemo(b)
	if err != nil {
		return nil
	}
	return m
}

func parseMemo(b []byte) (*memo, error) {
	n := len(b) - 8
	rest, ok := bytes.CutPrefix(b, []byte(memoMagic()))
	if n < 0 || !ok || len(rest) < 8 || xxhash.Sum64(b[:n]) != bin.LittleEndian.Uint64(b[n:]) {
		return nil, errMemo
	}
	rest = rest[:len(rest)-8]
	m := &memo{}
	var parts [3]func() error
	for i, load := range [...]func([]byte) error{m.loadFiles, m.loadRecipes, m.loadPatches} {
		if len(rest) < 4 || uint64(len(rest)-4) < uint64(bin.LittleEndian.Uint32(rest)) {
			return nil, errMemo
		}
		size := bin.LittleEndian.Uint32(rest)
		part := rest[4 : 4+size]
		parts[i], rest = func() error { return load(part) }, rest[4+size:]
	}
	var errs [len(parts)]error
	var wg sync.WaitGroup
	for i, load := range parts {
		wg.Go(func() { errs[i] = load() })
	}
	wg.Wait()
	return m, errors.Join(errs[:]...)
}

// joined and parted are a list of texts without NUL as one, and back.
func joined(list []string) string { return strings.Join(list, "\x00") }

func parted(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "\x00")
}

func joinedMap(m map[string]string) string {
	var list []string
	for _, k := range sortedKeys(m) {
		list = append(list, k, m[k])
	}
	return joined(list)
}

func splitMap(s string) (map[string]string, error) {
	list := parted(s)
	if len(list)%2 != 0 {
		return nil, errMemo
	}
	m := make(map[string]string, len(list)/2)
	for i := 0; i < len(list); i += 2 {
		m[list[i]] = list[i+1]
	}
	return m, nil
}

func (m *memo) keptFiles() keptFiles { return keptFiles{joinedMap(m.files), joinedMap(m.links)} }

func (m *memo) loadFiles(b []byte) error {
	var k keptFiles
	err := unpack(b, &k)
	if err == nil {
		m.files, err = splitMap(k.Files)
	}
	if err == nil {
		m.links, err = splitMap(k.Links)
	}
	return err
}

func (m *memo) keptRecipes() (k keptRecipes) {
	var words []string
	numbers := map[string]uint32{}
	for _, key := range sortedKeys(m.recipes) {
		names := sortedKeys(m.recipes[key])
		b := keptBuild{Key: key, Names: joined(names)}
		for _, name := range names {
			f := m.recipes[key][name]
			asked := make([]uint32, len(f.asked))
			for i, word := range f.asked {
				n, ok := numbers[word]
				if !ok {
					n = uint32(len(words))
					numbers[word], words = n, append(words, word)
				}
				asked[i] = n
			}
			b.Recipes, b.Asked = append(b.Recipes, f.recipe), append(b.Asked, asked)
		}
		k.Builds = append(k.Builds, b)
	}
	k.Words = joined(words)
	return k
}

func (m *memo) loadRecipes(b []byte) error {
	var k keptRecipes
	if err := unpack(b, &k); err != nil {
		return err
	}
	words := parted(k.Words)
	m.recipes = map[string]map[string]rememberedFile{}
	for _, b := range k.Builds {
		names := parted(b.Names)
		if len(names) != len(b.Recipes) || len(names) != len(b.Asked) {
			return errMemo
		}
		files := make(map[string]rememberedFile, len(names))
		for i, name := range names {
			f := rememberedFile{recipe: b.Recipes[i], asked: make([]string, len(b.Asked[i]))}
			for j, n := range b.Asked[i] {
				if int(n) >= len(words) {
					return errMemo
				}
				f.asked[j] = words[n]
			}
			files[name] = f
		}
		m.recipes[b.Key] = files
	}
	return nil
}

func (m *memo) keptPatches() (k keptPatches) {
	keys := sortedKeys(m.patches)
	k.Keys = joined(keys)
	for _, key := range keys {
		p := m.patches[key]
		lines := make([]byte, 0, 8*len(p.lines.set))
		for _, l := range p.lines.set {
			lines = bin.LittleEndian.AppendUint64(lines, l)
		}
		k.Patches, k.Lines = append(k.Patches, p.patch), append(k.Lines, lines)
		k.Hunks, k.Changes = append(k.Hunks, p.lines.hunks), append(k.Changes, p.lines.changes)
	}
	return k
}

func (m *memo) loadPatches(b []byte) error {
	var k keptPatches
	if err := unpack(b, &k); err != nil {
		return err
	}
	keys := parted(k.Keys)
	if n := len(keys); n != len(k.Patches) || n != len(k.Hunks) || n != len(k.Changes) || n != len(k.Lines) {
		return errMemo
	}
	m.patches = make(map[string]readPatch, len(keys))
	for i, key := range keys {
		p := readPatch{k.Patches[i], patchLines{hunks: k.Hunks[i], changes: k.Changes[i]}}
		for b := k.Lines[i]; len(b) >= 8; b = b[8:] {
			p.lines.set = append(p.lines.set, bin.LittleEndian.Uint64(b))
		}
		m.patches[key] = p
	}
	return nil
}
