package layer

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPlanOf(t *testing.T) {
	const rule = "################################################################################\n"
	for _, tt := range []struct{ name, head, want string }{
		{"section", rule + "SHORT DESCRIPTION:\n" + rule + "x\n\n" + rule + "UPSTREAM PLAN\n" + rule + "This is already upstream in Xen\nrepository.\n\n" + rule + "PATCHES\n" + rule,
			"This is already upstream in Xen repository."},
		{"section of dashes", "UPSTREAM PLAN:\n-----\n\nUnlikely to upstream.\n-----\nREMOVAL\n", "Unlikely to upstream."},
		{"empty section", rule + "UPSTREAM PLAN\n" + rule + "\n" + rule + "INTERNAL\n" + rule, ""},
		{"one line", "Fix it.\nUpstream plan: send it in May\n\nOther text.\n", "send it in May"},
		{"DEP-3", "Description: fix\nOrigin: upstream, https://example.org/c/1,\n https://example.org/c/2\nForwarded: not-needed\nBug-Debian: 7\nApplied-Upstream: 2.0, commit:abc\n",
			"Origin: upstream, https://example.org/c/1, https://example.org/c/2; Forwarded: not-needed; Applied-Upstream: 2.0, commit:abc"},
		{"sentence", "Subject: fix\n\nIt crashed. This was already\nmerged upstream. It is small.\n", "This was already merged upstream."},
		{"what upstream does", "Subject: fix\n\nUpstream libxl forces Qdisk.\nThis differs from upstream.\n", ""},
		{"status is no plan", "Subject: fix upstream: x\nUpstream-Status: Submitted [was sent upstream]\n", ""},
		{"escapes", "Forwarded: no\x1b[31m\xff\n", "Forwarded: no<U+001B>[31m\uFFFD"},
		{"in the diff", "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-Forwarded: no\n+Forwarded: yes\n", ""},
	} {
		if got := planOf([]byte(tt.head + "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n")); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	if got := planOf([]byte("Forwarded: " + strings.Repeat("ü", maxPlan))); len(got) > maxPlan || !strings.HasSuffix(got, "ü…") {
		t.Errorf("long: %d bytes, %q", len(got), got)
	}
}

// FuzzPlanOf: whatever the head, the plan is one bounded line of text.
func FuzzPlanOf(f *testing.F) {
	f.Add([]byte("####\nUPSTREAM PLAN\n####\nyes\n####\n"))
	f.Add([]byte("Origin: x\n y\n\nBug: 1\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if got := planOf(b); len(got) > maxPlan || !utf8.ValidString(got) || strings.ContainsAny(got, "\n\x1b\x00") {
			t.Errorf("%q", got)
		}
	})
}
