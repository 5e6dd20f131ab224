package rebase

import (
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// An attempt is a patch tried on a side.
type attempt struct {
	files   []tried
	hunks   []HunkResult
	outcome string
	note    string // more, in words
}

// release forgets the contents of files.
func (a *attempt) release() {
	for i := range a.files {
		a.files[i].found, a.files[i].before, a.files[i].there = content{}, content{}, content{}
	}
}

// fits reports whether the patch applied, and so is part of its side now.
func (a *attempt) fits() bool {
	return a.outcome == Applies || a.outcome == Offset || a.outcome == Fuzz
}

// A tried is one file of an attempt.
type tried struct {
	*patch.File
	old, new string  // paths in the tree; "" = absent
	found    content // of old, as the side has it
	before   content // the same after the sections above, where they are about the same file
	there    content // of new, as the side has it, where that is another path than old
	missing  bool    // there is no file old
	nameless bool    // its name has fewer parts than -p takes off
	unread   bool    // a content is not known: too big
	occupied bool    // there is a file new that the patch wants to make
	spots    []spot  // of the hunks
	back     []spot  // of the hunks when taken back: where their change is already
}

// after is what the file of t is like when the sections before t are applied.
// Some patches have several sections about one file.
func (a *attempt) after(t tried) content {
	for i := len(a.files) - 1; i >= 0; i-- {
		if u := a.files[i]; u.new != "" && u.new == t.old {
			if slices.ContainsFunc(u.spots, func(s spot) bool { return s.at < 0 }) {
				return u.before
			}
			return rewrite(u.before, u.Hunks, u.spots)
		}
	}
	return t.found
}

// inTree is where a path of the patch is in the tree.
func (in Input) inTree(path string) string {
	path = stripped(path, in.Strip)
	if path == "" || in.Dir == "" {
		return path
	}
	return in.Dir + "/" + path
}

// apply are the options that git applies the patch with.
func (in Input) apply() git.ApplyOptions { return git.ApplyOptions{Strip: in.Strip, Dir: in.Dir} }

// nameless reports whether a path has fewer parts than -p takes off: git and
// GNU patch know no file of that name.
func nameless(path string, strip int) bool {
	return path != "" && strings.Count(path, "/") < strip-1
}

// stripped is a path of the patch without the further leading parts that -p
// with more than 1 takes off.
func stripped(path string, strip int) string {
	for ; strip > 1 && path != ""; strip-- {
		if _, rest, ok := strings.Cut(path, "/"); ok {
			path = rest
		}
	}
	return path
}

// blocked reports whether the file cannot be changed whatever its hunks say.
func (t *tried) blocked() bool {
	return t.missing || t.nameless || t.unread || t.occupied || t.Binary || t.Damage != "" || t.Copy || t.old == "" && t.new == ""
}

// sum makes the outcome of the patch of those of its hunks. strict means that
// git applied it.
func (a *attempt) sum(strict bool) {
	modified, gone := 0, 0
	worst := 0
	order := []string{Applies, Offset, Fuzz, Conflict}
	for i := range a.files {
		t := &a.files[i]
		if t.old != "" {
			modified++
			if t.missing {
				gone++
			}
		}
		for _, h := range t.results(strict) {
			a.hunks = append(a.hunks, h)
			k := slices.Index(order, h.Outcome)
			if k < 0 {
				k = len(order) - 1 // gone or merged
			}
			worst = max(worst, k)
		}
	}
	a.outcome = order[worst]
	if a.outcome == Conflict && modified > 0 && gone == modified {
		a.outcome = Gone
	}
}

// results are those of the file's hunks, or one for a file without hunks.
func (t *tried) results(strict bool) []HunkResult {
	path := t.old
	if path == "" {
		path = t.new
	}
	if len(t.Hunks) == 0 {
		r := HunkResult{File: path, Outcome: Applies}
		if !strict && t.blocked() {
			r.Outcome = t.failure()
		}
		return []HunkResult{r}
	}
	all := make([]HunkResult, len(t.spots))
	var marks map[string][]int
	for i, s := range t.spots {
		r := HunkResult{File: path, Hunk: i + 1, Outcome: Applies, Line: s.at + 1}
		switch {
		case strict && s.at < 0: // git knows better
			r.Line = s.guess + 1
		case !strict && s.at < 0 && t.back[i].at >= 0:
			r.Outcome, r.Line = Merged, t.back[i].at+1 // in a patch that does not fit
		case !strict && (s.at < 0 || t.blocked()):
			r.Outcome, r.Line = t.failure(), 0
			if marks == nil {
				marks = rare(t.before.lines)
			}
			if len(t.before.lines) > 0 {
				r.Line = min(newShape(t.Hunks[i]).likely(marks, s.guess)+1, len(t.before.lines))
			}
		case s.fuzz > 0 && !strict:
			r.Outcome = Fuzz
		case s.offset != 0:
			r.Outcome = Offset
		}
		all[i] = r
	}
	return all
}

func (t *tried) failure() string {
	if t.missing {
		return Gone
	}
	return Conflict
}
