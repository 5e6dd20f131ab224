// Package imap reads mailboxes over IMAP and changes nothing in them: it only
// ever sends LIST, EXAMINE, STATUS, SEARCH, IDLE, NOOP and FETCH with BODY.PEEK.
//
// [Dial] connects and logs in, [Client.Open] chooses a mailbox, [Client.Fetch]
// hands out its messages in batches by UID. Any error but [ErrMailbox] leaves
// the client unusable: close it and dial again. A [Reader] does so by itself. [Watch]
// tells when there is new mail.
//
// A server may be broken or hostile: every answer is bounded in size before
// memory is taken for it, and every wait has an end.
//
// This package alone knows the IMAP library.
package imap

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/upstreamd/upstreamd/internal/mailing"
)

var (
	// ErrAuth means that the server refused user or password.
	ErrAuth = errors.New("login refused")
	// ErrMailbox means that there is no such mailbox, or none for this user.
	ErrMailbox = errors.New("no such mailbox")
	// ErrUnreachable means that no server answers, or that it went silent.
	ErrUnreachable = errors.New("server unreachable")
	// ErrTLS means that no trusted encrypted connection could be made.
	ErrTLS = errors.New("no secure connection")
	// ErrLimit means that the server sent more than it may.
	ErrLimit = errors.New("server answers without bounds")
)

// Bounds of what a server may send.
const (
	answerLimit = 1 << 20   // bytes of an ordinary answer
	listLimit   = 16 << 20  // bytes of a list of mailboxes
	chunkBytes  = 16 << 20  // bytes of messages asked for at once, unless one alone is bigger
	headerBytes = 100 << 10 // bytes of header kept of an oversize message
	maxWindow   = 1 << 16   // UIDs asked for at once
	maxNames    = 100_000   // mailboxes
)

// A State is a mailbox as it was when it was opened.
type State struct {
	UIDValidity uint32 // another value than before: all UIDs are new
	UIDNext     uint32 // no message has this UID or a higher one
	Messages    uint32
}

// A Raw is one message as the server holds it.
type Raw struct {
	UID          uint32
	Bytes        []byte    // lines end in CRLF; of an oversize message only the header
	Oversize     bool      // bigger than [mailing.MaxRaw]
	Size         int64     // bytes, as the server says
	InternalDate time.Time // when the server received it
}

// A Client is a connection to one account, for one goroutine at a time.
type Client struct {
	name string // of the account, for errors
	conn *conn
	c    *imapclient.Client
	news chan struct{} // holds one where the server said something about the mailbox
}

// Open opens a mailbox for reading only. It shows what is there now: open it
// again to see what came since.
func (c *Client) Open(ctx context.Context, mailbox string) (State, error) {
	if err := checkName(mailbox); err != nil {
		return State{}, err
	}
	var st State
	err := c.do(ctx, answerLimit, func() error {
		d, err := c.c.Select(mailbox, &imap.SelectOptions{ReadOnly: true}).Wait()
		if err != nil {
			return err
		}
		st = State{d.UIDValidity, uint32(d.UIDNext), d.NumMessages}
		if st.UIDNext == 0 { // old servers do not say it
			s, err := c.c.Status(mailbox, &imap.StatusOptions{UIDNext: true}).Wait()
			if err != nil {
				return err
			}
			st.UIDNext = uint32(s.UIDNext)
		}
		return nil
	})
	var no *imap.Error
	if errors.As(err, &no) {
		return st, fmt.Errorf("account %s: mailbox %q: %w (%s)%s", c.name, mailbox, ErrMailbox, no.Text, c.offer(ctx))
	}
	if err == nil && st.UIDValidity == 0 && st.Messages == 0 {
		return State{UIDNext: 1}, nil // a parent of mailboxes at public-inbox-imapd, which is none itself
	}
	if err == nil && (st.UIDValidity == 0 || st.UIDNext == 0) {
		return st, fmt.Errorf("account %s: mailbox %q: server gives no UIDVALIDITY or UIDNEXT, so what is new cannot be told", c.name, mailbox)
	}
	return st, err
}

// Close says good-bye if the server still listens, and closes the connection.
func (c *Client) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	_ = c.do(ctx, answerLimit, func() error { return c.c.Logout().Wait() }) // the connection ends anyway
	_ = c.c.Close()                                                         // which it often has by now
	return nil
}

// do runs one exchange with the server: limit bytes may come, and the context
// ends it. Whatever the library says, the reason that the connection broke is
// what the caller gets.
func (c *Client) do(ctx context.Context, limit int64, f func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := c.conn.end(); err != nil {
		return fmt.Errorf("account %s: %w", c.name, err)
	}
	stop := context.AfterFunc(ctx, func() { c.conn.Close() })
	defer stop()
	c.conn.begin(limit)
	err := f()
	broken := c.conn.end()
	var no *imap.Error
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &no), errors.Is(err, ErrTLS), errors.Is(err, ErrNoIdle), errors.Is(err, ErrLimit):
		return fmt.Errorf("account %s: %w", c.name, err)
	case broken != nil:
		return fmt.Errorf("account %s: %w", c.name, broken)
	}
	return fmt.Errorf("account %s: %w: %w", c.name, ErrUnreachable, err)
}

// oversize says if a message of that size is read by its header only.
func oversize(size int64) bool { return size > mailing.MaxRaw }
