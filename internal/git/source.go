package git

import (
	"fmt"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"unicode"
)

// A Source says from where a mirror is fetched, and what.
type Source struct {
	URL   string
	Local bool     // paths, file URLs and bundles are allowed: the URL is from the config file or command line
	Refs  []string // names of branches, where one * stands for anything; default: all. Tags always come along
	Prune bool     // also delete what the source has no longer
}

// parse checks the form of the source's URL. A path becomes a file URL.
func (s Source) parse() (*url.URL, error) {
	refuse := func(why string) (*url.URL, error) {
		return nil, fmt.Errorf("git URL %q: %s: %w", Redact(s.URL), why, ErrUnsafe)
	}
	if s.URL == "" || s.URL[0] == '-' || len(s.URL) > 4096 {
		return refuse("empty, too long, or looks like an option")
	}
	if strings.ContainsFunc(s.URL, unicode.IsControl) {
		return refuse("control character")
	}
	scheme, _, isURL := strings.Cut(s.URL, "://")
	if !isURL || scheme == "file" {
		if !s.Local {
			return refuse("want https, ssh or git")
		}
		path, err := filepath.Abs(strings.TrimPrefix(s.URL, "file://"))
		return &url.URL{Scheme: "file", Path: path}, err
	}
	u, err := url.Parse(s.URL)
	if err != nil {
		return refuse("not a URL")
	}
	switch {
	case u.Scheme != "https" && u.Scheme != "ssh" && u.Scheme != "git":
		return refuse("want https, ssh or git")
	case !validHost(u.Hostname()) || strings.Trim(u.Port(), "0123456789") != "":
		return refuse("odd host")
	case strings.HasPrefix(u.User.Username(), "-"):
		return refuse("odd user")
	case strings.HasPrefix(u.Path, "/-") || strings.HasPrefix(u.Path, "/~-"):
		return refuse("path looks like an option")
	}
	return u, nil
}

// validHost accepts host names and plain addresses, but not the other ways to
// write an IPv4 address (0177.0.0.1, 0x7f.1, 2130706433), which programs read
// differently.
func validHost(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return !strings.Contains(host, "%")
	}
	odd := func(c rune) bool {
		return c != '-' && c != '.' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
	}
	name := strings.TrimSuffix(host, ".")
	if name == "" || len(name) > 253 || name[0] == '-' || strings.ContainsFunc(name, odd) {
		return false
	}
	last := name[strings.LastIndexByte(name, '.')+1:]
	return strings.Trim(last, "0123456789") != "" && !strings.HasPrefix(strings.ToLower(last), "0x")
}

// refspecs are what to fetch; every ref keeps its own name.
func (s Source) refspecs() ([]string, error) {
	refs := s.Refs
	if refs == nil {
		refs = []string{"*"}
	}
	specs := []string{"+refs/tags/*:refs/tags/*"}
	for _, ref := range refs {
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
