package web_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/web"
)

func TestChangelog(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"none", "Two patches.\n\nAda (2):\n  one\n", ""},
		{"a list, then a paragraph", "Hello.\n\nChanges in v2:\n - no buffers (Noor)\n   on the stack\n\n - docs\n\nThanks to all.\n - not this\n", "Changes in v2:\n - no buffers (Noor)\n   on the stack\n - docs"},
		{"below the line", " lib/a.c | 2 +-\n 1 file changed\n\nv1 -> v2:\n  fix it\n", "v1 -> v2:\n  fix it"},
		{"then a diffstat", "---\nv2: 3/3 is new\n\n lib/a.c | 2 +-\n", "v2: 3/3 is new"},
		{"several", "Changes since v2:\n- a\n\nChanges since v1:\n- b\n\nbye\n", "Changes since v2:\n- a\n\nChanges since v1:\n- b"},
		{"b4", "Changes in v3:\n- x\n- Link to v2: https://example.org/r/a@b\n\n---\nAda (1):\n", "Changes in v3:\n- x\n- Link to v2: https://example.org/r/a@b"},
		{"a link to the one before", "v2: 3/3 is new\n\nv1: https://example.org/r/a@b\n", "v2: 3/3 is new"},
		{"a word in a sentence", "This changes in v2 format.\nv2 is a protocol\n", ""},
	} {
		if diff := cmp.Diff(tt.want, web.Changelog(tt.text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestMessageIDOf(t *testing.T) {
	for text, want := range map[string]string{
		"<a@b>": "a@b", "a@b": "a@b", "https://lore.example.org/list/a@b/T/#t": "a@b", "https://lore.example.org/r/a%2Fc%40b": "a/c@b",
		"zlib: fix": "", "fix a@b now": "", "https://example.org/": "", "https://ann@example.org/x": "", "": "", "%zz@": "%zz@",
	} {
		if got := web.MessageIDOf(text); got != want {
			t.Errorf("MessageIDOf(%q) = %q, want %q", text, got, want)
		}
	}
}
