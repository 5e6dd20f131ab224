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

// silence is how long a server may say nothing while an answer is due. Tests
// make it shorter, before they connect.
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
	left   int64     // bytes that may come
	broken error     // why no more is read
}

// begin starts an exchange in which up to limit bytes may come.
func (c *conn) begin(limit int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy, c.last, c.left = true, time.Now(), limit
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

// SetReadDeadline does nothing: Read sets its own. The library would take its
// deadlines away while an answer is due.
func (c *conn) SetReadDeadline(time.Time) error { return nil }

// SetDeadline sets the deadline for writing only.
func (c *conn) SetDeadline(t time.Time) error { return c.Conn.SetWriteDeadline(t) }
