package auth

import (
	"strings"
	"sync"
	"time"
)

// How often one may try to log in.
const (
	Window       = 15 * time.Minute
	TriesPerPair = 15  // with one account name from one address
	TriesPerIP   = 100 // with any account names from one address
)

// maxKeys bounds the memory of a Throttle.
const maxKeys = 20_000

// A Throttle counts tries to log in, in memory of this process. Its zero value
// is ready to use, by many goroutines.
type Throttle struct {
	mu   sync.Mutex
	seen map[string]*count
}

// A count is the tries with one key since the first of them.
type count struct {
	first time.Time
	n     int
}

// Try counts one try with an account name from an address and says whether it
// may go on. If not, it says how long to wait.
func (t *Throttle) Try(name, ip string, now time.Time) (wait time.Duration, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.seen) > maxKeys {
		t.sweep(now)
	}
	if t.seen == nil {
		t.seen = make(map[string]*count)
	}
	wait = max(t.add("ip "+ip, TriesPerIP, now), t.add(pairKey(name, ip), TriesPerPair, now))
	return wait, wait == 0
}

// Forget takes back the tries with an account name from an address: the last
// one went well.
func (t *Throttle) Forget(name, ip string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.seen, pairKey(name, ip))
}

// add counts one try with key and returns how long to wait; 0 is not at all.
func (t *Throttle) add(key string, limit int, now time.Time) time.Duration {
	c := t.seen[key]
	if c == nil || now.Sub(c.first) >= Window {
		c = &count{first: now}
		t.seen[key] = c
	}
	if c.n >= limit {
		return c.first.Add(Window).Sub(now)
	}
	c.n++
	return 0
}

// sweep forgets what is over. Should all be recent, everything is forgotten:
// the memory must not grow, and a flood from so many addresses is not stopped
// by counting.
func (t *Throttle) sweep(now time.Time) {
	for key, c := range t.seen {
		if now.Sub(c.first) >= Window {
			delete(t.seen, key)
		}
	}
	if len(t.seen) > maxKeys {
		clear(t.seen)
	}
}

// pairKey is short whatever name is.
func pairKey(name, ip string) string {
	return "pair " + ip + " " + HashToken(strings.ToLower(name))[:32]
}
