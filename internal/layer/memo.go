package layer

import (
	"maps"
	"path"
	"slices"
	"strings"
)

// A memo is what an earlier scan knew: the files that there were, and what it
// made of recipes and patch files. A scan takes from it whatever no change
// since then can have touched, and is the same as without.
type memo struct {
	files   map[string]string                    // name -> identity, of the tree of that scan
	links   map[string]string                    // directories that are symbolic links
	recipes map[string]map[string]rememberedFile // by build, then by name
	patches map[string]readPatch                 // by content and base name
}

// A rememberedFile is a recipe with what it was made of.
type rememberedFile struct {
	recipe Recipe // as bitbake would take it; Inactive is decided anew
	asked  []string
}

// A readPatch is what a patch file says, wherever it lies.
type readPatch struct {
	patch Patch
	lines patchLines
}

// identity is what a file was, without its path.
func (f file) identity() string {
	if f.link {
		return "@" + f.hash
	}
	return f.hash
}

// A renewal is a memo being used for one scan, and the one made of it.
type renewal struct {
	old     *memo
	changed map[string]bool // base names of what changed, and directories with a slash in which something came or went
	next    memo
	all     int // recipes and patches of this scan
	fresh   int // of them, those that were read anew
}

// renew compares the tree with that of the memo, which may be nil.
func (m *memo) renew(t *tree) *renewal {
	r := &renewal{old: &memo{}, changed: map[string]bool{}}
	r.next = memo{files: make(map[string]string, len(t.names)), links: t.links}
	r.next.recipes, r.next.patches = map[string]map[string]rememberedFile{}, map[string]readPatch{}
	for _, name := range t.names {
		r.next.files[name] = t.files[name].identity()
	}
	if m == nil {
		return r
	}
	r.old = m
	if !maps.Equal(m.links, t.links) { // any path may lead elsewhere now
		r.old = &memo{patches: m.patches}
		return r
	}
	for name, is := range r.next.files {
		if was, ok := m.files[name]; !ok {
			r.moved(name)
		} else if was != is {
			r.changed[path.Base(name)] = true
		}
	}
	for name := range m.files {
		if _, ok := r.next.files[name]; !ok {
			r.moved(name)
		}
	}
	return r
}

// moved notes a file that came or went, and with it maybe the directories that
// it is in.
func (r *renewal) moved(name string) {
	for ; name != "/"; name = path.Dir(name) {
		r.changed[path.Base(name)] = true
		r.changed[name+"/"] = true
	}
	r.changed["//"] = true
}

// touches says whether an answer to one of these questions changed.
func (r *renewal) touches(asked []string) bool {
	return slices.ContainsFunc(asked, func(a string) bool { return r.changed[a] })
}

// recipes are those of a build that the memo knows, none where the
// configuration of the build may be another one.
func (r *renewal) recipes(b *build) map[string]rememberedFile {
	if r.touches(b.base.tree.names()) {
		return nil
	}
	return r.old.recipes[b.key]
}

// recipe is a known one if nothing of it changed and the same appends apply,
// else it is read.
func (r *renewal) recipe(b *build, file string, appends []string) (f rememberedFile, fresh bool) {
	f, ok := b.known[file]
	same := func(shown, name string) bool { return shown == display(name) }
	if ok && slices.EqualFunc(f.recipe.Appends, appends, same) && !r.touches(f.asked) {
		return f, false
	}
	f.recipe, f.asked = b.recipe(file, appends)
	return f, true
}

// keep remembers a recipe of a build.
func (r *renewal) keep(b *build, file string, f rememberedFile, fresh bool) {
	r.count(fresh)
	if r.next.recipes[b.key] == nil {
		r.next.recipes[b.key] = map[string]rememberedFile{}
	}
	r.next.recipes[b.key][file] = f
}

// keepPatch remembers what a patch file says.
func (r *renewal) keepPatch(key string, p readPatch, fresh bool) {
	r.count(fresh)
	p.patch.Source, p.patch.Path = "", "" // of one of those that have this content
	r.next.patches[key] = p
}

func (r *renewal) count(fresh bool) {
	r.all++
	if fresh {
		r.fresh++
	}
}

// patch is what a patch file says, known or read.
func (r *renewal) patch(t *tree, name string) (p readPatch, fresh bool) {
	p, ok := r.old.patches[patchKey(t, name)]
	if !ok || t.files[name].link {
		p.patch, p.lines = t.patch(name)
		return p, true
	}
	p.patch.Source, p.patch.Path = splitSource(name)
	return p, false
}

// patchKey is what the facts of a patch file depend on.
func patchKey(t *tree, name string) string { return t.files[name].hash + "/" + path.Base(name) }

// buildKey is what makes a build besides the files of its layers.
func buildKey(layers []*layerDir, overrides []string) string {
	var b strings.Builder
	for _, l := range layers {
		b.WriteString(l.root + "\x00" + l.Name + "\x00")
	}
	return b.String() + "\x00" + strings.Join(overrides, "\x00")
}
