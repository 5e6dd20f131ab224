package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/upstreamd/upstreamd/internal/mailing"
)

// A rawStore is what [Collector] needs of the store.
type rawStore interface {
	txer
	cursorStore
	// PutRawMails stores mails that are not known yet and how each came; both
	// can be repeated. It returns how many mails are new.
	PutRawMails(ctx context.Context, mails []RawMail) (added int, err error)
}

// mailBatch is how many mails of a file are stored in one transaction, and
// mailBytes how many bytes, about.
const (
	mailBatch = 500
	mailBytes = 32 << 20
)

// A Collector is the stage that stores mails as they come, before anything
// reads them.
type Collector struct {
	store   rawStore
	sources sourceLog
	dial    Dial
	set     Settings
}

// NewCollector returns the collect stage.
func NewCollector(store rawStore, sources sourceLog, dial Dial, set Settings) *Collector {
	return &Collector{store: store, sources: sources, dial: dial, set: set}
}

// Stage is the collect stage: one input for each list with files and for each
// account.
func (c *Collector) Stage() Stage {
	st := Stage{Name: "collect", Every: 2 * time.Minute, Run: c.run}
	for _, l := range c.set.Lists {
		if len(l.Files) > 0 {
			st.Inputs = append(st.Inputs, input(ListSource, l.Name))
		}
	}
	for _, a := range c.set.Accounts {
		st.Inputs = append(st.Inputs, a.Input())
	}
	return st
}

// run reads what is new in files and mailboxes. One that cannot be read is
// marked, and the others go on.
func (c *Collector) run(ctx context.Context, only string) (Report, error) {
	var rep Report
	added := 0
	for _, l := range c.set.Lists {
		if len(l.Files) == 0 || only != "" && only != input(ListSource, l.Name) {
			continue
		}
		n, err := c.files(ctx, l)
		added += n
		if err := c.mark(ctx, &rep, ListSource, l.Name, err); err != nil {
			return rep, err
		}
	}
	for _, a := range c.set.Accounts {
		if only != "" && only != a.Input() {
			continue
		}
		n, err := c.account(ctx, a)
		added += n
		if err := c.mark(ctx, &rep, AccountSource, a.Name, err); err != nil {
			return rep, err
		}
	}
	if added > 0 {
		rep.Done = fmt.Sprintf("%d mails", added)
	}
	return rep, nil
}

// mark records how a source went. It returns the errors that stop the stage:
// the store's, and that we are told to stop.
func (c *Collector) mark(ctx context.Context, rep *Report, kind SourceKind, name string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	problem := ""
	if err != nil {
		problem = strings.ReplaceAll(strings.ReplaceAll(err.Error(), input(kind, name)+": ", ""), "\n", "; ")
		rep.Problems = append(rep.Problems, input(kind, name)+": "+problem)
	}
	return c.set.mark(ctx, c.sources, "collect", Source{Kind: kind, Name: name}, problem)
}

// files reads the files of one list; each is its own mailbox.
func (c *Collector) files(ctx context.Context, l List) (added int, err error) {
	var problems []error
	for _, path := range l.Files {
		n, err := c.file(ctx, l.Name, path)
		added += n
		if err != nil {
			problems = append(problems, err)
		}
		if ctx.Err() != nil {
			return added, ctx.Err()
		}
	}
	return added, errors.Join(problems...)
}

// file reads one file or maildir if it has changed since it was last read.
func (c *Collector) file(ctx context.Context, list, path string) (added int, err error) {
	state, err := fileState(path)
	if err != nil {
		return 0, err
	}
	input := list + "\x1f" + path
	if seen, err := c.store.Cursor(ctx, "collect", input); err != nil || seen == state {
		return 0, err
	}
	var batch []RawMail
	ordinal, size := uint32(0), 0
	flush := func() error {
		n, err := c.store.PutRawMails(ctx, batch)
		added, batch, size = added+n, nil, 0
		return err
	}
	err = mailing.Read(path, func(raw []byte, _ string) error {
		ordinal++
		c.set.Progress.Report("collect "+filepath.Base(path), int(ordinal), 0)
		m := RawMail{Bytes: raw, Source: list, Mailbox: path, UID: ordinal}
		if len(raw) > mailing.MaxRaw {
			m.Oversize = true
		}
		batch, size = append(batch, m), size+len(raw)
		if len(batch) < mailBatch && size < mailBytes {
			return ctx.Err()
		}
		return flush()
	})
	if e := flush(); err == nil {
		err = e
	}
	if err != nil {
		return added, fmt.Errorf("%w; %d mails were read before that", err, ordinal)
	}
	return added, c.store.SetCursor(ctx, "collect", input, state)
}

// fileState changes when a file, or a directory's list of files, changes.
func fileState(path string) (string, error) {
	top, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "", fmt.Errorf("%s: there is no such file or directory: correct files of the list, or bring it there", path)
	case err != nil:
		return "", err
	case !top.IsDir() && !top.Mode().IsRegular():
		return "", fmt.Errorf("%s: neither a file nor a directory", path)
	}
	n, size := 0, int64(0)
	var newest time.Time
	err = filepath.WalkDir(path, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if errors.Is(err, os.ErrNotExist) {
			return nil
		} else if err != nil {
			return err
		}
		n, size = n+1, size+info.Size()
		if info.ModTime().After(newest) {
			newest = info.ModTime()
		}
		return nil
	})
	return fmt.Sprintf("%d files, %d bytes, %d", n, size, newest.UnixNano()), err
}
