package pipeline

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/upstreamd/upstreamd/internal/mailing"
	"github.com/upstreamd/upstreamd/internal/series"
)

// readVersion is part of what mails were read with: raise it when they are read
// in another way, or [series.Ties] ties them in another way (and assembleVersion
// with it), and all are read again.
const readVersion = "3"

// readBatch is how many mails are read, parsed and stored in one step.
const readBatch = 500

// read makes a message of every raw mail that has none.
func (a *Assembler) read(ctx context.Context) (read, broken int, err error) {
	total, err := a.store.Unread(ctx)
	if err != nil {
		return 0, 0, err
	}
	for {
		mails, err := a.store.UnreadMails(ctx, readBatch)
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
		if err := a.store.PutMessages(ctx, messages); err != nil {
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
	told := []string{readVersion}
	for _, l := range a.set.Lists {
		told = append(told, l.Name, l.Address, l.ID)
	}
	print := fingerprint(told...)
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
func (a *Assembler) Reread(ctx context.Context) (int, error) {
	return a.store.Reread(ctx)
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
		Content: contentOf(m), Text: searchedText(m.Text), Archive: m.Archive, Gone: raw.Removed,
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
