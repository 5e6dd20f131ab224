package layer

import (
	"context"
	"crypto/sha256"
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/upstreamd/upstreamd/internal/patch"
	"github.com/upstreamd/upstreamd/internal/progress"
)

// patchLines are what a patch changes, in forms to compare.
type patchLines struct {
	hunks   string   // hash of all lines of all hunks, without white space
	changes string   // hash of the added and removed lines alone
	set     []uint64 // hashes of those lines, sorted
}

// patches reads all patch files that lie in layers.
func (s *Scan) patches(ctx context.Context, t *tree, layers []*layerDir, renew *renewal, report progress.Func) {
	var files []string
	for _, l := range layers {
		for _, f := range t.below(l.root) {
			if patchName(f) && layerOf(layers, f) == l {
				files = append(files, f)
			}
		}
	}
	users := s.users()
	found := make([]readPatch, len(files))
	fresh := make([]bool, len(files))
	parallel(ctx, len(files), func(i int) {
		found[i], fresh[i] = renew.patch(t, files[i])
		report.Report("read patches", i+1, len(files))
	})
	s.Patches = make([]Patch, len(files))
	s.lines = make(map[string]patchLines, len(files))
	for i, f := range found {
		renew.keepPatch(patchKey(t, files[i]), f, fresh[i])
		p := &s.Patches[i]
		*p = f.patch
		s.lines[p.Blob] = f.lines
		if r := users[p.Source+":"+p.Path]; r != nil {
			p.Recipe, p.RecipeFile = r.PN, r.Source+":"+r.File
		}
	}
}

// users has, for each patch file that is used, the recipe that does, if only
// under some override. A file hidden by a bbappend is used, too.
func (s *Scan) users() map[string]*Recipe {
	users := map[string]*Recipe{}
	for pass := range 2 {
		for i := range s.Recipes {
			r := &s.Recipes[i]
			use := func(file string) {
				if file != "" && users[file] == nil {
					users[file] = r
				}
			}
			if pass == 0 {
				for _, p := range r.PatchFiles {
					use(p.Path)
				}
				continue
			}
			for _, p := range r.PatchFiles {
				use(p.Replaces)
			}
			for _, c := range r.Conditional {
				use(c.Path)
			}
		}
	}
	return users
}

// patch reads one patch file.
func (t *tree) patch(name string) (Patch, patchLines) {
	source, rel := splitSource(name)
	p := Patch{Source: source, Path: rel, Blob: t.files[name].hash}
	name, ok := t.resolve(name)
	if !ok {
		p.Problem = errLink.Error()
		return p, patchLines{}
	}
	b, err := t.read(name)
	if err != nil {
		p.Problem = err.Error()
		return p, patchLines{}
	}
	if strings.HasSuffix(name, ".patch") || strings.HasSuffix(name, ".diff") {
		return p.parse(b)
	}
	p.Problem = "compressed: not looked into"
	return p, patchLines{}
}

// parse fills in what the text says.
func (p Patch) parse(b []byte) (Patch, patchLines) {
	p.Status = patch.FindUpstreamStatus(b)
	p.CVE = patch.CVEs(b)
	p.Plan = planOf(b)
	p.SignedOff = patch.SignedOff(b)
	parsed, err := patch.Parse(b)
	if err != nil {
		p.Problem = err.Error()
	}
	if parsed == nil || errors.Is(err, patch.ErrTooBig) {
		return p, patchLines{}
	}
	p.Subject, p.Author, p.PatchID = parsed.Subject, parsed.Author, parsed.ID()
	if p.Subject == "" {
		p.Subject = path.Base(p.Path)
	}
	added, removed := changedLines(parsed)
	p.Lines = added + removed
	return p, linesOf(parsed)
}

// linesOf reduces a patch to what it changes.
func linesOf(p *patch.Patch) patchLines {
	var l patchLines
	hunks, changes := sha256.New(), sha256.New()
	var key []byte
	for _, f := range p.Files {
		for _, h := range f.Hunks {
			for _, line := range h.Lines {
				key = append(key[:0], line.Op)
				for word := range strings.FieldsSeq(line.Text) {
					key = append(key, word...)
				}
				key = append(key, '\n')
				hunks.Write(key)
				if line.Op != ' ' && len(key) > len("+\n") {
					changes.Write(key)
					l.set = append(l.set, xxhash.Sum64(key))
				}
			}
		}
	}
	if len(l.set) == 0 {
		return patchLines{}
	}
	l.hunks, l.changes = string(hunks.Sum(nil)), string(changes.Sum(nil))
	slices.Sort(l.set)
	l.set = slices.Compact(l.set)
	return l
}
