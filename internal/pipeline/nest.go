package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// nestVersion is part of the mark of what was looked into: raise it when more
// is read, and every mail is looked into again.
const nestVersion = "1"

// nestBatch is how many mails are looked into in one step.
const nestBatch = 500

// A nestedStore keeps patch files in posted patches.
type nestedStore interface {
	NestedPatches(ctx context.Context) ([]Nested, error)
	PutNested(ctx context.Context, messageIDs []string, found []Nested) error
}

// nest looks for patch files in the posted patches that it has not seen yet,
// and in those again of whose files it had only parts, when layers have moved.
func (m *Matcher) nest(ctx context.Context, posted []Posted, patches *Patches) ([]Nested, error) {
	known, err := m.nested.NestedPatches(ctx)
	if err != nil {
		return nil, err
	}
	layers, err := m.layersPrint(ctx)
	if err != nil {
		return nil, err
	}
	was, err := m.changes.Cursor(ctx, "match", "nested")
	if err != nil {
		return nil, err
	}
	posted = slices.Clone(posted)
	slices.SortFunc(posted, func(a, b Posted) int { return cmp.Or(cmp.Compare(a.Raw, b.Raw), strings.Compare(a.Key, b.Key)) })
	todo, gone := unread(posted, known, was, layers)
	if len(todo) == 0 && len(gone) == 0 && was == nestMark(posted, layers) {
		return known, nil
	}
	if err := m.nested.PutNested(ctx, gone, nil); err != nil {
		return nil, err
	}
	for done := 0; done < len(todo); done += nestBatch {
		m.set.Progress.Report("look into patches", done, len(todo))
		if err := m.nestSome(ctx, todo[done:min(done+nestBatch, len(todo))], patches); err != nil {
			return nil, err
		}
	}
	if err := m.changes.SetCursor(ctx, "match", "nested", nestMark(posted, layers)); err != nil {
		return nil, err
	}
	return m.nested.NestedPatches(ctx)
}

// nestSome looks into some mails.
func (m *Matcher) nestSome(ctx context.Context, posted []Posted, patches *Patches) error {
	var ids []string
	var found []Nested
	for _, p := range posted {
		ids = append(ids, p.MessageID)
		outer, err := patches.Posted(ctx, p.Raw)
		if err != nil && unreadable(err) {
			continue
		} else if err != nil {
			return fmt.Errorf("%s: %w", p.Key, err)
		}
		for _, in := range patch.Nested(outer) {
			n, err := patches.nested(ctx, p, outer, in)
			if err != nil {
				return fmt.Errorf("%s in %s: %w", in.Path, p.Key, err)
			}
			found = append(found, n)
		}
	}
	return m.nested.PutNested(ctx, ids, found)
}

// nested describes a patch file in a posted patch.
func (p *Patches) nested(ctx context.Context, m Posted, outer *patch.Patch, in patch.Inner) (Nested, error) {
	n := Nested{
		Key: change.OfferedKey(m.MessageID, in.Path), MessageID: m.MessageID, Path: in.Path,
		Recipes: recipesOf(outer, in.Path), Subject: path.Base(in.Path),
	}
	text, err := p.whole(ctx, in)
	if err == nil {
		var inner *patch.Patch
		if inner, err = patch.Parse(text); err == nil {
			n.Status = patch.FindUpstreamStatus(text)
			n.Subject, n.Author = cmp.Or(inner.Subject, n.Subject), strings.ToLower(inner.Author.Email)
		}
	}
	switch {
	case err == nil:
	case unreadable(err), errors.Is(err, patch.ErrTooBig):
		n.Problem = err.Error()
	default:
		return n, err
	}
	return n, nil
}

// unread are the posted patches that have to be looked into, and the
// message-ids of those that were posted no more. Posted is in order of the
// raw mails.
func unread(posted []Posted, known []Nested, was, layers string) (todo []Posted, gone []string) {
	partly := map[string]bool{}
	for _, n := range known {
		partly[n.MessageID] = partly[n.MessageID] || n.Problem != ""
	}
	upTo := 0
	if mark := strings.Fields(was); len(mark) == 2 {
		for i := range posted {
			if strings.HasPrefix(mark[0], fmt.Sprint(posted[i].Raw)+":") {
				upTo = i + 1
			}
		}
		if nestMark(posted[:upTo], mark[1]) != was {
			upTo = 0 // others came between
		}
		for _, p := range posted[:upTo] {
			if partly[p.MessageID] && mark[1] != layers {
				todo = append(todo, p)
			}
		}
	}
	there := map[string]bool{}
	for _, p := range posted {
		there[p.MessageID] = true
	}
	for id := range partly {
		if !there[id] {
			gone = append(gone, id)
		}
	}
	slices.Sort(gone)
	return append(todo, posted[upTo:]...), gone
}

// nestMark says what was looked into: the last mail with a fingerprint of all
// up to it, and how the layers were.
func nestMark(posted []Posted, layers string) string {
	if len(posted) == 0 {
		return "0: " + layers
	}
	parts := []string{nestVersion}
	for _, p := range posted {
		parts = append(parts, p.Key)
	}
	return fmt.Sprintf("%d:%s %s", posted[len(posted)-1].Raw, fingerprint(parts...), layers)
}

// layersPrint is the fingerprint of all that the layers have.
func (m *Matcher) layersPrint(ctx context.Context) (string, error) {
	var parts []string
	for _, l := range m.set.Layers {
		tips, err := recorded{m.refs, m.set}.at(ctx, l.Location)
		if err != nil {
			return "", err
		}
		parts = append(parts, l.Name, tipsPrint(tips))
	}
	return fingerprint(parts...), nil
}

// versionEnd is the version at the end of a directory's name: foo-1.2.
var versionEnd = regexp.MustCompile(`-v?[0-9][0-9A-Za-z.+~]*$`)

// recipesOf are the PNs that a patch file may be for, the likeliest first: of
// the recipes in the same patch that name the file now, of those that lie
// above it, and what its directories are called.
func recipesOf(outer *patch.Patch, file string) []string {
	var names, near []string
	for _, f := range outer.Files {
		ext := path.Ext(f.New)
		if ext != ".bb" && ext != ".bbappend" && ext != ".inc" {
			continue
		}
		pn, _, _ := strings.Cut(strings.TrimSuffix(path.Base(f.New), ext), "_")
		switch {
		case adds(f, path.Base(file)):
			names = append(names, pn)
		case strings.HasPrefix(file, path.Dir(f.New)+"/"):
			near = append(near, pn)
		}
	}
	names = append(names, near...)
	for dir := path.Dir(file); dir != "." && dir != "/"; dir = path.Dir(dir) {
		base := path.Base(dir)
		if strings.HasPrefix(base, "recipes-") {
			break
		}
		if base != "files" {
			names = append(names, versionEnd.ReplaceAllString(base, ""))
		}
	}
	var once []string
	for _, n := range names {
		if n != "" && !slices.Contains(once, n) && len(once) < maxRecipes {
			once = append(once, n)
		}
	}
	return once
}

// maxRecipes is how many recipes a patch file may be for.
const maxRecipes = 8

// adds says whether a new line of a file has a text.
func adds(f *patch.File, text string) bool {
	for _, h := range f.Hunks {
		for _, l := range h.Lines {
			if l.Op == '+' && strings.Contains(l.Text, text) {
				return true
			}
		}
	}
	return false
}
