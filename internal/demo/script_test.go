package demo

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseScript(t *testing.T) {
	const text = `# a comment
== commit fix
by: kenji 3d4h
# another
reviewed: noor

lib: fix it

More of it.
@@ lib/a.c
 	before

-	old
+	new
@@patch x.patch from repo/fix
Upstream-Status: Pending

== tag v1
by: edwin 1d
`
	got, err := parseScript(text)
	if err != nil {
		t.Fatal(err)
	}
	want := []entry{
		{
			kind: "commit", args: []string{"fix"}, fields: map[string]string{"by": "kenji 3d4h", "reviewed": "noor"},
			text: "lib: fix it\n\nMore of it.", line: 2,
			edits: []edit{
				{path: "lib/a.c", old: "\tbefore\n\n\told\n", new: "\tbefore\n\n\tnew\n"},
				{how: "patch", path: "x.patch", from: "repo/fix", lines: "Upstream-Status: Pending\n\n"},
			},
		},
		{kind: "tag", args: []string{"v1"}, fields: map[string]string{"by": "edwin 1d"}, line: 18},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(entry{}, edit{})); diff != "" {
		t.Errorf("parseScript (-want +got):\n%s", diff)
	}
	for text, want := range map[string]string{
		"hello\n":                           "1: \"hello\" stands outside of an entry",
		"== commit a\nno field\n":           "2: \"no field\" is no field",
		"== commit a\n\nt\n@@ \n":           "4: \"@@ \" begins no edit",
		"== commit a\n\nt\n@@ f\nnothing\n": "5: \"nothing\": want a space, - or + before it",
	} {
		if _, err := parseScript(text); err == nil || err.Error() != want {
			t.Errorf("parseScript(%q): %v, want %s", text, err, want)
		}
	}
}

func TestApplyEdit(t *testing.T) {
	for _, tt := range []struct {
		edit      edit
		want, err string
	}{
		{edit{path: "f", old: "b\n", new: "B\n"}, "a\nB\na\n", ""},
		{edit{path: "f", old: "a\n", new: "A\n"}, "", "2 times"},
		{edit{path: "f", old: "c\n", new: "C\n"}, "", "0 times"},
		{edit{path: "f", new: "x\n"}, "", "there already"},
		{edit{path: "g", new: "x\n"}, "a\nb\na\n", ""},
		{edit{how: "move", path: "g", from: "f"}, "", ""},
		{edit{how: "delete", path: "h"}, "", "no such file"},
	} {
		files := map[string]string{"f": "a\nb\na\n"}
		err := tt.edit.apply(files)
		if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%+v: %v, want %q", tt.edit, err, tt.err)
		}
		if err == nil && files["f"] != tt.want {
			t.Errorf("%+v: %q, want %q", tt.edit, files["f"], tt.want)
		}
	}
}

func TestParseAge(t *testing.T) {
	for s, want := range map[string]time.Duration{"3d": 72 * time.Hour, "3d4h": 76 * time.Hour, "5h": 5 * time.Hour, "0d": 0, "10m": 0, "xd": 0, "3d4": 0, "": 0} {
		got, err := parseAge(s)
		if got != want || (err == nil) != (want > 0) {
			t.Errorf("parseAge(%q) = %v, %v, want %v", s, got, err, want)
		}
	}
}
