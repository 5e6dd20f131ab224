package pipeline

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
)

// A Target is something that a posting is meant for.
type Target struct {
	Kind   string `json:"kind"`             // layer or project
	Name   string `json:"name"`             // of the source
	Branch string `json:"branch,omitempty"` // that it names, or that is watched; "" if neither is known
	Why    string `json:"why"`              // in words
}

// An aim is what a posting tells of what it is meant for.
type aim struct {
	List     string
	Branch   string   // that its subjects name, several with spaces between; ""
	Prefixes []string // other words in brackets, as written
	Files    []string // paths that its patches touch
	Base     string   // commit that it is made on; ""
}

// A ground is what targets are sought in.
type ground struct {
	set  Settings
	sub  map[string][]string        // layers in it, by layer source: "meta-oe", "meta-python"
	dirs map[string][]string        // layer sources by directory of a recipe
	base func(hash string) []string // names of projects and locations of layers that have the commit
}

// newGround knows the recipes of the layers, each as "source/sub-layer" and
// path in the repository.
func newGround(set Settings, recipes []RecipeFile, base func(string) []string) ground {
	g := ground{set: set, sub: map[string][]string{}, dirs: map[string][]string{}, base: base}
	for _, r := range recipes {
		if sub := path.Base(r.SubLayer); r.SubLayer != r.Layer && !slices.Contains(g.sub[r.Layer], sub) {
			g.sub[r.Layer] = append(g.sub[r.Layer], sub)
		}
		if dir := path.Dir(r.File); dir != "." && !slices.Contains(g.dirs[dir], r.Layer) {
			g.dirs[dir] = append(g.dirs[dir], r.Layer)
		}
	}
	return g
}

// A RecipeFile is where a recipe of a layer is.
type RecipeFile struct {
	Layer    string // name of the source
	SubLayer string // the same, or source/path of the layer in it
	File     string // path in the repository
}

// targets are what a posting is meant for. What it says itself counts: the
// layer in its subject, the commit that it is made on, the recipes that it
// touches. Only where that leads nowhere it is all that its list is for. A
// branch that it names rules out what follows another one, where the same
// repository is watched at both.
func (g ground) targets(a aim) []Target {
	for _, find := range [][]func(aim) []Target{{g.byPrefix, g.byBase, g.byPath}, {g.byList}} {
		var all []Target
		for _, f := range find {
			for _, t := range f(a) {
				all = addTarget(all, t)
			}
		}
		if all = g.onBranch(all, a.Branch); len(all) > 0 {
			slices.SortFunc(all, func(x, y Target) int { return cmp.Or(strings.Compare(x.Kind, y.Kind), strings.Compare(x.Name, y.Name)) })
			return all
		}
	}
	return nil
}

// addTarget adds a target, or one more reason for it.
func addTarget(all []Target, t Target) []Target {
	for i, have := range all {
		if have.Kind == t.Kind && have.Name == t.Name {
			if !slices.Contains(strings.Split(have.Why, ", "), t.Why) {
				all[i].Why += ", " + t.Why
			}
			return all
		}
	}
	return append(all, t)
}

// layer is a layer and the project that it is a branch of, if any, as targets.
func (g ground) layer(l Layer, why string) []Target {
	all := []Target{{"layer", l.Name, l.Branch, why}}
	for _, p := range g.set.Projects {
		if p.Location == l.Location {
			all = append(all, Target{"project", p.Name, "", why})
		}
	}
	return all
}

// byPrefix finds layers and projects by a word in brackets: the name of the
// source or of a layer in it.
func (g ground) byPrefix(a aim) (all []Target) {
	for _, word := range a.Prefixes {
		why := fmt.Sprintf("[%s] in its subject", word)
		is := func(name string) bool { return strings.EqualFold(name, word) }
		for _, l := range g.set.Layers {
			if is(l.Name) || slices.ContainsFunc(g.sub[l.Name], is) {
				all = append(all, g.layer(l, why)...)
			}
		}
		for _, p := range g.set.Projects {
			if is(p.Name) {
				all = append(all, Target{"project", p.Name, "", why})
			}
		}
	}
	return all
}

// byBase finds what has the commit that the posting is made on.
func (g ground) byBase(a aim) (all []Target) {
	if a.Base == "" || g.base == nil {
		return nil
	}
	why := fmt.Sprintf("made on its commit %.12s", a.Base)
	for _, location := range g.base(a.Base) {
		for _, l := range g.set.Layers {
			if l.Location == location {
				all = append(all, Target{"layer", l.Name, l.Branch, why})
			}
		}
		for _, p := range g.set.Projects {
			if p.Location == location {
				all = append(all, Target{"project", p.Name, "", why})
			}
		}
	}
	return all
}

// byPath finds layers by the directories of recipes that it touches. The same
// directory can be in several: those that take patches on the list count then.
// Nobody posts patches to our own layers, unless a list is set for them.
func (g ground) byPath(a aim) []Target {
	var taken, others []Target
	for _, t := range g.touched(a) {
		takes := slices.Contains(g.set.listsOf(t.layer.Name), a.List)
		switch {
		case takes:
			taken = append(taken, g.layer(t.layer, "it touches "+t.dir)...)
		case !t.layer.Local:
			others = append(others, g.layer(t.layer, "it touches "+t.dir)...)
		}
	}
	if len(taken) > 0 {
		return taken
	}
	return others
}

// A touch is a layer with a recipe in a directory.
type touch struct {
	layer Layer
	dir   string
}

// touched are the layers with recipes beside or above the files, each once.
func (g ground) touched(a aim) (all []touch) {
	for _, file := range a.Files {
		for dir := path.Dir(file); strings.LastIndexByte(dir, '/') > 0; dir = path.Dir(dir) {
			found := g.dirs[dir]
			for _, l := range g.set.Layers {
				if slices.Contains(found, l.Name) && !slices.ContainsFunc(all, func(t touch) bool { return t.layer.Name == l.Name }) {
					all = append(all, touch{l, dir})
				}
			}
			if len(found) > 0 {
				break
			}
		}
	}
	return all
}

// byList finds what takes patches on the list.
func (g ground) byList(a aim) (all []Target) {
	why := "posted to " + a.List
	for _, list := range g.set.Lists {
		if list.Name != a.List {
			continue
		}
		for _, l := range g.set.Layers {
			if slices.Contains(list.Layers, l.Name) {
				all = append(all, g.layer(l, why)...)
			}
		}
		for _, name := range list.Projects {
			all = append(all, Target{"project", name, "", why})
		}
	}
	return all
}

// onBranch leaves out the layers that follow another branch than the posting
// names, and says for which branch of a project it is. Where it names none, or
// none that is watched, all stay.
func (g ground) onBranch(all []Target, branch string) []Target {
	named := strings.Fields(branch)
	if len(named) == 0 {
		return all
	}
	watched := slices.ContainsFunc(all, func(t Target) bool { return t.Kind == "layer" && slices.Contains(named, t.Branch) })
	all = slices.DeleteFunc(all, func(t Target) bool { return t.Kind == "layer" && watched && !slices.Contains(named, t.Branch) })
	for i := range all {
		if all[i].Kind == "project" {
			all[i].Branch = branch
		}
	}
	return all
}

// targetProjects are the names of the projects among the targets.
func targetProjects(targets []Target) (names []string) {
	for _, t := range targets {
		if t.Kind == "project" {
			names = append(names, t.Name)
		}
	}
	return names
}
