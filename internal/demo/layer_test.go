package demo_test

import (
	"context"
	"path/filepath"
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
	s, err := layer.Run(t.Context(), in, layer.Options{History: true, Archive: archive(t)})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range s.Problems {
		t.Errorf("%s:%s:%d: %s", p.Source, p.File, p.Line, p.Text)
	}
	return s
}

// archive reads the past of a source.
func archive(t *testing.T) func(context.Context, layer.Source) (*layer.Archive, error) {
	dir := t.TempDir()
	return func(ctx context.Context, src layer.Source) (*layer.Archive, error) {
		return layer.OpenArchive(ctx, src.Repo, filepath.Join(dir, src.Name), []string{src.Rev}, nil)
	}
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
		"merged lib-xattr-check", "merged 0001-lib-xattr", "merged 0002-populate-read", "merged 0003-populate-keep", "conflict lib-alloc-keep",
	}
	for _, l := range []demoLayer{
		{"main", "1.47.2", map[string][]string{"v1.47.2": newest[:2], "v1.48.0": newest}, 14},
		{"harbor-4", "1.47.0", map[string][]string{"v1.47.0": nil, "v1.48.0": newest}, 7},
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
		"fork recipes-support/libmoor/libmoor_1.6.bb":                         "recipes-support/libmoor/libmoor_1.6.bb ",
		"renamed recipes-kernel/linux/linux-harbor_6.12.bb":                   "recipes-kernel/linux/linux-openwater_6.12.bb",
		"class classes/openwater-image.bbclass":                               "classes/openwater-image.bbclass",
		"inc recipes-kernel/linux/linux-openwater.inc":                        "recipes-kernel/linux/linux-openwater.inc",
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

// A patch that was made anew for two versions while its directory moved has
// one life.
func TestLife(t *testing.T) {
	for _, p := range scan(t, demoLayer{rev: "main"}).Patches {
		if p.Path != "recipes-support/libbuoy/files/parse-skip-labels-of-other-tools.patch" || p.Source != "meta-harbor" {
			continue
		}
		var got []string
		for _, touch := range p.Life.Touches {
			got = append(got, string(touch.Kind)+" "+strings.Split(touch.Path, "/")[0])
		}
		want := []string{"came recipes-libs", "refreshed recipes-libs", "moved recipes-support", "refreshed recipes-support"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("touches (-want +got):\n%s", diff)
		}
		if !strings.HasPrefix(p.Plan, "Ask on the list") || p.Status.Raw != "" {
			t.Errorf("plan %q, status %q", p.Plan, p.Status.Raw)
		}
		return
	}
	t.Error("no such patch")
}

// What the product carried grew, and shrank when it took newer versions.
func TestTrend(t *testing.T) {
	src := layer.Source{Name: "meta-harbor", Repo: open(t, "meta-harbor"), Rev: "main", Local: true}
	samples, err := layer.Trend(t.Context(), src, nil, layer.TrendOptions{Archive: archive(t)})
	if err != nil {
		t.Fatal(err)
	}
	var turns []int // where growing became shrinking, or the other way, and the ends
	for i, s := range samples {
		if i > 0 && s.Patches == samples[i-1].Patches {
			continue
		}
		if n := len(turns); n > 1 && (turns[n-1] > turns[n-2]) == (s.Patches > turns[n-1]) {
			turns = turns[:n-1]
		}
		turns = append(turns, s.Patches)
	}
	if diff := cmp.Diff([]int{0, 9, 6, 23, 20}, turns); diff != "" {
		t.Errorf("patches at the turns (-want +got):\n%s", diff)
	}
}
