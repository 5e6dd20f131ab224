package main

import (
	"context"
	"errors"
	"fmt"
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
	tags                 bool
	verbose              bool
}

func matchCommand() *cobra.Command {
	var o matchOptions
	cmd := &cobra.Command{
		Use:   "match --repo DIR [--rev REV] PATCH|DIR|MBOX...",
		Args:  cobra.ArbitraryArgs,
		Short: "Say which commit merged a patch",
		Long: `Match looks for the commit that merged each patch, in everything that is
reachable from --rev of a repository: a work tree, a bare repository or a
bundle. Patches are patch files, mails, mbox files, directories of them, or -
for the standard input.

Verdicts: merged (nobody need look), probable (somebody should confirm), none.
For people it prints the verdict, the commit, the first tag that has it, and
the patch; for a single patch, and with -v, what speaks for and against it.
The commits are kept in an index, which is built or brought up to date first.

With --work it takes a list instead: lines of id, repository, revision and path
of the patch, separated by tabs. The repository is looked for in --repos, with
.git or .bundle added if need be, and the patch in --patches. As many
repositories as --jobs are worked on at once; answers come in the order of the
list.

Exit codes: 0 all were answered, 1 something could not be read (its line says
why), 2 wrong usage, 3 no such repository or revision.`,
		Example: `  upstreamd match --repo zlib.git 0001-fix.patch
  upstreamd match --repo zlib.bundle --rev v1.3 recipes-core/zlib/files
  upstreamd match --repo . -v list.mbox.gz | less
  upstreamd match --repo . --json list.mbox.gz | jq -r 'select(.verdict == "merged") | .commit'
  git format-patch --stdout -3 | upstreamd match --repo zlib.git -
  upstreamd match --work work.tsv --repos repos --patches patches --json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(args); err != nil {
				return err
			}
			return runMatch(cmd, o, args)
		},
	}
	cmd.AddCommand(matchExportCommand())
	f := cmd.Flags()
	f.StringVar(&o.repo, "repo", "", "repository to look in")
	f.StringVar(&o.rev, "rev", "", "revision whose history is searched (default all branches)")
	f.StringVar(&o.work, "work", "", "work list: id, repository, revision, path")
	f.StringVar(&o.repos, "repos", "", "where the repositories of a work list are")
	f.StringVar(&o.patches, "patches", "", "where the patches of a work list are")
	f.StringVar(&o.index, "index", "", "directory of the commit indexes (default in the cache directory)")
	f.BoolVar(&o.noIndex, "no-index", false, "read the history anew and keep no index")
	f.BoolVar(&o.diffOnly, "diff-only", false, "ignore subject, author and date")
	f.IntVar(&o.jobs, "jobs", runtime.GOMAXPROCS(0), "patches matched at a time, and repositories of a work list")
	f.BoolVar(&o.json, "json", false, "print JSON lines")
	f.BoolVar(&o.tags, "tags", false, "with --json: say which branches and which first tag have the commit")
	f.BoolVarP(&o.verbose, "verbose", "v", false, "say of every patch what speaks for and against the answer")
	return cmd
}

// check refuses flags that do not go together.
func (o matchOptions) check(args []string) error {
	switch {
	case o.jobs < 1:
		return usagef("match: --jobs wants a number from 1 on")
	case o.json && o.verbose:
		return usagef("match: --json says everything already, without --verbose")
	case o.index != "" && o.noIndex:
		return usagef("match: --index and --no-index exclude each other")
	case o.work != "" && (o.repo != "" || o.rev != "" || len(args) > 0):
		return usagef("match: --work takes no --repo, --rev or patches")
	case o.work != "" && (o.repos == "" || o.patches == ""):
		return usagef("match: --work wants --repos and --patches")
	case o.work == "" && (o.repos != "" || o.patches != ""):
		return usagef("match: --repos and --patches belong to --work")
	case o.work == "" && o.repo == "":
		return usagef("match: want --repo")
	case o.work == "" && len(args) == 0:
		return usagef("match: want a patch, a directory or an mbox")
	}
	return nil
}

// runMatch answers every patch, in order.
func runMatch(cmd *cobra.Command, o matchOptions, args []string) error {
	ctx := cmd.Context()
	show := newBar(cmd.ErrOrStderr())
	defer show.clear()
	repos, err := newMatchRepos(o.index, o.noIndex, show.report)
	if err != nil {
		return err
	}
	repos.warn = func(text string) { show.clear(); fmt.Fprintln(cmd.ErrOrStderr(), "upstreamd: "+text) }
	o.tags = o.tags || !o.json
	run := &matching{
		matchOptions: o, repos: repos, show: show, spool: &spool{in: cmd.InOrStdin()},
		print: newMatchPrinter(cmd.OutOrStdout(), o.json, o.verbose),
	}
	defer func() { run.spool.remove() }()
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
	spool *spool
}

// inputs matches the patches that the arguments name.
func (m *matching) inputs(ctx context.Context, args []string) error {
	repo, err := m.repos.open(ctx, m.repo)
	if errors.Is(err, errNoRepo) {
		return fmt.Errorf("%w\nwant a work tree, a bare repository or a bundle; to get one: git clone --mirror URL", err)
	} else if err != nil {
		return err
	}
	view, err := repo.view(ctx, m.rev)
	if err != nil && m.rev != "" {
		return fmt.Errorf("%w\nto see what there is: git -C %s log --all --oneline --decorate", err, m.repo)
	} else if err != nil {
		return err
	}
	return m.answer(ctx, func(each func(matchJob) error) error {
		for _, arg := range args {
			err := error(nil)
			if arg == "-" {
				err = m.spool.patches(each)
			} else {
				err = readPatches(arg, each)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}, func(j matchJob) matchLine { return m.match(ctx, j, repo, view) })
}

// A matchJob is one patch to be matched.
type matchJob struct {
	name        string
	read        func() ([]byte, error)
	mayLackDiff bool // it is one of many mails: without a diff it is nobody's fault
}

// failedJob is one that cannot be read.
func failedJob(name string, err error) matchJob {
	return matchJob{name: name, read: func() ([]byte, error) { return nil, err }}
}

// answer matches the jobs that gen yields, several at a time, and prints the
// answers in order.
func (m *matching) answer(ctx context.Context, gen func(func(matchJob) error) error, match func(matchJob) matchLine) error {
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
				out <- match(j)
				<-slots
			}()
			return nil
		})
	}()
	n := 0
	for out := range queue {
		n++
		m.show.report("match", n, 0)
		m.print.line(<-out)
	}
	return <-failed
}

// match answers one patch.
func (m *matching) match(ctx context.Context, j matchJob, repo *matchRepo, view *diffmatch.View) matchLine {
	raw, err := j.read()
	if err != nil {
		return failedLine(j.name, err)
	}
	p, err := decodePatch(raw)
	switch {
	case errors.Is(err, patch.ErrNoDiff) && j.mayLackDiff:
		return matchLine{skip: true}
	case len(raw) == 0:
		return failedLine(j.name, errors.New("the file is empty"))
	case errors.Is(err, patch.ErrNoDiff):
		return failedLine(j.name, fmt.Errorf("%w: want a patch file, a mail or an mbox", err))
	case err != nil:
		return failedLine(j.name, err)
	}
	res, err := view.Match(ctx, p, diffmatch.Options{DiffOnly: m.diffOnly})
	if err != nil {
		return failedLine(j.name, err)
	}
	l := newMatchLine(j.name, p, res, view)
	l.doubt(p)
	if m.tags && l.Commit != "" {
		l.FirstTag, l.Branches = repo.containing(ctx, l.Commit)
	}
	return l
}

// cacheDir is where this program keeps what it can build again.
func cacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no cache directory: %w; set one of them", err)
	}
	return filepath.Join(dir, "upstreamd"), nil
}
