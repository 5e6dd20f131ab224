package pipeline_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/internal/store/storetest"
)

// An oddBox is the mailbox of a server that misbehaves: it breaks off, and
// keeps mails back.
type oddBox struct {
	validity uint32
	next     uint32            // UIDNEXT
	mails    map[uint32]string // by UID
	received map[uint32]time.Time
	withheld map[uint32]bool
	breaks   func() bool // asked at each batch
}

var errBroken = errors.New("connection lost")

func newOddBox(validity uint32, count int) *oddBox {
	b := &oddBox{validity: validity, next: uint32(count) + 1, mails: map[uint32]string{}, received: map[uint32]time.Time{}, withheld: map[uint32]bool{}}
	for uid := range b.next - 1 {
		b.mails[uid+1] = fmt.Sprintf("Message-ID: <%d@example.org>\n\ntext\n", uid+1)
		b.received[uid+1] = march(1 + int(uid)*7%20)
	}
	return b
}

func march(day int) time.Time { return time.Date(2026, 3, day, 0, 0, 0, 0, time.UTC) }

func (b *oddBox) Expand(_ context.Context, names []string) ([]string, error) { return names, nil }

func (b *oddBox) Open(context.Context, string) (uidValidity, uidNext uint32, err error) {
	return b.validity, b.next, nil
}

func (b *oddBox) Fetch(_ context.Context, r pipeline.MailRange, f func(pipeline.MailBatch) error) error {
	for from := r.First; from <= r.Last; from += 4 {
		got := pipeline.MailBatch{UpTo: min(r.Last, from+3)}
		for uid := from; uid <= got.UpTo; uid++ {
			at := b.received[uid]
			switch text, ok := b.mails[uid]; {
			case !ok || at.Before(r.Since) || !r.Before.IsZero() && !at.Before(r.Before):
			case b.withheld[uid]:
				got.Withheld = append(got.Withheld, uid)
			default:
				got.Mails = append(got.Mails, pipeline.RawMail{UID: uid, Bytes: []byte(text)})
			}
		}
		if b.breaks != nil && b.breaks() {
			return errBroken
		}
		if err := f(got); err != nil {
			return err
		}
	}
	return nil
}

func (b *oddBox) Close() error { return nil }

// readOnce makes a pass over the box, and returns the problem it had.
func (b *oddBox) readOnce(t *testing.T, db *store.DB, since time.Time) string {
	t.Helper()
	set := pipeline.Settings{Accounts: []pipeline.Account{{Name: "odd", Mailboxes: []string{"lists"}, Since: since, Connections: 3}}}
	dial := func(context.Context, string) (pipeline.MailAccount, error) { return b, nil }
	rep, err := pipeline.NewCollector(db, db, dial, set).Stage().Run(t.Context(), "account odd")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(rep.Problems, "; ")
}

// stored are the UIDs of the deliveries under one UIDVALIDITY, sorted.
func stored(t *testing.T, db *store.DB, validity uint32) (uids []uint32) {
	t.Helper()
	for line := range strings.Lines(dump(t, db, "delivery")) {
		var d struct{ UID, UIDValidity uint32 }
		if err := json.Unmarshal([]byte(line), &d); err != nil {
			t.Fatal(err)
		}
		if d.UIDValidity == validity {
			uids = append(uids, d.UID)
		}
	}
	slices.Sort(uids)
	return uids
}

func (b *oddBox) uids(since time.Time) (uids []uint32) {
	for uid := range b.mails {
		if !b.received[uid].Before(since) && !b.withheld[uid] {
			uids = append(uids, uid)
		}
	}
	slices.Sort(uids)
	return uids
}

// TestWithheld: a mail that a server lists and does not give holds nothing up,
// is asked for at each pass, and is not forgotten.
func TestWithheld(t *testing.T) {
	db := storetest.SQLite(t)
	b := newOddBox(7, 20)
	b.withheld[3], b.withheld[17] = true, true
	for range 2 {
		if problem := b.readOnce(t, db, time.Time{}); !strings.Contains(problem, "does not give 2 of its mails (first UID 3)") {
			t.Errorf("problem: %q", problem)
		}
		if diff := cmp.Diff(b.uids(time.Time{}), stored(t, db, 7)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	delete(b.withheld, 3) // it gives this one after all
	delete(b.withheld, 17)
	delete(b.mails, 17) // and that is gone
	if problem := b.readOnce(t, db, time.Time{}); problem != "" {
		t.Errorf("problem: %q", problem)
	}
	if diff := cmp.Diff(b.uids(time.Time{}), stored(t, db, 7)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestUIDsBack: a server that was restored from a backup gives UIDs again that
// it gave before. Its mails are read again, and what was read stays.
func TestUIDsBack(t *testing.T) {
	db := storetest.SQLite(t)
	b := newOddBox(7, 20)
	if problem := b.readOnce(t, db, time.Time{}); problem != "" {
		t.Errorf("problem: %q", problem)
	}
	b.next = 12
	b.mails[11] = "Message-ID: <other@example.org>\n\ntext\n"
	for uid := uint32(12); uid <= 20; uid++ {
		delete(b.mails, uid)
	}
	if problem := b.readOnce(t, db, time.Time{}); !strings.Contains(problem, "went back from 20 to 11") {
		t.Errorf("problem: %q", problem)
	}
	if got := stored(t, db, 7); len(got) != 21 || got[10] != 11 || got[11] != 11 {
		t.Errorf("stored: %v, want 1 to 20, and 11 twice", got)
	}
	if problem := b.readOnce(t, db, time.Time{}); problem != "" {
		t.Errorf("problem: %q", problem)
	}
}

// TestProgress: how far a mailbox has been read can be told while it is.
func TestProgress(t *testing.T) {
	db := storetest.SQLite(t)
	if err := db.SyncSources(t.Context(), []pipeline.Source{{Kind: pipeline.AccountSource, Name: "odd"}}); err != nil {
		t.Fatal(err)
	}
	b := newOddBox(7, 20)
	progress := func() store.Mailbox {
		t.Helper()
		all, err := db.SourceStates(t.Context())
		if err != nil || len(all) != 1 || len(all[0].Mailboxes) != 1 {
			t.Fatalf("SourceStates = %+v, %v", all, err)
		}
		return all[0].Mailboxes[0]
	}
	batches := 0
	b.breaks = func() bool { batches++; return batches == 3 }
	b.readOnce(t, db, march(10))
	want := store.Mailbox{Name: "lists", UIDValidity: 7, Mails: progress().Mails, HighUID: 8, LastUID: 20}
	if diff := cmp.Diff(want, progress()); diff != "" {
		t.Errorf("broken off (-want +got):\n%s", diff)
	}
	b.readOnce(t, db, march(10))
	want.HighUID, want.Mails = 20, len(b.uids(march(10)))
	if diff := cmp.Diff(want, progress()); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
	batches = 1
	b.readOnce(t, db, march(1)) // older ones are read, and it breaks off again
	want.HighUID, want.Mails = 4, progress().Mails
	if diff := cmp.Diff(want, progress()); diff != "" {
		t.Errorf("older ones (-want +got):\n%s", diff)
	}
}

// TestMarks breaks passes at random, while mail comes, older mail is wanted,
// and the mailbox is made anew. After a pass that is let through, all that is
// wanted is there once.
func TestMarks(t *testing.T) {
	for seed := range uint64(30) {
		random := rand.New(rand.NewPCG(seed, 1))
		db := storetest.SQLite(t)
		b := newOddBox(1, 30)
		day := 20
		for step := range 12 {
			b.breaks = func() bool { return random.IntN(3) == 0 }
			switch random.IntN(5) {
			case 0:
				b.mails[b.next], b.received[b.next] = fmt.Sprintf("Subject: %d of %d\n\ntext\n", b.next, b.validity), march(21)
				b.next++
			case 1:
				day = max(1, day-random.IntN(8))
			case 2:
				if random.IntN(3) == 0 {
					b = newOddBox(b.validity+1, 25)
				}
			}
			b.readOnce(t, db, march(day))
			if step%4 != 3 {
				continue
			}
			b.breaks = nil
			for range 2 { // the second for what is wanted since the first pass began
				if problem := b.readOnce(t, db, march(day)); problem != "" {
					t.Fatalf("seed %d, step %d: %s", seed, step, problem)
				}
			}
			if diff := cmp.Diff(b.uids(march(day)), stored(t, db, b.validity)); diff != "" {
				t.Fatalf("seed %d, step %d, since %d (-want +got):\n%s", seed, step, day, diff)
			}
		}
	}
}
