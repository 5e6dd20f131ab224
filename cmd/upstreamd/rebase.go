package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/patch"
	"github.com/upstreamd/upstreamd/internal/rebase"
)

// rebaseOptions are the flags of rebase.
type rebaseOptions struct {
	repo, from, to string
	strip          int
	dir            string // of the source that the patches are applied in
	write          string // directory for the refreshed patches
	force          bool
	json           bool
	eventOptions
}

func rebaseCommand() *cobra.Command {
	var o rebaseOptions
	cmd := &cobra.Command{
		Use:   "rebase --repo DIR [--from REV] --to REV [--write DIR] [--json] PATCH...",
		Short: "Say which patches still apply to another version",
		Long: `Rebase tries patches on the revision --to of a repository: a work tree, a
bare repository or a bundle. The patches are one queue in the order given: each
is tried on top of those before it that still apply.

Outcomes: applies; offset (at other lines); fuzz (with context ignored);
conflict; merged (the revision has the change); gone (its files are absent);
unapplied-before (it does not apply to --from either).

With --write the patches are made anew for --to: a new diff below the text as it
was, each on top of those before it. One that applies as it is stays as it is, to
the byte; one that is merged is not written. A patch that needs a person gets a
directory PATCH.conflict instead, with the files to work on: all that can be
merged is, and the rest is marked as by git merge-file --diff3. Give --from, so
that more can be merged. The exit code is then 4.

With --events it says instead what mostly became of patches when recipes moved
like those of a file: a likelihood, as no source is looked at.`,
		Example: `  upstreamd rebase --repo zlib.git --from v1.2.11 --to v1.3 files/*.patch
  upstreamd rebase --repo zlib.bundle --to v1.3 --json 0001-fix.patch
  upstreamd rebase --repo zlib.git --from v1.2.11 --to v1.3 --write files --force files/*.patch`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.events != "" && len(args) == 0 && o.repo+o.from+o.to+o.write == "" {
				return runEvents(cmd.Context(), o.eventOptions, o.json, cmd.OutOrStdout())
			}
			switch {
			case o.events != "":
				return usagef("rebase: --events goes with --repos, --patches and --json only")
			case o.repos != "" || o.patches != "":
				return usagef("rebase: --repos and --patches go with --events")
			case o.repo == "" || o.to == "":
				return usagef("rebase: want --repo and --to")
			case len(args) == 0:
				return usagef("rebase: want patch files")
			case o.dir != "" && !filepath.IsLocal(o.dir):
				return usagef("rebase: --directory %q is not below the top of the source", o.dir)
			case o.strip < 0:
				return usagef("rebase: --strip is negative")
			case o.force && o.write == "":
				return usagef("rebase: --force goes with --write")
			}
			return o.run(cmd.Context(), args, cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.repo, "repo", "", "repository of the source that the patches are for")
	f.StringVar(&o.from, "from", "", "revision where the patches apply")
	f.StringVar(&o.to, "to", "", "revision to try them on")
	f.IntVarP(&o.strip, "strip", "p", 1, "leading parts to remove from file names, as in patch -p")
	f.StringVar(&o.dir, "directory", "", "directory of the source that they are applied in, as S and patchdir say")
	f.StringVar(&o.write, "write", "", "write the refreshed patches into this directory")
	f.BoolVar(&o.force, "force", false, "let --write overwrite what is there")
	f.BoolVar(&o.json, "json", false, "print JSON lines")
	addEventFlags(cmd, &o.eventOptions)
	return cmd
}

func (o rebaseOptions) run(ctx context.Context, paths []string, stdout io.Writer) error {
	if err := o.checkNames(paths); err != nil {
		return err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return err
	}
	repo, err := git.OpenAny(ctx, o.repo, filepath.Join(cache, "upstreamd", "bundles"))
	if err != nil {
		return notFound(err)
	}
	results, err := o.try(ctx, repo, paths)
	if err != nil {
		return notFound(err)
	}
	var lines []rebaseLine
	for _, r := range results {
		lines = append(lines, newRebaseLine(r))
	}
	var failed error
	if o.write != "" {
		failed = o.writeAll(results, lines)
	}
	if o.json {
		err = printRebaseJSON(stdout, lines)
	} else {
		err = o.print(stdout, lines, failed == nil)
	}
	if failed != nil || err != nil {
		return errors.Join(failed, err)
	}
	return o.verdict(results)
}

// verdict is the exit code: not all could be read, or a person is needed for
// what was to be written.
func (o rebaseOptions) verdict(results []rebase.Refreshed) error {
	code := exitOK
	for _, r := range results {
		if r.Err != nil {
			return withCode(exitFailure, nil)
		}
		if o.write != "" && r.Data == nil && r.Outcome != rebase.Merged {
			code = exitAttention
		}
	}
	if code != exitOK {
		return withCode(code, nil)
	}
	return nil
}

// notFound gives an error about something that does not exist its exit code.
func notFound(err error) error {
	if errors.Is(err, git.ErrNotFound) {
		return withCode(exitNotFound, err)
	}
	return err
}

// try reads the patches and tries them. A file that cannot be read has a result
// too; the others are one queue.
func (o rebaseOptions) try(ctx context.Context, repo *git.Repo, paths []string) ([]rebase.Refreshed, error) {
	results := make([]rebase.Refreshed, len(paths))
	var inputs []rebase.Input
	var at []int // index in paths
	for i, path := range paths {
		b, err := readPatchFile(path)
		if err != nil {
			results[i].Result = rebase.Result{Name: path, Err: err}
			continue
		}
		inputs = append(inputs, rebase.Input{Name: path, Data: b, Strip: o.strip, Dir: o.directory()})
		at = append(at, i)
	}
	if o.write != "" {
		done, err := rebase.Refresh(ctx, repo, o.from, o.to, inputs)
		for i, r := range done {
			results[at[i]] = r
		}
		return results, err
	}
	tried, err := rebase.Queue(ctx, repo, o.from, o.to, inputs)
	for i, r := range tried {
		results[at[i]].Result = r
	}
	return results, err
}

// directory is that of the source that the patches are applied in.
func (o rebaseOptions) directory() string {
	if dir := filepath.ToSlash(filepath.Clean(o.dir)); dir != "." {
		return dir
	}
	return ""
}

// readPatchFile reads a file no larger than a patch may be.
func readPatchFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	var f *os.File
	switch {
	case err != nil:
	case info.IsDir():
		return nil, errors.New("is a directory")
	case !info.Mode().IsRegular():
		return nil, errors.New("not a regular file")
	default:
		f, err = os.Open(path)
	}
	if err != nil {
		var reason *fs.PathError
		if errors.As(err, &reason) {
			return nil, reason.Err
		}
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, patch.MaxBytes+1)) // the one byte too many is refused later
}
