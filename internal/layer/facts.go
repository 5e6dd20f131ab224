package layer

import (
	"path"
	"slices"
	"strings"
)

// facts are what a store says of a recipe once all of it was read.
type facts struct {
	tree    *tree
	store   *store
	uris    []uri
	search  []string // directories of FILESPATH
	choices []choice // values that SRC_URI would have in other builds
}

// newFacts reads SRC_URI and FILESPATH.
func newFacts(t *tree, s *store) *facts {
	f := &facts{tree: t, store: s}
	s.choices = &choices{}
	f.uris = parseURIs(s.value("SRC_URI"))
	f.choices = s.choices.list
	s.choices = nil
	seen := map[string]bool{}
	for _, dir := range strings.Split(s.value("FILESPATH"), ":") {
		if dir = path.Clean(dir); dir != "." && !seen[dir] {
			seen[dir] = true
			f.search = append(f.search, dir)
		}
	}
	return f
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
	for _, d := range f.search {
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

// conditional are patches that other builds apply: from appends and variants
// of SRC_URI under overrides that are not active, and from choices in Python.
func (f *facts) conditional(active []PatchFile) []Conditional {
	var out []Conditional
	add := func(override, value string) {
		for _, u := range parseURIs(f.store.expand(value)) {
			p, ok := f.patch(u)
			if !ok {
				continue
			}
			c := Conditional{Name: p.Name, Override: override, Path: p.Path}
			applied := slices.ContainsFunc(active, func(a PatchFile) bool { return a.Name == p.Name })
			if !applied && !slices.Contains(out, c) && len(out) < maxProblems {
				out = append(out, c)
			}
		}
	}
	names := []overriding{{name: "SRC_URI"}}
	names = append(names, f.store.variants("SRC_URI")...)
	for _, n := range names {
		v := f.store.lookup(n.name)
		if v == nil {
			continue
		}
		if len(n.overrides) > 0 && v.set {
			add(strings.Join(n.overrides, ":"), v.value)
		}
		for _, op := range v.ops {
			if op.op != 'r' {
				add(strings.Join(append(slices.Clone(n.overrides), op.overrides...), ":"), op.value)
			}
		}
	}
	for _, c := range f.choices {
		add(c.when, c.value)
	}
	return out
}
