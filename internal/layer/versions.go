package layer

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// A Wanted is a patch whose like is looked for in an archive.
type Wanted struct {
	Blob  string // of the file, "" where it is none
	Patch *patch.Patch
	lines patchLines
}

// maxAlike bounds the versions that are read to compare one patch with them.
const maxAlike = 200

// matchRank orders the ways to be alike, the closest first.
var matchRank = map[string]int{"identical": 0, "patch-id": 1, "changes": 2, "near": 3}

// An alike is a version's blob with how it is like a wanted patch.
type alike struct {
	blob, match string
	similarity  float64
}

// Find returns for each wanted patch the patch files of the archive that are
// or were like it, the closest first, of equal ones the latest.
func (a *Archive) Find(ctx context.Context, wanted []Wanted) ([][]Version, error) {
	for i := range wanted {
		if wanted[i].Patch != nil {
			wanted[i].lines = linesOf(wanted[i].Patch)
		}
	}
	found, err := a.blobsLike(ctx, wanted)
	if err != nil {
		return nil, err
	}
	where := map[string][]int{} // events by blob, before or after
	for _, list := range found {
		for _, f := range list {
			where[f.blob] = nil
		}
	}
	for i, e := range a.events {
		for _, blob := range [...]string{e.old, e.new} {
			if at, ok := where[blob]; ok && (len(at) == 0 || at[len(at)-1] != i) {
				where[blob] = append(at, i)
			}
		}
	}
	all := make([][]Version, len(wanted))
	for i, list := range found {
		all[i] = a.versions(list, where)
	}
	return all, nil
}

// versions puts the blobs that are like one patch together by their paths.
func (a *Archive) versions(list []alike, where map[string][]int) []Version {
	how := map[string]alike{}
	var events []int
	for _, f := range list {
		how[f.blob] = f
		events = append(events, where[f.blob]...)
	}
	slices.Sort(events)
	byPath := map[string]*Version{}
	for _, i := range slices.Compact(events) {
		e := a.events[i]
		v := byPath[e.path]
		if v == nil {
			v = &Version{Path: e.path, Match: "near", Similarity: -1}
			byPath[e.path] = v
		}
		_, before := how[e.old]
		now, after := how[e.new]
		at := e.at.moment()
		switch {
		case after && !before:
			v.Came = append(v.Came, at)
		case before && !after:
			v.Went = append(v.Went, at)
		}
		for _, f := range [...]alike{how[e.old], now} {
			if f.blob != "" && cmp.Or(matchRank[v.Match]-matchRank[f.match], cmp.Compare(f.similarity, v.Similarity)) >= 0 {
				v.Blob, v.Match, v.Similarity = f.blob, f.match, f.similarity
			}
		}
	}
	out := make([]Version, 0, len(byPath))
	for _, path := range sortedKeys(byPath) {
		out = append(out, *byPath[path])
	}
	slices.SortStableFunc(out, func(x, y Version) int {
		return cmp.Or(matchRank[x.Match]-matchRank[y.Match], cmp.Compare(y.Similarity, x.Similarity), y.last().Compare(x.last()))
	})
	return out
}

// last is the last time that something happened to a version.
func (v Version) last() (t time.Time) {
	for _, list := range [...][]Moment{v.Came, v.Went} {
		for _, m := range list {
			if m.Time.After(t) {
				t = m.Time
			}
		}
	}
	return t
}

// blobsLike finds for each wanted patch the blobs that are like it.
func (a *Archive) blobsLike(ctx context.Context, wanted []Wanted) ([][]alike, error) {
	ask := newQuestion(wanted)
	near := make([][]string, len(wanted))
	found := make([][]alike, len(wanted))
	for _, blob := range sortedKeys(a.sketch) {
		ask.each(blob, a.sketch[blob], func(i int, match string) {
			switch {
			case match != "":
				found[i] = append(found[i], alike{blob, match, 1})
			case len(near[i]) < maxAlike:
				near[i] = append(near[i], blob)
			}
		})
	}
	return found, a.compare(ctx, wanted, near, found)
}

// compare reads the blobs that may be near and adds those that are.
func (a *Archive) compare(ctx context.Context, wanted []Wanted, near [][]string, found [][]alike) error {
	batch, err := a.repo.Batch(ctx)
	if err != nil {
		return err
	}
	defer batch.Close()
	errs := make([]error, len(wanted))
	parallel(ctx, len(wanted), func(i int) {
		for _, blob := range near[i] {
			b, err := batch.Blob(blob)
			if errors.Is(err, git.ErrNotFound) || errors.Is(err, git.ErrTooBig) {
				continue
			} else if err != nil {
				errs[i] = err
				return
			}
			p, err := patch.Parse(b)
			if err != nil {
				continue
			}
			if j := jaccard(wanted[i].lines.set, linesOf(p).set); j >= nearEnough {
				found[i] = append(found[i], alike{blob, "near", j})
			}
		}
	})
	return errors.Join(append(errs, ctx.Err())...)
}

// jaccard is the part of all lines that both have. Both are sorted.
func jaccard(a, b []uint64) float64 {
	shared, i, j := 0, 0, 0
	for i < len(a) && j < len(b) {
		switch c := cmp.Compare(a[i], b[j]); {
		case c < 0:
			i++
		case c > 0:
			j++
		default:
			shared, i, j = shared+1, i+1, j+1
		}
	}
	if shared == 0 {
		return 0
	}
	return float64(shared) / float64(len(a)+len(b)-shared)
}

// A question is many wanted patches, arranged so that one look at each version
// answers all of them: versions are far more than patches.
type question struct {
	blobs          map[string][]int
	hunks, changes map[uint64][]int
	lines          map[uint64][]int
	shared         []int // by wanted patch, while one version is looked at
}

func newQuestion(wanted []Wanted) *question {
	q := &question{
		blobs: map[string][]int{}, hunks: map[uint64][]int{}, changes: map[uint64][]int{}, lines: map[uint64][]int{},
		shared: make([]int, len(wanted)),
	}
	for i, w := range wanted {
		if w.Blob != "" {
			q.blobs[w.Blob] = append(q.blobs[w.Blob], i)
		}
		s := sketchOf(w.lines)
		if s.Hunks == 0 {
			continue
		}
		q.hunks[s.Hunks] = append(q.hunks[s.Hunks], i)
		q.changes[s.Changes] = append(q.changes[s.Changes], i)
		for _, line := range s.Lines {
			q.lines[line] = append(q.lines[line], i)
		}
	}
	return q
}

// each calls f for the wanted patches that a version is like, with how, or
// with "" for those that it may be near to.
func (q *question) each(blob string, s sketch, f func(i int, match string)) {
	done := map[int]bool{}
	tell := func(list []int, match string) {
		for _, i := range list {
			if !done[i] {
				done[i] = true
				f(i, match)
			}
		}
	}
	tell(q.blobs[blob], "identical")
	if s.Hunks == 0 {
		return
	}
	tell(q.hunks[s.Hunks], "patch-id")
	tell(q.changes[s.Changes], "changes")
	var some []int
	for _, line := range s.Lines {
		for _, i := range q.lines[line] {
			if q.shared[i] == 0 {
				some = append(some, i)
			}
			q.shared[i]++
		}
	}
	for _, i := range some {
		if s.mayShare(q.shared[i]) {
			tell([]int{i}, "")
		}
		q.shared[i] = 0
	}
}
