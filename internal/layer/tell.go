package layer

import (
	"context"
	"slices"
	"strings"
)

// tell fills in who had first what duplicates share, and what upstream did
// since. It says what follows from the two histories for sure, and the same
// however often one looks.
func (s *Scan) tell(ctx context.Context, sources []Source, h *histories) error {
	all := s.find()
	for i := range all {
		d := &all[i]
		at := func(name string) Source {
			return sources[slices.Index(s.order, name)]
		}
		if !hasFirst[d.Kind] {
			continue
		}
		ours, err := h.begun(ctx, at(d.LocalSource))
		if err != nil {
			return err
		}
		theirs, err := h.begun(ctx, at(d.UpstreamSource))
		if err != nil {
			return err
		}
		t := teller{d, ours, theirs, s.like[twin{d.LocalSource, d.LocalFile, d.UpstreamSource}]}
		t.first()
		t.news()
	}
	s.told = all
	return nil
}

// hasFirst are the kinds of duplicates that somebody had first: in the others
// one is made for the other.
var hasFirst = map[string]bool{"fork": true, "renamed": true, "patch": true, "class": true, "inc": true}

// A twin is a local patch file and another source.
type twin struct{ source, file, other string }

// A teller tells the story of one duplicate.
type teller struct {
	d            *Duplicate
	ours, theirs *chronicle
	like         []Version // patches of theirs, in all their history
}

// since are when both sides had it.
func (t teller) since() (ours, theirs first) {
	switch t.d.Kind {
	case "patch":
		return t.ours.firstPatch(t.d.LocalFile, "", nil), t.theirs.firstPatch(t.d.UpstreamFile, t.d.Match, t.like)
	case "class", "inc":
		return t.ours.firstFile(t.d.LocalFile), t.theirs.firstFile(t.d.UpstreamFile)
	}
	ours, theirs = t.ours.firstNamed(nameKey(t.d.LocalFile)), t.theirs.firstNamed(nameKey(t.d.UpstreamFile))
	if theirs.Time.IsZero() && t.d.Came != "" { // on another branch
		if m := t.theirs.archive.moment(t.d.Came); m != nil {
			theirs = first{*m, t.d.UpstreamFile, t.theirs.begins[m.Commit]}
		}
	}
	return ours, theirs
}

// first fills in who had it first, and when, and that upstream got it later.
func (t teller) first() {
	ours, theirs := t.since()
	t.d.LocalSince, t.d.UpstreamSince = ours.Moment, theirs.Moment
	switch {
	case ours.before(theirs):
		t.d.First = "local"
		n := News{Kind: "added", Moment: theirs.Moment}
		if v := fileVersion(theirs.path); t.recipe() && numbered(v) {
			n.Version = v
		}
		t.d.News = append(t.d.News, n)
	case theirs.before(ours):
		t.d.First = "upstream"
	}
}

// recipe says whether both are recipes.
func (t teller) recipe() bool { return t.d.Kind == "fork" || t.d.Kind == "renamed" }

// news adds what upstream did since we have it.
func (t teller) news() {
	d := t.d
	since := func(m Moment) bool { return !d.LocalSince.Time.IsZero() && m.Time.After(d.LocalSince.Time) }
	if d.Went != "" {
		if m := t.theirs.archive.moment(d.Went); m != nil && since(*m) && !t.theirs.begins[m.Commit] {
			d.News = append(d.News, News{Kind: "dropped", Moment: *m})
		}
		return
	}
	pe, pv := epochAnd(d.LocalVersion)
	if upstream, _ := epochAnd(d.UpstreamVersion); !t.recipe() || d.Relation != "local-older" || upstream != pe {
		return // names of files say nothing of PE
	}
	i := t.theirs.overtaken(nameKey(d.UpstreamFile), pv)
	if i < 0 {
		return
	}
	f := t.theirs.firstAt(i)
	if !f.bound && since(f.Moment) && !(len(d.News) > 0 && d.News[0].Commit == f.Commit) {
		d.News = append(d.News, News{Kind: "overtaken", Moment: f.Moment, Version: fileVersion(f.path)})
	}
}

// epochAnd splits [PE:]PV.
func epochAnd(v string) (pe, pv string) {
	if pe, pv, ok := strings.Cut(v, ":"); ok {
		return pe, pv
	}
	return "", v
}
