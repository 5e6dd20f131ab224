package main

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzReadFrom reads descriptions of builds by anybody.
func FuzzReadFrom(f *testing.F) {
	f.Add([]byte("header: {version: 1, includes: [x.yml, {repo: a, file: b}]}\nrepos: {a: {url: u, layers: {x: }}, b: }\n"))
	f.Add([]byte("repos: &a {x: *a}\nsources: *a\n"))
	f.Add([]byte(`{"sources": {"a": {"contains_this_file": true, "git-remote": {"remotes": {"o": {"uri": "x:y"}}}}}}`))
	f.Add([]byte(`<manifest><remote name="a" fetch=".."/><default remote="a"/><project name="x"/><include name="build"/></manifest>`))
	f.Fuzz(func(t *testing.T, b []byte) {
		file := filepath.Join(t.TempDir(), "build")
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		found, problems, err := readFrom(t.Context(), file)
		if err != nil {
			return
		}
		if _, err := layerText(found, problems); err != nil {
			t.Error(err)
		}
	})
}
