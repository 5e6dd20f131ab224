package layer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/patch"
	"github.com/upstreamd/upstreamd/internal/progress"
)

// maxArchive bounds the changes of patch files that an [Archive] remembers.
// Twenty years of openembedded-core have some 60,000.
const maxArchive = 1 << 20

// An Archive knows every version of every patch file (*.patch, *.diff) that
// the history of some revisions ever had. It is kept in a file and brought up
// to date by what was added to the history and what was taken from it; the file
// is a cache.
//
// Of each version it keeps a sketch: hashes of its lines, of which the smallest
// stand for all (Broder: "On the resemblance and containment of documents",
// 1997). They find what may be alike; that is then read and compared.
type Archive struct {
	repo    *git.Repo
	tips    []string // hashes, sorted
	events  []event  // oldest commit first
	sketch  map[string]sketch
	changed bool // not as in the file
}

// An event is what one commit did to one patch file.
type event struct {
	commit, path, old, new string // old and new are blobs, "" where there is none
	when                   int64  // of the commit, in Unix seconds
}

// A Version is one patch file of an archive that is like a given patch, in all
// versions at this path that are.
type Version struct {
	Path       string
	Blob       string  // of the version that is most like it, of equal ones the newest
	Match      string  // "identical", "patch-id", "changes" or "near"
	Similarity float64 // 0..1; 1 for the first three
	Came       []Moment
	Went       []Moment // fewer than Came while a revision has it
}

// A Moment is a commit and its time.
type Moment struct {
	Commit string
	Time   time.Time
}

// OpenArchive loads what a file knows of a repository's patch files and makes
// it that of these revisions. With file "" nothing is kept.
func OpenArchive(ctx context.Context, repo *git.Repo, file string, revs []string, report progress.Func) (*Archive, error) {
	a := &Archive{repo: repo}
	for _, rev := range revs {
		hash, err := repo.Resolve(ctx, rev)
		if err != nil {
			return nil, err
		}
		a.tips = append(a.tips, hash)
	}
	slices.Sort(a.tips)
	a.tips = slices.Compact(a.tips)
	was := &Archive{}
	if file != "" {
		if known, err := readArchive(file); err == nil {
			was = known
		}
	}
	if err := a.follow(ctx, was); err != nil {
		return nil, err
	}
	if err := a.read(ctx, report); err != nil {
		return nil, err
	}
	if file == "" || !a.changed {
		return a, nil
	}
	return a, a.write(file)
}

// Len is the number of versions.
func (a *Archive) Len() int { return len(a.sketch) }

// follow makes the events those of the archive's tips.
func (a *Archive) follow(ctx context.Context, was *Archive) error {
	a.sketch = was.sketch
	if slices.Equal(was.tips, a.tips) {
		a.events = was.events
		return nil
	}
	a.changed = true
	gone := map[string]bool{}
	if err := a.left(ctx, was.tips, gone); err != nil {
		if ctx.Err() != nil {
			return err
		}
		was = &Archive{} // the old tips are not even in the repository any more
	}
	a.events = slices.DeleteFunc(slices.Clone(was.events), func(e event) bool { return gone[e.commit] })
	if len(a.tips) == 0 {
		return nil
	}
	q := git.LogQuery{Revs: a.tips, Not: was.tips, Reverse: true}
	err := a.repo.FileChanges(ctx, q, func(c git.FileChange) error {
		path := plainPath(c.Path)
		switch {
		case !strings.HasSuffix(path, ".patch") && !strings.HasSuffix(path, ".diff"):
			return nil
		case len(a.events) == maxArchive:
			return fmt.Errorf("more than %d changes of patch files", maxArchive)
		}
		a.events = append(a.events, event{c.Commit, path, c.Old, c.New, c.Time.Unix()})
		return nil
	})
	slices.SortStableFunc(a.events, func(x, y event) int { return cmp.Compare(x.when, y.when) })
	return err
}

// left gathers the commits that can be reached from old tips only.
func (a *Archive) left(ctx context.Context, tips []string, gone map[string]bool) error {
	tips = slices.DeleteFunc(slices.Clone(tips), func(t string) bool { return slices.Contains(a.tips, t) })
	for _, t := range tips {
		if _, err := a.repo.Resolve(ctx, t); err != nil {
			return err
		}
	}
	if len(tips) == 0 {
		return nil
	}
	return a.repo.Log(ctx, git.LogQuery{Revs: tips, Not: a.tips, Merges: true}, func(c *git.Commit) error {
		gone[c.Hash] = true
		return nil
	})
}

// plainPath undoes git's quoting.
func plainPath(p string) string {
	if strings.HasPrefix(p, `"`) {
		if plain, err := strconv.Unquote(p); err == nil {
			return plain
		}
	}
	return p
}

// read makes the sketches of versions that have none yet, and forgets those
// that no event has.
func (a *Archive) read(ctx context.Context, report progress.Func) error {
	known := a.sketch
	a.sketch = make(map[string]sketch, len(known))
	var fresh []string
	for _, e := range a.events {
		for _, blob := range [...]string{e.new, e.old} {
			if _, ok := a.sketch[blob]; ok || blob == "" {
				continue
			}
			s, ok := known[blob]
			a.sketch[blob] = s
			if !ok {
				fresh = append(fresh, blob)
			}
		}
	}
	a.changed = a.changed || len(a.sketch) != len(known)
	if len(fresh) == 0 {
		return nil
	}
	batch, err := a.repo.Batch(ctx)
	if err != nil {
		return err
	}
	defer batch.Close()
	made := make([]sketch, len(fresh))
	errs := make([]error, len(fresh))
	parallel(ctx, len(fresh), func(i int) {
		b, err := batch.Blob(fresh[i])
		if err != nil { // of a damaged repository, or too big: nothing but its name is known
			if !errors.Is(err, git.ErrNotFound) && !errors.Is(err, git.ErrTooBig) {
				errs[i] = err
			}
			return
		}
		if p, err := patch.Parse(b); err == nil {
			made[i] = sketchOf(linesOf(p))
		}
		report.Report("read patches of the past", i+1, len(fresh))
	})
	for i, blob := range fresh {
		a.sketch[blob] = made[i]
	}
	return errors.Join(append(errs, ctx.Err())...)
}
