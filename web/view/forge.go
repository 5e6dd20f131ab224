package view

import (
	"net/url"
	"regexp"
	"strings"
)

// sshAddress is git's short form "git@host:path".
var sshAddress = regexp.MustCompile(`^(?:[^@/]+@)?([A-Za-z0-9.-]+):([^/].*)$`)

// ForgeURL is where the project at a git location shows a commit, branch or
// tag (what is "commit", "branch" or "tag"), or "" where its host is not one of
// the common forges.
func ForgeURL(location, what, name string) string {
	host, path := forgeOf(location)
	if host == "" || name == "" {
		return ""
	}
	plain, inQuery := escapePath(name), url.QueryEscape(name)
	at := "https://" + host + "/" + path
	switch {
	case host == "github.com":
		return at + map[string]string{"commit": "/commit/", "branch": "/tree/", "tag": "/releases/tag/"}[what] + plain
	case strings.HasPrefix(host, "gitlab."):
		return at + map[string]string{"commit": "/-/commit/", "branch": "/-/tree/", "tag": "/-/tags/"}[what] + plain
	case host == "codeberg.org", strings.HasPrefix(host, "gitea."):
		return at + map[string]string{"commit": "/commit/", "branch": "/src/branch/", "tag": "/src/tag/"}[what] + plain
	case strings.HasPrefix(host, "git."), strings.HasPrefix(host, "cgit."): // cgit
		return at + map[string]string{"commit": "/commit/?id=", "branch": "/log/?h=", "tag": "/tag/?h="}[what] + inQuery
	}
	return ""
}

// forgeOf is host and path of a git location that a browser may reach too.
func forgeOf(location string) (host, path string) {
	if u, err := url.Parse(location); err == nil && u.Host != "" {
		switch u.Scheme {
		case "https", "http", "git", "ssh":
			host, path = strings.ToLower(u.Hostname()), u.EscapedPath()
		}
	} else if m := sshAddress.FindStringSubmatch(location); m != nil {
		host, path = strings.ToLower(m[1]), escapePath(m[2])
	}
	path = strings.Trim(path, "/")
	if !strings.HasPrefix(host, "git.") && !strings.HasPrefix(host, "cgit.") {
		path = strings.TrimSuffix(path, ".git")
	}
	if path == "" {
		return "", ""
	}
	return host, path
}

// escapePath escapes a path but for its slashes.
func escapePath(s string) string {
	parts := strings.Split(s, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return strings.Join(parts, "/")
}
