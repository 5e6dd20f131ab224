package layer

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
	"pgregory.net/rapid"
)

// TestRemoveEntry takes file://drop.patch out of before; a new case is a new
// pair of files in testdata/entry.
func TestRemoveEntry(t *testing.T) {
	files, err := filepath.Glob("testdata/entry/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i+1 < len(a.Files); i += 2 {
			t.Run(strings.TrimSuffix(a.Files[i].Name, " before"), func(t *testing.T) {
				got := string(removeNamed(a.Files[i].Data, "drop.patch"))
				if diff := cmp.Diff(string(a.Files[i+1].Data), got); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
			})
		}
	}
}

func removeNamed(b []byte, name string) []byte {
	for _, e := range Entries(b) {
		if e.Names(name) {
			return RemoveEntry(b, e)
		}
	}
	return b
}

func TestEntryNames(t *testing.T) {
	for _, tt := range []struct {
		text, name string
		want       bool
	}{
		{"file://a.patch", "a.patch", true},
		{"file://./a.patch;striplevel=2", "a.patch", true},
		{"file://sub/a.patch", "a.patch", false},
		{"file://${BPN}-a.patch", "zlib-a.patch", true},
		{"file://${BPN}-${PV}.patch", "zlib-1.2.patch", true},
		{"file://${BPN}-b.patch", "zlib-a.patch", false},
		{"file://${BPN", "${BPN", false},
		{"https://example.org/a.patch", "a.patch", false},
	} {
		if got := (Entry{Text: tt.text}).Names(tt.name); got != tt.want {
			t.Errorf("%q names %q: %v, want %v", tt.text, tt.name, got, tt.want)
		}
	}
}

// TestRemoveAny writes SRC_URI in all the ways that people have, and takes any
// one patch out: the words that remain are the others, in order.
func TestRemoveAny(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var text strings.Builder
		var names []string
		for range rapid.IntRange(1, 4).Draw(t, "statements") {
			head := rapid.SampledFrom([]string{`SRC_URI = `, `SRC_URI += `, `SRC_URI:append = `, `SRC_URI_append_x86 = `, `SRC_URI =+ `, `PATCHES ?= `}).Draw(t, "head")
			quote := rapid.SampledFrom([]string{`"`, `'`}).Draw(t, "quote")
			text.WriteString("# a comment\n" + head + quote)
			text.WriteString(rapid.SampledFrom([]string{"", " ", " \\\n    ", "\\\n\t"}).Draw(t, "begin"))
			for i := range rapid.IntRange(1, 4).Draw(t, "words") {
				if i > 0 {
					text.WriteString(rapid.SampledFrom([]string{" ", "  ", " \\\n    ", "\\\n "}).Draw(t, "space"))
				}
				name := "file://" + rapid.StringMatching(`[a-z]{1,3}`).Draw(t, "name") + ".patch" + rapid.SampledFrom([]string{"", ";striplevel=2"}).Draw(t, "params")
				names = append(names, name)
				text.WriteString(name)
			}
			text.WriteString(rapid.SampledFrom([]string{"", " ", " \\\n", " \\\n    "}).Draw(t, "end") + quote + rapid.SampledFrom([]string{"\n", " \n", "\n\n"}).Draw(t, "after"))
		}
		b := []byte(text.String())
		entries := Entries(b)
		if got := wordTexts(entries); cmp.Diff(names, got) != "" {
			t.Fatalf("entries of\n%s\n(-want +got)\n%s", b, cmp.Diff(names, got))
		}
		drop := rapid.IntRange(0, len(entries)-1).Draw(t, "drop")
		after := RemoveEntry(b, entries[drop])
		want := append(append([]string{}, names[:drop]...), names[drop+1:]...)
		if got := wordTexts(Entries(after)); strings.Join(got, " ") != strings.Join(want, " ") {
			t.Fatalf("%s without %d is\n%s\nwith %q, want %q", b, drop, after, got, want)
		}
		if p, err := parse(after); err != nil || len(p.problems) > 0 {
			t.Fatalf("%s: %v, %v", after, err, p.problems)
		}
	})
}

func wordTexts(list []Entry) []string {
	var out []string
	for _, e := range list {
		out = append(out, e.Text)
	}
	return out
}

func FuzzRemoveEntry(f *testing.F) {
	f.Add([]byte("SRC_URI += \"file://drop.patch \\\n  file://b.patch\"\n"))
	f.Add([]byte("A = \"\\\n\"\nB:append = ' file://drop.patch'"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, e := range Entries(b) {
			after := RemoveEntry(b, e)
			if len(after) >= len(b) {
				t.Errorf("nothing of %q was removed: %q", e.Text, b)
			}
		}
	})
}
