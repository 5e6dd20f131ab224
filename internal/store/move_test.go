package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/internal/store/storetest"
)

// TestVersionMoves: moves are added or replaced, come back newest first, page by
// page, and go with their source.
func TestVersionMoves(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		sources := []pipeline.Source{
			{Kind: pipeline.LayerSource, Name: "core", Location: "/c.git", Settings: "{}", FromFile: true},
			{Kind: pipeline.ProjectSource, Name: "zlib", Location: "/z.git", Settings: "{}", FromFile: true},
		}
		if err := db.SyncSources(t.Context(), sources); err != nil {
			t.Fatal(err)
		}
		move := func(source, pn, to string, kind layer.MoveKind, n int) pipeline.Move {
			return pipeline.Move{Branch: "main", Move: layer.Move{
				Source: source, Kind: kind, PN: pn, File: pn + ".bb", From: "1", To: to, Commit: "c" + to, At: time.Unix(int64(1000+n), 0).UTC(),
				Patches: []layer.PatchMove{{Name: "a.patch", Outcome: layer.PatchDropped, BlobBefore: "b", Words: "merged"}},
			}}
		}
		put := func(source string, anew bool, moves ...pipeline.Move) {
			t.Helper()
			id, err := sourceID(t.Context(), db, source)
			if err != nil {
				t.Fatal(err)
			}
			if err := db.PutMoves(t.Context(), id, moves, anew); err != nil {
				t.Fatal(err)
			}
		}
		check := func(what string, q pipeline.MoveQuery, want ...pipeline.Move) []pipeline.Move {
			t.Helper()
			got, err := db.VersionMoves(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(pipeline.Move{}, "ID"), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", what, diff)
			}
			return got
		}
		a, b, c := move("core", "zlib", "2", layer.Renamed, 1), move("core", "xz", "3", layer.Revision, 2), move("core", "zlib", "4", layer.Versioned, 2)
		tag, again := move("zlib", "zlib", "v4", pipeline.TagMove, 9), move("zlib", "zlib", "v4", pipeline.RetagMove, 9)
		put("core", true, a, b)
		put("core", false, c, b)
		put("zlib", true, tag, again)
		check("all", pipeline.MoveQuery{}, again, tag, c, b, a)
		check("by name and source", pipeline.MoveQuery{Names: []string{"zlib"}, Source: "core"}, c, a)
		check("in a time", pipeline.MoveQuery{Since: b.At, Until: tag.At}, c, b)
		page := check("a page", pipeline.MoveQuery{Limit: 3}, again, tag, c)
		check("the next page", pipeline.MoveQuery{Limit: 3, After: page[2].At, AfterID: page[2].ID}, b, a)
		put("core", true, a)
		check("anew", pipeline.MoveQuery{Source: "core"}, a)
		if err := db.SyncSources(t.Context(), sources[1:]); err != nil {
			t.Fatal(err)
		}
		check("without the layer", pipeline.MoveQuery{}, again, tag)
	})
}

// TestBehindRows: what is behind is replaced as a whole.
func TestBehindRows(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		if err := db.SyncSources(t.Context(), []pipeline.Source{{Kind: pipeline.LayerSource, Name: "ours", Location: "/o.git", Settings: "{}", FromFile: true}}); err != nil {
			t.Fatal(err)
		}
		day := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		zlib := pipeline.Behind{
			Layer: "ours", PN: "zlib", File: "zlib_1.bb", Version: "1:1", Upstream: []pipeline.OtherVersion{{Layer: "core", File: "zlib_2.bb", Version: "2", Order: 1, Since: day}},
			Project: "zlib", Tag: "v1", Newest: "v3", NewestAt: day, Newer: true, Since: day,
		}
		xz := pipeline.Behind{Layer: "ours", PN: "xz", Floating: true, Remote: "https://example.org/xz", Upstream: []pipeline.OtherVersion{}}
		for _, list := range [][]pipeline.Behind{{xz, zlib}, {zlib}, {}} {
			if err := db.PutBehind(t.Context(), append(list, pipeline.Behind{Layer: "gone", PN: "a"})); err != nil {
				t.Fatal(err)
			}
			got, err := db.Behind(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(list, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("behind (-want +got):\n%s", diff)
			}
		}
	})
}
