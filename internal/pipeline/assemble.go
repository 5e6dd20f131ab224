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

// parseBatch is how many mails are read, parsed and stored in one step.
const parseBatch = 500

// A messageStore is what [Assembler] needs of the store.
type messageStore interface {
	txer
	cursorStore
	mailReader
	// UnreadMails are raw mails without a message, in order of their ids.
	UnreadMails(ctx context.Context, limit int) ([]RawMail, error)
	PutMessages(ctx context.Context, messages []Message) error
	// Messages are all that are not quarantined, in an order of their own.
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
	if err := a.relist(ctx, messages); err != nil {
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
	assembly := assemble(messages)
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
		a.set.Progress.Report("assemble", read, 0)
	}
}

// relist finds anew over which list each message came, when other lists are
// configured than when it was read. The messages given are brought up to date.
func (a *Assembler) relist(ctx context.Context, messages []Message) error {
	lists, err := json.Marshal(a.set.Lists)
	if err != nil {
		return err
	}
	print := fingerprint(string(lists))
	was, err := a.store.Cursor(ctx, "assemble", "lists")
	if err != nil || was == print {
		return err
	}
	for start := 0; start < len(messages) && was != ""; start += parseBatch {
		var moved []Message
		for i := start; i < min(start+parseBatch, len(messages)); i++ {
			b, err := a.store.RawMail(ctx, messages[i].Raw)
			if err != nil {
				return err
			}
			list := a.list(mailing.Parse(b))
			if list == "" && slices.ContainsFunc(a.set.Lists, func(l List) bool { return l.Name == messages[i].List }) {
				continue // it was in a file of that list
			}
			if list != messages[i].List {
				messages[i].List, messages[i].Mail.List = list, list
				moved = append(moved, messages[i])
			}
		}
		if err := a.store.PutMessages(ctx, moved); err != nil {
			return err
		}
	}
	return a.store.SetCursor(ctx, "assemble", "lists", print)
}

// parse makes a message of one raw mail. A mail of which nothing can be read
// is quarantined, with the reason; so is one that the parser cannot bear, which
// must not stop the others.
func (a *Assembler) parse(raw RawMail) (msg Message) {
	defer func() {
		if bug := recover(); bug != nil {
			msg = Message{Raw: raw.ID, Broken: true, Reason: fmt.Sprintf("the parser fails on it, which is a bug: %v", bug)}
		}
	}()
	m := mailing.Parse(raw.Bytes)
	msg = Message{Raw: raw.ID, List: a.list(m), Reason: strings.Join(m.Problems, "; "), Mail: series.NewMail(m), Sent: m.Date}
	if msg.List == "" {
		msg.List = a.fileList(raw)
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

// fileList is the list whose file a mail was read from, or "".
func (a *Assembler) fileList(raw RawMail) string {
	for _, l := range a.set.Lists {
		if l.Name == raw.Source && slices.Contains(l.Files, raw.Mailbox) {
			return l.Name
		}
	}
	return ""
}

// assemble puts messages together and says how each series goes.
func assemble(messages []Message) Assembly {
	mails := make([]series.Mail, len(messages))
	for i, m := range messages {
		mails[i] = m.Mail
	}
	a := Assembly{Result: series.Assemble(mails), States: map[string]SeriesState{}}
	for key, st := range series.States(a.Result, mails) {
		a.States[key] = SeriesState{State: string(st.State), Reason: st.Reason, LastSign: st.LastSign}
	}
	return a
}
