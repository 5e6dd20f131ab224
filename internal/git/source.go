package git

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
)

// A Source says from where a mirror is fetched, and what.
type Source struct {
	URL   string
	Local bool     // paths, file URLs and bundles are allowed: the URL is from the config file or command line
	Refs  []string // names of branches, where one * stands for anything; default: all. Tags always come along
	Prune bool     // also delete what the source has no longer
}

// remote is the source's URL and the protocols that it may use.
func (s Source) remote() (address, protocols string, err error) {
	refuse := func(why string) (string, string, error) {
		return "", "", fmt.Errorf("git URL %q: %s: %w", s.URL, why, ErrUnsafe)
	}
	if s.URL == "" || s.URL[0] == '-' || len(s.URL) > 4096 {
		return refuse("empty, too long, or looks like an option")
	}
	if strings.ContainsFunc(s.URL, func(c rune) bool { return c <= ' ' && c != ' ' || c == 0x7f }) {
		return refuse("control character")
	}
	scheme, _, isURL := strings.Cut(s.URL, "://")
	if !isURL || scheme == "file" {
		if !s.Local {
			return refuse("want https, ssh or git")
		}
		path, err := filepath.Abs(strings.TrimPrefix(s.URL, "file://"))
		return path, "file", err
	}
	u, err := url.Parse(s.URL)
	if err != nil {
		return refuse("not a URL")
	}
	switch {
	case u.Scheme != "https" && u.Scheme != "ssh" && u.Scheme != "git":
		return refuse("want https, ssh or git")
	case u.Hostname() == "" || u.Hostname()[0] == '-' || strings.ContainsAny(u.Hostname(), " %"):
		return refuse("odd host")
	case strings.HasPrefix(u.User.Username(), "-"):
		return refuse("odd user")
	case strings.HasPrefix(u.Path, "/-") || strings.HasPrefix(u.Path, "/~-"):
		return refuse("path looks like an option")
	}
	return s.URL, u.Scheme, nil
}

// refspecs are what to fetch; every ref keeps its own name.
func (s Source) refspecs() ([]string, error) {
	refs := s.Refs
	if len(refs) == 0 {
		refs = []string{"*"}
	}
	specs := []string{"+refs/tags/*:refs/tags/*"}
	for _, ref := range refs {
		ref = strings.TrimPrefix(ref, "refs/heads/")
		if !validBranch(ref) {
			return nil, fmt.Errorf("branch %q: %w", ref, ErrUnsafe)
		}
		specs = append(specs, "+refs/heads/"+ref+":refs/heads/"+ref)
	}
	return specs, nil
}

// validBranch follows git check-ref-format, but allows one *.
func validBranch(name string) bool {
	if name == "" || len(name) > 512 || strings.Count(name, "*") > 1 ||
		strings.ContainsAny(name, " ~^:?[\\\x7f") || strings.ContainsFunc(name, func(c rune) bool { return c < ' ' }) {
		return false
	}
	for _, bad := range []string{"..", "//", "@{", "/.", ".lock/"} {
		if strings.Contains(name, bad) {
			return false
		}
	}
	return !strings.ContainsAny(name[:1], "/.-") && !strings.HasSuffix(name, "/") &&
		!strings.HasSuffix(name, ".") && !strings.HasSuffix(name, ".lock")
}
