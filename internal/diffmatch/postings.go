package diffmatch

// postings tell in which rows each key is a changed line, oldest row first.
// They are not stored but counted out of the shapes when an index is loaded.
type postings struct {
	start []uint32 // of key i's rows in rows; one more than there are keys
	rows  []uint32
}

func newPostings(t *tables) (postings, error) {
	n := len(t.dict.keys)
	p := postings{start: make([]uint32, n+2)}
	seen := make([]uint32, n) // row+1 in which a key was met last
	each := func(f func(id, row uint32)) error {
		clear(seen)
		for i := range t.rows {
			r, mark := &t.rows[i], uint32(i+1)
			if r.start == r.end {
				continue
			}
			err := walkChanged(t.shapes[r.start:r.end], r.first, n, func(id uint32) {
				if seen[id] != mark {
					seen[id] = mark
					f(id, uint32(i))
				}
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
	if err := each(func(id, _ uint32) { p.start[id+2]++ }); err != nil {
		return postings{}, err
	}
	for i := 2; i < len(p.start); i++ {
		p.start[i] += p.start[i-1]
	}
	p.rows = make([]uint32, p.start[len(p.start)-1])
	err := each(func(id, row uint32) { // start[id+1] moves on to where key id ends
		p.rows[p.start[id+1]] = row
		p.start[id+1]++
	})
	p.start = p.start[:n+1]
	return p, err
}

// of is the rows of a key.
func (p *postings) of(id uint32) []uint32 { return p.rows[p.start[id]:p.start[id+1]] }
