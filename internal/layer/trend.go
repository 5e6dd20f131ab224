package layer

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"time"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/progress"
)

// A Sample is what a source held at one commit of its history.
type Sample struct {
	Commit  string
	Time    time.Time // that it was committed, in UTC
	Recipes int       // recipe files
	Appends int       // bbappends
	Patches int       // patch files, used or not
	Lines   int       // that those add and remove
	Forks   int       // recipes, several versions counting once, that another source had at that time, too
	// Claims are the patch files by the word of their Upstream-Status,
	// [Missing] or [Malformed]. Compressed ones are not counted.
	Claims map[string]int
}

// TrendOptions of [Trend]. The zero value is the default.
type TrendOptions struct {
	Points int // how many samples at most; 0: 60
	// Archive gives what is known of the past of a source; nil: it is read
	// for this once.
	Archive  func(context.Context, Source) (*Archive, error)
	Progress progress.Func
}

// Trend tells how what a source holds became what it is: samples of its main
// line, evenly spread over time, the first and the last commit among them,
// oldest first. Recipes are told by the names of their files; which of them
// BBFILES takes is not looked at.
func Trend(ctx context.Context, src Source, others []Source, o TrendOptions) ([]Sample, error) {
	if o.Points <= 0 {
		o.Points = 60
	}
	c, err := openChronicle(ctx, src, o.Archive, o.Progress)
	if err != nil {
		return nil, err
	}
	t := &trend{c: c, files: map[string]string{}, stems: map[string]int{}, sample: Sample{Claims: map[string]int{}}}
	for _, other := range others {
		k, err := openChronicle(ctx, other, o.Archive, o.Progress)
		if err != nil {
			return nil, err
		}
		t.others = append(t.others, &presence{events: recipeEvents(k.events), stems: map[string]int{}, files: map[string]bool{}})
	}
	main, err := t.mainLine(ctx)
	if err != nil {
		return nil, fmt.Errorf("trend of layer source %s: %w", src.Name, err)
	}
	return t.run(main, o.Points), nil
}

// A mainCommit is one commit of the main line with what it did to the files
// that count.
type mainCommit struct {
	hash    string
	time    time.Time
	changes []event
}

// mainLine reads the main line, oldest commit first.
func (t *trend) mainLine(ctx context.Context) (all []mainCommit, err error) {
	repo := t.c.src.Repo
	fresh := map[string]bool{} // patch files that only merges made
	q := git.LogQuery{Revs: []string{t.c.tip}, Reverse: true}
	err = repo.MainChanges(ctx, q, func(c git.FileChange) error {
		if len(all) == 0 || all[len(all)-1].hash != c.Commit {
			all = append(all, mainCommit{hash: c.Commit, time: c.Time})
		}
		name := plainPath(c.Path)
		if !archivesPath(name) || !t.c.src.holds(name) {
			return nil
		}
		if _, ok := t.c.archive.sketch[c.New]; !ok && c.New != "" && patchName(name) {
			fresh[c.New] = true
		}
		last := &all[len(all)-1]
		last.changes = append(last.changes, event{nil, name, c.Old, c.New})
		return nil
	})
	if err != nil {
		return nil, err
	}
	if t.fresh, err = sketchBlobs(ctx, repo, slices.Sorted(maps.Keys(fresh)), nil); err != nil {
		return nil, err
	}
	if len(all) == 0 || all[len(all)-1].hash != t.c.tip { // it changes nothing
		err = repo.Log(ctx, git.LogQuery{Revs: []string{t.c.tip}, Merges: true, Max: 1}, func(c *git.Commit) error {
			all = append(all, mainCommit{hash: c.Hash, time: c.CommitTime})
			return nil
		})
	}
	return all, err
}

// A trend is the state of a source while its main line goes by.
type trend struct {
	c      *chronicle
	others []*presence
	fresh  map[string]sketch
	files  map[string]string // blobs by path
	stems  map[string]int    // recipe files by name
	sample Sample
}

// run lets the main line go by and takes a sample wherever the next is due.
func (t *trend) run(main []mainCommit, points int) (out []Sample) {
	begin, end := main[0].time, main[len(main)-1].time
	step := end.Sub(begin) / time.Duration(max(points-1, 1))
	due := begin
	for i, m := range main {
		for _, e := range m.changes {
			t.apply(e)
		}
		last := i == len(main)-1
		if i > 0 && !last && (step <= 0 || len(out) >= points-1 || !main[i+1].time.After(due)) {
			continue // a later commit stands for this time
		}
		s := t.sample
		s.Commit, s.Time, s.Claims = m.hash, m.time, maps.Clone(t.sample.Claims)
		s.Forks = t.forks(m.time)
		out = append(out, s)
		for step > 0 && !last && due.Before(main[i+1].time) {
			due = due.Add(step)
		}
	}
	return out
}

// apply is one change of a file.
func (t *trend) apply(e event) {
	if old, ok := t.files[e.path]; ok {
		t.count(e.path, old, -1)
		delete(t.files, e.path)
	}
	if e.new != "" {
		t.count(e.path, e.new, 1)
		t.files[e.path] = e.new
	}
}

// count adds a file to the sample, or takes it away.
func (t *trend) count(file, blob string, n int) {
	switch {
	case path.Ext(file) == ".bb":
		t.sample.Recipes += n
		if t.stems[stem(file)] += n; t.stems[stem(file)] == 0 {
			delete(t.stems, stem(file))
		}
	case path.Ext(file) == ".bbappend":
		t.sample.Appends += n
	case patchName(file):
		s, ok := t.c.archive.sketch[blob]
		if !ok {
			s = t.fresh[blob]
		}
		t.sample.Patches += n
		t.sample.Lines += n * int(s.Added+s.Removed)
		if s.Claim != "" {
			if t.sample.Claims[s.Claim] += n; t.sample.Claims[s.Claim] == 0 {
				delete(t.sample.Claims, s.Claim)
			}
		}
	}
}

// forks are the names of recipes that another source has at a time, too.
func (t *trend) forks(at time.Time) (n int) {
	for _, o := range t.others {
		o.until(at)
	}
	for name := range t.stems {
		if slices.ContainsFunc(t.others, func(o *presence) bool { return o.stems[name] > 0 }) {
			n++
		}
	}
	return n
}

// A presence is which recipes a source has while time goes by.
type presence struct {
	events []event // of recipe files, by time
	files  map[string]bool
	stems  map[string]int
}

// recipeEvents are those of recipe files, by time.
func recipeEvents(all []event) []event {
	all = slices.DeleteFunc(slices.Clone(all), func(e event) bool { return path.Ext(e.path) != ".bb" })
	slices.SortStableFunc(all, func(x, y event) int { return cmp.Compare(x.at.when, y.at.when) })
	return all
}

// until goes on to a time.
func (p *presence) until(at time.Time) {
	for len(p.events) > 0 && p.events[0].at.when <= at.Unix() {
		e := p.events[0]
		p.events = p.events[1:]
		if has := e.new != ""; has != p.files[e.path] {
			p.files[e.path] = has
			if has {
				p.stems[stem(e.path)]++
			} else {
				p.stems[stem(e.path)]--
			}
		}
	}
}
