package patch

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// TestNested reads testdata/nested: the outer patch, the old texts of patch
// files by their blob names, and want: a line for each inner patch with its
// path, what its text is from, and its subject and files.
func TestNested(t *testing.T) {
	cases, err := filepath.Glob("testdata/nested/*.txtar")
	if err != nil || len(cases) == 0 {
		t.Fatal(cases, err)
	}
	for _, file := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			old, want := map[string][]byte{}, ""
			var outer *Patch
			for _, f := range a.Files {
				switch name, blob, _ := strings.Cut(f.Name, " "); name {
				case "outer":
					if outer, err = Parse(f.Data); err != nil {
						t.Fatal(err)
					}
				case "blob":
					old[blob] = f.Data
				case "want":
					want = string(f.Data)
				}
			}
			got := ""
			for _, in := range Nested(outer) {
				got += in.Path + ": " + inWords(in, old) + "\n"
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Nested (-want +got):\n%s", diff)
			}
		})
	}
}

// inWords tells an inner patch.
func inWords(in Inner, old map[string][]byte) string {
	text, from := in.Text, "whole"
	if text == nil {
		before, ok := old[in.Old]
		if !ok {
			return "only parts of it"
		}
		var err error
		if text, err = in.Apply(before); errors.Is(err, ErrNoFit) {
			return "does not fit: " + err.Error()
		}
		from = "from " + in.Old
	}
	p, err := Parse(text)
	if err != nil {
		return from + ", " + err.Error()
	}
	var files []string
	for _, f := range p.Files {
		n := 0
		for _, h := range f.Hunks {
			n += len(h.Lines)
		}
		files = append(files, fmt.Sprintf("%s %d lines", f.Path(), n))
	}
	return fmt.Sprintf("%s, %q, %s", from, p.Subject, strings.Join(files, ", "))
}

// FuzzNested: whatever a mail holds, the inner patches are bounded, and
// applying them to anything is no panic.
func FuzzNested(f *testing.F) {
	f.Add([]byte("--- /dev/null\n+++ b/x.patch\n@@ -0,0 +1,4 @@\n+--- a/f\n++++ b/f\n+@@ -1 +1 @@\n+-a\n"), []byte("a\n"))
	f.Add([]byte("--- a/x.diff\n+++ b/x.diff\n@@ -1 +1,2 @@\n a\n+b\n"), []byte("a"))
	f.Fuzz(func(t *testing.T, mail, old []byte) {
		p, err := Parse(mail)
		if err != nil && !errors.Is(err, ErrTooBig) {
			return
		}
		list := Nested(p)
		if len(list) > MaxInner {
			t.Fatalf("%d inner patches", len(list))
		}
		for _, in := range list {
			if text, err := in.Apply(old); err == nil && len(text) > len(mail)+len(old)+1 {
				t.Fatalf("%d bytes of %d and %d", len(text), len(mail), len(old))
			}
		}
	})
}
