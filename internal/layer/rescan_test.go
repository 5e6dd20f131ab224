package layer

import (
	"path/filepath"
	"testing"
)

// BenchmarkRescan scans real layers again with the memo of before: as they
// were, and after one commit of openembedded-core.
func BenchmarkRescan(b *testing.B) {
	dir := corpus(b)
	now := open(b, dir, []string{
		"openembedded-core@scarthgap", "meta-openembedded@scarthgap",
		"meta-virtualization@scarthgap", "meta-selinux@nilrt/master/next"}, false)
	for name, rev := range map[string]string{"same": now[0].Rev, "one commit": now[0].Rev + "~1"} {
		b.Run(name, func(b *testing.B) {
			o := Options{Memo: filepath.Join(b.TempDir(), "a.memo")}
			before := append([]Source{}, now...)
			before[0].Rev = rev
			if _, err := Run(b.Context(), before, o); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				s, err := Run(b.Context(), now, o)
				if err != nil || len(s.Recipes) == 0 {
					b.Fatal("no recipes", err)
				}
			}
		})
	}
}
