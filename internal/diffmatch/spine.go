package diffmatch

import "encoding/binary"

// A spine is what is always in memory of a segment. The footer has it as
// varints:
//
//	hash size, rows, keys, paths, authors
//	splits mark number        of the finders of lines and of things
//	blocks length*            of each section
//	outer hash*               the hashes of parents that are not in the segment
//	and column by column, for all rows:
//	parents distance*         to each parent, 0 for the next of the outer ones
//	new keys
//	changed lines
//	committer time            as the distance to that of the row before
//	flags
type spine struct {
	hashSize    int // bytes of a raw hash
	keyCount    int
	pathCount   int
	authorCount int
	rows        []spineRow
	parents     []int32 // of all rows, see spineRow.parents; -1-i for number i of outer
	outer       []string
}

// A spineRow is what is always in memory of a row.
type spineRow struct {
	first   uint32 // number of the first key that it brought in
	lines   uint32 // changed
	parents uint32 // where its parents end in spine.parents
	flags   rowFlags
	time    int64 // of the committer, Unix seconds
}

type rowFlags uint8

const (
	hasFiles rowFlags = 1 << iota // its shape has files
	wasCut                        // lines were left out, because there were too many
	wasLost                       // there are no lines, because objects were missing
	isMerge
)

// parentsOf are the parents of a row as numbers in spine.parents say.
func (s *spine) parentsOf(row int) []int32 {
	from := uint32(0)
	if row > 0 {
		from = s.rows[row-1].parents
	}
	return s.parents[from:s.rows[row].parents]
}

// readCounts reads the head of a footer.
func (s *segment) readCounts(r *byteReader) {
	s.hashSize = r.small()
	rows := r.count()
	s.keyCount, s.pathCount, s.authorCount = r.small(), r.small(), r.small()
	for _, f := range []*finderForm{&s.lines.finderForm, &s.things.finderForm} {
		*f = finderForm{r.small(), r.small(), r.small()}
		if f.splits > 30 || f.mark < 1 || f.number < 1 || f.number > 32 || f.mark+f.number > 56 {
			r.fail()
		}
	}
	if s.hashSize == 0 || s.hashSize > 64 {
		r.fail()
	}
	if r.err == nil {
		s.rows = make([]spineRow, rows)
	}
}

// readRows reads the columns.
func (s *spine) readRows(r *byteReader) error {
	outer := r.count()
	for range outer {
		if len(r.b) < s.hashSize {
			return errFile
		}
		s.outer = append(s.outer, string(r.b[:s.hashSize]))
		r.b = r.b[s.hashSize:]
	}
	next := 0
	for i := range s.rows {
		n := r.count()
		for range n {
			back := int(r.num())
			switch {
			case back == 0 && next < outer:
				s.parents = append(s.parents, int32(-1-next))
				next++
			case back > 0 && back <= i:
				s.parents = append(s.parents, int32(i-back))
			default:
				return errFile
			}
		}
		s.rows[i].parents = uint32(len(s.parents))
	}
	first := uint64(0)
	for i := range s.rows {
		s.rows[i].first = uint32(first)
		first += r.num()
		if first > uint64(s.keyCount) {
			return errFile
		}
	}
	for i := range s.rows {
		s.rows[i].lines = uint32(r.small())
	}
	time := int64(0)
	for i := range s.rows {
		time += r.signed()
		s.rows[i].time = time
	}
	for i := range s.rows {
		s.rows[i].flags = rowFlags(r.num())
	}
	if r.err != nil || first != uint64(s.keyCount) || next != outer {
		return errFile
	}
	return nil
}

// appendRows writes the columns.
func (s *spine) appendRows(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(s.outer)))
	for _, h := range s.outer {
		b = append(b, h...)
	}
	for i := range s.rows {
		parents := s.parentsOf(i)
		b = binary.AppendUvarint(b, uint64(len(parents)))
		for _, p := range parents {
			if p < 0 {
				b = append(b, 0)
			} else {
				b = binary.AppendUvarint(b, uint64(i-int(p)))
			}
		}
	}
	for i := range s.rows {
		next := uint32(s.keyCount)
		if i+1 < len(s.rows) {
			next = s.rows[i+1].first
		}
		b = binary.AppendUvarint(b, uint64(next-s.rows[i].first))
	}
	for i := range s.rows {
		b = binary.AppendUvarint(b, uint64(s.rows[i].lines))
	}
	time := int64(0)
	for i := range s.rows {
		b = appendSigned(b, s.rows[i].time-time)
		time = s.rows[i].time
	}
	for i := range s.rows {
		b = append(b, byte(s.rows[i].flags))
	}
	return b
}
