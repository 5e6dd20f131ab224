package git

import (
	"context"
	"strings"
	"sync"
)

// pastLimit is how many bytes of diffs a [Repo] remembers for [Repo.LogPaths].
const pastLimit = 32 << 20

// A pastKey is a commit and the paths to which its diff is limited.
type pastKey struct{ commit, paths string }

// A pastCache remembers diffs of commits, which never change.
type pastCache struct {
	mu    sync.Mutex
	diffs map[pastKey][]byte
	size  int
}

// find returns the diffs that are remembered, by commit.
func (p *pastCache) find(commits []*Commit, paths string) map[string][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	found := map[string][]byte{}
	for _, c := range commits {
		if diff, ok := p.diffs[pastKey{c.Hash, paths}]; ok {
			found[c.Hash] = diff
		}
	}
	return found
}

// put remembers a diff. Where there is no room others are forgotten, whichever
// they are.
func (p *pastCache) put(commit, paths string, diff []byte) {
	if len(diff) > pastLimit/8 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.diffs == nil {
		p.diffs = map[pastKey][]byte{}
	}
	key := pastKey{commit, paths}
	p.size += len(diff) - len(p.diffs[key])
	p.diffs[key] = diff
	for k, d := range p.diffs {
		if p.size <= pastLimit {
			break
		}
		p.size -= len(d)
		delete(p.diffs, k)
	}
}

// LogPaths is like [Repo.Log] for a query with Paths and Diff, and remembers
// the diffs: git makes those of a commit once for all queries about the same
// paths, whatever their revisions. Of a commit only Hash, Subject, Diff and
// DiffTruncated are set.
func (r *Repo) LogPaths(ctx context.Context, q LogQuery, f func(*Commit) error) error {
	l := pastLog{f: f}
	walk := q
	walk.Diff = false
	err := r.Log(ctx, walk, func(c *Commit) error {
		l.commits = append(l.commits, &Commit{Hash: c.Hash, Subject: c.Subject})
		return nil
	})
	if err != nil {
		return err
	}
	paths := strings.Join(q.Paths, "\n")
	l.known = r.past.find(l.commits, paths)
	rest := LogQuery{Only: true, Diff: true, Paths: q.Paths, Merges: q.Merges}
	for _, c := range l.commits {
		if _, ok := l.known[c.Hash]; !ok {
			rest.Revs = append(rest.Revs, c.Hash)
		}
	}
	if len(rest.Revs) > 0 {
		err = r.Log(ctx, rest, func(c *Commit) error {
			if len(c.Diff) > 0 && !c.DiffTruncated { // where a shallow clone ends there is none yet
				r.past.put(c.Hash, paths, c.Diff)
			}
			if err := l.advance(c.Hash); err != nil {
				return err
			}
			return f(&Commit{Hash: c.Hash, Subject: c.Subject, Diff: c.Diff, DiffTruncated: c.DiffTruncated})
		})
	}
	if err != nil {
		return err
	}
	return l.advance("")
}

// A pastLog puts commits whose diffs are known between those that are read.
type pastLog struct {
	commits []*Commit         // still to come
	known   map[string][]byte // their diffs, by hash
	f       func(*Commit) error
}

// advance hands out what is known of the commits before the one that was just
// read, and passes that one; "" is for all that are left.
func (l *pastLog) advance(read string) error {
	for len(l.commits) > 0 {
		c := l.commits[0]
		l.commits = l.commits[1:]
		if c.Hash == read {
			return nil
		}
		diff, ok := l.known[c.Hash]
		if !ok {
			continue
		}
		c.Diff = diff
		if err := l.f(c); err != nil {
			return err
		}
	}
	return nil
}
