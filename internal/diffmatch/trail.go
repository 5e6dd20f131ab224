package diffmatch

// A trail numbers the lines of one shape by what came before. It remembers the
// last places where lines came from: a change and its context mostly follow
// the order in which lines were added, leave it for a line that is common, and
// come back. A line is told as
//
//	0                       a new key: the next number
//	1 + 2*i                 the number after that of place i, counted from the last used
//	2 + 2*i                 the number of place i again
//	1 + 2*places + zigzag   the distance from place 0
//
// New keys are numbered in order, whichever way they are told.
type trail struct {
	at   [places]int
	next int // number of the next new key
	ids  int // all numbers are below
}

const places = 8

func newTrail(first, ids int) trail {
	t := trail{next: first, ids: ids}
	for i := range t.at {
		t.at[i] = first - 1
	}
	return t
}

// use makes a number the last used place, instead of place i.
func (t *trail) use(i, id int) {
	copy(t.at[1:i+1], t.at[:i])
	t.at[0] = id
	if id == t.next {
		t.next++
	}
}

// code tells a number.
func (t *trail) code(id int) uint64 {
	for i, at := range t.at {
		if at+1 == id {
			t.use(i, id)
			return uint64(1 + 2*i)
		}
		if at == id {
			t.use(i, id)
			return uint64(2 + 2*i)
		}
	}
	if id == t.next {
		t.use(places-1, id)
		return 0
	}
	d := id - t.at[0]
	t.use(places-1, id)
	return 1 + 2*places + uint64(d<<1^d>>63)
}

// id is the number that a code tells; !ok if there is none such.
func (t *trail) id(code uint64) (id int, ok bool) {
	i := places - 1
	switch {
	case code == 0:
		id = t.next
	case code <= 2*places:
		i = int(code-1) / 2
		id = t.at[i] + int(code&1)
	default:
		code -= 1 + 2*places
		id = t.at[0] + int(code>>1^-(code&1))
	}
	if id < 0 || id > t.next || id >= t.ids {
		return 0, false
	}
	t.use(i, id)
	return id, true
}
