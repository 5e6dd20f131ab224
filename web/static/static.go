// Package static holds what the pages load: one style sheet, one small
// script, the icon, and htmx as its makers ship it (vendor, with licences).
// All is embedded; nothing is loaded from anywhere else.
package static

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed css *.js *.svg *.txt vendor
var embedded embed.FS

// Prefix is where the files are served.
const Prefix = "/static/"

// Files serves the embedded files under names that carry a hash of their
// bytes, so that browsers may keep them for ever.
type Files struct {
	byName map[string]file // "app.css"
	byPath map[string]file // "/static/app.3f2a91c0.css"
}

type file struct {
	path string // as served
	kind string // Content-Type
	body []byte
}

// New reads the embedded files. The style sheets of css become one, app.css,
// in the order of their names.
func New() (*Files, error) {
	f := &Files{byName: map[string]file{}, byPath: map[string]file{}}
	var css []byte
	err := fs.WalkDir(embedded, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := embedded.ReadFile(name)
		if err != nil {
			return err
		}
		if path.Dir(name) == "css" {
			css = append(css, body...) // WalkDir goes by name
			return nil
		}
		f.add(name, body)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("embedded files: %w", err)
	}
	f.add("app.css", css)
	return f, nil
}

func (f *Files) add(name string, body []byte) {
	ext := path.Ext(name)
	sum := sha256.Sum256(body)
	stem := strings.TrimSuffix(path.Base(name), ext)
	v := file{path: Prefix + stem + "." + hex.EncodeToString(sum[:4]) + ext, kind: kind(ext), body: body}
	f.byName[path.Base(name)] = v
	f.byPath[v.path] = v
}

// kind is the Content-Type of a file by its extension; the machine's own
// table of types is not asked, it differs.
func kind(ext string) string {
	switch ext {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return "text/plain; charset=utf-8"
}

// URL is the path of the file with this name, or "" if there is none.
func (f *Files) URL(name string) string { return f.byName[name].path }

// ServeHTTP answers for the paths that URL gives.
func (f *Files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v, ok := f.byPath[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", v.kind)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Write(v.body)
}
