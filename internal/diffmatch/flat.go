package diffmatch

// A weigher says how much a changed line tells, from 0 to 1.
type weigher func(key uint64) float64

// An entry is one changed line of a flattened shape.
type entry struct {
	op   byte
	key  uint64
	file int32
	hunk int32 // counted through all files
}

// flat is a shape as a list of changed lines.
type flat struct {
	entries []entry
	hunks   []hunkShape
	files   []fileShape
	weights []float64 // of entries
	lost    []bool    // files whose path is nowhere in the other's tree; nil if not known
}

func flatten(s *shape, w weigher) *flat {
	f := &flat{files: s.files, entries: make([]entry, 0, s.lines)}
	for i := range s.files {
		for _, h := range s.files[i].hunks {
			for j, op := range h.ops {
				if op != ' ' {
					f.entries = append(f.entries, entry{op, h.keys[j], int32(i), int32(len(f.hunks))})
				}
			}
			f.hunks = append(f.hunks, h)
		}
	}
	f.weights = make([]float64, len(f.entries))
	moved := f.moved()
	for i, e := range f.entries {
		f.weights[i] = w(e.key)
		if by, ok := moved[e.key]; ok {
			f.weights[i] *= by
		}
	}
	return f
}

// What a line counts that a change only carries from one file to another,
// and if the file that it leaves is gone: a rename must not outweigh what is
// edited on the way.
const (
	movedWeight   = 0.1
	renamedWeight = 0.01
)

// movedAgreement is how far a path agrees with one of the same name elsewhere
// if it was moved away itself.
const movedAgreement = 0.9

// moved finds the lines that are removed in one file and added in another,
// with what is left of their weight.
func (f *flat) moved() map[uint64]float64 {
	if len(f.files) < 2 {
		return nil
	}
	removed := map[uint64]int32{}
	for _, e := range f.entries {
		if e.op == '-' {
			removed[e.key] = e.file + 1
		}
	}
	moved := map[uint64]float64{}
	for _, e := range f.entries {
		from := removed[e.key]
		switch {
		case e.op != '+' || from == 0 || from == e.file+1:
		case f.files[from-1].gone:
			moved[e.key] = renamedWeight
		default:
			moved[e.key] = movedWeight
		}
	}
	return moved
}

// signed makes one key of what is done to a line.
func (e entry) signed() uint64 {
	if e.op == '-' {
		return ^e.key
	}
	return e.key
}
