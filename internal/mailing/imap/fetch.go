package imap

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/upstreamd/upstreamd/internal/mailing"
)

// Fetch hands the messages of the open mailbox with UIDs above after, up to and
// including upto, to f, in the order of UIDs and at most batch at once. UIDs
// that no longer exist are passed over. The first error of f ends it and is
// returned. Sizes are asked for first: of a message over [mailing.MaxRaw] only
// the header is fetched.
//
// No flag of any message changes.
func (c *Client) Fetch(ctx context.Context, after, upto uint32, batch int, f func([]Raw) error) error {
	batch = min(max(batch, 1), 1000)
	window := uint32(batch)
	for pos := uint64(after) + 1; pos <= uint64(upto); {
		last := min(pos+uint64(window)-1, uint64(upto)) // never n:*, which also means the last below n
		found, err := c.sizes(ctx, uint32(pos), uint32(last))
		if err != nil {
			return err
		}
		window = nextWindow(window, len(found), batch)
		for len(found) > 0 {
			n := chunk(found, batch)
			mails, err := c.bodies(ctx, found[:n])
			if err != nil {
				return err
			}
			if len(mails) > 0 {
				if err := f(mails); err != nil {
					return err
				}
			}
			found = found[n:]
		}
		pos = last + 1
	}
	return nil
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

// sizes asks which messages there are in a range of UIDs and how big they are.
func (c *Client) sizes(ctx context.Context, first, last uint32) ([]Raw, error) {
	var found []Raw
	set := imap.UIDSet{}
	set.AddRange(imap.UID(first), imap.UID(last))
	limit := answerLimit + int64(last-first)*512
	err := c.fetch(ctx, limit, set, &imap.FetchOptions{UID: true, RFC822Size: true, InternalDate: true}, func(r Raw) {
		if r.UID >= first && r.UID <= last {
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
func (c *Client) bodies(ctx context.Context, want []Raw) ([]Raw, error) {
	section := &imap.FetchItemBodySection{Peek: true}
	if oversize(want[0].Size) {
		section.Specifier = imap.PartSpecifierHeader
		section.Partial = &imap.SectionPartial{Size: headerBytes}
	}
	set := imap.UIDSet{}
	limit := int64(answerLimit)
	byUID := make(map[uint32]*Raw, len(want))
	for i := range want {
		set.AddNum(imap.UID(want[i].UID))
		byUID[want[i].UID] = &want[i]
		limit += 2*min(want[i].Size, mailing.MaxRaw) + 4096 // a server may count sizes otherwise
	}
	var got []Raw
	options := &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}}
	err := c.fetch(ctx, limit, set, options, func(r Raw) {
		if known := byUID[r.UID]; known != nil && r.Bytes != nil {
			known.Bytes, known.Oversize = r.Bytes, oversize(known.Size)
			got = append(got, *known)
		}
	})
	return ordered(got), err
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
	if size < 0 || size > mailing.MaxRaw+1<<20 {
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
