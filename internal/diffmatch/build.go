package diffmatch

import (
	"context"
	"encoding/hex"
	"runtime"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/progress"
)

// maxInFlight bounds the bytes of diffs that are read from git and not yet reduced.
const maxInFlight = 64 << 20

// add reads the commits that are reachable from some tips and not from
// others (raw hashes), oldest first, and appends them to the tables. While
// git writes, other goroutines reduce what it wrote; they hand it over in order.
func (x *Index) add(ctx context.Context, from, not []string, say progress.Func) error {
	if len(from) == 0 {
		return nil
	}
	type slot struct {
		digest chan *digest
		bytes  int64
	}
	queue := make(chan slot, 256)
	room := semaphore.NewWeighted(maxInFlight)
	g, ctx := errgroup.WithContext(ctx)
	work := make(chan func(), 16)
	for range runtime.GOMAXPROCS(0) {
		g.Go(func() error {
			for f := range work {
				f()
			}
			return nil
		})
	}
	g.Go(func() error {
		defer close(queue)
		defer close(work)
		q := git.LogQuery{Revs: hexAll(from), Not: hexAll(not), Diff: true, Merges: true, Reverse: true}
		return x.repo.Log(ctx, q, func(c *git.Commit) error {
			s := slot{make(chan *digest, 1), min(int64(len(c.Diff)), maxInFlight)}
			if err := room.Acquire(ctx, s.bytes); err != nil {
				return err
			}
			for _, send := range []func() bool{
				func() bool { return offer(ctx, queue, s) },
				func() bool { return offer(ctx, work, func() { s.digest <- newDigest(c) }) },
			} {
				if !send() {
					return ctx.Err()
				}
			}
			return nil
		})
	})
	g.Go(func() error {
		n := 0
		for s := range queue {
			select {
			case d := <-s.digest:
				x.put(d)
			case <-ctx.Done():
				return ctx.Err()
			}
			room.Release(s.bytes)
			if n++; n%100 == 0 {
				say.Report("index commits", n, 0)
			}
		}
		say.Report("index commits", n, n)
		return nil
	})
	return g.Wait()
}

// offer sends v unless ctx ends first.
func offer[T any](ctx context.Context, c chan<- T, v T) bool {
	select {
	case c <- v:
		return true
	case <-ctx.Done():
		return false
	}
}

func hexAll(raw []string) []string {
	list := make([]string, len(raw))
	for i, h := range raw {
		list[i] = hex.EncodeToString([]byte(h))
	}
	return list
}
