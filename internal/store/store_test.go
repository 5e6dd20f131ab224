package store_test

import (
	"errors"
	"testing"

	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/internal/store/storetest"
)

func TestSchema(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		if s, err := db.Sources(t.Context()); err != nil || len(s) != 0 {
			t.Fatalf("Sources of an empty store = %v, %v", s, err)
		}
		_ = errors.Is
	})
}
