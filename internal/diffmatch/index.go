package diffmatch

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/progress"
)

// An Index holds the shapes of all commits of a repository, and finds those
// that share lines, a subject, an author or a patch-id with a patch. Its
// methods may be called from several goroutines.
type Index struct {
	repo *git.Repo

	mu       sync.RWMutex
	tables   // what the file holds
	post     postings
	byHash   map[string]uint32
	subjects map[uint64][]uint32 // rows by subject key
	ids      map[uint64][]uint32 // rows by patch-id
	times    map[int64][]uint32  // rows by author time
	picks    map[string][]uint32 // rows by the hash that they were picked from
	reverts  []uint32            // rows that revert something
	size     int64               // bytes of the file, 0 if there is none
}

// tables are the data of an index, in the order in which they are written.
type tables struct {
	rows    []row
	paths   []string
	shapes  []byte
	dict    dict
	tips    []string // raw hashes of all tips when it was brought up to date
	heads   []string // those of branches
	pathIDs map[string]uint32
}

// A row is one commit.
type row struct {
	digest         // its shape is nil: it is in tables.shapes
	start, end int // of the shape; empty for a merge
	first      int // number of the first key that the commit brought in
	lines      int // changed lines
}

// Stats describe an index.
type Stats struct {
	Commits int   // that have a diff
	Lines   int   // changed lines in them
	Keys    int   // different lines, context included
	Bytes   int64 // of the file; 0 if it is kept in memory only
}

// Open loads the index of a repository from a file, adds the commits that are
// new since, drops those that no branch or tag reaches any more, and writes
// the file if something changed. A file that is damaged, half-written or of
// another version is built anew; "" keeps the index in memory only.
func Open(ctx context.Context, repo *git.Repo, file string, say progress.Func) (*Index, error) {
	x := &Index{repo: repo}
	if file != "" {
		t, size, err := readFile(file)
		if err == nil {
			x.tables, x.size = *t, size
		}
	}
	changed, err := x.update(ctx, say)
	if err != nil {
		return nil, fmt.Errorf("commit index of %s: %w", repo.Dir(), err)
	}
	if changed && file != "" {
		if x.size, err = writeFile(file, &x.tables); err != nil {
			return nil, err
		}
	}
	return x, x.derive()
}

// Stats counts what the index holds.
func (x *Index) Stats() Stats {
	x.mu.RLock()
	defer x.mu.RUnlock()
	s := Stats{Keys: len(x.dict.keys), Bytes: x.size}
	for i := range x.rows {
		if r := &x.rows[i]; r.end > r.start {
			s.Commits++
			s.Lines += r.lines
		}
	}
	return s
}

// update brings the tables up to the repository's branches and tags.
func (x *Index) update(ctx context.Context, say progress.Func) (changed bool, err error) {
	tips, heads, err := currentTips(ctx, x.repo)
	if err != nil {
		return false, err
	}
	if slices.Equal(tips, x.tips) && slices.Equal(heads, x.heads) {
		return false, nil
	}
	x.indexRows()
	var fresh []string
	for _, h := range tips {
		if _, ok := x.byHash[h]; !ok {
			fresh = append(fresh, h)
		}
	}
	known, err := x.stillThere(ctx, tips)
	if err != nil {
		return false, err
	}
	if err := x.add(ctx, fresh, known, say); err != nil {
		return false, err
	}
	x.tips, x.heads = tips, heads
	x.indexRows()
	if in := x.reachable(tips); in.count() < len(x.rows) {
		if err := x.compact(in); err != nil {
			return false, err
		}
	}
	return true, nil
}

// stillThere are the tips of the last update that the repository still has:
// what was rewritten may be pruned.
func (x *Index) stillThere(ctx context.Context, tips []string) (known []string, err error) {
	for _, h := range x.tips {
		if _, ok := slices.BinarySearch(tips, h); !ok {
			_, err := x.repo.Resolve(ctx, hex.EncodeToString([]byte(h)))
			if errors.Is(err, git.ErrNotFound) {
				continue
			} else if err != nil {
				return nil, err
			}
		}
		known = append(known, h)
	}
	return known, nil
}

// currentTips are the hashes of all branches, tags and HEAD, and those of the
// branches and HEAD alone; sorted, each once.
func currentTips(ctx context.Context, repo *git.Repo) (tips, heads []string, err error) {
	list, err := repo.Tips(ctx)
	if err != nil {
		return nil, nil, err
	}
	all, branches := map[string]bool{}, map[string]bool{}
	for _, t := range list {
		h := rawHash(t.Hash)
		all[h] = true
		if len(t.Ref) > 11 && t.Ref[:11] == "refs/heads/" {
			branches[h] = true
		}
	}
	head, err := repo.Resolve(ctx, "HEAD")
	switch {
	case err == nil:
		all[rawHash(head)], branches[rawHash(head)] = true, true
	case !errors.Is(err, git.ErrNotFound):
		return nil, nil, err
	}
	return slices.Sorted(maps.Keys(all)), slices.Sorted(maps.Keys(branches)), nil
}

// put appends a commit to the tables.
func (t *tables) put(d *digest) {
	r := row{digest: *d, start: len(t.shapes), end: len(t.shapes), first: len(t.dict.keys), lines: d.shape.lines}
	if len(d.shape.files) > 0 {
		e := encoder{buf: t.shapes, dict: &t.dict, path: t.pathID}
		e.shape(d.shape)
		t.shapes = e.buf
		r.end = len(t.shapes)
	}
	r.shape = nil
	t.rows = append(t.rows, r)
}

// pathNumber is the number of a path.
func (t *tables) pathNumber(path string) (uint32, bool) {
	id, ok := t.pathIDs[path]
	return id, ok
}

// numberPaths makes the map of paths that were read from a file.
func (t *tables) numberPaths() {
	t.pathIDs = make(map[string]uint32, len(t.paths))
	for i, p := range t.paths {
		t.pathIDs[p] = uint32(i)
	}
}

// pathID is the number of a path, which is taken in if it is new.
func (t *tables) pathID(path string) uint32 {
	id, ok := t.pathIDs[path]
	if !ok {
		if t.pathIDs == nil {
			t.numberPaths()
		}
		id = uint32(len(t.paths))
		t.paths = append(t.paths, path)
		t.pathIDs[path] = id
	}
	return id
}

// shapeAt reads the shape of a row.
func (t *tables) shapeAt(n uint32) (*shape, error) {
	r := &t.rows[n]
	if r.start == r.end {
		return &shape{}, nil
	}
	return decodeShape(t.shapes[r.start:r.end], r.first, t.dict.keys, t.paths)
}

// compact keeps only the rows of in: the tables are filled anew, so that no
// key, path or number of a dropped commit stays.
func (x *Index) compact(in bitset) error {
	kept := tables{tips: x.tips, heads: x.heads}
	for i := range x.rows {
		if !in.has(uint32(i)) {
			continue
		}
		s, err := x.shapeAt(uint32(i))
		if err != nil {
			return err
		}
		d := x.rows[i].digest
		d.shape = s
		kept.put(&d)
	}
	x.tables = kept
	x.indexRows()
	return nil
}

// indexRows makes the map of rows by hash.
func (x *Index) indexRows() {
	x.byHash = make(map[string]uint32, len(x.rows))
	for i := range x.rows {
		x.byHash[x.rows[i].hash] = uint32(i)
	}
}

// derive makes everything that is looked up but not stored.
func (x *Index) derive() error {
	x.indexRows()
	x.subjects = map[uint64][]uint32{}
	x.ids = map[uint64][]uint32{}
	x.times = map[int64][]uint32{}
	x.picks = map[string][]uint32{}
	x.reverts = nil
	for i := range x.rows {
		r, n := &x.rows[i], uint32(i)
		if r.start == r.end {
			continue
		}
		x.times[r.authorTime] = append(x.times[r.authorTime], n)
		for _, h := range r.picked {
			x.picks[h] = append(x.picks[h], n)
		}
		if len(r.reverts) > 0 || r.undoes != 0 {
			x.reverts = append(x.reverts, n)
		}
		if r.subject != 0 {
			x.subjects[r.subject] = append(x.subjects[r.subject], n)
		}
		if r.patchID != 0 {
			x.ids[r.patchID] = append(x.ids[r.patchID], n)
		}
	}
	var err error
	x.post, err = newPostings(&x.tables)
	return err
}

// name is the hex hash of a row.
func (x *Index) name(n uint32) string { return hex.EncodeToString([]byte(x.rows[n].hash)) }
