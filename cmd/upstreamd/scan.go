package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/progress"
)

func scanCommand() *cobra.Command {
	var o struct {
		local, upstream, override []string
		noHistory, json           bool
	}
	cmd := &cobra.Command{
		Use:   "scan --local NAME=PATH[:SUBDIR][@REV] ...",
		Short: "List what layers carry, and what they duplicate",
		Long: `Scan reads the recipes, appends and patch files of layers from their git
objects, without bitbake, and compares local layers with all others. Patch
files are also compared with every version that the others' histories had.

A path is a work tree, a bare repository or a bundle. Every layer.conf below
SUBDIR is a layer of its own; the order of --local and --upstream is the order
of BBLAYERS, local ones first.`,
		Example: `  upstreamd scan --local ours=meta-ours --upstream core=openembedded-core:meta@kirkstone
  upstreamd scan --local ours=. --no-history --json | jq -r 'select(.type == "recipe") | .pn'
  upstreamd scan --local ours=. --override class-target --override libc-musl`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			specs := append(layerSpecs(o.local, true), layerSpecs(o.upstream, false)...)
			if len(specs) == 0 {
				return usagef("scan: want --local or --upstream NAME=PATH")
			}
			sources, failed, err := openLayers(cmd, specs, o.json)
			if err != nil {
				return err
			}
			show := newBar(cmd.ErrOrStderr())
			opts := layer.Options{Overrides: o.override, History: !o.noHistory, Memo: memoFile(sources), Progress: show.report}
			if !o.noHistory {
				opts.Archive = archives(show.report)
			}
			s, err := layer.Run(cmd.Context(), sources, opts)
			show.clear()
			if err != nil {
				return err
			}
			print := printScan
			if o.json {
				print = printScanJSON
			}
			if err := errors.Join(print(cmd.OutOrStdout(), s), failed, withoutLayer(sources, s)); err != nil {
				return withCode(exitFailure, err)
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.local, "local", nil, "a layer repository of ours, NAME=PATH[:SUBDIR][@REV]")
	f.StringArrayVar(&o.upstream, "upstream", nil, "a layer repository to compare with, NAME=PATH[:SUBDIR][@REV]")
	f.StringArrayVar(&o.override, "override", nil, "an active override, the strongest last (default "+strings.Join(layer.DefaultOverrides(), ", ")+")")
	f.BoolVar(&o.noHistory, "no-history", false, "do not read when patch files were added, nor the past of other layers")
	f.BoolVar(&o.json, "json", false, "print JSON lines")
	return cmd
}

// archives opens what the whole history of a repository had of patch files. It
// is kept in the cache directory.
func archives(report progress.Func) func(context.Context, layer.Source) (*layer.Archive, error) {
	return func(ctx context.Context, src layer.Source) (*layer.Archive, error) {
		cache, err := os.UserCacheDir()
		if err != nil {
			return nil, err
		}
		tips, err := src.Repo.Tips(ctx)
		if err != nil {
			return nil, err
		}
		revs := []string{src.Rev}
		for _, t := range tips {
			if strings.HasPrefix(t.Ref, "refs/heads/") {
				revs = append(revs, t.Hash)
			}
		}
		sum := sha256.Sum256([]byte(src.Repo.Dir()))
		file := filepath.Join(cache, "upstreamd", "patches", hex.EncodeToString(sum[:12])+".archive")
		return layer.OpenArchive(ctx, src.Repo, file, revs, report)
	}
}

// memoFile is where it is kept what a scan of these sources read: at any
// revision, as the next scan wants what this one found. "" if there is no cache
// directory.
func memoFile(sources []layer.Source) string {
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	h := sha256.New()
	for _, s := range sources {
		fmt.Fprintf(h, "%q %q %q\n", s.Name, s.Repo.Dir(), s.Subdir)
	}
	return filepath.Join(cache, "upstreamd", "layers", hex.EncodeToString(h.Sum(nil)[:12])+".memo")
}

// A layerSpec is one --local or --upstream.
type layerSpec struct {
	text  string
	local bool
}

func layerSpecs(texts []string, local bool) []layerSpec {
	var out []layerSpec
	for _, t := range texts {
		out = append(out, layerSpec{t, local})
	}
	return out
}

// parse splits NAME=PATH[:SUBDIR][@REV]. A path that exists as it is written
// may hold colons and at signs.
func (s layerSpec) parse() (name, path, subdir, rev string, err error) {
	name, path, ok := strings.Cut(s.text, "=")
	if !ok || name == "" || path == "" {
		return "", "", "", "", usagef("scan: %q: want NAME=PATH[:SUBDIR][@REV]", s.text)
	}
	if _, err := os.Stat(path); err == nil {
		return name, path, "", "", nil
	}
	if i := strings.LastIndexByte(path, '@'); i > 0 {
		path, rev = path[:i], path[i+1:]
	}
	if _, err := os.Stat(path); err == nil {
		return name, path, "", rev, nil
	}
	if i := strings.LastIndexByte(path, ':'); i > 0 {
		path, subdir = path[:i], path[i+1:]
	}
	return name, path, subdir, rev, nil
}

// openLayers opens the repositories. One that cannot be read is told, as a
// line of the output with --json, and the others are scanned; failed says so
// at the end.
func openLayers(cmd *cobra.Command, specs []layerSpec, asJSON bool) (sources []layer.Source, failed, err error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, nil, err
	}
	seen := map[string]bool{}
	for _, s := range specs {
		name, path, subdir, rev, err := s.parse()
		switch {
		case err != nil:
			return nil, nil, err
		case seen[name]:
			return nil, nil, usagef("scan: the name %s is given twice; every NAME wants to be another one", name)
		}
		seen[name] = true
		src := layer.Source{Name: name, Subdir: subdir, Local: s.local}
		src.Repo, src.Rev, err = openAt(cmd.Context(), path, filepath.Join(cache, "upstreamd", "bundles"), rev)
		if err == nil {
			sources = append(sources, src)
			continue
		}
		if cmd.Context().Err() != nil {
			return nil, nil, err
		}
		failed = errors.Join(failed, fmt.Errorf("layer source %s: %w", name, err))
		if asJSON {
			out := json.NewEncoder(cmd.OutOrStdout())
			out.SetEscapeHTML(false)
			if err := out.Encode(map[string]string{"type": "source", "repo": name, "error": err.Error()}); err != nil {
				return nil, nil, err
			}
		}
	}
	if len(sources) == 0 {
		return nil, nil, failed
	}
	return sources, failed, nil
}

// withoutLayer is an error if there is no layer in one of the sources.
func withoutLayer(sources []layer.Source, s *layer.Scan) (err error) {
	for _, src := range sources {
		if !slices.ContainsFunc(s.Layers, func(l layer.Layer) bool { return l.Source == src.Name }) {
			err = errors.Join(err, fmt.Errorf("layer source %s: no layer in it: no conf/layer.conf below /%s", src.Name, src.Subdir))
		}
	}
	return err
}

// openAt opens a repository and resolves a revision of it.
func openAt(ctx context.Context, path, cache, rev string) (*git.Repo, string, error) {
	r, err := git.OpenAny(ctx, path, cache)
	if err != nil {
		return nil, "", err
	}
	if rev == "" {
		rev = "HEAD"
	}
	hash, err := r.Resolve(ctx, rev)
	if err != nil {
		return nil, "", err
	}
	return r, hash, nil
}

// printScan prints tables for people.
func printScan(w io.Writer, s *layer.Scan) error {
	var tables []*table
	add := func(limits ...int) *table {
		t := &table{limits: limits}
		tables = append(tables, t)
		return t
	}
	t := add(28, 20, 8)
	t.row("LAYER", "COLLECTION", "PRIORITY", "SERIES")
	for _, l := range s.Layers {
		t.row(l.Name, l.Collection, fmt.Sprint(l.Priority), strings.Join(l.Series, " "))
	}
	if t := carrying(s); len(t.rows) > 1 {
		tables = append(tables, t)
	}
	dups := s.Duplicates()
	if len(dups) > 0 {
		addCounts(add(15), dups)
		addDuplicates(add(15, 11), dups)
	}
	if len(s.Problems) > 0 {
		t = add(44)
		t.row("PROBLEM", "FILE")
		for _, p := range s.Problems {
			t.row(p.Text, place(p.Source, p.File, ""))
		}
	}
	for _, t := range tables {
		if err := t.flush(w); err != nil {
			return err
		}
		fmt.Fprintln(w)
	}
	_, err := fmt.Fprintf(w, "%d layers, %d recipes, %d patch files, %d duplicates\n", len(s.Layers), len(s.Recipes), len(s.Patches), len(dups))
	return err
}

// carrying are the recipes with patches: of local layers, or of all where none
// is local.
func carrying(s *layer.Scan) *table {
	t := &table{limits: []int{24, 12, 7}}
	t.row("RECIPE", "VERSION", "PATCHES", "FILE")
	for _, r := range s.Recipes {
		if len(r.PatchesEffective) > 0 && s.Ours(r.Source) {
			t.row(r.PN, r.PV, fmt.Sprint(len(r.PatchesEffective)), r.Source+":"+r.File)
		}
	}
	return t
}

// addCounts adds how many duplicates there are of each kind.
func addCounts(t *table, dups []layer.Duplicate) {
	count := map[string]int{}
	for _, d := range dups {
		count[d.Kind]++
	}
	t.row("DUPLICATES", "NUMBER")
	for _, kind := range slices.Sorted(maps.Keys(count)) {
		t.row(kind, fmt.Sprint(count[kind]))
	}
}

// addDuplicates adds two rows for each: ours, and theirs below it.
func addDuplicates(t *table, dups []layer.Duplicate) {
	t.row("DUPLICATE", "HOW", "OURS, AND BELOW IT THEIRS")
	for _, d := range dups {
		kind := d.Kind
		if d.Came != "" {
			kind += ", once"
		}
		t.row(kind, d.Relation+d.Match, place(d.LocalSource, d.LocalFile, d.LocalVersion))
		if d.UpstreamSource != "" {
			t.row("", "", place(d.UpstreamSource, d.UpstreamFile, d.UpstreamVersion))
		}
	}
}

// place is where a thing lies, with its version if it has one.
func place(source, file, version string) string {
	if version != "" {
		version = " (" + version + ")"
	}
	return source + ":" + file + version
}
