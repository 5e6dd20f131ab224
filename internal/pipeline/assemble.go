package pipeline

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/upstreamd/upstreamd/internal/mailing"
	"github.com/upstreamd/upstreamd/internal/series"
)

// assembleVersion is part of the fingerprint of an assembly: raise it when
// mails are put together in another way.
const assembleVersion = "1"

// readVersion is part of what mails were read with: raise it when they are read
// in another way, and all are read again.
const readVersion = "1"

// parseBatch is how many mails are read, parsed and stored in one step.
const parseBatch = 500

// A mailQueue has the raw mails that wait to be read.
type mailQueue interface {
	// UnreadMails are raw mails that wait, in order of their ids.
	UnreadMails(ctx context.Context, limit int) ([]RawMail, error)
	// Unread is how many wait.
	Unread(ctx context.Context) (int, error)
	// Reread queues all mails to be read again and returns how many wait then.
	Reread(ctx context.Context) (int, error)
}

// A messageStore is what [Assembler] needs of the store.
type messageStore interface {
	txer
	cursorStore
	mailQueue
	PutMessages(ctx context.Context, messages []Message) error
	// Messages are all that take part, in an order of their own.
	Messages(ctx context.Context) ([]Message, error)
	// PutAssembly makes series, postings and trailers in the store equal to
	// the assembly and returns how many rows differed.
	PutAssembly(ctx context.Context, a Assembly) (changed int, err error)
}

// An Assembler is the stage that makes messages of raw mails, and postings and
// series of messages.
type Assembler struct {
	store messageStore
	set   Settings
}

// NewAssembler returns the assemble stage.
func NewAssembler(store messageStore, set Settings) *Assembler {
	return &Assembler{store: store, set: set}
}

// Stage is the assemble stage.
func (a *Assembler) Stage() Stage {
	return Stage{Name: "assemble", Every: 2 * time.Minute, Run: whole(a.run)}
}

// run reads the mails that were not read yet and, if that changed anything,
// puts all messages together anew: so the order in which mails came cannot
// matter.
func (a *Assembler) run(ctx context.Context) (Report, error) {
	var rep Report
	if err := a.relist(ctx); err != nil {
		return rep, err
	}
	read, broken, err := a.read(ctx)
	if err != nil {
		return rep, err
	}
	settled, err := a.settled()
	if err != nil {
		return rep, err
	}
	began, err := a.store.Cursor(ctx, "assemble", "settled")
	if err != nil || began == settled {
		return rep, err // no need to look at every message to see that
	}
	messages, err := a.store.Messages(ctx)
	if err != nil {
		return rep, err
	}
	print, err := a.print(messages)
	if err != nil {
		return rep, err
	}
	if was, err := a.store.Cursor(ctx, "assemble", "all"); err != nil {
		return rep, err
	} else if was == print {
		return rep, a.settle(ctx, began, settled)
	}
	mails := mailsOf(messages)
	messages = nil // what is left of them is needed no more, and is as much again
	assembly := assemble(mails)
	err = a.store.InTx(ctx, func(ctx context.Context) error {
		if _, err := a.store.PutAssembly(ctx, assembly); err != nil {
			return err
		}
		return errors.Join(a.store.SetCursor(ctx, "assemble", "all", print), a.settle(ctx, began, settled))
	})
	rep.Done = fmt.Sprintf("%d mails read; %d postings in %d series", read, len(assembly.Postings), len(assembly.Series))
	if broken > 0 {
		rep.Done += fmt.Sprintf("; %d quarantined", broken)
	}
	return rep, err
}

// settled is what the cursor of that name says when all messages are put
// together; from when mails were read until then it is a word that was never
// there before.
func (a *Assembler) settled() (string, error) {
	lists, err := json.Marshal(a.set.Lists)
	return fingerprint(assembleVersion, string(lists)), err
}

// settle moves the cursor, unless another process has read mails since began.
func (a *Assembler) settle(ctx context.Context, began, settled string) error {
	now, err := a.store.Cursor(ctx, "assemble", "settled")
	if err != nil || now != began {
		return err
	}
	return a.store.SetCursor(ctx, "assemble", "settled", settled)
}

// print is the fingerprint of what is assembled.
func (a *Assembler) print(messages []Message) (string, error) {
	lists, err := json.Marshal(a.set.Lists)
	if err != nil {
		return "", err
	}
	parts := make([]string, 0, len(messages)+2)
	parts = append(parts, assembleVersion, string(lists))
	for _, m := range messages {
		parts = append(parts, m.Mail.MessageID, m.List, fmt.Sprint(m.Sent.Unix()))
	}
	return fingerprint(parts...), nil
}

// read makes a message of every raw mail that has none.
func (a *Assembler) read(ctx context.Context) (read, broken int, err error) {
	total, err := a.store.Unread(ctx)
	if err != nil {
		return 0, 0, err
	}
	for {
		mails, err := a.store.UnreadMails(ctx, parseBatch)
		if err != nil || len(mails) == 0 {
			return read, broken, err
		}
		messages := make([]Message, len(mails))
		g, gctx := errgroup.WithContext(ctx)
		g.SetLimit(runtime.GOMAXPROCS(0))
		for i, raw := range mails {
			g.Go(func() error {
				messages[i] = a.parse(raw)
				return gctx.Err()
			})
		}
		if err := g.Wait(); err != nil {
			return read, broken, err
		}
		err = a.store.InTx(ctx, func(ctx context.Context) error {
			if err := a.store.PutMessages(ctx, messages); err != nil {
				return err
			}
			return a.store.SetCursor(ctx, "assemble", "settled", "read "+rand.Text())
		})
		if err != nil {
			return read, broken, err
		}
		for _, m := range messages {
			if m.Broken {
				broken++
			}
		}
		read += len(mails)
		a.set.Progress.Report("read mails", read, max(total, read))
	}
}

// relist has all mails read again when other lists are configured than when
// they were read, as over which list each came is to be found anew, or when an
// older version has read them.
func (a *Assembler) relist(ctx context.Context) error {
	lists, err := json.Marshal(a.set.Lists)
	if err != nil {
		return err
	}
	print := fingerprint(readVersion, string(lists))
	was, err := a.store.Cursor(ctx, "assemble", "lists")
	if err != nil || was == print {
		return err
	}
	return a.store.InTx(ctx, func(ctx context.Context) error {
		if was != "" {
			if _, err := a.Reread(ctx); err != nil {
				return err
			}
		}
		return a.store.SetCursor(ctx, "assemble", "lists", print)
	})
}

// Reread forgets what was made of the mails, so that the next run reads and
// assembles all of them anew, and returns how many there are. Series and
// messages keep their numbers.
func (a *Assembler) Reread(ctx context.Context) (n int, err error) {
	err = a.store.InTx(ctx, func(ctx context.Context) error {
		if n, err = a.store.Reread(ctx); err != nil {
			return err
		}
		return errors.Join(a.store.SetCursor(ctx, "assemble", "all", ""), a.store.SetCursor(ctx, "assemble", "settled", ""))
	})
	return n, err
}

// parse makes a message of one raw mail. A mail of which nothing can be read
// is quarantined, with the reason; so is one that the parser cannot bear, which
// must not stop the others.
func (a *Assembler) parse(raw RawMail) (msg Message) {
	defer func() {
		if bug := recover(); bug != nil {
			msg = Message{Raw: raw.ID, Broken: true, Gone: raw.Removed, Reason: fmt.Sprintf("the parser fails on it, which is a bug: %v", bug)}
		}
	}()
	m := mailing.Parse(raw.Bytes)
	msg = Message{
		Raw: raw.ID, List: a.list(m), Reason: strings.Join(m.Problems, "; "), Mail: series.NewMail(m), Sent: m.Date,
		Content: contentOf(m), Text: searchedText(m.Text), Gone: raw.Removed,
	}
	if msg.List == "" {
		msg.List = a.fileList(raw)
	}
	if raw.Removed {
		msg.Reason = strings.TrimPrefix(msg.Reason+"; the archive that it came from took it back", "; ")
	}
	if raw.Oversize {
		msg.Reason = strings.TrimPrefix(msg.Reason+"; larger than the limit, only its header was kept", "; ")
	}
	// Without sender, subject and text there is nothing that a person or a
	// stage could do with it.
	msg.Broken = m.From.Email == "" && m.Subject == "" && strings.TrimSpace(m.Text) == ""
	if msg.Broken && msg.Reason == "" {
		msg.Reason = "neither sender nor subject nor text"
	}
	msg.Mail.List = msg.List
	return msg
}

// list is the name of the configured list that a mail came over: by its
// List-Id, else by its recipients; else the List-Id itself.
func (a *Assembler) list(m *mailing.Message) string {
	for _, l := range a.set.Lists {
		if m.ListID != "" && strings.EqualFold(m.ListID, l.ID) {
			return l.Name
		}
	}
	to := slices.Concat(m.To, m.Cc)
	for _, l := range a.set.Lists {
		if slices.ContainsFunc(to, func(p mailing.Person) bool { return strings.EqualFold(p.Email, l.Address) }) {
			return l.Name
		}
	}
	return m.ListID
}

// fileList is the list whose files a mail was read from, or "".
func (a *Assembler) fileList(raw RawMail) string {
	for _, source := range raw.Filed {
		if slices.ContainsFunc(a.set.Lists, func(l List) bool { return l.Name == source }) {
			return source
		}
	}
	return ""
}

// mailsOf is the part of messages that assembly looks at.
func mailsOf(messages []Message) []series.Mail {
	mails := make([]series.Mail, len(messages))
	for i := range messages {
		mails[i] = messages[i].Mail
	}
	return mails
}

// assemble puts mails together and says how each series goes.
func assemble(mails []series.Mail) Assembly {
	a := Assembly{Result: series.Assemble(mails), States: map[string]SeriesState{}}
	for key, st := range series.States(a.Result, mails) {
		a.States[key] = SeriesState{State: string(st.State), Reason: st.Reason, LastSign: st.LastSign}
	}
	return a
}
