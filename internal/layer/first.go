package layer

import (
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/upstreamd/upstreamd/internal/version"
)

// imported is how many files of recipes and patches one commit may touch. One
// that touches more is an import, or many in one: what it does was done before,
// somewhere else.
const imported = 100

// A first is when a history shows something for the first time; zero where it
// never does.
type first struct {
	Moment
	path  string // that it came under
	bound bool   // not later than that: the history begins there, or it was imported
}

// before says whether f is earlier than g for sure, by a day at least.
func (f first) before(g first) bool {
	return !f.Time.IsZero() && !g.Time.IsZero() && !g.bound && f.day().Before(g.day())
}

func (f first) day() time.Time { return f.Time.Truncate(24 * time.Hour) }

// older is the earlier of two.
func (f first) older(g first) first {
	if f.Time.IsZero() || !g.Time.IsZero() && g.Time.Before(f.Time) {
		return g
	}
	return f
}

// imports are the commits that touch more than [imported] files.
func (c *chronicle) imports() map[string]bool {
	out := map[string]bool{}
	for from := 0; from < len(c.events); {
		_, to := c.together(from)
		if to-from > imported {
			out[c.events[from].at.hash] = true
		}
		from = to
	}
	return out
}

// firstAt is that event i was the first.
func (c *chronicle) firstAt(i int) first {
	e := c.events[i]
	return first{e.at.moment(), e.path, c.begins[e.at.hash]}
}

// firstNamed is when the first file of a name came, see [nameKey].
func (c *chronicle) firstNamed(key string) (f first) {
	for _, i := range c.byName[key] {
		if c.events[i].new != "" {
			f = f.older(c.firstAt(i))
		}
	}
	return f
}

// firstFile is when one class or include file came, also under the paths that
// it had before: those of a file of this name, versions aside, or this content,
// that went with the same commit.
func (c *chronicle) firstFile(name string) (f first) {
	before := len(c.events)
	for range maxMoves {
		of := c.byPath[name]
		if len(of) == 0 || of[0] >= before {
			break
		}
		f = c.firstAt(of[0])
		moved := c.renamedFrom(of[0])
		if moved < 0 {
			break
		}
		name = c.events[moved].path
		before, _ = c.together(moved)
	}
	return f
}

// renamedFrom is the event of the same commit that took away the class or
// include file that event i brought under a new path, or -1.
func (c *chronicle) renamedFrom(i int) int {
	from, to := c.together(i)
	come := c.events[i]
	best, near := -1, 0
	for j := from; j < to; j++ {
		e := c.events[j]
		if e.new != "" || path.Ext(e.path) != path.Ext(come.path) || e.old != come.new && plainFile(e.path) != plainFile(come.path) {
			continue
		}
		if n := 1 + common(e.path, come.path); n > near {
			best, near = j, n
		}
	}
	return best
}

var versionInName = regexp.MustCompile(`[-_]v?\d[\w.+~]*$`)

// plainFile is the name of an include file without its version.
func plainFile(file string) string {
	ext := path.Ext(file)
	return versionInName.ReplaceAllString(strings.TrimSuffix(path.Base(file), ext), "") + ext
}

// firstPatch is when a patch file came, followed through its moves, or one that
// is like it, whichever was earlier. Of those alike, the ones that led to this
// revision count, where there are any.
func (c *chronicle) firstPatch(name string, match string, like []Version) (f first) {
	if _, at := c.touches(name); len(at) > 0 {
		f = first{at[0].moment(), name, c.begins[at[0].hash]}
	}
	var elsewhere first
	for _, v := range like {
		if matchRank[v.Match] > matchRank[match] {
			continue
		}
		for _, m := range v.Came {
			g := first{m, v.Path, c.begins[m.Commit]}
			if _, ok := c.order[m.Commit]; ok {
				f = f.older(g)
			} else {
				elsewhere = elsewhere.older(g)
			}
		}
	}
	if f.Time.IsZero() {
		return elsewhere
	}
	return f
}

// fileVersion is the PV that the name of a recipe's file says, "" where it says
// none.
func fileVersion(file string) string {
	name := strings.TrimSuffix(path.Base(file), path.Ext(file))
	_, pv, _ := strings.Cut(name, "_")
	pv, _, _ = strings.Cut(pv, "_")
	return pv
}

// overtaken is the event since which recipes of a name, by the names of their
// files, are newer than a PV, or -1.
func (c *chronicle) overtaken(key, pv string) int {
	if !numbered(pv) {
		return -1
	}
	list, at := c.byName[key], -1
	has := map[string]bool{} // newer ones, by path
	for n, i := range list {
		e := c.events[i]
		if v := fileVersion(e.path); e.new != "" && numbered(v) && version.Compare(v, pv) > 0 {
			has[e.path] = true
		} else {
			delete(has, e.path)
		}
		switch {
		case n+1 < len(list) && c.events[list[n+1]].at == e.at: // the commit is not over
		case len(has) == 0:
			at = -1
		case at < 0:
			at = i
		}
	}
	if at < 0 {
		return -1
	}
	best := -1
	for _, i := range list { // of this commit, the event that brought the newest
		e := c.events[i]
		if e.at != c.events[at].at || e.new == "" || !numbered(fileVersion(e.path)) {
			continue
		}
		if best < 0 || version.Compare(fileVersion(e.path), fileVersion(c.events[best].path)) > 0 {
			best = i
		}
	}
	return best
}
