package imap

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// ErrNoIdle means that a server cannot tell of new mail by itself (RFC 2177).
var ErrNoIdle = errors.New("server has no IDLE")

// idleLimit bounds the bytes that a server may say of its own accord: another
// reader of the mailbox may change many flags.
const idleLimit = 16 << 20

// Idle waits until the server says something about the open mailbox, or until
// so much time has gone by. RFC 2177 wants less than 29 minutes.
func (c *Client) Idle(ctx context.Context, most time.Duration) error {
	var idle *imapclient.IdleCommand
	err := c.do(ctx, answerLimit, func() (err error) {
		if !c.c.Caps().Has(imap.CapIdle) {
			return ErrNoIdle
		}
		idle, err = c.c.Idle()
		return err
	})
	var no *imap.Error
	if errors.Is(err, ErrNoIdle) || errors.As(err, &no) {
		return fmt.Errorf("account %s: %w", c.name, ErrNoIdle)
	} else if err != nil {
		return err
	}
	c.conn.allow(idleLimit)
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-c.news:
	case <-timer.C:
	case <-c.c.Closed():
	case <-ctx.Done():
		c.conn.fail(ctx.Err())
		_ = idle.Close() // there is nobody to tell
		return ctx.Err()
	}
	return c.do(ctx, idleLimit, func() error {
		if err := idle.Close(); err != nil {
			return err
		}
		return idle.Wait()
	})
}

// hear is told what the server says about the mailbox unasked.
func (c *Client) hear(d *imapclient.UnilateralDataMailbox) {
	if d.NumMessages == nil {
		return
	}
	select {
	case c.news <- struct{}{}:
	default: // there is one that nobody has taken yet
	}
}

// Times of watching.
const (
	renewAfter = 9 * time.Minute // gateways forget quiet connections after 10
	calmAfter  = 3 * time.Second // what comes in a burst is told of once
	steady     = 2 * time.Minute // a connection that held so long was a good one
	longest    = 5 * time.Minute // between attempts to connect
)

// Watched says which mailboxes to watch for new mail, and whom to tell.
type Watched struct {
	Account func() (Account, error) // asked for at each connection
	Names   []string                // as [Client.Expand] takes them
	Most    int                     // mailboxes that are watched, each over a connection of its own; of slices, the last
	News    func()                  // called when something may have come, from several goroutines
	Trouble func(error)             // called when a connection is lost or cannot be made; watching goes on

	renew, calm time.Duration // tests: others than renewAfter, calmAfter
	pause       func(ctx context.Context, tries int)
}

// Watch watches mailboxes until ctx is done, and makes connections again that
// are lost. It returns an error that matches [ErrNoIdle] at once where the
// server cannot tell of new mail.
func Watch(ctx context.Context, w Watched) error {
	if w.renew == 0 {
		w.renew, w.calm = renewAfter, calmAfter
	}
	if w.pause == nil {
		w.pause = backOff
	}
	var names []string
	err := w.persist(ctx, func() (err error) {
		names, err = w.choose(ctx)
		return err
	})
	if err != nil {
		return err
	}
	var watchers sync.WaitGroup
	errs := make([]error, len(names))
	for i, name := range names {
		watchers.Go(func() {
			var known State
			errs[i] = w.persist(ctx, func() error { return w.watch(ctx, name, &known) })
		})
	}
	watchers.Wait()
	return errors.Join(errs...)
}

// persist runs f until it succeeds, ctx is done, or the server has no IDLE.
func (w Watched) persist(ctx context.Context, f func() error) error {
	for tries := 0; ctx.Err() == nil; tries++ {
		begun := time.Now()
		err := f()
		if err == nil || errors.Is(err, ErrNoIdle) {
			return err
		}
		if ctx.Err() != nil {
			return nil
		}
		w.Trouble(err)
		if time.Since(begun) > steady {
			tries = 0
		}
		w.pause(ctx, tries)
	}
	return nil
}

// dial connects to the account.
func (w Watched) dial(ctx context.Context) (*Client, error) {
	a, err := w.Account()
	if err != nil {
		return nil, err
	}
	return Dial(ctx, a)
}

// choose finds the mailboxes to watch: the last that each name means, as new
// mail comes to the last of slices. Names that mean none are passed over.
func (w Watched) choose(ctx context.Context) ([]string, error) {
	c, err := w.dial(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	var chosen []string
	for _, name := range w.Names {
		found, err := c.Expand(ctx, []string{name})
		if err != nil && !errors.Is(err, ErrMailbox) {
			return nil, err
		}
		if n := len(found); n > 0 && len(chosen) < w.Most && !slices.Contains(chosen, found[n-1]) {
			chosen = append(chosen, found[n-1])
		}
	}
	return chosen, nil
}

// watch watches a mailbox over one connection, until it is lost. Known is the
// mailbox as it was last seen, also on an earlier connection: a server may be
// slow to tell, and silent about what came in between.
func (w Watched) watch(ctx context.Context, mailbox string, known *State) error {
	c, err := w.dial(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	for {
		st, err := c.Open(ctx, mailbox)
		if err != nil {
			return err
		}
		if known.UIDNext != 0 && (st.UIDNext != known.UIDNext || st.UIDValidity != known.UIDValidity) {
			w.News()
			wait(ctx, w.calm)
		}
		*known = st
		if err := c.Idle(ctx, w.renew); err != nil {
			return err
		}
	}
}

// backOff waits longer the more often something was tried: a second, two, four
// and so on, up to [longest], less up to half of it by chance.
func backOff(ctx context.Context, tries int) {
	d := min(time.Second<<min(tries, 20), longest)
	wait(ctx, d/2+rand.N(d/2))
}

// wait waits until ctx is done, or so long.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
