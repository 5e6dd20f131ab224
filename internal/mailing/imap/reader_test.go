package imap

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/mailing"
	"github.com/upstreamd/upstreamd/internal/mailing/imap/imapdtest"
	"github.com/upstreamd/upstreamd/internal/mailing/imap/imaptest"
)

// A collection is what was handed out of one mailbox.
type collection struct {
	account Account
	mails   []Raw
	upTo    uint32
	anew    int // how often a reader had to be made
}

// collect reads the mailbox "lists" to its end, as a schedule would: with a new
// reader where one has given up, from where the last one came to.
func (c *collection) collect(ctx context.Context) error {
	for ; c.anew < 10; c.anew++ {
		err := c.once(ctx)
		if !errors.Is(err, ErrUnreachable) {
			return err
		}
	}
	return errors.New("no reader came through")
}

func (c *collection) once(ctx context.Context) error {
	r, err := NewReader(ctx, c.account)
	if err != nil {
		return err
	}
	defer r.Close()
	r.pause = func(context.Context, int) {}
	if _, err := r.Expand(ctx, []string{"lists"}); err != nil {
		return err
	}
	st, err := r.Open(ctx, "lists")
	if err != nil {
		return err
	}
	return r.Fetch(ctx, Range{After: c.upTo, UpTo: st.UIDNext - 1}, 20, func(b Batch) error {
		c.mails, c.upTo = append(c.mails, b.Mails...), b.UpTo
		return nil
	})
}

// check says whether all mails came, each once, whole and in order.
func (c *collection) check(t *testing.T, what string, count int) {
	t.Helper()
	if len(c.mails) != count {
		t.Errorf("%s: %d mails, want %d", what, len(c.mails), count)
		return
	}
	for i, r := range c.mails {
		if want := fmt.Appendf(nil, "\r\ntext %d\r\n", i+1); r.UID != uint32(i+1) || !bytes.HasSuffix(r.Bytes, want) {
			t.Errorf("%s: mail %d is %d: %q", what, i+1, r.UID, r.Bytes)
			return
		}
	}
}

// TestFaults reads dovecot through a proxy that breaks connections at places
// all over the session: within the TLS handshake, the login, a list, a literal.
// Nothing is lost and nothing comes twice.
func TestFaults(t *testing.T) {
	const count = 200
	d := imapdtest.StartDovecot(t, map[string][][]byte{"lists": mails(1, count)})
	p := imapdtest.StartProxy(t, d.Port, func(int) imapdtest.Fault { return imapdtest.Fault{} })
	a := Account{Name: "work", Host: d.Host, Port: p.Port, CAFile: d.CAFile, User: d.User, Password: d.Password, silence: 5 * time.Second}

	whole := &collection{account: a}
	if err := whole.collect(t.Context()); err != nil || whole.anew > 0 {
		t.Fatalf("without faults: %v, %d attempts", err, whole.anew)
	}
	whole.check(t, "without faults", count)
	total, sent := p.Bytes()

	samples := int64(40)
	if testing.Short() {
		samples = 12
	}
	for i := range samples {
		after := 1 + i*total/samples
		for _, tt := range []struct {
			name  string
			fault imapdtest.Fault
			times int // on how many connections
		}{
			{"cut", imapdtest.Fault{After: after}, 1},
			{"reset", imapdtest.Fault{After: after, Reset: true}, 3},
			{"cut on the way up", imapdtest.Fault{Sent: 1 + i*sent/samples}, 2},
			{"in small pieces, then cut", imapdtest.Fault{After: after, Trickle: 13}, 1},
		} {
			p.Plan(func(n int) imapdtest.Fault {
				if n < tt.times {
					return tt.fault
				}
				return imapdtest.Fault{}
			})
			c := &collection{account: a}
			what := fmt.Sprintf("%s after %d of %d bytes", tt.name, after, total)
			if err := c.collect(t.Context()); err != nil {
				t.Errorf("%s: %v", what, err)
				continue
			}
			c.check(t, what, count)
			if p.Connections() < 2 {
				t.Errorf("%s: the connection was not lost", what)
			}
		}
	}
}

// TestStall: a connection that goes silent, and is not closed, is noticed.
func TestStall(t *testing.T) {
	const count = 30
	_, a := memory(t, imaptest.Options{Mailboxes: map[string][][]byte{"lists": mails(1, count)}})
	a.silence = 200 * time.Millisecond
	for _, after := range []int64{1, 90, 400, 1500, 4000} {
		p := imapdtest.StartProxy(t, a.Port, func(n int) imapdtest.Fault {
			return imapdtest.Fault{After: after * int64(1-min(n, 1)), Stall: true}
		})
		b := a
		b.Port = p.Port
		c := &collection{account: b}
		if err := c.collect(t.Context()); err != nil {
			t.Errorf("after %d: %v", after, err)
		}
		if p.Connections() != 2 {
			t.Errorf("after %d: %d connections, want 2", after, p.Connections())
		}
		c.check(t, fmt.Sprintf("after %d", after), count)
	}
}

// TestPoison: messages at which the connection is lost each time are named, and
// the others are read; where that is so of every message the account is given
// up for this time.
func TestPoison(t *testing.T) {
	const count = 60
	_, a := memory(t, imaptest.Options{Mailboxes: map[string][][]byte{"lists": mails(1, count)}})
	for _, tt := range []struct {
		poison   string
		withheld []uint32
		err      error
	}{
		{"text 7\r\n", []uint32{7}, nil},
		{"text 60\r\n", []uint32{60}, nil},
		{"text 3", []uint32{3, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39}, nil},
		{"text ", []uint32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, ErrUnreachable},
	} {
		p := imapdtest.StartProxy(t, a.Port, func(int) imapdtest.Fault { return imapdtest.Fault{Poison: []byte(tt.poison)} })
		b := a
		b.Port = p.Port
		r, err := NewReader(t.Context(), b)
		if err != nil {
			t.Fatal(err)
		}
		r.pause = func(context.Context, int) {}
		st, err := r.Open(t.Context(), "lists")
		if err != nil {
			t.Fatal(err)
		}
		var got, withheld []uint32
		err = r.Fetch(t.Context(), Range{UpTo: st.UIDNext - 1}, 20, func(b Batch) error {
			for _, m := range b.Mails {
				got = append(got, m.UID)
			}
			withheld = append(withheld, b.Withheld...)
			return nil
		})
		if !errors.Is(err, tt.err) || !slices.Equal(withheld, tt.withheld) || err == nil && len(got)+len(withheld) != count {
			t.Errorf("%q: %d mails, withheld %v, %v; want %v, %v", tt.poison, len(got), withheld, err, tt.withheld, tt.err)
		}
		r.Close()
	}
}

// TestRenewed: a mailbox that was made anew while it was read is not taken for
// the old one.
func TestRenewed(t *testing.T) {
	s, a := memory(t, imaptest.Options{Mailboxes: map[string][][]byte{"lists": mails(1, 9)}})
	p := imapdtest.StartProxy(t, a.Port, func(int) imapdtest.Fault { return imapdtest.Fault{} })
	a.Port = p.Port
	r, err := NewReader(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	r.pause = func(context.Context, int) {}
	if _, err := r.Open(t.Context(), "lists"); err != nil {
		t.Fatal(err)
	}
	err = r.Fetch(t.Context(), Range{UpTo: 9}, 3, func(b Batch) error {
		if b.UpTo > 3 {
			t.Errorf("got %d of the new mailbox", b.UpTo)
		}
		p.Cut()
		return s.Recreate("lists", mails(20, 40)...)
	})
	if !errors.Is(err, ErrRenewed) {
		t.Errorf("Fetch: %v", err)
	}
}

// TestExpunge: mails that another client deletes while a mailbox is read are
// left out, and no other is.
func TestExpunge(t *testing.T) {
	d := imapdtest.StartDovecot(t, map[string][][]byte{"lists": mails(1, 150)})
	c := mustDial(t, Account{Name: "work", Host: d.Host, Port: d.Port, CAFile: d.CAFile, User: d.User, Password: d.Password})
	d.Expunge("lists", "4:60") // so that more is looked at at once than fetched
	if _, err := c.Open(t.Context(), "lists"); err != nil {
		t.Fatal(err)
	}
	gone := map[int]bool{}
	for n := 4; n <= 60; n++ {
		gone[n] = true
	}
	deleted, got := false, map[int]int{}
	err := c.Fetch(t.Context(), Range{UpTo: 150}, 3, func(b Batch) error {
		for _, r := range b.Mails {
			got[int(r.UID)]++
		}
		if b.UpTo > 60 && !deleted {
			deleted = true
			from := int(b.UpTo) + 2
			d.Expunge("lists", fmt.Sprintf("%d:%d,%d,150", from, from+4, from+9))
			for n := from; n <= from+4; n++ {
				gone[n] = true
			}
			gone[from+9], gone[150] = true, true
		}
		if len(b.Withheld) > 0 {
			t.Errorf("withheld: %v", b.Withheld)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[int]int{}
	for n := 1; n <= 150; n++ {
		if !gone[n] {
			want[n] = 1
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("how often each came (-want +got):\n%s", diff)
	}
}

// TestSince: only mails that the server received in the wanted days come, and
// what is before a day and what is since are all.
func TestSince(t *testing.T) {
	d := imapdtest.StartDovecot(t, map[string][][]byte{"lists": mails(1, 40)})
	day := func(n int) time.Time { return time.Date(2026, 3, n, 0, 0, 0, 0, time.UTC) }
	var received []time.Time
	for n := range 40 {
		received = append(received, day(1+(n*7)%20).Add(12*time.Hour)) // not in the order of UIDs
	}
	d.Date("lists", received...)
	c := mustDial(t, Account{Name: "work", Host: d.Host, Port: d.Port, CAFile: d.CAFile, User: d.User, Password: d.Password})
	if _, err := c.Open(t.Context(), "lists"); err != nil {
		t.Fatal(err)
	}
	read := func(r Range) (ids []string) {
		r.UpTo = 40
		err := c.Fetch(t.Context(), r, 6, func(b Batch) error {
			for _, m := range b.Mails {
				if at := received[m.UID-1]; !m.InternalDate.Equal(at) || at.Before(r.Since) || !r.Before.IsZero() && !at.Before(r.Before) {
					t.Errorf("UID %d is of %v, want %v in %v", m.UID, m.InternalDate, at, r)
				}
				ids = append(ids, mailing.Parse(m.Bytes).MessageID)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return ids
	}
	all, young, old := read(Range{}), read(Range{Since: day(11)}), read(Range{Before: day(11)})
	if len(all) != 40 || len(young) != 20 || len(old) != 20 || len(read(Range{Since: day(5), Before: day(7)})) != 4 || read(Range{Since: day(25)}) != nil {
		t.Errorf("%d mails, %d since, %d before", len(all), len(young), len(old))
	}
}
