package layer

import (
	"path"
	"strconv"
	"strings"
)

// A uri is one entry of SRC_URI.
type uri struct {
	text   string // without parameters
	scheme string
	path   string // of a file:// entry
	params map[string]string
}

// parseURIs splits SRC_URI.
func parseURIs(value string) []uri {
	var out []uri
	for _, entry := range strings.Fields(value) {
		parts := strings.Split(entry, ";")
		u := uri{text: parts[0], params: map[string]string{}}
		for _, p := range parts[1:] {
			k, v, _ := strings.Cut(p, "=")
			u.params[k] = v
		}
		u.scheme, u.path, _ = strings.Cut(u.text, "://")
		out = append(out, u)
	}
	return out
}

// name is the file's name as a recipe speaks of it: with directories for
// file://, else what the download is called.
func (u uri) name() string {
	if u.scheme == "file" {
		return strings.TrimPrefix(u.path, "./")
	}
	if n := u.params["downloadfilename"]; n != "" {
		return n
	}
	return path.Base(u.text)
}

// isPatch says whether do_patch applies it, as oe.patch of openembedded-core
// decides: by apply=, else by the ending, with compression taken off.
func (u uri) isPatch() bool {
	if a, ok := u.params["apply"]; ok {
		return boolean(a)
	}
	return patchName(u.name())
}

// patchName says whether a file is a patch by its name.
func patchName(name string) bool {
	for _, z := range []string{".gz", ".bz2", ".xz", ".Z"} {
		if rest, ok := strings.CutSuffix(name, z); ok {
			name = rest
			break
		}
	}
	return strings.HasSuffix(name, ".patch") || strings.HasSuffix(name, ".diff")
}

// strip is the -p of patch.
func (u uri) strip() int {
	for _, k := range []string{"striplevel", "pnum"} {
		if n, err := strconv.Atoi(u.params[k]); err == nil && n >= 0 {
			return n
		}
	}
	return 1
}
