package main

import (
	"context"
	"fmt"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/git"
)

// A foundLayer is one repository of a build, to become a [[layers]] entry.
type foundLayer struct {
	layerConfig
	dirs    []string // of the layers in the repository that the build uses; "" is its root
	remarks []string // what a person should look at
	pin     bool     // follow the revision, not the branch
}

// foundLayers makes one entry of all layers of one repository, in the order in
// which they come. Problems name the paths for which none could be made.
func foundLayers(ctx context.Context, paths []string) (found []*foundLayer, problems []string, err error) {
	byTop := map[string]*foundLayer{}
	taken := map[string]bool{}
	for _, p := range paths {
		c, err := git.CheckoutAt(ctx, p)
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		if err != nil {
			problems = append(problems, fmt.Sprintf("%s: %v", p, err))
			continue
		}
		l := byTop[c.Top]
		if l == nil {
			l = newFoundLayer(c, taken)
			byTop[c.Top] = l
			found = append(found, l)
		}
		l.dirs = append(l.dirs, c.Subdir)
	}
	for _, l := range found {
		if len(l.dirs) == 1 {
			l.Subdir = l.dirs[0]
		} else {
			l.remarks = append(l.remarks, "the build uses "+strings.Join(named(l.dirs), ", "))
		}
	}
	return found, problems, nil
}

func named(dirs []string) []string {
	names := slices.Clone(dirs)
	for i, d := range names {
		if d == "" {
			names[i] = "its root"
		}
	}
	return names
}

// newFoundLayer is the entry for a checkout. Taken are the names in use.
func newFoundLayer(c git.Checkout, taken map[string]bool) *foundLayer {
	l := &foundLayer{}
	l.Location, l.Branch, l.Revision = c.Top, c.Branch, c.Commit
	address, remark := fetchable(c.URL)
	if address != "" {
		l.Location = address
	}
	if remark != "" {
		l.remarks = append(l.remarks, remark)
	}
	if l.Branch == "" {
		l.Branch = "main"
		switch {
		case len(c.Among) > 0:
			l.Branch = c.Among[0]
			l.remarks = append(l.remarks, "which branch? these have the commit: "+strings.Join(c.Among, ", "))
		case address != "":
			l.remarks = append(l.remarks, "which branch? no branch that was fetched has the commit")
		default:
			l.remarks = append(l.remarks, "which branch? none is checked out")
		}
	}
	l.Role = "local"
	if wellKnown.MatchString(address) {
		l.Role, l.pin = "upstream", c.Commit != ""
	}
	l.Name = freeName(strings.TrimSuffix(path.Base(filepath.ToSlash(l.Location)), ".git"), taken)
	return l
}

// wellKnown are addresses of public collections of layers that nobody has as
// their own.
var wellKnown = regexp.MustCompile(`(?i)openembedded|yocto|//[^/]+/(?:.*/)?(?:poky|oe-core)(?:\.git)?/?$`)

// scpForm is git's short form of ssh addresses: user@host:path.
var scpForm = regexp.MustCompile(`^((?:[A-Za-z0-9._-]+@)?[A-Za-z0-9][A-Za-z0-9.-]*):/?(.+)$`)

// fetchable is a remote's address as one that mirrors are fetched from, without
// a password, and what a person should know of the difference. It is "" for
// an address that nothing can be fetched from.
func fetchable(address string) (string, string) {
	switch {
	case address == "":
		return "", "no remote repository: its own directory is read"
	case !strings.Contains(address, "://"):
		if g := scpForm.FindStringSubmatch(address); g != nil {
			return "ssh://" + g[1] + "/" + g[2], ""
		}
		return address, ""
	}
	u, err := url.Parse(address)
	if err != nil {
		return "", "the address of its remote repository cannot be read: the directory is read instead"
	}
	remark := ""
	if _, secret := u.User.Password(); secret {
		u.User = nil
		remark = "a password was left out of the address"
	}
	switch u.Scheme {
	case "http":
		u.Scheme = "https"
		remark = strings.TrimPrefix(remark+"; the remote is http, which is not fetched from", "; ")
	case "https", "ssh", "git", "file":
	default:
		return "", "nothing is fetched by " + u.Scheme + ": the directory is read instead"
	}
	return u.String(), remark
}

var oddInLayerName = regexp.MustCompile(`[^A-Za-z0-9._+-]+`)

// freeName is a name for an entry that no other has.
func freeName(want string, taken map[string]bool) string {
	want = strings.Trim(oddInLayerName.ReplaceAllString(want, "-"), "-.")
	if want == "" {
		want = "layer"
	}
	name := want
	for n := 2; taken[name]; n++ {
		name = fmt.Sprintf("%s-%d", want, n)
	}
	taken[name] = true
	return name
}
