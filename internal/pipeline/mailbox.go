package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A MailAccount is an open connection to an IMAP account. It never changes
// anything there.
type MailAccount interface {
	// Expand finds the mailboxes that names and patterns mean. Those that mean
	// none are an error, which comes with the others.
	Expand(ctx context.Context, names []string) ([]string, error)
	// Open opens a mailbox to be read.
	Open(ctx context.Context, mailbox string) (uidValidity, uidNext uint32, err error)
	// Fetch hands out the mails of the open mailbox in a range, in the order
	// of UIDs, in batches.
	Fetch(ctx context.Context, r MailRange, f func(MailBatch) error) error
	Close() error
}

// A MailRange says which mails of a mailbox are wanted. Since and Before are
// days, by when the server received a mail; the zero time is no bound.
type MailRange struct {
	First, Last   uint32 // UIDs
	Since, Before time.Time
}

// A MailBatch is some of the mails that were asked for; only their UID, Bytes
// and Oversize are set.
type MailBatch struct {
	Mails    []RawMail
	UpTo     uint32   // all up to this UID have been handed out, but for those withheld
	Withheld []uint32 // listed by the server, and not given
}

// A Dial connects to the account with this name.
type Dial func(ctx context.Context, account string) (MailAccount, error)

// A mailMark is how far one mailbox has been read under one UIDVALIDITY. It
// moves in the transaction that stores the mails below it.
type mailMark struct {
	High     uint32   `json:"high"`               // all mails up to this UID are stored, but for older and withheld ones
	Next     uint32   `json:"next,omitempty"`     // UIDNEXT of the mailbox when it was last opened
	Since    string   `json:"since,omitempty"`    // older ones have been left out; "" is none
	Older    *older   `json:"older,omitempty"`    // those of before Since that are being read
	Withheld []uint32 `json:"withheld,omitempty"` // UIDs that are asked for again at every pass
}

// An older is how far mails have been read that were left out at first.
type older struct {
	Since string `json:"since,omitempty"` // up to the mark's Since
	High  uint32 `json:"high"`
}

// MailboxInput names a mailbox as an input of the collect stage.
func MailboxInput(account, mailbox string, uidValidity uint32) string {
	return fmt.Sprintf("%s\x1f%s\x1f%d", account, mailbox, uidValidity)
}

// MailboxProgress reads the cursor of a mailbox: all mails up to UID high are
// stored, and there were none above last when the mailbox was last looked at.
func MailboxProgress(cursor string) (high, last uint32) {
	var m mailMark
	if err := json.Unmarshal([]byte(cursor), &m); err != nil || m.Next == 0 {
		return 0, 0 // not read yet
	}
	if m.Older != nil {
		return m.Older.High, m.High
	}
	return m.High, m.Next - 1
}

// maxWithheld is how many mails a server may withhold of one mailbox before it
// is not read any further.
const maxWithheld = 1000

// day is how a mark writes days; no time is "".
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

func dayOf(s string) time.Time {
	t, _ := time.Parse(time.DateOnly, s) // "" and nonsense are no bound
	return t
}

// account reads the mailboxes of one account, several at once.
func (c *Collector) account(ctx context.Context, a Account) (added int, err error) {
	conn, err := c.dial(ctx, a.Name)
	if err != nil {
		return 0, err
	}
	boxes, err := conn.Expand(ctx, a.Mailboxes)
	problems := []error{err}
	next := make(chan string, len(boxes))
	for _, b := range boxes {
		next <- b
	}
	close(next)
	var all atomic.Int64
	var mu sync.Mutex
	read := func(conn MailAccount) {
		for box := range next {
			n, err := c.mailbox(ctx, conn, a, box)
			all.Add(int64(n))
			if err != nil {
				mu.Lock()
				problems = append(problems, err)
				mu.Unlock()
			}
			if ctx.Err() != nil {
				break
			}
		}
		_ = conn.Close() // nothing depends on its good-bye
	}
	var readers sync.WaitGroup
	readers.Go(func() { read(conn) })
	for range min(a.Connections, len(boxes)) - 1 {
		readers.Go(func() {
			if more, err := c.dial(ctx, a.Name); err == nil { // else the first reads them all
				read(more)
			}
		})
	}
	readers.Wait()
	slices.SortFunc(problems, func(x, y error) int { return strings.Compare(fmt.Sprint(x), fmt.Sprint(y)) })
	return int(all.Load()), errors.Join(problems...)
}

// mailbox reads what is new in one mailbox. Another UIDVALIDITY is another
// mailbox: all is read, and mails that are known get one more delivery.
func (c *Collector) mailbox(ctx context.Context, conn MailAccount, a Account, name string) (added int, err error) {
	validity, next, err := conn.Open(ctx, name)
	if err != nil {
		return 0, err
	}
	b := &box{Collector: c, conn: conn, account: a.Name, name: name, validity: validity, since: day(a.Since)}
	if err := b.load(ctx); err != nil {
		return 0, err
	}
	var back error
	if next <= b.mark.High { // a server that was restored: other mails may have these UIDs now
		back = fmt.Errorf("mailbox %q: its UIDs went back from %d to %d, against the rules; all of it was read again", name, b.mark.High, next-1)
		b.mark = mailMark{Since: b.since}
	}
	b.mark.Next = next
	for _, step := range []func(context.Context) error{b.again, b.older, b.newer} {
		if err := step(ctx); err != nil {
			return b.added, err
		}
	}
	if n := len(b.mark.Withheld); n > 0 {
		return b.added, fmt.Errorf("mailbox %q: the server does not give %d of its mails (first UID %d); they are asked for again at every pass", name, n, b.mark.Withheld[0])
	}
	return b.added, back
}

// A box is one mailbox that is being read.
type box struct {
	*Collector
	conn          MailAccount
	account, name string
	validity      uint32
	since         string // as configured
	mark          mailMark
	added         int
}

// input is the box's name in the table of cursors.
func (b *box) input() string {
	return MailboxInput(b.account, b.name, b.validity)
}

// load reads the mark, or begins one, and looks whether older mails are wanted
// than before.
func (b *box) load(ctx context.Context) error {
	text, err := b.store.Cursor(ctx, "collect", b.input())
	if err != nil {
		return err
	}
	if text == "" {
		b.mark.Since = b.since
		return nil
	}
	if err := json.Unmarshal([]byte(text), &b.mark); err != nil {
		return fmt.Errorf("mailbox %q: mark %q: %w", b.name, text, err)
	}
	if b.mark.Older == nil && b.since < b.mark.Since {
		b.mark.Older = &older{Since: b.since}
	}
	return nil
}

// put stores a batch and moves the mark, in one transaction.
func (b *box) put(ctx context.Context, mails []RawMail, move func(*mailMark)) error {
	for i := range mails {
		mails[i].Source, mails[i].Mailbox, mails[i].UIDValidity = b.account, b.name, b.validity
	}
	moved := b.mark
	moved.Withheld = slices.Clone(b.mark.Withheld)
	move(&moved)
	if len(moved.Withheld) > maxWithheld {
		return fmt.Errorf("mailbox %q: the server does not give %d of its mails; it is not read any further", b.name, len(moved.Withheld))
	}
	text, err := json.Marshal(moved)
	if err != nil {
		return err
	}
	n := 0
	err = b.store.InTx(ctx, func(ctx context.Context) (err error) {
		if n, err = b.store.PutRawMails(ctx, mails); err != nil {
			return err
		}
		return b.store.SetCursor(ctx, "collect", b.input(), string(text))
	})
	if err == nil {
		b.mark, b.added = moved, b.added+n
	}
	return err
}

// again asks once more for mails that the server withheld.
func (b *box) again(ctx context.Context) error {
	for _, uid := range slices.Clone(b.mark.Withheld) {
		err := b.conn.Fetch(ctx, MailRange{First: uid, Last: uid}, func(got MailBatch) error {
			if len(got.Withheld) > 0 {
				return nil
			}
			return b.put(ctx, got.Mails, func(m *mailMark) {
				m.Withheld = slices.DeleteFunc(m.Withheld, func(u uint32) bool { return u == uid })
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// older reads mails that were left out while the configuration did not want
// them. Days are exact here: what the server received before one, and what it
// received since, is all and nothing twice.
func (b *box) older(ctx context.Context) error {
	if b.mark.Older == nil {
		return nil
	}
	o := *b.mark.Older
	r := MailRange{First: o.High + 1, Last: b.mark.High, Since: dayOf(o.Since), Before: dayOf(b.mark.Since)}
	err := b.fetch(ctx, r, func(m *mailMark, high uint32) { m.Older = &older{o.Since, high} })
	if err != nil {
		return err
	}
	return b.put(ctx, nil, func(m *mailMark) { m.Since, m.Older = o.Since, nil })
}

// newer reads what is above the mark.
func (b *box) newer(ctx context.Context) error {
	r := MailRange{First: b.mark.High + 1, Last: b.mark.Next - 1, Since: dayOf(b.mark.Since)}
	return b.fetch(ctx, r, func(m *mailMark, high uint32) { m.High = high })
}

// fetch stores the mails of a range; move says in the mark how far it is.
func (b *box) fetch(ctx context.Context, r MailRange, move func(m *mailMark, high uint32)) error {
	if r.First > r.Last {
		return nil
	}
	return b.conn.Fetch(ctx, r, func(got MailBatch) error {
		b.set.Progress.Report("collect "+b.name, int(got.UpTo), int(r.Last))
		return b.put(ctx, got.Mails, func(m *mailMark) {
			move(m, got.UpTo)
			m.Withheld = append(m.Withheld, got.Withheld...)
		})
	})
}
