package demo_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/rebase"
)

// scan scans a local layer together with the upstream ones.
func scan(t *testing.T, local demoLayer) *layer.Scan {
	t.Helper()
	in := []layer.Source{{Name: "meta-harbor", Repo: open(t, "meta-harbor"), Rev: local.rev, Local: true}}
	for _, name := range []string{"meta-openwater", "meta-openwater-extras"} {
		in = append(in, layer.Source{Name: name, Repo: open(t, name), Rev: "main"})
	}
	s, err := layer.Run(t.Context(), in, layer.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range s.Problems {
		t.Errorf("%s:%s:%d: %s", p.Source, p.File, p.Line, p.Text)
	}
	return s
}

// A demoLayer is a branch of the product's layer, and what becomes of the
// patches of its extfs-tools on versions of that.
type demoLayer struct {
	rev, pv string
	on      map[string][]string // "outcome words of the file's name", by version; those that apply are left out
	patches int
}

func TestQueues(t *testing.T) {
	newest := []string{
		"merged 0001-lib-xattr", "merged 0002-populate-read", "conflict 0003-populate-keep", "conflict lib-alloc-keep",
	}
	for _, l := range []demoLayer{
		{"main", "1.47.2", map[string][]string{"v1.47.2": {"merged 0001-lib-xattr"}, "v1.48.0": newest}, 13},
		{"harbor-4", "1.47.0", map[string][]string{"v1.47.0": nil, "v1.48.0": newest}, 6},
	} {
		t.Run(l.rev, func(t *testing.T) { l.test(t) })
	}
}

func (l demoLayer) test(t *testing.T) {
	var queue []rebase.Input
	batch, err := open(t, "meta-harbor").Batch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer batch.Close()
	for _, r := range scan(t, l).Recipes {
		if r.PN != "extfs-tools" || r.Source != "meta-harbor" {
			continue
		}
		if r.PV != l.pv || len(r.PatchFiles) != l.patches {
			t.Errorf("extfs-tools %s with %d patches, want %s with %d", r.PV, len(r.PatchFiles), l.pv, l.patches)
		}
		for _, f := range r.PatchFiles {
			b, err := batch.Blob(f.Blob)
			if err != nil {
				t.Fatal(err)
			}
			queue = append(queue, rebase.Input{Name: f.Name, Data: b, Strip: f.Strip})
		}
	}
	for version, want := range l.on {
		results, err := rebase.Queue(t.Context(), open(t, "extfs-tools"), "v"+l.pv, version, queue)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range results {
			words := strings.Split(r.Name, "-")
			if r.Outcome != rebase.Applies && r.Outcome != rebase.Offset {
				got = append(got, r.Outcome+" "+strings.Join(words[:3], "-"))
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("on %s (-want +got):\n%s", version, diff)
		}
	}
}

// What the product has that others have too.
func TestDuplicates(t *testing.T) {
	got := map[string]string{}
	for _, d := range scan(t, demoLayer{rev: "main"}).Duplicates() {
		got[string(d.Kind)+" "+d.LocalFile] = d.UpstreamFile + " " + d.Relation
	}
	want := map[string]string{
		"fork recipes-devtools/extfs-tools/extfs-tools_1.47.2.bb":             "recipes-devtools/extfs-tools/extfs-tools_1.48.0.bb local-older",
		"fork recipes-fs/looproot/looproot_0.6.bb":                            "meta-fs/recipes-fs/looproot/looproot_0.5.bb local-newer",
		"fork recipes-support/netcrate/netcrate_2.3.bb":                       "recipes-support/netcrate/netcrate_2.3.bb same",
		"fork recipes-net/gullmail/gullmail_1.8.bb":                           "meta-net/recipes-net/gullmail/gullmail_1.8.bb same",
		"append recipes-support/libbuoy/libbuoy_%.bbappend":                   "recipes-support/libbuoy/libbuoy_0.9.4.bb",
		"append-dangling recipes-net/morsekit/morsekit_1.%.bbappend":          "",
		"patch recipes-fs/looproot/files/0001-Makefile-respect-LDFLAGS.patch": "meta-fs/recipes-fs/looproot/files/0001-Makefile-respect-LDFLAGS.patch",
		"patch recipes-support/libbuoy/files/CVE-2099-0417.patch":             "recipes-support/libbuoy/libbuoy/CVE-2099-0417.patch",
	}
	for key, about := range want {
		have, ok := got[key]
		if !ok || !strings.HasPrefix(have, about) {
			t.Errorf("%s: %q, want %q", key, have, about)
		}
	}
	if t.Failed() {
		for key, about := range got {
			t.Logf("got %s: %s", key, about)
		}
	}
}
