package pipeline_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/pipeline"
)

// pinned is a store with one project that has two tags.
type pinned struct {
	versions []pipeline.RecipeVersion
	carried  []pipeline.Carried
}

func (p pinned) Sources(context.Context) ([]pipeline.Source, error) {
	return []pipeline.Source{{ID: 1, Kind: pipeline.ProjectSource, Name: "zlib"}, {ID: 2, Kind: pipeline.ProjectSource, Name: "core"}}, nil
}

func (p pinned) Tips(_ context.Context, source int64) ([]git.Tip, error) {
	if source != 1 {
		return nil, nil
	}
	return []git.Tip{{Ref: "refs/tags/v1.2"}, {Ref: "refs/tags/v1.3"}, {Ref: "refs/heads/main"}}, nil
}

func (p pinned) Versions(context.Context) ([]pipeline.RecipeVersion, error) { return p.versions, nil }

func (p pinned) RecipeRemotes(context.Context) ([]pipeline.RecipeRemote, error) { return nil, nil }

func (p pinned) CarriedPatches(context.Context) ([]pipeline.Carried, error) { return p.carried, nil }

func TestPins(t *testing.T) {
	set := pipeline.Settings{
		Projects: []pipeline.Project{{Name: "zlib", Location: "zlib.git"}, {Name: "core", Location: "core.git"}},
		Layers: []pipeline.Layer{
			{Name: "ours", Location: "ours.git", Local: true, Branch: "main"},
			{Name: "ours-old", Location: "ours.git", Local: true, Branch: "old"},
			{Name: "ours-none", Location: "ours.git", Local: true, Branch: "none"},
			{Name: "core", Location: "core.git", Branch: "scarthgap"},
			{Name: "core-fixed", Location: "core.git", Branch: "kirkstone", Revision: "1234abcd"},
		},
	}
	got, err := pipeline.Pins(t.Context(), pinned{
		versions: []pipeline.RecipeVersion{
			{"ours", "zlib", "1.2"}, {"ours", "zlib", "1.10"}, {"ours", "zlib", layer.Unknown}, {"ours", "other", "9"}, {"core", "zlib", "1.3"},
		},
		carried: []pipeline.Carried{
			{Layer: "ours", Recipe: "zlib", PV: "1.3"}, {Layer: "ours-old", Recipe: "zlib-native", PV: "1.2"},
			{Layer: "ours-none", Recipe: "zlib", PV: "1.2", Dropped: time.Unix(1, 0)},
		},
	}, set)
	if err != nil {
		t.Fatal(err)
	}
	want := []change.Pin{
		{Project: "zlib", Place: "ours@main", Tag: true, Version: "1.10"}, // there is no such tag
		{Project: "zlib", Place: "ours-old@old", Ref: "v1.2", Tag: true, Version: "1.2"},
		{Project: "core", Place: "core@scarthgap", Ref: "scarthgap"},
		{Project: "core", Place: "core-fixed@kirkstone", Version: "1234abcd"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
