package store

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/mailing"
	"github.com/upstreamd/upstreamd/internal/series"
)

// replies reads the answers to posted mails, by the message-id of the mail
// that they are about, in the order of its thread.
func (db *DB) replies(ctx context.Context, targets []string) (map[string][]Reply, error) {
	targets = slices.DeleteFunc(targets, func(id string) bool { return id == "" })
	if len(targets) == 0 {
		return nil, nil
	}
	rows, err := all[messageRow](ctx, db.read(ctx), func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("target IN (?)", bun.List(targets)).OrderExpr("sent, message_id")
	})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	trailers, err := db.trailers(ctx, rows)
	if err != nil {
		return nil, err
	}
	threads := map[string]*thread{}
	for _, r := range rows {
		mail, err := fromJSON[series.Mail]("facts of message "+r.MessageID, r.Facts)
		if err != nil {
			return nil, err
		}
		t := threads[r.Target]
		if t == nil {
			t = &thread{target: r.Target, byID: map[string]*answer{}}
			threads[r.Target] = t
		}
		t.add(&answer{above: append(slices.Clone(mail.References), mail.InReplyTo), Reply: Reply{
			MessageID: r.MessageID, Subject: r.Subject, FromName: r.FromName, From: r.FromAddress, Sent: moment(r.Sent),
			Action: mailing.Action(r.Action), Trailers: trailers[r.MessageID],
		}})
	}
	found := make(map[string][]Reply, len(threads))
	for target, t := range threads {
		found[target] = t.replies()
	}
	return found, nil
}

// trailers reads the trailers that replies give, by message-id.
func (db *DB) trailers(ctx context.Context, replies []messageRow) (map[string][]Trailer, error) {
	ids := make([]string, len(replies))
	for i, r := range replies {
		ids[i] = r.MessageID
	}
	rows, err := all[trailerRow](ctx, db.read(ctx), func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("reply IN (?)", bun.List(ids)).OrderExpr("reply, kind, name, address")
	})
	if err != nil {
		return nil, err
	}
	found := map[string][]Trailer{}
	for _, r := range rows {
		found[r.Reply] = append(found[r.Reply], Trailer{r.Kind, r.Name, r.Address})
	}
	return found, nil
}

// A thread is the answers to one posted mail.
type thread struct {
	target string // its message-id
	byID   map[string]*answer
	all    []*answer
}

// An answer is a reply with what it answers.
type answer struct {
	Reply
	above   []string // message-ids of the mails above it, the nearest last
	answers []*answer
	placed  bool
}

func (t *thread) add(a *answer) {
	t.byID[a.MessageID] = a
	t.all = append(t.all, a)
}

// replies lays the thread out: each answer below what it answers, in the order
// of time. Mails that answer each other in a circle are kept, at the top.
func (t *thread) replies() []Reply {
	var top []*answer
	for _, a := range t.all {
		up := t.parent(a)
		if up == nil {
			top = append(top, a)
		} else {
			up.answers = append(up.answers, a)
		}
	}
	var out []Reply
	var lay func(as []*answer, depth int)
	lay = func(as []*answer, depth int) {
		slices.SortStableFunc(as, func(a, b *answer) int {
			return cmp.Or(a.Sent.Compare(b.Sent), strings.Compare(a.MessageID, b.MessageID))
		})
		for _, a := range as {
			if a.placed {
				continue
			}
			a.placed = true
			a.Depth = depth
			out = append(out, a.Reply)
			lay(a.answers, depth+1)
		}
	}
	lay(top, 0)
	lay(t.all, 0) // what a circle has kept from the top
	return out
}

// parent is the nearest mail above a that is in the thread too.
func (t *thread) parent(a *answer) *answer {
	for _, id := range slices.Backward(a.above) {
		if id == t.target {
			return nil
		}
		if up := t.byID[id]; up != nil && up != a {
			return up
		}
	}
	return nil
}
