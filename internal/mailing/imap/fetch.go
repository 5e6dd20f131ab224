package imap

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/upstreamd/upstreamd/internal/mailing"
)

// A Range says which messages of a mailbox are wanted. Since and Before are
// days, by when the server received a message; the zero time is no bound.
type Range struct {
	After, UpTo   uint32 // UIDs above After, up to and including UpTo
	Since, Before time.Time
}

// A Batch is a part of the messages that were asked for, in the order of UIDs.
type Batch struct {
	Mails    []Raw
	UpTo     uint32   // all that is wanted up to this UID has been handed out, but for what is withheld
	Withheld []uint32 // UIDs that the server lists and does not give, however it is asked
}

// Fetch hands the messages of the open mailbox in a range to f, at most batch at
// once, and tells by batches without any how far it has looked. UIDs that no
// longer exist are passed over. The first error of f ends it and is returned.
// Sizes are asked for first: of a message over [mailing.MaxRaw] only the header
// is fetched.
//
// No flag of any message changes.
func (c *Client) Fetch(ctx context.Context, r Range, batch int, f func(Batch) error) error {
	batch = min(max(batch, 1), 1000)
	window := uint32(batch)
	for pos := uint64(r.After) + 1; pos <= uint64(r.UpTo); {
		last := uint32(min(pos+uint64(window)-1, uint64(r.UpTo))) // never n:*, which also means the last below n
		found, err := c.find(ctx, uint32(pos), last, r)
		if err != nil {
			return err
		}
		window = nextWindow(window, len(found), batch)
		if err := c.hand(ctx, found, batch, last, f); err != nil {
			return err
		}
		pos = uint64(last) + 1
	}
	return nil
}

// hand fetches the found messages and hands them to f; last is the UID that
// then has been looked up to.
func (c *Client) hand(ctx context.Context, found []Raw, batch int, last uint32, f func(Batch) error) error {
	for {
		n := chunk(found, batch)
		b := Batch{UpTo: last}
		if n < len(found) {
			b.UpTo = found[n-1].UID
		}
		var err error
		if b.Mails, b.Withheld, err = c.bodies(ctx, found[:n]); err != nil {
			return err
		}
		if err := f(b); err != nil || n == len(found) {
			return err
		}
		found = found[n:]
	}
}

// find looks which wanted messages there are from one UID to another, and how
// big they are. Days are left to the server's search: it need not look at
// messages out of bounds then. public-inbox-imapd does not understand days
// together with UIDs, and is told the days by us.
func (c *Client) find(ctx context.Context, first, last uint32, r Range) ([]Raw, error) {
	all := span(first, last)
	if r.Since.IsZero() && r.Before.IsZero() {
		return c.sizes(ctx, all)
	}
	wanted, err := c.search(ctx, first, last, r)
	var no *imap.Error
	if errors.As(err, &no) {
		found, err := c.sizes(ctx, all)
		return slices.DeleteFunc(found, func(m Raw) bool {
			return m.InternalDate.Before(r.Since) || !r.Before.IsZero() && !m.InternalDate.Before(r.Before)
		}), err
	}
	if err != nil || len(wanted) == 0 {
		return nil, err
	}
	found, err := c.sizes(ctx, span(wanted[0], wanted[len(wanted)-1]))
	return slices.DeleteFunc(found, func(m Raw) bool {
		_, ok := slices.BinarySearch(wanted, m.UID)
		return !ok
	}), err
}

// search asks which messages from one UID to another are of the wanted days, in
// order.
func (c *Client) search(ctx context.Context, first, last uint32, r Range) (wanted []uint32, err error) {
	err = c.do(ctx, answerLimit, func() error {
		d, err := c.c.UIDSearch(&imap.SearchCriteria{UID: []imap.UIDSet{span(first, last)}, Since: r.Since, Before: r.Before}, nil).Wait()
		if err != nil {
			return err
		}
		found, _ := d.All.(imap.UIDSet)
		for _, f := range found { // not all numbers of it, which may be four billion
			for u := max(uint32(f.Start), first); u <= min(uint32(f.Stop), last); u++ {
				wanted = append(wanted, u)
			}
			if len(wanted) > maxWindow {
				return fmt.Errorf("%w: more was found than was looked for", ErrLimit)
			}
		}
		return nil
	})
	slices.Sort(wanted)
	return wanted, err
}

// span is the set of all UIDs from one to another.
func span(first, last uint32) imap.UIDSet {
	set := imap.UIDSet{}
	set.AddRange(imap.UID(first), imap.UID(last))
	return set
}

// nextWindow looks further at once where UIDs are sparse.
func nextWindow(window uint32, found, batch int) uint32 {
	if found < batch/2 {
		return min(window*2, maxWindow)
	}
	return max(window/2, uint32(batch))
}

// chunk is how many of the found messages are fetched at once.
func chunk(found []Raw, batch int) int {
	n, sum := 0, int64(0)
	for n < len(found) && n < batch {
		sum += min(found[n].Size, mailing.MaxRaw)
		if n > 0 && (sum > chunkBytes || oversize(found[n].Size) || oversize(found[0].Size)) {
			break
		}
		n++
	}
	return n
}

// sizes asks which messages of a set there are and how big they are.
func (c *Client) sizes(ctx context.Context, set imap.UIDSet) ([]Raw, error) {
	var found []Raw
	limit := int64(answerLimit)
	for _, r := range set {
		limit += int64(r.Stop-r.Start+1) * 512
	}
	err := c.fetch(ctx, limit, set, &imap.FetchOptions{UID: true, RFC822Size: true, InternalDate: true}, func(r Raw) {
		if set.Contains(imap.UID(r.UID)) {
			found = append(found, r)
		}
	})
	return ordered(found), err
}

// ordered sorts messages by UID, each once.
func ordered(l []Raw) []Raw {
	slices.SortFunc(l, func(x, y Raw) int { return cmp.Compare(x.UID, y.UID) })
	return slices.CompactFunc(l, func(x, y Raw) bool { return x.UID == y.UID })
}

// bodies fetches messages whose sizes are known; an oversize one stands alone.
// Others may have expunged some since: a server then leaves them out, or says
// no to all of the command. So what did not come is looked for again, and if it
// is still there it is asked for alone.
func (c *Client) bodies(ctx context.Context, want []Raw) (got []Raw, withheld []uint32, err error) {
	if len(want) == 0 {
		return nil, nil, nil
	}
	got, rest, err := c.ask(ctx, want)
	if err != nil || len(rest) == 0 {
		return got, nil, err
	}
	if err := c.do(ctx, answerLimit, func() error { return c.c.Noop().Wait() }); err != nil {
		return nil, nil, err // some servers notice only now what is gone
	}
	set := imap.UIDSet{}
	for _, r := range rest {
		set.AddNum(imap.UID(r.UID))
	}
	if rest, err = c.sizes(ctx, set); err != nil {
		return nil, nil, err
	}
	for _, r := range rest {
		one, none, err := c.ask(ctx, []Raw{r})
		if err != nil {
			return nil, nil, err
		}
		got = append(got, one...)
		if len(none) > 0 {
			withheld = append(withheld, r.UID)
		}
	}
	return ordered(got), withheld, nil
}

// ask fetches messages by one command. It returns those that came whole and
// those that did not; a no of the server is no error.
func (c *Client) ask(ctx context.Context, want []Raw) (got, rest []Raw, err error) {
	section := &imap.FetchItemBodySection{Peek: true}
	if oversize(want[0].Size) {
		section.Specifier = imap.PartSpecifierHeader
		section.Partial = &imap.SectionPartial{Size: headerBytes}
	}
	set := imap.UIDSet{}
	limit := int64(answerLimit)
	byUID := make(map[uint32]Raw, len(want))
	for _, r := range want {
		set.AddNum(imap.UID(r.UID))
		byUID[r.UID] = r
		limit += 2*min(r.Size, mailing.MaxRaw) + 4096 // a server may count sizes otherwise
	}
	options := &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}}
	err = c.fetch(ctx, limit, set, options, func(r Raw) {
		if known, ok := byUID[r.UID]; ok && r.Bytes != nil {
			known.Bytes, known.Oversize = r.Bytes, oversize(known.Size)
			got = append(got, known)
			delete(byUID, r.UID)
		}
	})
	var no *imap.Error
	if err != nil && !errors.As(err, &no) {
		return nil, nil, err
	}
	for _, r := range byUID {
		rest = append(rest, r)
	}
	return ordered(got), ordered(rest), nil
}

// fetch sends one FETCH and hands out what comes.
func (c *Client) fetch(ctx context.Context, limit int64, set imap.UIDSet, options *imap.FetchOptions, f func(Raw)) error {
	return c.do(ctx, limit, func() error {
		cmd := c.c.Fetch(set, options)
		for m := cmd.Next(); m != nil; m = cmd.Next() {
			r, err := c.readMessage(m)
			if err != nil {
				return err // the connection is closed, which ends the command
			}
			f(r)
		}
		return cmd.Close()
	})
}

// readMessage reads one message of an answer; without a body its Bytes are nil.
// After an error the connection is closed and nothing more of the answer may be
// read: the library would read the broken literal again.
func (c *Client) readMessage(m *imapclient.FetchMessageData) (Raw, error) {
	var r Raw
	for item := m.Next(); item != nil; item = m.Next() {
		var err error
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			r.UID = uint32(item.UID)
		case imapclient.FetchItemDataRFC822Size:
			r.Size = item.Size
		case imapclient.FetchItemDataInternalDate:
			r.InternalDate = item.Time.UTC()
		case imapclient.FetchItemDataBodySection:
			r.Bytes, err = c.readLiteral(item.Literal)
		case imapclient.FetchItemDataBinarySection:
			_, err = c.readLiteral(item.Literal)
		}
		if err != nil {
			return r, err
		}
	}
	return r, nil
}

// readLiteral reads a literal to its end, which lets the library go on. The
// announced length is checked before memory is taken for it.
func (c *Client) readLiteral(l imap.LiteralReader) ([]byte, error) {
	if l == nil {
		return nil, nil
	}
	size := l.Size()
	if size < 0 || size > maxLiteral {
		err := fmt.Errorf("%w: a message of %d bytes", ErrLimit, size)
		c.conn.fail(err)
		for rest := make([]byte, 4096); ; { // what was buffered, then the error
			if _, e := l.Read(rest); e != nil {
				return nil, err
			}
		}
	}
	body := make([]byte, size)
	_, err := io.ReadFull(l, body)
	if err == nil {
		_, err = l.Read(make([]byte, 1))
	}
	if err != io.EOF {
		err = fmt.Errorf("%w: connection lost within a message", ErrUnreachable)
		c.conn.fail(err)
		return nil, err
	}
	return body, nil
}
