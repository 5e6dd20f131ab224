package diffmatch

import "encoding/binary"

// touchPaths is how many paths are in a block of names or touches.
const touchPaths = 128

// A touch is a commit's change to a path.
type touch struct {
	row  uint32 // of the segment
	gone bool   // it deletes the file
}

// parseTouches reads the touches of touchPaths paths: for each its number of
// touches, and of each the distance to the row before, with gone as last bit.
func parseTouches(_ int, b []byte) (list [][]touch, size int, err error) {
	r := byteReader{b: b}
	for len(r.b) > 0 {
		touches := make([]touch, r.count())
		size += 24 + 8*len(touches)
		row := uint32(0)
		for i := range touches {
			n := r.num()
			row += uint32(n >> 1)
			touches[i] = touch{row, n&1 != 0}
		}
		list = append(list, touches)
	}
	return list, size, r.err
}

func touchSection(paths [][]touch) *sectionWriter {
	out := &sectionWriter{packed: true}
	for i, touches := range paths {
		out.raw = binary.AppendUvarint(out.raw, uint64(len(touches)))
		row := uint32(0)
		for _, t := range touches {
			out.raw = binary.AppendUvarint(out.raw, uint64(t.row-row)<<1|uint64(flag(t.gone)))
			row = t.row
		}
		if (i+1)%touchPaths == 0 || i == len(paths)-1 {
			out.end()
		}
	}
	return out
}

// parseNames reads a block of paths or of authors.
func parseNames(_ int, b []byte) (list []string, size int, err error) {
	r := byteReader{b: b}
	list = make([]string, 0, touchPaths)
	for len(r.b) > 0 {
		list = append(list, r.str())
	}
	return list, len(b) + 16*len(list), r.err
}

func nameSection(names []string) *sectionWriter {
	out := &sectionWriter{packed: true}
	for i, s := range names {
		out.raw = appendString(out.raw, s)
		if (i+1)%touchPaths == 0 || i == len(names)-1 {
			out.end()
		}
	}
	return out
}
