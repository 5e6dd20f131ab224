package pipeline_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/store/storetest"
)

// TestRole: a layer that is called an upstream one has dropped nothing, and is
// what it was when it is ours again.
func TestRole(t *testing.T) {
	tables := []string{"carried", "trend", "claim", "truth"}
	tn, db := newTown(t), storetest.SQLite(t)
	tn.sync(db)
	before := dump(t, db, tables...)
	role := func(local bool) {
		for i := range tn.set.Layers {
			if tn.set.Layers[i].Name == "meta-harbor" {
				tn.set.Layers[i].Local = local
			}
		}
	}
	role(false)
	tn.sync(db)
	fresh := storetest.SQLite(t)
	tn.sync(fresh)
	if d := cmp.Diff(dump(t, fresh, tables...), dump(t, db, tables...)); d != "" {
		t.Errorf("as an upstream layer: %s", d)
	}
	role(true)
	tn.sync(db)
	if d := cmp.Diff(before, dump(t, db, tables...)); d != "" {
		t.Errorf("ours again: %s", d)
	}
}
