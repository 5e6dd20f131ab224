package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/git"
)

// A manifestReader reads a manifest of Google's repo with its local includes,
// as docs/manifest-format.md of git-repo describes.
type manifestReader struct {
	dir      string // of the manifest repository
	at       string // where that was fetched from: remotes may be relative to it
	remotes  map[string]map[string]string
	defaults map[string]string
	projects []map[string]string
	files    []string
}

// readManifest reads a manifest.
func readManifest(file string, here git.Checkout) (out []namedRepo, problems []string, err error) {
	m := &manifestReader{dir: filepath.Dir(file), at: here.URL, remotes: map[string]map[string]string{}, defaults: map[string]string{}}
	if err := m.file(file); err != nil {
		return nil, nil, err
	}
	for _, p := range m.projects {
		r, problem := m.named(p)
		switch {
		case problem != "":
			problems = append(problems, problem)
		case path.Base(r.name) != "bitbake": // the builder itself
			out = append(out, r)
		}
	}
	return out, problems, nil
}

// file reads one file.
func (m *manifestReader) file(file string) error {
	if slices.Contains(m.files, file) {
		return usagef("%s: is included twice", file)
	}
	if m.files = append(m.files, file); len(m.files) > maxIncludes {
		return usagef("%s: includes more than %d files", file, maxIncludes)
	}
	b, err := readDescription(file)
	if err != nil {
		return err
	}
	dec := xml.NewDecoder(bytes.NewReader(b))
	depth := 0
	for {
		tok, err := dec.Token()
		line, _ := dec.InputPos()
		switch {
		case errors.Is(err, io.EOF) && depth == 0 && len(m.files) > 0:
			return nil
		case err != nil:
			return fmt.Errorf("%s:%d: %w", file, line, err)
		}
		switch e := tok.(type) {
		case xml.StartElement:
			if depth++; depth == 1 && e.Name.Local != "manifest" {
				return usagef("%s:%d: <%s>: want a <manifest>", file, line, e.Name.Local)
			}
			if depth == 2 {
				if err := m.element(file, line, e); err != nil {
					return err
				}
			}
		case xml.EndElement:
			depth--
		}
	}
}

// element reads what is said directly in a manifest.
func (m *manifestReader) element(file string, line int, e xml.StartElement) error {
	a := map[string]string{}
	for _, attr := range e.Attr {
		a[attr.Name.Local] = attr.Value
	}
	switch e.Name.Local {
	case "remote":
		m.remotes[a["name"]] = a
	case "default":
		m.defaults = a
	case "project":
		if len(m.projects) >= maxRepos {
			return usagef("%s:%d: more than %d projects", file, line, maxRepos)
		}
		m.projects = append(m.projects, a)
	case "remove-project":
		m.projects = slices.DeleteFunc(m.projects, func(p map[string]string) bool { return p["name"] == a["name"] })
	case "extend-project":
		for _, p := range m.projects {
			for _, key := range []string{"revision", "upstream", "remote", "dest-branch"} {
				if p["name"] == a["name"] && a[key] != "" {
					p[key] = a[key]
				}
			}
		}
	case "include":
		name := filepath.FromSlash(a["name"])
		if !filepath.IsLocal(name) {
			return usagef("%s:%d: includes %s, which is outside of the manifests", file, line, a["name"])
		}
		if err := m.file(filepath.Join(m.dir, name)); err != nil {
			return fmt.Errorf("%s:%d: %w", file, line, err)
		}
	}
	return nil
}

// named is a project as others describe it.
func (m *manifestReader) named(p map[string]string) (namedRepo, string) {
	r := namedRepo{name: p["name"], path: p["path"], unsure: true}
	remoteName := p["remote"]
	if remoteName == "" {
		remoteName = m.defaults["remote"]
	}
	remote := m.remotes[remoteName]
	if remote == nil {
		return r, fmt.Sprintf("%s: there is no remote %q", r.name, remoteName)
	}
	base := remote["fetch"]
	if !strings.Contains(base, "://") && scpForm.FindString(base) == "" {
		at, err := url.Parse(m.at)
		if err != nil || at.Host == "" {
			return r, fmt.Sprintf("%s: remote %q is relative to where the manifests were fetched from, which is not known", r.name, remoteName)
		}
		at.Path = path.Join(path.Dir(at.Path+"/x"), base)
		base = at.String()
	}
	r.url = strings.TrimSuffix(base, "/") + "/" + r.name
	for _, rev := range []string{m.defaults["upstream"], p["dest-branch"], p["upstream"]} {
		r.revise(rev)
	}
	rev := p["revision"]
	if rev == "" {
		rev = remote["revision"]
	}
	if rev == "" {
		rev = m.defaults["revision"]
	}
	r.revise(rev)
	return r, ""
}
