package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/upstreamd/upstreamd/internal/diffmatch"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// matchOptions are the flags of match.
type matchOptions struct {
	repo, rev            string
	work, repos, patches string
	index                string
	noIndex              bool
	diffOnly             bool
	jobs                 int
	json                 bool
}

func matchCommand() *cobra.Command {
	var o matchOptions
	cmd := &cobra.Command{
		Use:   "match --repo DIR [--rev REV] PATCH|DIR|MBOX...",
		Short: "Say which commit merged a patch",
		Long: `Match looks for the commit that merged each patch, in everything that is
reachable from --rev of a repository: a work tree, a bare repository or a
bundle. Patches are patch files, mails, mbox files, or directories of them.

Verdicts: merged (nobody need look), probable (somebody should confirm), none.
The commits are kept in an index, which is built or brought up to date first.

With --work it takes a list instead: lines of id, repository, revision and path
of the patch, separated by tabs. The repository is looked for in --repos, with
.git or .bundle added if need be, and the patch in --patches.`,
		Example: `  upstreamd match --repo zlib.git 0001-fix.patch
  upstreamd match --repo zlib.bundle --rev v1.3 recipes-core/zlib/files
  upstreamd match --repo . --json list.mbox.gz | jq -r 'select(.verdict == "merged") | .commit'
  upstreamd match --work work.tsv --repos repos --patches patches --json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(args); err != nil {
				return err
			}
			return runMatch(cmd, o, args)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.repo, "repo", "", "repository to look in")
	f.StringVar(&o.rev, "rev", "", "revision whose history is searched (default all branches)")
	f.StringVar(&o.work, "work", "", "work list: id, repository, revision, path")
	f.StringVar(&o.repos, "repos", "", "where the repositories of a work list are")
	f.StringVar(&o.patches, "patches", "", "where the patches of a work list are")
	f.StringVar(&o.index, "index", "", "directory of the commit indexes (default in the cache directory)")
	f.BoolVar(&o.noIndex, "no-index", false, "read the history anew and keep no index")
	f.BoolVar(&o.diffOnly, "diff-only", false, "ignore subject, author and date")
	f.IntVar(&o.jobs, "jobs", runtime.GOMAXPROCS(0), "patches matched at a time")
	f.BoolVar(&o.json, "json", false, "print JSON lines")
	return cmd
}

// check refuses flags that do not go together.
func (o matchOptions) check(args []string) error {
	switch {
	case o.jobs < 1:
		return usagef("match: --jobs wants a number from 1 on")
	case o.work != "" && (o.repo != "" || o.rev != "" || len(args) > 0):
		return usagef("match: --work takes no --repo, --rev or patches")
	case o.work != "" && (o.repos == "" || o.patches == ""):
		return usagef("match: --work wants --repos and --patches")
	case o.work == "" && o.repo == "":
		return usagef("match: want --repo")
	case o.work == "" && len(args) == 0:
		return usagef("match: want a patch, a directory or an mbox")
	}
	return nil
}

// runMatch answers every patch, a line each, in order.
func runMatch(cmd *cobra.Command, o matchOptions, args []string) error {
	ctx := cmd.Context()
	show := newBar(cmd.ErrOrStderr())
	defer show.clear()
	cache, err := os.UserCacheDir()
	if err != nil {
		return err
	}
	run := &matching{
		matchOptions: o,
		repos:        &matchRepos{cache: filepath.Join(cache, "upstreamd"), index: o.index, noIndex: o.noIndex, progress: show.report},
		print:        newMatchPrinter(cmd.OutOrStdout(), o.json),
		show:         show,
	}
	if o.work != "" {
		err = run.workList(ctx)
	} else {
		err = run.inputs(ctx, args)
	}
	show.clear()
	if err = errors.Join(err, run.print.close()); err == nil && run.print.failed > 0 {
		return withCode(exitFailure, nil)
	}
	return notFound(err)
}

// A matching is one run of match.
type matching struct {
	matchOptions
	repos *matchRepos
	print *matchPrinter
	show  *bar
}

// inputs matches the patches that the arguments name.
func (m *matching) inputs(ctx context.Context, args []string) error {
	view, err := m.repos.view(ctx, m.repo, m.rev)
	if err != nil {
		return err
	}
	return m.answer(ctx, func(each func(matchJob) error) error {
		for _, arg := range args {
			if err := readPatches(arg, view, each); err != nil {
				return err
			}
		}
		return nil
	})
}

// A matchJob is one patch to be matched.
type matchJob struct {
	name        string
	view        *diffmatch.View
	read        func() ([]byte, error)
	mayLackDiff bool // it is one of many mails: without a diff it is nobody's fault
}

// answer matches the jobs that gen yields, several at a time, and prints the
// answers in order.
func (m *matching) answer(ctx context.Context, gen func(func(matchJob) error) error) error {
	queue := make(chan chan matchLine, 4*m.jobs)
	slots := make(chan struct{}, m.jobs)
	failed := make(chan error, 1)
	go func() {
		defer close(queue)
		failed <- gen(func(j matchJob) error {
			out := make(chan matchLine, 1)
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				return ctx.Err()
			}
			queue <- out
			go func() {
				out <- j.match(diffmatch.Options{DiffOnly: m.diffOnly})
				<-slots
			}()
			return nil
		})
	}()
	n := 0
	for out := range queue {
		n++
		m.show.report("match", n, 0)
		if l := <-out; !l.skip {
			m.print.line(l)
		}
	}
	return <-failed
}

// match answers one patch.
func (j matchJob) match(o diffmatch.Options) matchLine {
	raw, err := j.read()
	if err != nil {
		return failedLine(j.name, err)
	}
	p, err := decodePatch(raw)
	if errors.Is(err, patch.ErrNoDiff) && j.mayLackDiff {
		return matchLine{skip: true}
	}
	if err != nil {
		return failedLine(j.name, err)
	}
	return newMatchLine(j.name, p, j.view.Match(p, o), j.view)
}
