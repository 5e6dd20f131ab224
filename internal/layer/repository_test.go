package layer_test

import (
	"testing"

	"github.com/upstreamd/upstreamd/internal/layer"
)

// TestRepositoryAt: all addresses of a line are one repository.
func TestRepositoryAt(t *testing.T) {
	for want, all := range map[string][]string{
		"example.org/team/buoy": {
			"https://example.org/team/buoy.git", "git://Example.org/team/buoy", "ssh://git@example.org:2222/team/buoy.git/",
			"git@example.org:team/buoy.git", "https://www.example.org/cgit/team/buoy.git", "git://example.org/git/team/buoy;protocol=https;branch=main",
		},
		"example.org/git":   {"https://example.org/git"},
		"/srv/git/buoy.git": {"/srv/git/buoy.git", "file:///srv/git/buoy.git", "git:///srv/git/buoy.git;protocol=file"},
		"":                  {"https://example.org/", "git://example.org/${BPN}"},
	} {
		for _, at := range all {
			if got := layer.RepositoryAt(at); got != want {
				t.Errorf("RepositoryAt(%q) = %q, want %q", at, got, want)
			}
		}
	}
}

func TestRepositoryOf(t *testing.T) {
	for _, tt := range []struct {
		remote       []string
		is, canFetch string
	}{
		{[]string{"git://example.org/buoy.git;protocol=https;branch=main"}, "example.org/buoy", "https://example.org/buoy.git"},
		{[]string{"https://example.org/fix.patch", "gitsm://example.org/buoy"}, "example.org/buoy", "git://example.org/buoy"},
		{[]string{"https://github.com/team/buoy/releases/download/v1.2/buoy-1.2.tar.xz"}, "github.com/team/buoy", ""},
		{[]string{"https://example.org/buoy-1.2.tar.xz", "git://example.org/themes"}, "", ""}, // the first one is what is built
		{[]string{"npm://registry.example.org;package=buoy"}, "", ""},
		{nil, "", ""},
	} {
		if got := layer.RepositoryOf(tt.remote); got != tt.is {
			t.Errorf("RepositoryOf(%q) = %q, want %q", tt.remote, got, tt.is)
		}
		if got := layer.GitRemote(tt.remote); got != tt.canFetch {
			t.Errorf("GitRemote(%q) = %q, want %q", tt.remote, got, tt.canFetch)
		}
	}
}
