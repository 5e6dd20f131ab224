package pipeline_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/store/storetest"
)

// TestBackports: when what a Backport names makes its file needless. The recipe
// builds 1.47.2.
func TestBackports(t *testing.T) {
	const missing = "0123456789abcdef0123456789abcdef01234567"
	for _, tt := range []struct {
		name   string
		names  string // where TAG is the commit of that tag
		recipe string // is added to the recipe
		truth  change.Truth
		told   string
	}{
		{"it is in the version", "v1.47.1", "", change.ClaimDrop, "is in v1.47.2, which the layer has"},
		{"two, and both are", "v1.47.1 and v1.47.2", "", change.ClaimDrop, "is in v1.47.2, which the layer has"},
		{"two, and the second is not", "v1.47.1 and v1.47.3", "", change.ClaimTrue, "first in v1.47.3"},
		{"two, and the second is nowhere", "v1.47.1 and " + missing, "", change.ClaimTrue, "first in v1.47.1"},
		{"the recipe builds whatever is newest", "v1.47.1", `SRCREV = "${AUTOREV}"`, change.ClaimTrue, "first in v1.47.1"},
		{"it is nowhere", missing, "", change.ClaimFalse, "has no commit"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tn, db := newTown(t), storetest.SQLite(t)
			tn.git("extfs-tools", "tag", "-a", "-m", "no release", "a-snapshot", "v1.47.1")
			names := tt.names
			for _, tag := range []string{"v1.47.1", "v1.47.2", "v1.47.3"} {
				names = strings.ReplaceAll(names, tag, tn.git("extfs-tools", "rev-parse", tag+"^{commit}"))
			}
			tn.commit("meta-harbor", "main", "extfs-tools: mend it", func(dir string) {
				tn.write(dir, extfs+"mend.patch", "Subject: mend it\n\nUpstream-Status: Backport ["+names+"]\n---\n--- a/none.c\n+++ b/none.c\n@@ -1 +1 @@\n-one\n+two\n")
				tn.edit(filepath.Join(dir, recipe), "inherit autotools", `SRC_URI += "file://mend.patch"`+"\n"+tt.recipe+"\ninherit autotools")
			})
			tn.sync(db)
			checks, err := db.Truths(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range checks {
				if c.Sighting == change.CarriedKey("meta-harbor", "main", extfs+"mend.patch") {
					if c.Truth != tt.truth || !strings.Contains(c.Reason, tt.told) {
						t.Errorf("%s: %s, want %s: %s", c.Truth, c.Reason, tt.truth, tt.told)
					}
					return
				}
			}
			t.Error("the claim was not checked")
		})
	}
}
