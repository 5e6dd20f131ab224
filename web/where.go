package web

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/web/view"
)

// lanesShown bounds the branches of one project that are drawn.
const lanesShown = 24

// whereIs says which branches and versions have the commit of a match, and
// which that the team pins lack it.
func (b *changeBuilder) whereIs(m change.Match) *view.Where {
	w := view.Where{Project: m.Project, FirstTag: view.Safe(m.FirstTag()), MoreTags: max(0, len(m.Tags)-1), Queued: m.Queued}
	for _, branch := range m.Branches {
		state := view.LaneHas
		if m.Queued {
			state = view.LaneStaging
		}
		w.Lanes = append(w.Lanes, view.Lane{Ref: b.ref(m.Project, "branch", branch), State: state})
	}
	for _, l := range b.landings {
		if l.Match.Project == m.Project && l.Match.Commit == m.Commit {
			for _, p := range l.Pins {
				w.Lanes = b.addPin(w.Lanes, p)
			}
		}
	}
	order := []string{view.LaneHas, view.LaneStaging, view.LaneCarried, view.LaneLacks, view.LaneUnknown}
	slices.SortStableFunc(w.Lanes, func(x, y view.Lane) int {
		return cmp.Or(slices.Index(order, x.State)-slices.Index(order, y.State), cmp.Compare(len(y.Places), len(x.Places)))
	})
	w.Lanes = firstN(w.Lanes, lanesShown)
	return &w
}

// addPin adds one that the team pins, to the lane of its branch or version
// where there is one.
func (b *changeBuilder) addPin(lanes []view.Lane, p change.Presence) []view.Lane {
	lane := view.Lane{Ref: b.ref(p.Project, "branch", p.Ref), State: presenceState(p), Tag: p.Tag, Places: []string{view.Safe(p.Place)}}
	if p.Tag {
		lane.Ref = b.ref(p.Project, "tag", p.Ref)
		if p.Ref == "" {
			lane.Ref.Text = view.Safe(p.Version)
		}
	} else if p.Ref == "" {
		lane.Ref.Text = shortHash(view.Safe(p.Version))
	}
	for i, l := range lanes {
		if l.Ref.Text == lane.Ref.Text && l.Tag == lane.Tag && l.State == lane.State {
			lanes[i].Places = append(lanes[i].Places, lane.Places...)
			return lanes
		}
	}
	return append(lanes, lane)
}

func presenceState(p change.Presence) string {
	switch {
	case p.Has:
		return view.LaneHas
	case p.Carried:
		return view.LaneCarried
	case p.Lacks():
		return view.LaneLacks
	}
	return view.LaneUnknown
}

// ref is a branch or tag with where its project shows it.
func (b *changeBuilder) ref(project, what, name string) view.Link {
	return view.Link{Text: view.Safe(name), Href: b.forge(project, what, name)}
}

// forge is where a project shows a commit, branch or tag; "" where that is not
// known.
func (b *changeBuilder) forge(project, what, name string) string {
	return view.ForgeURL(b.locations[project], what, name)
}

// revision finds the revision in the note of a posted sighting.
var revision = regexp.MustCompile(`\bv[0-9]+\b`)

// named is what a key stands for, with where it is shown.
func (b *changeBuilder) named(key string) view.Named {
	if project, hash, ok := cutCommitKey(key); ok {
		return view.Named{What: view.Link{Text: "commit " + shortHash(view.Safe(hash)) + " of " + view.Safe(project), Href: b.forge(project, "commit", hash)}, Word: "commit"}
	}
	n := view.Named{What: view.Link{Text: b.where(key)}, Word: "patch"}
	switch g := b.byKey[key]; {
	case g.Kind == change.Posted:
		n.What.Href = view.MessageURL(strings.TrimPrefix(g.Key, change.PostedKey("")))
		n.Word = cmp.Or(revision.FindString(g.Note), "v1")
	case g.Kind == change.Offered: // "offered:message-id:path"
		id := strings.TrimSuffix(strings.TrimPrefix(g.Key, "offered:"), ":"+g.Path)
		n.What.Href = view.MessageURL(id)
	case g.Path != "":
		n.What.Href = view.LayerFilter{Layer: g.Source, Text: path.Base(g.Path)}.URL()
	}
	return n
}
