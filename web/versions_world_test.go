package web_test

import (
	"context"
	"strings"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/plan"
	"github.com/upstreamd/upstreamd/internal/rebase"
)

// worldFlags are what tests of the world's patches found: one breaks at the
// newest version, one is merged there, one was not tested, and one that was
// posted no longer applies to its branch.
func worldFlags() []pipeline.TestedFlag {
	return []pipeline.TestedFlag{
		{Flag: change.Flag{
			Sighting: carriedKey("0004-dump-prefix.patch"), Role: change.NewestFlag, Version: "v1.9", Outcome: rebase.Conflict,
			Detail: "dump/main.c:120, touched by 11aa22bb33cc", At: day(100), Commit: another, Since: "v1.8", SinceAt: day(98), ThreeWay: "clean",
		}, Input: "1", Hunks: inJSON([]rebase.HunkResult{
			{File: "dump/main.c", Hunk: 1, Outcome: rebase.Offset, Line: 44},
			{File: "dump/main.c", Hunk: 2, Outcome: rebase.Conflict, Line: 120, Blame: []string{another, firstPiece}},
			{File: "dump/<b>bold</b>.c", Outcome: rebase.Gone, Blame: []string{"javascript:alert(1)"}},
		})},
		{Flag: change.Flag{Sighting: carriedKey("0004-dump-prefix.patch"), Role: change.PinnedFlag, Version: "v1.7.1", Outcome: rebase.Applies, At: day(20)}, Input: "1"},
		{Flag: change.Flag{Sighting: carriedKey("0001-xattr-shared.patch"), Role: change.PinnedFlag, Version: "v1.7.1", Outcome: rebase.Applies, At: day(20)}, Input: "2"},
		{Flag: change.Flag{Sighting: carriedKey("0001-xattr-shared.patch"), Role: change.NewestFlag, Version: "v1.9", Outcome: rebase.Merged, At: day(100), Commit: commit, Since: "v1.8", SinceAt: day(98)}, Input: "3"},
		{Flag: change.Flag{Sighting: carriedKey("0002-fsck-index.patch"), Role: change.OutlookFlag, Version: "1.9", Outcome: layer.PatchRefreshed, At: day(100)}, Input: "4", Hunks: `{"kept":0.21,"refreshed":0.55,"dropped":0.24}`},
		{Flag: change.Flag{
			Sighting: change.PostedKey("q2@x"), Role: change.BranchFlag, Version: "main", Outcome: rebase.Conflict, Detail: "lib/fsck.c, hunk 1 at line 10", At: day(118),
			Commit: firstPiece, SinceAt: day(117), ThreeWay: "conflict",
		}, Input: "5", Hunks: inJSON([]rebase.HunkResult{{File: "lib/fsck.c", Hunk: 1, Outcome: rebase.Conflict, Line: 10, Blame: []string{firstPiece}}})},
	}
}

// worldPlan is what a move of the upstream layer to its next release means.
func worldPlan() pipeline.MadePlan {
	item := func(k plan.Kind, v plan.Verdict, path, why, owner string, e plan.Effort) plan.Item {
		return plan.Item{Kind: k, Layer: "meta-product", Path: path, Recipe: "emberfs-utils", From: "1.7.1", To: "1.9", Verdict: v, Why: why, Owner: owner, Effort: e}
	}
	p := plan.Plan{
		Target: "next/<b>release</b>", Series: "scarthgap", Problems: []string{"tiff: source unknown"},
		Moves: []plan.Move{{Layer: "meta-community", Ref: "next/<b>release</b>", From: commit, To: another}},
		Items: []plan.Item{
			item(plan.Patch, plan.Conflict, layerDir+"0004-dump-prefix.patch", "it does not apply to 1.9", "Bruno Keller", plan.Hours),
			item(plan.Append, plan.Dangling, "recipes-support/jsonq/jsonq_%.bbappend", "no recipe of that name is there", "", plan.Minutes),
			item(plan.Fork, plan.UpdateFork, "recipes-fs/emberfs-utils/emberfs-utils_1.7.1.bb", "upstream went on <i>twice</i>", "Ada Larsen", plan.Days),
			item(plan.Patch, plan.Drop, layerDir+"0001-xattr-shared.patch", "the target has it", "Ada Larsen", plan.Minutes),
			item(plan.Patch, plan.Keep, layerDir+"0002-fsck-index.patch", "it applies", "Ada Larsen", plan.None),
		},
		Upgrades: []plan.Upgrade{
			{Layer: "meta-community", Recipe: "emberfs-utils", From: "1.9", To: "2.0", Dropped: []string{"mkfs.patch"}},
			{Layer: "meta-community", Recipe: "brandnew", To: "1"},
		},
	}
	p.Items[0].Evidence = another
	return pipeline.MadePlan{Plan: p, Input: "1", Made: day(119)}
}

// buildVersions writes which versions moved, and where ours are behind.
func (s *site) buildVersions(ctx context.Context) error {
	hash := func(c string) string { return strings.Repeat(c, 40) }
	move := func(source, pn string, kind layer.MoveKind, from, to, commit string, n int) pipeline.Move {
		return pipeline.Move{Branch: "main", Move: layer.Move{Source: source, Kind: kind, PN: pn, File: "recipes/" + pn + ".bb", From: from, To: to, Commit: commit, At: day(n)}}
	}
	tag := func(from, to, commit string, n int) pipeline.Move {
		m := move("emberfs-utils", "emberfs-utils", pipeline.TagMove, from, to, commit, n)
		m.Branch, m.File, m.ToRev = "", "", commit
		return m
	}
	theirs := move("meta-community", "emberfs-utils", layer.Renamed, "1.7", "1.9", firstPiece, 102)
	theirs.Patches = []layer.PatchMove{
		{Name: "mkfs.patch", Outcome: layer.PatchRefreshed, BlobBefore: "patch", Blob: "merged"},
		{Name: "old.patch", Outcome: layer.PatchDropped, BlobBefore: "patch", Words: "merged"},
		{Name: "<i>new</i>.patch", Outcome: layer.PatchAdded, Blob: "gone"}, {Name: "lines.patch", Outcome: layer.PatchOffsets, BlobBefore: "gone", Blob: "patch"},
	}
	back := move("meta-community", "emberfs-utils", layer.Versioned, "1.7.2", "1.7", hash("c"), 60)
	back.Back = true
	revision := move("meta-community", "jsonq", layer.Revision, "1.0+git", "1.0+git", hash("d"), 70)
	revision.FromRev, revision.ToRev = hash("1"), hash("2")
	retag := tag("v1.8", "v1.8", hash("8"), 90)
	retag.Kind, retag.FromRev = pipeline.RetagMove, hash("9")
	for source, moves := range map[string][]pipeline.Move{
		"meta-product":   {move("meta-product", "emberfs-utils", layer.Renamed, "1.7", "1.7.1", hash("e"), 20), move("meta-product", hostileTitle, layer.Versioned, hostileTitle, "2", "javascript:alert(1)", 30)},
		"meta-community": {theirs, back, revision, move("meta-community", "unknown-here", layer.Renamed, "1", "2", hash("f"), 80), move("meta-community", "emberfs-utils", layer.Versioned, "", "1.7.2", hash("b"), 30)},
		"emberfs-utils":  {tag("v1.7", "v1.8", commit, 60), tag("v1.8", "v1.9", another, 100), retag},
	} {
		if err := s.db.PutMoves(ctx, s.source(ctx, source), moves, true); err != nil {
			return err
		}
	}
	if err := s.db.PutPlan(ctx, worldPlan()); err != nil {
		return err
	}
	return s.db.PutBehind(ctx, []pipeline.Behind{
		{Layer: "meta-product", PN: "emberfs-utils", File: "recipes-fs/emberfs-utils/emberfs-utils_1.7.1.bb", Version: "1.7.1", Project: "emberfs-utils", Tag: "v1.7.1",
			Newest: "v1.9", NewestAt: day(100), Newer: true, Since: day(60), Upstream: []pipeline.OtherVersion{{Layer: "meta-community", File: "emberfs-utils_1.9.bb", Version: "1.9", Order: 1, Since: day(102)}}},
		{Layer: "meta-product", PN: hostileTitle, File: hostileFile, Version: hostileTitle, Remote: "https://evil.example/<b>x</b>", Upstream: []pipeline.OtherVersion{{Layer: "meta-community", Version: "1", Order: 1}}},
		{Layer: "meta-product", PN: "odd", File: "recipes-odd/odd/odd.bb", Version: "", Floating: true},
		{Layer: "meta-product", PN: "jsonq", Version: "1.6", Project: "jsonq", Newest: "jq-1.5", NewestAt: day(3), Upstream: []pipeline.OtherVersion{{Layer: "meta-community", Version: "1.5", Order: -1}}},
	})
}
