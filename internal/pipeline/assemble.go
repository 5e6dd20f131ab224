package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/series"
)

// assembleVersion is what mails were put together with: raise it when they are
// put together in another way, and all are anew.
const assembleVersion = "2"

// assembleBatch is how many loose mails are put together in one step, besides
// all that are tied to them.
const assembleBatch = 2000

// A mailQueue has the raw mails that wait to be read.
type mailQueue interface {
	// UnreadMails are raw mails that wait, in order of their ids.
	UnreadMails(ctx context.Context, limit int) ([]RawMail, error)
	// Unread is how many wait.
	Unread(ctx context.Context) (int, error)
	// Reread queues all mails to be read again and returns how many wait then.
	Reread(ctx context.Context) (int, error)
	// PutMessages stores what was read; new and different messages are loose.
	PutMessages(ctx context.Context, messages []Message) error
}

// A looseStore has the messages that wait to be put together.
type looseStore interface {
	// Loose are raw ids of messages that wait, at most limit, with the parts of
	// the series that they are part of so far; and how many wait. Nobody else
	// reads or puts together mails until the transaction ends.
	Loose(ctx context.Context, limit int) (ids []int64, all int, err error)
	// Loosen has the messages with these message-ids put together anew; without
	// any: all messages.
	Loosen(ctx context.Context, messageIDs ...string) error
	// Tied are the raw ids of all messages that have one of the ties.
	Tied(ctx context.Context, ties []int64) ([]int64, error)
	// MessagesOf are the messages of raw mails, in an order of their own.
	MessagesOf(ctx context.Context, raws []int64) ([]Message, error)
}

// An assemblyStore keeps what mails come to.
type assemblyStore interface {
	// PutAssembly makes what is stored of the messages of a, their postings and
	// series, equal to it, and returns how many rows differed. The messages are
	// not loose any more.
	PutAssembly(ctx context.Context, a Assembly) (changed int, err error)
	Decisions(ctx context.Context) ([]change.Decision, error)
}

// A messageStore is what [Assembler] needs of the store.
type messageStore interface {
	txer
	cursorStore
	mailQueue
	looseStore
	assemblyStore
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

// run reads the mails that were not read yet, and puts together anew what they
// may belong to: all mails that are tied to them, directly or by others. As
// [series.Assemble] gives the same for these alone as for all mails, the order
// in which mails came cannot matter.
func (a *Assembler) run(ctx context.Context) (Report, error) {
	var rep Report
	if err := a.relist(ctx); err != nil {
		return rep, err
	}
	read, broken, err := a.read(ctx)
	if err != nil {
		return rep, err
	}
	hands, err := a.hands(ctx)
	if err != nil {
		return rep, err
	}
	postings, all, err := a.assemble(ctx, hands)
	if read > 0 || postings > 0 {
		rep.Done = fmt.Sprintf("%d mails read; %d postings in %d series put together", read, postings, all)
	}
	if broken > 0 {
		rep.Done += fmt.Sprintf("; %d quarantined", broken)
	}
	return rep, err
}

// hands are what people said of which postings are one series, and which are
// not. Where that has changed, the mails that were ever spoken of are put
// together anew; with another version of the rules, all are.
func (a *Assembler) hands(ctx context.Context) (h hands, err error) {
	decisions, err := a.store.Decisions(ctx)
	if err != nil {
		return h, err
	}
	h = newHands(decisions)
	version, said := fingerprint(assembleVersion), h.print()
	was, err := a.store.Cursor(ctx, "assemble", "hands")
	if err != nil || was == version+said {
		return h, err
	}
	return h, a.store.InTx(ctx, func(ctx context.Context) error {
		var about []string // none: all mails
		if strings.HasPrefix(was, version) {
			about = h.about()
		}
		if err := a.store.Loosen(ctx, about...); err != nil {
			return err
		}
		return a.store.SetCursor(ctx, "assemble", "hands", version+said)
	})
}

// assemble puts the loose mails together, a part at a time, and returns how
// many postings and series that came to.
func (a *Assembler) assemble(ctx context.Context, h hands) (postings, all int, err error) {
	for done := 0; ; {
		loose := 0
		err := a.store.InTx(ctx, func(ctx context.Context) error {
			ids, left, err := a.store.Loose(ctx, assembleBatch)
			if err != nil || len(ids) == 0 {
				return err
			}
			messages, err := a.tied(ctx, ids, h)
			if err != nil {
				return err
			}
			assembly := assemble(messages, h.of(messages))
			if _, err := a.store.PutAssembly(ctx, assembly); err != nil {
				return err
			}
			postings, all, loose = postings+len(assembly.Postings), all+len(assembly.Series), left
			done += len(messages)
			a.set.Progress.Report("put mails together", done, max(done, done+left-len(ids)))
			return nil
		})
		if err != nil || loose == 0 {
			return postings, all, err
		}
	}
}

// tied are the messages with these raw ids and all that are tied to them,
// directly or by others.
func (a *Assembler) tied(ctx context.Context, raws []int64, h hands) ([]Message, error) {
	var all []Message
	have, pulled := map[int64]bool{}, map[int64]bool{}
	for len(raws) > 0 {
		messages, err := a.store.MessagesOf(ctx, raws)
		if err != nil {
			return nil, err
		}
		var ties []int64
		for i := range messages {
			m := &messages[i]
			have[m.Raw] = true
			if m.Broken || m.Gone {
				continue
			}
			for _, t := range slices.Concat(series.Ties(&m.Mail), h.ties(&m.Mail)) {
				if !pulled[t] {
					pulled[t] = true
					ties = append(ties, t)
				}
			}
		}
		all = append(all, messages...)
		near, err := a.store.Tied(ctx, ties)
		if err != nil {
			return nil, err
		}
		raws = slices.DeleteFunc(near, func(id int64) bool { return have[id] })
	}
	return all, nil
}

// assemble puts messages together.
func assemble(messages []Message, hands []series.Hand) Assembly {
	var a Assembly
	mails := make([]series.Mail, 0, len(messages))
	for i := range messages {
		a.Raws = append(a.Raws, messages[i].Raw)
		if !messages[i].Broken && !messages[i].Gone {
			mails = append(mails, messages[i].Mail)
		}
	}
	a.Result = series.Assemble(mails, hands...)
	a.Reviews = series.Reviews(a.Result, mails)
	a.Stated = stated(a, mails)
	return a
}

// stated is what the postings of a say of themselves, by key.
func stated(a Assembly, mails []series.Mail) map[string]Stated {
	byID := make(map[string]*series.Mail, len(mails))
	for i := range mails {
		byID[mails[i].MessageID] = &mails[i]
	}
	all := make(map[string]Stated, len(a.Postings))
	for _, p := range a.Postings {
		st := Stated{LastSign: p.Date}
		st.Base, st.Needs = series.NeedsOf(p, func(id string) *series.Mail { return byID[id] })
		for _, id := range p.MailIDs() {
			m := byID[id]
			if m == nil {
				continue
			}
			st.ChangeID = cmp.Or(st.ChangeID, m.ChangeID)
			st.LastSign = later(st.LastSign, m.Date)
		}
		for _, sign := range a.Reviews[p.Key].Signs {
			st.LastSign = later(st.LastSign, sign.At)
		}
		all[p.Key] = st
	}
	return all
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
