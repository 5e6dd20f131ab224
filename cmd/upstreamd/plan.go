package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/plan"
)

// planOptions are the flags of plan.
type planOptions struct {
	layerFlags
	local, to, only []string
	format, output  string
}

func planCommand() *cobra.Command {
	var o planOptions
	cmd := &cobra.Command{
		Use:   "plan --to BRANCH",
		Short: "Say what a move to another release of the upstream layers means",
		Long: `Plan compares the layers as they are with the same layers on top of another
branch, tag or commit of the upstream ones: which of our patches, appends and
copied recipes can be dropped, which conflict, dangle or have to follow a new
version, what is missing there, and whose work that is.

The layers are those of the configuration, as the last sync fetched them; only
branches that plan_to under [team] names are fetched beside those in use. With
--local and --upstream no configuration is read: PATH is a work tree, a bare
repository or a bundle. --project gives the source of a recipe, in whose tags
patches are tried.

--to moves all upstream layers; --to LAYER=REV moves one of them. A layer that
has no such branch, tag or commit stays, and the plan says so.`,
		Example: `  upstreamd plan --to scarthgap
  upstreamd plan --to scarthgap --layer meta-product --format markdown -o plan.md
  upstreamd plan --local . --upstream core=../openembedded-core:meta@kirkstone --to scarthgap
  upstreamd plan --local . --upstream core=../openembedded-core:meta@kirkstone --to scarthgap \
    --project zlib=../zlib.git --format csv`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	f := cmd.Flags()
	o.add(cmd)
	f.StringArrayVar(&o.local, "local", nil, "a layer repository of ours, [NAME=]PATH[:SUBDIR][@REV]")
	f.StringArrayVar(&o.to, "to", nil, "branch, tag or commit of the upstream layers, or LAYER=REV for one of them")
	f.StringArrayVar(&o.only, "layer", nil, "only what this layer of ours has")
	f.StringVar(&o.format, "format", "text", "text, markdown, csv or json")
	f.StringVarP(&o.output, "output", "o", "", "write to this file")
	addConfigFlag(cmd)
	return cmd
}

// run makes the plan and writes it.
func (o planOptions) run(cmd *cobra.Command) error {
	to, of, err := o.targets()
	if err != nil {
		return err
	}
	if !slices.Contains([]string{"text", "markdown", "csv", "json"}, o.format) {
		return usagef("plan: --format %q: want text, markdown, csv or json", o.format)
	}
	var made *plan.Plan
	var failed []string
	if len(o.local)+len(o.upstream) > 0 {
		made, failed, err = o.stateless(cmd, to, of)
	} else {
		made, err = o.configured(cmd, to, of)
	}
	if err != nil {
		if errors.Is(err, plan.ErrNoTarget) || errors.Is(err, git.ErrNotFound) {
			err = withCode(exitNotFound, err)
		}
		return err
	}
	if err := o.write(cmd, made); err != nil {
		return err
	}
	if len(failed) > 0 {
		return withCode(exitFailure, errors.New(strings.Join(failed, "\nupstreamd: ")))
	}
	return nil
}

// targets are the --to: one for all, and those for one layer.
func (o planOptions) targets() (to string, of map[string]string, err error) {
	of = map[string]string{}
	for _, t := range o.to {
		name, rev, one := strings.Cut(t, "=")
		switch {
		case one && name != "" && rev != "" && of[name] == "":
			of[name] = rev
		case one || t == "":
			return "", nil, usagef("plan: --to %q: want a branch, tag or commit, or LAYER=REV once for a layer", t)
		case to != "":
			return "", nil, usagef("plan: --to is given for all layers twice: %s, %s", to, t)
		default:
			to = t
		}
	}
	if to == "" && len(of) == 0 {
		return "", nil, usagef("plan: want --to BRANCH: where the upstream layers are to move")
	}
	return to, of, nil
}

// stateless plans for the layers of the command line.
func (o planOptions) stateless(cmd *cobra.Command, to string, of map[string]string) (*plan.Plan, []string, error) {
	if len(o.local) == 0 || len(o.upstream) == 0 {
		return nil, nil, usagef("plan: want --local PATH and --upstream NAME=PATH, or neither to use the configuration")
	}
	in := &checkInput{tops: map[string]string{}, roots: map[string]string{}, show: newBar(cmd.ErrOrStderr())}
	defer in.show.clear()
	specs, err := o.specs(cmd.Context(), in)
	if err != nil {
		return nil, nil, err
	}
	sources, failed, err := openLayers(cmd, specs, false)
	if err != nil {
		return nil, nil, notFound(err)
	}
	if failed != nil { // a plan without one of its layers would be wrong
		return nil, nil, withCode(exitFailure, failed)
	}
	if err := o.check(sources, of); err != nil {
		return nil, nil, err
	}
	projects, err := o.projects(cmd, in)
	if err != nil {
		return nil, nil, err
	}
	made, err := plan.Make(cmd.Context(), plan.Input{
		Now: sources, To: to, ToOf: of, Only: o.only, Overrides: o.override, Memo: memoFile(sources), Project: projects, Progress: in.show.report,
	})
	return made, in.failed, err
}

// check refuses names of layers that there are not.
func (o planOptions) check(sources []layer.Source, of map[string]string) error {
	var ours, theirs []string
	for _, s := range sources {
		if s.Local {
			ours = append(ours, s.Name)
		} else {
			theirs = append(theirs, s.Name)
		}
	}
	for _, name := range o.only {
		if !slices.Contains(ours, name) {
			return usagef("plan: --layer %s: no such layer of ours; there are %s", name, strings.Join(ours, ", "))
		}
	}
	for name := range of {
		if !slices.Contains(theirs, name) {
			return usagef("plan: --to %s=%s: no such upstream layer; there are %s", name, of[name], strings.Join(theirs, ", "))
		}
	}
	return nil
}

// specs are the layers of the command line; those without a name get that of
// their directory.
func (o planOptions) specs(ctx context.Context, in *checkInput) ([]layerSpec, error) {
	named := func(s string) bool {
		name, _, ok := strings.Cut(s, "=")
		return ok && !strings.Contains(name, "/")
	}
	taken := map[string]bool{}
	var specs []layerSpec
	for _, text := range slices.Concat(o.local, o.upstream) {
		if name, _, _ := strings.Cut(text, "="); named(text) {
			taken[name] = true
		}
	}
	for i, text := range slices.Concat(o.local, o.upstream) {
		s := layerSpec{text, i < len(o.local)}
		if !named(text) {
			s.text = in.local(ctx, text, taken).text
		}
		specs = append(specs, s)
	}
	return specs, nil
}

// projects finds the --project of a recipe.
func (o planOptions) projects(cmd *cobra.Command, in *checkInput) (func(string) plan.Project, error) {
	var opened []*pipeline.PlanSource
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	for _, spec := range o.project {
		pn, path, ok := strings.Cut(spec, "=")
		if !ok || pn == "" || path == "" {
			return nil, usagef("plan: --project %q: want PN=REPO", spec)
		}
		repo, err := git.OpenAny(cmd.Context(), path, filepath.Join(cache, "upstreamd", "bundles"))
		var tips []git.Tip
		if err == nil {
			tips, err = repo.Tips(cmd.Context())
		}
		if cmd.Context().Err() != nil {
			return nil, cmd.Context().Err()
		}
		if err != nil {
			in.failed = append(in.failed, fmt.Sprintf("source of %s: %v", pn, err))
			continue
		}
		opened = append(opened, pipeline.NewPlanSource(pipeline.Project{Name: pn}, repo, tips))
	}
	return func(pn string) plan.Project {
		for _, p := range opened {
			if p.Serves(pn) {
				return p
			}
		}
		return nil
	}, nil
}

// write writes the plan as --format and --output say.
func (o planOptions) write(cmd *cobra.Command, p *plan.Plan) error {
	w := cmd.OutOrStdout()
	var file *os.File
	if o.output != "" {
		var err error
		if file, err = os.Create(o.output); err != nil {
			return err
		}
		w = file
	}
	var err error
	switch o.format {
	case "markdown":
		err = p.WriteMarkdown(w)
	case "csv":
		err = p.WriteCSV(w)
	case "json":
		err = printPlanJSON(w, p)
	default:
		err = printPlan(w, p)
	}
	if file != nil {
		err = cmp.Or(err, file.Close())
	}
	return err
}

// configured plans for the layers of the configuration.
func (o planOptions) configured(cmd *cobra.Command, to string, of map[string]string) (*plan.Plan, error) {
	if len(o.project) > 0 {
		return nil, usagef("plan: --project goes with --local; with a configuration it is a [[projects]]")
	}
	c, err := commandConfig(cmd)
	if err != nil {
		return nil, err
	}
	show := newBar(cmd.ErrOrStderr())
	defer show.clear()
	set := c.settings(show.report)
	var sources []layer.Source
	for _, l := range set.Layers {
		sources = append(sources, layer.Source{Name: l.Name, Local: l.Local})
	}
	if err := o.check(sources, of); err != nil {
		return nil, err
	}
	db, err := openStore(cmd.Context(), c, false)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	made, err := pipeline.NewPlanner(nil, db, set).Plan(cmd.Context(), plan.Input{To: to, ToOf: of, Only: o.only, Overrides: o.override})
	switch {
	case errors.Is(err, plan.ErrNoTarget) && to != "" && !slices.Contains(set.PlanTo, to):
		return nil, fmt.Errorf("%w\nbranches that no layer uses are not fetched; to have it fetched, set plan_to = [%q] under [team] in %s, and run: upstreamd sync", err, to, c.path)
	case errors.Is(err, git.ErrNotFound):
		return nil, fmt.Errorf("%w\nfetch it first: upstreamd sync", err)
	}
	return made, err
}
