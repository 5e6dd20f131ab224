package pipeline

import "testing"

// TestResolve: a recipe is built from the project that serves its name, else
// from the one whose repository its SRC_URI names.
func TestResolve(t *testing.T) {
	set := Settings{Projects: []Project{
		{Name: "buoy", Location: "https://example.org/team/buoy.git"},
		{Name: "anchor", Location: "git@example.org:team/anchor.git", Recipes: []string{"libanchor"}},
		{Name: "fork", Location: "https://example.org/team/anchor"},
	}}
	set = set.resolve([]RecipeRemote{
		{"core", "harbor-light", []string{"git://example.org/team/buoy;protocol=https"}, ""},
		{"core", "fork", []string{"git://example.org/team/buoy;protocol=https"}, ""},
		{"core", "anchor-tools-native", []string{"git://example.org/team/anchor.git"}, ""},
		{"core", "chain", []string{"https://example.org/chain-1.0.tar.gz"}, ""},
	})
	for pn, want := range map[string]string{
		"buoy": "buoy", "harbor-light": "buoy", "nativesdk-harbor-light": "buoy", "libanchor": "anchor",
		"anchor-tools": "anchor", "fork": "fork", "chain": "", "anchor": "",
	} {
		if p, ok := set.ProjectOf(pn); p.Name != want || ok != (want != "") {
			t.Errorf("ProjectOf(%s) = %q, %v; want %q", pn, p.Name, ok, want)
		}
	}
}
