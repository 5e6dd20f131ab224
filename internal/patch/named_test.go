package patch

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFindNamed(t *testing.T) {
	hash := "0123456789abcdef0123456789abcdef01234567"
	for _, tt := range []struct {
		text string
		want Named
	}{
		{"[oe specific]", Named{}},
		{"[2024-03-20, embedded only, faded facade]", Named{}},
		{"[https://github.com/a/b/commit/" + hash + "]", Named{Commits: []string{hash}, URLs: []string{"https://github.com/a/b/commit/" + hash}}},
		{"[https://git.kernel.org/x.git/commit/?id=0123456789ab]", Named{Commits: []string{"0123456789ab"}, URLs: []string{"https://git.kernel.org/x.git/commit/?id=0123456789ab"}}},
		{"[https://sourceware.org/git/gitweb.cgi?p=a.git;h=" + hash + "]", Named{Commits: []string{hash}, URLs: []string{"https://sourceware.org/git/gitweb.cgi?p=a.git;h=" + hash}}},
		{"[https://github.com/a/b/pull/12/commits/" + hash + "]", Named{Pulls: []string{"https://github.com/a/b/pull/12"}, URLs: []string{"https://github.com/a/b/pull/12/commits/" + hash}}},
		{"https://gitlab.freedesktop.org/a/b/-/merge_requests/7.", Named{Pulls: []string{"https://gitlab.freedesktop.org/a/b/-/merge_requests/7"}, URLs: []string{"https://gitlab.freedesktop.org/a/b/-/merge_requests/7"}}},
		{"[https://lore.kernel.org/l/20240101.1-a%40b.org/T/#u]", Named{MessageIDs: []string{"20240101.1-a@b.org"}, URLs: []string{"https://lore.kernel.org/l/20240101.1-a%40b.org/T/#u"}}},
		{"sent as <x.y@z>, Message-ID: q@r.org]", Named{MessageIDs: []string{"x.y@z", "q@r.org"}}},
		{"[upstream commit DEADBEEF01, again deadbeef01]", Named{Commits: []string{"deadbeef01"}}},
	} {
		if d := cmp.Diff(tt.want, FindNamed(tt.text)); d != "" {
			t.Errorf("%s\n%s", tt.text, d)
		}
	}
}

func TestBetween(t *testing.T) {
	for _, tt := range []struct{ before, after, want string }{
		{"a\nb\n", "a\nb\n", ""},
		{"a\nb\nc\n", "a\nB\nc\n", "diff --git a/r.bb b/r.bb\n--- a/r.bb\n+++ b/r.bb\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"},
	} {
		got := Between("r.bb", []byte(tt.before), []byte(tt.after))
		if string(got) != tt.want {
			t.Errorf("got\n%s", got)
		}
		if tt.want == "" {
			continue
		}
		if p, err := Parse(got); err != nil || len(p.Files) != 1 {
			t.Errorf("does not parse: %v %+v", err, p)
		}
	}
}
