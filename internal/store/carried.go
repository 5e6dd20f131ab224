package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/patch"
	"github.com/upstreamd/upstreamd/internal/pipeline"
)

// What a file claims that has no Upstream-Status, or one that cannot be read.
const (
	missing   = "missing"
	malformed = "malformed"
)

// A carriedRow is a row of table carried.
type carriedRow struct {
	bun.BaseModel `bun:"table:carried"`

	ID           int64 `bun:",pk,autoincrement"`
	SourceID     int64
	Kind         string
	NaturalKey   string `store:"key"`
	Branch       string
	Path         string
	Recipe       string `store:"key"`
	RecipeFile   string
	PV           string `bun:"pv"`
	Position     int
	Strip        int
	Below        string
	Blob         string
	Subject      string
	Author       string
	Status       string
	StatusKind   string
	StatusDetail string
	StatusLine   int
	StatusRaw    string
	Added        int64
	Toucher      string
	Touched      int64
	Keeper       string
	Refreshes    int
	Plan         string
	Lines        int
	CVE          string `bun:"cve"`
	OtherSource  string
	OtherFile    string
	OtherBlob    string
	OtherVersion string
	Renamed      bool
	Relation     string
	Floating     bool
	Dropped      int64
}

func newCarriedRow(c pipeline.Carried) carriedRow {
	st := c.Status
	r := carriedRow{
		SourceID: c.Source, Kind: string(c.Kind), NaturalKey: c.Key, Branch: c.Branch, Path: c.Path, Recipe: c.Recipe, RecipeFile: c.RecipeFile,
		PV: c.PV, Position: c.Position, Strip: c.Strip, Below: c.Below, Blob: c.Blob, Subject: c.Subject, Author: lower(c.Author),
		Status: st.Kind, StatusKind: st.Kind, StatusDetail: st.Detail, StatusLine: st.Line, StatusRaw: st.Raw,
		Added: unix(c.Added), Toucher: lower(c.Toucher), Touched: unix(c.Touched),
		Keeper: lower(c.Keeper), Refreshes: c.Refreshes, Plan: c.Plan, Lines: c.Lines, CVE: asJSON(c.CVE),
		OtherSource: c.Other, OtherFile: c.OtherFile, OtherBlob: c.OtherBlob, OtherVersion: c.OtherVersion,
		Renamed: c.Renamed, Relation: string(c.Relation), Floating: c.Floating,
	}
	switch {
	case c.Kind == pipeline.CarriedDelta: // a recipe claims nothing
	case st.Line == 0 && st.Kind == "":
		r.Status = missing
	case !st.WellFormed:
		r.Status = malformed
	}
	return r
}

// claim is what the file says.
func (r carriedRow) claim() claimRow {
	c := claimRow{SightingKey: r.NaturalKey, Kind: r.Status, Detail: r.StatusDetail, Origin: r.Path, Said: r.Touched}
	if r.Status == malformed {
		c.Detail = r.StatusRaw
	}
	if c.Said == 0 {
		c.Said = r.Added
	}
	return c
}

// putCarried makes the patch files and forks of a source those of the scan. One
// that the layer had and has no more is dropped, and stays so until it comes
// back. A recipe that is still there, if only in another version, was not
// dropped: it is no fork any more, or another one.
// Files of another branch than the one scanned are forgotten: the
// configuration does not ask for that branch any more. So are those of a layer
// that is none of ours any more.
func putCarried(ctx context.Context, tx bun.IDB, scan pipeline.LayerScan) error {
	have, err := all[carriedRow](ctx, tx, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("source_id = ?", scan.Source)
	})
	if err != nil {
		return err
	}
	var want []carriedRow
	listed := map[string]bool{}
	for _, c := range scan.Carried {
		want = append(want, newCarriedRow(c))
		listed[short(c.Key)] = true
	}
	branch := scan.Branch
	if branch == "" && len(scan.Carried) > 0 {
		branch = scan.Carried[0].Branch
	}
	recipes := recipesOf(scan)
	for _, r := range have {
		if scan.Foreign {
			continue
		}
		if r.Kind == string(pipeline.CarriedDelta) && (recipes[r.Path] || recipes[r.Recipe]) {
			continue
		}
		if listed[r.NaturalKey] || branch != "" && r.Branch != clean(branch) {
			continue
		}
		if r.Dropped == 0 {
			r.Dropped = max(1, unix(scan.At))
		}
		want = append(want, r)
	}
	sh := shape[carriedRow, string]{
		key: func(r carriedRow) string { return r.NaturalKey }, keep: func(old carriedRow, r *carriedRow) { r.ID = old.ID },
	}
	if _, err = equalize(ctx, tx, sh, have, want); err != nil {
		return err
	}
	var claims []claimRow
	for _, r := range want {
		if r.Kind != string(pipeline.CarriedDelta) {
			claims = append(claims, r.claim())
		}
	}
	return putFileClaims(ctx, tx, have, claims)
}

// recipesOf has the files and PNs of all recipes of a scan.
func recipesOf(scan pipeline.LayerScan) map[string]bool {
	has := map[string]bool{}
	for _, r := range scan.Recipes {
		has[clean(r.File)], has[clean(r.PN)] = true, true
	}
	return has
}

// putFileClaims makes the claims of one source's files equal to want; have are
// the files that were known before.
func putFileClaims(ctx context.Context, tx bun.IDB, have []carriedRow, want []claimRow) error {
	ours := map[string]bool{}
	for _, r := range have {
		ours[r.NaturalKey] = true
	}
	for _, c := range want {
		ours[short(c.SightingKey)] = true
	}
	known, err := all[claimRow](ctx, tx, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("sighting_key LIKE 'carried:%'")
	})
	if err != nil {
		return err
	}
	var mine []claimRow
	for _, c := range known {
		if ours[c.SightingKey] {
			mine = append(mine, c)
		}
	}
	sh := shape[claimRow, string]{
		key: func(r claimRow) string { return r.SightingKey }, keep: func(old claimRow, r *claimRow) { r.ID = old.ID },
	}
	_, err = equalize(ctx, tx, sh, mine, want)
	return err
}

// CarriedPatches returns all patch files that the configured layers carry or
// once carried, by key.
func (db *DB) CarriedPatches(ctx context.Context) ([]pipeline.Carried, error) {
	var rows []struct {
		carriedRow `bun:",extend"`
		Layer      string
	}
	err := db.read(ctx).NewSelect().TableExpr("carried AS c").ColumnExpr("c.*, s.name AS layer").
		Join("JOIN source AS s ON s.id = c.source_id AND NOT s.gone").OrderExpr("c.natural_key").Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("carried patches: %w", err)
	}
	found := make([]pipeline.Carried, len(rows))
	for i, r := range rows {
		found[i] = r.carried(r.Layer)
	}
	return found, nil
}

func (r carriedRow) carried(layer string) pipeline.Carried {
	cve, _ := fromJSON[[]string]("cve of "+r.Path, r.CVE) // we wrote it
	if len(cve) == 0 {
		cve = nil
	}
	return pipeline.Carried{
		Key: r.NaturalKey, Source: r.SourceID, Layer: layer, Branch: r.Branch, Path: r.Path, Recipe: r.Recipe,
		RecipeFile: r.RecipeFile, PV: r.PV, Position: r.Position, Strip: r.Strip, Below: r.Below, Blob: r.Blob, Subject: r.Subject, Author: r.Author,
		Status: patch.UpstreamStatus{
			Kind: r.StatusKind, Detail: r.StatusDetail, WellFormed: r.Status != "" && r.Status != missing && r.Status != malformed,
			Line: r.StatusLine, Raw: r.StatusRaw,
		},
		Added: moment(r.Added), Toucher: r.Toucher, Touched: moment(r.Touched), Dropped: moment(r.Dropped),
		Kind: pipeline.CarriedKind(r.Kind), Keeper: r.Keeper, Refreshes: r.Refreshes, Plan: r.Plan, Lines: r.Lines, CVE: cve,
		Other: r.OtherSource, OtherFile: r.OtherFile, OtherBlob: r.OtherBlob, OtherVersion: r.OtherVersion,
		Renamed: r.Renamed, Relation: change.Relation(r.Relation), Floating: r.Floating,
	}
}
