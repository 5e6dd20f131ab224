package policy

import (
	"net/url"
	"strings"
)

// commitAddress is where a browser shows a commit of the repository that a
// recipe fetches from, or "" where the host is not one whose pages are known.
func commitAddress(remotes []string, commit string) string {
	for _, r := range remotes {
		u, err := url.Parse(r)
		if err != nil || u.Host == "" {
			continue
		}
		host := strings.ToLower(u.Hostname())
		parts := strings.Split(strings.Trim(u.Path, "/"), "/")
		for i := range parts {
			parts[i] = strings.TrimSuffix(parts[i], ".git")
		}
		isGit := strings.HasPrefix(u.Scheme, "git")
		switch {
		case len(parts) < 2:
		case host == "github.com":
			return "https://github.com/" + url.PathEscape(parts[0]) + "/" + url.PathEscape(parts[1]) + "/commit/" + commit
		case isGit && (strings.HasPrefix(host, "gitlab.") || host == "salsa.debian.org"):
			return (&url.URL{Scheme: "https", Host: host, Path: "/" + strings.Join(parts, "/") + "/-/commit/" + commit}).String()
		case isGit && (host == "git.kernel.org" || host == "git.yoctoproject.org" || host == "git.openembedded.org"):
			return (&url.URL{Scheme: "https", Host: host, Path: u.Path + "/commit/", RawQuery: "id=" + commit}).String()
		}
	}
	return ""
}
