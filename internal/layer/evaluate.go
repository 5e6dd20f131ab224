package layer

import (
	"maps"
	"path"
	"slices"
	"strings"
)

// An evaluator runs the statements of files over a store.
type evaluator struct {
	tree  *view
	store *store
	old   func(file string) bool // whether its layer has the old override syntax
	// layerDir is the value of ${LAYERDIR} while a layer.conf is read, which
	// is the only time that it has one.
	layerDir string
	conf     bool // the base configuration is read: missing files are no problem

	includes []string // files that were included or required, in order
	later    []string // names of inherit_defer, unexpanded
	problems []Problem
	depth    int
}

// branch is an evaluator that goes on where e is, on a fork of its store.
func (e *evaluator) branch() *evaluator {
	b := *e
	b.store = e.store.fork()
	work := *e.store.work
	work.reasons, work.cuts = slices.Clone(work.reasons), slices.Clone(work.cuts)
	b.store.work = &work
	b.includes, b.later, b.problems = slices.Clone(e.includes), slices.Clone(e.later), slices.Clone(e.problems)
	return &b
}

func (e *evaluator) problem(file string, line int, text string) {
	if len(e.problems) < maxProblems {
		source, rest := splitSource(file)
		e.problems = append(e.problems, Problem{Source: source, File: rest, Line: line, Text: text})
	}
}

// file runs the statements of a file.
func (e *evaluator) file(name string) {
	p, err := e.tree.parse(name)
	if err != nil {
		e.problem(name, 0, err.Error())
		return
	}
	if e.depth == maxDepth {
		e.problem(name, 0, "included too deep: is it a circle?")
		return
	}
	e.depth++
	defer func() { e.depth-- }()
	for _, pr := range p.problems {
		e.problem(name, pr.Line, pr.Text)
	}
	// FILE is the file being read, but in classes.
	if !strings.HasSuffix(name, ".bbclass") {
		before, was := e.store.lookup("FILE"), ""
		if before != nil {
			was = before.text()
		}
		e.store.set("FILE", name, false)
		defer func() {
			if was != "" {
				e.store.set("FILE", was, false)
			}
		}()
	}
	e.statements(name, p.statements)
}

// statements runs them in order.
func (e *evaluator) statements(name string, list []statement) {
	old := e.old(name)
	for _, st := range list {
		if e.store.work.statements++; e.store.work.statements >= maxStatements {
			if e.store.work.statements == maxStatements {
				e.problem(name, st.line, "too many statements: is it a circle?")
			}
			return
		}
		switch st.kind {
		case assignment:
			if e.layerDir != "" {
				st.value = strings.ReplaceAll(st.value, "${LAYERDIR}", e.layerDir)
				st.value = strings.ReplaceAll(st.value, "${LAYERDIR_RE}", regexpQuote(e.layerDir))
			}
			e.store.assign(st, old)
		case includeFile, requireFile, includeAll:
			e.include(name, st)
		case inheritClass:
			e.inherit(name, st.line, e.store.expand(st.value))
		case inheritLater:
			e.later = append(e.later, st.value)
		case unsetVariable:
			e.store.unset(st.name, st.flag)
		case pythonFunction:
			e.store.define(st.name, st.value)
		case anonymousPython:
			e.anonymous(name, st)
		}
	}
}

// include runs the files that a statement names. A name is sought beside the
// including file, then in BBPATH.
func (e *evaluator) include(from string, st statement) {
	value := st.value
	if e.layerDir != "" {
		value = strings.ReplaceAll(value, "${LAYERDIR}", e.layerDir)
	}
	for _, name := range strings.Fields(e.store.expand(value)) {
		found := e.find(from, name, st.kind == includeAll)
		if strings.Contains(name, unknownMark) {
			found = e.only(from, name)
		}
		if len(found) == 0 && st.kind == requireFile && !e.conf {
			e.problem(from, st.line, "require "+visible(name)+": not in the layers scanned")
		}
		for _, f := range found {
			if !e.conf {
				e.includes = append(e.includes, f)
			}
			e.file(f)
		}
	}
}

// find returns the first file, or all, that a name of an include stands for.
func (e *evaluator) find(from, name string, all bool) []string {
	if strings.HasPrefix(name, "/") {
		if f, ok := e.tree.resolve(name); ok {
			return []string{f}
		}
		return nil
	}
	dirs := e.bbpath()
	if !all {
		dirs = append([]string{path.Dir(from)}, dirs...)
	}
	var found []string
	for _, dir := range dirs {
		if f, ok := e.tree.resolve(dir + "/" + name); ok {
			found = append(found, f)
			if !all {
				break
			}
		}
	}
	return found
}

// only finds the file for a name of which a part is unknown, if there is just
// one that it can be: else bitbake would stop.
func (e *evaluator) only(from, name string) []string {
	prefix, suffix, _ := strings.Cut(name, unknownMark)
	if strings.Contains(suffix, unknownMark) || path.IsAbs(name) {
		return nil
	}
	var found []string
	for _, dir := range append([]string{path.Dir(from)}, e.bbpath()...) {
		start := path.Join(dir, path.Dir(prefix+"x"))
		for _, f := range e.tree.below(start) {
			middle, ok := strings.CutPrefix(f, path.Clean(dir)+"/"+prefix)
			if ok && strings.HasSuffix(middle, suffix) && !strings.Contains(strings.TrimSuffix(middle, suffix), "/") && !slices.Contains(found, f) {
				found = append(found, f)
			}
		}
	}
	if len(found) != 1 {
		return nil
	}
	return found
}

// bbpath are the directories of BBPATH.
func (e *evaluator) bbpath() []string {
	return strings.FieldsFunc(e.store.value("BBPATH"), func(r rune) bool { return r == ':' })
}

// inherit runs classes, each once. They are in classes-recipe, classes-global
// or classes of a directory of BBPATH.
func (e *evaluator) inherit(from string, line int, names string) {
	for _, name := range strings.Fields(names) {
		if strings.Contains(name, unknownMark) || strings.Contains(name, "${") {
			e.problem(from, line, "inherit "+visible(name)+": not known which class")
			continue
		}
		class := e.class(strings.TrimSuffix(name, ".bbclass"))
		if class == "" {
			if !e.conf {
				e.problem(from, line, "inherit "+visible(name)+": not in the layers scanned")
			}
			continue
		}
		const cache = "__inherit_cache"
		have := e.store.raw(cache)
		if strings.Contains(have, " "+class+" ") {
			continue
		}
		e.store.set(cache, have+" "+class+" ", false)
		e.file(class)
	}
}

// class finds the file of a class, or "".
func (e *evaluator) class(name string) string {
	dirs := e.bbpath()
	for _, kind := range []string{"classes-recipe", "classes-global", "classes"} {
		for _, dir := range dirs {
			if f, ok := e.tree.resolve(dir + "/" + kind + "/" + name + ".bbclass"); ok {
				return f
			}
		}
	}
	return ""
}

// inherited says whether a class was inherited.
func (s *store) inherited(class string) bool {
	return strings.Contains(s.raw("__inherit_cache"), "/"+class+".bbclass ")
}

// finish does what bitbake does after the last statement: deferred inherits,
// then names with variables in them. Nothing is assigned after it.
func (e *evaluator) finish(file string) {
	for len(e.later) > 0 {
		next := e.later[0]
		e.later = e.later[1:]
		e.inherit(file, 0, e.store.expand(next))
	}
	e.store.expandKeys()
	e.store.changed()
	e.store.frozen = true
}

// guarded are the variables whose value a recipe is about. Python that runs at
// parse time and sets one of them makes it uncertain.
var guarded = []string{"PN", "PV", "PE", "PR", "SRC_URI", "SRCREV"}

// anonymous notes what an anonymous Python function of a recipe may change.
// Those of classes are left out: they set nothing of this for a recipe that
// does not ask for it.
func (e *evaluator) anonymous(name string, st statement) {
	if strings.HasSuffix(name, ".bbclass") {
		return
	}
	for _, v := range guarded {
		for _, f := range []string{"setVar", "appendVar", "prependVar"} {
			if strings.Contains(st.value, f+"('"+v+"'") || strings.Contains(st.value, f+"(\""+v+"\"") {
				e.problem(name, st.line, "Python sets "+v+" while parsing: its value here may differ")
			}
		}
	}
}

// visible is a name for a message: what is unknown in it is shown as ${@...}.
func visible(s string) string { return strings.ReplaceAll(s, unknownMark, "${@...}") }

// regexpQuote is Python's re.escape for a path.
func regexpQuote(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if strings.IndexByte(`\.+*?()|[]{}^$-`, c) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	return b.String()
}

// sortedKeys are the keys of a map in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
