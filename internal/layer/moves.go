package layer

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/progress"
	"github.com/upstreamd/upstreamd/internal/version"
)

// MoveOptions of [Moves]. The zero value is the default: all moves.
type MoveOptions struct {
	// Since is a commit: of what led to it nothing is told. "" is the whole
	// history.
	Since string
	// Only says which recipes count, by the name of their file up to the
	// version; nil: all.
	Only func(pn string) bool
	Max  int // how many moves at most, the newest; 0: no limit
	// Archive gives what is known of the past of a source; nil: it is read
	// for this once.
	Archive  func(context.Context, Source) (*Archive, error)
	Progress progress.Func
}

// Moves finds the versions that moved on the way to a source's revision, no
// commit before its parents. The files of the source are followed commit by
// commit, so that at each of them it is known which recipes there were, what
// they included and which patch files they had; of what files say, literal
// assignments are read. A merge moves nothing: what it brings, its commits did.
func Moves(ctx context.Context, src Source, o MoveOptions) ([]Move, error) {
	c, err := openChronicle(ctx, src, o.Archive, o.Progress)
	if err != nil {
		return nil, err
	}
	failed := func(err error) ([]Move, error) {
		return nil, fmt.Errorf("moved versions of layer source %s: %w", src.Name, err)
	}
	var fresh map[string]bool
	if o.Since != "" {
		hashes, err := src.Repo.RevList(ctx, []string{c.tip}, []string{o.Since})
		if err != nil {
			return failed(err)
		}
		fresh = make(map[string]bool, len(hashes))
		for _, hash := range hashes {
			fresh[hash] = true
		}
	}
	batch, err := src.Repo.Batch(ctx)
	if err != nil {
		return failed(err)
	}
	defer batch.Close()
	m := &mover{src: src, o: o, files: newFiles(), blobs: &blobs{batch: batch}}
	if err := m.follow(ctx, c, fresh); err != nil {
		return failed(err)
	}
	if o.Max > 0 && len(m.moves) > o.Max {
		m.moves = m.moves[len(m.moves)-o.Max:]
	}
	if err := m.words(ctx); err != nil {
		return failed(err)
	}
	return m.moves, nil
}

// A mover is a source while its history goes by.
type mover struct {
	src   Source
	o     MoveOptions
	files *files
	blobs *blobs
	moves []Move
}

// follow lets the history go by.
func (m *mover) follow(ctx context.Context, c *chronicle, fresh map[string]bool) error {
	for from := 0; from < len(c.events); {
		_, to := c.together(from)
		if err := ctx.Err(); err != nil {
			return err
		}
		at, events := c.events[from].at, c.events[from:to]
		from = to
		if fresh != nil && !fresh[at.hash] {
			m.files.apply(events)
			continue
		}
		m.o.Progress.Report("follow versions", from, len(c.events))
		if err := m.commit(at, events); err != nil {
			return err
		}
	}
	return nil
}

// A step is a recipe before and after a commit, by the path of its file.
type step struct{ before, after string }

// commit finds what moved by one commit.
func (m *mover) commit(at *commit, events []event) error {
	steps := m.steps(events)
	if len(steps) == 0 {
		m.files.apply(events)
		return nil
	}
	before, had := make([]*reading, len(steps)), make([][]patchFile, len(steps))
	for i, s := range steps {
		before[i] = m.blobs.recipe(m.files, s.before)
		had[i] = m.files.patches(before[i])
	}
	m.files.apply(events)
	for i, s := range steps {
		after := m.blobs.recipe(m.files, s.after)
		if mv, ok := m.move(s, before[i], after); ok {
			mv.Commit, mv.At = at.hash, at.moment().Time
			mv.Patches = m.blobs.matchPatches(had[i], m.files.patches(after))
			m.moves = append(m.moves, mv)
		}
	}
	return m.blobs.err
}

// move is what a step comes to, if anything moved.
func (m *mover) move(s step, was, is *reading) (Move, bool) {
	from, to := was.version(), is.version()
	mv := Move{
		Source: m.src.Name, PN: is.pn, FileBefore: s.before, File: s.after, From: from.String(), To: to.String(),
	}
	for _, name := range sortedKeys(is.revs) {
		if old, ok := was.revs[name]; ok && old != is.revs[name] && mv.ToRev == "" {
			mv.FromRev, mv.ToRev = old, is.revs[name]
		}
	}
	switch {
	case mv.From == mv.To && mv.ToRev == "":
		return mv, false
	case mv.From == mv.To:
		mv.Kind = Revision
		return mv, true
	case s.before != s.after:
		mv.Kind = Renamed
	default:
		mv.Kind = Versioned
	}
	if version.Normalize(from.PV) != "" && version.Normalize(to.PV) != "" {
		mv.Back = to.Compare(from) < 0
	}
	return mv, true
}

// steps are the recipes that a commit may have moved, by path.
func (m *mover) steps(events []event) []step {
	gone, came := map[string][]string{}, map[string][]string{} // recipe files by name
	var steps []step
	seen := map[string]bool{}
	add := func(s step) {
		if !seen[s.after] {
			seen[s.after] = true
			steps = append(steps, s)
		}
	}
	var touched []string // directories of include files
	for _, e := range events {
		switch name := stem(e.path); {
		case path.Ext(e.path) == ".inc":
			touched = append(touched, path.Dir(e.path))
		case path.Ext(e.path) != ".bb" || m.o.Only != nil && !m.o.Only(name):
		case e.new == "":
			gone[name] = append(gone[name], e.path)
		case e.old == "":
			came[name] = append(came[name], e.path)
		default:
			add(step{e.path, e.path})
		}
	}
	for _, name := range sortedKeys(came) {
		for _, s := range m.pairs(name, gone[name], came[name]) {
			add(s)
		}
	}
	for _, name := range sortedKeys(gone) {
		if s, ok := m.fallback(name, gone[name], came[name]); ok {
			add(s)
		}
	}
	for _, file := range m.files.recipesBelow(touched) {
		if !m.files.goes(events, file) && (m.o.Only == nil || m.o.Only(stem(file))) {
			add(step{file, file})
		}
	}
	slices.SortFunc(steps, func(a, b step) int { return cmp.Compare(a.after, b.after) })
	return steps
}

// pairs says which recipe files that came stand for which that went: those in
// one directory first, of these the closest versions, the newest first. One that
// came beside others is a step from the newest of them, if it is newer.
func (m *mover) pairs(name string, gone, came []string) (steps []step) {
	gone = slices.Clone(gone)
	newestFirst := func(a, b string) int {
		return cmp.Or(version.Compare(fileVersion(b), fileVersion(a)), cmp.Compare(a, b))
	}
	slices.SortFunc(gone, newestFirst)
	came = slices.SortedFunc(slices.Values(came), newestFirst)
	near := func(a, b string) int { // how close, the closest last
		n := commonParts(fileVersion(a), fileVersion(b))
		if path.Dir(a) == path.Dir(b) {
			n += 1000
		}
		return n
	}
	left := slices.Clone(came)
	for len(left) > 0 && len(gone) > 0 {
		bestA, bestB := 0, 0
		for b := range left {
			for a := range gone {
				if near(gone[a], left[b]) > near(gone[bestA], left[bestB]) {
					bestA, bestB = a, b
				}
			}
		}
		steps = append(steps, step{gone[bestA], left[bestB]})
		gone, left = slices.Delete(gone, bestA, bestA+1), slices.Delete(left, bestB, bestB+1)
	}
	if len(left) == 0 || len(left) < len(came) {
		return steps
	}
	if newest := m.files.newest(name, nil); newest != "" && version.Compare(fileVersion(left[0]), fileVersion(newest)) > 0 {
		steps = append(steps, step{newest, left[0]})
	}
	return steps
}

// fallback is the step to the newest recipe that is left where the newest one
// went and nothing came.
func (m *mover) fallback(name string, gone, came []string) (step, bool) {
	if len(came) > 0 {
		return step{}, false
	}
	was, is := m.files.newest(name, nil), m.files.newest(name, gone)
	if is == "" || was == is {
		return step{}, false
	}
	return step{was, is}, true
}

// commonParts is how many parts at their begin two versions share.
func commonParts(a, b string) (n int) {
	split := func(s string) []string {
		return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(".-+~", r) })
	}
	x, y := split(a), split(b)
	for n < len(x) && n < len(y) && x[n] == y[n] {
		n++
	}
	return n
}

// words fills in what commit messages say of dropped patches.
func (m *mover) words(ctx context.Context) error {
	byCommit := map[string][]*PatchMove{}
	for i := range m.moves {
		for k := range m.moves[i].Patches {
			if p := &m.moves[i].Patches[k]; p.Outcome == PatchDropped {
				byCommit[m.moves[i].Commit] = append(byCommit[m.moves[i].Commit], p)
			}
		}
	}
	if len(byCommit) == 0 {
		return nil
	}
	q := git.LogQuery{Revs: sortedKeys(byCommit), Only: true}
	return m.src.Repo.Log(ctx, q, func(c *git.Commit) error {
		for _, p := range byCommit[c.Hash] {
			p.Words = droppedWords(c.Subject+"\n\n"+c.Body, p.Name)
		}
		return nil
	})
}
