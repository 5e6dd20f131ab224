package main

import (
	"bufio"
	"encoding/json"
	"io"
	"time"

	"github.com/upstreamd/upstreamd/internal/layer"
)

// The lines of scan --json. Their fields are promised in docs/layers.md.
type (
	scanRecipe struct {
		Type        string            `json:"type"` // "recipe"
		Repo        string            `json:"repo"`
		Layer       string            `json:"layer"`
		File        string            `json:"file"`
		Blob        string            `json:"blob"`
		PN          string            `json:"pn"`
		PV          string            `json:"pv"`
		PE          string            `json:"pe"`
		PR          string            `json:"pr"`
		Patches     []string          `json:"patches"`
		Effective   []string          `json:"patches_effective"`
		Conditional []scanConditional `json:"patches_conditional"`
		PatchFiles  []scanPatchFile   `json:"patch_files"`
		Includes    []string          `json:"includes"`
		Appends     []string          `json:"appends"`
		Extend      []string          `json:"bbclassextend"`
		Remote      []string          `json:"remote"`
		SRCREV      string            `json:"srcrev,omitempty"`
		Floating    bool              `json:"floating,omitempty"` // SRCREV is AUTOREV
		Inactive    string            `json:"inactive,omitempty"`
		Problems    []string          `json:"problems"`
	}
	scanConditional struct {
		Name     string `json:"name"`
		Override string `json:"override"`
		Path     string `json:"path,omitempty"`
	}
	scanPatchFile struct {
		Name       string `json:"name"`
		Path       string `json:"path"` // "" if it was not found
		Via        string `json:"via"`
		StripLevel int    `json:"striplevel"`
		PatchDir   string `json:"patchdir,omitempty"`
		Below      string `json:"below,omitempty"` // directory of the source
		Replaces   string `json:"replaces,omitempty"`
		Blob       string `json:"blob,omitempty"`
	}
	scanPatch struct {
		Type       string   `json:"type"` // "patch"
		Repo       string   `json:"repo"`
		Path       string   `json:"path"`
		Recipe     string   `json:"recipe"`
		Subject    string   `json:"subject"`
		Author     string   `json:"author,omitempty"`
		Status     string   `json:"upstream_status"`
		Detail     string   `json:"upstream_status_detail"`
		WellFormed bool     `json:"wellformed"`
		CVE        []string `json:"cve"`
		SignedOff  bool     `json:"signed_off"`
		Added      string   `json:"added,omitempty"`
		Touched    string   `json:"touched,omitempty"`
		Toucher    string   `json:"toucher,omitempty"`
		Keeper     string   `json:"keeper,omitempty"`
		Refreshes  int      `json:"refreshes,omitempty"`
		Lines      int      `json:"lines"`
		Plan       string   `json:"plan,omitempty"`
		Blob       string   `json:"blob"`
		PatchID    string   `json:"patch_id,omitempty"`
		Problem    string   `json:"problem,omitempty"`
	}
	scanDuplicate struct {
		Type            string  `json:"type"` // "duplicate"
		Kind            string  `json:"kind"`
		LocalRepo       string  `json:"local_repo"`
		LocalFile       string  `json:"local_file,omitempty"`
		LocalPath       string  `json:"local_path,omitempty"`
		UpstreamRepo    string  `json:"upstream_repo,omitempty"`
		UpstreamFile    string  `json:"upstream_file,omitempty"`
		UpstreamPath    string  `json:"upstream_path,omitempty"`
		Relation        string  `json:"relation,omitempty"`
		Match           string  `json:"match,omitempty"`
		Similarity      float64 `json:"similarity,omitempty"`
		LocalVersion    string  `json:"local_pv,omitempty"`
		UpstreamVersion string  `json:"upstream_pv,omitempty"`
		Came            string  `json:"upstream_came,omitempty"`
		Went            string  `json:"upstream_went,omitempty"`
		First           string  `json:"first,omitempty"`
		LocalSince      string  `json:"local_since,omitempty"`
		UpstreamSince   string  `json:"upstream_since,omitempty"`

		News []scanNews `json:"news,omitempty"`
	}
	scanNews struct {
		Kind    string `json:"kind"`
		Day     string `json:"day"`
		Commit  string `json:"commit"`
		Version string `json:"version,omitempty"`
	}
	scanProblem struct {
		Type string `json:"type"` // "problem"
		Repo string `json:"repo"`
		File string `json:"file"`
		Line int    `json:"line,omitempty"`
		Text string `json:"error"`
	}
)

// printScanJSON prints one line for each thing found.
func printScanJSON(to io.Writer, s *layer.Scan) error {
	w := bufio.NewWriterSize(to, 64<<10)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for i := range s.Recipes {
		if err := e.Encode(recipeLine(&s.Recipes[i])); err != nil {
			return err
		}
	}
	for i := range s.Patches {
		if err := e.Encode(patchLine(&s.Patches[i])); err != nil {
			return err
		}
	}
	for _, d := range s.Duplicates() {
		if err := e.Encode(duplicateLine(d)); err != nil {
			return err
		}
	}
	for _, p := range s.Problems {
		if err := e.Encode(scanProblem{"problem", p.Source, p.File, p.Line, p.Text}); err != nil {
			return err
		}
	}
	return w.Flush()
}

func recipeLine(r *layer.Recipe) scanRecipe {
	line := scanRecipe{
		Type: "recipe", Repo: r.Source, Layer: r.Layer, File: r.File, Blob: r.Blob, PN: r.PN, PV: r.PV, PE: r.PE, PR: r.PR,
		Patches: present(r.Patches), Effective: present(r.PatchesEffective), Conditional: []scanConditional{},
		PatchFiles: []scanPatchFile{}, Includes: present(r.Includes), Appends: present(r.Appends),
		Extend: present(r.BBClassExtend), Remote: present(r.Remote), SRCREV: r.SRCREV, Floating: r.Floating, Inactive: r.Inactive, Problems: present(r.Problems),
	}
	for _, c := range r.Conditional {
		line.Conditional = append(line.Conditional, scanConditional(c))
	}
	for _, p := range r.PatchFiles {
		line.PatchFiles = append(line.PatchFiles, scanPatchFile{p.Name, p.Path, p.Via, p.Strip, p.Dir, p.Below, p.Replaces, p.Blob})
	}
	return line
}

func patchLine(p *layer.Patch) scanPatch {
	touched, toucher := p.Life.Touched()
	return scanPatch{
		Type: "patch", Repo: p.Source, Path: p.Path, Recipe: p.Recipe, Subject: p.Subject, Author: person(p.Author.Name, p.Author.Email),
		Status: p.Status.Kind, Detail: p.Status.Detail, WellFormed: p.Status.WellFormed, CVE: present(p.CVE), SignedOff: p.SignedOff,
		Added: day(p.Life.Added()), Touched: day(touched), Toucher: person(toucher.Name, toucher.Email),
		Keeper: person(p.Life.Keeper.Name, p.Life.Keeper.Email), Refreshes: p.Life.Refreshes(), Lines: p.Lines, Plan: p.Plan,
		Blob: p.Blob, PatchID: p.PatchID, Problem: p.Problem,
	}
}

func duplicateLine(d layer.Duplicate) scanDuplicate {
	line := scanDuplicate{
		Type: "duplicate", Kind: d.Kind, LocalRepo: d.LocalSource, UpstreamRepo: d.UpstreamSource, Relation: d.Relation,
		Match: d.Match, Similarity: d.Similarity, LocalVersion: d.LocalVersion, UpstreamVersion: d.UpstreamVersion,
		Came: d.Came, Went: d.Went, First: d.First, LocalSince: day(d.LocalSince.Time), UpstreamSince: day(d.UpstreamSince.Time),
	}
	for _, n := range d.News {
		line.News = append(line.News, scanNews{n.Kind, day(n.Time), n.Commit, n.Version})
	}
	if d.Kind == "fork" && d.Went != "" {
		line.Kind = "fork-past" // a fork is of what is there now
	}
	if d.Kind == "patch" {
		line.LocalPath, line.UpstreamPath = d.LocalFile, d.UpstreamFile
	} else {
		line.LocalFile, line.UpstreamFile = d.LocalFile, d.UpstreamFile
	}
	return line
}

// present makes an absent list an empty one, which JSON tells from null.
func present(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// day is a date without its time, "" if there is none.
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

// person is NAME <EMAIL>, of which one or both may be absent.
func person(name, email string) string {
	switch {
	case email == "":
		return name
	case name == "":
		return "<" + email + ">"
	}
	return name + " <" + email + ">"
}
