package diffmatch

import (
	"context"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/progress"
)

// chunkCommits is how many commits that follow each other one git process
// reads at a time: few, so that processes end together; not one by one, as
// neighbours share objects.
const chunkCommits = 16

// A chunk is some commits that are read by one process.
type chunk struct {
	hashes []string
	done   chan []*digest
}

// readCommits reads commits by several git processes, and hands their digests
// to put in the order of the list, whatever process is faster.
func readCommits(ctx context.Context, repo *git.Repo, hashes []string, say progress.Func, put func(*digest) error) error {
	workers := min(runtime.GOMAXPROCS(0), 8, (len(hashes)+chunkCommits-1)/chunkCommits)
	g, ctx := errgroup.WithContext(ctx)
	work := make(chan chunk)
	// What is read and not yet put is bounded: by the chunks in this queue.
	queue := make(chan chunk, 3*workers)
	g.Go(func() error {
		defer close(queue)
		defer close(work)
		for rest := hashes; len(rest) > 0; {
			n := min(chunkCommits, len(rest))
			c := chunk{rest[:n], make(chan []*digest, 1)}
			rest = rest[n:]
			if !offer(ctx, queue, c) || !offer(ctx, work, c) {
				return ctx.Err()
			}
		}
		return nil
	})
	for range workers {
		g.Go(func() error { return readChunks(ctx, repo, work) })
	}
	g.Go(func() error {
		n := 0
		for c := range queue {
			select {
			case list := <-c.done:
				for _, d := range list {
					if err := put(d); err != nil {
						return err
					}
				}
			case <-ctx.Done():
				return ctx.Err()
			}
			n += len(c.hashes)
			say.Report("index commits", n, len(hashes))
		}
		return nil
	})
	return g.Wait()
}

// readChunks reads chunks with one git process until there are no more.
func readChunks(ctx context.Context, repo *git.Repo, work <-chan chunk) error {
	in := repo.CommitReader(maxDiff + 1)
	defer in.Close()
	var scan scanner
	for c := range work {
		list := make([]*digest, 0, len(c.hashes))
		err := in.Read(ctx, c.hashes, func(commit *git.Commit) error {
			list = append(list, newDigest(commit, &scan))
			return nil
		})
		if err != nil {
			return err
		}
		c.done <- list
	}
	return nil
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
