package layer

import (
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
)

// An origin is where a recipe's source comes from, without its version: the
// same for all mirrors of a host, for the repository of a project and the
// archives made of it.
type origin struct {
	place string // host and what tells projects on it apart
	stem  string // name of the repository or of the archive, without version
	own   bool   // the host is the project's own: its name says so
	index bool   // an index of packages of one language, where a name is one package
}

// originOf is the origin of the first entry of SRC_URI that is fetched and is
// no patch; false if there is none, or a part of it is unknown.
func originOf(r *Recipe) (origin, bool) {
	for _, entry := range r.Remote {
		if patchName(entry) {
			continue
		}
		return originAt(entry)
	}
	return origin{}, false
}

// numbers are versions in a URL: those after a separator, as the 2 of libfoo2
// is part of its name.
var numbers = regexp.MustCompile(`(^|[-_/.])v?\d+([._-]?(\d+|rc\d*|alpha\d*|beta\d*|pre\d*))*`)

// endings are those of archives and repositories.
var endings = regexp.MustCompile(`(\.orig)?\.(tar(\.\w+)?|tgz|tbz2?|txz|tlz|zip|git|gem|crate|deb|src\.rpm)$`)

// originAt is the origin of one URL.
func originAt(entry string) (origin, bool) {
	scheme, rest, ok := strings.Cut(strings.ToLower(entry), "://")
	switch scheme {
	case "npm", "npmsw", "crate", "file", "gomod": // one of many parts of a source
		return origin{}, false
	}
	rest, _, _ = strings.Cut(rest, ";")
	if !ok || strings.Contains(rest, "${") {
		return origin{}, false
	}
	if user, host, ok := strings.Cut(rest, "@"); ok && !strings.Contains(user, "/") {
		rest = host
	}
	host, at, ok := strings.Cut(rest, "/")
	if !ok {
		return origin{}, false
	}
	host, _, _ = strings.Cut(host, ":")
	at, _, _ = strings.Cut(at, "?")
	if plain, err := url.PathUnescape(at); err == nil {
		at = plain
	}
	parts := strings.Split(strings.Trim(path.Clean("/"+at), "/"), "/")
	o := origin{place: strings.TrimPrefix(host, "www."), stem: unversioned(parts[len(parts)-1])}
	o.settle(parts)
	return o, o.stem != "" || o.place != ""
}

// unversioned is the name of an archive or repository without ending and
// version.
func unversioned(name string) string {
	name = endings.ReplaceAllString(name, "")
	return strings.Trim(numbers.ReplaceAllString(name, "$1"), "-_.")
}

// settle makes one place of all places that are the same.
func (o *origin) settle(parts []string) {
	if is := knownHost(o.place); is != nil {
		is(o, parts)
		return
	}
	domain := registered(o.place)
	name, _, _ := strings.Cut(domain, ".")
	if o.stem != "" && ownName(name, o.stem) {
		o.place, o.own = "", true
		return
	}
	for i, p := range parts {
		parts[i] = numbers.ReplaceAllString(endings.ReplaceAllString(p, ""), "$1@")
	}
	o.place += "/" + strings.Join(parts, "/")
}

// ownName says whether a domain is named after a project.
func ownName(domain, stem string) bool {
	for _, more := range []string{"", "project", "-project", "team", "-team", "foundation", "org"} {
		if domain == stem+more {
			return true
		}
	}
	return false
}

// registered is the part of a host name that somebody registered, as far as
// that can be told by its form.
func registered(host string) string {
	labels := strings.Split(host, ".")
	n := len(labels)
	if n > 2 && len(labels[n-1]) == 2 && len(labels[n-2]) <= 3 { // example.co.uk
		return strings.Join(labels[n-3:], ".")
	}
	return strings.Join(labels[max(n-2, 0):], ".")
}

// knownHost is what paths mean on hosts with many projects. Hosts and mirrors
// are those of bitbake's mirrors.bbclass and of the variables *_MIRROR of
// bitbake.conf.
func knownHost(host string) func(*origin, []string) {
	in := func(domains ...string) bool {
		for _, d := range domains {
			if host == d || strings.HasSuffix(host, "."+d) {
				return true
			}
		}
		return false
	}
	switch {
	case in("github.com", "githubusercontent.com", "gitlab.com", "bitbucket.org", "codeberg.org", "gitee.com", "sr.ht"):
		return (*origin).forge
	case in("pypi.org", "pypi.python.org", "pypi.io", "pythonhosted.org"):
		return packageIndex("pypi")
	case in("cpan.org", "metacpan.org"):
		return packageIndex("cpan")
	case in("rubygems.org"):
		return packageIndex("gems")
	case in("sourceforge.net", "sf.net", "dl.sourceforge.net"):
		return (*origin).sourceforge
	case in("debian.org", "debian.net"):
		return named("debian")
	case in("launchpad.net"), in("launchpadlibrarian.net"):
		return named("launchpad")
	case in("gnu.org", "nongnu.org") || strings.HasPrefix(host, "gnu."):
		return named("gnu")
	case in("gnome.org"):
		return named("gnome")
	case in("kernel.org"):
		return (*origin).kernel
	case in("apache.org"):
		return named("apache")
	case in("kde.org"):
		return named("kde")
	case in("x.org"):
		return named("x.org")
	}
	return nil
}

// packageIndex is an index of packages of one language.
func packageIndex(name string) func(*origin, []string) {
	return func(o *origin, _ []string) { o.place, o.index = name, true }
}

// named is a group of hosts that have every name once.
func named(name string) func(*origin, []string) {
	return func(o *origin, _ []string) { o.place = name }
}

// forge has OWNER/REPOSITORY, and archives below it.
func (o *origin) forge(parts []string) {
	host := registered(o.place)
	if host == "githubusercontent.com" {
		host = "github.com"
	}
	if len(parts) > 0 && parts[0] == "downloads" {
		parts = parts[1:]
	}
	n := min(len(parts), 2)
	if at := slices.Index(parts, "-"); at > 2 { // GitLab has groups in groups
		n = at
	}
	if strings.HasPrefix(host, "gitlab.") && n == 2 && strings.HasSuffix(parts[len(parts)-1], ".git") {
		n = len(parts)
	}
	name := endings.ReplaceAllString(strings.Join(parts[:n], "/"), "")
	o.place, o.stem = host+"/"+name, path.Base(name)
}

// sourceforge has projects with several packages each.
func (o *origin) sourceforge(parts []string) {
	marks := []string{"project", "projects", "sourceforge"}
	if strings.Contains(o.place, ".code.") {
		marks = []string{"p", "scm", "gitroot"}
	}
	if len(parts) > 1 && slices.Contains(marks, parts[0]) {
		parts = parts[1:]
	}
	project := parts[0]
	switch o.stem {
	case "code", "git", "trunk", "svn", "":
		o.stem = project
	}
	o.place = "sourceforge/" + project
}

// kernel has archives by name and many trees of one name: those of several
// people are several.
func (o *origin) kernel(parts []string) {
	if strings.HasPrefix(o.place, "git.") {
		o.place = "git.kernel.org/" + path.Dir(strings.Join(parts, "/"))
		return
	}
	o.place = "kernel.org"
}
