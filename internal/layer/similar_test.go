package layer

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/git/gittest"
)

// TestLikeFiles: a layer copied a recipe, a class and an include file; other
// files have only their names in common.
func TestLikeFiles(t *testing.T) {
	const conf = "BBFILES += \"${LAYERDIR}/r/*.bb\"\nBBFILE_COLLECTIONS += \"%s\"\n"
	up, ours := gittest.New(t), gittest.New(t)
	up.Commit(map[string]string{
		"conf/layer.conf": fmt.Sprintf(conf, "up"), "r/foo_1.bb": "A = \"1\"\nB = \"2\"\nC = \"3\"\n", "r/foo.inc": "A = \"1\"\n# x\n",
		"classes/c.bbclass": "A = \"1\"\n", "r/version.inc": "V = \"1\"\n", "conf/x.inc": "A = \"1\"\n",
	}, "up")
	ours.Commit(map[string]string{
		"conf/layer.conf": fmt.Sprintf(conf, "ours"), "r/foo_2.bb": "A  = \"1\"\n# B\n\nB = \"2\"\nC = \"4\"\n", "r/foo.inc": "A = \"1\"\n",
		"classes/c.bbclass": "B = \"1\"\n", "r/version.inc": "V = \"2\"\n", "conf/x.inc": "A = \"1\"\n",
	}, "ours")
	var sources []Source
	for _, r := range []*gittest.Repo{ours, up} {
		repo, err := git.Open(t.Context(), r.Path)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, Source{Name: map[bool]string{true: "ours", false: "up"}[r == ours], Repo: repo, Local: r == ours})
	}
	s, err := Run(t.Context(), sources, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range s.Duplicates() {
		if len(d.LocalBlob) != 40 || len(d.UpstreamBlob) != 40 {
			t.Errorf("blobs of %s: %q, %q", d.LocalFile, d.LocalBlob, d.UpstreamBlob)
		}
		got = append(got, fmt.Sprintf("%s %s %s %.2f", d.Kind, d.LocalFile, d.UpstreamFile, d.Similarity))
	}
	want := []string{"fork r/foo_2.bb r/foo_1.bb 0.50", "inc r/foo.inc r/foo.inc 1.00"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("duplicates (-want +got):\n%s", diff)
	}
}
