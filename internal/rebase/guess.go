package rebase

import (
	"context"

	"github.com/upstreamd/upstreamd/internal/git"
)

// guess makes work of a file of a patch without an old version that it fits:
// the hunks that apply are applied, and those that do not are merged where
// they most likely belong, with the patch's own lines as the old version.
func (t *tried) guess(ctx context.Context, l git.Labels) (w Work, ok bool, err error) {
	if t.Binary || t.nameless || t.unread || t.missing || t.Damage != "" || t.new == "" || t.Copy || len(t.Hunks) == 0 {
		return w, false, nil
	}
	ours, base, theirs := t.before, content{}, content{}
	if t.old == "" {
		ours = t.there
		if theirs, ok = t.made(); !ok {
			return w, false, nil
		}
	} else {
		base, theirs = t.expected()
	}
	w.Path = t.new
	var clean bool
	w.Data, clean, err = git.Merge3Marked(ctx, []byte(base.String()), []byte(ours.String()), []byte(theirs.String()), l)
	if !clean {
		w.Conflicts = git.Conflicts(w.Data)
	}
	return w, w.Data != nil, err
}

// expected is the file as the patch would like to have it, and as it would
// make it: where a hunk fits nowhere, its own lines stand for those of the
// place where it most likely belongs.
func (t *tried) expected() (base, theirs content) {
	lines := t.before.lines
	marks := rare(lines)
	next := 0 // the first line that is not dealt with yet
	both := func(to int) {
		base.lines = append(base.lines, lines[next:to]...)
		theirs.lines = append(theirs.lines, lines[next:to]...)
		next = to
	}
	for i, h := range t.Hunks {
		if i < len(t.back) && t.spots[i].at < 0 && t.back[i].at >= 0 {
			continue // it is there already
		}
		s := newShape(h)
		at := t.spots[i].at
		if at < 0 {
			at = min(s.likely(marks, t.spots[i].guess), len(lines))
		}
		at = max(at, next)
		both(min(at, t.nextSpot(i, len(lines))))
		end := max(next, min(at+len(s.old), t.nextSpot(i, len(lines))))
		for _, l := range h.Lines {
			if l.Op != '+' {
				base.lines = append(base.lines, l.Text)
			}
			if l.Op != '-' {
				theirs.lines = append(theirs.lines, l.Text)
			}
		}
		next = end
	}
	both(len(lines))
	base.open, theirs.open = t.before.open, t.before.open
	return base, theirs
}

// nextSpot is where the next hunk after hunk i fits, or else end.
func (t *tried) nextSpot(i, end int) int {
	for _, s := range t.spots[i+1:] {
		if s.at >= 0 {
			return s.at
		}
	}
	return end
}
