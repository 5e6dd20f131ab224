package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/diffmatch"
	"github.com/upstreamd/upstreamd/internal/patch"
	"github.com/upstreamd/upstreamd/web/view"
)

// versus serves GET /changes/{id}/compare: two sightings of a change, or one
// and a commit, side by side.
func (s *Server) versus(w http.ResponseWriter, r *http.Request) error {
	c, err := s.changeOf(r)
	if err != nil {
		return err
	}
	b, err := s.builder(r.Context(), c)
	if err != nil {
		return err
	}
	v := view.Versus{ID: c.ID, Title: titleOf(c.Title), Choices: b.choices(), Left: r.FormValue("left"), Right: r.FormValue("right")}
	if v.Left == "" || v.Right == "" {
		v.Left, v.Right = b.firstChoice(v.Choices)
	}
	for _, key := range []string{v.Left, v.Right} {
		if len(v.Choices) > 1 && !slices.ContainsFunc(v.Choices, func(o view.Choice) bool { return o.Key == key }) {
			return badRequest("What is to be compared is not part of this change.")
		}
	}
	if len(v.Choices) > 1 {
		if err := b.fillVersus(r.Context(), &v); err != nil {
			s.log.Warn("comparison", "left", v.Left, "right", v.Right, "error", err)
			v.Headline, v.WhyNot = "not compared", whyNot(err)
		} else if r.FormValue("all") == "" {
			v.Compared.Shorten(view.AllURL(c.ID, v.Left, v.Right))
		}
	}
	crumbs := []view.Link{{Text: "Changes", Href: view.ChangeFilter{}.URL()}, {Text: titleOf(c.Title), Href: view.ChangeURL(c.ID)}}
	return s.render(w, r, view.VersusPage(s.shell(r, "Side by side", view.InChanges, crumbs...), v))
}

// choices are what can be compared: what was seen, oldest first, and the
// commits that a match or a person names.
func (b *changeBuilder) choices() []view.Choice {
	var list []view.Choice
	add := func(key string) {
		if !slices.ContainsFunc(list, func(c view.Choice) bool { return c.Key == key }) {
			list = append(list, view.Choice{Key: key, Words: b.named(key).What.Text})
		}
	}
	for _, g := range b.c.Sightings {
		add(g.Key)
	}
	for _, m := range b.c.Matches {
		for _, hash := range m.Commits {
			add(change.CommitKey(m.Project, hash))
		}
		if m.Commit != "" {
			add(change.CommitKey(m.Project, m.Commit))
		}
	}
	for _, d := range b.c.Decisions {
		if _, _, ok := cutCommitKey(d.Object); ok {
			add(d.Object)
		}
	}
	return list
}

// firstChoice is what is compared where nobody said what: the best patch with
// the best commit, else the first two.
func (b *changeBuilder) firstChoice(list []view.Choice) (left, right string) {
	if len(list) < 2 {
		return "", ""
	}
	for _, e := range b.evidence() {
		if e.About() != "" {
			return e.About(), e.Key
		}
	}
	return list[0].Key, list[1].Key
}

// fillVersus compares.
func (b *changeBuilder) fillVersus(ctx context.Context, v *view.Versus) error {
	left, err := b.read(ctx, v.Left)
	if err != nil {
		return err
	}
	right, err := b.read(ctx, v.Right)
	if err != nil {
		return err
	}
	like := diffmatch.Compare(left.patch, right.patch)
	var points []change.Evidence
	for _, e := range like.Evidence {
		points = append(points, change.Evidence(e))
	}
	v.Headline, v.Same, v.Near = likeness(like.Same)
	for _, m := range b.c.Matches { // the engine knows more: how rare the lines are
		if m.Sighting == v.Left && m.Verdict != change.None && change.CommitKey(m.Project, m.Commit) == v.Right {
			points = m.Evidence
			v.Headline = fmt.Sprintf("%s, %.0f %% sure", m.Verdict, 100*min(m.Confidence, 0.99))
			v.Same, v.Near, v.Reverted = m.Verdict == change.Merged, true, view.Safe(shortHash(m.RevertedBy))
		}
	}
	c := versus(left, right)
	v.Compared, v.Points = &c, view.NewPoints(points)
	return nil
}

// alike says why the sightings are taken for one change.
func (b *changeBuilder) alike() []view.Alike {
	var list []view.Alike
	for _, l := range b.c.Alike {
		words, same, _ := likeness(l.Same)
		a := view.Alike{A: b.named(l.A).What, B: b.named(l.B).What, Words: words, Same: same, Points: view.NewPoints(l.Evidence)}
		if b.compares() && b.byKey[l.A].Key != "" && b.byKey[l.B].Key != "" {
			a.Compare = view.CompareURL(b.c.ID, l.A, l.B)
		}
		list = append(list, a)
	}
	return list
}

// likeness is how like two patches are, in words.
func likeness(relation string) (words string, same, near bool) {
	switch relation {
	case "identical":
		return "identical but for line numbers", true, true
	case "patch-id":
		return "the same change with the same lines around", true, true
	case "changes":
		return "the same changed lines", true, true
	case "near":
		return "mostly the same lines", false, true
	case "title":
		return "the same title", false, true
	}
	return "different lines", false, false
}

// A side is one side of a comparison.
type side struct {
	named view.Named
	patch *patch.Patch // with the header, where there is one
	files []*patch.File
	note  string // what of it could not be read; ""
}

// versus compares two sides.
func versus(left, right side) view.Comparison {
	c := view.Compare(left.files, right.files)
	c.Name(left.named, right.named)
	c.Note = strings.TrimSpace(left.note + " " + right.note + " " + c.Note)
	return c
}

// Why there is no comparison, as far as a person should know.
var (
	errNoPatch  = errors.New("the patch is not here any more")
	errNoCommit = errors.New("the commit is not in the mirror")
	errNoLines  = errors.New("there is no diff in it")
)

// compares says whether the server can read patches and commits at all.
func (s *Server) compares() bool { return s.config.CommitDiff != nil && s.config.PatchText != nil }

// read reads what a key stands for: a carried or posted patch, or a commit.
func (b *changeBuilder) read(ctx context.Context, key string) (side, error) {
	sd := side{named: b.named(key)}
	if !b.compares() {
		return sd, errNoPatch
	}
	if project, hash, ok := cutCommitKey(key); ok {
		diff, err := b.config.CommitDiff(ctx, project, hash)
		if err != nil {
			return sd, fmt.Errorf("%w: %w", errNoCommit, err)
		}
		sd.patch = b.header(project, hash)
		return sd, sd.parse(diff)
	}
	text, err := b.config.PatchText(ctx, b.byKey[key])
	if err != nil {
		return sd, fmt.Errorf("%w: %w", errNoPatch, err)
	}
	sd.patch, err = patch.Parse(text)
	if err == nil {
		sd.files = sd.patch.Files
		return sd, nil
	}
	return sd, sd.parse(text)
}

// header is what the matches say of a commit.
func (b *changeBuilder) header(project, hash string) *patch.Patch {
	p := &patch.Patch{}
	for _, m := range b.c.Matches {
		if m.Project == project && m.Commit == hash {
			name, address, _ := strings.Cut(m.Author, " <")
			p.Subject, p.Author = m.Subject, patch.Person{Name: name, Email: strings.TrimSuffix(address, ">")}
		}
	}
	return p
}

// parse reads a diff; of one that is too large the beginning.
func (sd *side) parse(diff []byte) error {
	files, err := patch.ParseDiff(diff)
	if len(files) == 0 {
		return fmt.Errorf("%w: %w", errNoLines, err)
	}
	if errors.Is(err, patch.ErrTooBig) {
		all := max(bytes.Count(diff, []byte("\ndiff --git "))+1, len(files))
		sd.note = fmt.Sprintf("The %s is too large to show: %s files, of which the first %s are read.", sd.named.Word, view.Count(all), view.Count(len(files)))
	}
	sd.files, sd.patch.Files = files, files
	return nil
}

// together makes one side of the commits in which a change landed: hunks of
// the same file stand in one.
func together(list []side) side {
	if len(list) == 1 {
		return list[0]
	}
	all := side{patch: &patch.Patch{}, named: view.Named{What: view.Link{Text: fmt.Sprintf("%d commits", len(list))}, Word: "commits"}}
	byPath := map[string]*patch.File{}
	for _, sd := range list {
		all.note = strings.TrimSpace(all.note + " " + sd.note)
		for _, f := range sd.files {
			if have := byPath[f.Path()]; have != nil {
				have.Hunks = append(have.Hunks, f.Hunks...)
				continue
			}
			merged := *f
			merged.Hunks = slices.Clone(f.Hunks)
			byPath[f.Path()] = &merged
			all.files = append(all.files, &merged)
		}
	}
	for _, f := range all.files {
		slices.SortStableFunc(f.Hunks, func(a, b patch.Hunk) int { return a.NewStart - b.NewStart })
	}
	all.patch.Files = all.files
	return all
}

// whyNot is an error in words for the page; the log has the rest.
func whyNot(err error) string {
	for _, known := range []error{errNoPatch, errNoCommit, errNoLines} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return "it could not be made"
}
