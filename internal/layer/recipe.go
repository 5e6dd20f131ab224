package layer

import (
	"path"
	"slices"
	"strings"
)

// recipe reads one recipe file, without and with the appends that apply.
func (b *build) recipe(file string, appends []string) Recipe {
	e := b.base.branch()
	e.store.set("FILE", file, false)
	e.file(file)
	source, rel := splitSource(file)
	r := Recipe{Source: source, File: rel}
	if l := layerOf(b.layers, file); l != nil {
		r.Layer = l.Name
	}
	plain := e.branch()
	plain.finish(file)
	f := newFacts(b.tree, plain.store)
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
		f = newFacts(b.tree, done.store)
		r.PatchFiles = viaAppend(own, f.patches())
	}
	r.PatchesEffective = patchNames(r.PatchFiles)
	b.describe(&r, f, done)
	return r
}

// describe fills in what is not about the active patches.
func (b *build) describe(r *Recipe, f *facts, e *evaluator) {
	r.PN, r.PV = f.known("PN"), f.known("PV")
	r.PE, r.PR = f.known("PE"), f.known("PR")
	r.SRCREV = f.known("SRCREV")
	r.Remote = f.remote()
	r.BBClassExtend = strings.Fields(visible(f.store.value("BBCLASSEXTEND")))
	r.Conditional = f.conditional(r.PatchFiles)
	for _, i := range e.includes {
		if d := display(i); !slices.Contains(r.Includes, d) {
			r.Includes = append(r.Includes, d)
		}
	}
	for _, p := range e.problems {
		where := ""
		if p.File != r.File || p.Source != r.Source {
			where = p.Source + ":" + p.File + ": "
		}
		r.problem(where + p.Text)
	}
	for _, p := range f.store.work.reasons {
		r.problem(visible(p))
	}
	if _, name, ok := strings.Cut(r.PV, "${"); ok {
		name, _, _ = strings.Cut(name, "}")
		r.problem("PV uses " + name + ", which is not set in the layers scanned")
	}
	for _, p := range r.PatchFiles {
		if p.Path == "" && !slices.ContainsFunc(r.Remote, func(u string) bool { return path.Base(u) == p.Name }) {
			r.problem("patch " + p.Name + ": named, not found here")
		}
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
	for i := range all {
		p := &all[i]
		at := slices.IndexFunc(own, func(o PatchFile) bool { return o.Name == p.Name })
		switch {
		case at < 0:
			p.Via = "append"
		case own[at].Path != p.Path:
			p.Via, p.Replaces = "append", own[at].Path
		}
	}
	return all
}
