package layer

import (
	"errors"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/version"
)

// Limits of reading recipes of the past.
const (
	maxIncludes   = 20      // files that one recipe includes
	maxLiteral    = 1 << 12 // bytes of a value that is followed
	keptParsed    = 4096    // parsed files
	maxPatchFiles = 500     // of one recipe
)

// A reading is what literal assignments say of a recipe at one commit.
type reading struct {
	pn, pe, pv string
	revs       map[string]string // SRCREV and SRCREV_name that say a revision
	patches    []string          // paths, whatever the override, in the order of the texts
}

// A patchFile is a patch file at one commit.
type patchFile struct{ path, blob string }

func (r *reading) version() version.V { return version.V{PE: r.pe, PV: r.pv} }

// blobs reads files of the past.
type blobs struct {
	batch  *git.Batch
	parsed map[string]*parsed // by blob; nil for what cannot be parsed
	err    error              // the first that is not about a blob alone
}

// data is the content of a blob, nil where it cannot be read: damaged or too
// big.
func (b *blobs) data(blob string) []byte {
	if blob == "" || b.err != nil {
		return nil
	}
	data, err := b.batch.Blob(blob)
	if err != nil {
		if !errors.Is(err, git.ErrNotFound) && !errors.Is(err, git.ErrTooBig) {
			b.err = err
		}
		return nil
	}
	return data
}

func (b *blobs) parse(blob string) *parsed {
	if p, ok := b.parsed[blob]; ok {
		return p
	}
	if len(b.parsed) >= keptParsed || b.parsed == nil {
		b.parsed = map[string]*parsed{}
	}
	p, err := parse(b.data(blob))
	if err != nil {
		p = nil
	}
	b.parsed[blob] = p
	return p
}

// recipe reads a recipe file as it is now.
func (b *blobs) recipe(f *files, file string) *reading {
	if known := f.known[file]; known != nil {
		return known
	}
	e := &literal{blobs: b, files: f, values: map[string]string{"PN": stem(file), "PV": fileVersion(file)}, dirs: []string{path.Dir(file)}}
	if e.values["PV"] == "" {
		e.values["PV"] = "1.0" // bitbake.conf
	}
	e.file(file)
	r := &reading{pn: e.value("PN"), pe: e.value("PE"), pv: e.value("PV"), revs: map[string]string{}}
	if r.pn == "" {
		r.pn = stem(file)
	}
	for name := range e.values {
		if name == "SRCREV" || strings.HasPrefix(name, "SRCREV_") && strings.ToLower(name[7:]) == name[7:] {
			if rev := e.value(name); isHash(rev) {
				r.revs[name] = rev
			}
		}
	}
	r.patches = e.patches(file, r)
	f.known[file] = r
	return r
}

// isHash says whether a text is a full git hash.
func isHash(s string) bool {
	return (len(s) == 40 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == ""
}

// A literal evaluates the assignments of a recipe and of what it includes, one
// after the other, without overrides.
type literal struct {
	blobs  *blobs
	files  *files
	values map[string]string
	weak   map[string]string // of ??=
	named  []string          // words that name patch files
	dirs   []string          // of the recipe and what it includes
	read   int
}

// file reads one file and what it includes.
func (e *literal) file(file string) {
	p := e.blobs.parse(e.files.blobs[file])
	if e.read++; p == nil || e.read > maxIncludes {
		return
	}
	if dir := path.Dir(file); !slices.Contains(e.dirs, dir) {
		e.dirs = append(e.dirs, dir)
	}
	for _, s := range p.statements {
		switch s.kind {
		case assignment:
			e.assign(s)
		case includeFile, requireFile:
			for _, name := range strings.Fields(s.value) {
				if in := e.files.include(e.expand(name), file); in != "" && in != file {
					e.file(in)
				}
			}
		}
	}
}

// assign runs one assignment.
func (e *literal) assign(s statement) {
	if s.flag != "" || len(s.value) > maxFile {
		return
	}
	if strings.Contains(s.value, "file://") {
		e.name(s)
	}
	if len(s.value) > maxLiteral {
		return
	}
	name, op := s.name, s.op
	if k, ok := splitKeyword(s.name, true); ok {
		if k.op == 'r' || len(k.overrides) > 0 {
			return
		}
		name, op = k.base, map[byte]string{'a': ".=", 'p': "=."}[k.op]
	}
	was, set := e.values[name]
	switch op {
	case "=", ":=":
		was = s.value
	case "?=":
		if set {
			return
		}
		was = s.value
	case "??=":
		if !set {
			if e.weak == nil {
				e.weak = map[string]string{}
			}
			e.weak[name] = s.value
		}
		return
	case "+=":
		was += " " + s.value
	case "=+":
		was = s.value + " " + was
	case ".=":
		was += s.value
	case "=.":
		was = s.value + was
	}
	if len(was) <= maxLiteral {
		e.values[name] = was
	}
}

// fileEntry is a local file in SRC_URI, or in inline Python that is there.
var fileEntry = regexp.MustCompile(`file://([^\s;'"]+)`)

// name notes the patch files that a value names.
func (e *literal) name(s statement) {
	if k, ok := splitKeyword(s.name, true); ok && k.op == 'r' {
		return
	}
	for _, m := range fileEntry.FindAllStringSubmatch(s.value, maxPatchFiles) {
		if patchName(m[1]) && len(e.named) < maxPatchFiles {
			e.named = append(e.named, strings.TrimPrefix(m[1], "./"))
		}
	}
}

var reference = regexp.MustCompile(`\$\{([\w.-]+)\}`)

// value is a variable, expanded; what cannot be is left out.
func (e *literal) value(name string) string {
	v, ok := e.values[name]
	if !ok {
		v = e.weak[name]
	}
	return strings.TrimSpace(e.expand(v))
}

// inlinePython is what is left of a value that cannot be known.
var inlinePython = regexp.MustCompile(`\$\{[^}]*\}`)

// expand puts in variables. SRCPV counts as nothing, as in a [Recipe].
func (e *literal) expand(v string) string {
	for range 8 {
		if !strings.Contains(v, "${") || len(v) > maxLiteral {
			break
		}
		v = reference.ReplaceAllStringFunc(v, func(ref string) string {
			switch name := ref[2 : len(ref)-1]; name {
			case "SRCPV":
				return ""
			case "BPN":
				return plainPN(e.values["PN"])
			case "BP":
				return plainPN(e.values["PN"]) + "-${PV}"
			case "P":
				return "${PN}-${PV}"
			case "PF", "THISDIR":
				return ""
			default:
				if w, ok := e.values[name]; ok {
					return w
				}
				return e.weak[name]
			}
		})
	}
	return inlinePython.ReplaceAllString(v, "")
}

// patches are the files that the recipe names, in that order, each once.
func (e *literal) patches(file string, r *reading) []string {
	if len(e.named) == 0 {
		return nil
	}
	plain := plainPN(stem(file))
	folders := []string{plain + "-" + r.pv, plain + "-" + fileVersion(file), plain, stem(file), r.pn, "files", ""}
	var all []string
	for _, name := range e.named {
		found := e.files.find(e.expand(name), e.dirs, folders)
		if found != "" && !slices.Contains(all, found) {
			all = append(all, found)
		}
	}
	return all
}
