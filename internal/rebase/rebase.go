// Package rebase says what becomes of carried patches when the source under
// them moves: which still apply, which apply with offset or fuzz, which
// conflict and with whose change, and which the new version already contains.
//
// [Queue] tries a queue of patches on a revision of a [git.Repo]. Nothing is
// written to the repository and no file is checked out. The package knows
// nothing of recipes or layers.
package rebase

import (
	"context"
	"errors"
	"fmt"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// Outcomes of a patch, and of a hunk.
const (
	Applies         = "applies"          // where it says
	Offset          = "offset"           // at other lines
	Fuzz            = "fuzz"             // with up to two lines of context ignored, as GNU patch does
	Conflict        = "conflict"         // not at all; or only some of its hunks
	Merged          = "merged"           // it is in there already
	Gone            = "gone"             // every file that it modifies is absent
	UnappliedBefore = "unapplied-before" // neither on the new nor on the old revision
	Untried         = "untried"          // in what is made of a [Result] with an error
)

// An Input is one patch of a queue.
type Input struct {
	Name  string // handed back in the result
	Data  []byte // the patch file
	Strip int    // leading parts of file names to remove, as in patch -p
	Dir   string // of the tree that the names are below: a plain path; "" for its top
	Err   error  // why there is no Data: it becomes that of the result
}

// ErrDir means that the directory of an [Input] is no plain path below the top
// of a tree.
var ErrDir = errors.New("not a directory below the top of the source")

// check says why the input cannot be tried.
func (in Input) check() error {
	if in.Err == nil && in.Dir != "" && !plainPath(in.Dir) {
		return fmt.Errorf("%q: %w", in.Dir, ErrDir)
	}
	return in.Err
}

// A Result is what becomes of one patch.
type Result struct {
	Name     string
	Outcome  string       // one of the outcomes; "" with Err
	Hunks    []HunkResult // in the order of the patch
	Commit   string       // hash of the commit that has the change, when Outcome is Merged and it was found
	ThreeWay string       // "clean" or "conflict", where Outcome is Conflict and a three-way merge was possible
	Detail   string       // more, in words
	Err      error        // why the patch could not be read
}

// A HunkResult is what becomes of one hunk.
type HunkResult struct {
	File    string   // path in the tree
	Hunk    int      // counted from 1 in each file; 0 for a change without hunks
	Outcome string   // Applies, Offset, Fuzz, Conflict, Merged or Gone
	Line    int      // in the new revision, from 1: where it applies, or where it most likely belongs; 0 if unknown
	Blame   []string // hashes of commits between the revisions that touched these lines, newest first
}

// Queue tries the patches on the revision to, each on top of those before it
// that still apply. The revision from is where they are known to apply; with
// "" nothing is known of that. The results are in the order of the patches.
// The error matches [git.ErrNotFound] when a revision does not exist.
func Queue(ctx context.Context, repo *git.Repo, from, to string, patches []Input) ([]Result, error) {
	q, err := newQueue(ctx, repo, from, to)
	if err != nil {
		return nil, err
	}
	defer q.close()
	return q.run(ctx, patches)
}

// run tries the patches, one after the other.
func (q *queue) run(ctx context.Context, patches []Input) ([]Result, error) {
	for _, in := range patches {
		p, err := in.parse()
		c := &queued{in: in, p: p, err: err}
		q.patches = append(q.patches, c)
		if err == nil {
			err = q.try(ctx, c)
		}
		if errors.Is(err, git.ErrTooBig) {
			c.err = err
		} else if c.err == nil && err != nil {
			return nil, fmt.Errorf("%s: %w", in.Name, err)
		}
	}
	if err := q.readHistory(ctx); err != nil {
		return nil, err
	}
	results := make([]Result, len(patches))
	for i, c := range q.patches {
		if c.err == nil && !c.now.fits() && !c.merged && !c.past.same {
			var err error
			if c.cited, err = q.cited(ctx, c); err != nil {
				return nil, fmt.Errorf("%s: %w", c.in.Name, err)
			}
		}
		results[i] = q.result(c)
	}
	return results, nil
}

// parse reads the patch.
func (in Input) parse() (*patch.Patch, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	p, err := patch.Parse(in.Data)
	if err == nil && changes(p) == 0 {
		err = patch.ErrNoDiff
	}
	return p, err
}

// changes counts what a patch does: its hunks, and changes without hunks.
func changes(p *patch.Patch) int {
	n := 0
	for _, f := range p.Files {
		n += len(f.Hunks)
		if len(f.Hunks) == 0 && (f.Binary || f.Rename || f.Copy || f.Old == "" || f.New == "" || f.OldMode != f.NewMode) {
			n++
		}
	}
	return n
}
