package store_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/internal/store/storetest"
)

// TestRepeat: what is written twice changes no row the second time.
func TestRepeat(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		fill(t, db)
		was := dump(t, db)
		for _, shuffled := range []bool{false, true} {
			for _, s := range steps(shuffled) {
				before := written(t, db)
				if err := s.run(t.Context(), db); err != nil {
					t.Fatalf("%s: %v", s.name, err)
				}
				if diff := cmp.Diff(before, written(t, db)); diff != "" {
					t.Errorf("%s, again (shuffled: %v): rows were written:\n%s", s.name, shuffled, diff)
				}
			}
		}
		if diff := cmp.Diff(was, dump(t, db)); diff != "" {
			t.Errorf("the second time changed the state:\n%s", diff)
		}
	})
}

// TestOrder: the state does not depend on the order of arrival, nor on the
// engine.
func TestOrder(t *testing.T) {
	sorted := storetest.SQLite(t)
	fill(t, sorted)
	want := dump(t, sorted)
	for _, table := range []string{"source", "mirror_tip", "delivery", "message", "posting", "trailer", "claim", "status", "effort_change"} {
		if !strings.Contains(want, `"table":"`+table+`"`) {
			t.Errorf("the world has no %s", table)
		}
	}
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for _, s := range steps(true) {
			if err := s.run(t.Context(), db); err != nil {
				t.Fatalf("%s: %v", s.name, err)
			}
		}
		if diff := cmp.Diff(want, dump(t, db)); diff != "" {
			t.Errorf("another order gives another state:\n%s", diff)
		}
	})
}

// TestInterrupted: a step whose transaction is lost at its end leaves nothing
// behind, and can be done again.
func TestInterrupted(t *testing.T) {
	whole := storetest.SQLite(t)
	fill(t, whole)
	want := dump(t, whole)
	errLost := errors.New("lost")
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for _, s := range steps(false) {
			was := dump(t, db)
			err := db.InTx(t.Context(), func(c ctx) error { return errors.Join(s.run(c, db), errLost) })
			if !errors.Is(err, errLost) {
				t.Fatalf("%s: %v", s.name, err)
			}
			if diff := cmp.Diff(was, dump(t, db)); diff != "" {
				t.Errorf("%s left something behind:\n%s", s.name, diff)
			}
			if err := db.InTx(t.Context(), func(c ctx) error { return s.run(c, db) }); err != nil {
				t.Fatalf("%s: %v", s.name, err)
			}
		}
		if diff := cmp.Diff(want, dump(t, db)); diff != "" {
			t.Errorf("with interruptions the state is another:\n%s", diff)
		}
	})
}

// TestAtOnce: several who write the same at once do not hinder each other, as
// processes that share one PostgreSQL do.
func TestAtOnce(t *testing.T) {
	alone := storetest.SQLite(t)
	once := func(db *store.DB) error {
		for _, s := range steps(false) {
			switch s.name {
			case "refs", "decisions": // histories: each of them adds to it
				continue
			}
			if err := s.run(t.Context(), db); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
		}
		return nil
	}
	if err := once(alone); err != nil {
		t.Fatal(err)
	}
	want := dump(t, alone)
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if err := once(db); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if diff := cmp.Diff(want, dump(t, db)); diff != "" {
			t.Errorf("four at once give another state:\n%s", diff)
		}
	})
}
