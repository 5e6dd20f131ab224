package imap

import (
	"context"
	"errors"
	"fmt"
)

// ErrRenewed means that a mailbox was deleted and made again while it was read:
// its UIDs mean other messages now.
var ErrRenewed = errors.New("the mailbox was made anew while it was read; the next pass reads it from the start")

// A Reader is a [Client] that connects again when the connection is lost, and
// goes on where it was. It is for one goroutine at a time.
type Reader struct {
	account Account
	c       *Client // nil where the connection is lost
	open    string  // mailbox
	state   State
	pause   func(ctx context.Context, tries int)
}

// Attempts are how often a Reader connects again without getting any further.
const attempts = 4

// NewReader connects to an account, like [Dial].
func NewReader(ctx context.Context, a Account) (*Reader, error) {
	c, err := Dial(ctx, a)
	if err != nil {
		return nil, err
	}
	return &Reader{account: a, c: c, pause: backOff}, nil
}

// Expand is [Client.Expand].
func (r *Reader) Expand(ctx context.Context, names []string) (found []string, err error) {
	err = r.keepOn(ctx, func(c *Client) (bool, error) {
		found, err = c.Expand(ctx, names)
		return false, err
	})
	return found, err
}

// Open is [Client.Open].
func (r *Reader) Open(ctx context.Context, mailbox string) (st State, err error) {
	r.open = ""
	err = r.keepOn(ctx, func(c *Client) (bool, error) {
		st, err = c.Open(ctx, mailbox)
		return false, err
	})
	if err == nil {
		r.open, r.state = mailbox, st
	}
	return st, err
}

// Fetch is [Client.Fetch]. What f was given is not fetched again when the
// connection is lost after it. A message at which connections are lost again and
// again is withheld: the others must not wait for it.
func (r *Reader) Fetch(ctx context.Context, want Range, batch int, f func(Batch) error) error {
	var failed error // of f
	lost, skipped := 0, 0
	err := r.keepOn(ctx, func(c *Client) (further bool, err error) {
		n := batch
		if lost > 0 {
			n = 1 // to find the one that it is
		}
		if lost >= poisonous && skipped < maxSkipped {
			want.After++
			lost, skipped, further = 0, skipped+1, true
			if failed = f(Batch{UpTo: want.After, Withheld: []uint32{want.After}}); failed != nil || want.After >= want.UpTo {
				return further, failed
			}
		}
		err = c.Fetch(ctx, want, n, func(b Batch) error {
			if failed = f(b); failed == nil {
				want.After, further, lost = b.UpTo, true, 0
			}
			if len(b.Mails) > 0 {
				skipped = 0
			}
			return failed
		})
		if err != nil && !further {
			lost++
		}
		return further, err
	})
	if failed != nil {
		return failed
	}
	return err
}

// A message is withheld after so many connections were lost at it, but for
// more than so many in a row it is the server that is to blame.
const (
	poisonous  = 3
	maxSkipped = 10
)

// keepOn runs f, and again over a new connection as long as connections are
// lost, until f has not come further several times in a row.
func (r *Reader) keepOn(ctx context.Context, f func(*Client) (further bool, err error)) error {
	for tries := 0; ; tries++ {
		err := r.connect(ctx)
		if err == nil {
			var further bool
			if further, err = f(r.c); further {
				tries = 0
			}
		}
		if err == nil || errors.Is(err, ErrMailbox) {
			return err
		}
		if r.c != nil {
			r.c.Close()
			r.c = nil
		}
		if tries == attempts || ctx.Err() != nil || !errors.Is(err, ErrUnreachable) {
			return err
		}
		r.pause(ctx, tries)
	}
}

// connect makes the connection if it is lost, and opens the mailbox again.
func (r *Reader) connect(ctx context.Context) error {
	if r.c != nil {
		return nil
	}
	var err error
	if r.c, err = Dial(ctx, r.account); err != nil || r.open == "" {
		return err
	}
	st, err := r.c.Open(ctx, r.open)
	if err == nil && st.UIDValidity != r.state.UIDValidity {
		err = fmt.Errorf("account %s: mailbox %q: %w", r.account.Name, r.open, ErrRenewed)
	}
	return err
}

// Close closes the connection.
func (r *Reader) Close() error {
	if r.c == nil {
		return nil
	}
	return r.c.Close()
}
