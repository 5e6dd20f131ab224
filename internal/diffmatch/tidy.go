package diffmatch

import "slices"

// Segments are merged so that few are there to look into, and each commit is
// written anew only a few times: the newest ones together with each that is
// not more than mergeFactor times as large as all that are newer (a
// log-structured merge tree). A segment of which one commit in deadShare is
// not reachable any more is written anew without these. Nothing is merged to
// more than mergeKeys, so that no update takes longer than some seconds.
const (
	mergeFactor = 2
	mergeKeys   = 512 << 10
	deadShare   = 8
)

// weight is how large a segment is, in keys.
func (s *segment) weight() int { return s.keyCount + 16*len(s.rows) }

// tidy merges segments and drops rows that are not in a set. The segments
// before number keep are left alone.
func tidy(s *snapshot, keep int, live bitset, write segmentWriter) (*snapshot, error) {
	from := len(s.segments)
	for sum := 0; from > keep; from-- {
		w := s.segments[from-1].weight()
		if sum > 0 && (w > mergeFactor*sum || sum+w > mergeKeys) {
			break
		}
		sum += w
	}
	var segments []*segment
	changed := false
	for i := keep; i < len(s.segments); {
		to := i + 1
		if i >= from {
			to = len(s.segments)
		}
		if to-i > 1 || s.dead(i, live)*deadShare > len(s.segments[i].rows) {
			made, err := s.rewrite(i, to, live, write)
			if err != nil {
				return nil, err
			}
			segments = append(segments, made...)
			changed = true
		} else {
			segments = append(segments, s.segments[i])
		}
		i = to
	}
	if !changed {
		return s, nil
	}
	return newSnapshot(append(slices.Clone(s.segments[:keep]), segments...), s.tips, s.heads), nil
}

// dead is how many rows of a segment are not in a set.
func (s *snapshot) dead(i int, live bitset) (n int) {
	for row := range s.segments[i].rows {
		n += flag(!live.has(s.base[i] + uint32(row)))
	}
	return n
}

// rewrite writes those rows of some segments anew that are in a set.
func (s *snapshot) rewrite(from, to int, live bitset, write segmentWriter) (made []*segment, err error) {
	b := newBuilder()
	flush := func() error {
		if len(b.rows) == 0 {
			return nil
		}
		seg, err := write(b.finish())
		made = append(made, seg)
		b = newBuilder()
		return err
	}
	for i := from; i < to; i++ {
		for n := range uint32(len(s.segments[i].rows)) {
			if !live.has(s.base[i] + n) {
				continue
			}
			d, err := s.segments[i].digest(n)
			if err != nil {
				return nil, err
			}
			if b.full(d.shape) {
				if err := flush(); err != nil {
					return nil, err
				}
			}
			b.put(d)
		}
	}
	return made, flush()
}

// digest reads a row with its shape.
func (s *segment) digest(n uint32) (*digest, error) {
	r := s.row(n)
	if r == nil {
		return nil, errFile
	}
	d := r.digest
	var err error
	d.shape, err = s.shape(n)
	return &d, err
}
