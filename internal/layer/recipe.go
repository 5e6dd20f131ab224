package layer

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// recipe reads one recipe file, without and with the appends that apply. Asked
// is what of the tree it depends on, besides what the build depends on.
func (b *build) recipe(file string, appends []string) (r Recipe, asked []string) {
	e := b.base.branch()
	e.tree = newView(b.tree)
	e.store.set("FILE", file, false)
	e.file(file)
	source, rel := splitSource(file)
	r = Recipe{Source: source, File: rel, Blob: b.tree.content(file)}
	if l := layerOf(b.layers, file); l != nil {
		r.Layer = l.Name
	}
	plain := e.branch()
	plain.finish(file)
	early, cuts := plain.store.work.take(), plain.store.work.cuts
	f := newFacts(e.tree, plain.store)
	own := f.patches()
	r.Patches = patchNames(own)
	r.PatchFiles = own
	done := plain
	if len(appends) > 0 {
		done = e.branch()
		for _, a := range appends {
			done.file(a)
			r.Appends = append(r.Appends, display(a))
		}
		done.finish(file)
		early = append(early, done.store.work.take()...)
		f = newFacts(e.tree, done.store)
		r.PatchFiles = viaAppend(own, f.patches())
	}
	r.PatchesEffective = patchNames(r.PatchFiles)
	b.describe(&r, f, done)
	for _, why := range slices.Concat(cuts, f.store.work.cuts) {
		r.problem(why)
	}
	r.explain(f.store.work.reasons, early)
	return r, e.tree.names()
}

// describe fills in what is not about the active patches.
func (b *build) describe(r *Recipe, f *facts, e *evaluator) {
	r.PN, r.PV = f.known("PN"), f.known("PV")
	r.PE, r.PR = f.known("PE"), f.known("PR")
	r.SRCREV = f.known("SRCREV")
	r.TagPattern = f.known("UPSTREAM_CHECK_GITTAGREGEX")
	r.Remote = f.remote()
	for _, name := range f.floating() {
		r.Floating = true
		r.problem(name + " is AUTOREV: which commit a build gets is not known")
	}
	if variants := strings.Fields(visible(f.store.value("BBCLASSEXTEND"))); len(variants) > 0 {
		r.BBClassExtend = variants
	}
	r.Conditional = f.conditional(r.PatchFiles)
	seen := map[string]bool{}
	for _, i := range e.includes {
		if !seen[i] {
			seen[i] = true
			r.Includes = append(r.Includes, display(i))
		}
	}
	for _, p := range e.problems {
		where := ""
		if p.File != r.File || p.Source != r.Source {
			where = p.Source + ":" + p.File + ": "
		}
		r.problem(where + p.Text)
	}
	if _, name, ok := strings.Cut(r.PV, "${"); ok {
		name, _, _ = strings.Cut(name, "}")
		r.problem("PV uses " + shorten(name) + ", which is not set in the layers scanned")
	}
	r.missing()
}

// missing tells of patches that are named but not found, in one problem.
func (r *Recipe) missing() {
	var names []string
	remote := map[string]bool{}
	for _, u := range r.Remote {
		remote[path.Base(u)] = true
	}
	for _, p := range r.PatchFiles {
		if p.Path == "" && !remote[p.Name] {
			names = append(names, shorten(p.Name))
		}
	}
	const most = 3
	switch {
	case len(names) == 0:
	case len(names) <= most:
		r.problem("named, not found here: " + strings.Join(names, ", "))
	default:
		r.problem(fmt.Sprintf("named, not found here: %s and %d more patches", strings.Join(names[:most], ", "), len(names)-most))
	}
}

// explain adds why something is unknown: what came up when the values were
// asked for; where that says nothing, what came up before.
func (r *Recipe) explain(reasons, before []string) {
	unclear := func(s string) bool { return s == Unknown || strings.Contains(s, "${@") }
	if len(reasons) == 0 && (unclear(r.PN) || unclear(r.PV) || slices.ContainsFunc(r.Patches, unclear) || slices.ContainsFunc(r.Remote, unclear)) {
		reasons = before
	}
	for _, why := range reasons {
		r.problem(visible(why))
	}
}

func (r *Recipe) problem(text string) {
	if len(r.Problems) < maxProblems && !slices.Contains(r.Problems, text) {
		r.Problems = append(r.Problems, text)
	}
}

func patchNames(list []PatchFile) []string {
	var out []string
	for _, p := range list {
		out = append(out, p.Name)
	}
	return out
}

// viaAppend says of each patch whether it comes from an append, and which
// file of the recipe it hides.
func viaAppend(own, all []PatchFile) []PatchFile {
	paths := make(map[string]string, len(own)) // of the first patch with a name
	for _, o := range slices.Backward(own) {
		paths[o.Name] = o.Path
	}
	for i := range all {
		p := &all[i]
		switch was, ok := paths[p.Name]; {
		case !ok:
			p.Via = "append"
		case was != p.Path:
			p.Via, p.Replaces = "append", was
		}
	}
	return all
}
