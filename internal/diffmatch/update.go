package diffmatch

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/progress"
)

// maxTries is how often a repository that changes meanwhile is read.
const maxTries = 4

// update brings the index up to the repository's branches and tags. Damage
// that is found on the way makes it begin again, without the part in question.
func (x *Index) update(ctx context.Context, say progress.Func) error {
	err := x.updateOnce(ctx, say)
	if errors.Is(err, errFile) && x.dir != nil {
		x.bad.Store(nil)
		err = x.updateOnce(ctx, say)
	}
	return err
}

func (x *Index) updateOnce(ctx context.Context, say progress.Func) error {
	have, complete := newSnapshot(nil, nil, nil), false
	tips, err := currentTips(ctx, x.repo)
	if err != nil {
		return err
	}
	if x.dir != nil {
		have, complete = x.load()
		if complete && slices.Equal(tips.all, have.tips) && slices.Equal(tips.heads, have.heads) {
			x.now = have
			return nil
		}
		lock, err := x.dir.lock(ctx)
		if err != nil {
			return err
		}
		defer lock.Close()
		before := have.tips
		if have, complete = x.load(); !slices.Equal(before, have.tips) { // another process was faster
			if tips, err = currentTips(ctx, x.repo); err != nil {
				return err
			}
		}
	}
	next, err := x.follow(ctx, have, complete, tips, say)
	if err != nil {
		return err
	}
	if x.dir != nil {
		if err := x.dir.save(next, true); err != nil {
			return err
		}
		x.dir.clean(next)
	}
	x.now = next
	return x.err()
}

// follow reads what is new, and again where the repository changed meanwhile
// in a way that matters.
func (x *Index) follow(ctx context.Context, have *snapshot, complete bool, now tips, say progress.Func) (*snapshot, error) {
	for try := 1; ; try++ {
		next, lost, err := x.grow(ctx, have, complete, now, say)
		if err == nil && lost == 0 || ctx.Err() != nil || try == maxTries {
			return next, err
		}
		if err != nil && !errors.Is(err, git.ErrNotFound) && !errors.Is(err, git.ErrCorrupt) {
			return nil, err
		}
		later, terr := currentTips(ctx, x.repo)
		if terr != nil || slices.Equal(now.all, later.all) {
			return next, err // it is damaged, not changed
		}
		now = later
	}
}

// grow adds to a snapshot what tips reach, and drops what they do not.
func (x *Index) grow(ctx context.Context, have *snapshot, complete bool, now tips, say progress.Func) (s *snapshot, lost int, err error) {
	var known []string
	if complete {
		known = have.tips
	}
	hashes, err := x.missing(ctx, have, now.all, known)
	if err != nil {
		return nil, 0, err
	}
	x.added = len(hashes)
	write := x.memorySegment
	if x.dir != nil {
		write = x.writeSegment
	}
	segments := slices.Clone(have.segments)
	err = x.build(ctx, hashes, write, say, func(s *segment) error {
		segments = append(segments, s)
		for _, r := range s.rows {
			lost += flag(r.flags&wasLost != 0)
		}
		if x.dir == nil || len(s.rows) == len(hashes) {
			return nil
		}
		return x.dir.save(&snapshot{segments: segments}, false) // so that a run that is killed is not for nothing
	})
	if err != nil {
		return nil, 0, err
	}
	s = newSnapshot(segments, now.all, now.heads)
	s, err = tidy(s, 0, s.live, write)
	if err == nil {
		s.opened = len(s.segments)
	}
	return s, lost, err
}

// missing are the hashes of the commits that tips reach and a snapshot lacks,
// in order. It has all that known reach.
func (x *Index) missing(ctx context.Context, have *snapshot, tips, known []string) ([]string, error) {
	fresh := tips
	if len(known) > 0 {
		fresh = slices.DeleteFunc(slices.Clone(tips), func(h string) bool {
			_, ok := have.rowOf(h)
			return ok
		})
	}
	list, err := x.repo.RevList(ctx, hexAll(fresh), hexAll(known))
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(h string) bool {
		_, ok := have.rowOf(rawHash(h))
		return ok
	}), nil
}

// build reads commits and gives the segments that they make to done.
func (x *Index) build(ctx context.Context, hashes []string, write segmentWriter, say progress.Func, done func(*segment) error) error {
	if len(hashes) == 0 {
		return nil
	}
	b := newBuilder()
	flush := func() error {
		s, err := write(b.finish())
		b = newBuilder()
		if err != nil {
			return err
		}
		return done(s)
	}
	err := readCommits(ctx, x.repo, hashes, say, func(d *digest) error {
		if b.full(d.shape) {
			if err := flush(); err != nil {
				return err
			}
		}
		b.put(d)
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}

// A segmentWriter keeps a segment, which comes in parts, and opens it.
type segmentWriter func(parts [][]byte) (*segment, error)

// writeSegment is the segmentWriter of an index in a directory.
func (x *Index) writeSegment(parts [][]byte) (*segment, error) {
	h := xxhash.New()
	f := segmentFile{}
	for _, b := range parts {
		h.Write(b)
		f.size += int64(len(b))
	}
	f.sum = h.Sum64()
	if err := x.dir.write(f.name(), parts...); err != nil {
		return nil, err
	}
	return x.openFile(f)
}

// memorySegment is the segmentWriter of commits that are kept in memory.
func (x *Index) memorySegment(parts [][]byte) (*segment, error) {
	b := bytes.Join(parts, nil)
	return openSegment(bytes.NewReader(b), int64(len(b)), &source{cache: &x.cache, name: "segment in memory", bad: &x.bad})
}

// cover is the snapshot with all that some commits reach; what it lacks is
// added in memory.
func (x *Index) cover(ctx context.Context, hashes []string) (*snapshot, error) {
	lacking := func(s *snapshot) (fresh []string) {
		for _, h := range hashes {
			if _, ok := s.rowOf(h); !ok {
				fresh = append(fresh, h)
			}
		}
		return fresh
	}
	if now := x.snapshot(); len(lacking(now)) == 0 {
		return now, nil
	}
	x.growing.Lock()
	defer x.growing.Unlock()
	now := x.snapshot()
	fresh := lacking(now)
	if len(fresh) == 0 {
		return now, nil
	}
	list, err := x.missing(ctx, now, fresh, now.tips)
	if err != nil {
		return nil, err
	}
	segments := slices.Clone(now.segments)
	err = x.build(ctx, list, x.memorySegment, nil, func(s *segment) error {
		segments = append(segments, s)
		return nil
	})
	if err != nil {
		return nil, err
	}
	next := newSnapshot(segments, now.tips, now.heads)
	every := newBitset(next.size)
	for n := range uint32(next.size) {
		every.set(n)
	}
	if next, err = tidy(next, now.opened, every, x.memorySegment); err != nil {
		return nil, err
	}
	next.opened, next.manifestSize = now.opened, now.manifestSize
	x.mu.Lock()
	defer x.mu.Unlock()
	x.now = next
	return next, nil
}

// tips are the raw hashes to which branches, tags and HEAD point, and those of
// branches and HEAD alone; sorted, each once.
type tips struct{ all, heads []string }

func currentTips(ctx context.Context, repo *git.Repo) (tips, error) {
	list, err := repo.Tips(ctx)
	if err != nil {
		return tips{}, err
	}
	all, heads := map[string]bool{}, map[string]bool{}
	for _, t := range list {
		h := rawHash(t.Hash)
		all[h] = true
		if strings.HasPrefix(t.Ref, "refs/heads/") {
			heads[h] = true
		}
	}
	head, err := repo.Resolve(ctx, "HEAD")
	switch {
	case err == nil:
		all[rawHash(head)], heads[rawHash(head)] = true, true
	case !errors.Is(err, git.ErrNotFound):
		return tips{}, err
	}
	return tips{slices.Sorted(maps.Keys(all)), slices.Sorted(maps.Keys(heads))}, nil
}
