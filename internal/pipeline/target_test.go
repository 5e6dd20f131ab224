package pipeline

import (
	"strings"
	"testing"
)

// TestTargets: core is watched at two branches and is a project too, oe holds
// two layers. A target is written name@branch.
func TestTargets(t *testing.T) {
	set := Settings{
		Layers: []Layer{
			{Name: "product", Location: "/product", Branch: "main", Local: true},
			{Name: "core", Location: "/core", Branch: "master"}, {Name: "core-kirkstone", Location: "/core", Branch: "kirkstone"},
			{Name: "oe", Location: "/oe", Branch: "master"},
		},
		Projects: []Project{{Name: "openembedded-core", Location: "/core"}, {Name: "zlib", Location: "/zlib"}},
		Lists: []List{
			{Name: "oe-core", Projects: []string{"openembedded-core"}, Layers: []string{"core", "core-kirkstone"}},
			{Name: "oe-devel", Layers: []string{"oe"}},
			{Name: "zlib-devel", Projects: []string{"zlib"}},
		},
	}
	base := func(hash string) []string {
		return map[string][]string{"c0": {"/core"}, "20": {"/zlib"}}[hash]
	}
	g := newGround(set, []RecipeFile{
		{"core", "core/meta", "meta/recipes-core/zlib/zlib_1.3.bb"}, {"core-kirkstone", "core-kirkstone/meta", "meta/recipes-core/zlib/zlib_1.2.bb"},
		{"product", "product/meta", "meta/recipes-core/zlib/zlib_1.bb"}, {"oe", "oe/meta-core", "meta/recipes-core/zlib/zlib_2.bb"},
		{"oe", "oe/meta-oe", "meta-oe/recipes-support/xz/xz_1.0.bb"}, {"oe", "oe/meta-python", "meta-python/recipes-devtools/six/six_1.bb"},
	}, base)
	for _, tt := range []struct {
		name string
		aim  aim
		want string
		why  string // of the first
	}{
		{"by its list", aim{List: "zlib-devel"}, "zlib@", "posted to zlib-devel"},
		{"a list that nobody set", aim{List: "other"}, "", ""},
		{"the layer in its subject", aim{List: "oe-devel", Prefixes: []string{"oe", "meta-python"}}, "oe@master", "[oe] in its subject, [meta-python] in its subject"},
		{"the layer in its subject, on another list", aim{List: "zlib-devel", Prefixes: []string{"Meta-OE"}}, "oe@master", "[Meta-OE] in its subject"},
		{"the branch in its subject", aim{List: "oe-core", Branch: "kirkstone"}, "core-kirkstone@kirkstone openembedded-core@kirkstone", "posted to oe-core"},
		{"a branch that is not watched", aim{List: "oe-core", Branch: "dunfell"}, "core@master core-kirkstone@kirkstone openembedded-core@dunfell", "posted to oe-core"},
		{"the recipe that it touches", aim{List: "other", Files: []string{"meta-oe/recipes-support/xz/xz/fix.patch"}}, "oe@master", "it touches meta-oe/recipes-support/xz"},
		{"a new recipe beside another", aim{List: "other", Branch: "master", Files: []string{"meta/recipes-core/zlib/zlib_1.4.bb"}}, "core@master oe@master openembedded-core@master", "it touches meta/recipes-core/zlib"},
		{"a recipe that several have, on the list of one", aim{List: "oe-devel", Files: []string{"meta/recipes-core/zlib/zlib_1.4.bb"}}, "oe@master", "it touches meta/recipes-core/zlib"},
		{"a path that says nothing", aim{List: "zlib-devel", Files: []string{"README", "../../etc/passwd", "/"}}, "zlib@", "posted to zlib-devel"},
		{"the commit that it is made on", aim{List: "other", Base: "20"}, "zlib@", "made on its commit 20"},
		{"a commit that is nowhere", aim{List: "zlib-devel", Base: "ff"}, "zlib@", "posted to zlib-devel"},
	} {
		var got []string
		why := ""
		for i, target := range g.targets(tt.aim) {
			got = append(got, target.Name+"@"+target.Branch)
			if i == 0 {
				why = target.Why
			}
		}
		if s := strings.Join(got, " "); s != tt.want || why != tt.why {
			t.Errorf("%s: %q because %q, want %q because %q", tt.name, s, why, tt.want, tt.why)
		}
	}
}
