package pipeline_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/internal/store/storetest"
)

// trouble is what a source is said to suffer from, and since when.
func trouble(t *testing.T, db *store.DB, name string) (string, time.Time) {
	t.Helper()
	sources, err := db.Sources(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(sources, func(s pipeline.Source) bool { return s.Name == name && s.Kind == pipeline.ProjectSource })
	return sources[i].LastError, sources[i].ErrorSince
}

// TestTroubleStays: what a later stage has against a source is not taken back
// by the success of an earlier one, and goes when that later stage succeeds.
func TestTroubleStays(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		tn := newTown(t)
		indexes := filepath.Join(tn.set.Cache, "indexes")
		if err := os.MkdirAll(tn.set.Cache, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(indexes, nil, 0o600); err != nil { // no place for a directory
			t.Fatal(err)
		}
		tn.pass(db)
		first, since := trouble(t, db, "libbuoy")
		if !strings.Contains(first, "indexes") {
			t.Fatalf("trouble of libbuoy is %q", first)
		}
		tn.now = tn.now.Add(time.Hour)
		for _, st := range tn.stages(db) {
			if _, err := st.Run(t.Context(), ""); err != nil {
				t.Fatal(err)
			}
			if again, then := trouble(t, db, "libbuoy"); again != first || !then.Equal(since) {
				t.Errorf("after %s: %q since %s, was %q since %s", st.Name, again, then, first, since)
			}
		}
		if err := os.Remove(indexes); err != nil {
			t.Fatal(err)
		}
		tn.sync(db)
		if left, _ := trouble(t, db, "libbuoy"); left != "" {
			t.Errorf("mended, but: %q", left)
		}
	})
}

// TestOtherCache: two processes on one database, each with a cache of its own,
// say the same, whichever of them fetched.
func TestOtherCache(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		tn := newTown(t)
		tn.sync(db)
		other := *tn
		other.set.Cache = filepath.Join(t.TempDir(), "cache")
		run := func(tn *town, name string) {
			t.Helper()
			for _, st := range tn.stages(db) {
				if st.Name != name {
					continue
				}
				if rep, err := st.Run(t.Context(), ""); err != nil || len(rep.Problems) > 0 {
					t.Errorf("%s: %v, %v", name, err, rep.Problems)
				}
			}
		}
		before := dump(t, db)
		for _, name := range []string{"scan", "index", "match", "rebase", "judge"} {
			run(&other, name)
		}
		if dump(t, db) != before {
			t.Error("a process with an empty cache knows better")
		}
		tn.applied("extfs-tools", "main", extfs+"0004-mkextfs-add-an-option-for-file-contexts.patch")
		tn.commit("meta-harbor", "main", "extfs-tools: drop what is upstream", func(dir string) {
			tn.edit(filepath.Join(dir, recipe), "file://0001-lib-xattr-hash-names-byte-by-byte-as-unsigned.patch", "")
			tn.remove(dir, extfs+"0001-lib-xattr-hash-names-byte-by-byte-as-unsigned.patch")
		})
		run(tn, "fetch")
		for _, name := range []string{"scan", "match", "rebase", "judge"} {
			run(&other, name)
		}
		if got := at(t, db, labels3, "meta-harbor@main"); got != "merged, correct tag" {
			t.Errorf("one fetched, the other matched: %q", got)
		}
		if got := at(t, db, hashNames, "meta-harbor@main"); got != "dropped" {
			t.Errorf("one fetched, the other scanned: %q", got)
		}
		before = dump(t, db)
		tn.sync(db)
		if dump(t, db) != before {
			t.Error("the one that fetched says otherwise")
		}
	})
}
