package layer

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// facts are what a store says of a recipe once all of it was read.
type facts struct {
	tree    *view
	store   *store
	uris    []uri
	search  []string // directories of FILESPATH, once they were needed
	choices []choice // values that SRC_URI would have in other builds
}

// newFacts reads SRC_URI.
func newFacts(t *view, s *store) *facts {
	f := &facts{tree: t, store: s}
	s.choices = &choices{}
	f.uris = parseURIs(s.value("SRC_URI"))
	f.choices = s.choices.list
	s.choices = nil
	return f
}

// dirs are the directories of FILESPATH.
func (f *facts) dirs() []string {
	if f.search != nil {
		return f.search
	}
	f.search = []string{}
	seen := map[string]bool{}
	for _, dir := range strings.Split(f.store.value("FILESPATH"), ":") {
		if dir = path.Clean(dir); dir != "." && !seen[dir] {
			seen[dir] = true
			if len(f.search) == maxDirs {
				f.store.work.cut(fmt.Sprintf("more than %d directories in FILESPATH: the last are left out", maxDirs))
				break
			}
			f.search = append(f.search, dir)
		}
	}
	return f.search
}

// known is the value of a variable, or Unknown if part of it is.
func (f *facts) known(name string) string {
	v := strings.TrimSpace(f.store.value(name))
	if strings.Contains(v, unknownMark) {
		return Unknown
	}
	return v
}

// find is the file that a file:// entry names, "" if it is not there. A
// directory is found, too: dir is true then.
func (f *facts) find(name string) (file string, dir bool) {
	if strings.Contains(name, unknownMark) {
		return "", false
	}
	if strings.HasPrefix(name, "/") {
		file, _ = f.tree.resolve(name)
		return file, false
	}
	for _, d := range f.dirs() {
		at := d + "/" + name
		if file, ok := f.tree.resolve(at); ok {
			return file, false
		}
		if f.tree.isDir(at) {
			return "", true
		}
	}
	return "", false
}

// patches are the patches that are applied, in order.
func (f *facts) patches() []PatchFile {
	var out []PatchFile
	for _, u := range f.uris {
		if p, ok := f.patch(u); ok {
			out = append(out, p)
		}
	}
	return out
}

func (f *facts) patch(u uri) (PatchFile, bool) {
	if !u.isPatch() {
		return PatchFile{}, false
	}
	p := PatchFile{Name: visible(u.name()), Via: "recipe", Strip: u.strip(), Dir: visible(u.params["patchdir"])}
	p.Below = f.below(u.params["patchdir"])
	if u.scheme != "file" {
		return p, true
	}
	file, dir := f.find(strings.TrimPrefix(u.path, "./"))
	if dir {
		return p, false
	}
	if file != "" {
		p.Path, p.Blob = display(file), f.tree.files[file].hash
	}
	return p, true
}

// remote are the entries that are no files of a layer.
func (f *facts) remote() []string {
	var out []string
	for _, u := range f.uris {
		if u.scheme != "file" {
			out = append(out, visible(u.text))
		}
	}
	return out
}

// autorev is what AUTOREV comes to: the newest commit of a branch, whichever
// that is when it is built.
const autorev = "AUTOINC"

// floating are the variables and parameters that leave the commit of a
// repository open. As in bitbake, SRCREV_name counts for an entry with name=,
// else SRCREV does.
func (f *facts) floating() []string {
	var names []string
	seen := map[string]bool{}
	add := func(name, value string) {
		if strings.Contains(value, autorev) && !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	add("SRCREV", f.store.value("SRCREV"))
	for _, u := range f.uris {
		add("rev= of "+visible(u.text), u.params["rev"])
		for name := range strings.SplitSeq(u.params["name"], ",") {
			if name != "" {
				add("SRCREV_"+name, f.store.value("SRCREV_"+name))
			}
		}
	}
	return names
}

// conditional are patches that other builds apply: with overrides that SRC_URI
// speaks of or in the variants of BBCLASSEXTEND, and with other choices in
// Python.
func (f *facts) conditional(active []PatchFile) []Conditional {
	var out []Conditional
	applied := make(map[string]bool, len(active))
	for _, a := range active {
		applied[a.Name] = true
	}
	add := func(when string, uris []uri) {
		for _, u := range uris {
			if len(out) >= maxConditional {
				return
			}
			if applied[visible(u.name())] {
				continue
			}
			p, ok := f.patch(u)
			if !ok {
				continue
			}
			if c := (Conditional{Name: p.Name, Override: when, Path: p.Path}); !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
	}
	for _, set := range f.otherOverrides() {
		other := f.store.with(set)
		add(strings.Join(set, ":"), parseURIs(other.value("SRC_URI")))
	}
	for _, c := range f.choices {
		add(c.when, parseURIs(f.store.expand(c.value)))
	}
	return out
}

// otherOverrides are the sets of overrides that would change SRC_URI and are
// not active.
func (f *facts) otherOverrides() [][]string {
	var sets [][]string
	add := func(set []string) {
		set = slices.DeleteFunc(slices.Clone(set), func(o string) bool { return f.store.matches([]string{o}) })
		known := func(have []string) bool { return slices.Equal(have, set) }
		if len(sets) < maxVariants && len(set) > 0 && !slices.ContainsFunc(sets, known) {
			sets = append(sets, set)
		}
	}
	names := append([]overriding{{name: "SRC_URI"}}, f.store.variants("SRC_URI")...)
	for _, n := range names {
		add(n.overrides)
		if v := f.store.lookup(n.name); v != nil {
			for _, op := range v.ops {
				add(append(slices.Clone(n.overrides), op.overrides...))
			}
		}
	}
	for _, variant := range strings.Fields(f.store.value("BBCLASSEXTEND")) {
		if variant == "native" || variant == "nativesdk" {
			add([]string{"class-" + variant})
		}
	}
	return sets
}

// with is s as it is when some more overrides are active. Of class-target,
// class-native and the like there is one at a time.
func (s *store) with(overrides []string) *store {
	c := s.fork()
	c.work = s.work
	for _, o := range s.overrides() {
		class := strings.HasPrefix(o, "class-")
		if !class || !slices.ContainsFunc(overrides, func(n string) bool { return strings.HasPrefix(n, "class-") }) {
			c.active = append(c.active, o)
		}
	}
	c.active = append(c.active, overrides...)
	c.frozen = true
	return c
}
