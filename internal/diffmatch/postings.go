package diffmatch

// postings tell in which rows each key is a changed line, oldest row first,
// and which rows touch each path. They are not stored but counted out of the
// shapes when an index is loaded.
type postings struct {
	start   []uint32 // of key i's rows in rows; one more than there are keys
	rows    []uint32
	touches [][]touch // by number of the path
}

// A touch is a commit's change to a path.
type touch struct {
	row  uint32
	gone bool // it deletes the file
}

func newPostings(t *tables) (postings, error) {
	n := len(t.dict.keys)
	p := postings{start: make([]uint32, n+2), touches: make([][]touch, len(t.paths))}
	err := t.eachLine(func(id, _ uint32) { p.start[id+2]++ }, p.touch)
	if err != nil {
		return postings{}, err
	}
	for i := 2; i < len(p.start); i++ {
		p.start[i] += p.start[i-1]
	}
	p.rows = make([]uint32, p.start[len(p.start)-1])
	err = t.eachLine(func(id, row uint32) { // start[id+1] moves on to where key id ends
		p.rows[p.start[id+1]] = row
		p.start[id+1]++
	}, nil)
	p.start = p.start[:n+1]
	return p, err
}

// touch notes that a row changes a path.
func (p *postings) touch(row uint32, path uint64, gone bool) {
	if path < uint64(len(p.touches)) {
		p.touches[path] = append(p.touches[path], touch{row, gone})
	}
}

// eachLine calls line once for each key that a row changes, and file for each
// path that it touches.
func (t *tables) eachLine(line func(id, row uint32), file func(row uint32, path uint64, gone bool)) error {
	n := len(t.dict.keys)
	seen := make([]uint32, n) // row+1 in which a key was met last
	for i := range t.rows {
		r, row := &t.rows[i], uint32(i)
		if r.start == r.end {
			continue
		}
		onFile := func(path uint64, gone bool) { file(row, path, gone) }
		if file == nil {
			onFile = nil
		}
		err := walk(t.shapes[r.start:r.end], r.first, n, onFile, func(id uint32) {
			if seen[id] != row+1 {
				seen[id] = row + 1
				line(id, row)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// of is the rows of a key.
func (p *postings) of(id uint32) []uint32 { return p.rows[p.start[id]:p.start[id+1]] }

// lost says whether no file of this path was in the view at some time: it
// never was, or it had been deleted. Then a file of the same name elsewhere
// may be the same one, moved.
func (v *View) lost(path string, when int64) bool {
	id, ok := v.x.pathNumber(path)
	if !ok {
		return true
	}
	last, gone, later := int64(0), true, false
	for _, t := range v.x.post.touches[id] {
		if !v.in.has(t.row) {
			continue
		}
		at := v.row(t.row).commitTime
		switch {
		case at > when:
			later = true
		case at >= last:
			last, gone = at, t.gone
		}
	}
	return gone && (last > 0 || !later)
}
