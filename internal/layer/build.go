package layer

import (
	_ "embed"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// defaults is what every recipe can count on, also without
// openembedded-core's bitbake.conf, which says the same and more.
//
//go:embed defaults.conf
var defaults []byte

// A layerDir is a layer as the scanner works with it.
type layerDir struct {
	Layer
	source int      // index of its source
	root   string   // directory in the tree
	serves []string // releases that recipes of other layers may be for, to be used with it
	old    bool     // overrides are written FOO_append_x, as before honister (2021)
}

// oldReleases had only the old override syntax, or both.
var oldReleases = strings.Fields(`laverne bernard clyde edison denzil danny dylan dora daisy dizzy fido jethro
	krogoth morty pyro rocko sumo thud warrior zeus dunfell gatesgarth hardknott`)

// A build is a set of layers that bitbake could use together, in the order of
// BBLAYERS, with their base configuration.
type build struct {
	tree     *tree
	layers   []*layerDir
	base     *evaluator // its store is not changed any more
	patterns []pattern
	masks    []*regexp.Regexp
	problems []Problem

	key   string                    // of all that makes it besides its files
	known map[string]rememberedFile // recipes of an earlier scan, by name
}

// A pattern is one entry of BBFILES.
type pattern struct {
	glob   string
	prefix string // what is literal at its start
	needs  string // collection that is not there, of a BBFILES_DYNAMIC entry
}

// findLayers finds each layer.conf below dir and reads it alone.
func (t *tree) findLayers(source int, name, dir string) (found []*layerDir, problems []Problem) {
	for _, f := range t.below(path.Join("/", name, dir)) {
		root, ok := strings.CutSuffix(f, "/conf/layer.conf")
		if !ok {
			continue
		}
		_, rel := splitSource(root)
		l := &layerDir{source: source, root: root}
		l.Source, l.Path, l.Name = name, rel, strings.TrimSuffix(name+"/"+rel, "/")
		e := newEvaluator(t, []*layerDir{l})
		e.layer(l)
		problems = append(problems, e.problems...)
		l.describe(e.store)
		found = append(found, l)
	}
	return found, problems
}

// describe reads what layer.conf says of the layer itself.
func (l *layerDir) describe(s *store) {
	if names := strings.Fields(s.value("BBFILE_COLLECTIONS")); len(names) > 0 {
		l.Collection = names[len(names)-1]
	}
	l.Priority, _ = strconv.Atoi(strings.TrimSpace(s.value("BBFILE_PRIORITY_" + l.Collection)))
	l.Series = strings.Fields(s.value("LAYERSERIES_COMPAT_" + l.Collection))
	l.serves = append(strings.Fields(s.value("LAYERSERIES_CORENAMES")), l.Series...)
	l.Depends = dependencies(s.value("LAYERDEPENDS_" + l.Collection))
	l.old = true // says nothing of a release: both are read
	for _, r := range l.Series {
		if !slices.Contains(oldReleases, r) {
			l.old = false
		}
	}
}

// dependencies are the collections of LAYERDEPENDS, without versions.
func dependencies(s string) (list []string) {
	inVersion := false
	for _, w := range strings.Fields(s) {
		name, _, _ := strings.Cut(w, ":")
		switch {
		case strings.HasPrefix(w, "("):
			inVersion = !strings.HasSuffix(w, ")")
		case inVersion:
			inVersion = !strings.HasSuffix(w, ")")
		default:
			list = append(list, name)
		}
	}
	return list
}

// newEvaluator is one with an empty store for files of some layers.
func newEvaluator(t *tree, layers []*layerDir) *evaluator {
	return &evaluator{tree: newView(t), store: newStore(), conf: true, old: func(file string) bool {
		l := layerOf(layers, file)
		return l != nil && l.old
	}}
}

// layerOf is the innermost layer that a file is in, or nil.
func layerOf(layers []*layerDir, file string) *layerDir {
	var found *layerDir
	for _, l := range layers {
		if strings.HasPrefix(file, l.root+"/") && (found == nil || len(l.root) > len(found.root)) {
			found = l
		}
	}
	return found
}

// layer runs a layer.conf.
func (e *evaluator) layer(l *layerDir) {
	e.layerDir = l.root
	e.file(l.root + "/conf/layer.conf")
	e.layerDir = ""
}

// newBuild reads the base configuration of some layers as bitbake does: each
// layer.conf, conf/bitbake.conf, then the classes of every recipe.
func newBuild(t *tree, layers []*layerDir, overrides []string) *build {
	b := &build{tree: t, layers: layers, base: newEvaluator(t, layers), key: buildKey(layers, overrides)}
	e, s := b.base, b.base.store
	if p, err := parse(defaults); err == nil {
		e.statements("", p.statements)
	}
	for _, l := range layers {
		e.layer(l)
	}
	if found := e.find("/", "conf/bitbake.conf", false); len(found) > 0 {
		e.file(found[0])
	}
	b.settle(overrides)
	for _, class := range append([]string{"base"}, strings.Fields(s.value("INHERIT"))...) {
		e.inherit("", 0, class)
	}
	b.readFiles()
	b.problems = e.problems
	e.problems, e.conf, e.includes = nil, false, nil
	s.changed()
	s.base, s.work = true, &budget{}
	return b
}

// settle replaces what a machine and a distribution would say: the overrides,
// and the architecture, which is the first of them that is nothing else.
func (b *build) settle(overrides []string) {
	s := b.base.store
	var names, files []string
	arch := ""
	for _, o := range overrides {
		switch kind, _, _ := strings.Cut(o, "-"); {
		case o == "class-target":
			names = append(names, "${CLASSOVERRIDE}")
			continue
		case kind == "class", kind == "libc", kind == "toolchain", kind == "pn", o == "linux":
		case arch == "":
			arch = o
		}
		names = append(names, o)
		files = append(files, o)
	}
	s.set("OVERRIDES", "pn-${PN}:"+strings.Join(names, ":")+":forcevariable", false)
	s.set("FILESOVERRIDES", strings.Join(files, ":"), false)
	if arch != "" {
		s.set("TUNE_ARCH", strings.ReplaceAll(arch, "-", "_"), false)
	}
	s.set("BUILD_OS", "linux", false)
	// Done by base.bbclass in Python: old features that are on where a
	// distribution does not switch them off.
	have := strings.Fields(s.value("DISTRO_FEATURES"))
	off := strings.Fields(s.value("DISTRO_FEATURES_BACKFILL_CONSIDERED"))
	for _, f := range strings.Fields(s.value("DISTRO_FEATURES_BACKFILL")) {
		if !slices.Contains(have, f) && !slices.Contains(off, f) {
			s.set("DISTRO_FEATURES:append", " "+f, false)
		}
	}
}

// readFiles reads BBFILES, BBFILES_DYNAMIC and BBMASK.
func (b *build) readFiles() {
	s := b.base.store
	for _, glob := range strings.Fields(s.value("BBFILES")) {
		b.pattern(glob, "")
	}
	collections := strings.Fields(s.value("BBFILE_COLLECTIONS"))
	for _, entry := range strings.Fields(s.value("BBFILES_DYNAMIC")) {
		name, glob, ok := strings.Cut(entry, ":")
		if !ok {
			continue
		}
		needs := ""
		if absent, not := strings.CutPrefix(name, "!"); not == slices.Contains(collections, absent) {
			needs = name
		}
		b.pattern(glob, needs)
	}
	for _, m := range strings.Fields(s.value("BBMASK")) {
		re, err := regexp.Compile(m)
		if err != nil {
			b.base.problems = append(b.base.problems, Problem{Text: "BBMASK " + shorten(m) + ": " + err.Error()})
			continue
		}
		b.masks = append(b.masks, re)
	}
}

func (b *build) pattern(glob, needs string) {
	glob = path.Clean(glob)
	prefix := glob
	if i := strings.IndexAny(glob, `*?[\`); i >= 0 {
		prefix = glob[:i]
	}
	b.patterns = append(b.patterns, pattern{glob, prefix, needs})
}

// takes says whether bitbake would read a recipe or append, and if not, why;
// found is false where it is no such file at all.
func (b *build) takes(file string) (found bool, inactive string) {
	for _, p := range b.patterns {
		if !strings.HasPrefix(file, p.prefix) {
			continue
		}
		ok, err := path.Match(p.glob, file)
		if err != nil || !ok && !(p.prefix == p.glob && strings.HasPrefix(file, p.glob+"/") && b.tree.isDir(p.glob)) {
			continue
		}
		if p.needs == "" {
			found, inactive = true, ""
			break
		}
		found, inactive = true, "only with layer "+p.needs+", which is not scanned"
	}
	if found && inactive == "" {
		for _, m := range b.masks {
			if m.MatchString(file) {
				return true, "masked by BBMASK " + m.String()
			}
		}
	}
	return found, inactive
}
