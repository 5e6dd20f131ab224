package layer

import (
	"path/filepath"
	"testing"
)

// BenchmarkRescan scans real layers again with the memo of before, when
// nothing changed: what any rescan takes at least.
func BenchmarkRescan(b *testing.B) {
	sources := open(b, corpus(b), []string{
		"openembedded-core@scarthgap", "meta-openembedded@scarthgap",
		"meta-virtualization@scarthgap", "meta-selinux@nilrt/master/next"}, false)
	o := Options{Memo: filepath.Join(b.TempDir(), "a.memo")}
	if _, err := Run(b.Context(), sources, o); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		s, err := Run(b.Context(), sources, o)
		if err != nil || len(s.Recipes) == 0 {
			b.Fatal("no recipes", err)
		}
	}
}
