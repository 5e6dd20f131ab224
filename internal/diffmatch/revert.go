package diffmatch

import "strings"

// revertedBy finds the commit of the view that took row back: one that says
// so by hash or title, or one that makes the opposite change. A revert that
// was itself reverted does not count.
func (v *View) revertedBy(row uint32, change *shape) (uint32, bool) {
	by, ok := v.undoing(row, change)
	if !ok {
		return 0, false
	}
	if _, again := v.undoing(by, nil); again {
		return 0, false
	}
	if v.landedAgain(row, by) {
		return 0, false
	}
	return by, true
}

// undoing finds the first later commit that undoes a row.
func (v *View) undoing(row uint32, change *shape) (uint32, bool) {
	target := &v.x.rows[row]
	var opposite []uint32
	if change != nil {
		opposite = v.lookup(change)
	}
	for n := range v.x.rows {
		r := &v.x.rows[n]
		if uint32(n) == row || !v.in.has(uint32(n)) || r.commitTime < target.commitTime {
			continue
		}
		for _, h := range r.reverts {
			if strings.HasPrefix(target.hash, h) {
				return uint32(n), true
			}
		}
		if r.undoes != 0 && r.undoes == target.subject && len(r.reverts) == 0 {
			return uint32(n), true
		}
	}
	w := v.weigher()
	for _, n := range opposite {
		if n == row || v.x.rows[n].commitTime < target.commitTime {
			continue
		}
		if s, err := v.x.shapeAt(n); err == nil && v.isOpposite(row, s, w) {
			return n, true
		}
	}
	return 0, false
}

// isOpposite says whether a shape undoes all that row did and hardly anything else.
func (v *View) isOpposite(row uint32, s *shape, w weigher) bool {
	did, err := v.x.shapeAt(row)
	if err != nil {
		return false
	}
	a := align(flatten(did.inverse(), w), flatten(s, w))
	return a.left > 0.97 && a.right > 0.9 && a.order > 0.9 && a.path > 0.8 && (a.mass >= 2 || a.place() > 0.5)
}

// landedAgain says whether a commit after the revert makes row's change again.
func (v *View) landedAgain(row, revert uint32) bool {
	r := &v.x.rows[row]
	for _, n := range v.x.ids[r.patchID] {
		if r.patchID != 0 && n != row && v.in.has(n) && v.x.rows[n].commitTime > v.x.rows[revert].commitTime {
			return true
		}
	}
	return false
}

// inverse is the shape of the change that undoes s.
func (s *shape) inverse() *shape {
	flip := map[byte]byte{' ': ' ', '+': '-', '-': '+'}
	inv := &shape{lines: s.lines, cut: s.cut}
	for _, f := range s.files {
		g := fileShape{path: f.path, old: f.old, lines: f.lines}
		for _, h := range f.hunks {
			ops := make([]byte, len(h.ops))
			for i, op := range h.ops {
				ops[i] = flip[op]
			}
			g.hunks = append(g.hunks, hunkShape{h.heading, ops, h.keys})
		}
		inv.files = append(inv.files, g)
	}
	return inv
}
