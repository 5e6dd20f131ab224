package diffmatch

// A dict numbers the keys of lines in the order in which they are first seen.
// It only grows. Its table holds numbers, the keys stand in one slice, so it
// costs about 16 bytes a key.
type dict struct {
	keys  []uint64
	slots []uint32 // number+1; 0 is free; the length is a power of two
}

// id is the number of a key.
func (d *dict) id(key uint64) (uint32, bool) {
	if len(d.slots) == 0 {
		return 0, false
	}
	for i := key & uint64(len(d.slots)-1); ; i = (i + 1) & uint64(len(d.slots)-1) {
		n := d.slots[i]
		if n == 0 {
			return 0, false
		}
		if d.keys[n-1] == key {
			return n - 1, true
		}
	}
}

// add is the number of a key that is taken in if it is new.
func (d *dict) add(key uint64) (id uint32, added bool) {
	if id, ok := d.id(key); ok {
		return id, false
	}
	if 2*(len(d.keys)+1) > len(d.slots) {
		d.grow(max(1024, 2*len(d.slots)))
	}
	d.keys = append(d.keys, key)
	d.place(uint32(len(d.keys)))
	return uint32(len(d.keys) - 1), true
}

// grow makes the table n slots large.
func (d *dict) grow(n int) {
	d.slots = make([]uint32, n)
	for i := range d.keys {
		d.place(uint32(i + 1))
	}
}

// place puts number n-1 into the table.
func (d *dict) place(n uint32) {
	mask := uint64(len(d.slots) - 1)
	i := d.keys[n-1] & mask
	for d.slots[i] != 0 {
		i = (i + 1) & mask
	}
	d.slots[i] = n
}
