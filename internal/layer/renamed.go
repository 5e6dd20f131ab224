package layer

import (
	"regexp"
	"strings"
)

// renamed are recipes of different PN that build the same source: the first
// remote entry of SRC_URI is the same place but for the version. A recipe whose
// own PN the other source has, too, is a fork and nothing else.
func (s *Scan) renamed() []Duplicate {
	bySource := map[string][]*Recipe{}
	has := map[[2]string]bool{} // source and PN
	for i := range s.Recipes {
		r := &s.Recipes[i]
		has[[2]string{r.Source, r.PN}] = true
		if key := sourceKey(r); key != "" {
			bySource[key] = append(bySource[key], r)
		}
	}
	var out []Duplicate
	for i := range s.Recipes {
		r := &s.Recipes[i]
		if !s.isLocal(r.Source) {
			continue
		}
		for _, u := range bySource[sourceKey(r)] {
			if !has[[2]string{u.Source, r.PN}] && s.compares(r.Source, u.Source) {
				d := pair("renamed", r, u)
				d.Relation = relation(r, u)
				out = append(out, d)
			}
		}
	}
	return out
}

// numbers are versions in a URL: those after a separator, as the 2 of libfoo2
// is part of its name.
var numbers = regexp.MustCompile(`(^|[-_/.])v?\d+([._-]?(\d+|rc\d*|alpha\d*|beta\d*|pre\d*))*`)

// archives are endings of downloads, which change between versions.
var archives = regexp.MustCompile(`\.(tar\.\w+|tgz|tbz2?|txz|zip|git)$`)

// sourceKey is host and path of a recipe's source without version; "" if it
// has none, or a part of it is unknown.
func sourceKey(r *Recipe) string {
	if len(r.Remote) == 0 || strings.Contains(r.Remote[0], "${") {
		return ""
	}
	scheme, rest, ok := strings.Cut(r.Remote[0], "://")
	if !ok || scheme == "npm" || scheme == "crate" {
		return ""
	}
	if user, host, ok := strings.Cut(rest, "@"); ok && !strings.Contains(user, "/") {
		rest = host
	}
	rest = archives.ReplaceAllString(strings.TrimRight(strings.ToLower(rest), "/"), "")
	host, at, ok := strings.Cut(rest, "/")
	if !ok {
		return ""
	}
	return host + "/" + numbers.ReplaceAllString(at, "$1@")
}
