package layer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/progress"
)

// maxArchive bounds the changes of files that an [Archive] remembers. Twenty
// years of openembedded-core have some 200,000.
const maxArchive = 1 << 21

// An Archive knows every version of every patch file, recipe, append, class
// and include file that the history of some revisions ever had. It is kept in
// a file and brought up to date by what was added to the history and what was
// taken from it; the file is a cache.
//
// Of each patch file's version it keeps a sketch: hashes of its lines, of which
// the smallest stand for all (Broder: "On the resemblance and containment of
// documents", 1997). They find what may be alike; that is then read and
// compared.
type Archive struct {
	repo    *git.Repo
	tips    []string // hashes, sorted
	events  []event  // oldest commit first
	sketch  map[string]sketch
	changed bool               // not as in the file
	commits map[string]*commit // by hash; nil until [Archive.moment]
}

// An event is what one commit did to one file.
type event struct {
	at             *commit
	path, old, new string // old and new are blobs, "" where there is none
}

// A commit is one that changed a file of an archive.
type commit struct {
	hash       string
	when       int64 // that it was committed, in Unix seconds
	author     git.Person
	authorTime int64
}

// moment is when a commit came into the history.
func (c *commit) moment() Moment { return Moment{c.hash, time.Unix(c.when, 0).UTC()} }

// archivesPath says whether an archive follows a file. It looks into patch
// files alone.
func archivesPath(name string) bool { return patchName(name) || recipeName(name) }

// recipeName says whether a file is a recipe or a part of some.
func recipeName(name string) bool {
	switch path.Ext(name) {
	case ".bb", ".bbappend", ".inc", ".bbclass":
		return true
	}
	return false
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

// moment is when a commit that changed a file came into the history, or nil.
func (a *Archive) moment(hash string) *Moment {
	if a.commits == nil {
		a.commits = map[string]*commit{}
		for _, e := range a.events {
			a.commits[e.at.hash] = e.at
		}
	}
	c := a.commits[hash]
	if c == nil {
		return nil
	}
	m := c.moment()
	return &m
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
	a.events = slices.DeleteFunc(slices.Clone(was.events), func(e event) bool { return gone[e.at.hash] })
	if len(a.tips) == 0 {
		return nil
	}
	if err := a.gather(ctx, was.tips); err != nil {
		return err
	}
	slices.SortStableFunc(a.events, func(x, y event) int { return cmp.Compare(x.at.when, y.at.when) })
	return nil
}

// gather adds what happened since the old tips.
func (a *Archive) gather(ctx context.Context, old []string) error {
	texts := map[string]string{} // the same path or blob once, however often it is named
	same := func(text string) string {
		if known, ok := texts[text]; ok {
			return known
		}
		text = strings.Clone(text)
		texts[text] = text
		return text
	}
	at := &commit{}
	q := git.LogQuery{Revs: a.tips, Not: old, Reverse: true}
	return a.repo.FileChanges(ctx, q, func(c git.FileChange) error {
		name := plainPath(c.Path)
		switch {
		case !archivesPath(name):
			return nil
		case len(a.events) == maxArchive:
			return fmt.Errorf("more than %d changes of recipes and patch files", maxArchive)
		}
		if at.hash != c.Commit {
			author := git.Person{Name: same(c.Author.Name), Email: same(c.Author.Email)}
			at = &commit{c.Commit, c.Time.Unix(), author, c.AuthorTime.Unix()}
		}
		a.events = append(a.events, event{at, same(name), same(c.Old), same(c.New)})
		return nil
	})
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
			if _, ok := a.sketch[blob]; ok || blob == "" || !patchName(e.path) {
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
	made, err := sketchBlobs(ctx, a.repo, fresh, report)
	maps.Copy(a.sketch, made)
	return err
}

// sketchBlobs makes sketches of patch files.
func sketchBlobs(ctx context.Context, repo *git.Repo, blobs []string, report progress.Func) (map[string]sketch, error) {
	out := make(map[string]sketch, len(blobs))
	if len(blobs) == 0 {
		return out, nil
	}
	batch, err := repo.Batch(ctx)
	if err != nil {
		return nil, err
	}
	defer batch.Close()
	made := make([]sketch, len(blobs))
	errs := make([]error, len(blobs))
	parallel(ctx, len(blobs), func(i int) {
		b, err := batch.Blob(blobs[i])
		if err != nil { // of a damaged repository, or too big: nothing but its name is known
			if !errors.Is(err, git.ErrNotFound) && !errors.Is(err, git.ErrTooBig) {
				errs[i] = err
			}
			return
		}
		made[i] = sketchPatch(b)
		report.Report("read patches of the past", i+1, len(blobs))
	})
	for i, blob := range blobs {
		out[blob] = made[i]
	}
	return out, errors.Join(append(errs, ctx.Err())...)
}
