package layer

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/upstreamd/upstreamd/internal/git"
)

// texts of files by their hash; they stand for a repository.
type memory map[string]string

func (m memory) Blob(hash string) ([]byte, error) {
	if text, ok := m[hash]; ok {
		return []byte(text), nil
	}
	return nil, git.ErrNotFound
}

// scanFiles scans layers made of files, by source/path. Sources come in the
// order of their first file; local names those that are ours.
func scanFiles(t testing.TB, files []txtar.File, local []string) *Scan {
	t.Helper()
	tr := newTree()
	s := &Scan{}
	var sources []Source
	entries := map[string][]git.Entry{}
	m := memory{}
	for _, f := range files {
		name, rel, ok := strings.Cut(f.Name, "/")
		if !ok {
			continue
		}
		if !slices.Contains(s.order, name) {
			s.order = append(s.order, name)
			sources = append(sources, Source{Name: name, Local: slices.Contains(local, name)})
		}
		sum := sha1.Sum(f.Data)
		hash := hex.EncodeToString(sum[:])
		m[hash] = string(f.Data)
		entries[name] = append(entries[name], git.Entry{Mode: "100644", Type: "blob", Hash: hash, Path: rel, Size: int64(len(f.Data))})
	}
	s.local = local
	for _, name := range s.order {
		tr.add(name, entries[name], m)
	}
	tr.finish()
	s.read(t.Context(), tr, (*memo)(nil).renew(tr), sources, Options{Overrides: DefaultOverrides()})
	return s
}

// TestCases scans the layers in testdata/*.txtar. The part "want" says what is
// to be found, "want-duplicates" what of it is there twice.
func TestCases(t *testing.T) {
	cases, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(cases) == 0 {
		t.Fatal("no cases", err)
	}
	for _, name := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var local []string
			if first, _, _ := strings.Cut(string(a.Comment), "\n"); strings.HasPrefix(first, "local:") {
				local = strings.Fields(strings.TrimPrefix(first, "local:"))
			}
			s := scanFiles(t, a.Files, local)
			for _, f := range a.Files {
				switch f.Name {
				case "want":
					if diff := cmp.Diff(string(f.Data), describeScan(s)); diff != "" {
						t.Errorf("scan differs (-want +got):\n%s", diff)
					}
				case "want-duplicates":
					if diff := cmp.Diff(string(f.Data), describeDuplicates(s)); diff != "" {
						t.Errorf("duplicates differ (-want +got):\n%s", diff)
					}
				}
			}
		})
	}
}

// describeScan is a scan as the cases write it.
func describeScan(s *Scan) string {
	var b strings.Builder
	for _, r := range s.Recipes {
		fmt.Fprintf(&b, "recipe %s:%s %s %s\n", r.Source, r.File, r.PN, r.version())
		if r.Floating {
			fmt.Fprintln(&b, "  floating")
		}
		if r.Inactive != "" {
			fmt.Fprintf(&b, "  inactive: %s\n", r.Inactive)
		}
		if !slices.Equal(r.Patches, r.PatchesEffective) {
			fmt.Fprintf(&b, "  own %s\n", strings.Join(r.Patches, " "))
		}
		for _, p := range r.PatchFiles {
			fmt.Fprintln(&b, describePatchFile(p))
		}
		for _, u := range r.Remote {
			fmt.Fprintf(&b, "  remote %s\n", u)
		}
		for _, c := range r.Conditional {
			fmt.Fprintf(&b, "  if %s: %s\n", c.Override, c.Name)
		}
		for _, i := range r.Includes {
			fmt.Fprintf(&b, "  include %s\n", i)
		}
		for _, a := range r.Appends {
			fmt.Fprintf(&b, "  append %s\n", a)
		}
		for _, p := range r.Problems {
			fmt.Fprintf(&b, "  problem: %s\n", p)
		}
	}
	for _, a := range s.Appends {
		to := strings.Join(a.Recipes, " ")
		if to == "" {
			to = "dangling"
		}
		fmt.Fprintf(&b, "append %s:%s %s\n", a.Source, a.File, to)
	}
	for _, p := range s.Patches {
		if p.Recipe == "" && len(s.Appends) > 0 {
			fmt.Fprintf(&b, "orphan %s:%s\n", p.Source, p.Path)
		}
	}
	for _, p := range s.Problems {
		fmt.Fprintf(&b, "problem %s:%s %s\n", p.Source, p.File, p.Text)
	}
	return b.String()
}

func describePatchFile(p PatchFile) string {
	text := strings.TrimSuffix("  patch "+p.Name+" "+p.Path, " ")
	if p.Strip != 1 {
		text += fmt.Sprintf(" -p%d", p.Strip)
	}
	if p.Dir != "" {
		text += " in " + p.Dir
	}
	if p.Below != p.Dir {
		text += fmt.Sprintf(" below %q", p.Below)
	}
	if p.Via == "append" {
		text += " by append"
	}
	if p.Replaces != "" {
		text += " instead of " + p.Replaces
	}
	return text
}

func describeDuplicates(s *Scan) string {
	var b strings.Builder
	for _, d := range s.Duplicates() {
		words := []string{d.Kind, d.LocalSource + ":" + d.LocalFile, d.LocalVersion}
		if d.UpstreamSource != "" {
			words = append(words, d.UpstreamSource+":"+d.UpstreamFile, d.UpstreamVersion)
		}
		words = append(words, d.Relation, d.Match)
		words = slices.DeleteFunc(words, func(w string) bool { return w == "" })
		fmt.Fprintln(&b, strings.Join(words, " "))
	}
	return b.String()
}
