package pipeline

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/upstreamd/upstreamd/internal/mailing/publicinbox"
)

// A rawStore is what [Collector] needs of the store.
type rawStore interface {
	txer
	cursorStore
	// PutRawMails stores mails that are not known yet and how each came; both
	// can be repeated. It returns how many mails are new.
	PutRawMails(ctx context.Context, mails []RawMail) (added int, err error)
}

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
	loader := NewLoader(c.store, c.set.Progress)
	for _, path := range l.Files {
		loaded, err := loader.Load(ctx, l.Name, path)
		added += loaded.Added
		switch {
		case errors.Is(err, ErrNoFile):
			err = fmt.Errorf("%w: correct files of the list, or bring it there", err)
		case errors.Is(err, publicinbox.ErrNoInbox):
			err = fmt.Errorf("%w: a list's files are mbox files, maildirs or public-inbox archives", err)
		}
		if err != nil {
			problems = append(problems, err)
		}
		if ctx.Err() != nil {
			return added, ctx.Err()
		}
	}
	return added, errors.Join(problems...)
}
