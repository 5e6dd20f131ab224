package diffmatch

import (
	"sync"
	"sync/atomic"
)

// cacheBytes bounds what one index keeps in memory of the blocks it has read.
const cacheBytes = 192 << 20

// A cache bounds what is held of blocks that can be read again. What was not
// used since the hand came by last goes first (the clock algorithm). Readers
// take no lock.
type cache struct {
	most int64
	mu   sync.Mutex
	size int64
	ring []heldBlock
	hand int
}

// A heldBlock is what the cache knows of a block.
type heldBlock interface {
	stale() bool // it was not used since this was asked last
	drop()
	bytes() int64
}

// keep takes in a block and lets go of others that it pushes out.
func (c *cache) keep(b heldBlock) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ring = append(c.ring, b)
	c.size += b.bytes()
	for c.size > c.most && len(c.ring) > 1 {
		if c.hand >= len(c.ring) {
			c.hand = 0
		}
		old := c.ring[c.hand]
		if old == b || !old.stale() {
			c.hand++
			continue
		}
		old.drop()
		c.size -= old.bytes()
		last := len(c.ring) - 1
		c.ring[c.hand] = c.ring[last]
		c.ring[last] = nil
		c.ring = c.ring[:last]
	}
}

// A held is one block of a section in memory.
type held[T any] struct {
	value T
	size  int64
	used  atomic.Bool
	home  *atomic.Pointer[held[T]]
}

func (h *held[T]) stale() bool  { return !h.used.Swap(false) }
func (h *held[T]) drop()        { h.home.CompareAndSwap(h, nil) }
func (h *held[T]) bytes() int64 { return h.size }
