package diffmatch

import "strings"

// takenBack finds the commit of the view that took row back: one that says so
// by hash or title, or one that makes the opposite change; and the commit that
// brought the change in again, as the revert of the revert does.
func (v *View) takenBack(row uint32, change *shape) (by, again *uint32) {
	n, ok := v.undoing(row, change)
	if !ok {
		return nil, nil
	}
	if m, ok := v.undoing(n, nil); ok {
		return &n, &m
	}
	if m, ok := v.landedAgain(row, n); ok {
		return &n, &m
	}
	return &n, nil
}

// undoing finds the first later commit that undoes a row: one that names it,
// or one that makes the opposite of change, if that is given.
func (v *View) undoing(row uint32, change *shape) (uint32, bool) {
	target := v.row(row)
	name := v.name(row)
	later := func(n uint32) bool {
		return n != row && v.committed(n) >= target.commitTime
	}
	for _, n := range v.reverting(name, target.subject) {
		if later(n) && v.names(n, name, target.subject) {
			return n, true
		}
	}
	if change == nil {
		return 0, false
	}
	w := v.weigher()
	for _, n := range v.lookup(change) {
		if !later(n) {
			continue
		}
		if s, err := v.shape(n); err == nil && v.isOpposite(row, s, w) {
			return n, true
		}
	}
	return 0, false
}

// names says whether a revert names a commit, by hash, or by a title that no
// other commit has.
func (v *View) names(revert uint32, hash string, subject uint64) bool {
	r := v.row(revert)
	for _, h := range r.reverts {
		if strings.HasPrefix(hash, h) {
			return true
		}
	}
	return len(r.reverts) == 0 && r.undoes == subject && subject != 0 && v.titles(subject) == 1
}

// isOpposite says whether a shape undoes all that row did and hardly anything else.
func (v *View) isOpposite(row uint32, s *shape, w weigher) bool {
	did, err := v.shape(row)
	if err != nil {
		return false
	}
	a := align(flatten(did.inverse(), w), flatten(s, w))
	return a.left > 0.97 && a.right > 0.9 && a.order > 0.9 && a.path > 0.8 && (a.mass >= 2 || a.place() > 0.5)
}

// landedAgain finds a commit after the revert that makes row's change again.
func (v *View) landedAgain(row, revert uint32) (uint32, bool) {
	r := v.row(row)
	if r.patchID == 0 {
		return 0, false
	}
	for n := range v.withPatchID(r.patchID) {
		if n != row && v.committed(n) > v.committed(revert) {
			return n, true
		}
	}
	return 0, false
}

// inverse is the shape of the change that undoes s. As in any diff, what it
// removes in one place stands before what it adds there.
func (s *shape) inverse() *shape {
	inv := &shape{lines: s.lines, cut: s.cut}
	for _, f := range s.files {
		g := fileShape{path: f.path, old: f.old, lines: f.lines}
		for _, h := range f.hunks {
			g.hunks = append(g.hunks, h.inverse())
		}
		inv.files = append(inv.files, g)
	}
	return inv
}

func (h hunkShape) inverse() hunkShape {
	inv := hunkShape{heading: h.heading}
	for i := 0; i < len(h.ops); {
		if h.ops[i] == ' ' {
			inv.ops, inv.keys = append(inv.ops, ' '), append(inv.keys, h.keys[i])
			i++
			continue
		}
		end := i
		for end < len(h.ops) && h.ops[end] != ' ' {
			end++
		}
		for _, op := range []struct{ from, to byte }{{'+', '-'}, {'-', '+'}} {
			for j := i; j < end; j++ {
				if h.ops[j] == op.from {
					inv.ops, inv.keys = append(inv.ops, op.to), append(inv.keys, h.keys[j])
				}
			}
		}
		i = end
	}
	return inv
}
