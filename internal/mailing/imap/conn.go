package imap

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// silence is how long a server may say nothing while an answer is due.
const silence = 60 * time.Second

// A conn is a connection that bounds what comes in: while an exchange is under
// way, by bytes and by silence; between exchanges, by bytes only. It lies below
// TLS and the IMAP library, so that neither can be made to wait or to buffer
// more.
type conn struct {
	net.Conn
	silence time.Duration

	mu     sync.Mutex
	busy   bool
	last   time.Time // of the last byte, or of the start of the exchange
	until  time.Time // when the exchange must be over
	left   int64     // bytes that may come
	broken error     // why no more is read
}

// slowest is how many bytes a second must come over a whole exchange, beyond
// what a server may take to begin: a byte now and then would be no silence.
const slowest = 8 << 10

// begin starts an exchange in which up to limit bytes may come.
func (c *conn) begin(limit int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy, c.last, c.left = true, time.Now(), limit
	c.until = c.last.Add(4*c.silence + time.Duration(limit/slowest)*time.Second)
}

// allow lets up to limit bytes come while nothing is due.
func (c *conn) allow(limit int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left = limit
}

// end ends it and says why the connection broke, if it did.
func (c *conn) end() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy = false
	return c.broken
}

// Read reads what comes, in steps short enough to see that nothing does.
func (c *conn) Read(b []byte) (int, error) {
	for {
		c.mu.Lock()
		broken, left := c.broken, c.left
		c.mu.Unlock()
		if broken != nil {
			return 0, broken
		}
		if int64(len(b)) > left+1 {
			b = b[:left+1]
		}
		if err := c.Conn.SetReadDeadline(time.Now().Add(c.silence / 4)); err != nil {
			return 0, c.breaks(err)
		}
		n, err := c.Conn.Read(b)
		if err := c.count(n); err != nil {
			return n, err
		}
		if err == nil || n > 0 {
			return n, nil
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, c.breaks(err)
		}
	}
}

// count notes that n bytes came and says if that is too much, or too little
// for too long.
func (c *conn) count(n int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n > 0 {
		c.last = time.Now()
		c.left -= int64(n)
	}
	switch {
	case c.broken != nil:
	case c.left < 0:
		c.broken = fmt.Errorf("%w: more came than was asked for; the connection was closed", ErrLimit)
	case c.busy && n == 0 && time.Since(c.last) >= c.silence:
		c.broken = fmt.Errorf("%w: no answer for %v", ErrUnreachable, c.silence)
	case c.busy && time.Now().After(c.until):
		c.broken = fmt.Errorf("%w: the answer takes too long", ErrUnreachable)
	default:
		return nil
	}
	c.Conn.Close()
	return c.broken
}

// fail ends the connection for a reason of ours.
func (c *conn) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken == nil {
		c.broken = err
	}
	c.Conn.Close()
}

// breaks remembers why reading ended. A plain end is left as such for the
// library.
func (c *conn) breaks(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken == nil && !errors.Is(err, net.ErrClosed) {
		c.broken = fmt.Errorf("%w: connection lost: %w", ErrUnreachable, err)
	}
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	return err
}

// Write writes all of b before the server's silence is over.
func (c *conn) Write(b []byte) (int, error) {
	if err := c.Conn.SetWriteDeadline(time.Now().Add(c.silence)); err != nil {
		return 0, c.breaks(err)
	}
	n, err := c.Conn.Write(b)
	if err != nil {
		err = c.breaks(err)
	}
	return n, err
}

// SetReadDeadline does nothing: Read sets its own. The library would take its
// deadlines away while an answer is due.
func (c *conn) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing: Write sets its own.
func (c *conn) SetWriteDeadline(time.Time) error { return nil }

// SetDeadline does nothing.
func (c *conn) SetDeadline(time.Time) error { return nil }
