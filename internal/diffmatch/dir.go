package diffmatch

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/cespare/xxhash/v2"
)

// An indexDir is the directory of an index:
//
//	manifest    which segments there are; renamed into place as the last step of an update
//	HASH.seg    a segment; its name is the checksum of its content
//	lock        held by the process that updates
//	*.tmp       what was being written when a process ended
//
// The manifest has lines: the magic of segments, "segment SUM SIZE" from old to
// new, "complete" if they hold all that the tips reach, "tip HASH" and "head
// HASH", and at last "sum" with the checksum of what stands above. It is a
// cache: whatever is wrong with it, that part is built anew.
type indexDir struct{ path string }

// checkedBytes is up to which size a segment is checked as a whole when it is
// opened. The blocks of a larger one are checked as they are read.
const checkedBytes = 32 << 20

// A manifest is what the file of that name says.
type manifest struct {
	segments    []segmentFile
	complete    bool
	tips, heads []string // raw hashes
}

type segmentFile struct {
	sum  uint64
	size int64
}

func (f segmentFile) name() string { return fmt.Sprintf("%016x.seg", f.sum) }

// lock waits until no other process updates the directory, which is made if
// there is none. Closing the file unlocks.
func (d *indexDir) lock(ctx context.Context) (*os.File, error) {
	if st, err := os.Lstat(d.path); err == nil && !st.IsDir() {
		os.Remove(d.path) // an index of an old version was a file
	}
	if err := os.MkdirAll(d.path, 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(d.path, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			f.Close()
			return nil, err
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, ctx.Err()
		case <-tick.C:
		}
	}
}

// load opens what the directory has. Segments that are missing or damaged are
// passed over, and then it is not complete.
func (x *Index) load() (s *snapshot, complete bool) {
	m, size := x.dir.readManifest()
	complete = m.complete
	var segments []*segment
	for _, f := range m.segments {
		seg, err := x.openFile(f)
		if err != nil {
			complete = false
			continue
		}
		segments = append(segments, seg)
	}
	if !complete {
		m.tips, m.heads = nil, nil
	}
	s = newSnapshot(segments, m.tips, m.heads)
	s.opened, s.manifestSize = len(segments), size
	return s, complete
}

// openFile opens a segment of the directory.
func (x *Index) openFile(f segmentFile) (*segment, error) {
	path := filepath.Join(x.dir.path, f.name())
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	st, err := file.Stat()
	if err == nil && st.Size() != f.size {
		err = errFile
	}
	if err == nil && f.size <= checkedBytes {
		h := xxhash.New()
		if _, err = io.Copy(h, file); err == nil && h.Sum64() != f.sum {
			err = errFile
		}
	}
	var s *segment
	if err == nil {
		s, err = openSegment(file, f.size, &source{cache: &x.cache, name: path, bad: &x.bad, spoil: func() { os.Remove(path) }})
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	s.file = f
	return s, nil
}

// readManifest reads the manifest; it is empty if it is not whole.
func (d *indexDir) readManifest() (m manifest, size int64) {
	b, err := os.ReadFile(filepath.Join(d.path, "manifest"))
	if err != nil {
		return manifest{}, 0
	}
	m, err = parseManifest(b)
	if err != nil {
		return manifest{}, 0
	}
	return m, int64(len(b))
}

func parseManifest(b []byte) (m manifest, err error) {
	i := bytes.LastIndex(b, []byte("sum "))
	if i < 0 || string(b[i:]) != manifestSum(b[:i]) || !bytes.HasPrefix(b, []byte(magic)) {
		return m, errFile
	}
	for line := range strings.Lines(string(b[len(magic):i])) {
		f := strings.Fields(line)
		switch {
		case len(f) == 3 && f[0] == "segment":
			sum, err1 := strconv.ParseUint(f[1], 16, 64)
			size, err2 := strconv.ParseInt(f[2], 10, 64)
			if err1 != nil || err2 != nil {
				return m, errFile
			}
			m.segments = append(m.segments, segmentFile{sum, size})
		case len(f) == 1 && f[0] == "complete":
			m.complete = true
		case len(f) == 2 && f[0] == "tip" && rawHash(f[1]) != "":
			m.tips = append(m.tips, rawHash(f[1]))
		case len(f) == 2 && f[0] == "head" && rawHash(f[1]) != "":
			m.heads = append(m.heads, rawHash(f[1]))
		default:
			return m, errFile
		}
	}
	return m, nil
}

func manifestSum(b []byte) string { return fmt.Sprintf("sum %016x\n", xxhash.Sum64(b)) }

func (m manifest) bytes() []byte {
	b := []byte(magic)
	for _, f := range m.segments {
		b = fmt.Appendf(b, "segment %016x %d\n", f.sum, f.size)
	}
	if m.complete {
		b = append(b, "complete\n"...)
	}
	for _, h := range m.tips {
		b = fmt.Appendf(b, "tip %s\n", hex.EncodeToString([]byte(h)))
	}
	for _, h := range m.heads {
		b = fmt.Appendf(b, "head %s\n", hex.EncodeToString([]byte(h)))
	}
	return append(b, manifestSum(b)...)
}

// save writes the manifest of a snapshot; the caller holds the lock.
func (d *indexDir) save(s *snapshot, complete bool) error {
	m := manifest{complete: complete}
	if complete {
		m.tips, m.heads = s.tips, s.heads
	}
	for _, seg := range s.segments {
		m.segments = append(m.segments, seg.file)
	}
	b := m.bytes()
	s.manifestSize = int64(len(b))
	return d.write("manifest", b)
}

// write writes a file beside its place and renames it.
func (d *indexDir) write(name string, parts ...[]byte) error {
	tmp, err := os.CreateTemp(d.path, "*.tmp")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // no effect after the rename
	for _, b := range parts {
		if _, err = tmp.Write(b); err != nil {
			break
		}
	}
	if err = errors.Join(err, tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), filepath.Join(d.path, name))
}

// clean removes what no manifest names; the caller holds the lock. A process
// that reads an old segment keeps it open.
func (d *indexDir) clean(s *snapshot) {
	used := map[string]bool{}
	for _, seg := range s.segments {
		used[seg.file.name()] = true
	}
	entries, _ := os.ReadDir(d.path) // what stays is removed next time
	for _, e := range entries {
		ext := filepath.Ext(e.Name())
		if ext == ".tmp" || ext == ".seg" && !used[e.Name()] {
			os.Remove(filepath.Join(d.path, e.Name()))
		}
	}
}
