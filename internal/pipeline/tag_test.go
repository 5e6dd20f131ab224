package pipeline

import (
	"slices"
	"testing"
)

func TestTagOf(t *testing.T) {
	for _, tt := range []struct {
		project Project
		pv      string
		tags    []string
		want    string
	}{
		{Project{Name: "zlib"}, "1.2.11", []string{"v1.2.1", "v1.2.11", "v1.2.12"}, "v1.2.11"},
		{Project{Name: "jq"}, "1.6", []string{"jq-1.5", "jq-1.6"}, "jq-1.6"},
		{Project{Name: "Linux-PAM"}, "1.5.2", []string{"Linux-PAM-1_4_0", "v1.5.2"}, "v1.5.2"},
		{Project{Name: "Linux-PAM"}, "1.4.0", []string{"Linux-PAM-1_4_0", "v1.5.2"}, "Linux-PAM-1_4_0"},
		{Project{Name: "tiff", Tags: []string{"v{pv}"}}, "4.3.0", []string{"Release-v4-3-0", "v4.3.0"}, "v4.3.0"},
		{Project{Name: "x"}, "2.0+git", []string{"v2.0"}, "v2.0"},
		{Project{Name: "x"}, "2.0-rc1", []string{"v2.0", "v2.0-rc1"}, "v2.0-rc1"},
		{Project{Name: "x"}, "3.0", []string{"v2.0"}, ""},
		{Project{Name: "x"}, "", []string{"v"}, ""},
	} {
		if got := tt.project.TagOf(tt.pv, tt.tags); got != tt.want {
			t.Errorf("%s: TagOf(%q, %q) = %q, want %q", tt.project.Name, tt.pv, tt.tags, got, tt.want)
		}
	}
}

func TestSortTagsAndNewest(t *testing.T) {
	p := Project{Name: "libx"}
	tags := []string{"v1.10", "nightly", "v1.9", "libx-0.8", "v2.0-rc1", "v1.10.1"}
	if got, want := p.Newest(tags), "v1.10.1"; got != want {
		t.Errorf("Newest = %q, want %q", got, want)
	}
	p.SortTags(tags)
	if want := []string{"nightly", "libx-0.8", "v1.9", "v1.10", "v1.10.1", "v2.0-rc1"}; !slices.Equal(tags, want) {
		t.Errorf("SortTags = %q, want %q", tags, want)
	}
	if got := p.Newest([]string{"nightly", "v1.0-beta"}); got != "" {
		t.Errorf("Newest of no release = %q", got)
	}
}

func TestServes(t *testing.T) {
	for _, tt := range []struct {
		project Project
		pn      string
		want    bool
	}{
		{Project{Name: "zlib"}, "zlib", true},
		{Project{Name: "zlib"}, "zlib-native", true},
		{Project{Name: "zlib"}, "nativesdk-zlib", true},
		{Project{Name: "zlib"}, "zlib-ng", false},
		{Project{Name: "libtiff", Recipes: []string{"tiff"}}, "tiff", true},
		{Project{Name: "libtiff", Recipes: []string{"tiff"}}, "libtiff", false},
		{Project{Name: "zlib"}, "", false},
	} {
		if got := tt.project.Serves(tt.pn); got != tt.want {
			t.Errorf("%+v.Serves(%q) = %v", tt.project, tt.pn, got)
		}
	}
}
