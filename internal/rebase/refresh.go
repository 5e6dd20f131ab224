package rebase

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// A Refreshed is a patch of a queue as it has to be for the new revision.
type Refreshed struct {
	Result

	// Data is the patch file for the new revision, nil where there is none
	// without a person. Where it applies as it is, it is the file as it was;
	// elsewhere it has a new diff, and all that stands around that as it was,
	// but for a diffstat that is no longer true.
	Data []byte
	New  bool   // Data has a new diff
	Note string // why there is no Data although the outcome promises it, or what a person should look at
	Work []Work // for a person to begin with, where the outcome is Conflict or UnappliedBefore
}

// A Work is a file of a patch that has to be merged by hand: as the new
// revision and the patches before this one have it, with all of the patch that
// can be merged. Conflicts are marked as by git merge-file --diff3. Where the
// patch fits no old version, its own lines stand for that.
type Work struct {
	Path      string // in the tree; a local path, and none that git itself uses
	Data      []byte
	Conflicts int // places with conflict markers
}

// Refresh tries the patches like [Queue] and makes them anew for the revision
// to, each on top of those before it. Unlike there, a patch that a three-way
// merge can carry over counts as one that applies. What is made anew was tried:
// it applies exactly, and makes of the tree what was meant.
func Refresh(ctx context.Context, repo *git.Repo, from, to string, patches []Input) ([]Refreshed, error) {
	merged := map[int]bool{} // the history knows that these need no merge
	for again := 2; ; again-- {
		r := &refresher{merged: merged, cautious: again == 0, labels: git.Labels{Ours: to, Base: from}}
		done, err := r.run(ctx, repo, [2]string{from, to}, patches)
		if err != nil {
			return nil, err
		}
		sure := true
		for i := range done {
			if done[i].Outcome != Merged {
				continue
			}
			done[i].Work, done[i].Note = nil, ""
			if done[i].Data != nil {
				merged[i], sure = true, false
			}
		}
		if sure {
			return done, nil
		}
	}
}

// A refresher is the state of one pass of [Refresh].
type refresher struct {
	q        *queue
	merged   map[int]bool // patches by index that are not to be carried over by a merge
	cautious bool         // none is
	labels   git.Labels
	tree     string // of the new revision with the patches so far
	done     []Refreshed
}

func (r *refresher) run(ctx context.Context, repo *git.Repo, revs [2]string, patches []Input) ([]Refreshed, error) {
	var err error
	if r.q, err = newQueue(ctx, repo, revs[0], revs[1]); err != nil {
		return nil, err
	}
	defer r.q.close()
	if r.tree, err = r.q.now.scratch.Tree(ctx); err != nil {
		return nil, err
	}
	r.q.keep = r.keep
	r.done = make([]Refreshed, len(patches))
	results, err := r.q.run(ctx, patches)
	for i, result := range results {
		r.done[i].Result = result
	}
	return r.done, err
}

// keep makes the last patch of the queue anew, or what a person needs to do it.
func (r *refresher) keep(ctx context.Context, c *queued) error {
	i := len(r.q.patches) - 1
	c.carried = !c.now.fits() && !c.merged && c.threeWay == "clean" && !r.merged[i] && !r.cautious
	if c.carried {
		if err := r.q.now.carry(ctx, c.parts); err != nil {
			return err
		}
	}
	before := r.tree
	var err error
	if r.tree, err = r.q.now.scratch.Tree(ctx); err != nil {
		return err
	}
	out := &r.done[i]
	switch {
	case c.now.fits() || c.carried:
		return r.write(ctx, c, before, out)
	case c.now.outcome == Conflict && !c.merged:
		out.Work, err = r.work(ctx, c)
	}
	return err
}

// write makes the file of a patch that leads from the tree before to the
// present one.
func (r *refresher) write(ctx context.Context, c *queued, before string, out *Refreshed) error {
	parts, err := patch.Split(c.in.Data)
	switch {
	case err != nil:
		return err
	case c.now.outcome == Applies && bytes.HasPrefix(c.p.Diff, parts.Diff):
		out.Data = c.in.Data
		return nil
	case len(parts.Between) > 0:
		out.Note = "there is text between its files, which a new diff would lose: refresh it by hand"
		return nil
	case c.p.Missing() != "":
		out.Note = "not all of it can be read: refresh it by hand"
		return nil
	case before == r.tree:
		out.Note = "it changes nothing"
		return nil
	}
	o := diffOptions(c)
	diff, err := r.q.now.scratch.Diff(ctx, before, r.tree, o)
	if errors.Is(err, git.ErrTooBig) {
		out.Note = "the new diff is too big"
		return nil
	} else if err != nil {
		return err
	}
	o.Stat = true
	stat, err := r.q.now.scratch.Diff(ctx, before, r.tree, o)
	if err != nil {
		return err
	}
	data := bytes.Join([][]byte{restat(parts.Head, stat), diff, parts.Tail}, nil)
	if ok, err := r.proven(ctx, c, data, before); err != nil || !ok {
		out.Note = "a new diff below this text is not read as it is meant: refresh it by hand"
		return err
	}
	out.Data, out.New = data, true
	if c.now.outcome == Fuzz {
		out.Note = "some context was ignored: look whether it is still meant for that place"
	}
	return nil
}

// diffOptions are those that make a diff like that of c.
func diffOptions(c *queued) git.DiffOptions {
	o := git.DiffOptions{Old: "a/", New: "b/", Dir: c.in.Dir}
	if c.in.Strip == 0 {
		o.Old, o.New = "", ""
	}
	for i, f := range c.p.Files {
		o.Renames = o.Renames || f.Rename
		o.Copies = o.Copies || f.Copy
		o.FullIndex = o.FullIndex || len(f.NewBlob) >= 40
		if i == 0 && c.in.Strip > 1 { // put back what -p takes off
			lead := strings.TrimSuffix(f.Path(), stripped(f.Path(), c.in.Strip))
			o.Old, o.New = o.Old+lead, o.New+lead
		}
	}
	return o
}

// proven tries a patch file that was made: on the tree before it must make the
// present one.
func (r *refresher) proven(ctx context.Context, c *queued, data []byte, before string) (bool, error) {
	s := r.q.now.scratch
	p, err := patch.Parse(data)
	if err != nil {
		return false, nil
	}
	if err := s.Reset(ctx, before); err != nil {
		return false, err
	}
	err = s.Apply(ctx, p.Diff, c.in.apply())
	tree, treeErr := s.Tree(ctx)
	return err == nil && tree == r.tree, errors.Join(treeErr, s.Reset(ctx, r.tree))
}

// work are the files of a patch that are left to a person.
func (r *refresher) work(ctx context.Context, c *queued) ([]Work, error) {
	l := r.labels
	l.Theirs = path.Base(strings.ReplaceAll(c.in.Name, "\\", "/"))
	var all []Work
	add := func(w Work) {
		beside := func(o Work) bool { // some patches have several sections about one file
			return o.Path == w.Path || strings.HasPrefix(o.Path, w.Path+"/") || strings.HasPrefix(w.Path, o.Path+"/")
		}
		if plainPath(w.Path) && !slices.ContainsFunc(all, beside) {
			all = append(all, w)
		}
	}
	if c.threeWay != Conflict {
		l.Base = "what " + l.Theirs + " expects"
		for i := range c.now.files {
			w, ok, err := c.now.files[i].guess(ctx, l)
			if err != nil {
				return nil, err
			}
			if ok {
				add(w)
			}
		}
		return all, nil
	}
	for _, p := range c.parts {
		if p.removed {
			continue
		}
		w := Work{Path: p.path, Data: p.merged}
		if !p.clean {
			marked, _, err := git.Merge3Marked(ctx, p.base, p.ours, p.theirs, l)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", p.path, err)
			}
			w.Data, w.Conflicts = marked, git.Conflicts(marked)
		}
		if w.Data != nil { // binary files cannot be marked
			add(w)
		}
	}
	return all, nil
}

// plainPath reports whether a file of a tree can be written to a disk without
// harm: git's own directory is none of them, however a file system spells it.
func plainPath(name string) bool {
	if !localPath(name) || len(name) > 1000 {
		return false
	}
	const longest = 200 // bytes of one part: file systems take 255
	for part := range strings.SplitSeq(strings.ToLower(name), "/") {
		part = strings.TrimRight(part, ". ")
		if strings.HasPrefix(part, ".git") && part != ".gitignore" && part != ".gitattributes" || strings.HasPrefix(part, "git~") ||
			strings.Contains(part, ":") || part == "" || len(part) > longest {
			return false
		}
	}
	return true
}

// localPath reports whether a name stays below where it is looked up, and is
// one line of text.
func localPath(name string) bool {
	return name == path.Clean(name) && !strings.HasPrefix(name, "/") && name != "." && name != ".." && !strings.HasPrefix(name, "../") &&
		!strings.ContainsFunc(name, func(c rune) bool { return unicode.In(c, unicode.Cc, unicode.Cf) || c == '\\' || c == utf8.RuneError })
}
