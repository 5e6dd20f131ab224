package layer

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/progress"
)

// A chronicle is the history of one source: what happened to its files on the
// way to its revision.
type chronicle struct {
	src     Source
	archive *Archive
	tip     string           // hash of the revision
	events  []event          // of the revision's history, below the source's directory, no commit before its parents
	byPath  map[string][]int // numbers of events
	byName  map[string][]int // by kind and name of recipe files, see [nameKey]
	order   map[string]int   // place of a commit
	begins  map[string]bool  // commits that bring what may be older; nil until [histories.begun]
}

// openChronicle reads the history of a source. Where open is nil the archive
// is made for this once.
func openChronicle(ctx context.Context, src Source, open func(context.Context, Source) (*Archive, error), report progress.Func) (*chronicle, error) {
	c := &chronicle{src: src, byPath: map[string][]int{}, byName: map[string][]int{}}
	tip, err := src.Repo.Resolve(ctx, cmp.Or(src.Rev, "HEAD"))
	if err != nil {
		return nil, fmt.Errorf("history of layer source %s: %w", src.Name, err)
	}
	c.tip = tip
	if open == nil {
		open = func(ctx context.Context, src Source) (*Archive, error) {
			return OpenArchive(ctx, src.Repo, "", []string{tip}, report)
		}
	}
	if c.archive, err = open(ctx, src); err != nil {
		return nil, fmt.Errorf("history of layer source %s: %w", src.Name, err)
	}
	commits, err := src.Repo.RevList(ctx, []string{tip}, nil)
	if err != nil {
		return nil, fmt.Errorf("history of layer source %s: %w", src.Name, err)
	}
	c.order = make(map[string]int, len(commits))
	for i, hash := range commits {
		c.order[hash] = i
	}
	c.arrange()
	return c, nil
}

// arrange fills in the events.
func (c *chronicle) arrange() {
	for _, e := range c.archive.events {
		if _, ok := c.order[e.at.hash]; ok && c.src.holds(e.path) {
			c.events = append(c.events, e)
		}
	}
	slices.SortStableFunc(c.events, func(x, y event) int { return c.order[x.at.hash] - c.order[y.at.hash] })
	for i, e := range c.events {
		c.byPath[e.path] = append(c.byPath[e.path], i)
		if key := nameKey(e.path); key != "" {
			c.byName[key] = append(c.byName[key], i)
		}
	}
}

// holds says whether a path is in the part of a source that is looked at.
func (s Source) holds(file string) bool {
	dir := strings.Trim(path.Clean("/"+s.Subdir), "/")
	return dir == "" || strings.HasPrefix(file, dir+"/")
}

// nameKey is what a recipe, append, class or include file is the same by in
// other layers and versions: its ending and its name, of recipes and appends
// up to the version. It is "" for other files, and for settings.
func nameKey(file string) string {
	ext, name := path.Ext(file), path.Base(file)
	switch {
	case ext == ".bb" || ext == ".bbappend":
		return ext + " " + stem(name)
	case ext == ".bbclass", ext == ".inc" && recipePart(file):
		return ext + " " + name
	}
	return ""
}

// stem is the name of a recipe's file without version and ending: the PN of
// nearly all recipes.
func stem(name string) string {
	name, _, _ = strings.Cut(strings.TrimSuffix(path.Base(name), path.Ext(name)), "_")
	return name
}

// together are the numbers of the events of the same commit as event i.
func (c *chronicle) together(i int) (from, to int) {
	for from = i; from > 0 && c.events[from-1].at == c.events[i].at; from-- {
	}
	for to = i + 1; to < len(c.events) && c.events[to].at == c.events[i].at; to++ {
	}
	return from, to
}
