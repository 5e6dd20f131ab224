package layer

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/upstreamd/upstreamd/internal/git"
)

// Limits of lives.
const (
	maxMoves   = 50  // that one file is followed through
	maxTouches = 500 // kept of one file
)

// A commit that touches more than massFiles patch files is a mass edit if it
// changes no diff, or if they lie in more than massDirs directories: not the
// work of somebody who cares for each of them.
const (
	massFiles = 20
	massDirs  = 5
)

// lives fills in the lives of the patch files of one source.
func (c *chronicle) lives(patches []Patch) {
	mass := c.massEdits()
	for i := range patches {
		if p := &patches[i]; p.Source == c.src.Name {
			touches, at := c.touches(p.Path)
			p.Life = Life{Touches: touches, Keeper: keeper(touches, at, mass)}
		}
	}
}

// touches are what happened to the patch file at a path, oldest first, with
// the commits.
func (c *chronicle) touches(name string) (list []Touch, at []*commit) {
	before := len(c.events)
	for range maxMoves {
		moved := -1
		of := c.byPath[name]
		for n := len(of) - 1; n >= 0 && moved < 0 && len(list) < maxTouches; n-- {
			i := of[n]
			e := c.events[i]
			if i >= before || e.new == "" || e.old == e.new {
				continue
			}
			kind := Came
			if e.old != "" {
				kind = c.changed(e.old, e.new)
			} else if moved = c.movedFrom(i); moved >= 0 {
				kind = c.changed(c.events[moved].old, e.new)
			}
			list = append(list, Touch{
				Kind: kind, Commit: e.at.hash, Time: time.Unix(e.at.authorTime, 0).UTC(), Author: e.at.author, Path: e.path,
			})
			at = append(at, e.at)
		}
		if moved < 0 {
			break
		}
		name = c.events[moved].path
		before, _ = c.together(moved)
	}
	slices.Reverse(list)
	slices.Reverse(at)
	return list, at
}

// changed says what turned one version of a patch file into another.
func (c *chronicle) changed(old, new string) TouchKind {
	a, b := c.archive.sketch[old], c.archive.sketch[new]
	switch {
	case old == new:
		return Moved
	case a.Diff != 0 && a.Diff == b.Diff:
		return Retagged
	}
	return Refreshed
}

// movedFrom is the event of the same commit that took away the file that
// event i brought under a new path, or -1.
func (c *chronicle) movedFrom(i int) int {
	from, to := c.together(i)
	best, rank, near := -1, 0, 0
	for j := from; j < to; j++ {
		if e := c.events[j]; e.new != "" || !patchName(e.path) {
			continue
		}
		r, n := c.likeness(j, i), common(c.events[j].path, c.events[i].path)
		if r > rank || r == rank && r > 0 && n > near {
			best, rank, near = j, r, n
		}
	}
	if rank > 1 || best < 0 {
		return best
	}
	for j := from; j < to; j++ { // the name alone is weak: is it another one's?
		if e := c.events[j]; e.old == "" && j != i && patchName(e.path) && c.likeness(best, j) > 1 {
			return -1
		}
	}
	return best
}

// likeness is how sure it is that the file that event j took away is the one
// that event i brought; 0 if it is another one.
func (c *chronicle) likeness(j, i int) int {
	gone, come := c.events[j], c.events[i]
	a, b := c.archive.sketch[gone.old], c.archive.sketch[come.new]
	named := unnumbered(gone.path) == unnumbered(come.path)
	rank := 0
	switch {
	case gone.old == come.new:
		rank = 8
	case a.Diff != 0 && a.Diff == b.Diff:
		rank = 6
	case a.Changes != 0 && a.Changes == b.Changes:
		rank = 4
	case jaccard(a.Lines, b.Lines) >= 0.5:
		rank = 2
	}
	if named {
		rank++
	}
	return rank
}

var seriesNumber = regexp.MustCompile(`^\d{1,4}[-_.]`)

// unnumbered is the name of a patch file without its place in a series.
func unnumbered(file string) string { return seriesNumber.ReplaceAllString(path.Base(file), "") }

// common is how many parts at the begin and end two paths have in common.
func common(a, b string) (n int) {
	x, y := strings.Split(a, "/"), strings.Split(b, "/")
	for n < len(x) && n < len(y) && x[n] == y[n] {
		n++
	}
	for k := 1; k <= len(x) && k <= len(y) && x[len(x)-k] == y[len(y)-k]; k++ {
		n++
	}
	return n
}

// massEdits are the commits that say nothing of who cares for a file.
func (c *chronicle) massEdits() map[*commit]bool {
	mass := map[*commit]bool{}
	for from := 0; from < len(c.events); {
		_, to := c.together(from)
		files, anew, dirs := 0, false, map[string]bool{}
		gone := map[string]bool{}
		for _, e := range c.events[from:to] {
			gone[e.old] = gone[e.old] || e.new == ""
		}
		for _, e := range c.events[from:to] {
			if !patchName(e.path) || e.new == "" {
				continue
			}
			files++
			dirs[path.Dir(e.path)] = true
			anew = anew || !gone[e.new] && (e.old == "" || c.changed(e.old, e.new) == Refreshed)
		}
		if files > massFiles && (len(dirs) > massDirs || !anew) {
			mass[c.events[from].at] = true
		}
		from = to
	}
	return mass
}

// keeper is who last worked on a file itself.
func keeper(list []Touch, at []*commit, mass map[*commit]bool) git.Person {
	of := func(fits func(i int) bool) *git.Person {
		for i := len(list) - 1; i >= 0; i-- {
			if fits(i) {
				return &list[i].Author
			}
		}
		return nil
	}
	for _, fits := range [...]func(int) bool{
		func(i int) bool { return list[i].Kind != Moved && !mass[at[i]] },
		func(i int) bool { return list[i].Kind == Came || list[i].Kind == Refreshed },
		func(int) bool { return true },
	} {
		if p := of(fits); p != nil {
			return *p
		}
	}
	return git.Person{}
}
