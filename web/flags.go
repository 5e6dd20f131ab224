package web

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/rebase"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/web/view"
)

// A tested is what is known of the patch that flags are about.
type tested struct {
	path     string // of the file in its layer; "" for a mail
	project  string // whose versions it was tried on; "" where that is not known
	location string // of the project
	pinned   string // version that the recipe has; ""
}

// flag is what a test found, ready to show.
func (s *Server) flag(f store.SeenFlag, of tested) view.Flag {
	v := view.Flag{
		Role: f.Role, Version: view.Safe(f.Version), Outcome: view.Safe(f.Outcome), Detail: view.SafeText(f.Detail), At: s.when(f.At),
		Since: view.Safe(f.Since), SinceAt: s.when(f.SinceAt), ThreeWay: f.ThreeWay, Commit: of.commit(f.Commit),
	}
	for _, h := range f.Hunks {
		row := view.FlagHunk{File: view.Safe(h.File), Hunk: h.Hunk, Outcome: view.Safe(h.Outcome), Line: h.Line}
		for _, hash := range h.Blame {
			row.Blame = append(row.Blame, of.commit(hash))
		}
		v.Hunks = append(v.Hunks, row)
	}
	for outcome, share := range f.Likely {
		v.Likely = append(v.Likely, view.Likelihood{Outcome: view.Safe(outcome), Share: share})
	}
	slices.SortFunc(v.Likely, func(a, b view.Likelihood) int {
		if a.Share != b.Share {
			if a.Share > b.Share {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Outcome, b.Outcome)
	})
	v.Write, v.Clone = of.write(f.Flag)
	return v
}

// flags are all flags of a patch, those that need work first by their roles.
func (s *Server) flags(list []store.SeenFlag, of tested) []view.Flag {
	for _, f := range list {
		if f.Role == change.PinnedFlag {
			of.pinned = f.Version
		}
	}
	order := []string{change.NewestFlag, change.BranchFlag, change.PinnedFlag, change.OutlookFlag}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b store.SeenFlag) int { return slices.Index(order, a.Role) - slices.Index(order, b.Role) })
	out := make([]view.Flag, len(list))
	for i, f := range list {
		out[i] = s.flag(f, of)
	}
	return out
}

// commit is a commit of the project with where it is shown.
func (t tested) commit(hash string) view.Link {
	if hash = view.Safe(hash); hash == "" {
		return view.Link{}
	}
	l := view.Link{Text: shortHash(hash)}
	if isHash(hash) {
		l.Href = view.ForgeURL(t.location, "commit", hash)
	}
	return l
}

// write is the command that writes what becomes of a patch that does not apply
// as it is, and what its repository is a clone of.
func (t tested) write(f change.Flag) (command, clone string) {
	switch f.Outcome {
	case rebase.Offset, rebase.Fuzz, rebase.Conflict:
	default:
		return "", ""
	}
	if t.path == "" || t.project == "" || f.Role == change.PinnedFlag || f.Version == "" {
		return "", ""
	}
	words := []string{"upstreamd", "rebase", "--repo", t.project + ".git"}
	if t.pinned != "" {
		words = append(words, "--from", t.pinned)
	}
	words = append(words, "--to", f.Version, "--write", "refreshed", t.path)
	for i, w := range words {
		q, ok := shellWord(w)
		if !ok {
			return "", ""
		}
		words[i] = q
	}
	return strings.Join(words, " "), fmt.Sprintf("%s.git is a clone of %s", view.Safe(t.project), view.Safe(t.location))
}

// shellWord is a word as a shell takes it for itself; not ok is one that nobody
// should paste: it has characters that a terminal acts on or that hide.
func shellWord(w string) (string, bool) {
	if w == "" || view.Safe(w) != w {
		return "", false
	}
	const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@%+=:,./_-"
	quoted := w
	if strings.Trim(w, plain) != "" {
		quoted = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
	}
	return quoted, true
}

// project is the name of the project that a recipe is built from, "" where that
// is not known.
func (s *Server) project(ctx context.Context, recipe string) string {
	if s.config.Project == nil || recipe == "" {
		return ""
	}
	name, err := s.config.Project(ctx, recipe)
	if err != nil {
		s.log.Warn("project", "recipe", recipe, "error", err)
	}
	return name
}

// testedFlags are the flags of a change, patch by patch.
func (b *changeBuilder) testedFlags(ctx context.Context) []view.Flag {
	by := map[string][]store.SeenFlag{}
	for _, f := range b.c.Flags {
		by[f.Sighting] = append(by[f.Sighting], f)
	}
	var out []view.Flag
	for _, key := range slices.Sorted(maps.Keys(by)) {
		g := b.byKey[key]
		t := tested{path: g.Path, project: b.projectOf(ctx, g)}
		t.location = b.locations[t.project]
		rows := b.flags(by[key], t)
		for i := range rows {
			rows[i].Where = b.named(key).What
			if g.Path != "" {
				rows[i].Where.Text = view.Safe(path.Base(g.Path) + " in " + g.Source + "@" + g.Branch)
			}
		}
		out = append(out, rows...)
	}
	return out
}

// projectOf is the project whose versions a patch is tried on: that of its
// recipe, else the only one in which the patch was looked for.
func (b *changeBuilder) projectOf(ctx context.Context, g change.Sighting) string {
	if p := b.project(ctx, g.Recipe); p != "" {
		return p
	}
	only := ""
	for _, m := range b.c.Matches {
		if m.Sighting == g.Key && m.Project != only {
			if only != "" {
				return ""
			}
			only = m.Project
		}
	}
	return only
}
