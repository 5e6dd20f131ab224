package diffmatch

import (
	"encoding/binary"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/cespare/xxhash/v2"

	"github.com/upstreamd/upstreamd/internal/patch"
)

// A row is one commit, without its shape.
type row struct {
	digest     // its shape is nil
	lines  int // changed lines
}

// A record is what inRecords has of a row, as varints, strings and words of 8
// bytes:
//
//	length title author time odd subject undoes picks reverts messages
//
// author: its number; time: that of the author less that of the committer;
// odd: 1 if the keys subject and undoes follow, which mostly follow from the
// title. The lists have their length in front.
type recordBlock struct {
	b    []byte
	at   []int // where each record begins
	rows [recordRows]atomic.Pointer[row]
}

func parseRecords(_ int, b []byte) (*recordBlock, int, error) {
	block := &recordBlock{b: b}
	r := byteReader{b: b}
	for len(r.b) > 0 {
		n := r.count()
		block.at = append(block.at, len(b)-len(r.b))
		r.b = r.b[n:]
	}
	const rowBytes = 400 // of a row with its strings
	return block, len(b) + recordRows*rowBytes, r.err
}

// appendRecord writes a record.
func appendRecord(b []byte, d *digest, author uint32) []byte {
	var rec []byte
	rec = appendString(rec, d.title)
	rec = binary.AppendUvarint(rec, uint64(author))
	rec = appendSigned(rec, d.authorTime-d.commitTime)
	if subject, undoes := titleKeys(d.title); subject == d.subject && undoes == d.undoes {
		rec = append(rec, 0)
	} else {
		rec = append(rec, 1)
		rec = binary.LittleEndian.AppendUint64(rec, d.subject)
		rec = binary.LittleEndian.AppendUint64(rec, d.undoes)
	}
	rec = appendStrings(rec, d.picked)
	rec = appendStrings(rec, d.reverts)
	rec = binary.AppendUvarint(rec, uint64(len(d.messages)))
	for _, m := range d.messages {
		rec = binary.LittleEndian.AppendUint64(rec, m)
	}
	return append(binary.AppendUvarint(b, uint64(len(rec))), rec...)
}

// titleKeys are the keys of a title and of the title that it says to revert.
func titleKeys(title string) (subject, undoes uint64) {
	return subjectKey(patch.CleanSubject(title)), revertedSubject(title)
}

// row is what is known of a row; nil after damage.
func (s *segment) row(n uint32) *row {
	block := s.records.get(int(n / recordRows))
	if block == nil || int(n%recordRows) >= len(block.at) {
		return nil
	}
	slot := &block.rows[n%recordRows]
	if r := slot.Load(); r != nil {
		return r
	}
	r, err := s.parseRow(n, block.b[block.at[n%recordRows]:])
	if err != nil {
		s.records.src.fail(err)
		return nil
	}
	slot.Store(r)
	return r
}

func (s *segment) parseRow(n uint32, b []byte) (*row, error) {
	in := byteReader{b: b}
	r := &row{lines: int(s.rows[n].lines)}
	r.hash = string(s.hash(n))
	r.patchID = s.patchID(n)
	r.commitTime = s.rows[n].time
	r.flags = s.rows[n].flags
	r.title = in.str()
	r.by = nameIn(&s.authors, uint32(in.num()))
	r.author = authorOf(r.by)
	r.authorTime = r.commitTime + in.signed()
	if in.num() == 0 {
		r.subject, r.undoes = titleKeys(r.title)
	} else {
		r.subject, r.undoes = in.word(), in.word()
	}
	r.picked, r.reverts = in.strings(), in.strings()
	messages := in.count()
	for range messages {
		r.messages = append(r.messages, in.word())
	}
	for _, p := range s.parentsOf(int(n)) {
		if p < 0 {
			r.parents = append(r.parents, s.outer[-1-p])
		} else {
			r.parents = append(r.parents, string(s.hash(uint32(p))))
		}
	}
	return r, in.err
}

// authorOf is the key of an author who is kept as "Name <address>".
func authorOf(by string) authorKey {
	i := strings.LastIndex(by, " <")
	if i < 0 {
		return newAuthorKey(by, "")
	}
	return newAuthorKey(by[:i], strings.TrimSuffix(by[i+2:], ">"))
}

// A thing is something by which rows or paths are found.
type thing uint64

const (
	byHash thing = iota + 1
	bySubject
	byPatchID
	byTime
	byPick
	byMessage
	byPath
	byRevertedHash  // the first digits of a hash that a commit says it reverts
	byRevertedTitle // a title that a commit says it reverts
	byRevert        // 0, for all that revert anything
)

// revertDigits is how much of a reverted hash is looked up by.
const revertDigits = 7

// of is the hash of one such thing for the finder (the finalizer of splitmix64).
func (t thing) of(n uint64) uint64 {
	n += uint64(t) * 0x9e3779b97f4a7c15
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
}

func (t thing) named(s string) uint64 { return t.of(xxhash.Sum64String(s)) }

// things are the hashes by which a commit with lines is found.
func (d *digest) things() (list []uint64) {
	list = append(list, byTime.of(uint64(d.authorTime)))
	if d.subject != 0 {
		list = append(list, bySubject.of(d.subject))
	}
	if d.patchID != 0 {
		list = append(list, byPatchID.of(d.patchID))
	}
	for _, h := range d.picked {
		list = append(list, byPick.named(h))
	}
	for _, m := range d.messages {
		list = append(list, byMessage.of(m))
	}
	for _, h := range d.reverts {
		list = append(list, byRevertedHash.named(h[:min(revertDigits, len(h))]))
	}
	if d.undoes != 0 {
		list = append(list, byRevertedTitle.of(d.undoes))
	}
	if len(d.reverts) > 0 || d.undoes != 0 {
		list = append(list, byRevert.of(0))
	}
	slices.Sort(list)
	return slices.Compact(list) // a hash may be named twice
}
