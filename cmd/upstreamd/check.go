package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/policy"
)

// checkOptions are the flags of check.
type checkOptions struct {
	layerFlags
	maxPending         int
	require            bool
	skip               []string
	baseline, newKnown string
	format             string
}

func checkCommand() *cobra.Command {
	var o checkOptions
	cmd := &cobra.Command{
		Use:   "check LAYER...",
		Short: "Say which patches of a layer break its rules",
		Long: `Check is for the CI of a layer: it tells of Upstream-Status lines that are missing,
malformed or say too little, of patch files that no recipe applies, patches that
are named and not found, appends without a recipe, and, with the source of a
recipe given by --project, of patches that its version contains.

LAYER is PATH[:SUBDIR][@REV]: a work tree, a directory in one, a bare repository
or a bundle. What is committed is read, not what lies in the work tree. Layers
that ours append to or include from are given by --upstream.

--write-baseline keeps what is found now in a file; with --baseline only what is
new counts. Rules: ` + strings.Join(ruleNames(), ", ") + `.

Exit codes: 0 nothing found, 4 something found, 1 an input could not be read,
2 wrong usage.`,
		Example: `  upstreamd check .
  upstreamd check . --upstream core=../openembedded-core:meta@scarthgap --project zlib=../zlib.git
  upstreamd check . --require-status --max-pending 20 --baseline .upstreamd-baseline
  upstreamd check . --format sarif > upstreamd.sarif`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(cmd); err != nil {
				return err
			}
			return o.run(cmd, args)
		},
	}
	f := cmd.Flags()
	o.add(cmd)
	f.IntVar(&o.maxPending, "max-pending", -1, "how many patches of a layer may be Pending (default any number)")
	f.BoolVar(&o.require, "require-status", false, "want an Upstream-Status also where the header says in other words how the patch stands")
	f.StringArrayVar(&o.skip, "skip", nil, "a rule that is not looked at")
	f.StringVar(&o.baseline, "baseline", "", "file of findings that are known and do not count")
	f.StringVar(&o.newKnown, "write-baseline", "", "write all that is found to this file, and succeed")
	f.StringVar(&o.format, "format", "text", "text, json, sarif or junit")
	return cmd
}

func ruleNames() []string {
	var names []string
	for _, r := range policy.Rules() {
		names = append(names, r.ID)
	}
	return names
}

// check refuses flags that mean nothing.
func (o checkOptions) check(cmd *cobra.Command) error {
	if cmd.Flags().Changed("max-pending") && o.maxPending < 0 {
		return usagef("check: --max-pending wants a number from 0 on")
	}
	for _, s := range o.skip {
		if _, ok := policy.RuleOf(s); !ok {
			return usagef("check: --skip %q: no such rule, want one of: %s", s, strings.Join(ruleNames(), ", "))
		}
	}
	if !slices.Contains([]string{"text", "json", "sarif", "junit"}, o.format) {
		return usagef("check: --format %q: want text, json, sarif or junit", o.format)
	}
	if o.baseline != "" && o.newKnown != "" {
		return usagef("check: --baseline and --write-baseline exclude each other; to make the file anew: --write-baseline FILE")
	}
	return nil
}

// run checks, and prints what was found.
func (o checkOptions) run(cmd *cobra.Command, args []string) error {
	ctx := cmd.Context()
	var known policy.Baseline
	if o.baseline != "" {
		var err error
		if known, err = readBaseline(o.baseline); err != nil {
			return err
		}
	}
	in, err := o.open(cmd, args)
	if err != nil {
		return err
	}
	defer in.show.clear()
	report, err := policy.Check(ctx, in.sources, in.scan, policy.Options{
		RequireStatus: o.require, MaxPending: o.maxPending, Skip: o.skip, Projects: in.projects, Progress: in.show.report,
	})
	in.show.clear()
	if err != nil {
		return err
	}
	report.Roots = in.roots
	out := checked{Report: report, failed: in.failed}
	if o.newKnown != "" {
		return out.writeBaseline(cmd, o.newKnown)
	}
	if o.baseline != "" {
		out.hidden, out.gone = known.Hide(report)
		out.baseline = o.baseline
	}
	if err := out.print(cmd, o.format); err != nil {
		return err
	}
	switch {
	case len(in.failed) > 0:
		return withCode(exitFailure, errors.New(strings.Join(in.failed, "\nupstreamd: ")))
	case len(report.Findings) > 0:
		return withCode(exitAttention, nil)
	}
	return nil
}

func readBaseline(file string) (policy.Baseline, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return policy.Baseline{}, fmt.Errorf("%w\nto make it: upstreamd check LAYER --write-baseline %s", err, file)
	}
	known, err := policy.ReadBaseline(b)
	if err != nil {
		return known, fmt.Errorf("%s: %w", file, err)
	}
	return known, nil
}

// layerFlags say which layers are looked at, by check and fix alike.
type layerFlags struct {
	upstream, project, override []string
}

func (o *layerFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&o.upstream, "upstream", nil, "a layer repository that ours build on, NAME=PATH[:SUBDIR][@REV]")
	f.StringArrayVar(&o.project, "project", nil, "the repository of a recipe's source, PN=REPO")
	f.StringArrayVar(&o.override, "override", nil, "an active override, the strongest last (default "+strings.Join(layer.DefaultOverrides(), ", ")+")")
}

// checkInput is what check and fix look at.
type checkInput struct {
	sources  []layer.Source
	tops     map[string]string // paths of local repositories, by name
	roots    map[string]string // where they lie below the current directory
	scan     *layer.Scan
	projects []policy.Project
	failed   []string // inputs that could not be read
	show     *bar
}

// target is the first of our layers, which fix edits.
func (in *checkInput) target() layer.Source {
	return in.sources[slices.IndexFunc(in.sources, func(s layer.Source) bool { return s.Local })]
}

// open opens the layers and sources, and scans. What cannot be read is among
// failed; without any layer of ours that is an error.
func (o layerFlags) open(cmd *cobra.Command, args []string) (*checkInput, error) {
	in := &checkInput{tops: map[string]string{}, roots: map[string]string{}, show: newBar(cmd.ErrOrStderr())}
	taken := map[string]bool{}
	var specs []layerSpec
	for _, u := range o.upstream {
		name, _, _ := strings.Cut(u, "=")
		taken[name] = true
	}
	for _, arg := range args {
		specs = append(specs, in.local(cmd.Context(), arg, taken))
	}
	specs = append(specs, layerSpecs(o.upstream, false)...)
	sources, failed, err := openLayers(cmd, specs, false)
	if err != nil {
		return nil, err
	}
	if failed != nil {
		in.failed = append(in.failed, strings.Split(failed.Error(), "\n")...)
	}
	if !slices.ContainsFunc(sources, func(s layer.Source) bool { return s.Local }) {
		return nil, failed
	}
	if in.projects, err = openProjects(cmd, o.project, in); err != nil {
		return nil, err
	}
	in.sources = sources
	in.scan, err = layer.Run(cmd.Context(), sources, layer.Options{Overrides: o.override, Memo: memoFile(sources), Progress: in.show.report})
	in.show.clear()
	if err != nil {
		return nil, err
	}
	if err := withoutLayer(sources, in.scan); err != nil {
		in.failed = append(in.failed, strings.Split(err.Error(), "\n")...)
	}
	return in, nil
}

// local makes a source of a LAYER argument: PATH[:SUBDIR][@REV], where PATH may
// also be a directory in a work tree.
func (in *checkInput) local(ctx context.Context, arg string, taken map[string]bool) layerSpec {
	_, dir, subdir, rev, err := layerSpec{text: "x=" + arg}.parse()
	if err != nil {
		return layerSpec{arg, true}
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		abs = dir
	}
	info, err := os.Stat(abs)
	if err == nil && info.IsDir() {
		if _, err := git.Open(ctx, abs); errors.Is(err, git.ErrNotFound) {
			if c, err := git.CheckoutAt(ctx, abs); err == nil {
				abs, subdir = c.Top, path.Join(c.Subdir, subdir)
			}
		}
	}
	name := freeName(strings.TrimSuffix(strings.TrimSuffix(filepath.Base(abs), ".git"), ".bundle"), taken)
	in.tops[name], in.roots[name] = abs, rootOf(abs)
	text := name + "=" + abs
	if subdir != "" {
		text += ":" + subdir
	}
	if rev != "" {
		text += "@" + rev
	}
	return layerSpec{text, true}
}

// rootOf is where a work tree below the current directory lies: a prefix of the
// paths of its files. For others these are told as they are in the repository.
func rootOf(top string) string {
	here, err := os.Getwd()
	if err != nil {
		return ""
	}
	if here, err = filepath.EvalSymlinks(here); err != nil {
		return ""
	}
	if real, err := filepath.EvalSymlinks(top); err == nil {
		top = real
	}
	if _, err := os.Lstat(filepath.Join(top, ".git")); err != nil {
		return ""
	}
	rel, err := filepath.Rel(here, top)
	if err != nil || rel == "." || rel == ".." || strings.HasPrefix(rel, "../") {
		return ""
	}
	return filepath.ToSlash(rel) + "/"
}
