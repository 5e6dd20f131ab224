package layer

import (
	"net/url"
	"path"
	"slices"
	"strings"
)

// RepositoryOf is where the source of a recipe is developed, by the first entry
// of SRC_URI that is fetched and is no patch: a git repository, or one on a
// forge that the archive was made of. It is in the form of [RepositoryAt]; ""
// where nothing of that is known.
func RepositoryOf(remote []string) string {
	for _, entry := range remote {
		if !patchName(entry) {
			return repositoryOf(entry)
		}
	}
	return ""
}

// GitRemote is the address of the git repository that [RepositoryOf] goes by,
// in a form that git can fetch; "" where it is none.
func GitRemote(remote []string) string {
	for _, entry := range remote {
		if patchName(entry) {
			continue
		}
		scheme, rest, ok := strings.Cut(entry, "://")
		if !ok || scheme != "git" && scheme != "gitsm" || strings.Contains(rest, "${") {
			return ""
		}
		rest, parameters, _ := strings.Cut(rest, ";")
		for _, p := range strings.Split(parameters, ";") {
			if protocol, ok := strings.CutPrefix(p, "protocol="); ok {
				return protocol + "://" + rest
			}
		}
		return "git://" + rest
	}
	return ""
}

func repositoryOf(entry string) string {
	if at := GitRemote([]string{entry}); at != "" {
		return RepositoryAt(at)
	}
	scheme, _, _ := strings.Cut(entry, "://")
	o, ok := originAt(entry)
	if !ok || scheme != "https" && scheme != "http" || strings.Count(o.place, "/") < 2 {
		return ""
	}
	host, _, _ := strings.Cut(o.place, "/")
	if o.own || o.index || !isForge(host) {
		return ""
	}
	return o.place
}

// isForge says whether the paths of a host begin with owner and repository.
func isForge(host string) bool {
	return slices.Contains([]string{"github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "gitee.com"}, host)
}

// RepositoryAt makes one of all addresses of a git repository that differ in
// protocol, user, port and ending only: host/path in lower case, of a local one
// its path. It is "" for what is no address.
func RepositoryAt(location string) string {
	location, _, _ = strings.Cut(strings.TrimSpace(location), ";")
	scheme, rest, ok := strings.Cut(location, "://")
	host, at, _ := strings.Cut(rest, "/")
	if !ok {
		var scp bool
		if host, at, scp = strings.Cut(location, ":"); !scp || strings.Contains(host, "/") {
			host, at = "", location
		}
	}
	if scheme == "file" || host == "" {
		at = path.Clean("/" + strings.TrimPrefix(strings.TrimPrefix(location, "file://"), "git://"))
		return strings.TrimSuffix(at, "/")
	}
	if _, bare, ok := strings.Cut(host, "@"); ok {
		host = bare
	}
	host, _, _ = strings.Cut(host, ":")
	if plain, err := url.PathUnescape(at); err == nil {
		at = plain
	}
	parts := strings.Split(strings.Trim(path.Clean("/"+at), "/"), "/")
	for len(parts) > 1 && slices.Contains([]string{"git", "cgit", "r"}, parts[0]) { // the same path by other services of a host
		parts = parts[1:]
	}
	at = strings.TrimSuffix(strings.Join(parts, "/"), ".git")
	if at == "" || strings.Contains(at, "${") {
		return ""
	}
	return strings.ToLower(strings.TrimPrefix(host, "www.") + "/" + at)
}
