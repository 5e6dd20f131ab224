package layer

import (
	"path"
	"strings"
)

// below is the directory of the source where a patch with this patchdir is
// applied, as [PatchFile.Below] has it. Patches are applied in S, and patchdir
// is relative to that (patch.bbclass). S is the top of the source unless it is
// set to something below the directory that this is unpacked to.
func (f *facts) below(patchdir string) string {
	top, s := "src", "src" // where the source is unpacked to, and S
	if set := f.store.value("S"); set != "" {
		var ok bool
		if s, ok = f.unpacked(set); !ok {
			return Unknown
		}
		top, _, _ = strings.Cut(s, "/")
		if dest := f.destination(); dest != "" {
			top = path.Clean(dest)
		}
	}
	at := path.Join(s, patchdir)
	if rest, ok := strings.CutPrefix(patchdir, "${S}"); ok {
		at = path.Join(s, rest)
	} else if strings.HasPrefix(patchdir, "$") || path.IsAbs(patchdir) || strings.HasPrefix(patchdir, unknownMark) {
		if at, ok = f.unpacked(patchdir); !ok {
			return Unknown
		}
	}
	below, ok := strings.CutPrefix(at+"/", top+"/")
	if below = strings.TrimSuffix(below, "/"); !ok || strings.Contains(below, unknownMark) || strings.Contains(below, "${") {
		return Unknown
	}
	return below
}

// destination is where the first source is unpacked to, if that is said.
func (f *facts) destination() string {
	for _, u := range f.uris {
		if u.scheme != "file" {
			return u.params["destsuffix"]
		}
	}
	return ""
}

// unpacked is a path relative to the directory that sources are unpacked to.
func (f *facts) unpacked(name string) (string, bool) {
	for _, dir := range []string{"UNPACKDIR", "WORKDIR"} { // the one may be in the other
		for _, prefix := range []string{f.store.value(dir), "${" + dir + "}"} {
			rest, ok := strings.CutPrefix(name, prefix+"/")
			if prefix == "" || !ok {
				continue
			}
			rest = path.Clean(rest)
			return rest, rest != "." && rest != ".." && !strings.HasPrefix(rest, "../")
		}
	}
	return "", false
}
