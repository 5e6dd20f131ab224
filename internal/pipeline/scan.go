package pipeline

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/version"
)

// scanVersion is part of the fingerprint of a scan: raise it when the scanner
// sees more, and every layer is scanned again.
const scanVersion = "4"

// A layerStore is what [Scanner] needs of the store.
type layerStore interface {
	txer
	cursorStore
	tipStore
	PutScan(ctx context.Context, s LayerScan) error
	PutDuplicates(ctx context.Context, dups []layer.Duplicate) error
}

// A Scanner is the stage that reads recipes and carried patches of all layers.
type Scanner struct {
	store   layerStore
	sources sourceLog
	set     Settings
}

// NewScanner returns the scan stage.
func NewScanner(store layerStore, sources sourceLog, set Settings) *Scanner {
	return &Scanner{store: store, sources: sources, set: set}
}

// An opened is a layer whose mirror is there, at the commit to scan.
type opened struct {
	Layer
	id     int64
	repo   *git.Repo
	commit string
	at     time.Time
}

// Stage is the scan stage.
func (s *Scanner) Stage() Stage {
	return Stage{Name: "scan", Every: 10 * time.Minute, Run: whole(s.run)}
}

// run scans all layers together if any of them moved: recipes of one layer
// may be changed by another.
func (s *Scanner) run(ctx context.Context) (Report, error) {
	layers, rep, err := s.open(ctx)
	if err != nil || len(layers) == 0 {
		return rep, err
	}
	print := s.print(layers)
	if seen, err := s.store.Cursor(ctx, "scan", "layers"); err != nil {
		return rep, err
	} else if seen == print {
		return rep, s.remind(ctx, &rep)
	}
	found, err := s.scan(ctx, layers)
	if err != nil {
		return rep, err
	}
	if err := s.touched(ctx, layers, found.forks); err != nil {
		return rep, err
	}
	err = s.store.InTx(ctx, func(ctx context.Context) error {
		for _, l := range layers {
			if err := s.store.PutScan(ctx, l.scanOf(found)); err != nil {
				return fmt.Errorf("layer %s: %w", l.Name, err)
			}
			if err := s.store.SetCursor(ctx, "scan", l.cursor(), l.commit); err != nil {
				return err
			}
			if err := s.store.SetCursor(ctx, "scan", l.trend(), l.trendPrint(layers)); err != nil {
				return err
			}
			problem := sourceProblem(found.of[l.Name], l.Name)
			if err := s.set.mark(ctx, s.sources, "read", l.source(), problem); err != nil {
				return err
			}
		}
		if err := s.store.PutDuplicates(ctx, s.otherRepositories(found.duplicates)); err != nil {
			return err
		}
		return s.store.SetCursor(ctx, "scan", "layers", print)
	})
	if err != nil {
		return rep, err
	}
	rep.Done = fmt.Sprintf("%d recipes, %d patch files in %d layers", found.recipes, found.patches, len(layers))
	return rep, s.remind(ctx, &rep)
}

// remind reports again what the last scan had against whole layers.
func (s *Scanner) remind(ctx context.Context, rep *Report) error {
	for _, l := range s.set.Layers {
		problem, err := s.store.Cursor(ctx, "trouble", "read "+input(LayerSource, l.Name))
		if err != nil {
			return err
		}
		if problem != "" {
			rep.Problems = append(rep.Problems, input(LayerSource, l.Name)+": "+problem)
		}
	}
	return nil
}

// sourceProblem is what a scan has against a whole source; what is wrong with
// a file is kept with the file.
func sourceProblem(found *layer.Scan, name string) string {
	for _, p := range found.Problems {
		if p.Source == name && p.File == "" {
			return p.Text + ": correct branch or subdir in upstreamd.toml"
		}
	}
	return ""
}

func (l Layer) source() Source { return Source{Kind: LayerSource, Name: l.Name} }

// A scanned is what the scans of all stacks found.
type scanned struct {
	of         map[string]*layer.Scan // by layer, the scan that it was in
	duplicates []layer.Duplicate
	forks      []Carried
	trends     map[string][]layer.Sample // by layer, of those that moved
	recipes    int
	patches    int
}

// scan scans stack by stack.
func (s *Scanner) scan(ctx context.Context, layers []opened) (scanned, error) {
	all := scanned{of: map[string]*layer.Scan{}, trends: map[string][]layer.Sample{}}
	open := s.set.archives(layers)
	for _, stack := range stacks(layers) {
		var in []layer.Source
		for _, l := range stack {
			in = append(in, l.scanned())
		}
		found, err := layer.Run(ctx, in, layer.Options{
			History: true, Archive: open, Memo: s.memo(stack), Progress: s.set.Progress,
		})
		if err != nil {
			return all, err
		}
		first := map[string]bool{}
		for _, l := range stack {
			if all.of[l.Name] == nil {
				all.of[l.Name], first[l.Name] = found, true
			}
		}
		for _, r := range found.Recipes {
			if first[r.Source] {
				all.recipes++
			}
		}
		for _, p := range found.Patches {
			if first[p.Source] {
				all.patches++
			}
		}
		dups := found.Duplicates()
		for _, d := range dups {
			if first[d.LocalSource] {
				all.duplicates = append(all.duplicates, d)
			}
		}
		f := newForks(stack, found)
		forked, err := f.of(ctx, dups, first)
		f.close()
		if err != nil {
			return all, err
		}
		all.forks = append(all.forks, forked...)
		if err := s.trends(ctx, stack, open, all.trends); err != nil {
			return all, err
		}
	}
	return all, nil
}

// stacks are the sets of layers that are scanned together, as a build would
// have them: two branches of one local repository are never in the same one,
// or the files of one would be taken for the other's. Every stack has all
// upstream layers, and the local ones that have no such second branch.
func stacks(layers []opened) [][]opened {
	nth := map[string]int{} // of the local layers of one repository
	number := make([]int, len(layers))
	most := 1
	for i, l := range layers {
		if l.Local {
			number[i] = nth[l.Location]
			nth[l.Location]++
			most = max(most, nth[l.Location])
		}
	}
	all := make([][]opened, most)
	for n := range all {
		for i, l := range layers {
			if !l.Local || nth[l.Location] == 1 || number[i] == n {
				all[n] = append(all[n], l)
			}
		}
	}
	return all
}

// open opens the mirror of every layer and finds the commit to scan. Where one
// that was scanned before cannot be read at all nothing is scanned: recipes of
// the others may need it, and would look different without it.
func (s *Scanner) open(ctx context.Context) ([]opened, Report, error) {
	var rep Report
	sources, err := s.store.Sources(ctx)
	if err != nil {
		return nil, rep, err
	}
	ids := map[string]int64{}
	for _, src := range sources {
		if src.Kind == LayerSource {
			ids[src.Name] = src.ID
		}
	}
	var found []opened
	incomplete := false
	for _, l := range s.set.Layers {
		commit, before, err := s.commit(ctx, l, ids[l.Name])
		if err != nil {
			return nil, rep, err
		}
		o, err := s.openOne(ctx, l, commit)
		problem := ""
		switch {
		case ctx.Err() != nil:
			return nil, rep, ctx.Err()
		case err == nil:
			o.id = ids[l.Name]
			found = append(found, o)
		case errors.Is(err, git.ErrNotFound) && l.Revision == "":
			incomplete = incomplete || before // the fetch stage has said why
		default:
			problem = err.Error()
			rep.problem("layer "+l.Name, err)
			incomplete = incomplete || before
		}
		if err := s.set.mark(ctx, s.sources, "scan", l.source(), problem); err != nil {
			return nil, rep, err
		}
	}
	if incomplete {
		return nil, rep, nil
	}
	return found, rep, nil
}

// commit is what is to be scanned of a layer: what is pinned, else the
// recorded tip of its branch, else, where the branch is gone, what was scanned
// last; "" where there is nothing. Before says whether it was scanned before.
func (s *Scanner) commit(ctx context.Context, l Layer, id int64) (commit string, before bool, err error) {
	last, err := s.store.Cursor(ctx, "scan", l.cursor())
	if err != nil || l.Revision != "" {
		return l.Revision, last != "", err
	}
	tips, err := s.store.Tips(ctx, id)
	if err != nil {
		return "", last != "", err
	}
	for _, t := range tips {
		if t.Ref == "refs/heads/"+l.Branch {
			return t.Hash, last != "", nil
		}
	}
	return last, last != "", nil
}

// cursor names the layer where it is kept what was scanned of it.
func (l Layer) cursor() string { return "layer " + l.Place() }

func (s *Scanner) openOne(ctx context.Context, l Layer, commit string) (opened, error) {
	if commit == "" {
		return opened{}, fmt.Errorf("branch %s: %w", l.Branch, git.ErrNotFound)
	}
	repo, err := recorded{s.store, s.set}.open(ctx, l.Location)
	if err != nil {
		return opened{}, err
	}
	commit, err = repo.Resolve(ctx, commit)
	if err != nil && l.Revision != "" {
		err = fmt.Errorf("%w: correct revision in upstreamd.toml", err)
	}
	if err != nil {
		return opened{}, err
	}
	o := opened{Layer: l, repo: repo, commit: commit}
	err = repo.Log(ctx, git.LogQuery{Revs: []string{commit}, Merges: true, Max: 1}, func(c *git.Commit) error {
		o.at = c.CommitTime
		return nil
	})
	return o, err
}

// print is the fingerprint of what would be scanned.
func (s *Scanner) print(layers []opened) string {
	parts := []string{scanVersion}
	for _, l := range layers {
		parts = append(parts, l.Name, l.Location, l.Branch, l.Subdir, fmt.Sprint(l.Local), l.commit)
	}
	return fingerprint(parts...)
}

// otherRepositories leaves out what a layer shares with another branch of its
// own repository: that is no duplicate but the same thing at another time.
func (s *Scanner) otherRepositories(dups []layer.Duplicate) []layer.Duplicate {
	at := map[string]string{}
	for _, l := range s.set.Layers {
		at[l.Name] = l.Location
	}
	var kept []layer.Duplicate
	for _, d := range dups {
		if d.UpstreamSource == "" || at[d.LocalSource] != at[d.UpstreamSource] {
			kept = append(kept, d)
		}
	}
	return kept
}

// scanOf is the part of what was found that is about this layer.
func (l opened) scanOf(all scanned) LayerScan {
	found := all.of[l.Name]
	scan := LayerScan{Source: l.id, Branch: l.Branch, Foreign: !l.Local, At: l.at, Trend: all.trends[l.Name]}
	queued := map[string]carriedIn{} // by path of the patch file
	for _, r := range found.Recipes {
		if r.Source == l.Name {
			scan.Recipes = append(scan.Recipes, r)
		}
		for i, p := range r.PatchFiles {
			path, ours := strings.CutPrefix(p.Path, l.Name+":")
			in := carriedIn{r, i, p}
			if was, known := queued[path]; ours && (!known || in.needs(was)) {
				queued[path] = in
			}
		}
	}
	for _, a := range found.Appends {
		if a.Source == l.Name {
			scan.Appends = append(scan.Appends, a)
		}
	}
	if !l.Local {
		return scan
	}
	for _, p := range found.Patches {
		// One that cannot be read is carried all the same, if a recipe applies it.
		if p.Source == l.Name && (p.Problem == "" || p.Recipe != "") {
			scan.Carried = append(scan.Carried, l.carried(p, queued[p.Path]))
		}
	}
	for _, c := range all.forks {
		if c.Layer == l.Name {
			scan.Carried = append(scan.Carried, c)
		}
	}
	return scan
}

// A carriedIn is where in which recipe's queue a patch file is.
type carriedIn struct {
	recipe layer.Recipe
	index  int
	file   layer.PatchFile
}

// needs says whether this recipe needs the file longer than the other does: one
// that is built rather than one that is not, a version that is not known or not
// fixed, else the older one. So a file that several recipes apply is droppable
// when all of them can do without it.
func (c carriedIn) needs(d carriedIn) bool {
	a, b := c.recipe, d.recipe
	open := func(r layer.Recipe) bool { return r.Floating || r.PV == layer.Unknown }
	switch {
	case (a.Inactive == "") != (b.Inactive == ""):
		return a.Inactive == ""
	case open(a) != open(b):
		return open(a)
	}
	return version.V{PE: a.PE, PV: a.PV}.Compare(version.V{PE: b.PE, PV: b.PV}) < 0
}

func (l opened) carried(p layer.Patch, in carriedIn) Carried {
	touched, toucher := p.Life.Touched()
	c := Carried{
		Kind: CarriedFile, Key: change.CarriedKey(l.Name, l.Branch, p.Path), Source: l.id, Layer: l.Name, Branch: l.Branch, Path: p.Path,
		Recipe: p.Recipe, Strip: 1, Blob: p.Blob, Subject: p.Subject, Author: strings.ToLower(p.Author.Email),
		Status: p.Status, Added: p.Life.Added(), Toucher: strings.ToLower(toucher.Email), Touched: touched,
		Keeper: strings.ToLower(p.Life.Keeper.Email), Refreshes: p.Life.Refreshes(), Plan: p.Plan, Lines: p.Lines, CVE: p.CVE,
	}
	if in.recipe.PN != "" {
		c.Recipe, c.RecipeFile, c.Position = in.recipe.PN, in.recipe.File, in.index+1
		c.Strip, c.Below = in.file.Strip, in.file.Below
		c.Floating = in.recipe.Floating
		if in.recipe.PV != layer.Unknown {
			c.PV = in.recipe.PV
		}
	}
	if c.Subject == "" {
		c.Subject = p.Path[strings.LastIndex(p.Path, "/")+1:]
	}
	return c
}
