package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/patch"
	"github.com/upstreamd/upstreamd/internal/rebase"
)

// rebaseOptions are the flags of rebase.
type rebaseOptions struct {
	repo, from, to string
	strip          int
	json           bool
}

func rebaseCommand() *cobra.Command {
	var o rebaseOptions
	cmd := &cobra.Command{
		Use:   "rebase --repo DIR [--from REV] --to REV [--json] PATCH...",
		Short: "Say which patches still apply to another version",
		Long: `Rebase tries patches on the revision --to of a repository: a work tree, a
bare repository or a bundle. The patches are one queue in the order given: each
is tried on top of those before it that still apply.

Outcomes: applies; offset (at other lines); fuzz (with context ignored);
conflict; merged (the revision has the change); gone (its files are absent);
unapplied-before (it does not apply to --from either).`,
		Example: `  upstreamd rebase --repo zlib.git --from v1.2.11 --to v1.3 files/*.patch
  upstreamd rebase --repo zlib.bundle --to v1.3 --json 0001-fix.patch`,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case o.repo == "" || o.to == "":
				return usagef("rebase: want --repo and --to")
			case len(args) == 0:
				return usagef("rebase: want patch files")
			case o.strip < 0:
				return usagef("rebase: --strip is negative")
			}
			return runRebase(cmd.Context(), o, args, cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.repo, "repo", "", "repository of the source that the patches are for")
	f.StringVar(&o.from, "from", "", "revision where the patches apply")
	f.StringVar(&o.to, "to", "", "revision to try them on")
	f.IntVarP(&o.strip, "strip", "p", 1, "leading parts to remove from file names, as in patch -p")
	f.BoolVar(&o.json, "json", false, "print JSON lines")
	return cmd
}

func runRebase(ctx context.Context, o rebaseOptions, paths []string, stdout io.Writer) error {
	cache, err := os.UserCacheDir()
	if err != nil {
		return err
	}
	repo, err := git.OpenAny(ctx, o.repo, filepath.Join(cache, "upstreamd", "bundles"))
	if err != nil {
		return notFound(err)
	}
	results, err := rebaseFiles(ctx, repo, o, paths)
	if err != nil {
		return notFound(err)
	}
	if o.json {
		err = printRebaseJSON(stdout, results)
	} else {
		err = printRebase(stdout, results)
	}
	for _, r := range results {
		if r.Err != nil && err == nil {
			return withCode(exitFailure, nil)
		}
	}
	return err
}

// notFound gives an error about something that does not exist its exit code.
func notFound(err error) error {
	if errors.Is(err, git.ErrNotFound) {
		return withCode(exitNotFound, err)
	}
	return err
}

// rebaseFiles reads the patches and tries them. A file that cannot be read has
// a result too; the others are one queue.
func rebaseFiles(ctx context.Context, repo *git.Repo, o rebaseOptions, paths []string) ([]rebase.Result, error) {
	results := make([]rebase.Result, len(paths))
	var inputs []rebase.Input
	var at []int // index in paths
	for i, path := range paths {
		b, err := readPatchFile(path)
		if err != nil {
			results[i] = rebase.Result{Name: path, Err: err}
			continue
		}
		inputs = append(inputs, rebase.Input{Name: path, Data: b, Strip: o.strip})
		at = append(at, i)
	}
	tried, err := rebase.Queue(ctx, repo, o.from, o.to, inputs)
	for i, r := range tried {
		results[at[i]] = r
	}
	return results, err
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

// rebaseLine is one patch in the output of --json. Its fields are stable.
type rebaseLine struct {
	Patch    string       `json:"patch"`
	Outcome  string       `json:"outcome,omitempty"`
	Hunks    []rebaseHunk `json:"hunks,omitempty"`
	Commit   string       `json:"commit,omitempty"`
	ThreeWay string       `json:"three_way,omitempty"`
	Detail   string       `json:"detail,omitempty"`
	Error    string       `json:"error,omitempty"`
}

type rebaseHunk struct {
	File    string   `json:"file"`
	Hunk    int      `json:"hunk"`
	Outcome string   `json:"outcome"`
	Line    int      `json:"line,omitempty"`
	Blame   []string `json:"blame,omitempty"`
}

func printRebaseJSON(w io.Writer, results []rebase.Result) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	for _, r := range results {
		line := rebaseLine{Patch: r.Name, Outcome: r.Outcome, Commit: r.Commit, ThreeWay: r.ThreeWay, Detail: r.Detail}
		if r.Err != nil {
			line.Error, line.Detail = r.Err.Error(), ""
		}
		for _, h := range r.Hunks {
			line.Hunks = append(line.Hunks, rebaseHunk(h))
		}
		if err := out.Encode(line); err != nil {
			return err
		}
	}
	return nil
}

// printRebase prints a table: a line for each patch, and below it one for each
// hunk that needs work.
func printRebase(w io.Writer, results []rebase.Result) error {
	t := table{limits: []int{16, 40}}
	for _, r := range results {
		outcome, notes := r.Outcome, []string{}
		if r.Err != nil {
			outcome, notes = "error", append(notes, r.Err.Error())
		} else if r.Detail != "" {
			notes = append(notes, r.Detail)
		}
		if r.Commit != "" {
			notes = append(notes, "by "+short(r.Commit))
		}
		if r.ThreeWay != "" {
			notes = append(notes, "three-way merge: "+r.ThreeWay)
		}
		t.row(outcome, r.Name, strings.Join(notes, "; "))
		for _, h := range r.Hunks {
			if h.Outcome == rebase.Conflict || h.Outcome == rebase.Gone || h.Outcome == rebase.Fuzz {
				t.row("", "  "+h.File, hunkNote(rebaseHunk(h)))
			}
		}
	}
	return t.flush(w)
}

// hunkNote says in words what is the matter with a hunk.
func hunkNote(h rebaseHunk) string {
	note := h.Outcome
	if h.Hunk > 0 {
		note = fmt.Sprintf("hunk %d: %s", h.Hunk, note)
	}
	if h.Line > 0 {
		note += fmt.Sprintf(" at line %d", h.Line)
	}
	for i, commit := range h.Blame {
		if i == 0 {
			note += ", touched by"
		}
		note += " " + short(commit)
	}
	return note
}

// short is a commit's hash as people write it.
func short(hash string) string { return hash[:min(12, len(hash))] }
