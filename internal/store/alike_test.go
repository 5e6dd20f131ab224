package store_test

import (
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/patch"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/internal/store/storetest"
)

// TestNested: patch files in mails are replaced mail by mail.
func TestNested(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		nested := func(id, path string, edit func(*pipeline.Nested)) pipeline.Nested {
			n := pipeline.Nested{Key: change.OfferedKey(id, path), MessageID: id, Path: path, Recipes: []string{"zlib"}, Subject: "fix", Author: "ann@example.org"}
			if edit != nil {
				edit(&n)
			}
			return n
		}
		one := nested("m1@x", "a.patch", func(n *pipeline.Nested) {
			n.Status = patch.UpstreamStatus{Kind: "Backport", Detail: "[1]", WellFormed: true}
		})
		two := nested("m1@x", "b.patch", func(n *pipeline.Nested) { n.Status = patch.UpstreamStatus{Raw: "upstream status: x", Line: 1} })
		three := nested("m2@x", "a.patch", func(n *pipeline.Nested) { n.Problem = "only parts" })
		for _, step := range []struct {
			about []string
			put   []pipeline.Nested
			want  []pipeline.Nested
		}{
			{[]string{"m1@x", "m2@x"}, []pipeline.Nested{three, two, one}, []pipeline.Nested{one, two, three}},
			{[]string{"m1@x"}, []pipeline.Nested{one}, []pipeline.Nested{one, three}},
			{[]string{"m3@x"}, nil, []pipeline.Nested{one, three}},
			{nil, nil, []pipeline.Nested{one, three}},
			{[]string{"m2@x"}, nil, []pipeline.Nested{one}},
		} {
			if err := db.PutNested(t.Context(), step.about, step.put); err != nil {
				t.Fatal(err)
			}
			got, err := db.NestedPatches(t.Context())
			if diff := gocmp.Diff(step.want, got); err != nil || diff != "" {
				t.Errorf("about %q: %v\n%s", step.about, err, diff)
			}
		}
	})
}

// TestTwins: what is put is read back, whatever was there before.
func TestTwins(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		a := pipeline.Twin{
			Of: "carried:ours@main:a.patch", Key: change.ElsewhereKey("core", "main", "x.patch"), Layer: "core", Branch: "main", Path: "x.patch",
			Blob: "b1", One: true, Came: pipeline.Passage{Commit: "c1", Time: at}, Went: pipeline.Passage{Commit: "c2", Time: at.Add(time.Hour)},
			Same: "patch-id", Score: 1, Evidence: []change.Evidence{{Kind: "lines", Score: 1, Weight: 3.5, Detail: "all"}},
		}
		b := a
		b.Of, b.Went, b.One, b.Same, b.Score, b.Evidence = "carried:ours@main:b.patch", pipeline.Passage{}, false, "near", 0.85, []change.Evidence{}
		for _, want := range [][]pipeline.Twin{{a, b}, {b}, {a}, {}} {
			if err := db.PutTwins(t.Context(), want); err != nil {
				t.Fatal(err)
			}
			got, err := db.Twins(t.Context())
			if diff := gocmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("Twins: %v\n%s", err, diff)
			}
		}
	})
}
