package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/policy"
	"github.com/upstreamd/upstreamd/internal/term"
)

// fixOptions are the flags of fix.
type fixOptions struct {
	layerFlags
	directory, branch string
	apply, dryRun     bool
	only              []string
	database          string
	json              bool
}

func fixCommand() *cobra.Command {
	var o fixOptions
	cmd := &cobra.Command{
		Use:   "fix LAYER",
		Short: "Make the edits that mend what check finds",
		Long: `Fix makes commits that correct malformed Upstream-Status lines, say Backport of
what upstream has merged, and drop patches that the recipe's version contains,
with their entries in SRC_URI. There is one commit for each recipe and kind of
edit. After each edit the layer is scanned again: every recipe has to read
exactly as before without that patch, or the edit is withdrawn.

The commits are written as files for git am (--output-directory), as a new
branch of the repository (--branch), which touches neither its work tree nor its
index, or as edits of files in the work tree (--apply), if these are as
committed. With --from-database what a team's database knows of the claims of a
layer counts, too: Submitted of series that were found.`,
		Example: `  upstreamd fix . --dry-run
  upstreamd fix . --project zlib=../zlib.git --output-directory patches
  upstreamd fix . --project zlib=../zlib.git --branch drop-merged
  upstreamd fix . --apply --only recipes-core/zlib/files/fix.patch
  upstreamd fix . --from-database meta-ours@main --branch true-claims`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			outputs := 0
			for _, is := range []bool{o.directory != "", o.branch != "", o.apply} {
				if is {
					outputs++
				}
			}
			if outputs > 1 || outputs == 0 && !o.dryRun {
				return usagef("fix: want one of --output-directory, --branch and --apply, or --dry-run to look first")
			}
			return o.run(cmd, args)
		},
	}
	f := cmd.Flags()
	o.add(cmd)
	f.StringVarP(&o.directory, "output-directory", "o", "", "write the commits as files for git am into this directory")
	f.StringVar(&o.branch, "branch", "", "put the commits on a new branch of the repository")
	f.BoolVar(&o.apply, "apply", false, "edit the files of the work tree, without a commit")
	f.BoolVar(&o.dryRun, "dry-run", false, "say what would be done, and write nothing")
	f.StringArrayVar(&o.only, "only", nil, "only edits of this patch file, or below this directory")
	f.StringVar(&o.database, "from-database", "", "layer and branch, NAME@BRANCH, of which the database of the configuration has checked the claims")
	f.BoolVar(&o.json, "json", false, "print one JSON object a line for each edit")
	addConfigFlag(cmd)
	return cmd
}

// run makes the edits and writes them.
func (o fixOptions) run(cmd *cobra.Command, args []string) error {
	ctx := cmd.Context()
	in, err := o.open(cmd, args)
	if err != nil {
		return err
	}
	defer in.show.clear()
	proposals, err := o.proposals(cmd, in)
	if err != nil {
		return err
	}
	target := in.target()
	draft, err := target.Repo.Draft(ctx, target.Rev)
	if err != nil {
		return err
	}
	defer draft.Close()
	by, err := target.Repo.UserSigner(ctx)
	if errors.Is(err, git.ErrNoIdentity) && (o.apply || o.dryRun) {
		nobody := git.Person{Name: "nobody", Email: "nobody@localhost"} // these commits are thrown away
		by, err = git.Signer{Author: nobody, Committer: nobody}, nil
	}
	if err != nil {
		return fmt.Errorf("%w: the commits want a Signed-off-by\nset them: git config user.name \"Your Name\" && git config user.email you@example.org", err)
	}
	w := policy.Rewriter{
		Sources: in.sources, Target: target.Name, Scan: in.scan, Options: layer.Options{Overrides: o.override, Memo: memoFile(in.sources)}, Draft: draft, Signer: by,
		Before: func(done, total int) { in.show.report("edit", done, total) },
	}
	proposals, err = w.Run(ctx, proposals)
	in.show.clear()
	if err != nil {
		return err
	}
	wrote, err := o.write(ctx, draft, in.tops[target.Name], target.Rev)
	if err != nil {
		return err
	}
	if err := o.print(cmd, proposals, wrote); err != nil {
		return err
	}
	if len(in.failed) > 0 {
		return withCode(exitFailure, errors.New(strings.Join(in.failed, "\nupstreamd: ")))
	}
	return nil
}

// proposals are what check finds and the database knows, of the files wanted.
func (o fixOptions) proposals(cmd *cobra.Command, in *checkInput) ([]policy.Proposal, error) {
	report, err := policy.Check(cmd.Context(), in.sources, in.scan, policy.Options{MaxPending: -1, Projects: in.projects, Progress: in.show.report})
	if err != nil {
		return nil, err
	}
	list := report.Proposals()
	if o.database != "" {
		checks, err := o.truths(cmd, in.target())
		if err != nil {
			return nil, err
		}
		name, branch, _ := strings.Cut(o.database, "@")
		list = policy.Add(list, policy.FromChecks(checks, in.scan, report.Sources[0], change.CarriedKey(name, branch, "")))
	}
	return o.wanted(cmd, list, in), nil
}

// wanted are the edits that --only names, by paths as check prints them, in the
// repository, or below the LAYER. One that names none is told.
func (o fixOptions) wanted(cmd *cobra.Command, list []policy.Proposal, in *checkInput) []policy.Proposal {
	if len(o.only) == 0 {
		return list
	}
	target := in.target()
	used := map[string]bool{}
	list = slices.DeleteFunc(list, func(p policy.Proposal) bool {
		named := false
		for _, arg := range o.only {
			only := strings.TrimPrefix(filepath.ToSlash(filepath.Clean(arg)), "./")
			for _, at := range []string{only, path.Join(target.Subdir, only), strings.TrimPrefix(only+"/", in.roots[target.Name])} {
				if at = strings.TrimSuffix(at, "/"); at == "." || p.Path == at || strings.HasPrefix(p.Path, at+"/") {
					named, used[arg] = true, true
				}
			}
		}
		return !named
	})
	for _, arg := range o.only {
		if !used[arg] {
			fmt.Fprintf(cmd.ErrOrStderr(), "upstreamd: --only %s: there is nothing to mend; paths are those of the repository\n", term.SafeLine(arg))
		}
	}
	return list
}

// write puts the commits where they are wanted, and says so.
func (o fixOptions) write(ctx context.Context, draft *git.Draft, top, rev string) (string, error) {
	files, err := draft.Changed(ctx)
	if err != nil || len(files) == 0 || o.dryRun {
		return "", err
	}
	switch {
	case o.apply:
		c, err := git.CheckoutAt(ctx, top)
		if err != nil {
			return "", fmt.Errorf("--apply wants a work tree: %w", err)
		}
		if c.Commit != rev {
			return "", errors.New("--apply edits what is checked out: leave out @REV, or use --branch")
		}
		w, err := c.WorkTree(ctx)
		if err != nil {
			return "", err
		}
		defer w.Close()
		if err := w.Put(ctx, files); errors.Is(err, git.ErrChanged) {
			return "", fmt.Errorf("%w\ncommit or undo that first; or use --branch, which leaves the work tree alone", err)
		} else if err != nil {
			return "", err
		}
		return fmt.Sprintf("edited %d files below %s", len(files), top), nil
	case o.branch != "":
		if info, err := os.Stat(top); err != nil || !info.IsDir() {
			return "", fmt.Errorf("--branch wants a repository, and %s is none: use --output-directory", top)
		}
		if err := draft.Publish(ctx, o.branch); err != nil {
			return "", err
		}
		return fmt.Sprintf("made branch %s; to look: git -C %s log -p %s..%s", o.branch, top, short(rev), o.branch), nil
	}
	return o.writeFiles(ctx, draft)
}

// writeFiles writes the commits into the directory. A file that is there
// already is left alone.
func (o fixOptions) writeFiles(ctx context.Context, draft *git.Draft) (string, error) {
	patches, err := draft.Patches(ctx)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(o.directory, 0o777); err != nil {
		return "", err
	}
	for _, p := range patches {
		f, err := os.OpenFile(filepath.Join(o.directory, p.Name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if err != nil {
			return "", err
		}
		_, err = f.Write(p.Data)
		if err = errors.Join(err, f.Close()); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("wrote %d patches; to apply them: git am %s", len(patches), filepath.Join(o.directory, "*.patch")), nil
}

// fixLine is a line of fix --json. Its fields are stable.
type fixLine struct {
	Path      string   `json:"path"`
	Recipe    string   `json:"recipe"`
	Edit      string   `json:"edit"` // drop or status
	Status    string   `json:"status,omitempty"`
	Why       []string `json:"why"`
	Kept      string   `json:"kept,omitempty"`
	Withdrawn string   `json:"withdrawn,omitempty"`
	Commit    string   `json:"commit,omitempty"`
}

// print tells what became of each proposal.
func (o fixOptions) print(cmd *cobra.Command, proposals []policy.Proposal, wrote string) error {
	w := cmd.OutOrStdout()
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	made := 0
	for _, p := range proposals {
		l := fixLine{p.Path, p.Recipe, "status", p.Status, present(p.Why), p.Kept, p.Withdrawn, p.Commit}
		what := "set " + p.Status
		if p.Drop() {
			l.Edit, what = "drop", "drop"
		}
		if p.Withdrawn == "" {
			made++
		} else {
			what = "not " + what + ": " + p.Withdrawn
		}
		if p.Kept != "" {
			what += " (the file stays: " + p.Kept + ")"
		}
		var err error
		if o.json {
			err = out.Encode(l)
		} else {
			_, err = fmt.Fprintf(w, "%s: %s\n    %s\n", term.SafeLine(p.Path), term.SafeLine(what), term.SafeLine(strings.Join(p.Why, " ")))
		}
		if err != nil {
			return err
		}
	}
	if o.json {
		return nil
	}
	if wrote != "" {
		fmt.Fprintln(w, term.SafeLine(wrote))
	}
	_, err := fmt.Fprintf(w, "%d edits, %d withdrawn\n", made, len(proposals)-made)
	return err
}
